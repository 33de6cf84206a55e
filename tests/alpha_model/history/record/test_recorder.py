"""Every appended cycle is on disk, once, and comes back as it was."""

from __future__ import annotations

import errno
import gzip
import json
import math
import os
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import make_model, make_pair
from hypothesis import given
from hypothesis import strategies as st

from alpha_model import TradeExecution, TradeType
from alpha_model.history import EquityPoint, History, HistoryRecorder, read_history, read_history_bytes
from alpha_model.history.record.lines import seal
from alpha_model.history.tables.schema import Tables
from alpha_model.values.errors import HistoryError, RecordError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400
NUMBERS = st.one_of(st.none(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def record(path: Path, *models: Any, **settings: Any) -> History:
    """The history of a new file with these models in it."""
    with HistoryRecorder(path, strategy="Momentum") as recorder:
        for model in models:
            recorder.append(model, **settings)
    return read_history(path)


def without_source(history: History) -> dict[str, Any]:
    """The tables without what tells where they came from."""
    tables = {field.name: getattr(history.tables, field.name) for field in fields(Tables)}
    return tables | {"cycles": tables["cycles"].drop_columns(["source", "source_key"])}


def test_cycle_comes_back_as_it_was(path: Path, make: Any) -> None:
    raw = {"2": make.signal(2, 2.0, flags=["closed", "new"]), "1": make.signal(1, 0.5, other_data={"a": [1, "é"]})}
    model = make.snapshot(raw, {"2": raw["2"]}, pipeline=[{"step": "x"}], regime="bull")
    history = record(path, model, message="first\nsecond")
    assert history.signals["pair_id"].tolist() == [2, 1]
    assert history.signals["selected"].tolist() == [True, False]
    assert history.flags["flag"].tolist() == ["closed", "new"]
    assert history.signals["other_data"].tolist() == ["{}", '{"a":[1,"é"]}']
    cycle = history.cycles.loc[0]
    assert cycle[["raw_count", "selected_count", "investable_equity"]].tolist() == [2, 1, 1_000.0]
    assert cycle[["message", "pipeline", "extra"]].tolist() == ["first\nsecond", '[{"step":"x"}]', '{"regime":"bull"}']
    assert cycle[["source", "source_key"]].tolist() == ["recorder", "4"]
    assert (history.source.kind, history.source.strategy) == ("recorder file", "Momentum")
    assert history.problems.empty


def test_zero_is_recorded_and_absent_is_not(path: Path, make: Any) -> None:
    signals = {"1": make.signal(1, 0.0, raw_weight=0, position_target=None, old_value=0.0)}
    history = record(path, make.snapshot(signals, investable_equity=0.0))
    assert history.signals.loc[0, ["signal", "raw_weight", "old_value"]].tolist() == [0.0, 0.0, 0.0]
    assert pd.isna(history.signals.loc[0, "position_target"])
    assert history.cycles.loc[0, "investable_equity"] == 0


SIGNALS = st.fixed_dictionaries(
    {"signal": NUMBERS},
    optional={
        "raw_weight": NUMBERS,
        "old_value": NUMBERS,
        "position_adjust_usd": NUMBERS,
        "position_id": st.integers(0, 2**50),
        "position_adjust_ignored": st.booleans(),
        "carry_forward_position": st.booleans(),
        "flags": st.lists(st.sampled_from(["closed", "cannot_redeem", "brand_new"]), unique=True),
        "old_pair": st.one_of(st.none(), st.just({"kind": "vault"})),
        "position_size_risk": st.one_of(
            st.none(), st.fixed_dictionaries({"asked_size": NUMBERS, "capped": st.booleans()})
        ),
        "other_data": st.dictionaries(st.text(max_size=3), NUMBERS, max_size=2),
        "reasons": st.lists(
            st.fixed_dictionaries({"stage": st.text(max_size=3), "code": st.just("c"), "limit": NUMBERS}), max_size=2
        ),
        "mood": st.text(st.characters(exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=3),
    },
)
PARTS = st.dictionaries(st.integers(-3, 5).map(str), SIGNALS, max_size=4)
CYCLES = st.fixed_dictionaries(
    {"timestamp": st.integers(0, 30).map(lambda n: MONDAY + n * 0.25), "raw_signals": PARTS, "signals": PARTS},
    optional={"investable_equity": NUMBERS, "pipeline": st.just([1]), "regime": NUMBERS},
)


@given(st.lists(CYCLES, max_size=5))
def test_record_and_state_layout_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, make: Any, cycles: list[dict[str, Any]]
) -> None:
    for place, cycle in enumerate(cycles):
        cycle["max_position_adjust_usd"] = place
        for part in ("raw_signals", "signals"):
            cycle[part] = {key: {**entry, "pair": make.pair(int(key))} for key, entry in cycle[part].items()}
    recorded = record(tmp_path_factory.mktemp("record") / "history.jsonl", *cycles)
    if not cycles:
        assert len(recorded) == 0
        return
    listed = read_history_bytes(json.dumps(cycles).encode(), "list.json")
    ours, theirs = without_source(recorded), without_source(listed)
    for name, table in theirs.items():
        keyed = ["cycle_key"] if name == "problems" else []  # a line of the one is an entry of the other
        assert ours[name].drop_columns(keyed).equals(table.drop_columns(keyed)), name
    assert without_source(recorded.superseded)["signals"].equals(without_source(listed.superseded)["signals"])


@pytest.mark.parametrize(
    "name", ["equal_weight_156_cycles.json.gz", "long_short_105_cycles.json.gz", "live/hyperai-cleanup.json"]
)
def test_real_cycles_read_the_same_from_a_record(path: Path, states: Path, name: str) -> None:
    data = (states / name).read_bytes()
    state = json.loads(gzip.decompress(data) if name.endswith(".gz") else data)["visualisation"]
    snapshots = list(state["calculations"].values()) or [state["discardable_data"]["alpha_model"]]
    recorded = record(path, *snapshots)
    ours, theirs = without_source(recorded), without_source(read_history(states / name))
    assert ours["signals"].equals(theirs["signals"])
    assert ours["pairs"].equals(theirs["pairs"])
    dropped = ["message", "trade_count"]
    assert ours["cycles"].drop_columns(dropped).equals(theirs["cycles"].drop_columns(dropped))


def test_record_is_small_because_pairs_are_written_once(path: Path, make: Any) -> None:
    raw = {str(n): make.signal(n) for n in range(20)}
    models = [make.snapshot(raw, timestamp=MONDAY + n * WEEK) for n in range(20)]
    record(path, *models)
    assert path.stat().st_size < len(json.dumps(models)) / 10


def test_compressed_record_reads_the_same(path: Path, make: Any) -> None:
    history = record(path, make.snapshot({"1": make.signal()}))
    packed = read_history_bytes(gzip.compress(path.read_bytes()), "history.jsonl.gz")
    assert packed.tables.signals.equals(history.tables.signals)


def test_our_own_model_is_recorded(path: Path) -> None:
    history = record(path, make_model({1: 3.0, 2: 1.0}))
    assert history.signals[["pair_id", "signal", "raw_weight"]].to_numpy().tolist() == [[1, 3.0, 3.0], [2, 1.0, 1.0]]
    assert history.pairs["ticker"].tolist() == ["T1-USDC", "T2-USDC"]
    assert json.loads(history.cycles.loc[0, "pipeline"])
    same = read_history_bytes(make_model({1: 3.0, 2: 1.0}).to_json().encode(), "model.json")
    for name, table in without_source(same).items():
        assert without_source(history)[name].equals(table), name


class Kind(Enum):
    vault = "vault"


class Foreign:
    """A model of another library, with values as Python has them."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def to_dict(self) -> dict[str, Any]:
        return self.fields


def test_foreign_model_with_python_values_is_recorded(path: Path, make: Any) -> None:
    signal = make.signal(
        1, np.float64(1.5), flags={"closed"}, old_pair=make.pair(kind=Kind.vault), old_value=Decimal("2.5")
    )
    model = Foreign(make.snapshot({1: signal}, timestamp=datetime(2026, 1, 5)))
    history = record(path, model)
    assert list(history.timestamps) == [pd.Timestamp("2026-01-05T00:00Z")]
    assert history.signals.loc[0, ["signal", "old_value", "old_kind"]].tolist() == [1.5, 2.5, "vault"]
    assert history.flags["flag"].tolist() == ["closed"]


def test_prices_and_quantities_are_filled_in_for_every_signal(path: Path, make: Any) -> None:
    raw = {"1": make.signal(1), "2": make.signal(2), "3": make.signal(3, position_size_risk={"mid_price": 7.0})}
    model = make.snapshot(raw, {"1": raw["1"]})
    history = record(path, model, prices={1: 100.0, 2: 20, 9: 5.0}, quantities={2: Decimal("-0.5")})
    assert history.signals["price"].tolist() == [100.0, 20.0, 7.0]
    assert history.signals["old_quantity"].fillna(0).tolist() == [0, -0.5, 0]


def test_equity_and_extra_are_recorded(path: Path, make: Any) -> None:
    history = record(path, make.snapshot({}, regime=1), equity=EquityPoint(1_100.0, 0), extra={"note": "x"})
    assert history.equity.to_numpy().tolist() == [[pd.Timestamp("2026-01-05T00:00Z"), 1_100.0, 0.0]]
    assert history.cycles.loc[0, "extra"] == '{"note":"x","regime":1}'


def test_trades_are_recorded_exactly(path: Path, make: Any) -> None:
    quantity = Decimal("1386.808098430452733712884341")
    spot = make_pair(7)
    ours = TradeExecution(
        trade_id=1,
        position_id=3,
        pair=spot,
        trade_type=TradeType.rebalance,
        opened_at=None,
        planned_quantity=quantity,
        planned_price=0.9,
        planned_mid_price=0.89,
        planned_reserve=Decimal(10),
        closing=True,
        executed_at=datetime(2026, 1, 5, 0, 0, 30),
        executed_quantity=-quantity,
        executed_price=2.0,
        fees_usd=0.25,
    )
    theirs = make.trade(2, MONDAY - 5, pair=make.short(8, make.pair(2)))
    history = record(path, make.snapshot({"1": make.signal()}), trades=[ours, theirs])
    assert f'"{quantity}"' in path.read_text()
    assert history.trades["trade_id"].tolist() == [2, 1]
    trade = history.trades.loc[1]
    assert trade[["pair_id", "side", "kind", "status", "fees", "closing"]].tolist() == [
        7,
        "buy",
        "rebalance",
        "executed",
        0.25,
        True,
    ]
    assert (trade["planned_quantity"], trade["value"]) == (float(quantity), 2 * float(quantity))
    assert trade["executed_at"] == pd.Timestamp("2026-01-05T00:00:30Z")
    assert history.trades["cycle"].fillna(-1).tolist() == [-1, 0]
    assert history.cycles["trade_count"].tolist() == [1]
    assert history.pairs["pair_id"].tolist() == [1, 7, 2]


def test_trades_in_a_record_read_as_in_a_state(path: Path, make: Any) -> None:
    model, trades = make.snapshot({"1": make.signal()}), [make.trade(1), make.trade(2, MONDAY + 0.5, notes="x")]
    recorded = record(path, model, trades=trades)
    state = make.read(make.state({str(MONDAY): model}, portfolio=make.portfolio(*trades)))
    assert recorded.tables.trades.equals(state.tables.trades)
    assert recorded.cycles["trade_count"].tolist() == state.cycles["trade_count"].tolist() == [1]


def test_no_trades_and_unknown_trades_differ(path: Path, make: Any) -> None:
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({}), trades=[])
        recorder.append(make.snapshot({}, timestamp=MONDAY + WEEK))
    assert read_history(path).cycles["trade_count"].fillna(-1).tolist() == [0, -1]


def test_trade_told_again_replaces_the_first_telling(path: Path, make: Any) -> None:
    planned = make.trade(1, executed_at=None, executed_quantity=None, executed_price=None)
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({}), trades=[planned])
        recorder.append(make.snapshot({}, timestamp=MONDAY + WEEK), trades=[make.trade(1)])
    trades = read_history(path).trades
    assert trades[["trade_id", "cycle", "status"]].to_numpy().tolist() == [[1, 0, "executed"]]


def test_revision_that_says_nothing_leaves_what_was_said(path: Path, make: Any) -> None:
    signal = make.signal(1, 0.5)
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": signal}, {"1": signal}), message="why it held")
        recorder.append(make.snapshot({"1": signal}, {"1": signal}, regime="after its trades"))
    history = read_history(path)
    assert history.cycles[["revision", "message"]].to_numpy().tolist() == [[1, "why it held"]]
    assert history.superseded.cycles["message"].tolist() == ["why it held"]


def test_same_cycle_again_is_ignored_and_other_content_is_a_revision(path: Path, make: Any) -> None:
    first, second = make.snapshot({"1": make.signal(1)}), make.snapshot({"1": make.signal(1, 2.0)})
    with HistoryRecorder(path) as recorder:
        receipts = [recorder.append(model) for model in (first, first, second, first, second)]
        assert len(recorder) == 1
    assert [(receipt.revision, receipt.is_new) for receipt in receipts] == [
        (0, True),
        (0, False),
        (1, True),
        (0, False),
        (1, False),
    ]
    assert receipts[0].timestamp == datetime(2026, 1, 5)
    with HistoryRecorder(path) as recorder:
        assert recorder.append(second).is_new is False
        assert recorder.append(first, message="later").revision == 2
    history = read_history(path)
    assert history.cycles[["revision", "message"]].to_numpy().tolist() == [[2, "later"]]
    assert history.superseded.cycles["revision"].tolist() == [0, 1]


def test_trades_and_equity_of_a_superseded_cycle_are_not_counted(path: Path, make: Any) -> None:
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({}), trades=[make.trade(1)], equity=EquityPoint(1.0))
        recorder.append(make.snapshot({}), trades=[make.trade(2)], equity=EquityPoint(2.0))
    history = read_history(path)
    assert history.trades["trade_id"].tolist() == [2]
    assert history.equity["total_equity"].tolist() == [2.0]


def test_lines_that_stand_twice_in_a_file_are_read_once(path: Path, make: Any) -> None:
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal(1)}), trades=[make.trade(1)])
        recorder.append(make.snapshot({"1": make.signal(1, 2.0)}), trades=[make.trade(1), make.trade(2)])
        recorder.append(make.snapshot({"1": make.signal(1)}, timestamp=MONDAY + WEEK))
    once = read_history(path)
    path.write_bytes(2 * path.read_bytes())
    twice = read_history(path)
    assert once.cycles["revision"].tolist() == [1, 0]
    for name in ("cycles", "signals", "pairs", "trades"):
        assert getattr(twice.tables, name) == getattr(once.tables, name)
        assert getattr(twice.superseded.tables, name) == getattr(once.superseded.tables, name)
    assert set(twice.problems["message"]) == {"the same line stands earlier in the file too; read once"}
    assert len(twice.problems) == 3


def test_part_of_a_history_has_only_the_earlier_trades_of_its_own_cycles(path: Path, make: Any) -> None:
    with HistoryRecorder(path) as recorder:
        for when in (MONDAY, MONDAY + WEEK):
            model = make.snapshot({"1": make.signal(1), "2": make.signal(2)}, timestamp=when)
            recorder.append(model, trades=[make.trade(1, when), make.trade(2, when, pair=make.pair(2))])
            recorder.append(model, trades=[], message="nothing was done")
    history = read_history(path)
    times = history.superseded.trades["timestamp"]
    assert len(times) == 4
    for when in history.timestamps:
        assert history.at(when).superseded.trades["timestamp"].tolist() == [when, when]
    assert history.pair(2).superseded.trades["pair_id"].tolist() == [2, 2]


def test_pairs_are_written_once_and_again_when_they_change(path: Path, make: Any) -> None:
    with HistoryRecorder(path) as recorder:
        for n in range(3):
            recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * WEEK))
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + 3 * WEEK))
        recorder.append(make.snapshot({"1": make.signal(1, pair=make.pair(1, "WBTC"))}, timestamp=MONDAY + 4 * WEEK))
    assert path.read_text().count('"type":"pair"') == 2
    assert read_history(path).pairs["ticker"].tolist() == ["WBTC-USDC"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"raw_weight": math.nan}, r"expected a finite number, got nan at pair 1, raw_weight \(in signals\)"),
        ({"position_target": math.inf}, "position_target"),
        ({"position_size_risk": {"tvl": math.nan}}, r"position_size_risk\.tvl"),
        ({"raw_weight": "much"}, "expected a number, got 'much'"),
        ({"position_id": 1.5}, "whole number"),
        ({"other_data": {"x": object()}}, "object has no form in JSON"),
    ],
)
def test_strict_recorder_refuses_what_cannot_be_kept_before_anything_is_written(
    path: Path, make: Any, settings: dict[str, Any], words: str
) -> None:
    with HistoryRecorder(path, strict=True) as recorder:
        recorder.append(make.snapshot({}))
        before = path.read_bytes()
        with pytest.raises(RecordError, match=words):
            recorder.append(make.snapshot({"1": make.signal(1, **settings)}, timestamp=MONDAY + WEEK))
        assert path.read_bytes() == before
        assert len(recorder) == 1


def test_nan_in_free_data_is_kept_as_text(path: Path, make: Any) -> None:
    pair = make.pair(other_data={"sharpe": math.nan})
    history = record(path, make.snapshot({"1": make.signal(1, pair=pair, other_data={"x": -math.inf})}))
    assert history.signals.loc[0, "other_data"] == '{"x":"-Infinity"}'
    assert json.loads(history.pairs.loc[0, "identity"])["other_data"] == {"sharpe": "NaN"}


@pytest.mark.parametrize(
    ("model", "settings", "words"),
    [
        ({"note": 1}, {}, "expected an alpha model"),
        (7, {}, "expected an alpha model, got 7"),
        ({"raw_signals": {}}, {}, "whose timestamp is None"),
        ({"raw_signals": {}, "timestamp": "soon"}, {}, "whose timestamp is 'soon'"),
    ],
)
def test_what_is_no_cycle_is_refused(path: Path, model: Any, settings: dict[str, Any], words: str) -> None:
    with HistoryRecorder(path) as recorder, pytest.raises(RecordError, match=words):
        recorder.append(model, **settings)


def cuts(whole: bytes, start: int = 0) -> list[int]:
    """Where to cut: at every byte near the end of a line, at every fifth elsewhere."""
    ends = [place for place, byte in enumerate(whole) if byte == ord("\n")]
    near = {end + step for end in ends for step in range(-12, 4)}
    return sorted(cut for cut in {*range(start, len(whole), 5), *near} if start <= cut < len(whole))


def test_file_cut_at_any_byte_keeps_everything_before(path: Path, make: Any) -> None:
    models = [make.snapshot({"1": make.signal(1, n + 0.5)}, timestamp=MONDAY + n * WEEK) for n in range(3)]
    record(path, *models, message="é")
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in cuts(whole):
        path.write_bytes(whole[:cut])
        kept = sum(end - 1 <= cut for end in ends[2:])
        with HistoryRecorder(path, strategy="Momentum") as recorder:
            assert len(recorder) == kept
            receipts = [recorder.append(model, message="é") for model in models]
        assert [receipt.is_new for receipt in receipts] == [n >= kept for n in range(3)]
        assert path.read_bytes() == whole


def test_reader_keeps_everything_before_a_cut(path: Path, make: Any) -> None:
    models = [make.snapshot({"1": make.signal(1, n + 0.5)}, timestamp=MONDAY + n * WEEK) for n in range(3)]
    record(path, *models)
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in cuts(whole, ends[0]):
        history = read_history_bytes(whole[:cut], "history.jsonl")
        assert len(history) == sum(end - 1 <= cut for end in ends[2:])
        assert len(history.problems) == (cut not in ends and cut + 1 not in ends)


@given(st.data())
def test_any_changed_byte_costs_no_more_than_its_line(
    tmp_path_factory: pytest.TempPathFactory, make: Any, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("record") / "history.jsonl"
    record(path, *(make.snapshot({"1": make.signal(1, n + 0.5)}, timestamp=MONDAY + n * WEEK) for n in range(3)))
    content = bytearray(path.read_bytes())
    lines = content.split(b"\n")
    place = data.draw(st.integers(len(lines[0]) + len(lines[1]) + 2, len(content) - 2))
    content[place] ^= data.draw(st.integers(1, 255))
    history = read_history_bytes(bytes(content), "history.jsonl")
    assert 1 <= len(history) <= 3
    assert set(history.signals["signal"]) <= {0.5, 1.5, 2.5}
    assert len(history) == 3 or history.problems["kind"].tolist()[0] == "skipped"


def test_damaged_line_is_skipped_and_reported_by_number(path: Path, make: Any) -> None:
    record(path, *(make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * WEEK) for n in range(3)))
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b"1000", b"1001")
    path.write_bytes(b"\n".join(lines))
    history = read_history(path)
    assert len(history) == 2
    assert history.problems[["kind", "position"]].to_numpy().tolist() == [["skipped", 4]]
    with HistoryRecorder(path) as recorder:
        assert len(recorder) == 2
        recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + WEEK))
    assert len(read_history(path)) == 3


def test_damaged_header_does_not_hide_the_cycles(path: Path, make: Any) -> None:
    record(path, make.snapshot({"1": make.signal()}))
    content = path.read_bytes().replace(b"Momentum", b"Nomentum")
    history = read_history_bytes(content, "history.jsonl")
    assert len(history) == 1
    assert history.problems["position"].tolist() == [1]


def test_record_without_a_whole_line_says_so(path: Path, make: Any) -> None:
    record(path, make.snapshot({}))
    with pytest.raises(HistoryError, match="without a single whole line"):
        read_history_bytes(path.read_bytes().replace(b"crc", b"CRC"), "history.jsonl")


def test_file_of_something_else_is_refused_and_left_alone(path: Path, make: Any) -> None:
    for content in (
        b"notes\n",
        b"notes",
        json.dumps(make.snapshot({})).encode(),
        b'{"type":"cycle","crc32":"00000000"}\n',
        b'{"type":"FeatureCollection"}',
        b'\n{"type":"FeatureCollection"}',
    ):
        path.write_bytes(content)
        with pytest.raises(RecordError, match="is not a recorder file"):
            HistoryRecorder(path).open()
        assert path.read_bytes() == content


def test_record_of_a_later_version_is_refused(path: Path, resealed: Callable[..., bytes], make: Any) -> None:
    record(path, make.snapshot({}))
    lines = path.read_bytes().split(b"\n")
    lines[0] = resealed(lines[0], version=2)
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(RecordError, match="version 2, and this program writes version 1"):
        HistoryRecorder(path).open()
    with pytest.raises(HistoryError, match=r"version 2, and this program reads up to version 1\. Update"):
        read_history(path)


def test_second_recorder_of_a_file_is_refused(path: Path) -> None:
    with HistoryRecorder(path), pytest.raises(RecordError, match=r"another recorder is writing .*history\.jsonl"):
        HistoryRecorder(path).open()
    HistoryRecorder(path).open().close()


def test_closed_recorder_says_so(path: Path, make: Any) -> None:
    recorder = HistoryRecorder(path)
    recorder.close()
    recorder.close()
    with pytest.raises(RecordError, match="is closed"):
        recorder.append(make.snapshot({}))


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"cannot write .*gone.*No such file"):
        HistoryRecorder(tmp_path / "gone" / "history.jsonl").open()


def test_cycle_is_on_disk_before_append_returns(path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: sizes.append(os.fstat(file).st_size) or sync(file))
    with HistoryRecorder(path) as recorder:
        for n in range(3):
            recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * WEEK))
            assert sizes[-1] == path.stat().st_size
            assert len(read_history(path)) == n + 1
    assert len(sizes) == 5, "one of the empty file, one of its header, one a cycle"


def test_disk_that_fills_up_leaves_the_file_as_it_was(path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({}))
        before, write = path.read_bytes(), os.write

        def half(file: int, data: bytes) -> int:
            if len(data) < 200:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(file, data[: len(data) // 2])

        model = make.snapshot({"1": make.signal()}, timestamp=MONDAY + WEEK)
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(RecordError, match="No space left"):
            recorder.append(model)
        assert path.read_bytes() == before
        monkeypatch.undo()
        assert recorder.append(model).is_new
    assert len(read_history(path)) == 2


def test_time_of_creation_and_code_version_are_in_the_header(path: Path) -> None:
    HistoryRecorder(path, strategy="S", code_version="7", created_at=datetime(2026, 1, 5, tzinfo=UTC)).open().close()
    header = json.loads(path.read_text())
    assert header.pop("crc32")
    assert header == {
        "type": "header",
        "format": "alpha-model-history",
        "version": 1,
        "strategy": "S",
        "code_version": "7",
        "created_at": MONDAY,
    }
    with HistoryRecorder(path) as recorder:
        assert recorder.strategy == "S"
        assert repr(recorder) == f"<HistoryRecorder of 0 cycles, {path}>"


def test_header_that_an_older_version_wrote_unreadably_goes_on_opening(
    path: Path, resealed: Callable[..., bytes], make: Any
) -> None:
    record(path, make.snapshot({}))
    header, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(resealed(header, strategy=5) + b"\n" + rest)
    with HistoryRecorder(path, strategy=5) as recorder:
        assert (len(recorder), recorder.strategy) == (1, "5")


@pytest.mark.parametrize("body", [b'{"type":"header","format":,"version":1}', b"[" * 5_000])
def test_record_whose_header_is_no_json_is_refused_in_a_sentence(path: Path, body: bytes) -> None:
    path.write_bytes(seal(body))
    with pytest.raises(RecordError, match="is not a recorder file"):
        HistoryRecorder(path).open()
