"""How is every cycle kept, the moment it is decided, whatever happens next?

One line in `decide_trades` is enough::

    with HistoryRecorder("history.jsonl", strategy="Momentum") as recorder:
        recorder.append(alpha_model, trades=trades)
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import structs

from alpha_model.history.files import AppendFile, Disk, RealDisk
from alpha_model.history.record.beside import Quote
from alpha_model.history.record.line_types import HeaderLine, LineProblem, RunLine
from alpha_model.history.record.lines import (
    AccountRow,
    CycleKey,
    account_line,
    cycle_line,
    header_line,
    pair_line,
    run_line,
)
from alpha_model.history.record.notes import Notes
from alpha_model.history.record.on_file import OnFile, content_digest, finished_lines, header_of, row_digest
from alpha_model.history.record.recording import (
    Beside,
    Entry,
    EquityPoint,
    Receipt,
    executed_rows,
    header_value,
    recorded,
)
from alpha_model.history.record.run import Run, library_version
from alpha_model.history.tables import Micros, coerce
from alpha_model.values import PairId, RecordError, Usd, UsdPrice, naive_utc

new_run: Callable[[], Run | None] = Run
"""Makes the run of an opening that none was given for; tests of lines put one here that makes none."""


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

    The file is opened by `with`, by `open`, or by the first `append`, so that a module may make a recorder and be
    loaded by any number of processes. One process writes a file at a time, with any number of threads; others may read
    it meanwhile. A recorder is pickled as its path and settings. A cycle that is on file already is not written again;
    a cycle of the same time and other content becomes its next revision. An unfinished last line, left by a crash, is
    cut off on opening.

    Args:
        path: The file; it is made when it does not exist.
        strategy: The strategy's name, kept in the header of a new file.
        code_version: The strategy's own version, kept in the header of a new file.
        created_at: When the file was made, kept in the header of a new file.
        origin: What tells the source that a follower takes the cycles from apart, kept in the header of a new file.
        run: What is known of this run of the strategy, written before its first cycle; `Run.of` looks most of it up.
            None gives each opening a run of its own, with its time and the versions of Python and this library.
        strict: Refuse a cycle of which something cannot be recorded, instead of recording that as absent and noting it
            among the problems of the history.
        disk: Where the file lies; tests put one here that fails.

    Raises:
        RecordError: Something for the header is no text, or no time.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        strategy: str | None = None,
        code_version: str | None = None,
        created_at: datetime | None = None,
        origin: str | None = None,
        run: Run | None = None,
        strict: bool = False,
        disk: Disk | None = None,
    ) -> None:
        self.path = Path(path)
        self.strict = strict
        self._header = HeaderLine(
            strategy=header_value("strategy", strategy),
            code_version=header_value("code_version", code_version),
            created_at=header_value("created_at", created_at),
            origin=header_value("origin", origin),
        )
        self._run = run
        self._this_run: RunLine | None = None
        self._disk = disk
        self._on_file = OnFile()
        self._turn = threading.RLock()
        self._file: AppendFile | None = None
        self._is_closed = False

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        if not self._is_closed:
            self.open()
        return len(self._on_file.digests)

    def __repr__(self) -> str:
        what = f"{len(self._on_file.digests)} cycles" if self._file else "a file not opened yet"
        return f"<HistoryRecorder of {what}, {self.path}>"

    def __reduce__(self) -> tuple[Any, ...]:
        header = {name: getattr(self._header, name) for name in ("strategy", "code_version", "created_at", "origin")}
        again = partial(
            HistoryRecorder, self.path.absolute(), **header, run=self._run, strict=self.strict, disk=self._disk
        )
        return again, ()

    @property
    def strategy(self) -> str | None:
        """The strategy that is recorded: as given, or, once it is open, as the file says."""
        return self._header.strategy

    @property
    def origin(self) -> str | None:
        """What tells the source that a follower takes the cycles from apart."""
        return self._header.origin

    def open(self) -> Self:
        """Open the file now, if it is not open.

        Raises:
            RecordError: The file is not a recorder's, records another strategy, is of a later version, or another
                process writes it.
        """
        with self._turn:
            if self._is_closed:
                raise RecordError(f"the recorder of {self.path} is closed. Make a new one.", path=self.path)
            if self._file is None:
                file = AppendFile(self.path, RealDisk() if self._disk is None else self._disk)
                try:
                    self._resume(file)
                except BaseException:
                    file.close()
                    raise
                self._file = file
        return self

    def close(self) -> None:
        """Let go of the file; closing twice does no harm."""
        self._is_closed = True
        if self._file is not None:
            self._file.close()

    def append(
        self,
        model: Any,
        *,
        trades: Iterable[Any] | None = None,
        message: str | Sequence[str] | None = None,
        prices: Mapping[Any, UsdPrice | Quote] | None = None,
        tvl: Mapping[Any, Usd] | None = None,
        quantities: Mapping[PairId, Decimal | float] | None = None,
        positions: Any = None,
        equity: EquityPoint | None = None,
        state: Any = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Receipt:
        """Record one cycle.

        What of it cannot be recorded, such as a NaN or an object that JSON has no form for, is recorded as absent; the
        receipt and the problems of the history say so. A recorder that is strict refuses the cycle instead.

        Args:
            model: An `AlphaModel`, any object with `to_dict()` of the same layout, or such a dictionary.
            trades: What the cycle planned or executed: `TradeExecution`, or objects or dictionaries with its names.
                None says that they are not known; an empty list, that there were none.
            message: The strategy's own report: a text, or a list of lines.
            prices: Mid prices at the decision by pair or pair id, of every pair that the strategy knows, with a signal
                or not; a `Quote` says more than a price, such as when it was made.
            tvl: USD locked in the pool, likewise.
            quantities: Units held before the cycle by pair id, negative for a short. Those of pairs that have no signal
                are left out, which is a problem that is said once for each pair.
            positions: What was held before the cycle: a portfolio, or its positions.
            equity: What the portfolio is worth.
            state: The reference framework's own state, `input.state`, or a dictionary of its layout: what became of
                earlier trades, stops since the last cycle, positions, marks, the equity curve and messages are taken
                from it. Those of a cycle are complete once the next one is appended.
            extra: Anything else of the cycle, in JSON's types.

        Returns:
            The cycle's time, revision and problems. When `append` returns, the cycle is on disk.

        Raises:
            RecordError: The model is none, or has no time; the file cannot be opened or written; or, in a strict
                recorder, something in the cycle cannot be recorded. Nothing was written.
        """
        self.open()
        notes = Notes(strict=self.strict, known=self._on_file.problems)
        entry = recorded(
            model,
            Beside(trades, message, prices, tvl, quantities, positions, equity, state, extra),
            notes,
            self._on_file.digests,
        )
        fresh = {pair_id: text for pair_id, text in entry.traded.items() if pair_id not in self._on_file.pairs}
        receipt = self.append_entries([replace(entry, run=self._run_line())], entry.account, fresh)[0]
        if receipt.is_new:
            self._on_file.problems |= notes.said_once()
        return replace(receipt, problems=tuple(notes.problems()))

    def executed(self, timestamp: datetime, trades: Iterable[Any]) -> tuple[LineProblem, ...]:
        """Record what became of the trades of a cycle, minutes or days after it was appended.

        Args:
            timestamp: Of the cycle; naive is UTC.
            trades: As for `append`, with what is known of them now; a trade is known by its position, its number, its
                pair and the time it was decided.

        Returns:
            What of the trades could not be recorded. When the method returns, the rest is on disk.

        Raises:
            RecordError: The time is none, the file cannot be written, or something is odd in a strict recorder.
        """
        self.open()
        notes = Notes(strict=self.strict, known=self._on_file.problems)
        when = coerce.moment(header_value("created_at", timestamp))
        if when is None:
            raise RecordError(f"expected the time of a cycle, got {timestamp!r}. Give the model's timestamp.")
        rows, pairs = executed_rows(trades, when, notes)
        fresh = {pair_id: text for pair_id, text in pairs.items() if pair_id not in self._on_file.pairs}
        self.append_entries([], rows, fresh)
        return tuple(notes.problems())

    def _run_line(self) -> RunLine | None:
        run = new_run() if self._run is None else self._run
        if self._this_run is None and run is not None:
            self._this_run = run.line(self.strategy)
        return self._this_run

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
            file = self._opened()
            new = _Addition()
            receipts = [self._entry(entry, new) for entry in entries]
            new.on_file.rows = Counter(map(row_digest, account)) - self._on_file.rows
            told = _first_of(account, new.on_file.rows)
            if told:
                self._describe(pairs or {}, new)
                new.lines.append(account_line(told))
            if new.lines:
                with file.appended(b"".join(new.lines)):
                    self._on_file.add(new.on_file)
            return receipts

    def _entry(self, entry: Entry, new: _Addition) -> Receipt:
        """Put a cycle among the new lines unless it is on file."""
        when = entry.timestamp
        known = new.on_file.digests.get(when, self._on_file.digests.get(when, []))
        digest = content_digest(entry.content)
        start = new.passed.get(when, 0)
        is_new = digest not in known[start:]
        revision = len(known) if is_new else known.index(digest, start)
        new.passed[when] = revision + 1
        if is_new:
            if entry.run is not None and entry.run.run_id != (new.on_file.run_id or self._on_file.run_id):
                new.lines.append(run_line(entry.run))
                new.on_file.run_id = entry.run.run_id
            self._describe(entry.pairs, new)
            self._describe(entry.traded, new, again=False)
            new.lines.append(cycle_line(CycleKey(when, revision, entry.content)))
            new.on_file.digests[when] = [*known, digest]
        return Receipt(naive_utc(coerce.to_datetime(when)), revision, is_new=is_new)

    def _describe(self, pairs: Mapping[PairId, str], new: _Addition, *, again: bool = True) -> None:
        """Put the definitions among the new lines that are not on file, or, with `again`, not as they are now."""
        for pair_id, text in pairs.items():
            known = new.on_file.pairs.get(pair_id, self._on_file.pairs.get(pair_id))
            if known is None or (again and known != text):
                new.lines.append(pair_line(pair_id, text))
                new.on_file.pairs[pair_id] = text

    def _opened(self) -> AppendFile:
        self.open()
        assert self._file is not None
        return self._file

    def _resume(self, file: AppendFile) -> None:
        """Learn what the file holds, cut off an unfinished line, and begin a file that is new."""
        end, on_file = 0, OnFile()
        with file.content() as content:
            for line in finished_lines(content):
                if not end:
                    self._header = header_of(line, self.path, self._header)
                elif line.state == "whole":
                    on_file.learn(line)
                end = line.start + line.size
        file.settle(end)
        if end > file.size:
            with file.appended(b"\n"):
                pass
        if not end:
            version = self._header.code_version
            header = structs.replace(self._header, code_version=library_version() if version is None else version)
            with file.appended(header_line(header)):
                pass
        self._on_file = on_file


def _first_of(rows: Sequence[AccountRow], counts: Counter[bytes]) -> list[AccountRow]:
    """So many of each row as are counted."""
    left, chosen = Counter(counts), []
    for row in rows if counts else ():
        digest = row_digest(row)
        if left[digest]:
            left[digest] -= 1
            chosen.append(row)
    return chosen
