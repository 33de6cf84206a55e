"""How is every cycle kept, the moment it is decided, whatever happens next?

One line in `decide_trades` is enough::

    with HistoryRecorder("history.jsonl", strategy="Momentum") as recorder:
        recorder.append(alpha_model, trades=trades)
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from alpha_model.errors import RecordError
from alpha_model.history import coerce
from alpha_model.history.append_file import AppendFile
from alpha_model.history.coerce import Micros
from alpha_model.history.disk import Disk, RealDisk
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

_BLOCK = 4096


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


@dataclass(slots=True)
class _Addition:
    """What an append adds to what is on file: lines, and what the recorder will know once they are written."""

    lines: list[bytes] = field(default_factory=list)
    pairs: dict[PairId, str] = field(default_factory=dict)
    digests: dict[Micros, list[bytes]] = field(default_factory=dict)
    passed: dict[Micros, int] = field(default_factory=dict)
    rows: Counter[bytes] = field(default_factory=Counter)


class HistoryRecorder:
    """Appends cycles to a file of JSON Lines, each safely on disk before `append` returns.

    One process writes a file at a time, with any number of threads; others may read it meanwhile. A cycle that is on
    file already is not written again; a cycle of the same time and other content becomes its next revision. An
    unfinished last line, left by a crash, is cut off on opening.

    Args:
        path: The file; it is made when it does not exist.
        strategy: The strategy's name, kept in the header of a new file.
        code_version: The strategy's own version, kept in the header of a new file.
        created_at: When the file was made, kept in the header of a new file.
        disk: Where the file lies; tests put one here that fails.

    Raises:
        RecordError: The file is not a recorder's, records another strategy, is of a later version, or another process
            writes it.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        strategy: str | None = None,
        code_version: str | None = None,
        created_at: datetime | None = None,
        disk: Disk | None = None,
    ) -> None:
        self.path = Path(path)
        self.strategy = strategy
        self._pairs: dict[PairId, str] = {}
        self._digests: dict[Micros, list[bytes]] = {}
        self._rows: Counter[bytes] = Counter()
        self._turn = threading.RLock()
        self._file = AppendFile(self.path, RealDisk() if disk is None else disk)
        try:
            self._resume(code_version, created_at)
        except BaseException:
            self._file.close()
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
        self._file.close()

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
        with self._turn:
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
        with self._turn:
            new = _Addition()
            receipts = [self._entry(entry, new) for entry in entries]
            new.rows = Counter(map(_row_digest, account)) - self._rows
            told = _first_of(account, new.rows)
            if told:
                new.lines.append(account_line(told))
            if new.lines:
                with self._file.appended(b"".join(new.lines)):
                    self._pairs |= new.pairs
                    self._digests |= new.digests
                    self._rows += new.rows
            return receipts

    def _entry(self, entry: Entry, new: _Addition) -> Receipt:
        """Put a cycle among the new lines unless it is on file."""
        when = entry.timestamp
        known, digest = new.digests.get(when, self._digests.get(when, [])), _digest(entry.content)
        start = new.passed.get(when, 0)
        is_new = digest not in known[start:]
        revision = len(known) if is_new else known.index(digest, start)
        new.passed[when] = revision + 1
        if is_new:
            for pair_id, text in entry.pairs.items():
                if new.pairs.get(pair_id, self._pairs.get(pair_id)) != text:
                    new.lines.append(pair_line(pair_id, text))
                    new.pairs[pair_id] = text
            new.lines.append(cycle_line(CycleKey(when, revision, entry.content)))
            new.digests[when] = [*known, digest]
        return Receipt(naive_utc(coerce.to_datetime(when)), revision, is_new=is_new)

    def _resume(self, code_version: str | None, created_at: datetime | None) -> None:
        """Learn what the file holds, cut off an unfinished line, and begin a file that is new."""
        end = self._read_to_the_end()
        self._file.settle(end)
        if end > self._file.size:
            with self._file.appended(b"\n"):
                pass
        if not end:
            version = code_version if code_version is not None else _package_version()
            stated = None if created_at is None else coerce.moment(created_at)
            with self._file.appended(header_line(self.strategy, version, stated)):
                pass

    def _read_to_the_end(self) -> int:
        """Learn from every line, and tell where the last one that is finished ends, its line end included."""
        end = 0
        with self._file.content() as content:
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
        recorded = header.get("strategy")
        if self.strategy is None:
            self.strategy = recorded
        elif recorded is not None and recorded != self.strategy:
            raise RecordError(
                f"{self.path} records the strategy {recorded!r}, not {self.strategy!r}. Record to a file of its own.",
                path=self.path,
                strategy=recorded,
            )

    def _learn(self, line: Line) -> None:
        key = cycle_key(line.data)
        if key is not None:
            self._digests.setdefault(key.timestamp, []).append(_digest(key.content))
        elif line.data.startswith(b'{"type":"pair"'):
            pair = msgspec.json.decode(line.data)
            self._pairs[pair["pair_id"]] = coerce.json_text(pair["pair"])
        elif line.data.startswith(b'{"type":"account"'):
            self._rows.update(map(_row_digest, account_rows(msgspec.json.decode(line.data))))


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
    """Is this unfinished line one that we had begun? A file that is no record at all must not be cut.

    After a power cut a file may be as long as it was to become, with zeros where the bytes did not arrive.
    """
    start = b'{"type":"header"' if first else b'{"type":"'
    arrived = line.data.rstrip(b"\0")
    return arrived.startswith(start) or (start.startswith(arrived) and (not first or line.size < _BLOCK))


def _package_version() -> str | None:
    try:
        return f"alpha-model {metadata.version('alpha-model')}"
    except metadata.PackageNotFoundError:
        return None
