"""What went wrong when a case was opened and asked? Exceptions that are not ours, long waits, memory, wild words."""

from __future__ import annotations

import logging
import os
import time
import traceback
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pyarrow as pa
from apps import PLACES, environment, forget_histories, is_sound, run_app
from terminal import run

from alpha_model.history import History
from alpha_model.values.errors import AlphaModelError
from fuzzing.asking import COMMANDS, questions
from fuzzing.cases import Case
from fuzzing.doors import doors

SECONDS = 5.0
"""Of processor time that one question may take."""
MEGABYTES = 700
"""Of memory that one question may take, so that a process which begins with 300 stays below 1,000."""
PAGES = 1 / 3
"""Pages are asked so many times as often as functions and commands, since one costs as much as many of these."""
WORDS = 2_000
"""Characters of an error."""
_PROCESS = Path("/proc/self")
_OURS = ("/alpha_model/", "/dashboard/")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that must not happen.

    Args:
        what: `exception`, `refusal` (an error of ours where there must be none), `slow`, `memory` or `words`.
        asked: Of which function, command or page.
        where: The error's name and the innermost function of ours.
        told: The traceback, or what was measured.
    """

    what: str
    asked: str
    where: str
    told: str


@dataclass(slots=True)
class Trial:
    """One case, asked.

    Args:
        case: Which.
        share: Of the functions, commands and pages that are asked, 0...1.
        faults: What went wrong.
        asked: How often each function, command and page was asked.
        is_opened: Some way of opening it gave a history.
    """

    case: Case
    share: float = 1.0
    faults: list[Fault] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    is_opened: bool = False

    def run(self) -> None:
        """Open it in every way, and ask what comes out."""
        histories = [self._attempt(f"open: {name}", door, may_refuse=True) for name, door in doors(self.case).items()]
        found = [history for history in histories if isinstance(history, History)]
        self.is_opened, dice = bool(found), self.case.dice()
        if not found:
            self._command(dice.choice(COMMANDS))
            for page, query in self._some(PLACES[:1], dice):
                self._page(page, query)
            return
        for name, ask in self._some([(name, ask) for history in found[:1] for name, ask in questions(history)], dice):
            self._attempt(name, ask)
        for words in self._some(list(COMMANDS), dice):
            self._command(words)
        for page, query in self._some(PLACES, dice, PAGES):
            self._page(page, query)

    def _some(self, all_of_them: list[Any], dice: Random, part: float = 1.0) -> list[Any]:
        return [each for each in all_of_them if self.share >= 1 or dice.random() < self.share * part]

    def _attempt(self, asked: str, ask: Callable[[], Any], *, may_refuse: bool = False) -> Any:
        self.asked[asked] += 1
        with self._watched(asked, may_refuse=may_refuse):
            return ask()

    @contextmanager
    def _watched(self, asked: str, *, may_refuse: bool) -> Iterator[None]:
        began, had = time.process_time(), _peak_from_now()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except (MemoryError, pa.ArrowMemoryError) as error:
            self._fault("memory", asked, error)
        except AlphaModelError as error:
            if not may_refuse:
                self._fault("refusal", asked, error)
            self._check_words(asked, str(error))
        except Exception as error:  # noqa: BLE001 - what we are looking for
            self._fault("exception", asked, error)
        took = time.process_time() - began
        if took > SECONDS:
            self.faults.append(Fault("slow", asked, "", f"{took:.1f} s of processor time"))
        if _peak() - had > MEGABYTES:
            self.faults.append(Fault("memory", asked, "", f"{_peak() - had:,.0f} MB"))

    def _command(self, words: tuple[str, ...]) -> None:
        folder = self.case.path.parent / "out"
        folder.mkdir(exist_ok=True)
        typed = [word.replace("SOURCE", str(self.case.path)).replace("FOLDER", str(folder)) for word in words]
        result = self._attempt(f"alpha-model {' '.join(words)}", lambda: run(*typed))
        if result is None:
            return
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            self._fault("exception", f"alpha-model {' '.join(words)}", result.exception)
        self._check_words(f"alpha-model {' '.join(words)}", result.stderr.replace("\n", " "))

    def _page(self, page: str, query: dict[str, str]) -> None:
        forget_histories()
        asked = "?".join((page, *query.values()))
        said = environment([self.case.path], self.case.path.parent / "none")
        with _logged() as errors, patch.dict(os.environ, said):
            app = self._attempt(f"page {asked}", lambda: run_app(page, query))
        for error in errors:
            self._fault("exception", f"page {asked}", error)
        if app is not None and not errors and not is_sound(app):
            told = "\n".join(str(each.value) for each in app.exception)
            self.faults.append(Fault("exception", f"page {asked}", told.partition("\n")[0], told))

    def _fault(self, what: str, asked: str, error: BaseException) -> None:
        told = "".join(traceback.format_exception(error))
        self.faults.append(Fault(what, asked, f"{type(error).__name__} in {_place(error)}", told))

    def _check_words(self, asked: str, words: str) -> None:
        strange = sorted({letter for letter in words if unicodedata.category(letter) in ("Cc", "Cs")} - {"\n"})
        if len(words) > WORDS or strange:
            where = f"control characters {strange}" if strange else "too long"
            self.faults.append(Fault("words", asked, where, f"{len(words):,} characters: {words[:WORDS]!r}"))


def _place(error: BaseException) -> str:
    """The innermost function of ours that the error went through."""
    every = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in every if any(package in frame.filename for package in _OURS)]
    return f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "another package"


def _peak() -> float:
    """The most memory that this process had, in MB, since that was last asked from now on."""
    status = _PROCESS / "status"
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1_000 if status.exists() else 0.0


def _peak_from_now() -> float:
    """Forget what it had before."""
    with suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5")
    return _peak()


@contextmanager
def _logged() -> Iterator[list[BaseException]]:
    """The errors that the app logs meanwhile."""
    found: list[BaseException] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1] is not None:
                found.append(record.exc_info[1])

    handler, log = Keep(), logging.getLogger("dashboard")
    log.addHandler(handler)
    try:
        yield found
    finally:
        with suppress(ValueError):
            log.removeHandler(handler)
