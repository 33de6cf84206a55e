"""How is every cycle kept, the moment it is decided, whatever happens next?

One line in `decide_trades` is enough::

    with HistoryRecorder("history.jsonl", strategy="Momentum") as recorder:
        recorder.append(alpha_model, trades=trades)
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import math
import mmap
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from alpha_model.errors import RecordError
from alpha_model.history import coerce
from alpha_model.history.coerce import Micros
from alpha_model.history.recording import plain_model, recorded_trades, taken_apart
from alpha_model.history.records import (
    FORMAT,
    VERSION,
    AccountRow,
    CycleKey,
    Line,
    account_line,
    account_rows,
    cycle_content,
    cycle_key,
    cycle_line,
    header_line,
    identity_text,
    lines_of,
    pair_line,
)
from alpha_model.serialisation import naive_utc
from alpha_model.units import PairId, Usd, UsdPrice


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """What the portfolio is worth at one moment.

    Args:
        total_equity: Cash + positions, USD.
        cash: USD.
    """

    total_equity: Usd | None = None
    cash: Usd | None = None

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and not math.isfinite(value):
                raise RecordError(f"{name} must be a finite number of USD, got {value!r}.", field=name, got=value)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a cycle that was appended.

    Args:
        timestamp: Its time, naive UTC.
        revision: 0, or how many times the cycle had been written before.
        is_new: False when the very same cycle was on file already and nothing was written.
    """

    timestamp: datetime
    revision: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A cycle as `records` writes it.

    Args:
        timestamp: Decision time.
        content: As `records.cycle_content` gives it.
        pairs: Identities of pairs as JSON; those that are on file already are not written again.
    """

    timestamp: Micros
    content: bytes
    pairs: Mapping[PairId, str]


class HistoryRecorder:
    """Appends cycles to a file of JSON Lines, each safely on disk before `append` returns.

    One process writes a file at a time. A cycle that is on file already is not written again; a cycle of the same time
    and other content becomes its next revision. An unfinished last line, left by a crash, is cut off on opening.

    Args:
        path: The file; it is made when it does not exist.
        strategy: The strategy's name, kept in the header of a new file.
        code_version: The strategy's own version, kept in the header of a new file.
        created_at: When the file was made, kept in the header of a new file.

    Raises:
        RecordError: The file is not a recorder's, is of a later version, or another process writes it.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        strategy: str | None = None,
        code_version: str | None = None,
        created_at: datetime | None = None,
    ) -> None:
        self.path = Path(path)
        self.strategy = strategy
        self._pairs: dict[PairId, str] = {}
        self._digests: dict[Micros, list[bytes]] = {}
        self._rows: Counter[bytes] = Counter()
        self._file = self._opened()
        try:
            self._lock()
            self._resume(code_version, created_at)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._digests)

    def __repr__(self) -> str:
        return f"<HistoryRecorder of {len(self)} cycles, {self.path}>"

    def close(self) -> None:
        """Let go of the file; closing twice does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def append(
        self,
        model: Any,
        *,
        trades: Iterable[Any] | None = None,
        message: str | None = None,
        prices: Mapping[PairId, UsdPrice] | None = None,
        quantities: Mapping[PairId, Decimal | float] | None = None,
        equity: EquityPoint | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Receipt:
        """Record one cycle.

        Args:
            model: An `AlphaModel`, any object with `to_dict()` of the same layout, or such a dictionary.
            trades: What the cycle planned or executed: `TradeExecution`, or objects or dictionaries with its names.
                None says that they are not known; an empty list, that there were none.
            message: The strategy's own report.
            prices: Mid prices at the decision by pair id, also of pairs that were not selected.
            quantities: Units held before the cycle by pair id, negative for a short.
            equity: What the portfolio is worth.
            extra: Anything else of the cycle, in JSON's types.

        Returns:
            The cycle's time and revision. When `append` returns, the cycle is on disk.

        Raises:
            RecordError: Something in the cycle cannot be recorded, such as a NaN; nothing was written.
        """
        snapshot, timestamp = taken_apart(plain_model(model), prices or {}, quantities or {}, extra or {})
        rows, pairs = recorded_trades(trades, timestamp)
        point = None if equity is None else asdict(equity)
        content = cycle_content(snapshot, message=message, trades=rows, equity=point)
        identities = {pair_id: identity_text(identity) for pair_id, identity in snapshot.pairs.items()}
        for pair_id, identity in pairs.items():
            if pair_id not in identities and pair_id not in self._pairs:
                identities[pair_id] = identity_text(identity)
        return self.append_entries([Entry(timestamp, content, identities)])[0]

    def append_entries(self, entries: Sequence[Entry], account: Sequence[AccountRow] = ()) -> list[Receipt]:
        """Record cycles that are lines already, and what happened beside them, in one write.

        Several entries of one time are the revisions of that cycle in their order; those that are on file already, in
        the same order, are not written again.

        Args:
            entries: The cycles.
            account: Trades, equity points and messages that belong to no cycle; rows on file are not written again.

        Returns:
            A receipt a cycle. When the method returns, everything is on disk.

        Raises:
            RecordError: The file cannot be written; nothing of it was kept.
        """
        pairs, digests, lines = dict(self._pairs), dict(self._digests), []
        receipts, passed = [], dict[Micros, int]()
        for entry in entries:
            known, digest = digests.get(entry.timestamp, []), _digest(entry.content)
            start = passed.get(entry.timestamp, 0)
            is_new = digest not in known[start:]
            revision = len(known) if is_new else known.index(digest, start)
            passed[entry.timestamp] = revision + 1
            if is_new:
                lines += [pair_line(key, text) for key, text in entry.pairs.items() if pairs.get(key) != text]
                lines.append(cycle_line(CycleKey(entry.timestamp, revision, entry.content)))
                pairs |= entry.pairs
                digests[entry.timestamp] = [*known, digest]
            when = naive_utc(coerce.to_datetime(entry.timestamp))
            receipts.append(Receipt(when, revision, is_new=is_new))
        fresh = Counter(map(_row_digest, account)) - self._rows
        told = _first_of(account, fresh)
        if told:
            lines.append(account_line(told))
        if lines:
            self._write(b"".join(lines))
        self._pairs, self._digests = pairs, digests
        self._rows += fresh
        return receipts

    def _opened(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise RecordError(
                f"cannot write {self.path}: {error.strerror}. Give a file in an existing folder that you may write.",
                path=self.path,
            ) from error

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RecordError(
                f"another recorder is writing {self.path}. Close that one first, or record to a file of your own.",
                path=self.path,
            ) from error

    def _resume(self, code_version: str | None, created_at: datetime | None) -> None:
        """Learn what the file holds, cut off an unfinished line, and begin a file that is new."""
        size = os.fstat(self._file).st_size
        end = self._read_to_the_end(size)
        if end > size:
            self._write(b"\n")
        elif end < size:
            os.ftruncate(self._file, end)
        if not end:
            version = code_version if code_version is not None else _package_version()
            stated = None if created_at is None else coerce.moment(created_at)
            self._write(header_line(self.strategy, version, stated))
            _sync_folder(self.path.parent)

    def _read_to_the_end(self, size: int) -> int:
        """Learn from every line, and tell where the last one that is finished ends, its line end included."""
        end = 0
        if not size:
            return end
        with mmap.mmap(self._file, 0, access=mmap.ACCESS_READ) as content:
            for line in lines_of(content):
                if line.state == "torn" and _is_ours_so_far(line, first=not end):
                    break
                if not end:
                    self._check_header(line)
                elif line.state == "whole":
                    self._learn(line)
                end = line.start + line.size
        return end

    def _check_header(self, line: Line) -> None:
        header: Any = None
        if line.state == "whole":
            header = msgspec.json.decode(line.data)
        if not isinstance(header, dict) or header.get("type") != "header" or header.get("format") != FORMAT:
            raise RecordError(
                f"{self.path} is not a recorder file: its first line is no header. Record to a new file.",
                path=self.path,
            )
        version = header.get("version")
        if not isinstance(version, int) or version > VERSION:
            raise RecordError(
                f"{self.path} is a record of version {version}, and this program writes version {VERSION}. "
                "Update alpha-model, or record to a new file.",
                path=self.path,
                version=version,
            )
        if self.strategy is None:
            self.strategy = header.get("strategy")

    def _learn(self, line: Line) -> None:
        key = cycle_key(line.data)
        if key is not None:
            self._digests.setdefault(key.timestamp, []).append(_digest(key.content))
        elif line.data.startswith(b'{"type":"pair"'):
            pair = msgspec.json.decode(line.data)
            self._pairs[pair["pair_id"]] = coerce.json_text(pair["pair"])
        elif line.data.startswith(b'{"type":"account"'):
            self._rows.update(map(_row_digest, account_rows(msgspec.json.decode(line.data))))

    def _write(self, data: bytes) -> None:
        """Append whole lines and wait until they are on disk; on failure the file is as before."""
        if self._file < 0:
            raise RecordError(f"the recorder of {self.path} is closed. Open a new one.", path=self.path)
        size, done = os.fstat(self._file).st_size, 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:])
            os.fdatasync(self._file)
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, size)
            if not isinstance(error, OSError):
                raise
            raise RecordError(
                f"cannot write to {self.path}: {error.strerror}. This cycle was not kept; free some space, then "
                "append it again.",
                path=self.path,
            ) from error


def _row_digest(row: AccountRow) -> bytes:
    return _digest(msgspec.json.encode(row))


def _first_of(rows: Sequence[AccountRow], counts: Counter[bytes]) -> list[AccountRow]:
    """So many of each row as are counted."""
    left, chosen = Counter(counts), []
    for row in rows if counts else ():
        digest = _row_digest(row)
        if left[digest]:
            left[digest] -= 1
            chosen.append(row)
    return chosen


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _is_ours_so_far(line: Line, *, first: bool) -> bool:
    """Is this unfinished line one that we had begun? A file that is no record at all must not be cut."""
    start = b'{"type":"header"' if first else b'{"type":"'
    return line.data.startswith(start) or start.startswith(line.data)


def _package_version() -> str | None:
    try:
        return f"alpha-model {metadata.version('alpha-model')}"
    except metadata.PackageNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    """Make sure that a new file is found after a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
