"""What was decided in one cycle, as the page and the report show it?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import (
    Ledger,
    cycle_outcomes,
    explain_cycle,
    failed_counts,
    failed_rows,
    flag_names,
    weight_diffs,
)
from alpha_model.history import History
from dashboard.charts.theme import PairStyle
from dashboard.text import NOT_RECORDED, humanised, share, usd

FAILED = ", failed"
"""What stands after what became of a pair whose trade did not go through."""
_TOTALS = ("investable_equity", "size_risk_discarded_value", "max_position_adjust_usd", "position_adjust_threshold_usd")
_AMOUNTS = ("old_value", "position_target", "position_adjust_usd")


def tells_dollars(history: History) -> bool:
    """Does the source record any amount of the decisions, and not weights alone?"""
    columns = [
        *(history.tables.cycles[name] for name in _TOTALS),
        *(history.tables.signals[name] for name in _AMOUNTS),
    ]
    return any(column.null_count < len(column) for column in columns)


def numbers(one: History, *, dollars: bool) -> list[tuple[str, str, str]]:
    """What a reader wants first of one cycle: label, value with its unit, and how it comes about, empty if plain.

    Args:
        one: The history of one cycle.
        dollars: Its whole history `tells_dollars`.
    """
    row, cycle = cycle_outcomes(one).iloc[0], one.tables.cycles
    if not dollars:
        weights, held = one.wide("normalised_weight"), one.wide("old_weight")
        moved = f"{100 * float(np.nansum(np.abs(weight_diffs(one).to_numpy()))):,.1f} pp"
        return [
            ("Outcome", humanised(str(row["outcome"])).capitalize(), "The source records weights, and no dollars."),
            ("Pairs", f"{np.count_nonzero(np.nan_to_num(weights)):,}", "Pairs with a weight."),
            ("Largest weight", share(float(np.nan_to_num(weights).max(initial=0))), "Share of investable equity."),
            ("Moved", NOT_RECORDED if np.isnan(held).all() else moved, "Σ|weight - weight held before|."),
        ]
    equity, discarded = (cycle[name][0].as_py() for name in ("investable_equity", "size_risk_discarded_value"))
    failed = int(failed_counts(one)[0])
    planned = [("Traded", usd(row["traded_usd"]), "Σ|USD| of the planned trades.")]
    if failed:
        planned = [
            ("Planned trades", usd(row["traded_usd"]), "Their Σ|USD|."),
            ("Failed", f"{failed:,}", "Planned trades that did not go through."),
        ]
    return [
        (
            "Outcome",
            humanised(str(row["outcome"])).capitalize(),
            "What was decided; trades failed." if failed else "",
        ),
        ("Investable", usd(equity), "Investable equity."),
        ("Largest change", usd(row["max_position_adjust_usd"]), "Largest |USD change| of any position."),
        ("Threshold", usd(row["position_adjust_threshold_usd"]), "What the largest change has to reach."),
        *planned,
        ("Discarded", usd(discarded), "Left uninvested because of size risk."),
    ]


def pairs(one: History, book: Ledger) -> pd.DataFrame:
    """`explain_cycle` with each pair's signal, the names of its flags, and what became of it in words.

    The sentences come without the pair's name, which stands beside them.
    """
    frame = explain_cycle(one, book)
    signals = one.tables.signals
    row_of = {pair_id: row for row, pair_id in enumerate(signals["pair_id"].to_pylist())}
    rows = [row_of[pair_id] for pair_id in frame["pair_id"].tolist()]
    flags, failed = flag_names(one), failed_rows(one)
    became = [
        humanised(str(code)) + (FAILED if failed[row] else "") for code, row in zip(frame["code"], rows, strict=True)
    ]
    told = [words[len(pair) + 2 :] for pair, words in zip(frame["pair"], frame["sentence"], strict=True)]
    return frame.assign(
        signal=signals["signal"].to_numpy()[rows],
        flags=pd.Series([flags[row] for row in rows], dtype=object),
        became=pd.Series(became, dtype="str"),
        sentence=pd.Series(told, dtype="str"),
    )


def trades(history: History, style: PairStyle) -> pd.DataFrame:
    """The trades of any number of cycles, with the column `pair`, its name, and `slippage`, executed / planned - 1."""
    frame = history.trades
    return frame.assign(
        pair=frame["pair_id"].map(style.labels), slippage=frame["executed_price"] / frame["planned_price"] - 1
    )
