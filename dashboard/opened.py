"""What has been opened, and what was already asked of it?"""

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import pandas as pd

from alpha_model.analysis import interesting_cycles, pair_labels
from alpha_model.analysis.facts import pairs_by_weight
from alpha_model.history import History
from dashboard.charts.theme import PairStyle

P = ParamSpec("P")
T = TypeVar("T")

REMEMBERED = 64
"""How many answers one history keeps."""

AUDITED = 200_000
"""Signals up to which the audit takes a few tenths of a second, so that it can be asked while a history opens."""


class OpenHistory:
    """A history and the answers it has given, so that a rerun costs nothing that was computed before.

    Lives in the cache of `dashboard.data` and dies with its entry; shared by all viewers of a file, so answers are not
    to be changed.

    Args:
        history: The record.
        whole: The opened history that this one is a part of; None when it is the whole.
    """

    def __init__(self, history: History, whole: "OpenHistory | None" = None) -> None:
        self.history = history
        self._whole = whole
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._lock = RLock()

    def ask(self, question: Callable[Concatenate[History, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of a pure function of the history; computed once for the same arguments."""
        key = (question, args, tuple(sorted(kwargs.items())))
        return self._remembered(key, lambda: question(self.history, *args, **kwargs))

    def make(self, thing: "Callable[[OpenHistory], T]") -> T:
        """What is made of several answers; made once."""
        return self._remembered(thing, lambda: thing(self))

    def _remembered(self, key: Any, answer: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._answers:
                self._answers[key] = answer()
                while len(self._answers) > REMEMBERED:
                    self._answers.popitem(last=False)
            self._answers.move_to_end(key)
            return cast("T", self._answers[key])

    def between(self, start: pd.Timestamp | None, end: pd.Timestamp | None) -> "OpenHistory":
        """The cycles of a window, remembered with the answers they give; the whole history when the window is open."""
        if start is None and end is None:
            return self
        return self.ask(_part_of, self, start, end)

    def at(self, moment: pd.Timestamp) -> "OpenHistory":
        """The one cycle decided at that time, remembered with the answers it gives."""
        return self.ask(_cycle_of, self, moment)

    @cached_property
    def notable(self) -> pd.DataFrame:
        """`interesting_cycles`, as the whole shows them; the audit is asked up to `AUDITED` signals."""
        if self._whole is None:
            return interesting_cycles(self.history, audited=self.history.tables.signals.num_rows <= AUDITED)
        found = self._whole.notable
        place = found["place"] - self._first
        return found.assign(place=place)[place.between(0, len(self.history) - 1)].reset_index(drop=True)

    @property
    def _first(self) -> int:
        """The place of its first cycle in the whole."""
        assert self._whole is not None
        own = self.history.timestamps
        return int(self._whole.history.timestamps.searchsorted(own[0])) if len(own) else 0

    @cached_property
    def style(self) -> PairStyle:
        """Names and colours of the pairs; a part looks like its whole."""
        if self._whole is not None:
            return self._whole.style
        return PairStyle.of(pair_labels(self.history), pairs_by_weight(self.history))


def _part_of(history: History, whole: OpenHistory, start: pd.Timestamp | None, end: pd.Timestamp | None) -> OpenHistory:
    return OpenHistory(history.between(start, end), whole)


def _cycle_of(history: History, whole: OpenHistory, moment: pd.Timestamp) -> OpenHistory:
    return OpenHistory(history.at(moment), whole)
