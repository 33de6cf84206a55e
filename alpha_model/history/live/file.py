"""What does a file that a strategy is still writing say now?"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from alpha_model.history.extent import Extent
from alpha_model.history.history import History, Source
from alpha_model.history.live.freshness import Clock, Freshness, freshness_of, utc_now
from alpha_model.history.live.tail import FileReplacedError, Tail
from alpha_model.history.reader import read_history_bytes
from alpha_model.history.record import OPEN_CYCLES, GrowingHistory, is_record
from alpha_model.history.tables import one_sentence
from alpha_model.values import HistoryError

_Identity = tuple[int, int, int, int]

_RACY_NS = 20_000_000
"""A file that was written so shortly before it was read may change again without its time changing."""


class LiveHistory:
    """The history in a local file that grows, is rewritten or replaced while we look.

    Of a recorder file only the new lines are read. Any other file is read whole when it has changed. A file that is
    half-written, gone or unreadable costs nothing: the last good history stays, and `problem` says why. `unchanged` is
    the part of `history` that is known to be as it was in the one before.

    Args:
        path: A state file of the reference framework, a snapshot, or a recorder file; compressed files too.
        clock: Tells the time.
        open_cycles: How many of a recorder file's last cycles may change without the file being read again.
    """

    def __init__(self, path: Path | str, *, clock: Clock = utc_now, open_cycles: int = OPEN_CYCLES) -> None:
        self.path = Path(path)
        self.history: History | None = None
        self.problem: str | None = None
        self.unchanged = Extent()
        self._clock = clock
        self._open_cycles = open_cycles
        self._read_at: datetime | None = None
        self._identity: _Identity | None = None
        self._growing: _Growing | None = None

    @property
    def name(self) -> str:
        """The path, for people."""
        return str(self.path)

    @property
    def identity(self) -> str:
        """What tells the file apart from others: its whole path; a link stays itself, wherever it leads."""
        return str(self.path.absolute())

    @property
    def freshness(self) -> Freshness:
        """How old the last news is, at this moment."""
        changed = None if self._identity is None else datetime.fromtimestamp(self._identity[2] / 1e9, UTC)
        times = (self.history or History.empty()).timestamps
        return freshness_of(times, self._clock(), changed_at=changed, read_at=self._read_at)

    def poll(self) -> bool:
        """Look at the file.

        Returns:
            Whether `history` is a new one.
        """
        now = self._clock()
        try:
            identity = _identity(self.path)
            if identity == self._identity:
                self._read_at = now
                return False
            with one_sentence(self.path.name):
                found = self._read()
            self._read_at, self.problem = now, None
            self._identity = identity if self._is_settled(identity, now) else (*identity[:3], -1)
        except OSError as error:
            self.problem = f"cannot read {self.path}: {error.strerror}; looked for again."
            return False
        except HistoryError as error:
            self.problem = str(error)
            return False
        if found is None or found is self.history:
            return False
        self.history = found
        self.unchanged = Extent() if self._growing is None else self._growing.unchanged
        return True

    def _is_settled(self, identity: _Identity, now: datetime) -> bool:
        """Will any further change show in the file's identity?"""
        age = now.timestamp() * 1e9 - identity[2]
        return identity == _identity(self.path) and (self._growing is not None or age > _RACY_NS)

    def _read(self) -> History | None:
        if self._growing is not None:
            growing, self._growing = self._growing, None
            with contextlib.suppress(FileReplacedError):
                found = growing.read()
                self._growing = growing
                return found
        with self.path.open("rb") as file:
            if not is_record(file.read(1 << 16)):
                file.seek(0)
                return read_history_bytes(file.read(), self.path.name)
        growing = _Growing(self.path, self._open_cycles)
        found = growing.read()
        self._growing = growing
        return found


class _Growing:
    """A recorder file and its history so far."""

    def __init__(self, path: Path, open_cycles: int) -> None:
        self._path = path
        self._tail = Tail(path)
        self._lines = GrowingHistory(path.name, open_cycles)
        self._last: History | None = None

    @property
    def unchanged(self) -> Extent:
        """As `GrowingHistory` says."""
        return self._lines.unchanged

    def read(self) -> History | None:
        """The history with what was appended since; the same object when nothing was."""
        found_any = False
        for line in self._tail.lines():
            self._lines.add(line)
            found_any = True
        if found_any:
            size = self._path.stat().st_size
            found = self._lines.history(Source(self._path.name, "recorder file", self._lines.strategy, size))
            if found is None:
                raise FileReplacedError
            self._last = found
        return self._last


def _identity(path: Path) -> _Identity:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size
