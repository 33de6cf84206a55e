"""Which signals are worked with?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from alpha_model.rules.arrays import Codes, Numbers, Places, Setting, Truths, first_of
from alpha_model.rules.compat import OURS, Compat


class Chosen(IntEnum):
    """What the selection did with a signal."""

    chosen = 0
    absent = 1
    pinned = 2
    below_threshold = 3
    not_in_top = 4


@dataclass(frozen=True, slots=True)
class Selection:
    """How signals are selected.

    Args:
        count: How many at most.
        threshold: The least strength, inclusive.
    """

    count: Setting | None = None
    threshold: Setting = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The selected signals.

    Args:
        columns: (batch × ranks) the column of each rank, the strongest first; beyond the last rank any column.
        taken: (batch × ranks) whether the row has that rank.
        codes: (batch × pairs) `Chosen`.
    """

    columns: Places
    taken: Truths
    codes: Codes


def select(signals: Numbers, settings: Selection, pinned: Truths | None = None, compat: Compat = OURS) -> Selected:
    """Choose the strongest signals, whatever their side; ties in the order of the columns.

    Args:
        signals: Signed; NaN where a pair has none.
        settings: How many, and from which strength on.
        pinned: Held positions that cannot be traded now; they are kept beside the selected ones.
        compat: Habits of another framework.

    Source: the reference documentation of `select_top_signals`.
    """
    strength, absent = np.abs(signals), np.isnan(signals)
    strong = strength >= settings.threshold
    fit = strong if pinned is None else strong & ~pinned
    key = np.where(fit, -(signals if compat.signed_selection else strength), np.inf)
    places = key.argsort(axis=1, kind="stable")
    count = fit.sum(axis=1, keepdims=True, dtype=np.intp)
    if settings.count is not None:
        count = np.minimum(count, settings.count)
    ranks = np.arange(count.max(initial=0))
    columns, taken = places[:, : len(ranks)], ranks < count
    codes = first_of(
        signals.shape, (Chosen.absent, absent), (Chosen.not_in_top, fit), (Chosen.below_threshold, ~strong),
        (Chosen.pinned, np.True_),
    )  # fmt: skip
    if pinned is not None:
        codes[pinned & ~absent] = Chosen.pinned
    rows, there = taken.nonzero()
    codes[rows, columns[rows, there]] = Chosen.chosen
    return Selected(columns, taken, codes)
