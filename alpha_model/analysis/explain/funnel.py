"""How do all signals of a cycle narrow down to its trades, and its dollars to its targets?"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from alpha_model.analysis.explain.reasons import GATES, ReasonCode
from alpha_model.analysis.facts import NOT_DONE, Execution, Facts, facts_of
from alpha_model.analysis.former import without_book
from alpha_model.analysis.ledger import CENT, TARGET_STAGES, TRADE_STAGES
from alpha_model.history import History
from alpha_model.values import HistoryError, PairId

FUNNEL_STEPS: Final = ("signals", "selected", "with a target", "to be changed", "planned", "executed")
"""Each step's pairs, from every signal to every trade of which a fill, or the next holdings, tell."""

_LOST_AT: Final[dict[str, tuple[ReasonCode, ...]]] = {
    "selected": (ReasonCode.below_signal_threshold, ReasonCode.not_in_top, ReasonCode.not_selected),
    "with a target": (ReasonCode.nothing_allowed, ReasonCode.not_reached),
    "to be changed": (ReasonCode.no_change, ReasonCode.carried_forward),
    "planned": GATES,
}


@without_book
def cycle_funnel(history: History | Facts) -> pd.DataFrame:
    """How many pairs, and dollars, are left after each step of a cycle.

    Pairs that are held without a signal are closed or carried; they enter at `to be changed`, so that a step may have
    more pairs than the one before.

    Args:
        history: Of one cycle, or several, which are added up.

    Returns:
        RangeIndex, one row for each of `FUNNEL_STEPS`, in order, without those of which the source records nothing for
        any of the signals there are: step; pair_count; usd (selected: Σ wanted; with a target: Σ targets; to be
        changed: Σ|change|; planned and executed: Σ |quantity| × price of the trades; NaN = unknown, or signals, which
        have none); lost (codes of the pairs that did not get here, with their number, the most frequent first: list of
        (code, count); for `executed` the `Execution` values of the plans).
    """
    facts = facts_of(history)
    reasons, executed, amounts = facts.reasons, facts.executed, facts.ledger.amounts()
    chosen = facts.ledger.targets.chosen
    changes = facts.column("position_adjust_usd")
    adjust = np.nan_to_num(changes)
    with_target = chosen & (np.nan_to_num(amounts["target"]) != 0)
    planned, done = executed.planned_usd > 0, executed.done()
    blind = executed.of(Execution.awaiting, Execution.unconfirmed, Execution.unknown)
    found = {
        "signals": (np.nan_to_num(facts.column("signal")) != 0, np.nan),
        "selected": (chosen, np.sum(amounts["wanted"][chosen])),
        "with a target": (with_target, np.sum(amounts["target"][chosen])),
        "to be changed": (adjust != 0, np.sum(np.abs(adjust))),
        "planned": (planned, np.sum(executed.planned_usd)),
        "executed": (done, np.nan if blind.any() else np.sum(executed.executed_usd[done])),
    }
    if changes.size and np.isnan(changes).all():
        del found["to be changed"]
        if not planned.any():
            del found["planned"], found["executed"]
    if chosen.any() and np.isnan(amounts["target"][chosen]).all():
        del found["with a target"]
    words = list(ReasonCode)
    there = found["signals"][0] | ~np.isin(reasons.code, [words.index(code) for code in _LOST_AT["selected"]])
    counts = np.bincount(reasons.code[there], minlength=len(words))
    rows = []
    for step, (pairs, usd) in found.items():
        if step == "executed":
            lost = [(str(word), int(np.count_nonzero(executed.of(word)))) for word in NOT_DONE]
        else:
            lost = [(str(code), int(counts[words.index(code)])) for code in _LOST_AT.get(step, ())]
        some = sorted(((code, number) for code, number in lost if number), key=lambda each: -each[1])
        rows.append((step, int(np.count_nonzero(pairs)), float(usd), some))
    return pd.DataFrame(rows, columns=["step", "pair_count", "usd", "lost"])


@without_book
def dollar_waterfall(history: History | Facts, pair_id: PairId | None = None) -> pd.DataFrame:
    """The dollars of a cycle, stage by stage, as a waterfall is drawn.

    Args:
        history: Of one cycle, or several, which are added up.
        pair_id: One pair, from what it wanted to what was traded; None is every chosen pair, up to the targets (beyond
            them purchases and sales would cancel out).

    Returns:
        RangeIndex, one row a stage that has an amount, totals always: stage (a name of the ledger); usd (NaN =
        unknown); is_total (a level, and not a step from one level to the next).

    Raises:
        HistoryError: The history has no such pair.
    """
    facts = facts_of(history)
    book, history = facts.ledger, facts.history
    amounts = book.amounts()
    if pair_id is None:
        rows = book.targets.chosen
        names = ["wanted", *TARGET_STAGES, "target"]
    else:
        rows = history.tables.signals["pair_id"].to_numpy() == pair_id
        if not rows.any():
            raise HistoryError(f"no pair {pair_id} in this cycle. See history.signals.", pair_id=pair_id)
        names = ["wanted", *TARGET_STAGES, "target", "old_value", "change", *TRADE_STAGES, "traded"]
    totals = {"wanted", "target", "change", "traded"}
    sums = {name: float(np.sum(amounts[name][rows])) for name in names}
    if "old_value" in sums:
        sums["old_value"] = -sums["old_value"]
    kept = [name for name in names if name in totals or np.isnan(sums[name]) or abs(sums[name]) > CENT]
    return pd.DataFrame(
        {"stage": kept, "usd": [sums[name] for name in kept], "is_total": [name in totals for name in kept]}
    )
