"""What did each constraint cost or earn: what did the refused dollars do until the next cycle?

A limit or a gate moves a position away from where the signal wanted it. The pair's next return on that difference is
what the constraint earned, or, negative, what it cost:

    effect = (USD it added to the position, negative for what it refused) x next return x side

with side 1 for a long and -1 for a short. Over all constraints of a pair these differences add up to position after the
trades - position wanted, so the effects add up to what the whole chain of constraints earned against doing exactly as
the signals wanted. What is refused stays in cash, at a return of 0 and without the cost of the trade.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, Numbers, cycle_frame, facts_of
from alpha_model.analysis.former import without_book
from alpha_model.analysis.ledger import CONSTRAINTS, LIMITS, OF_STAGE, refused
from alpha_model.analysis.metrics.board import Board
from alpha_model.analysis.metrics.returns import COVERAGE, Returns
from alpha_model.history import History

Amounts: TypeAlias = dict[str, Numbers]

OFFERED = "offered"
"""The one step that adds: money that other pairs refused was offered to this one."""

EFFECTS = (*CONSTRAINTS, OFFERED)
"""The constraints of `constraint_costs`, and what they handed on."""


def constraint_effects(history: History | Facts) -> pd.DataFrame:
    """What each constraint earned or cost until the next cycle.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); then in USD for each of `EFFECTS` NAME_usd:
        negative where it cost, positive where it spared a loss; 0 where it moved nothing; NaN where it moved something
        and the next return of none of those pairs is known, and throughout where fewer than `COVERAGE` of its dollars
        whose return was expected have one; total_usd (their sum, as far as it is known; NaN where nothing is, and
        throughout where too few of all dollars have a return); moved_usd (Σ|USD| that constraints moved; NaN where an
        amount of the cycle is unknown); judged_usd (the part of it whose next return is known, which the effects are
        about).
        Re-offered money is moved again each time. The last cycle has no next return.

    Source: the exact attribution of active return to constraints by differences of holdings, as in R. Grinold and K.
    Easton, Attribution of performance and holdings, 1998; here per stage of the ledger and for one period.
    """
    facts = facts_of(history)
    board, returns, history = facts.board, facts.returns, facts.history
    after, count = _next_of(board, returns), len(history)
    earned: Amounts = {}
    total, moved, judged, touched, promised = *(np.zeros(count) for _ in range(4)), 0.0
    for name, change in _moves(facts).items():
        rows = np.flatnonzero(change)
        place, usd = board.places[rows], change[rows]
        known = ~np.isnan(usd * after[rows])
        effect, size = (
            np.bincount(place[known], weights=values, minlength=count)
            for values in ((usd * after[rows])[known], np.abs(usd[known]))
        )
        here, expected = np.bincount(place, minlength=count), _expected(board, change, returns)
        uncovered = size.sum() < COVERAGE * expected
        blank = uncovered | ((here > 0) & (np.bincount(place[known], minlength=count) == 0))
        earned[f"{name}_usd"] = np.where(blank, np.nan, effect)
        moved += np.bincount(place, weights=np.abs(usd), minlength=count)
        total, judged, touched, promised = total + effect, judged + size, touched + here, promised + expected
    nothing = ((touched > 0) & (judged == 0)) | (judged.sum() < COVERAGE * promised)
    columns = {"total_usd": np.where(nothing, np.nan, total), "moved_usd": moved, "judged_usd": judged}
    return cycle_frame(history, {**earned, **columns})


@without_book
def constraint_effect_totals(history: History | Facts) -> pd.DataFrame:
    """What each constraint earned or cost over all cycles.

    Args:
        history: The record.

    Returns:
        RangeIndex, one row for each of `EFFECTS`, in order: constraint; cycles (in which it moved something);
        mean_moved_usd (Σ|USD| of the known amounts in a mean one of these cycles; 0 where there is none). What is moved
        in one cycle is moved again in the next, so that sums over cycles are in dollar-cycles: moved_usd_cycles;
        expected_usd_cycles (of those, the part whose next return the decision promised, see `forecast_quality`);
        judged_usd_cycles (of that, the part whose next return is known). effect_usd (the sum of what was earned; NaN
        where less than `COVERAGE` of the expected was judged, or nothing although something was moved); effect_share
        (effect / judged, the mean return until the next cycle; NaN where there is no effect or nothing was judged);
        unknown_cycles (in which an amount of it is unknown).
    """
    facts = facts_of(history)
    return pd.DataFrame([_total(facts.board, name, usd, facts.returns) for name, usd in _moves(facts).items()])


def _next_of(board: Board, returns: Returns) -> Numbers:
    """The next return of each row of `signals`; NaN also where it was not to be expected."""
    return np.where(returns.judged, returns.value, np.nan)[board.places, board.columns]


def _expected(board: Board, usd: Numbers, returns: Returns) -> float:
    """Σ|USD| of the rows whose next return was to be expected."""
    return float(np.nansum(np.abs(usd[returns.expected[board.places, board.columns]])))


def _total(board: Board, name: str, usd: Numbers, returns: Returns) -> dict[str, object]:
    after = _next_of(board, returns)
    known = ~np.isnan(usd) & (usd != 0)
    judged = known & ~np.isnan(after)
    size, effect = float(np.abs(usd[judged]).sum()), float((usd[judged] * after[judged]).sum())
    expected = _expected(board, usd, returns)
    covered = not known.any() or (size > 0 and size >= COVERAGE * expected)
    cycles, moved = len(np.unique(board.places[known])), float(np.abs(usd[known]).sum())
    return {
        "constraint": name,
        "cycles": cycles,
        "mean_moved_usd": moved / max(cycles, 1),
        "moved_usd_cycles": moved,
        "expected_usd_cycles": expected,
        "judged_usd_cycles": size,
        "effect_usd": effect if covered else np.nan,
        "effect_share": effect / size if covered and size > 0 else np.nan,
        "unknown_cycles": len(np.unique(board.places[np.isnan(usd)])),
    }


def _moves(facts: Facts) -> Amounts:
    """USD that each constraint added to the exposure of each row of `signals`; negative makes it shorter."""
    board, book, costs = facts.board, facts.ledger, refused(facts)
    amounts, within = book.amounts(), facts.column("signal_in_selection")
    short = np.where(np.nan_to_num(within) == 0, board.was_short, within < 0)
    side = np.where(short, -1.0, 1.0)
    redistributed, threshold = amounts["redistribution"], amounts["threshold"]
    not_traded = threshold * side
    kept = book.traded.flips & book.traded.skipped
    not_traded = np.where(kept, not_traded + amounts["old_value"] * np.where(board.was_short, -1.0, 1.0), not_traded)
    gates = {name: np.where(costs[name] == 0, 0.0, not_traded) for name in CONSTRAINTS if name in _GATES}
    return {
        **{OF_STAGE.get(name, name): amounts[name] * side for name in LIMITS},
        OF_STAGE["redistribution"]: np.minimum(redistributed, 0.0) * side,
        **gates,
        "closing_weight": gates["closing_weight"] + amounts["close"] * side,
        OFFERED: np.maximum(redistributed, 0.0) * side,
    }


_GATES = ("rebalance_threshold", "individual_threshold", "closing_weight", "other_skips")
