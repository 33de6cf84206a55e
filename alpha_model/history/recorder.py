"""How is every cycle kept, the moment it is decided, whatever happens next?

One line in `decide_trades` is enough::

    with HistoryRecorder("history.jsonl", strategy="Momentum") as recorder:
        recorder.append(alpha_model, trades=trades)
"""

from __future__ import annotations

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

from alpha_model.errors import RecordError
from alpha_model.history import coerce
from alpha_model.history.append_file import AppendFile
from alpha_model.history.coerce import Micros
from alpha_model.history.disk import Disk, RealDisk
from alpha_model.history.on_file import OnFile, check_header, digest_of, finished_lines, origin_of, row_digest
from alpha_model.history.recording import plain_model, recorded_trades, taken_apart
from alpha_model.history.records import (
    AccountRow,
    CycleKey,
    account_line,
    cycle_content,
    cycle_line,
    header_line,
    identity_text,
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


@dataclass(slots=True)
class _Addition:
    """What an append adds to a file.

    Args:
        lines: The new lines.
        on_file: What will be on file once they are written: pairs and cycles as a whole, rows the new ones only.
        passed: Of each cycle how many revisions this append has come to.
    """

    lines: list[bytes] = field(default_factory=list)
    on_file: OnFile = field(default_factory=OnFile)
    passed: dict[Micros, int] = field(default_factory=dict)


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
        origin: What tells the source that a follower takes the cycles from apart, kept in the header of a new file.
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
        origin: str | None = None,
        disk: Disk | None = None,
    ) -> None:
        self.path = Path(path)
        self.strategy = strategy
        self.origin = origin
        self._on_file = OnFile()
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
        return len(self._on_file.digests)

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
                if pair_id not in identities and pair_id not in self._on_file.pairs:
                    identities[pair_id] = identity_text(identity)
            return self.append_entries([Entry(timestamp, content, identities)])[0]

    def append_entries(
        self, entries: Sequence[Entry], account: Sequence[AccountRow] = (), pairs: Mapping[PairId, str] | None = None
    ) -> list[Receipt]:
        """Record cycles that are lines already, and what happened beside them, in one write.

        Several entries of one time are the revisions of that cycle in their order; those that are on file already, in
        the same order, are not written again.

        Args:
            entries: The cycles.
            account: Trades, equity points and messages that belong to no cycle; rows on file are not written again.
            pairs: Identities of the pairs of these trades, as of an entry.

        Returns:
            A receipt a cycle. When the method returns, everything is on disk.

        Raises:
            RecordError: The file cannot be written; nothing of it was kept.
        """
        with self._turn:
            new = _Addition()
            receipts = [self._entry(entry, new) for entry in entries]
            new.on_file.rows = Counter(map(row_digest, account)) - self._on_file.rows
            told = _first_of(account, new.on_file.rows)
            if told:
                self._describe(pairs or {}, new)
                new.lines.append(account_line(told))
            if new.lines:
                with self._file.appended(b"".join(new.lines)):
                    self._on_file.add(new.on_file)
            return receipts

    def _entry(self, entry: Entry, new: _Addition) -> Receipt:
        """Put a cycle among the new lines unless it is on file."""
        when = entry.timestamp
        known = new.on_file.digests.get(when, self._on_file.digests.get(when, []))
        digest = digest_of(entry.content)
        start = new.passed.get(when, 0)
        is_new = digest not in known[start:]
        revision = len(known) if is_new else known.index(digest, start)
        new.passed[when] = revision + 1
        if is_new:
            self._describe(entry.pairs, new)
            new.lines.append(cycle_line(CycleKey(when, revision, entry.content)))
            new.on_file.digests[when] = [*known, digest]
        return Receipt(naive_utc(coerce.to_datetime(when)), revision, is_new=is_new)

    def _describe(self, pairs: Mapping[PairId, str], new: _Addition) -> None:
        """Put the definitions among the new lines that are not on file."""
        for pair_id, text in pairs.items():
            if new.on_file.pairs.get(pair_id, self._on_file.pairs.get(pair_id)) != text:
                new.lines.append(pair_line(pair_id, text))
                new.on_file.pairs[pair_id] = text

    def _resume(self, code_version: str | None, created_at: datetime | None) -> None:
        """Learn what the file holds, cut off an unfinished line, and begin a file that is new."""
        end = 0
        with self._file.content() as content:
            for line in finished_lines(content):
                if not end:
                    self.strategy = check_header(line, self.path, self.strategy)
                    self.origin = origin_of(line)
                elif line.state == "whole":
                    self._on_file.learn(line)
                end = line.start + line.size
        self._file.settle(end)
        if end > self._file.size:
            with self._file.appended(b"\n"):
                pass
        if not end:
            version = code_version if code_version is not None else _package_version()
            stated = None if created_at is None else coerce.moment(created_at)
            with self._file.appended(header_line(self.strategy, version, stated, self.origin)):
                pass


def _first_of(rows: Sequence[AccountRow], counts: Counter[bytes]) -> list[AccountRow]:
    """So many of each row as are counted."""
    left, chosen = Counter(counts), []
    for row in rows if counts else ():
        digest = row_digest(row)
        if left[digest]:
            left[digest] -= 1
            chosen.append(row)
    return chosen


def _package_version() -> str | None:
    try:
        return f"alpha-model {metadata.version('alpha-model')}"
    except metadata.PackageNotFoundError:
        return None
