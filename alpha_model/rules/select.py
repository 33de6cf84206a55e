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
        strong: (batch × pairs) whether the signal reaches the threshold.
        absent: (batch × pairs) whether there is none.
        pinned: (batch × pairs) what is kept beside the selected ones; None where nothing is.
    """

    columns: Places
    taken: Truths
    strong: Truths
    absent: Truths
    pinned: Truths | None

    def codes(self) -> Codes:
        """(batch × pairs) what became of each signal: `Chosen`."""
        codes = first_of(self.strong.shape, (Chosen.absent, self.absent), (Chosen.not_in_top, self.strong),
                         (Chosen.below_threshold, ~self.strong))  # fmt: skip
        rows, ranks = self.taken.nonzero()
        codes[rows, self.columns[rows, ranks]] = Chosen.chosen
        if self.pinned is not None:
            codes[self.pinned & ~self.absent] = Chosen.pinned
        return codes


def select(signals: Numbers, settings: Selection, pinned: Truths | None = None, compat: Compat = OURS) -> Selected:
    """Choose the strongest signals, whatever their side; ties in the order of the columns.

    Args:
        signals: Signed; NaN where a pair has none.
        settings: How many, and from which strength on.
        pinned: Held positions that cannot be traded now; they are kept beside the selected ones.
        compat: Habits of another framework.

    Source: the reference documentation of `select_top_signals`.
    """
    strength = np.abs(signals)
    strong = strength >= settings.threshold
    fit = strong if pinned is None else strong & ~pinned
    key = np.where(fit, -(signals if compat.signed_selection else strength), np.inf)
    places = key.argsort(axis=1, kind="stable")
    count = np.add.reduce(fit, axis=1, keepdims=True, dtype=np.intp)
    if settings.count is not None:
        count = np.minimum(count, settings.count)
    ranks = np.arange(count.max(initial=0))
    return Selected(places[:, : len(ranks)], ranks < count, strong, np.isnan(signals), pinned)
