"""What is a rule of the audit, and what does one say when it is broken?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa

from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import FEWEST_INTERVALS, USUAL
from alpha_model.analysis.facts import Numbers, Places, Truths


class Severity(StrEnum):
    """How much a finding matters."""

    error = "error"
    warning = "warning"
    note = "note"


SEVERITY_MEANINGS: dict[Severity, str] = {
    Severity.error: "two numbers of the record contradict each other: do not rely on them before you know why",
    Severity.warning: "something happened that somebody should look at: the record may be right, the event is unusual",
    Severity.note: "worth knowing, and no reason to worry",
}
"""One clause for people about each severity."""


class Unit(StrEnum):
    """What the numbers of a finding count."""

    usd = "USD"
    share = "share"
    whole = "count"
    seconds = "seconds"
    units = "units"
    price = "USD a unit"
    none = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found.

    Args:
        checked: How many cycles, trades or problems had what the rule needs.
        total: How many there are.
        places: Row of `cycles` of each finding; -1 belongs to none.
        pair_ids: The pair of each finding; None where they are about whole cycles.
        expected: What the number should be, or the limit that it breaks; NaN where there is no number.
        got: What it is.
        words: A word of the source for each finding, where the sentence has a place for it.
        moments: The time of each finding in microseconds, where it is not that of the cycle.
    """

    checked: int
    total: int
    places: Places = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    pair_ids: Places | None = None
    expected: Numbers = field(default_factory=lambda: np.empty(0))
    got: Numbers = field(default_factory=lambda: np.empty(0))
    words: list[str] | None = None
    moments: Places | None = None

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, slots=True)
class Rule:
    """One question that the audit asks of a record.

    Args:
        code: Its stable name.
        severity: How much a finding matters.
        question: What is asked, for people.
        meaning: What a finding means, and what to do about it.
        sentence: The finding in words; `{pair}`, `{expected}`, `{got}`, `{difference}` and `{word}` are filled in.
        unit: Of the numbers.
        scope: What `checked` counts: cycles, trades or problems.
        find: The check itself.
        needs: Columns of `signals` without which there is nothing to ask.
    """

    code: str
    severity: Severity
    question: str
    meaning: str
    sentence: str
    unit: Unit
    find: Callable[[Sheet], Found]
    scope: str = "cycles"
    needs: tuple[str, ...] = ()

    def ask(self, sheet: Sheet) -> Found:
        """What the rule finds."""
        if any(sheet.lacks(name) for name in self.needs):
            return Found(0, sheet.cycle_count)
        return self.find(sheet)


def of_cycles(
    checked: Truths, broken: Truths, expected: Numbers | float | None = None, got: Numbers | None = None
) -> Found:
    """The findings of a rule about whole cycles.

    Args:
        checked: Which cycles record what the rule needs.
        broken: Which of them break it; others are passed over.
        expected: One number a cycle, or one for all.
        got: One number a cycle.
    """
    places = np.flatnonzero(checked & broken)
    return Found(
        checked=int(np.count_nonzero(checked)),
        total=len(checked),
        places=places,
        expected=_chosen(expected, places),
        got=_chosen(got, places),
    )


def unusual(checked: Truths, broken: Truths, most: float = 1 - USUAL) -> Truths:
    """Those that break what the source usually keeps to; none where more than that share do."""
    wrong = checked & broken
    count, known = np.count_nonzero(wrong), np.count_nonzero(checked)
    usual = known - count >= FEWEST_INTERVALS and count <= max(1.0, most * known)
    return wrong if usual else np.zeros(len(wrong), dtype=np.bool_)


def once(checked: Truths, places: Places) -> Found:
    """One finding for the whole history, where something occurs first; `got` is how often.

    Args:
        checked: Which cycles record what the rule needs.
        places: Row of `cycles` of each time that it occurs.
    """
    first = np.sort(places)[:1]
    times = np.full(len(first), float(len(places)))
    return Found(int(np.count_nonzero(checked)), len(checked), first, None, np.full(len(first), np.nan), times)


def of_rows(
    sheet: Sheet,
    checked: Truths,
    broken: Truths,
    expected: Numbers | float | None = None,
    got: Numbers | None = None,
) -> Found:
    """The findings of a rule about single pairs; the arguments have one entry a row of `signals`."""
    rows = np.flatnonzero(checked & broken)
    return Found(
        checked=sheet.cycles_with(checked),
        total=sheet.cycle_count,
        places=sheet.places[rows],
        pair_ids=sheet.pair_ids[rows],
        expected=_chosen(expected, rows),
        got=_chosen(got, rows),
    )


def of_trades(
    sheet: Sheet,
    checked: Truths,
    broken: Truths,
    expected: Numbers | float | None = None,
    got: Numbers | None = None,
    words: pa.ChunkedArray | None = None,
) -> Found:
    """The findings of a rule about trades; the arguments have one entry a row of `trades`."""
    rows = np.flatnonzero(checked & broken)
    trades = sheet.trades
    return Found(
        checked=int(np.count_nonzero(checked)),
        total=len(trades),
        places=trades.places[rows],
        pair_ids=trades.pair_ids[rows],
        expected=_chosen(expected, rows),
        got=_chosen(got, rows),
        words=None if words is None else [str(word) for word in words.take(pa.array(rows)).to_pylist()],
        moments=trades.moments[rows],
    )


def _chosen(values: Numbers | float | None, rows: Places) -> Numbers:
    if values is None:
        return np.full(len(rows), np.nan)
    if isinstance(values, np.ndarray):
        return np.asarray(values[rows], dtype=np.float64)
    return np.full(len(rows), float(values))
