"""What was decided in one cycle, as the page and the report show it?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import Execution, book_frame, cycle_outcomes, explain_cycle, size_risk_frame, weight_diffs
from alpha_model.analysis.cycles import flag_names
from alpha_model.analysis.facts import EXECUTION_MEANINGS, WHOLE_MEANINGS, Whole, outcome_words
from alpha_model.history import History
from dashboard.charts.theme import PairStyle
from dashboard.text import NOT_RECORDED, humanised, share, usd

_TOTALS = ("investable_equity", "size_risk_discarded_value", "max_position_adjust_usd", "position_adjust_threshold_usd")
_AMOUNTS = ("old_value", "position_target", "position_adjust_usd")


_DECIDED = {"opened": "open", "increased": "increase", "reduced": "reduce", "closed": "close", "flipped": "flip"}
"""What was planned of a pair, for those whose trade is not known to be made."""
_FATES = {
    "executed_in_part": ", in part",
    "awaiting": ", awaiting",
    "unconfirmed": ", unconfirmed",
    "contradicted": ", not made",
    "failed": ", failed",
}
"""What stands after the plan of a pair whose trade was not executed whole."""


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
            (
                "Largest weight",
                share(float(np.nan_to_num(weights).max(initial=0))),
                "Share of equity, as it weighs.",
            ),
            ("Moved", NOT_RECORDED if np.isnan(held).all() else moved, "Σ|weight - weight held before|."),
        ]
    equity = cycle["investable_equity"][0].as_py()
    risk = size_risk_frame(one).iloc[0]
    execution = Execution(row["execution"])
    meaning = EXECUTION_MEANINGS[execution]
    discarded, counted = risk["discarded_usd"], risk["source_discarded_usd"]
    twice = f" The source counts {usd(counted)}, money offered again twice." if counted > discarded + 1 else ""
    return [
        (
            "Outcome",
            outcome_words(row["outcome"], row["execution"]).capitalize(),
            "What was decided.",
        ),
        ("Execution", humanised(str(execution)).capitalize(), f"{meaning[:1].upper()}{meaning[1:]}."),
        ("Investable", usd(equity), _of_the_book(one)),
        ("Largest change", usd(row["max_position_adjust_usd"]), "Largest |USD change| of any position."),
        ("Threshold", usd(row["position_adjust_threshold_usd"]), "What the largest change has to reach."),
        ("Planned", usd(row["planned_usd"]), "Σ |quantity| × price of the planned trades."),
        ("Executed", usd(row["traded_usd"]), "The same of those that were executed, as far as the record proves it."),
        _confirmed(row),
        ("Discarded", usd(discarded), f"Left uninvested because of size risk.{twice}"),
    ]


def _confirmed(row: pd.Series) -> tuple[str, str, str]:
    """How many of the planned trades the next cycle's holdings show."""
    meaning = "Planned trades that the holdings before the next cycle show, fill or not"
    if not row["told_count"] > 0:
        why = "nothing was planned" if row["planned_count"] == 0 else "no next holdings are on record"
        return ("Confirmed", NOT_RECORDED, f"{meaning}: {why}.")
    return ("Confirmed", f"{row['confirmed_count']:,.0f} of {row['told_count']:,.0f}", f"{meaning}.")


def _of_the_book(one: History) -> str:
    """What investable equity is a part of."""
    book = book_frame(one).iloc[0]
    whole = WHOLE_MEANINGS[Whole(book["equity_whole"])]
    part = "" if pd.isna(book["equity_usd"]) else f", of {usd(book['equity_usd'])} {whole}"
    locked = f"; {usd(book['locked_usd'])} is locked" if book["locked_usd"] > 0 else ""
    return f"What the cycle might invest{part}{locked}."


def pairs(one: History) -> pd.DataFrame:
    """`explain_cycle` with each pair's signal, the names of its flags, and what became of it in words.

    The sentences come without the pair's name, which stands beside them.
    """
    frame = explain_cycle(one)
    signals = one.tables.signals
    row_of = {pair_id: row for row, pair_id in enumerate(signals["pair_id"].to_pylist())}
    rows = [row_of[pair_id] for pair_id in frame["pair_id"].tolist()]
    flags = flag_names(one)
    told = [words[len(pair) + 2 :] for pair, words in zip(frame["pair"], frame["sentence"], strict=True)]
    became = [
        f"{_DECIDED.get(code, humanised(code))}{_FATES[execution]}" if execution in _FATES else humanised(code)
        for code, execution in zip(frame["code"].astype(str), frame["execution"].astype(str), strict=True)
    ]
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
