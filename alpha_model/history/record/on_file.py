"""What does a recorder file hold already, so that nothing is written to it twice?"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, structs

from alpha_model.history.record.line_types import FORMAT, PAIR, RUN, VERSION, HeaderLine, LineProblem, Part
from alpha_model.history.record.lines import AccountRow, Line, account_rows, cycle_key, lines_of
from alpha_model.history.tables import MISHAPS, UNREADABLE, Buffer, Micros, coerce
from alpha_model.values import PairId, RecordError

_BLOCK = 4096
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_PROBLEMS, _TRADES = msgspec.json.Decoder(list[LineProblem]), msgspec.json.Decoder(Part)


@dataclass(slots=True)
class OnFile:
    """What is on file, as far as whoever appends must know it.

    Args:
        pairs: The last definition of each pair, JSON.
        digests: Of each cycle's content, for every revision in their order.
        rows: Digests of the rows that stand beside the cycles, each with how often it is there.
        problems: What was said of cycles, so that it need not be said again.
        run_id: Of the run that the last cycles are of.
    """

    pairs: dict[PairId, str] = field(default_factory=dict)
    digests: dict[Micros, list[bytes]] = field(default_factory=dict)
    rows: Counter[bytes] = field(default_factory=Counter)
    problems: set[LineProblem] = field(default_factory=set)
    run_id: str | None = None

    def learn(self, line: Line) -> None:
        """Take in a whole line of the file; one that cannot be read, whoever wrote it, says nothing."""
        with suppress(*MISHAPS):
            self._learn(line)

    def _learn(self, line: Line) -> None:
        key = cycle_key(line.data)
        if key is not None:
            self.digests.setdefault(key.timestamp, []).append(content_digest(key.content))
            self.problems |= _problems_of(key.content)
        elif line.data.startswith(b'{"type":"pair"'):
            pair = PAIR.decode(line.data)
            self.pairs[pair.pair_id] = coerce.json_text(pair.pair)
        elif line.data.startswith(b'{"type":"run"'):
            self.run_id = RUN.decode(line.data).run_id
        elif line.data.startswith(b'{"type":"account"'):
            self.rows.update(map(row_digest, account_rows(msgspec.json.decode(line.data))))

    def add(self, written: OnFile) -> None:
        """Take in what was appended: pairs and cycles as they are now, and the rows that are new."""
        self.pairs |= written.pairs
        self.digests |= written.digests
        self.rows += written.rows
        self.problems |= written.problems
        self.run_id = written.run_id or self.run_id


def finished_lines(content: Buffer) -> Iterator[Line]:
    """The lines of a recorder file, but for a last one that we had begun and not finished."""
    for place, line in enumerate(lines_of(content)):
        if line.state == "torn" and _is_ours_so_far(line, first=not place):
            return
        yield line


def check_header(line: Line, path: Path, strategy: str | None) -> str | None:
    """The first line of a file lets this program append cycles of a strategy.

    Args:
        line: The line.
        path: The file, for messages.
        strategy: The strategy that is to be recorded; None takes the file's.

    Returns:
        The name of the strategy that is recorded; None where neither says one.

    Raises:
        RecordError: The file is not a recorder's, is of a later version, or records another strategy.
    """
    header: Any = None
    if line.state == "whole":
        with suppress(*UNREADABLE, RecursionError):
            header = msgspec.json.decode(line.data)
    if not isinstance(header, dict) or header.get("type") != "header" or header.get("format") != FORMAT:
        raise RecordError(
            f"{path} is not a recorder file: its first line is no header. Record to a new file.", path=path
        )
    version = header.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise RecordError(
            f"{path} is a record of version {version}, and this program writes version {VERSION}. "
            "Update alpha-model, or record to a new file.",
            path=path,
            version=version,
        )
    recorded = None if header.get("strategy") is None else str(header["strategy"])
    if strategy is not None and recorded is not None and recorded != strategy:
        raise RecordError(
            f"{path} records the strategy {recorded!r}, not {strategy!r}. Record to a file of its own.",
            path=path,
            strategy=recorded,
        )
    return recorded if strategy is None else strategy


def header_of(line: Line, path: Path, wanted: HeaderLine) -> HeaderLine:
    """What the recorder of a file goes on with, once it has read the first line.

    Raises:
        RecordError: As `check_header`.
    """
    strategy = check_header(line, path, wanted.strategy)
    return structs.replace(wanted, strategy=strategy, origin=origin_of(line))


def origin_of(line: Line) -> str | None:
    """What the first line of a file, which `check_header` has accepted, says of where a follower took it from."""
    found = msgspec.json.decode(line.data).get("origin")
    return found if isinstance(found, str) else None


def content_digest(content: bytes) -> bytes:
    """What tells one cycle's content from another's: not the order of its trades, nor the problems beside it."""
    if b'"trades":{"' in content or b'"problems":[' in content:
        with suppress(*MISHAPS):
            return digest_of(_without_order(content))
    return digest_of(content)


def _without_order(content: bytes) -> bytes:
    members: dict[str, Any] = _MEMBERS.decode(b"{" + content)
    members.pop("problems", None)
    if trades := _TRADES.decode(members.pop("trades", b"{}")):
        rows = sorted(map(msgspec.json.encode, zip(*trades.values(), strict=True)))
        return msgspec.json.encode([members, list(trades), list(map(Raw, rows))])
    return msgspec.json.encode(members)[1:]


def _problems_of(content: bytes) -> set[LineProblem]:
    told = _MEMBERS.decode(b"{" + content).get("problems") if b'"problems":[' in content else None
    return set() if told is None else set(_PROBLEMS.decode(told))


def digest_of(content: bytes) -> bytes:
    """What tells some bytes from others."""
    return hashlib.blake2b(content, digest_size=16).digest()


def row_digest(row: AccountRow) -> bytes:
    """What tells one row beside the cycles from another."""
    return digest_of(msgspec.json.encode(row))


def _is_ours_so_far(line: Line, *, first: bool) -> bool:
    """Is this unfinished line one that we had begun? A file that is no record at all must not be cut.

    After a power cut a file may be as long as it was to become, with zeros where the bytes did not arrive.
    """
    start = b'{"type":"header"' if first else b'{"type":"'
    arrived = line.data.rstrip(b"\0")
    return arrived.startswith(start) or (start.startswith(arrived) and (not first or line.size < _BLOCK))
