"""How long did the same thing go on, and how close was it to ending?"""

from __future__ import annotations

from datetime import time
from typing import Any

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import (
    OUTCOME_MEANINGS,
    CycleOutcome,
    Facts,
    Numbers,
    Places,
    facts_of,
    has_flags,
    texts,
)
from alpha_model.analysis.metrics.board import Board
from alpha_model.analysis.metrics.correlation import Mask
from alpha_model.history import History
from alpha_model.values import TradingPairSignalFlags as Flags

PAIR_STREAKS = {
    "chosen": "the pair was selected with a signal",
    "skipped": "a change of the pair was wanted and decided against",
    "refused": "size risk refused part of what was asked",
    "cut": "the largest share allowed cut the weight",
}
"""What a streak of a pair is a streak of."""

_MIDNIGHT = time()
_WORDS = {
    CycleOutcome.rebalanced: "Decided to rebalance",
    CycleOutcome.partly_rebalanced: "Decided to rebalance in part",
    CycleOutcome.held_below_threshold: "Held below the threshold",
    CycleOutcome.every_change_skipped: "Every change skipped",
    CycleOutcome.unchanged: "Nothing to change",
    CycleOutcome.no_signal: "No signal",
    CycleOutcome.refused_by_risk: "Everything refused by size risk",
    CycleOutcome.unknown: "Outcome not recorded",
}
assert set(_WORDS) == set(OUTCOME_MEANINGS)


def outcome_streaks(history: History | Facts) -> pd.DataFrame:
    """Cycles in a row with the same outcome.

    Returns:
        RangeIndex, one row a streak, in order; together they cover every cycle once: outcome; first_cycle, last_cycle;
        start, end (UTC, of those); cycles (how many, >= 1); closest_usd (smallest |largest change - threshold| of the
        streak's cycles: for held cycles what was missing, for rebalanced ones what was beyond; NaN where none of them
        records both); closest_cycle (Int64, where that was; the first of several); ongoing (it lasts to the end of the
        history).
    """
    facts = facts_of(history)
    outcomes, history = facts.outcomes, facts.history
    words = outcomes["outcome"].to_numpy(dtype=str)
    count = len(words)
    begins = np.ones(count, dtype=np.bool_)
    begins[1:] = words[1:] != words[:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], count)[: len(first)] - 1
    largest = outcomes["max_position_adjust_usd"].to_numpy()
    threshold = outcomes["position_adjust_threshold_usd"].to_numpy()
    closest, where = _closest(np.abs(largest - threshold), first, last)
    numbers, times = history.cycle_numbers, history.timestamps
    return pd.DataFrame(
        {
            "outcome": texts(words[first]),
            "first_cycle": numbers[first],
            "last_cycle": numbers[last],
            "start": times[first],
            "end": times[last],
            "cycles": last - first + 1,
            "closest_usd": closest,
            "closest_cycle": pd.arrays.IntegerArray(numbers[where], np.isnan(closest)),
            "ongoing": last == count - 1,
        }
    )


def describe_streak(streak: Any) -> str:
    """One row of `outcome_streaks` in a sentence.

    Args:
        streak: A row, as a Series or as `itertuples` gives it.

    Returns:
        For example: "Held below the threshold 9 cycles in a row, 2017-03-06 to 2017-05-01, by $3.10 at the closest."
    """
    outcome = CycleOutcome(streak.outcome)
    often = "once" if streak.cycles == 1 else f"{streak.cycles:,} cycles in a row"
    clock = any(when.time() != _MIDNIGHT for when in (streak.start, streak.end))
    form = "%Y-%m-%d %H:%M" if clock else "%Y-%m-%d"
    days = format(streak.start, form)
    if streak.cycles > 1:
        days += f" to {streak.end:{form}}"
    sentence = f"{_WORDS[outcome]} {often}, {days}"
    if outcome is CycleOutcome.held_below_threshold and not np.isnan(streak.closest_usd):
        sentence += f", by ${streak.closest_usd:,.2f}" + (" at the closest" if streak.cycles > 1 else "")
    return sentence + "."


def pair_streaks(history: History | Facts, at_least: int = 2) -> pd.DataFrame:
    """Cycles in a row in which the same happened to one pair.

    Args:
        history: The record.
        at_least: Shortest streak to list, >= 1.

    Returns:
        RangeIndex, ordered by kind (as in `PAIR_STREAKS`), longest first, then by start and pair: kind (categorical);
        pair_id; first_cycle, last_cycle; start, end (UTC); cycles (how many); usd (Σ|USD| skipped, or refused by size
        risk, in those cycles; NaN for the other kinds and where an amount is not recorded); ongoing.
    """
    board = facts_of(history).board
    asked, accepted = board.wide("asked"), board.wide("accepted")
    skipped = board.spread_truths(board.plan.skipped)
    kinds = {
        "chosen": (board.chosen, None),
        "skipped": (skipped, np.abs(board.wide("position_adjust_usd"))),
        "refused": (accepted < asked, asked - accepted),
        "cut": (board.spread_truths(has_flags(board.history, Flags.capped_by_concentration)), None),
    }
    frames = [
        _pair_frame(board, kind, there, usd, at_least) for kind, (there, usd) in kinds.items() if board.shape[0] > 0
    ]
    found = pd.concat(frames, ignore_index=True) if frames else _pair_frame(board, "chosen", board.chosen, None, 1)
    return found.assign(kind=pd.Categorical(found["kind"], list(PAIR_STREAKS)))


def _pair_frame(board: Board, kind: str, there: Mask, usd: Numbers | None, at_least: int) -> pd.DataFrame:
    column, first, last = _runs(there)
    long = last - first + 1 >= at_least
    column, first, last = column[long], first[long], last[long]
    order = np.lexsort((column, first, first - last))
    column, first, last = column[order], first[order], last[order]
    amounts = np.full(len(first), np.nan)
    if usd is not None and len(first):
        running = np.cumsum(np.vstack([np.zeros(usd.shape[1]), np.where(there, usd, 0.0)]), axis=0)
        amounts = running[last + 1, column] - running[first, column]
    history = board.history
    return pd.DataFrame(
        {
            "kind": kind,
            "pair_id": history.pair_ids[column],
            "first_cycle": history.cycle_numbers[first],
            "last_cycle": history.cycle_numbers[last],
            "start": history.timestamps[first],
            "end": history.timestamps[last],
            "cycles": last - first + 1,
            "usd": amounts,
            "ongoing": last == len(history) - 1,
        }
    )


def _runs(there: Mask) -> tuple[Places, Places, Places]:
    """Column, first and last row of every run of truths down the columns."""
    edges = np.zeros((there.shape[1], there.shape[0] + 2), dtype=np.int8)
    edges[:, 1:-1] = there.T
    steps = np.diff(edges, axis=1)
    column, first = np.nonzero(steps == 1)
    last = np.nonzero(steps == -1)[1] - 1
    return column, first, last


def _closest(distance: Numbers, first: Places, last: Places) -> tuple[Numbers, Places]:
    """The smallest distance of each run, and its row; NaN, and the run's first row, where none is known."""
    if not len(first):
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    known = np.where(np.isnan(distance), np.inf, distance)
    least = np.minimum.reduceat(known, first)
    run = np.repeat(np.arange(len(first)), last - first + 1)
    hits = np.flatnonzero(known == least[run])
    where = hits[np.flatnonzero(np.diff(run[hits], prepend=-1))]
    return np.where(np.isfinite(least), least, np.nan), where
