"""What is the reference framework known to do to its own numbers, so that it is named and not told as a decision?

Only cycles that do not record their settings are asked: our own model does none of it.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pyarrow.compute as pc

from alpha_model.analysis.facts.columns import Numbers, Truths, numbers, sum_per_cycle
from alpha_model.history import History

CLIP = 1e-5
"""Share of equity that is taken off the largest weight where rounding left the sum of the weights above 1."""

_FINE = 1e-9
"""Share of equity within which a number is exactly the clip."""


class Habit(StrEnum):
    """Something that the framework always does."""

    clips_weights = "clips_weights"
    counts_discarded_again = "counts_discarded_again"
    caps_without_flag = "caps_without_flag"
    skips_without_mark = "skips_without_mark"


HABIT_MEANINGS: dict[Habit, str] = {
    Habit.clips_weights: "0.001 % of equity is taken off the largest weight where rounding left their sum above 1",
    Habit.counts_discarded_again: "money that is refused, offered again and refused again is counted each time",
    Habit.caps_without_flag: "without size risk, a weight that max_weight cuts carries no flag",
    Habit.skips_without_mark: "a change that is skipped as too small is flagged, and not marked as ignored",
}
"""What each habit is, in words that a sentence can end with."""


def of_framework(history: History) -> Truths:
    """Which cycles may have these habits: those that do not record their settings."""
    return np.asarray(pc.is_null(history.tables.cycles["pipeline"]), dtype=np.bool_)


def clipped_share(history: History) -> Numbers:
    """The share of equity that the clip took from each pair before any limit: `CLIP`, or 0; one a row of `signals`.

    What a pair wants is its share of the raw weights. Where its first recorded amount (asked, else target, else
    weight) is that share less exactly the clip, rounding made it smaller and no limit did. In dollars it is this share
    of investable equity.
    """
    if not of_framework(history).any():
        return np.zeros(history.tables.signals.num_rows)
    wanted, got = _wanted(history), _first_share(history)
    return np.where(_is_clip(history, wanted, got), CLIP, 0.0)


def clipped_weights(history: History) -> Truths:
    """Which rows have a normalised weight that the clip made smaller than their share of raw weights or of targets."""
    if not of_framework(history).any():
        return np.zeros(history.tables.signals.num_rows, dtype=np.bool_)
    weight = numbers(history.tables.signals, "normalised_weight")
    target = numbers(history.tables.signals, "position_target")
    of_targets = target / _spread_total(history, target)
    clipped = _is_clip(history, _wanted(history), weight) | _is_clip(history, of_targets, weight)
    return np.asarray(clipped, dtype=np.bool_)


def _is_clip(history: History, wanted: Numbers, got: Numbers) -> Truths:
    with np.errstate(invalid="ignore"):
        found = np.abs(wanted - got - CLIP) <= _FINE
    rows = np.flatnonzero(found)
    found[rows] = of_framework(history)[history.signal_places[rows]]
    return np.asarray(found, dtype=np.bool_)


def _wanted(history: History) -> Numbers:
    """Each pair's share of the raw weights of its cycle."""
    raw = numbers(history.tables.signals, "raw_weight")
    return raw / _spread_total(history, raw)


def _first_share(history: History) -> Numbers:
    """The first amount that is recorded of each pair, as a share of investable equity."""
    signals = history.tables.signals
    equity = numbers(history.tables.cycles, "investable_equity")[history.signal_places]
    asked, target, weight = (numbers(signals, name) for name in ("asked", "position_target", "normalised_weight"))
    amount = np.where(np.isnan(asked), target, asked)
    share = amount / np.where(equity > 0, equity, np.nan)
    return np.where(np.isnan(share), weight, share)


def _spread_total(history: History, values: Numbers) -> Numbers:
    total = sum_per_cycle(history, values)
    return np.where(total > 0, total, np.nan)[history.signal_places]
