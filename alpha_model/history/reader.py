"""What did a strategy decide, according to this file?

`read_history` opens a file, recognises by its content what it is, and returns the history that is in it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Raw

from alpha_model.history.assemble import Assembly
from alpha_model.history.cache import HistoryCache
from alpha_model.history.files import (
    MappedFile,
    check_values,
    is_uri,
    local_path,
    open_bytes,
    open_file,
    short_name,
    spooled,
)
from alpha_model.history.history import History, Source
from alpha_model.history.record import is_record, read_record
from alpha_model.history.state import (
    MOST_CUTS,
    PATIENCE_SECONDS,
    Cut,
    Progress,
    SnapshotReader,
    check_entries,
    cut_out,
    decode_state,
    read_state,
    replace_bad_text,
)
from alpha_model.history.tables import (
    PARTS,
    UNREADABLE,
    Buffer,
    Problems,
    coerce,
    one_sentence,
    patch_half_letters,
    patch_non_finite,
)
from alpha_model.values import HistoryError, NoHistoryError

_BOM = b"\xef\xbb\xbf"
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_FEW = 6
_EXPECTED = (
    "Give a state file of the reference framework (.json), one snapshot or a list of snapshots of an alpha model, "
    "or a file of HistoryRecorder (.jsonl)."
)


def read_history(source: Path | str, *, progress: Progress | None = None, cache: HistoryCache | None = None) -> History:
    """The history in a file, plain or compressed with gzip or zstd.

    Args:
        source: A state file of the reference framework, one snapshot of an alpha model, a list of them, or a file of
            `HistoryRecorder`: its path, or an address such as `https://…` or `s3://…`, which is copied here first.
            The content tells which, not the name.
        progress: Told the share that is done, 0...1.
        cache: Where histories that were read before are kept; see `default_cache`. None reads the file anew.

    Raises:
        NoHistoryError: The file was read, and there is no alpha model in it.
        HistoryError: The file cannot be read or fetched.
    """
    if is_uri(source):
        path = local_path(source)
        if path is None:
            with spooled(source, _part(progress, 0.0)) as copy:
                return _read_path(copy, short_name(source), _part(progress, 0.5), cache, is_temporary=True)
        source = path
    path = Path(source)
    return _read_path(path, path.name, progress, cache)


def _part(progress: Progress | None, start: float) -> Progress | None:
    """The progress of one half of the work."""
    return None if progress is None else lambda share: progress(start + share / 2)


def _read_path(
    path: Path, name: str, progress: Progress | None, cache: HistoryCache | None, *, is_temporary: bool = False
) -> History:
    kept = None if cache is None else cache.load(path, name)
    if kept is not None:
        if progress is not None:
            progress(1.0)
        return kept
    before = path.stat() if path.is_file() else None
    document = open_file(path, name=name if is_temporary else None)
    history = _read(document, name, len(document) if before is None else before.st_size, progress)
    if cache is not None and before is not None:
        (cache.store if is_temporary else cache.store_meanwhile)(path, history, before)
    return history


def read_history_bytes(data: bytes, name: str, *, max_bytes: int | None = None) -> History:
    """The history in the bytes of a file, such as an upload.

    Args:
        data: The bytes, plain or compressed with gzip or zstd.
        name: The file's name, for people.
        max_bytes: Most bytes that it may take in memory, unpacked and with each of its values; None is no limit.

    Raises:
        NoHistoryError: The file was read, and there is no alpha model in it.
        HistoryError: The file cannot be read.
    """
    document = open_bytes(data, name, max_bytes)
    check_values(document, name, max_bytes)
    return _read(document, name, len(data), None)


@dataclass(slots=True)
class _Repairs:
    """What was done to a document that could not be read as it is."""

    problems: Problems = field(default_factory=Problems)
    error: Exception | None = None
    patched: bool = False
    mended: bool = False
    cuts: list[Cut] = field(default_factory=list)
    end: float = field(default_factory=lambda: time.monotonic() + PATIENCE_SECONDS)

    def attempt(self, document: MappedFile, error: Exception) -> MappedFile | None:
        """The document after the next thing that may help; None when nothing is left to be tried."""
        self.error = self.error or error
        if not self.patched:
            self.patched = True
            if places := patch_non_finite(document):
                message = f"{len(places)} bare NaN or Infinity, which JSON does not have, read as absent"
                self.problems.add("patched", message, position=places[0])
            if halves := patch_half_letters(document):
                message = f"{len(halves)} halves of letters in texts, which are none, shown as \ufffd"
                self.problems.add("patched", message, position=halves[0])
            if places or halves:
                return document
        if isinstance(error, UnicodeDecodeError):
            return document if self._mend(document) else None
        if isinstance(error, msgspec.ValidationError) or self._is_hopeless():
            return None
        found = cut_out(document, len(document) if "truncated" in str(error) else _position(error))
        if found is None:
            return None
        cut, document = found
        self.cuts.append(cut)
        what = "the file ends in the middle of it" if cut.at_end else f"it is damaged: {_reason(error)}"
        message = f"bytes {cut.start:,} to {cut.stop:,} cannot be read, {what}; skipped"
        self.problems.add("skipped", message, cycle_key=cut.key, position=cut.start)
        return document

    def _is_hopeless(self) -> bool:
        return len(self.cuts) >= MOST_CUTS or time.monotonic() > self.end

    def _mend(self, document: MappedFile) -> bool:
        if self.mended:
            return False
        self.mended = True
        places = replace_bad_text(document)
        if places:
            message = f"{len(places)} bytes are not valid UTF-8; they are shown as ?"
            self.problems.add("patched", message, position=places[0])
        return bool(places)


def _read(mapped: MappedFile, name: str, byte_count: int, progress: Progress | None) -> History:
    if mapped[: len(_BOM)] == _BOM:
        mapped[: len(_BOM)] = b" " * len(_BOM)
    with one_sentence(name):
        return _history(mapped, name, byte_count, progress)


def _history(mapped: MappedFile, name: str, byte_count: int, progress: Progress | None) -> History:
    assembly = Assembly()
    if is_record(mapped):
        strategy = read_record(mapped, name, assembly, progress)
        return assembly.finish(Source(name, "recorder file", strategy, byte_count))
    repairs, length = _Repairs(), len(mapped)
    while True:
        assembly = Assembly(repairs.problems.copy())
        try:
            kind, strategy = _read_document(mapped, name, assembly, progress)
        except UNREADABLE as error:
            repaired = repairs.attempt(mapped, error)
            if repaired is None:
                raise _unreadable(mapped, length, name, repairs.error or error) from error
            mapped = repaired
        except HistoryError as error:
            if repairs.cuts and repairs.error is not None:
                raise _unreadable(mapped, length, name, repairs.error) from error
            raise
        else:
            return assembly.finish(Source(name, kind, strategy, byte_count))


def _position(error: Exception) -> int | None:
    where = re.search(r"byte (\d+)", str(error))
    if where is None:
        return None
    return int(where[1]) - ("trailing" in str(error))  # msgspec has read the first byte that is too many


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _read_document(
    document: Buffer, name: str, assembly: Assembly, progress: Progress | None
) -> tuple[str, str | None]:
    """Fill the assembly from a JSON document.

    Returns:
        What it is, for people, and the strategy's name.
    """
    first = bytes(document[:64]).lstrip()[:1]
    if first == b"[":
        entries = _LIST.decode(document)
        check_entries(len(entries), name)
        _read_snapshots(document, {str(place): raw for place, raw in enumerate(entries)}, name, assembly, progress)
        return "list of snapshots", None
    if first != b"{":
        msgspec.json.decode(document)
        raise NoHistoryError(f"{name} is JSON, but neither an object nor a list. {_EXPECTED}", path=name)
    state = decode_state(document, assembly.problems)
    if state is not None:
        return "reference state", read_state(state, document, name, assembly, progress)
    keys = list(_OBJECT.decode(document))
    if not set(PARTS) & set(keys):
        shown = ", ".join(keys[:_FEW]) + (", …" if len(keys) > _FEW else "")
        raise NoHistoryError(
            f"{name} is a JSON object with {shown or 'nothing in it'}, not an alpha model. {_EXPECTED}", path=name
        )
    _read_snapshots(document, {None: Raw(document)}, name, assembly, progress)
    return "snapshot", None


def _read_snapshots(
    document: Buffer, snapshots: Mapping[str | None, Raw], name: str, assembly: Assembly, progress: Progress | None
) -> None:
    """Add the snapshots of a document that holds nothing else."""
    reader = SnapshotReader(document, assembly)
    others = 0
    for place, (key, raw) in enumerate(snapshots.items()):
        if not reader.add(raw, "snapshot", key, lambda: None):
            others += 1
            reader.report(raw, key, "skipped", "the entry is no alpha model; skipped", ())
        if progress is not None:
            progress((place + 1) / len(snapshots))
    if len(assembly):
        return
    if others == len(snapshots):
        raise NoHistoryError(f"{name} is JSON without a snapshot of an alpha model in it. {_EXPECTED}", path=name)
    raise HistoryError(
        f"the snapshots in {name} have no time. Give each a `timestamp`, UNIX seconds or ISO 8601.", path=name
    )


def _unreadable(document: Buffer, length: int, name: str, error: Exception) -> HistoryError:
    """What is wrong with a file that is no JSON, as far as the parser can tell."""
    start = bytes(document[:24])
    position = _position(error)
    again = ""
    if not start.strip():
        what = "holds nothing but blanks"
    elif start.lstrip()[:1] not in (b"{", b"["):
        what = f"is not JSON: it begins with {coerce.shown(start.decode(errors='replace'))}"
    elif isinstance(error, RecursionError):
        what = "is nested too deeply to be a history"
    elif isinstance(error, UnicodeDecodeError):
        what, again = "is not valid UTF-8", " Copy it again."
    elif "truncated" in str(error) or position == length:
        what, again = f"ends in the middle, after {length:,} bytes: it was cut off", " Copy it again."
    else:
        what = f"is not valid JSON ({error})" if position is None else f"is not valid JSON at byte {position:,}"
    return HistoryError(f"{name} {what}.{again} {_EXPECTED}", path=name, position=position)
