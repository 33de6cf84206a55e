"""What is derived from one history, each once?

A part of a history has the facts of the whole, cut to its own rows: what became of a plan shows in what came after.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from alpha_model.analysis.book import Book, book_of
from alpha_model.analysis.columns import Places
from alpha_model.analysis.execution import Executed, executed_of
from alpha_model.analysis.plan import Plan, plan_of
from alpha_model.history import History


class Facts:
    """The facts of one history; ask `facts_of` for them.

    Args:
        history: The record, or a part of one.
    """

    def __init__(self, history: History) -> None:
        self.history = history

    @cached_property
    def plan(self) -> Plan:
        """What was decided about the change of each row of `signals`."""
        return plan_of(self.history)

    @cached_property
    def book(self) -> Book:
        """What the portfolio was worth before the trades of each cycle."""
        return book_of(self.history)

    @cached_property
    def executed(self) -> Executed:
        """What became of the planned trades of each row of `signals`, and of each cycle."""
        whole = self.history.whole
        if whole is self.history:
            return executed_of(self.history, self.plan)
        return facts_of(whole).executed.part(self._rows, self._cycles)

    @cached_property
    def _cycles(self) -> Places:
        """The places of the cycles in the whole history."""
        return np.searchsorted(self.history.whole.cycle_numbers, self.history.cycle_numbers).astype(np.int64)

    @cached_property
    def _rows(self) -> Places:
        """The rows of `signals` in those of the whole history."""
        whole, part = self.history.whole, self.history
        numbers = whole.tables.signals["cycle"].to_numpy()
        if not len(part):
            return np.zeros(0, dtype=np.int64)
        low = np.searchsorted(numbers, part.cycle_numbers[0], "left")
        high = np.searchsorted(numbers, part.cycle_numbers[-1], "right")
        rows = np.arange(low, high, dtype=np.int64)
        if len(rows) != part.tables.signals.num_rows:  # a part of the pairs
            rows = rows[np.isin(whole.tables.signals["pair_id"].to_numpy()[rows], part.pair_ids)]
        assert len(rows) == part.tables.signals.num_rows, "a part of a history has other rows than the whole"
        return rows


def facts_of(history: History) -> Facts:
    """The facts of a history, which are kept as long as it is."""
    found = history.kept.get(Facts)
    if found is None:
        found = history.kept[Facts] = Facts(history)
    assert isinstance(found, Facts)
    return found
