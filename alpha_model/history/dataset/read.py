"""What does a Parquet dataset say of a strategy, and of a part of its time only?

A dataset is a folder, or an address of fsspec, in which every strategy and month has files of its own:
`strategy=Momentum/month=2026-01/signals-….parquet`. Only the months that are asked for are opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.history.dataset.manifest import Manifest, StoredFile, load_manifest, load_manifests
from alpha_model.history.files import Place
from alpha_model.history.tables import (
    REVISED,
    SCHEMAS,
    SUPERSEDED,
    PairBook,
    Problems,
    Tables,
    Window,
    empty_tables,
    one_sentence,
    places_of,
    read_parquet,
)
from alpha_model.values import HistoryError

_ATTEMPTS = 20
_THREADS = 8

_KEYS = {"pairs": "pair_id", "runs": "run_id"}
"""What names the rows of the tables that every month says again."""

Found = TypeVar("Found")
_Numbers: TypeAlias = npt.NDArray[np.int64]


def _stored() -> dict[str, pa.Schema]:
    """Numbers of cycles are places in the opened history: they are not stored, but for revisions of one time."""
    without = {
        name: pa.schema([field for field in schema if field.name != "cycle"])
        for name, schema in SCHEMAS.items()
        if name != "problems"
    }
    return without | {f"{SUPERSEDED}{name}": SCHEMAS[name] for name in REVISED}


STORED = _stored()
"""The tables of a month, by name."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was read: the tables of a history, of the revisions before, and what they came from."""

    manifest: Manifest
    name: str
    tables: Tables
    superseded: Tables | None


