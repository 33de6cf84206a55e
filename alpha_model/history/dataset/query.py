"""What does SQL say about a dataset?

DuckDB asks, within this process. It never touches a file: it is handed the dataset's tables, and everything else
(files, network, extensions, settings, the program's own variables) is locked before the query is read. A query that
takes too long, or too much memory, is ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pa_dataset

from alpha_model.history.dataset.manifest import Manifest, load_manifests
from alpha_model.history.dataset.read import STORED
from alpha_model.history.files import Place
from alpha_model.history.tables import FLAG_BITS
from alpha_model.values import HistoryError

_ROWS = 100_000
_AGAIN_SECONDS = 0.05
_PARTITION = [pa.field("strategy", pa.string()), pa.field("month", pa.string())]
_ATTEMPTS = 10
_LOCKED = (
    "SET TimeZone = 'UTC'",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_FLAGS = (
    "CREATE VIEW flags AS SELECT strategy, month, timestamp, pair_id, unnest(list_concat(list_filter(["  # noqa: S608 - our own names
    + ", ".join(f"CASE WHEN flag_bits & {bit} > 0 THEN '{name}' END" for name, bit in FLAG_BITS.items())
    + "], lambda flag: flag IS NOT NULL), coalesce(other_flags, []))) AS flag FROM signals"
)
_PAIRS = (
    "CREATE VIEW pairs AS SELECT * FROM told_pairs "
    "QUALIFY row_number() OVER (PARTITION BY strategy, pair_id ORDER BY month DESC) = 1"
)


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a query may take.

    Args:
        seconds: Until its whole answer is there.
        megabytes: Of memory while it is worked on; and again for its answer.
    """

    seconds: float = 60.0
    megabytes: int = 2_000

    def __post_init__(self) -> None:
        """Raise a HistoryError where a limit lets nothing through."""
        if not (0 < self.seconds < threading.TIMEOUT_MAX and self.megabytes > 0):
            raise HistoryError(
                f"a query needs some time and memory, got {self.seconds:g} s and {self.megabytes:,} MB. "
                "Give positive numbers."
            )


def query_dataset(dataset: Path | str, sql: str, limits: QueryLimits | None = None) -> pa.Table:
    """Ask a dataset in SQL.

    The tables are `cycles`, `signals`, `pairs`, `trades`, `equity`, `messages`, `flags` (one row a flag) and, of
    revisions that were superseded, `superseded_cycles`, `superseded_signals` and `superseded_trades`. Each also has
    `strategy` and `month` (`2026-01`, UTC); conditions on these open only the files concerned. A cycle is named by its
    strategy and timestamp.

    Args:
        dataset: A folder, or an address of fsspec.
        sql: One SELECT, in DuckDB's dialect.
        limits: What it may take; None is a minute and 2,000 MB.

    Returns:
        The answer, as it was at one moment.

    Raises:
        HistoryError: DuckDB is not installed, there is no such dataset, or the query cannot be answered within limits.
    """
    place = Place(dataset)
    for _ in range(_ATTEMPTS):
        manifests = list(load_manifests(place))
        if not manifests:
            raise HistoryError(
                f"{place} is no dataset of histories. Make one with: alpha-model compact history.jsonl --into {place}",
                path=str(place),
            )
        try:
            return _answer(place, manifests, sql, limits or QueryLimits())
        except HistoryError:
            if list(load_manifests(place)) == manifests:
                raise  # else a compaction may have taken the files away
    raise HistoryError(f"{place} changes too quickly to be asked. Try again.", path=str(place))


def _answer(place: Place, manifests: Sequence[Manifest], sql: str, limits: QueryLimits) -> pa.Table:
    try:
        import duckdb  # noqa: PLC0415 - an extra that not everybody has
    except ImportError as error:
        raise HistoryError(
            "SQL needs DuckDB, which is not installed. Install it with: pip install 'alpha-model[sql]'"
        ) from error
    with duckdb.connect(":memory:") as connection:
        for name, schema in STORED.items():
            connection.register("told_pairs" if name == "pairs" else name, _table(place, manifests, name, schema))
        connection.execute(_FLAGS)
        connection.execute(_PAIRS)
        for setting in (f"SET memory_limit = '{limits.megabytes}MB'", *_LOCKED):
            connection.execute(setting)
        try:
            with _within(connection, sql, limits):
                return _fetched(_one_select(duckdb, connection, sql), sql, limits)
        except duckdb.OutOfMemoryException as error:
            raise _too_much(sql, limits) from error
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            told = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise HistoryError(f"the query cannot be answered: {told}", sql=sql) from error


@contextmanager
def _within(connection: Any, sql: str, limits: QueryLimits) -> Iterator[None]:
    """Interrupt what runs when the time is over, until it heeds that."""
    done, over = threading.Event(), threading.Event()

    def watch() -> None:
        wait = limits.seconds
        while not done.wait(wait):
            over.set()
            connection.interrupt()
            wait = _AGAIN_SECONDS

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if over.is_set():
            raise HistoryError(
                f"the query takes more than {limits.seconds:g} s. Ask for less, such as one month or strategy, or "
                "allow it more with --seconds (QueryLimits).",
                sql=sql,
            ) from error
        raise
    finally:
        done.set()
        watcher.join()


def _fetched(found: Any, sql: str, limits: QueryLimits) -> pa.Table:
    """The answer, piece by piece, so that one without end is noticed."""
    reader, pieces, size = found.to_arrow_reader(_ROWS), [], 0
    for piece in reader:
        pieces.append(piece)
        size += piece.nbytes
        if size > limits.megabytes * 1_000_000:
            raise _too_much(sql, limits)
    return pa.Table.from_batches(pieces, reader.schema)


def _too_much(sql: str, limits: QueryLimits) -> HistoryError:
    return HistoryError(
        f"the query takes more than {limits.megabytes:,} MB of memory. Ask for less, such as fewer columns, one month "
        "or a LIMIT, or allow it more with --megabytes (QueryLimits).",
        sql=sql,
    )


def _one_select(duckdb: Any, connection: Any, sql: str) -> Any:
    statements = connection.extract_statements(sql)
    allowed = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if len(statements) != 1 or statements[0].type not in allowed:
        kinds = ", ".join(str(each.type).rpartition(".")[2] for each in statements) or "nothing"
        raise HistoryError(f"a dataset is asked with one SELECT, got {kinds}. Nothing was done.", sql=sql)
    return connection.sql(statements[0].query)


def _table(place: Place, manifests: Sequence[Manifest], name: str, schema: pa.Schema) -> Any:
    """A table of all strategies and months; only what a query needs of it is read."""
    paths, partitions = [], []
    for manifest in manifests:
        strategy = pa_dataset.field("strategy")
        is_his = strategy.is_null() if manifest.strategy is None else strategy == manifest.strategy
        for month, files in manifest.months.items():
            if name in files:
                paths.append(place.path(files[name].path))
                partitions.append(is_his & (pa_dataset.field("month") == month))
    whole = pa.schema([*_PARTITION, *(field.remove_metadata().with_nullable(nullable=True) for field in schema)])
    if not paths:
        return whole.empty_table()
    return pa_dataset.FileSystemDataset.from_paths(
        paths, schema=whole, format=pa_dataset.ParquetFileFormat(), filesystem=place.arrow, partitions=partitions
    )
