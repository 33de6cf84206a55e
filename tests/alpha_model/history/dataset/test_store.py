"""A dataset says what the records said, whatever happens while it is made and read."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from histories import SAMPLES, differing_tables

from alpha_model.history import EquityPoint, History, HistoryRecorder, compact, read_history, record_history
from alpha_model.history.dataset.manifest import folder_of, load_manifest
from alpha_model.history.files.place import Place
from alpha_model.values.errors import HistoryError, RecordError

MONDAY = 1_767_571_200
"""2026-01-05T00:00Z; the weeks 0 to 3 are in January, 4 to 7 in February."""
WEEK = 7 * 86_400
ORIGIN = ("source", "source_key")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return tmp_path / "histories"


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    return tmp_path / "momentum.jsonl"


def cycle(make: Any, week: int, value: float = 1.0, **settings: Any) -> Any:
    return make.snapshot({"1": make.signal(1, value), str(week): make.signal(week)}, **settings) | {
        "timestamp": MONDAY + week * WEEK
    }


def record(path: Path, make: Any, *weeks: int, value: float = 1.0, strategy: str | None = "Momentum") -> None:
    with HistoryRecorder(path, strategy=strategy) as recorder:
        for week in weeks:
            recorder.append(cycle(make, week, value))


def files_of(dataset: Path) -> dict[str, int]:
    """Every Parquet file of a dataset, and when it was written."""
    return {str(path.relative_to(dataset)): path.stat().st_mtime_ns for path in sorted(dataset.rglob("*.parquet"))}


def weeks_of(history: History) -> list[int]:
    return [(int(when.timestamp()) - MONDAY) // WEEK for when in history.timestamps]


def test_dataset_says_what_the_record_says(segment: Path, dataset: Path, make: Any) -> None:
    with HistoryRecorder(segment, strategy="Momentum") as recorder:
        for week in range(8):
            trades = [make.trade(week, MONDAY + week * WEEK), make.trade(100 + week, MONDAY + week * WEEK + 60)]
            point = EquityPoint(1_000.0 + week, 10.0)
            recorder.append(cycle(make, week), trades=trades if week % 2 else None, equity=point, message=f"no. {week}")
            if week == 2:
                recorder.append(cycle(make, 2, 2.0), trades=[])
                recorder.append(cycle(make, 2, 3.0), trades=[make.trade(7, MONDAY + 2 * WEEK)])
        recorder.append(cycle(make, 7, 2.0))
    (told,) = compact([segment], dataset)
    assert (told.strategy, told.months) == ("Momentum", ("2026-01", "2026-02"))
    assert (told.cycle_count, told.problem_count) == (8, 0)
    written, opened = read_history(segment), History.open(dataset)
    assert differing_tables(written, opened, *ORIGIN) == []
    assert differing_tables(written.superseded, opened.superseded, *ORIGIN) == []
    assert opened.superseded.signals["cycle"].tolist() == [0, 0, 1, 1, 2, 2]
    assert (opened.source.kind, opened.source.strategy, opened.source.name) == ("dataset", "Momentum", "histories")
    assert opened.source.byte_count == sum(path.stat().st_size for path in dataset.rglob("*.parquet"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_samples_are_the_same_from_a_dataset(sample: Path, segment: Path, dataset: Path) -> None:
    whole = read_history(sample)
    first = whole.between(None, whole.timestamps[min(20, len(whole) - 1)])
    named = pc.is_in(
        first.tables.pairs["pair_id"],
        value_set=pa.concat_arrays(
            [
                chunk
                for name in ("signals", "trades", "market")
                for chunk in getattr(first.tables, name)["pair_id"].chunks
            ]
        ),
    )
    with HistoryRecorder(segment, strategy="Momentum") as recorder:
        record_history(History(replace(first.tables, pairs=first.tables.pairs.filter(named))), recorder)
    compact([segment], dataset)
    history = read_history(segment)
    assert differing_tables(history, History.open(dataset), *ORIGIN) in ([], ["pairs"])  # a month has them in its order
    pairs = [each.pairs.sort_values("pair_id", ignore_index=True) for each in (history, History.open(dataset))]
    assert pairs[0].equals(pairs[1])
    middle = history.timestamps[len(history) // 2]
    part = History.open(dataset, between=(middle, None))
    assert part.signals["position_target"].equals(history.between(middle).signals["position_target"])


def test_compaction_again_changes_nothing(
    segment: Path, dataset: Path, make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(segment, make, *range(8))
    compact([segment], dataset)
    before = files_of(dataset)
    monkeypatch.setattr("alpha_model.history.dataset.compaction._merged_month", None)  # nothing is even merged
    (told,) = compact([segment], dataset)
    assert told.months == ()
    copy = shutil.copy(segment, tmp_path / "another name.jsonl")
    assert compact([copy], dataset)[0].months == ()
    with Path(copy).open("ab") as file:
        file.write(b'{"type":"cycle","times')
    assert compact([copy], dataset)[0].months == ()
    assert files_of(dataset) == before


def test_line_that_is_being_written_is_compacted_once_it_is_finished(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, *range(4))
    whole = segment.read_bytes()
    for byte_count in (len(whole) - 20, len(whole)):
        segment.write_bytes(whole[:byte_count])
        compact([segment], dataset)
    assert weeks_of(History.open(dataset)) == [0, 1, 2, 3]


def test_record_that_repeats_a_month_is_told_to_change_the_others(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, *range(4))
    compact([segment], dataset)
    other = segment.with_name("other.jsonl")
    record(other, make, 1, 0, 2, 3, 4)  # in another order, so that its bytes are not those that are known
    assert compact([other], dataset)[0].months == ("2026-02",)


def test_only_months_with_something_new_are_written(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, *range(6))
    compact([segment], dataset)
    january = {name for name in files_of(dataset) if "month=2026-01" in name}
    record(segment, make, 6)
    (told,) = compact([segment], dataset)
    assert told.months == ("2026-02",)
    assert told.cycle_count == 3
    assert {name for name in files_of(dataset) if "month=2026-01" in name} == january
    assert weeks_of(History.open(dataset)) == list(range(7))
    assert len(files_of(dataset)) == len(load_manifest(Place(dataset), "Momentum").paths)  # type: ignore[union-attr]


def test_record_that_was_deleted_stays_in_the_dataset(segment: Path, dataset: Path, make: Any, tmp_path: Path) -> None:
    record(segment, make, 0, 1, 4)
    compact([segment], dataset)
    segment.unlink()
    record(tmp_path / "next.jsonl", make, 1, 2)
    record(tmp_path / "revised.jsonl", make, 4, value=7.0)
    told = compact([tmp_path / "next.jsonl", tmp_path / "revised.jsonl"], dataset)
    assert [each.months for each in told] == [("2026-01",), ("2026-02",)]
    history = History.open(dataset)
    assert weeks_of(history) == [0, 1, 2, 4]
    assert history.cycles["revision"].tolist() == [0, 0, 0, 1]
    assert history.at(datetime(2026, 2, 2)).signals["signal"].tolist() == [7.0, 1.0]
    assert history.superseded.signals["signal"].tolist() == [1.0, 1.0]


def test_trades_between_cycles_and_messages_of_none_are_kept(dataset: Path, make: Any, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    calculations = {str(MONDAY + week * WEEK): cycle(make, week) for week in (0, 5)}
    trades = [make.trade(1, MONDAY - 40 * 86_400), make.trade(2, MONDAY + 2 * WEEK), make.trade(3, MONDAY + 5 * WEEK)]
    messages = {str(MONDAY + 5 * WEEK): ["a report"], str(MONDAY + 9 * WEEK): ["of no cycle"]}
    portfolio = make.portfolio(*trades)
    state.write_text(json.dumps(make.state(calculations, portfolio=portfolio, messages=messages, name="Yearly")))
    compact([state], dataset)
    history = read_history(state)
    assert differing_tables(history, History.open(dataset), *ORIGIN) == []
    assert len(history.trades) == 3
    assert history.messages["message"].tolist() == ["of no cycle"]
    assert compact([state], dataset)[0].months == ()


class Opened(Place):
    """Remembers what was read."""

    names_read: list[str]

    def read(self, name: str) -> bytes:
        self.names_read.append(name)
        return super().read(name)

    def open(self, name: str, byte_count: int) -> pa.NativeFile:
        self.names_read.append(name)
        return super().open(name, byte_count)


@pytest.fixture
def read_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    Opened.names_read = []
    monkeypatch.setattr("alpha_model.history.dataset.read.Place", Opened)
    return Opened.names_read


def test_part_of_the_time_opens_the_files_of_its_months_only(
    segment: Path, dataset: Path, make: Any, read_names: list[str]
) -> None:
    record(segment, make, *range(14))
    compact([segment], dataset)
    whole = read_history(segment)
    for start, end, months in (
        (None, datetime(2026, 1, 19), {"2026-01"}),
        (datetime(2026, 2, 9), datetime(2026, 2, 9), {"2026-02"}),
        ("2026-02-16T00:00Z", datetime(2026, 3, 2, tzinfo=UTC), {"2026-02", "2026-03"}),
        (datetime(2027, 1, 1), None, set()),
    ):
        read_names.clear()
        part = History.open(dataset, between=(start, end))
        assert weeks_of(part) == weeks_of(whole.between(start, end))
        assert part.signals["signal"].tolist() == whole.between(start, end).signals["signal"].tolist()
        opened = {name.split("month=")[1].split("/")[0] for name in read_names if "month=" in name}
        assert opened == months


def test_strategies_share_a_dataset(dataset: Path, make: Any, tmp_path: Path) -> None:
    names = ["Momentum", "momentum 2", "../up", "a/b=c", "", "..", "x" * 400, "x" * 401, "é 💥\n", "a%2Fb", None]
    for number, name in enumerate(names):
        path = tmp_path / f"{number}.jsonl"
        record(path, make, 0, value=float(number), strategy=name)
        (told,) = compact([path], dataset, strategy=name)
        assert told.strategy == name
    for number, name in enumerate(names):
        if name:
            history = History.open(dataset, strategy=name)
            assert history.source.strategy == name
            assert history.signals["signal"].tolist()[0] == float(number)
    assert all(path.is_relative_to(dataset) for path in tmp_path.rglob("*.parquet"))
    assert len(list(dataset.iterdir())) == len(names) + 1, "a folder each, and the lock"
    with pytest.raises(HistoryError, match=r"holds several strategies\. Choose one of .*'Momentum'"):
        History.open(dataset)
    with pytest.raises(HistoryError, match="no strategy 'Value' in"):
        History.open(dataset, strategy="Value")


def test_records_may_be_filed_under_another_name(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, 0)
    for name, filed in (("Copy", "Copy"), (None, "Momentum"), ("Momentum", "Momentum"), ("Copy", "Copy")):
        (told,) = compact([segment], dataset, strategy=name)
        assert told.strategy == filed
    record(segment, make, 1)
    assert compact([segment], dataset)[0].strategy == "Momentum"
    assert len(History.open(dataset, strategy="Momentum")) == 2
    assert len(History.open(dataset, strategy="Copy")) == 1
    assert compact([segment], dataset, strategy="Copy")[0].cycle_count == 2


def test_pairs_are_known_in_what_is_new_of_a_record(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, 0, 4)
    compact([segment], dataset)
    with HistoryRecorder(segment) as recorder:
        recorder.append(make.snapshot({"4": make.signal(4, 2.0)}, timestamp=MONDAY + 9 * WEEK))
    assert compact([segment], dataset)[0].months == ("2026-03",)
    history = History.open(dataset, between=("2026-03-01", None))
    assert history.pairs["ticker"].tolist() == ["WETH-USDC"]
    assert differing_tables(read_history(segment), History.open(dataset), *ORIGIN) == []


def test_what_is_no_dataset_says_how_to_make_one(tmp_path: Path) -> None:
    for where in (tmp_path, tmp_path / "gone", "memory://nothing"):
        with pytest.raises(HistoryError, match=r"is no dataset of histories\. Make one with: alpha-model compact"):
            History.open(where)
    with pytest.raises(HistoryError, match="cannot reach nonsense://x"):
        History.open("nonsense://x")


def test_dataset_may_lie_anywhere(segment: Path, make: Any) -> None:
    where = "memory://bucket/histories"
    try:
        record(segment, make, 0, 1, 5)
        compact([segment], where)
        record(segment, make, 6)
        assert compact([segment], where)[0].months == ("2026-02",)
        assert differing_tables(read_history(segment), History.open(where), *ORIGIN) == []
        there = fsspec.filesystem("memory").find("/bucket/histories")
        manifest = load_manifest(Place(where), "Momentum")
        assert manifest is not None
        assert len([name for name in there if name.endswith(".parquet")]) == len(manifest.paths)
    finally:
        fsspec.filesystem("memory").rm("/bucket", recursive=True)


@pytest.mark.parametrize(("where", "kind"), [("{}", pa.OSFile), ("memory://own/histories", pa.BufferReader)])
def test_arrow_reads_files_and_memory_of_its_own(
    segment: Path, dataset: Path, make: Any, monkeypatch: pytest.MonkeyPatch, where: str, kind: type
) -> None:
    """A Python object that Arrow lets go of while the program ends can take the whole process down."""
    given: list[object] = []
    original = pq.ParquetFile

    def opened(file: object, **settings: Any) -> Any:
        given.append(file)
        return original(file, **settings)

    record(segment, make, 0)
    try:
        compact([segment], where.format(dataset))
        monkeypatch.setattr("alpha_model.history.tables.parquet.pq.ParquetFile", opened)
        assert len(History.open(where.format(dataset))) == 1
    finally:
        shutil.rmtree(dataset, ignore_errors=True)
        fsspec.filesystem("memory").store.clear()
    assert {type(file) for file in given} == {kind}


def test_large_file_elsewhere_is_asked_for_what_is_needed(
    segment: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = "memory://large/histories"
    monkeypatch.setattr("alpha_model.history.files.place._AT_ONCE", 0)
    monkeypatch.setattr("alpha_model.history.tables.parquet._ROWS_PER_GROUP", 1)
    threads: list[bool] = []
    original = pq.ParquetFile.read

    def read(file: Any, *words: Any, use_threads: bool) -> Any:
        threads.append(use_threads)
        return original(file, *words, use_threads=use_threads)

    record(segment, make, 0, 1)
    try:
        compact([segment], where)
        monkeypatch.setattr(pq.ParquetFile, "read", read)
        assert len(History.open(where)) == 2
    finally:
        fsspec.filesystem("memory").store.clear()
    assert set(threads) == {False}


def test_second_compaction_at_a_time_is_refused(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, 0)
    with Place(dataset).locked(), pytest.raises(RecordError, match=r"another compaction into .* is under way"):
        compact([segment], dataset)
    assert compact([segment], dataset)[0].months == ("2026-01",)


def test_damage_is_named(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, 0)
    compact([segment], dataset)
    (signals,) = dataset.rglob("signals-*.parquet")
    content = bytearray(signals.read_bytes())
    group = pq.ParquetFile(signals).metadata.row_group(0)
    content[group.column(group.num_columns - 1).data_page_offset + 30] ^= 255
    signals.write_bytes(content)
    with pytest.raises(HistoryError, match=r"strategy=Momentum/month=2026-01/signals-.*is damaged"):
        History.open(dataset)
    signals.unlink()
    with pytest.raises(HistoryError, match="files of 'Momentum' are missing"):
        History.open(dataset)
    manifest = dataset / "strategy=Momentum" / "_manifest.json"
    later = manifest.read_text().replace('"version": 1', '"version": 2')
    manifest.write_text(later)
    with pytest.raises(HistoryError, match="dataset of version 2, and this program reads up to version 1"):
        History.open(dataset)
    manifest.write_text(later[:-20])
    with pytest.raises(HistoryError, match=r"_manifest\.json .* is damaged"):
        History.open(dataset)


def test_names_that_a_file_system_takes_for_one_are_refused(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, 0)
    compact([segment], dataset)
    (dataset / folder_of("Momentum")).rename(dataset / folder_of("MOMENTUM"))
    with pytest.raises(HistoryError, match="cannot hold both 'MOMENTUM' and 'Momentum'"):
        compact([segment], dataset, strategy="MOMENTUM")


class Power(BaseException):
    """The machine went away."""


def test_compaction_may_die_at_any_moment(
    segment: Path, dataset: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(segment, make, 0)
    compact([segment], dataset)
    record(segment, make, 1)
    before, after = History.open(dataset), read_history(segment)
    kept = shutil.copytree(dataset, dataset.with_name("kept"))
    calls: list[str] = []
    dies_at = -1

    def counted(name: str) -> Any:
        real = getattr(os, name)

        def call(*args: Any, **settings: Any) -> Any:
            if dies_at == len(calls):
                raise Power
            calls.append(name)
            return real(*args, **settings)

        return call

    with monkeypatch.context() as patch:
        for name in ("fsync", "replace", "rename", "unlink", "remove"):
            patch.setattr(os, name, counted(name))
        compact([segment], dataset)
        total, seen = len(calls), []
        for moment in range(total):
            shutil.rmtree(dataset)
            shutil.copytree(kept, dataset)
            dies_at = moment
            calls.clear()
            with pytest.raises(Power):
                compact([segment], dataset)
            dies_at = -1
            found = History.open(dataset)
            seen.append(len(found))
            assert differing_tables(found, before if len(found) == 1 else after, *ORIGIN) == []
            compact([segment], dataset)
            assert differing_tables(History.open(dataset), after, *ORIGIN) == []
            there = {path.name for path in (dataset / "strategy=Momentum" / "month=2026-01").iterdir()}
            manifest = load_manifest(Place(dataset), "Momentum")
            assert manifest is not None
            assert there == {path.rpartition("/")[2] for path in manifest.paths if "2026-01" in path}
    assert total > 12
    assert seen == sorted(seen)
    assert set(seen) == {1, 2}


def write_cycles(path: Path, make: Any, count: int, pause: float) -> None:
    with HistoryRecorder(path, strategy="Momentum") as recorder:
        for number in range(count):
            recorder.append(cycle(make, number % 20, float(number)) | {"timestamp": MONDAY + number * 43_200})
            time.sleep(pause)


def test_writer_reader_and_compactor_do_not_disturb_each_other(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make)
    context = multiprocessing.get_context("spawn")
    count = 120
    writer = threading.Thread(target=write_cycles, args=(segment, make, count, 0.01))
    reader_stops = context.Event()
    results = context.Queue()
    reader = context.Process(target=watch, args=(str(dataset), reader_stops, results))
    writer.start()
    compact([segment], dataset)
    reader.start()
    while writer.is_alive():
        compact([segment], dataset)
    compact([segment], dataset)
    writer.join()
    lengths = wait_for_all(results, reader_stops, count)
    reader.join(30)
    assert reader.exitcode == 0
    assert lengths == sorted(lengths), "no cycle is ever lost again"
    assert lengths[-1] == count
    assert differing_tables(read_history(segment), History.open(dataset), *ORIGIN) == []


def wait_for_all(results: Any, stops: Any, count: int) -> list[int]:
    """What the reader saw, up to the whole."""
    lengths: list[int] = []
    while not lengths or lengths[-1] < count:
        found = results.get(timeout=60)
        assert isinstance(found, int), found
        lengths.append(found)
    stops.set()
    return lengths


def watch(dataset: str, stops: Any, results: Any) -> None:
    """Open a dataset again and again, and tell how many cycles were there, or what was wrong."""
    try:
        while not stops.is_set():
            history = History.open(dataset)
            numbers = history.signals.groupby("cycle").size()
            assert history.cycles["timestamp"].is_unique
            assert (
                numbers.reindex(history.cycles["cycle"], fill_value=0).tolist() == history.cycles["raw_count"].tolist()
            )
            results.put(len(history))
    except BaseException as error:
        results.put(repr(error))
        raise


def compact_forever(segment: str, dataset: str) -> None:
    while True:
        compact([segment], dataset)


def test_killed_compactor_leaves_a_dataset_that_can_be_read(segment: Path, dataset: Path, make: Any) -> None:
    record(segment, make, 0)
    compact([segment], dataset)
    compactor = multiprocessing.get_context("spawn").Process(
        target=compact_forever, args=(str(segment), str(dataset)), daemon=True
    )
    compactor.start()
    for week in range(1, 30):
        record(segment, make, week)
        if len(History.open(dataset)) > 3:
            break
        time.sleep(0.1)
    os.kill(compactor.pid or 0, signal.SIGKILL)
    compactor.join()
    assert weeks_of(History.open(dataset)) == list(range(len(History.open(dataset))))
    compact([segment], dataset)
    assert differing_tables(read_history(segment), History.open(dataset), *ORIGIN) == []


@pytest.fixture
def manifest(segment: Path, dataset: Path, make: Any) -> Path:
    """The manifest of a dataset, to which the segment then has more."""
    record(segment, make, 0)
    compact([segment], dataset)
    record(segment, make, 1)
    return dataset / "strategy=Momentum" / "_manifest.json"


def rewrite(manifest: Path, **months: Any) -> None:
    known = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(known | {"months": known["months"] | months}))


@pytest.mark.parametrize(
    "path",
    [
        "../outside/signals-0123456789abcdef.parquet",
        "strategy=Momentum/month=2026-01/../../../outside/signals-0123456789abcdef.parquet",
        "strategy=Momentum/month=2026-01/signals.parquet",
        "strategy=Momentum/month=2026-02/signals-0123456789abcdef.parquet",
        "strategy=Other/month=2026-01/signals-0123456789abcdef.parquet",
        "strategy=Momentum/month=2026-01/trades-0123456789abcdef.parquet",
        "/etc/signals-0123456789abcdef.parquet",
        "",
    ],
)
def test_manifest_that_names_another_file_is_refused_and_nothing_removed(
    manifest: Path, segment: Path, dataset: Path, path: str
) -> None:
    aim = dataset / path.lstrip("/") if path else None
    if aim is not None:
        aim.resolve().parent.mkdir(parents=True, exist_ok=True)
        aim.resolve().write_text("important")
    rewrite(manifest, **{"2026-01": {"signals": {"path": path, "byte_count": 9, "row_count": 1}}})
    for ask in (lambda: compact([segment], dataset), lambda: History.open(dataset)):
        with pytest.raises(HistoryError, match=r"_manifest\.json .* which is no file of its own"):
            ask()
    assert aim is None or aim.read_text() == "important"


@pytest.mark.usefixtures("manifest")
def test_manifest_that_names_a_link_is_refused(dataset: Path, tmp_path: Path) -> None:
    (signals,) = dataset.rglob("signals-*.parquet")
    signals.rename(tmp_path / "private.parquet")
    signals.symlink_to(tmp_path / "private.parquet")
    with pytest.raises(HistoryError, match="which is no file of its own"):
        History.open(dataset)


@pytest.mark.parametrize("month", ["2026-13", "../2026-01", "2026-01/..", "2026-1"])
def test_manifest_with_a_month_that_is_none_is_refused(manifest: Path, dataset: Path, month: str) -> None:
    path = f"strategy=Momentum/month={month}/signals-0123456789abcdef.parquet"
    rewrite(manifest, **{month: {"signals": {"path": path, "byte_count": 9, "row_count": 1}}})
    with pytest.raises(HistoryError, match="which is no file of its own"):
        History.open(dataset)


def test_manifest_in_the_folder_of_another_strategy_is_refused(manifest: Path, segment: Path, dataset: Path) -> None:
    shutil.copytree(manifest.parent, dataset / "strategy=Other")
    with pytest.raises(HistoryError, match=r"strategy=Other/_manifest.json .* it is that of 'Momentum'"):
        compact([segment], dataset)


def test_compaction_removes_nothing_that_none_wrote(
    manifest: Path, segment: Path, dataset: Path, tmp_path: Path
) -> None:
    month = manifest.parent / "month=2026-01"
    leftover, notes = month / "signals-0123456789abcdef.parquet", month / "notes.parquet"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    kept = elsewhere / leftover.name
    for path in (leftover, notes, kept):
        path.write_text("x")
    (manifest.parent / "month=2025-12").symlink_to(elsewhere)
    compact([segment], dataset)
    assert not leftover.exists()
    assert notes.exists()
    assert kept.exists()