def month_of(moment: datetime) -> str:
    """The name of the month of a time, UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc.month:02}"


def _has(window: Window, month: str) -> bool:
    """Does some of the month lie within?"""
    first, last = (None if moment is None else month_of(moment) for moment in (window.start, window.end))
    return (first is None or month >= first) and (last is None or month <= last)


def dataset_versions(where: Path | str) -> dict[str, str]:
    """The strategies of a dataset, each with a text that changes whenever its history there does.

    Reads the manifests only.

    Args:
        where: A folder, or an address of fsspec.

    Returns:
        By name, `""` for records without one, in the order of their folders; empty where there is no dataset.

    Raises:
        HistoryError: The place cannot be reached, or a manifest is damaged.
    """
    place = Place(where)
    with one_sentence(place.name):
        return {manifest.strategy or "": manifest.fingerprint for manifest in load_manifests(place)}


def read_dataset(where: Path | str, strategy: str | None, window: Window) -> Stored:
    """The history of a strategy in a dataset.

    Args:
        where: The dataset.
        strategy: Whose; None where the dataset holds one only, `""` for records without a name.
        window: What is wanted of it; the files of other months are not opened.

    Raises:
        HistoryError: There is no such dataset or strategy, or a file is damaged.
    """
    place = Place(where)

    def read(manifest: Manifest) -> Stored:
        months = [files for month, files in manifest.months.items() if _has(window, month)]
        return Stored(manifest, place.name, *_tables(place, months, window))

    with one_sentence(place.name):
        return steadily(place, _chosen(place, strategy), read)


def steadily(place: Place, strategy: str | None, read: Callable[[Manifest], Found]) -> Found:
    """Read what a manifest names, again with the next one where a compaction took its files away meanwhile.

    Raises:
        HistoryError: A file is missing, and not because of a compaction.
    """
    before: Manifest | None = None
    for _ in range(_ATTEMPTS):
        manifest = load_manifest(place, strategy)
        if manifest is None or manifest == before:
            break
        try:
            return read(manifest)
        except FileNotFoundError:
            before = manifest
    raise HistoryError(
        f"files of {strategy!r} are missing from {place}. Compact its records into a new dataset.",
        path=str(place),
        strategy=strategy,
    )


def read_month(place: Place, files: Mapping[str, StoredFile]) -> tuple[Tables, Tables | None]:
    """The tables of one month, and of its earlier revisions."""
    return _tables(place, [files], Window())


def _chosen(place: Place, strategy: str | None) -> str | None:
    known = [manifest.strategy for manifest in load_manifests(place)]
    wanted = strategy or (None if None in known else strategy)
    if not known:
        raise HistoryError(
            f"{place} is no dataset of histories. Make one with: alpha-model compact history.jsonl --into {place}",
            path=str(place),
        )
    if strategy is None and len(known) == 1:
        return known[0]
    if strategy is None or wanted not in known:
        names = ", ".join(repr(name or "") for name in known)
        what = f"no strategy {strategy!r} in {place}" if strategy is not None else f"{place} holds several strategies"
        raise HistoryError(f"{what}. Choose one of {names}.", path=str(place), strategy=strategy)
    return wanted


def _tables(place: Place, months: Sequence[Mapping[str, StoredFile]], window: Window) -> tuple[Tables, Tables | None]:
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = {name: _parts(pool, place, months, name, window) for name in STORED}
        found = {name: _joined(name, months, parts) for name, parts in waiting.items()}
    cycles, problems = found["cycles"], Problems()
    times = cycles["timestamp"].cast(pa.int64()).to_numpy()
    places = places_of(times, found["signals"]["timestamp"].cast(pa.int64()).to_numpy())
    if (np.diff(times) <= 0).any() or (places < 0).any() or (np.diff(places) < 0).any():
        raise HistoryError(
            f"the cycles of {place} are out of order, or signals are of no cycle. Compact its records into a new "
            "dataset.",
            path=str(place),
        )
    tables = Tables(
        cycles=_with_cycle(cycles, pa.array(np.arange(len(times))), "cycles"),
        signals=_with_cycle(found["signals"], pa.array(places), "signals"),
        pairs=_all_pairs(found, problems),
        trades=_with_cycle(found["trades"], _last_cycle(found["trades"], times), "trades"),
        positions=_of_cycles(found["positions"], times, "positions"),
        market=_of_cycles(found["market"], times, "market"),
        equity=found["equity"],
        messages=found["messages"],
        runs=found["runs"],
        problems=problems.table(),
    )
    if not found[f"{SUPERSEDED}cycles"].num_rows:
        return tables, None
    earlier = {name: found[f"{SUPERSEDED}{name}"] for name in REVISED}
    return tables, replace(empty_tables(), **earlier, pairs=tables.pairs)


def _parts(
    pool: Executor, place: Place, months: Sequence[Mapping[str, StoredFile]], name: str, window: Window
) -> Iterator[pa.Table | None]:
    """The table of each month, on its way; None where the month has no such rows."""
    wanted = window if "timestamp" in STORED[name].names else Window()
    return pool.map(lambda files: _read(place, files[name], STORED[name], wanted) if name in files else None, months)


def _joined(name: str, months: Sequence[Mapping[str, StoredFile]], parts: Iterable[pa.Table | None]) -> pa.Table:
    is_revised, start, joined = name.startswith(SUPERSEDED), 0, [STORED[name].empty_table()]
    for files, part in zip(months, parts, strict=True):
        if part is not None:
            joined.append(_set_cycle(part, pc.add(part["cycle"], start)) if is_revised else part)
        if is_revised and f"{SUPERSEDED}cycles" in files:
            start += files[f"{SUPERSEDED}cycles"].row_count
    table = pa.concat_tables(joined)
    return (_last_of(table, _KEYS[name]) if name in _KEYS else table).combine_chunks()


def _read(place: Place, stored: StoredFile, schema: pa.Schema, window: Window) -> pa.Table:
    try:
        with place.open(stored.path, stored.byte_count) as file:
            return read_parquet(file, schema, window)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise HistoryError(
            f"{stored.path} in {place} is damaged: {place.told(error)}. Compact its records into a new dataset.",
            path=stored.path,
        ) from error


def _last_of(table: pa.Table, key: str) -> pa.Table:
    """One row a pair or run: the last that was told of it, at the place of the first."""
    ids = table[key].to_pylist()
    last = {each: row for row, each in enumerate(ids)}
    return table.take(pa.array([last[each] for each in dict.fromkeys(ids)], pa.int64()))


def _all_pairs(found: Mapping[str, pa.Table], problems: Problems) -> pa.Table:
    """The pairs that are described, then those that other tables name and nothing describes."""
    pairs, book = found["pairs"], PairBook()
    for name, table in found.items():
        if name != "pairs" and "pair_id" in table.column_names:
            strange = pc.invert(pc.is_in(table["pair_id"], value_set=pairs["pair_id"].combine_chunks()))
            book.mention(pc.unique(table["pair_id"].filter(strange)).to_pylist())
    return pa.concat_tables([pairs, book.table(problems)]).combine_chunks()


def _last_cycle(trades: pa.Table, times: _Numbers) -> pa.Array:
    moments = trades["timestamp"].cast(pa.int64()).to_numpy()
    found = np.searchsorted(times, moments, side="right") - 1
    return pa.array(found, pa.int64(), mask=found < 0)


def _of_cycles(rows: pa.Table, times: _Numbers, name: str) -> pa.Table:
    """The rows with the numbers of their cycles; those of no cycle are left out."""
    places = places_of(times, rows["timestamp"].cast(pa.int64()).to_numpy())
    table = _with_cycle(rows, pa.array(places), name)
    return table.filter(pc.greater_equal(table["cycle"], 0)).combine_chunks()


def _with_cycle(table: pa.Table, numbers: pa.Array, name: str) -> pa.Table:
    return table.add_column(0, SCHEMAS[name].field("cycle"), numbers.cast(pa.int64()))


def _set_cycle(table: pa.Table, numbers: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index("cycle"), table.schema.field("cycle"), numbers)
