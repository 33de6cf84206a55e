"""Which case has this number? An input of one of ten kinds, bent by dice that the seed and the number decide."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from alpha_model.history import HistoryCache, read_history
from alpha_model.history.record.lines import seal
from fuzzing.inputs import Files, Inputs, all_inputs
from fuzzing.mutations import bent_bytes, bent_cells, bent_document, bent_table, dumped

MANIFEST = "_manifest.json"
BYTES_ONLY = 0.25
"""So often the bytes are bent without any regard for what they mean."""


@dataclass(frozen=True, slots=True)
class Case:
    """One input.

    Args:
        seed: Of the run.
        number: Within it; the two decide everything.
        kind: A key of `KINDS`.
        path: The file or the folder.
    """

    seed: int
    number: int
    kind: str
    path: Path

    def dice(self) -> Random:
        """For what is still to be decided about it."""
        return Random(f"{self.seed}/{self.number}/asked")


def make_case(seed: int, number: int, folder: Path, *, beside: bool = True) -> Case:
    """The case of this number, as a file or a folder of its own below `folder`.

    Args:
        seed: Of the run.
        number: Within it.
        folder: Where nothing else is.
        beside: Bend inputs too that lie beside the repository, where they do; they make other cases of all numbers.
    """
    kind = list(KINDS)[number % len(KINDS)]
    return Case(seed, number, kind, KINDS[kind](Random(f"{seed}/{number}"), folder, all_inputs(beside=beside)))


def cache_beside(path: Path) -> HistoryCache:
    """The cache that belongs to a case."""
    return HistoryCache(path.parent / "cache", smallest=0)


def _written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _json_file(name: str, dice: Random, folder: Path, good: Inputs) -> Path:
    data = dice.choice(good.plain[name])
    if dice.random() >= BYTES_ONLY:
        data = dumped(bent_document(json.loads(data), dice))
    return _written(folder / name, bent_bytes(data, dice) if dice.random() < BYTES_ONLY else data)


def _bent_record(data: bytes, dice: Random) -> bytes:
    """Lines changed, doubled, lost and in another order; most have good checksums."""
    if dice.random() < BYTES_ONLY:
        return bent_bytes(data, dice)
    lines = [line for line in data.splitlines() if line.strip()]
    for _ in range(dice.choice((1, 1, 2, 3))):
        place = dice.randrange(len(lines))
        kind = dice.choice(("document", "document", "document", "lose", "double", "swap", "bytes"))
        if kind == "document":
            lines[place] = _bent_line(lines[place], dice)
        elif kind == "lose" and len(lines) > 1:
            del lines[place]
        elif kind == "double":
            lines.insert(place, lines[dice.randrange(len(lines))])
        elif kind == "swap":
            other = dice.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        else:
            lines[place] = bent_bytes(lines[place], dice).replace(b"\n", b" ")
    return b"".join(line + b"\n" for line in lines)


def _bent_line(line: bytes, dice: Random) -> bytes:
    try:
        body = json.loads(line)
        body.pop("crc32", None)
        bent = dumped(bent_document(body, dice), separators=(",", ":"))
    except (ValueError, AttributeError):
        return line
    return seal(bent).rstrip(b"\n")


def _record(dice: Random, folder: Path, good: Inputs) -> Path:
    return _written(folder / "record.jsonl", _bent_record(dice.choice(good.plain["record.jsonl"]), dice))


def _csv(dice: Random, folder: Path, good: Inputs) -> Path:
    data = dice.choice(good.plain["weights.csv"])
    bent = bent_bytes(data, dice) if dice.random() < BYTES_ONLY else bent_cells(data.decode(), dice)
    return _written(folder / "weights.csv", bent)


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _written_table(table: pa.Table, dice: Random) -> bytes:
    """A Parquet file of it, bent; of the table itself where Parquet has no such type."""
    bent = table if dice.random() < BYTES_ONLY else bent_table(table, dice)
    try:
        data = _parquet(bent)
    except (pa.ArrowException, UnicodeError):
        data = _parquet(table)
    return bent_bytes(data, dice) if bent is table else data


def _weights_parquet(dice: Random, folder: Path, good: Inputs) -> Path:
    return _written(folder / "weights.parquet", _written_table(dice.choice(good.tables), dice))


def _dataset(dice: Random, folder: Path, good: Inputs) -> Path:
    """A dataset with a bent Parquet file, of which the manifest mostly knows."""
    files = dict(dice.choice(good.datasets))
    name = dice.choice([name for name in files if name.endswith(".parquet")])
    table = pq.read_table(pa.BufferReader(files[name]))
    before, files[name] = len(files[name]), _written_table(table, dice)
    manifest = next(name for name in files if name.endswith(MANIFEST))
    if dice.random() >= BYTES_ONLY:
        rows = table.num_rows
        told = files[manifest].replace(b'"byte_count": %d' % before, b'"byte_count": %d' % len(files[name]))
        files[manifest] = told.replace(b'"row_count": %d' % rows, b'"row_count": %d' % dice.choice((rows, 0, 7)))
    return _written_dataset(files, folder)


def _manifest(dice: Random, folder: Path, good: Inputs) -> Path:
    """A dataset whose manifest is bent, or that lacks a file."""
    files = dict(dice.choice(good.datasets))
    manifest = next(name for name in files if name.endswith(MANIFEST))
    if dice.random() < BYTES_ONLY:
        files[manifest] = bent_bytes(files[manifest], dice)
    else:
        files[manifest] = dumped(bent_document(json.loads(files[manifest]), dice))
    if dice.random() < BYTES_ONLY / 4:
        del files[dice.choice(list(files))]
    return _written_dataset(files, folder)


def _written_dataset(files: Files, folder: Path) -> Path:
    for name, data in files.items():
        _written(folder / "dataset" / name, data)
    return folder / "dataset"


def _packed(dice: Random, folder: Path, good: Inputs) -> Path:
    """A packed file: bent inside, outside, twice packed, two in one, or of another packing than its name says."""
    name = dice.choice(list(good.plain))
    data = dice.choice(good.plain[name])
    data = bent_bytes(data, dice) if dice.random() < BYTES_ONLY else data
    suffix = dice.choice(list(_PACKINGS))
    pack = _PACKINGS[dice.choice((suffix, suffix, suffix, *_PACKINGS))]
    packed = pack(data) + dice.choice((b"", b"", b"", pack(data), b"\x00" * 9, b"\n"))
    packed = pack(packed) if dice.random() < 0.1 else packed
    return _written(folder / f"{name}{suffix}", bent_bytes(packed, dice) if dice.random() < BYTES_ONLY else packed)


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def _zipped(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr(zipfile.ZipInfo("state.json"), data)
    return archive.getvalue()


_PACKINGS = {".gz": _gzipped, ".zst": _zstd, ".zip": _zipped}


def _cached(dice: Random, folder: Path, good: Inputs) -> Path:
    """A good file whose entry in the cache is bent."""
    name = dice.choice(list(good.plain)[:-1])
    path = _written(folder / name, good.plain[name][0])
    cache = cache_beside(path)
    history = read_history(path)
    cache.store(path, history, path.stat())
    entries = sorted(each for each in cache.folder.rglob("*") if each.is_file())
    for entry in dice.sample(entries, dice.choice((1, 1, 2))):
        entry.write_bytes(bent_bytes(entry.read_bytes(), dice))
    return path


KINDS: dict[str, Callable[[Random, Path, Inputs], Path]] = {
    "state": partial(_json_file, "state.json"),
    "last cycle only": partial(_json_file, "last_cycle.json"),
    "snapshot": partial(_json_file, "snapshot.json"),
    "record": _record,
    "CSV table": _csv,
    "Parquet table": _weights_parquet,
    "dataset": _dataset,
    "manifest": _manifest,
    "packed": _packed,
    "cache entry": _cached,
}
"""What can be bent, and how it is made."""
