"""What did the alpha model decide, according to a state file of the reference framework?

Snapshots lie under `visualisation.calculations`, among other things that a strategy noted there; newer live strategies
keep only the last one, under `visualisation.discardable_data.alpha_model`. Trades and the equity curve lie in
`portfolio` and `stats`.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from alpha_model.history.assemble import Assembly
from alpha_model.history.state.decoder import Decoder
from alpha_model.history.state.portfolio import read_equity, read_trades
from alpha_model.history.state.positions import read_positions
from alpha_model.history.tables import (
    MISHAPS,
    PARTS,
    UNREADABLE,
    Buffer,
    Micros,
    OddValueError,
    ProblemKind,
    Problems,
    Report,
    Snapshot,
    coerce,
    is_alpha_model,
    locate,
    members,
    mended,
    mended_text,
    plain,
    read_snapshot,
    repeats_keys,
)
from alpha_model.values import HistoryError, NoHistoryError

Progress = Callable[[float], None]
"""Told the share of the work that is done, 0...1."""

_NULL = Raw(b"null")
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LAST_ONLY = "discardable_data.alpha_model"
_FEW = 6
MOST_ENTRIES = 500_000
"""More entries of one document than any history has cycles: looking at each of them would take minutes."""


class _Visualisation(Struct):
    calculations: dict[str, Raw] | None = None
    discardable_data: dict[str, Raw] | None = None
    messages: dict[str, Raw] | None = None


class State(Struct):
    """The parts of a state file that matter here."""

    visualisation: _Visualisation | UnsetType | None = UNSET
    portfolio: Raw = _NULL
    stats: Raw = _NULL
    name: str | None = None
    last_updated_at: Any = None


class SnapshotReader:
    """Reads snapshots out of one document: quickly where they are well-formed, else value by value.

    The same cycle under two keys is read once; other content at the same time is a revision.

    Args:
        document: The bytes that the snapshots are views of.
        assembly: Takes the cycles and the problems.
    """

    def __init__(self, document: Buffer, assembly: Assembly) -> None:
        self._document = document
        self._assembly = assembly
        self._decoder = Decoder()
        self.last_time: Micros | None = None
        """Of the entry that was read last; None where it was no cycle."""
        self._newest: dict[Micros, Raw] = {}

    def add(self, raw: Raw, source: str, key: str | None, otherwise: Callable[[], Micros | None]) -> bool:
        """One entry of the document, as a cycle.

        Args:
            raw: The entry.
            source: Where in the document it stands.
            key: Its key there.
            otherwise: Its time, where it has none of its own.

        Returns:
            False when it is no alpha model.
        """
        self.last_time = None
        try:
            found = self._decoder.read(raw) or self._patiently(raw, key)
        except MISHAPS as error:
            self.report(raw, key, "skipped", f"the snapshot cannot be read: {error}; skipped", ())
            return True
        if found is None:
            return False
        timestamp = found.timestamp if found.timestamp is not None else otherwise()
        if timestamp is None:
            message = "the snapshot has no time of its own and its key is none; skipped. Add `timestamp`, UNIX seconds"
            self.report(raw, key, "skipped", message, ("timestamp",))
            return True
        if timestamp < 0:
            message = f"the cycle is from {coerce.iso(timestamp)}, before 1970; kept"
            self.report(raw, key, "odd", message, ("timestamp",))
        self.last_time = timestamp
        earlier = self._newest.get(timestamp)
        if earlier is not None and _is_same(raw, earlier):
            self.report(raw, key, "odd", "the same cycle stands under an earlier key too; read once", ())
            return True
        self._newest[timestamp] = raw
        self._assembly.add_cycle(found, timestamp, source=source, source_key=key)
        return True

    def _patiently(self, raw: Raw, key: str | None) -> Snapshot | None:
        raw, snapshot = self._plain(raw, key)
        if not is_alpha_model(snapshot):
            return None
        fields = _OBJECT.decode(raw)
        parts = {}
        for part in PARTS:
            if isinstance(snapshot.get(part), dict):
                parts[part] = [(name, plain(value)) for name, value in members(fields[part])]
        return read_snapshot(snapshot, self.reporter(raw, key), parts)

    def _plain(self, raw: Raw, key: str | None) -> tuple[Raw, Any]:
        """The entry in plain values; bytes that are no text are replaced."""
        with contextlib.suppress(*UNREADABLE):
            return raw, plain(raw)
        text, note = mended_text(raw)
        with contextlib.suppress(*UNREADABLE):
            found = plain(text)
            self.report(raw, key, "patched", f"the snapshot has {note}; read so", ())
            return Raw(text), found
        return raw, None

    def reporter(self, raw: Raw, key: str | None) -> Report:
        """A `Report` for one entry."""

        def report(kind: ProblemKind, message: str, path: Sequence[str]) -> None:
            self.report(raw, key, kind, message, path)

        return report

    def report(self, raw: Raw, key: str | None, kind: ProblemKind, message: str, path: Sequence[str]) -> None:
        """File a problem of an entry under its cycle, pair, field and byte."""
        problems = self._assembly.problems
        in_part = len(path) > 1 and path[0] in PARTS
        pair = path[1] if in_part else None
        field = ".".join(path[2:] if in_part else path) or None
        where = f" in {path[0]}" if in_part else ""
        position = locate(self._document, raw, path) if problems.has_room(kind, field) else None
        told, done = message.rsplit("; ", 1)
        problems.add(kind, f"{told}{where}; {done}", cycle_key=key, pair=pair, field=field, position=position)


def check_entries(count: int, name: str) -> None:
    """Raise a HistoryError where a document has more entries than any history."""
    if count > MOST_ENTRIES:
        raise HistoryError(
            f"{name} has {count:,} entries where its cycles should be, and at most {MOST_ENTRIES:,} are read. "
            "Give it in parts, or check what it is.",
            path=name,
        )


def decode_state(document: Buffer, problems: Problems) -> State | None:
    """The parts of a state; one of the wrong type is reported and taken as absent.

    Returns:
        None when the document is an object of another kind.

    Raises:
        msgspec.DecodeError: Not a JSON object.
    """
    try:
        found = msgspec.json.decode(document, type=State)
    except msgspec.ValidationError:
        return _decode_odd_state(document, problems)
    return None if found.visualisation is UNSET else found


def _decode_odd_state(document: Buffer, problems: Problems) -> State | None:
    top = _OBJECT.decode(document)
    if "visualisation" not in top:
        return None
    parts: dict[str, Any] = {part: top[part] for part in ("portfolio", "stats") if part in top}
    name, updated = (mended(top.get(part, _NULL))[0] for part in ("name", "last_updated_at"))
    inner = _object(top, "visualisation", document, problems)
    kept = {part: _object(inner, part, document, problems) for part in _Visualisation.__struct_fields__}
    named = None if name is None else coerce.restored(str(name))
    return State(visualisation=_Visualisation(**kept), name=named, last_updated_at=updated, **parts)


def read_state(
    state: State, document: Buffer, name: str, assembly: Assembly, progress: Progress | None = None
) -> str | None:
    """Read a state file of the reference framework into an assembly.

    Args:
        state: As `decode_state` gives it.
        document: The file's bytes.
        name: The file's name, for messages.
        assembly: Takes cycles, trades, equity, messages and problems.
        progress: Told how far the reading is.

    Returns:
        The strategy's name.

    Raises:
        NoHistoryError: There is no alpha model in the state.
    """
    visualisation = state.visualisation or _Visualisation()
    entries = _entries(document, visualisation, assembly.problems)
    check_entries(len(entries), name)
    reader = SnapshotReader(document, assembly)
    others = _read_calculations(reader, entries, progress)
    updated = _time(state.last_updated_at)
    last = (visualisation.discardable_data or {}).get("alpha_model")
    is_new = last is not None and not any(_is_same(last, raw) for _, raw in entries)
    if last is not None and is_new and not reader.add(last, _LAST_ONLY, "alpha_model", lambda: updated):
        reader.report(last, "alpha_model", "skipped", "discardable_data.alpha_model is no alpha model; skipped", ())
    if not len(assembly):
        raise NoHistoryError(_nothing(name, len(entries), others, visualisation), path=name)
    read_messages(visualisation.messages or {}, assembly)
    read_trades(state.portfolio, assembly, document)
    read_positions(state.portfolio, state.stats, assembly, document)
    read_equity(state.stats, assembly, document)
    return state.name


def _object(fields: Mapping[str, Raw], name: str, document: Buffer, problems: Problems) -> dict[str, Raw]:
    raw = fields.get(name, _NULL)
    try:
        return _OBJECT.decode(raw)
    except msgspec.ValidationError:
        if bytes(raw) != b"null":
            message = f"expected an object, got {bytes(memoryview(raw)[:40]).decode(errors='replace')}; left out"
            problems.add("odd", message, field=name, position=locate(document, raw))
        return {}


def _entries(document: Buffer, visualisation: _Visualisation, problems: Problems) -> list[tuple[str, Raw]]:
    """The entries of `calculations` in the order of the file, also those whose key was written twice."""
    kept = visualisation.calculations or {}
    if not repeats_keys(document, kept):
        return list(kept.items())
    whole = _OBJECT.decode(_OBJECT.decode(document)["visualisation"])["calculations"]
    found = members(whole)
    if len(found) == len(kept):
        return found  # blanks, where damage was cut out
    message = f"{len(found) - len(kept)} keys of calculations appear more than once; all their entries are read"
    problems.add("odd", message, field="calculations", position=locate(document, whole))
    return found


def _read_calculations(reader: SnapshotReader, entries: list[tuple[str, Raw]], progress: Progress | None) -> int:
    """Add the cycles of `calculations`.

    Returns:
        How many entries were no alpha models.
    """
    others = 0
    for place, (key, raw) in enumerate(entries):
        if reader.add(raw, "calculations", key, functools.partial(_time, key)):
            _check_key(reader, key, raw)
        else:
            others += 1
            message = f"the entry is no alpha model, it holds {_contents(raw)}; skipped"
            reader.report(raw, key, "skipped", message, ())
        if progress is not None:
            progress((place + 1) / len(entries))
    return others


def _check_key(reader: SnapshotReader, key: str, raw: Raw) -> None:
    """The model's own time is the cycle's; say so where the key tells another."""
    stated, taken = _time(key), reader.last_time
    if stated is not None and taken is not None and stated != taken:
        message = f"the key says {coerce.iso(stated)}, the model says {coerce.iso(taken)}; took the model's time"
        reader.report(raw, key, "odd", message, ("timestamp",))


def _contents(raw: Raw) -> str:
    try:
        keys = list(_OBJECT.decode(raw))
    except UNREADABLE:
        return coerce.shown(bytes(memoryview(raw)[:30]).decode(errors="replace"))
    named = ", ".join(keys[:_FEW]) + (", …" if len(keys) > _FEW else "")
    return named or "nothing"


def _is_same(one: Raw, other: Raw) -> bool:
    """Is it the same content, however it is spaced and its sets are ordered?"""
    if bytes(one) == bytes(other):
        return True
    try:
        first, second = _OBJECT.decode(one), _OBJECT.decode(other)
        if first.get("timestamp") != second.get("timestamp"):
            return False
        return bool(_unordered(msgspec.json.decode(one)) == _unordered(msgspec.json.decode(other)))
    except UNREADABLE:
        return False


def _unordered(value: Any) -> Any:
    """The value with its lists of texts in order: they stand for sets, which JSON writes in any."""
    if isinstance(value, dict):
        return {name: _unordered(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted(value) if all(isinstance(each, str) for each in value) else [_unordered(each) for each in value]
    return value


def _time(value: object) -> Micros | None:
    """A time, or None where there is none to be read."""
    try:
        return coerce.moment(value)
    except OddValueError:
        return None


def read_messages(messages: Mapping[str, Raw], assembly: Assembly) -> None:
    """Add the strategy's own reports, by time."""
    for key, raw in messages.items():
        try:
            message = coerce.message(mended(raw)[0])
        except (OddValueError, *UNREADABLE) as error:
            problem = f"the message cannot be read: {error}; left out"
            assembly.problems.add("skipped", problem, cycle_key=key, field="messages")
            continue
        timestamp = _time(key)
        if timestamp is None:
            problem = f"the message's key is no time; left out: {coerce.shown(message)}"
            assembly.problems.add("skipped", problem, cycle_key=key, field="messages")
        elif message:
            assembly.add_message(timestamp, message)


def _nothing(name: str, count: int, others: int, visualisation: _Visualisation) -> str:
    noted = f"{count} calculations" if count == others or not count else f"{count} calculations without a usable time"
    beside = sorted(visualisation.discardable_data or {})
    beside_text = f", {', '.join(beside[:_FEW])} in discardable_data" if beside else ""
    return (
        f"{name} is a state file of the reference framework with {noted}{beside_text} and "
        f"{len(visualisation.messages or {})} messages, but without an alpha model. Cycles are looked for in "
        "visualisation.calculations and visualisation.discardable_data.alpha_model: let the strategy keep its "
        "alpha model there, or record it with HistoryRecorder."
    )
