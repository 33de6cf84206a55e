"""How do records become a Parquet dataset, while they are still written and the dataset is being read?

`compact` takes what is new in a record, merges it into the months that it concerns, puts the new files beside the old
ones, and only then lets the manifest name them. Whoever dies on the way leaves files that nobody names.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.dataset.manifest import (
    Manifest,
    Mark,
    StoredFile,
    file_path,
    folder_of,
    is_month,
    is_own_file,
    load_manifest,
    load_manifests,
    save_manifest,
)
from alpha_model.history.dataset.read import STORED, read_month
from alpha_model.history.files import Place, RealDisk, at_hand, open_file
from alpha_model.history.history import History, Source
from alpha_model.history.reader import read_history, read_history_bytes
from alpha_model.history.record import BESIDE, HistoryRecorder, is_record, record_history
from alpha_model.history.tables import REVISED, SUPERSEDED, Buffer, Tables, one_sentence, parquet_bytes
from alpha_model.values import RecordError

_CHUNK = 1 << 20
_RUN_LINE = re.compile(rb'^\{"type":"run",[^\n]*\n', re.MULTILINE)
_PAIR_LINE = re.compile(rb'^\{"type":"pair",[^\n]*\n', re.MULTILINE)
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Compaction:
    """What a compaction did with one source.

    Args:
        source: Its name.
        strategy: Whose history it is; None where it does not say.
        months: The months that were written anew, such as `2026-01`; none where the dataset had everything already.
        cycle_count: Cycles of the strategy in these months now.
        byte_count: Bytes of their files.
        problem_count: What was skipped or odd in what was new; `read_history` of the source tells.
    """

    source: str
    strategy: str | None
    months: tuple[str, ...]
    cycle_count: int
    byte_count: int
    problem_count: int


def compact(sources: Sequence[Path | str], dataset: Path | str, *, strategy: str | None = None) -> list[Compaction]:
    """Put what is new in records into a Parquet dataset.

    The same again changes nothing. Records may be written meanwhile, and the dataset may be read: a reader finds it as
    it was or as it is afterwards. Nothing is ever taken out of it, so records that are compacted may be deleted.

    Args:
        sources: Files of `HistoryRecorder`, or anything else that `read_history` opens, by path or address.
        dataset: A folder, or an address of fsspec such as `s3://bucket/histories`; it is made when it does not exist.
        strategy: The name to file them under, whatever they say.

    Returns:
        What became of each source, in their order.

    Raises:
        HistoryError: A source cannot be read; those before it are compacted.
        RecordError: The dataset cannot be written, or another compaction is under way.
    """
    place = Place(dataset)
    with place.locked(), one_sentence(place.name):
        return [_compacted(source, place, strategy) for source in sources]


def _compacted(source: Path | str, place: Place, strategy: str | None) -> Compaction:
    with at_hand(source) as path:
        return _Source(path, strategy).into(place)


class _Source:
    """One source on its way into a dataset.

    Args:
        path: The file.
        strategy: The name to file it under, whatever it says.
    """

    def __init__(self, path: Path, strategy: str | None) -> None:
        self.path = path
        self._named = strategy
        self._document = document = open_file(path)
        self._is_record = is_record(document)
        self._end = document.rfind(b"\n") + 1 if self._is_record else len(document)

    def into(self, place: Place) -> Compaction:
        """Merge what is new into the months that it concerns."""
        manifests = list(load_manifests(place))
        known = self._longest_known([mark for each in manifests for mark in each.marks if self._counts(each, mark)])
        if known is not None and known.byte_count == self._end:
            owner = next(each for each in manifests if known in each.marks)
            _tidy(place, owner, set())
            return Compaction(self.path.name, owner.strategy, (), 0, 0, 0)
        history = read_history(self.path) if known is None else self._late_part(known.byte_count)
        own = history.source.strategy
        strategy = own if self._named is None else self._named
        before = load_manifest(place, strategy) or Manifest(strategy)
        months = sorted(_months_of(history))
        written = {month: _merged_month(place, before, month, history) for month in months}
        changed = {month: files for month, files in written.items() if files != before.months.get(month)}
        mark = self._mark(is_renamed=strategy != own)
        after = Manifest(
            strategy,
            months=dict(sorted((before.months | changed).items())),
            marks=[*(each for each in before.marks if each not in (known, mark)), mark],
        )
        if (load_manifest(place, strategy) or Manifest(strategy)) != before:
            raise RecordError(f"{place} was changed by another compaction meanwhile. Run this one again.")
        save_manifest(place, after)
        _tidy(place, after, replaced=before.paths - after.paths)
        return Compaction(
            self.path.name,
            strategy,
            tuple(changed),
            sum(files["cycles"].row_count for files in changed.values() if "cycles" in files),
            sum(file.byte_count for files in changed.values() for file in files.values()),
            history.tables.problems.num_rows,
        )

    def _counts(self, manifest: Manifest, mark: Mark) -> bool:
        """Does a mark tell of what this source is to become?"""
        return not mark.is_renamed if self._named is None else manifest.strategy == self._named

    def _longest_known(self, marks: Sequence[Mark]) -> Mark | None:
        """The longest beginning of the source that a dataset has; the whole of it or nothing, but for records."""
        digest, place, found = hashlib.blake2b(digest_size=20), 0, None
        for mark in sorted(marks, key=lambda mark: mark.byte_count):
            if mark.byte_count > self._end or not (self._is_record or mark.byte_count == self._end):
                continue
            place = _update(digest, self._document, place, mark.byte_count)
            if digest.hexdigest() == mark.digest:
                found = mark
        return found

    def _mark(self, *, is_renamed: bool) -> Mark:
        digest = hashlib.blake2b(digest_size=20)
        _update(digest, self._document, 0, self._end)
        return Mark(self._end, digest.hexdigest(), is_renamed)

    def _late_part(self, start: int) -> History:
        """The history in a record after its first so many bytes."""
        pairs = [found[0] for found in _PAIR_LINE.finditer(self._document, 0, start)]
        runs = [found[0] for found in _RUN_LINE.finditer(self._document, 0, start)]
        header = self._document[: self._document.find(b"\n") + 1]
        return read_history_bytes(b"".join([header, *runs, *pairs, self._document[start : self._end]]), self.path.name)


def _months_of(history: History) -> set[str]:
    tables = history.tables
    times = [tables.cycles, history.superseded.tables.cycles, tables.trades, tables.equity, tables.messages]
    names = [pc.strftime(table["timestamp"], format="%Y-%m") for table in times]
    return {name for part in names for name in part.to_pylist()}


def _merged_month(place: Place, before: Manifest, month: str, history: History) -> dict[str, StoredFile]:
    """The files of a month with what the history says of it beside what was there; written where they are new."""
    kept = before.months.get(month)
    parts = [] if kept is None else [History(*_with_source(read_month(place, kept), before.strategy))]
    merged = _merged([*parts, history.between(*_bounds(month))], before.strategy)
    tables = _stored_tables(merged)
    if parts and all(table.equals(old) for table, old in _beside(tables, _stored_tables(parts[0]))):
        assert kept is not None
        return dict(kept)
    return {
        name: _write(place, table, partial(file_path, before.strategy, month, name))
        for name, table in tables.items()
        if table.num_rows
    }


def _with_source(read: tuple[Tables, Tables | None], strategy: str | None) -> tuple[Tables, Source, Tables | None]:
    return read[0], Source(strategy=strategy), read[1]


def _beside(ours: Mapping[str, pa.Table], others: Mapping[str, pa.Table]) -> Iterator[tuple[pa.Table, pa.Table]]:
    return ((table, others[name]) for name, table in ours.items())


class _ScratchDisk(RealDisk):
    """Syncs nothing: what is written is read at once and thrown away."""

    def sync(self, file: int) -> None:
        """See `Disk`."""

    def sync_folder(self, folder: Path) -> None:
        """See `Disk`."""


def _merged(parts: Sequence[History], strategy: str | None) -> History:
    """Several histories as one, as if a recorder had been given them one after the other."""
    with tempfile.TemporaryDirectory(prefix="alpha-model-") as folder:
        path = Path(folder) / "month.jsonl"
        with HistoryRecorder(path, strategy=strategy, disk=_ScratchDisk()) as recorder:
            for part in parts:
                record_history(part, recorder)
        return read_history(path)


def _stored_tables(history: History) -> dict[str, pa.Table]:
    """The tables of a month as they are stored: without numbers of cycles, and of pairs only those that occur."""
    tables, earlier = history.tables, history.superseded.tables
    named = {field.name: getattr(tables, field.name) for field in fields(Tables)}
    named |= {f"{SUPERSEDED}{name}": getattr(earlier, name) for name in REVISED}
    for name in ("cycles", f"{SUPERSEDED}cycles"):
        named[name] = _from_the_dataset(named[name])
    occurring = [named[name]["pair_id"] for name in ("signals", *BESIDE, f"{SUPERSEDED}signals", f"{SUPERSEDED}trades")]
    present = pa.chunked_array([chunk for column in occurring for chunk in column.chunks], pa.int64())
    named["runs"] = tables.runs.filter(pc.is_in(tables.runs["run_id"], value_set=_runs_of(tables, earlier)))
    named["pairs"] = tables.pairs.filter(pc.is_in(tables.pairs["pair_id"], value_set=present.combine_chunks()))
    return {name: named[name].select(schema.names).cast(schema) for name, schema in STORED.items()}


def _runs_of(*tables: Tables) -> pa.Array:
    found = [chunk for each in tables for chunk in each.cycles["run_id"].chunks]
    return pa.chunked_array(found, pa.string()).combine_chunks()


def _from_the_dataset(cycles: pa.Table) -> pa.Table:
    """Cycles whose source is the dataset, and no line of a file that may be gone."""
    for name, value in (("source", "dataset"), ("source_key", None)):
        column = pa.array([value] * cycles.num_rows, pa.string())
        cycles = cycles.set_column(cycles.schema.get_field_index(name), cycles.schema.field(name), column)
    return cycles


def _bounds(month: str) -> tuple[datetime, datetime]:
    """The first and the last moment of a month."""
    year, number = map(int, month.split("-"))
    later = (year + number // _MONTHS_A_YEAR, number % _MONTHS_A_YEAR + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*later, 1, tzinfo=UTC) - timedelta(microseconds=1)


def _write(place: Place, table: pa.Table, path_of: Callable[[str], str]) -> StoredFile:
    data = parquet_bytes(table)
    path = path_of(hashlib.blake2b(data, digest_size=8).hexdigest())
    place.write(path, data)
    return StoredFile(path, len(data), table.num_rows)


def _tidy(place: Place, manifest: Manifest, replaced: set[str]) -> None:
    """Remove what the manifest does not name any more; on this machine also what an interrupted compaction left.

    Nothing is removed that no compaction may have written, nor through a link, which may lead anywhere.
    """
    leftovers = set(replaced)
    folder = folder_of(manifest.strategy)
    if place.is_local and not place.is_link(folder):
        months = [name for name in place.names(folder) if is_month(name) and not place.is_link(f"{folder}/{name}")]
        there = {f"{folder}/{month}/{name}" for month in months for name in place.names(f"{folder}/{month}")}
        leftovers |= {path for path in there - manifest.paths if is_own_file(path.rpartition("/")[2])}
    for path in sorted(leftovers):
        place.remove(path)


def _update(digest: Any, document: Buffer, start: int, stop: int) -> int:
    with memoryview(document) as view:
        for place in range(start, stop, _CHUNK):
            digest.update(view[place : min(stop, place + _CHUNK)])
    return max(start, stop)
