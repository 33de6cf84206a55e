"""What did each cycle decide, as a whole and about every pair, chosen or not?"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.analysis.cycles.flags import flag_names, flags_of_cycles
from alpha_model.analysis.cycles.size_risk import discarded_usd
from alpha_model.analysis.facts import (
    cycle_outcomes,
    facts_of,
    numbers,
    pair_labels,
    rebalance_recorded,
    shares_in_cycle,
    texts,
    was_short,
)
from alpha_model.history import History

_COLUMNS = [
    "pair_id",
    "pair",
    "decision",
    "side",
    "selected",
    "signal",
    "raw_weight",
    "raw_share",
    "normalised_weight",
    "old_weight",
    "old_value",
    "position_target",
    "position_adjust_usd",
    "planned_usd",
    "executed_usd",
    "execution",
    "asked",
    "accepted",
    "tvl",
    "price",
    "flags",
]

_DECISION_ORDER = {"buy": 0, "sell": 0, "skipped": 1, "unknown": 1, "no change": 2, "not selected": 3}

_SIDES = {
    (0, 0): None,
    (0, 1): "long",
    (0, -1): "short",
    (1, 0): "long",
    (1, 1): "long",
    (1, -1): "long to short",
    (-1, 0): "short",
    (-1, 1): "short to long",
    (-1, -1): "short",
}
"""What is said of a pair that was held on one side and is wanted on another: 1 long, -1 short, 0 not."""


def cycle_table(history: History) -> pd.DataFrame:
    """Every cycle in one line.

    Returns:
        `cycle_outcomes`, and: equity_usd (investable), discarded_usd (of `size_risk_frame`), selected_count, raw_count
        as recorded (NaN = not recorded); ratio (largest change / threshold); flags (sorted names of the flags that any
        signal carries).
    """
    outcomes = cycle_outcomes(history)
    cycles = history.tables.cycles
    threshold = outcomes["position_adjust_threshold_usd"].to_numpy(dtype=np.float64)
    return outcomes.assign(
        ratio=outcomes["max_position_adjust_usd"] / np.where(threshold > 0, threshold, np.nan),
        equity_usd=numbers(cycles, "investable_equity"),
        discarded_usd=discarded_usd(history),
        selected_count=numbers(cycles, "selected_count"),
        raw_count=numbers(cycles, "raw_count"),
        flags=pd.Series(flags_of_cycles(history), dtype=object),
    )


def cycle_signals(history: History) -> pd.DataFrame:
    """Every pair of the history's cycles, from raw signal to adjust.

    Args:
        history: Mostly of one cycle, `history.at(timestamp)`.

    Returns:
        RangeIndex, one row a signal: planned trades first, then skipped changes, then pairs without one, then those not
        selected; within them the largest change, then the strongest signal first. pair (a unique label); decision
        (`buy`, `sell`, `skipped`, `no change`, `not selected`, or `unknown`; a short that grows is a `sell`); side
        (`long`, `short`, `long to short` or `short to long`; None where the pair is neither held nor wanted); the
        planned_usd and executed_usd (Σ |quantity| × price of its trades) and execution (an `Execution` value: what
        became of them); the numbers of `signals` under their own names (weights are shares, money is USD, NaN =
        absent); raw_share (raw weight / Σ raw weights of its cycle); flags (list of names).
    """
    signals, executed = history.signals, facts_of(history).executed
    labels = pair_labels(history)
    frame = signals.assign(
        pair=texts(labels[pair_id] for pair_id in signals["pair_id"]),
        decision=texts(map(str, decisions(history))),
        side=pd.Series(_sides(history), dtype=object),
        execution=texts(map(str, executed.words())),
        planned_usd=executed.planned_usd,
        executed_usd=executed.executed_usd,
        raw_share=shares_in_cycle(history, numbers(history.tables.signals, "raw_weight")),
        flags=pd.Series(flag_names(history), dtype=object),
    )
    strength, change = (
        np.nan_to_num(np.abs(signals[name].to_numpy(dtype=np.float64))) for name in ("signal", "position_adjust_usd")
    )
    order = np.lexsort((-strength, -change, frame["decision"].map(_DECISION_ORDER).to_numpy()))
    return frame[_COLUMNS].iloc[order].reset_index(drop=True)


def decisions(history: History) -> npt.NDArray[np.str_]:
    """What became of the wanted change, one word a row of `signals`; the words of `cycle_signals`."""
    plan, signals = facts_of(history).plan, history.tables.signals
    rises = np.nan_to_num(numbers(signals, "position_adjust_usd")) > 0
    selected = ~np.isnan(numbers(signals, "signal_in_selection"))
    told = rebalance_recorded(history)[history.signal_places]
    for name in ("position_adjust_usd", "position_target"):
        told = told | ~np.isnan(numbers(signals, name))
    buys = plan.planned & (rises != plan.of_short)
    rules = {
        "buy": buys,
        "sell": plan.planned & ~buys,
        "skipped": plan.skipped,
        "unknown": plan.undecided | (selected & ~told),
        "no change": selected,
    }
    return np.select(list(rules.values()), list(rules), "not selected")


def _sides(history: History) -> list[str | None]:
    """Of each row of `signals` the side of its signal, or, where nothing is wanted, of what is held."""
    signals = history.tables.signals
    within = numbers(signals, "signal_in_selection")
    wanted = np.sign(np.where(np.isnan(within), numbers(signals, "signal"), within))
    value, weight = (np.nan_to_num(numbers(signals, name)) for name in ("old_value", "old_weight"))
    held = np.where((value != 0) | (weight != 0), np.where(was_short(history), -1, 1), 0)
    return [_SIDES[int(before), int(after)] for before, after in zip(held, np.nan_to_num(wanted), strict=True)]
