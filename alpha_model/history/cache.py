"""Was this very file opened before, so that its tables need not be made again?

An entry is a folder of Parquet files, named by the size and the SHA-256 of the source. A file that has not been touched
since (same device, inode, size, modification and change time) is recognised without reading it; one that was copied or
rewritten is recognised by its hash, which is computed only where an entry of the same size exists.

Entries are written beside and renamed into place, so that processes never see half of one; they carry checksums, and
whatever cannot be read counts as absent. The names hold a fingerprint of the program's own reading code and schema:
another version of it never reads them.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import msgspec
import platformdirs
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from alpha_model.history.history import History, Source
from alpha_model.history.tables import MISHAPS, REVISED, SCHEMAS, SUPERSEDED, Tables, empty_tables

FOLDER_VARIABLE = "ALPHA_MODEL_CACHE"
"""Environment variable: the folder of the cache, or `off`."""

SIZE_VARIABLE = "ALPHA_MODEL_CACHE_MB"
"""Environment variable: the most that the cache may hold, in MB."""

DEFAULT_MEGABYTES = 2_000
SMALLEST = 2_000_000
"""Bytes; smaller sources are read anew quickly enough."""

_SETTLED = 2_000_000_000
"""Nanoseconds after its last change until a file's times can be trusted: clocks of file systems are coarse."""

_ABANDONED = 3_600
"""Seconds after which an unfinished entry is taken for the leftover of a process that died."""

_UNFINISHED = "unfinished-"
_CONTENTS = "contents.json"
_BROKEN = (OSError, *MISHAPS)

log = logging.getLogger(__name__)


class _Contents(Struct):
    """What an entry holds: of each file its checksum, and where the history came from."""

    checksums: dict[str, int]
    source: Source


