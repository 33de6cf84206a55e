"""How does a source that forgets become a history that is complete?

A strategy framework rewrites its state, and often keeps its last cycle only. `Follower` looks at such sources again and
again and appends to a record what it has not seen yet, each cycle once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from alpha_model.history.extent import Extent, common_extent
from alpha_model.history.history import History
from alpha_model.history.live.file import LiveHistory
from alpha_model.history.live.freshness import Clock, Freshness, utc_now
from alpha_model.history.record import HistoryRecorder, record_history
from alpha_model.values import HistoryError, RecordError

_CYCLE_FILES = ("snapshot", "list of snapshots")
"""Kinds of files that hold a part of a history: those of a folder belong together."""

_SALT_BYTES = 8

SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".json.zst", ".jsonl.zst")
"""What the files of a folder that is followed end with."""


class LiveSource(Protocol):
    """Something that is looked at again and again: `LiveHistory`, `RemoteHistory`."""

    history: History | None
    problem: str | None
    unchanged: Extent

    @property
    def name(self) -> str:
        """For people."""

    @property
    def identity(self) -> str:
        """What tells it apart from others, also after a restart; not shown, and kept as a salted digest only."""

    @property
    def freshness(self) -> Freshness:
        """How old the last news is."""

    def poll(self) -> bool:
        """Look; is `history` a new one?"""


@dataclass(frozen=True, slots=True)
class FollowEvent:
    """Something that happened while following.

    Args:
        event: `recorded` a cycle; `problem` with a source; `recovered` from it.
        at: When.
        source: Which one.
        timestamp: Of the cycle.
        revision: Of the cycle: 0, or how many times it had been written before.
        message: What is wrong and what is done about it.
    """

    event: Literal["recorded", "problem", "recovered"]
    at: datetime
    source: str
    timestamp: datetime | None = None
    revision: int | None = None
    message: str | None = None


class Folder:
    """The files of a folder, those that come later included.

    Args:
        path: The folder.
        clock: Tells the time.
        left_out: A file in it that is not followed, such as the record that is written.
    """

    def __init__(self, path: Path, *, clock: Clock = utc_now, left_out: Path | None = None) -> None:
        self._path = path
        self._clock = clock
        self._left_out = left_out
        self._files: dict[Path, LiveHistory] = {}

    @property
    def identity(self) -> str:
        """What tells the folder apart from others: its whole path; a link stays itself, wherever it leads."""
        return str(self._path.absolute())

    def sources(self) -> list[LiveSource]:
        """A source a file, in the order of their names; one that is gone stays, with what it had."""
        found = sorted(self._path.iterdir()) if self._path.is_dir() else []
        for path in found:
            wanted = path.name.endswith(SUFFIXES) and not path.name.startswith(".") and path.is_file()
            if wanted and path not in self._files and path != self._left_out:
                self._files[path] = LiveHistory(path, clock=self._clock)
        return list(self._files.values())


class Follower:
    """Appends to a record what sources say and the record does not have yet.

    Strategies are not mixed: a source that names another strategy than the record is refused, and so is one where
    either has no name, unless the record has nothing from any other source. The snapshots in a folder are one source.

    Args:
        sources: What to follow.
        target: The record; it is made when the first cycle comes.
        strategy: Name of the strategy in a new record, and of all sources; None takes the source's own.
        clock: Tells the time.

    Raises:
        RecordError: The target is no record, or another process writes it.
    """

    def __init__(
        self,
        sources: Sequence[LiveSource | Folder],
        target: Path | str,
        *,
        strategy: str | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.target = Path(target)
        self._sources = sources
        self._strategy = strategy
        self._clock = clock
        self._seen: dict[int, History] = {}
        self._problems: dict[int, str] = {}
        self._writers: set[int] = set()
        self._is_doubtful = False
        self._recorder = HistoryRecorder(self.target).open() if self._is_begun() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the record; closing twice does no harm."""
        if self._recorder is not None:
            self._recorder.close()

    @property
    def cycle_count(self) -> int:
        """How many cycles the record has."""
        return 0 if self._recorder is None else len(self._recorder)

    @property
    def sources(self) -> list[LiveSource]:
        """Everything that is followed now, the files of folders one by one."""
        return [source for source, _ in self._members()]

    def poll(self) -> list[FollowEvent]:
        """Look at every source once, and record what is new.

        A source that cannot be read, or a record that cannot be written, is an event and not an error: the next look
        tries again.
        """
        return [event for source, given in self._members() for event in self._look(source, given)]

    def _members(self) -> Iterator[tuple[LiveSource, LiveSource | Folder]]:
        """Everything that is followed, each with what it was given as."""
        for given in self._sources:
            yield from ((one, given) for one in (given.sources() if isinstance(given, Folder) else [given]))

    def _look(self, source: LiveSource, given: LiveSource | Folder) -> Iterable[FollowEvent]:
        events: list[FollowEvent] = []
        source.poll()
        problem = source.problem
        seen = self._seen.get(id(source))
        if source.history is not None and source.history is not seen:
            try:
                origin = given if source.history.source.kind in _CYCLE_FILES else source
                events = self._record(source, source.history, seen, origin)
                self._seen[id(source)] = source.history
            except RecordError as error:
                problem = str(error)
                self._let_go()
            except HistoryError as error:
                problem = str(error)
        return [*events, *self._changed_problem(source, problem)]

    def _record(
        self, source: LiveSource, history: History, seen: History | None, origin: LiveSource | Folder
    ) -> list[FollowEvent]:
        recorder = self._opened(history, origin)
        if self._strategy is None:
            self._refuse_mixing(source, history.source.strategy, recorder, origin)
        start = None if seen is None else common_extent(seen, history, source.unchanged)
        receipts = record_history(history, recorder, start)
        self._writers.add(id(origin))
        now = self._clock()
        return [
            FollowEvent("recorded", now, source.name, receipt.timestamp, receipt.revision)
            for receipt in receipts
            if receipt.is_new
        ]

    def _refuse_mixing(
        self, source: LiveSource, stated: str | None, recorder: HistoryRecorder, origin: LiveSource | Folder
    ) -> None:
        own = recorder.strategy
        remedy = "not recorded. Follow each strategy into a history of its own, or give --strategy"
        if stated is not None and own is not None:
            if stated != own:
                raise HistoryError(
                    f"{source.name} is of the strategy {stated!r}, and {self.target} records {own!r}; {remedy} to mix "
                    "them."
                )
            return
        if self._writers <= {id(origin)} and _is_from(recorder, origin):
            return
        if stated is own:
            why = f"neither {source.name} nor {self.target}, which is recorded from another source, names its strategy"
        elif own is None:
            why = (
                f"{source.name} is of the strategy {stated!r}, and {self.target} of a source that does not name its own"
            )
        else:
            why = f"{source.name} does not name its strategy, and {self.target} records {own!r} from another source"
        raise HistoryError(f"{why}; {remedy} if they are one.")

    def _let_go(self) -> None:
        """Open the record anew before the next write, and look at what it has: after a failure nobody knows."""
        self.close()
        self._is_doubtful = True
        self._seen.clear()

    def _opened(self, history: History, origin: LiveSource | Folder) -> HistoryRecorder:
        if self._is_doubtful and self._is_begun():
            self._recorder = HistoryRecorder(self.target).open()
            self._is_doubtful = False
        elif self._recorder is None or self._is_doubtful:
            name = self._strategy if self._strategy is not None else history.source.strategy
            made = self._clock()
            mark = _digest(origin, secrets.token_hex(_SALT_BYTES))
            self._recorder = HistoryRecorder(self.target, strategy=name, created_at=made, origin=mark).open()
            self._is_doubtful = False
        return self._recorder

    def _is_begun(self) -> bool:
        return self.target.exists() and self.target.stat().st_size > 0

    def _changed_problem(self, source: LiveSource, problem: str | None) -> list[FollowEvent]:
        before = self._problems.pop(id(source), None)
        if problem is not None:
            self._problems[id(source)] = problem
        if problem == before:
            return []
        if problem is None:
            return [FollowEvent("recovered", self._clock(), source.name)]
        return [FollowEvent("problem", self._clock(), source.name, message=problem)]


def _is_from(recorder: HistoryRecorder, origin: LiveSource | Folder) -> bool:
    """Was the record begun with that origin, or by no follower at all?"""
    return recorder.origin is None or recorder.origin == _digest(origin, recorder.origin[: 2 * _SALT_BYTES])


def _digest(origin: LiveSource | Folder, salt: str) -> str:
    """What tells one origin from another, and says nothing of where it is: the salt and the digest, both hexadecimal.

    A query may be a token: with a salt of its own, no table and no other record tells it.
    """
    words = f"{salt}{origin.identity}".encode(errors="surrogateescape")
    return salt + hashlib.blake2b(words, digest_size=8).hexdigest()
