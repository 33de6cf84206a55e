"""What is derived from one history, each once?

A part of a history has the facts of the whole, cut to its own rows, wherever the whole knows more: settings that are
inferred from many cycles, what became of a plan in what came after, shares and ranks among pairs that the part leaves
out. Everything is made when it is first asked for, and kept as long as the history; it is shared, so not to be changed.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from alpha_model.analysis.facts.columns import Numbers, Places, Truths, flips, numbers, part_of
from alpha_model.analysis.facts.execution import Executed, executed_of
from alpha_model.analysis.facts.pipeline import RecordedSettings
from alpha_model.analysis.facts.plan import Plan, plan_of
from alpha_model.history import History

if TYPE_CHECKING:
    from alpha_model.analysis.explain import Reasons
    from alpha_model.analysis.facts.book import Book
    from alpha_model.analysis.ledger import Ledger, Recorded
    from alpha_model.analysis.metrics import Board, Returns
    from alpha_model.analysis.settings import Settings


class Derived:
    """A view of what is derived from one history; its cached properties are kept by the history, and only there.

    The history does not keep the view, which would keep the history: what is dropped is gone at once.

    Args:
        history: The record, or a part of one.
    """

    __slots__ = ("__dict__", "history")

    def __init__(self, history: History) -> None:
        self.history = history
        self.__dict__ = cast("dict[str, Any]", history.kept.setdefault(type(self), {}))


class Facts(Derived):
    """The facts of one history; ask `facts_of` for them.

    The modules that derive them ask for facts too, so they are imported when their fact is asked for.
    """

    def column(self, name: str) -> Numbers:
        """A column of `signals` as float64; null is NaN."""
        return self._column("signals", name)

    def of_cycle(self, name: str) -> Numbers:
        """A column of `cycles` as float64; null is NaN."""
        return self._column("cycles", name)

    def wide(self, name: str) -> Numbers:
        """A column of `signals` as a matrix, cycles × pairs; NaN where the pair has no such value."""
        found = self._matrices.get(name)
        if found is None:
            found = self._matrices[name] = self.history.wide(name)
            found.flags.writeable = False
        return found

    @cached_property
    def flips(self) -> Truths:
        """Which rows of `signals` must close what is held first, because another kind of position is wanted."""
        return flips(self.history)

    @cached_property
    def plan(self) -> Plan:
        """What was decided about the change of each row of `signals`."""
        return plan_of(self.history, self.flips)

    @cached_property
    def executed(self) -> Executed:
        """What became of the planned trades of each row of `signals`, and of each cycle."""
        if self._is_whole:
            return executed_of(self.history, self.plan)
        return self._whole.executed.part(self._rows, self._cycles)

    @cached_property
    def recorded(self) -> RecordedSettings:
        """The settings that the steps of each cycle wrote down."""
        return RecordedSettings(self.history)

    @cached_property
    def settings(self) -> Settings:
        """The settings that the amounts of each cycle follow from."""
        from alpha_model.analysis.settings import settings_of

        return settings_of(self.history) if self._is_whole else part_of(self._whole.settings, self._cycles)

    @cached_property
    def settings_frame(self) -> pd.DataFrame:
        """`cycle_settings`."""
        from alpha_model.analysis.settings import settings_frame_of

        if self._is_whole:
            return settings_frame_of(self.history)
        return self._whole.settings_frame.iloc[self._cycles].reset_index(drop=True)

    @cached_property
    def written(self) -> Recorded:
        """The reasons that the steps themselves wrote down."""
        from alpha_model.analysis.ledger import recorded_reasons

        return recorded_reasons(self.history)

    @cached_property
    def ledger(self) -> Ledger:
        """The dollars of each row of `signals` after each stage."""
        from alpha_model.analysis.ledger import ledger_of

        return ledger_of(self) if self._has_every_pair else self._whole.ledger.part(self._rows, self.history)

    @cached_property
    def ledger_frame(self) -> pd.DataFrame:
        """`ledger`; copies share its columns until they are changed."""
        from alpha_model.analysis.ledger import ledger_frame_of

        return ledger_frame_of(self)

    @cached_property
    def reasons(self) -> Reasons:
        """Why each row of `signals` ended up where it did."""
        from alpha_model.analysis.explain import reasons_of

        return reasons_of(self) if self._has_every_pair else part_of(self._whole.reasons, self._rows)

    @cached_property
    def reason_frame(self) -> pd.DataFrame:
        """`explain_pairs`; copies share its columns until they are changed."""
        from alpha_model.analysis.explain import reason_columns

        return pd.DataFrame(reason_columns(self), copy=False)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """`cycle_outcomes`."""
        from alpha_model.analysis.facts.outcome import outcomes_of

        return outcomes_of(self)

    @cached_property
    def book(self) -> Book:
        """What the portfolio was worth before the trades of each cycle."""
        from alpha_model.analysis.facts.book import book_of

        return book_of(self.history)

    @property
    def board(self) -> Board:
        """Decisions and holdings as matrices."""
        from alpha_model.analysis.metrics import Board

        return Board(self.history)

    @cached_property
    def returns(self) -> Returns:
        """What each pair earned until the next cycle of this history."""
        from alpha_model.analysis.metrics import returns_of

        return returns_of(self.board)

    @cached_property
    def _columns(self) -> dict[tuple[str, str], Numbers]:
        return {}

    @cached_property
    def _matrices(self) -> dict[str, Numbers]:
        return {}

    @property
    def _is_whole(self) -> bool:
        return self.history.whole is self.history

    @property
    def _has_every_pair(self) -> bool:
        """Shares and ranks are among all pairs of a cycle."""
        return self._is_whole or len(self.history.pair_ids) == len(self.history.whole.pair_ids)

    @property
    def _whole(self) -> Facts:
        return facts_of(self.history.whole)

    @cached_property
    def _cycles(self) -> slice:
        """The places of the cycles in the whole history, where they follow each other."""
        first = int(np.searchsorted(self.history.whole.cycle_numbers, self.history.cycle_numbers[:1]).sum())
        return slice(first, first + len(self.history))

    @cached_property
    def _rows(self) -> slice | Places:
        """The rows of `signals` in those of the whole history."""
        whole, part = self.history.whole.tables.signals, self.history.tables.signals
        if not len(self.history):
            return slice(0, 0)
        numbers_of, ends = whole["cycle"].to_numpy(), self.history.cycle_numbers[[0, -1]]
        low, high = np.searchsorted(numbers_of, ends[0], "left"), np.searchsorted(numbers_of, ends[1], "right")
        if high - low == part.num_rows:
            return slice(int(low), int(high))
        found: Places = low + np.flatnonzero(np.isin(whole["pair_id"].to_numpy()[low:high], self.history.pair_ids))
        assert len(found) == part.num_rows, "a part of a history has other rows than the whole"
        return found

    def _column(self, table: str, name: str) -> Numbers:
        found = self._columns.get((table, name))
        if found is None:
            found = self._columns[table, name] = numbers(getattr(self.history.tables, table), name)
            found.flags.writeable = False
        return found


def facts_of(history: History | Facts) -> Facts:
    """The facts of a history, which are kept as long as it is; facts are their own."""
    return history if isinstance(history, Facts) else Facts(history)