class HistoryCache:
    """Histories that were read before, shared by all processes that name the same folder.

    Args:
        folder: Where entries lie; made when the first is written.
        max_bytes: The most that all entries together may hold; those that were not used for longest go first.
        smallest: Sources of fewer bytes are not kept.
    """

    def __init__(
        self, folder: Path | str, *, max_bytes: int = DEFAULT_MEGABYTES * 1_000_000, smallest: int = SMALLEST
    ) -> None:
        self.folder = Path(folder)
        self.max_bytes = max_bytes
        self.smallest = smallest
        self._writing: list[threading.Thread] = []

    def load(self, path: Path, name: str | None = None) -> History | None:
        """The history of a file that was opened before, whatever it was called then; None where it was not.

        Args:
            path: The file.
            name: What it is called for people, unless by its path.
        """
        try:
            facts = path.stat()
            if facts.st_size < self.smallest:
                return None
            candidates = list(self.folder.glob(f"{facts.st_size}-*.{fingerprint()}"))
            known = next((entry for entry in candidates if (entry / _mark(facts)).exists()), None)
            if known is None and candidates:
                wanted = self._entry(facts.st_size, content_hash(path))
                known = wanted if wanted in candidates else None
                if known is not None:
                    _recognise(known, path, facts)
        except OSError:
            return None
        return None if known is None else self._read(known, name or path.name)

    def store(self, path: Path, history: History, before: os.stat_result) -> None:
        """Keep the history of a file.

        Nothing is kept where the file has changed since, or where the folder cannot be written: the cache is a
        convenience, and its failures are nobody's trouble.

        Args:
            path: The file.
            history: What was read from it.
            before: The file's facts before it was read.
        """
        if before.st_size < self.smallest:
            return
        try:
            digest = content_hash(path)
            if _mark(path.stat()) != _mark(before):
                return
            entry = self._entry(before.st_size, digest)
            if not entry.exists():
                self._write(entry, history)
            _recognise(entry, path, before)
            self._make_room()
        except OSError as error:
            log.info("the history of %s is not cached: %s", path, error)

    def store_meanwhile(self, path: Path, history: History, before: os.stat_result) -> None:
        """As `store`, beside whatever the program does next; the program does not end before it is done."""
        self._writing = [thread for thread in self._writing if thread.is_alive()]
        thread = threading.Thread(target=self.store, args=(path, history, before), name="history cache")
        self._writing.append(thread)
        thread.start()

    def wait(self) -> None:
        """Return when everything is stored."""
        for thread in self._writing:
            thread.join()

    def clear(self) -> None:
        """Remove every entry."""
        for entry in self._entries():
            _remove(entry)

    def _entry(self, size: int, digest: str) -> Path:
        return self.folder / f"{size}-{digest}.{fingerprint()}"

    def _entries(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (path for path in self.folder.iterdir() if path.is_dir())

    def _read(self, entry: Path, name: str) -> History | None:
        try:
            contents = msgspec.json.decode((entry / _CONTENTS).read_bytes(), type=_Contents)
            read = {file: _table(entry / file, checksum) for file, checksum in contents.checksums.items()}
            tables = Tables(**{field.name: read[f"{field.name}.parquet"] for field in fields(Tables)})
            revised = {name: f"{SUPERSEDED}{name}.parquet" for name in REVISED}
            earlier = {name: read[file] for name, file in revised.items() if file in read}
            os.utime(entry)
        except _BROKEN as error:
            log.info("the cache entry %s is not readable: %s", entry.name, error)
            _remove(entry)
            return None
        superseded = replace(empty_tables(), **earlier, pairs=tables.pairs) if earlier else None
        return History(tables, replace(contents.source, name=name), superseded)

    def _write(self, entry: Path, history: History) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
        try:
            checksums = {file: _write_table(unfinished / file, table) for file, table in _files(history)}
            (unfinished / _CONTENTS).write_bytes(msgspec.json.encode(_Contents(checksums, history.source)))
            unfinished.rename(entry)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            if not entry.exists():  # else another process was quicker
                raise

    def _make_room(self) -> None:
        """Remove what was not used for longest, until the rest is small enough; and what dead processes left."""
        sizes: dict[Path, tuple[float, int]] = {}
        for entry in self._entries():
            try:
                used = entry.stat().st_mtime
                sizes[entry] = used, sum(file.stat().st_size for file in entry.iterdir())
            except OSError:
                continue  # removed by another process
            if entry.name.startswith(_UNFINISHED) and used < time.time() - _ABANDONED:
                _remove(entry)
        total = sum(size for _, size in sizes.values())
        for entry, (_, size) in sorted(sizes.items(), key=lambda item: item[1]):
            if total <= self.max_bytes:
                break
            if not entry.name.startswith(_UNFINISHED):
                _remove(entry)
                total -= size


def default_cache() -> HistoryCache | None:
    """The user's cache, in the platform's folder for such things; None where it is switched off."""
    folder = os.environ.get(FOLDER_VARIABLE, "")
    if folder.strip().lower() in ("off", "0", "no", "false"):
        return None
    wanted = os.environ.get(SIZE_VARIABLE, "")
    megabytes = int(wanted) if wanted.isdecimal() else DEFAULT_MEGABYTES
    place = Path(folder).expanduser() if folder else platformdirs.user_cache_path("alpha-model") / "histories"
    return _shared(place, megabytes * 1_000_000)


@cache
def _shared(folder: Path, max_bytes: int) -> HistoryCache:
    return HistoryCache(folder, max_bytes=max_bytes)


@cache
def fingerprint() -> str:
    """Twelve letters that change with the schema and with any line of the code that reads."""
    found = hashlib.blake2b(digest_size=6)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        found.update(path.read_bytes())
    for name, schema in SCHEMAS.items():
        found.update(f"{name}{schema}".encode())
    return found.hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mark(facts: os.stat_result) -> str:
    """The name of the mark by which an entry recognises a file without reading it."""
    identity = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    return "seen-" + hashlib.blake2b(repr(identity).encode(), digest_size=12).hexdigest()


def _recognise(entry: Path, path: Path, facts: os.stat_result) -> None:
    """Let the entry recognise the file by its facts, unless it may still be changing within a tick of the clock."""
    settled = max(facts.st_mtime_ns, facts.st_ctime_ns) < time.time_ns() - _SETTLED
    if settled and _mark(path.stat()) == _mark(facts):
        (entry / _mark(facts)).touch()


def _files(history: History) -> Iterator[tuple[str, pa.Table]]:
    """The tables of an entry by file name."""
    for field in fields(Tables):
        yield f"{field.name}.parquet", getattr(history.tables, field.name)
    earlier = history.superseded.tables
    if earlier.cycles.num_rows:
        for name in REVISED:
            yield f"{SUPERSEDED}{name}.parquet", getattr(earlier, name)


def _write_table(path: Path, table: pa.Table) -> int:
    """Write one table; gives the checksum of the file."""
    sink = pa.BufferOutputStream()
    floats = [field.name for field in table.schema if field.type == pa.float64()]
    others = [field.name for field in table.schema if field.type != pa.float64()]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        use_dictionary=others,
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    )
    data = sink.getvalue()
    path.write_bytes(data)
    return zlib.crc32(data)


def _table(path: Path, checksum: int) -> pa.Table:
    """Read one table.

    Raises:
        ValueError: The file is not the one that was written.
    """
    with pa.OSFile(str(path)) as file:
        data = file.read_buffer()  # Arrow's own memory: no thread of Arrow needs Python when the program ends
    if zlib.crc32(data) != checksum:
        raise ValueError(f"{path.name} is damaged")
    schema = SCHEMAS[path.stem.removeprefix(SUPERSEDED)]
    return pq.read_table(pa.BufferReader(data)).cast(schema)


def _remove(entry: Path) -> None:
    """Remove an entry in one step, as other processes see it."""
    grave = entry.with_name(f"{_UNFINISHED}{os.getpid()}-{time.monotonic_ns()}")
    try:
        entry.rename(grave)
    except OSError:
        return  # another process removed it
    shutil.rmtree(grave, ignore_errors=True)
