"""The lines of a recorder file, as docs/recorded-format.md describes them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.history import HistoryRecorder, read_history, read_history_bytes
from alpha_model.history.record.lines import CycleKey, cycle_line, is_whole, seal
from alpha_model.values.errors import RecordError

MONDAY = 1_767_571_200


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_file_reads_as_the_documentation_says(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    raw = {"2": make.signal(2, 2.0, flags=["closed"], other_data={"a": 1}), "1": make.signal(1, 0.5)}
    with HistoryRecorder(path, strategy="Momentum", code_version="7") as recorder:
        recorder.append(make.snapshot(raw, {"2": raw["2"]}), trades=[make.trade(1, pair=make.pair(2))], message="up")
    header, first, second, cycle = lines_of(path)
    assert (header["type"], header["format"], header["version"]) == ("header", "alpha-model-history", 1)
    assert [line["pair_id"] for line in (first, second)] == [2, 1]
    assert first["pair"] == make.pair(2)
    assert {name: cycle[name] for name in ("type", "timestamp", "revision", "fields", "message")} == {
        "type": "cycle",
        "timestamp": MONDAY,
        "revision": 0,
        "fields": {"raw_count": 2, "investable_equity": 1_000.0, "close_position_weight_epsilon": 0.005},
        "message": "up",
    }
    signals = cycle["signals"]
    assert signals["pair_id"] == [2, 1]
    assert signals["signal"] == [2.0, 0.5]
    assert signals["signal_in_selection"] == [2.0, None]
    assert signals["flags"] == [["closed"], []]
    assert signals["other_data"] == [{"a": 1}, None]
    assert not {"ignored", "tvl", "extra", "selected", "flag_bits", "cycle", "timestamp"} & set(signals)
    assert cycle["trades"]["planned_quantity"] == ["2"]
    assert cycle["trades"]["executed_at"] == [MONDAY]


def test_checksum_covers_the_bytes_before_it(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal()}))
    for line in path.read_bytes().splitlines():
        before, _, after = line.rpartition(b',"crc32":"')
        assert after == b'%08x"}' % zlib.crc32(before)


@given(st.dictionaries(st.text(), st.text(), min_size=1))
def test_sealed_line_is_whole_and_any_shorter_one_is_not(body: dict[str, str]) -> None:
    line = seal(json.dumps(body).encode()).rstrip(b"\n")
    assert is_whole(line)
    assert not any(is_whole(line[:cut]) for cut in range(len(line)))
    assert {**json.loads(line), "crc32": 0} == {**body, "crc32": 0}


@pytest.fixture
def written(tmp_path: Path, make: Any, resealed: Callable[..., bytes]) -> Callable[..., Any]:
    """A record of one cycle whose line has these members instead of its own, read."""

    def change(**members: Any) -> Any:
        path = tmp_path / "history.jsonl"
        with HistoryRecorder(path) as recorder:
            recorder.append(make.snapshot({"1": make.signal(), "2": make.signal(2)}))
        lines = path.read_bytes().splitlines()
        cycle = json.loads(lines[-1])
        for part in ("fields", "signals"):
            members[part] = {**cycle[part], **members.get(part, {})}
        lines[-1] = resealed(lines[-1], **members)
        path.write_bytes(b"\n".join(lines))
        return read_history(path)

    return change


def test_unknown_members_of_a_line_are_kept(written: Any) -> None:
    history = written(weather="rain", fields={"gas_price": 7})
    assert history.cycles.loc[0, "extra"] == '{"gas_price":7,"weather":"rain"}'
    assert history.problems.empty


def test_unknown_columns_are_reported(written: Any) -> None:
    history = written(signals={"mood": ["calm", "wild"]})
    assert len(history.signals) == 2
    assert history.problems["message"].tolist() == ["column mood of signals is not known to this version; left out"]


def test_column_of_the_wrong_length_is_left_out_and_reported(written: Any) -> None:
    history = written(signals={"raw_weight": [1.0]})
    assert history.signals["raw_weight"].isna().all()
    assert history.problems["message"].tolist() == ["signals.raw_weight has 1 values, not 2; left out"]


def test_values_of_the_wrong_type_are_reported(written: Any) -> None:
    history = written(signals={"raw_weight": ["2.5", "much"], "ignored": [1, "maybe"], "flags": ["closed", None]})
    assert history.signals["raw_weight"].fillna(-1).tolist() == [2.5, -1]
    assert history.signals["ignored"].tolist() == [True, False]
    assert sorted(history.problems["field"]) == ["flags", "ignored", "raw_weight"]
    assert set(history.problems["position"]) == {4}


def test_trades_without_their_keys_are_skipped_and_reported(written: Any) -> None:
    history = written(
        trades={
            "pair_id": [1, None],
            "timestamp": [MONDAY, MONDAY],
            "side": ["buy", "buy"],
            "kind": ["rebalance"] * 2,
            "status": ["planned"] * 2,
        }
    )
    assert len(history.trades) == 1
    assert history.problems["kind"].tolist() == ["skipped"]


def test_unknown_line_types_are_reported_once(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal()}))
    content = path.read_bytes() + seal(b'{"type":"weather","x":1}') * 2 + b"\n  \n"
    history = read_history_bytes(content, "history.jsonl")
    assert len(history) == 1
    assert history.problems["message"].tolist() == ["lines of type 'weather' are not known to this version; skipped"]


def test_whole_line_with_other_content_is_reported(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    with HistoryRecorder(path) as recorder:
        recorder.append(make.snapshot({"1": make.signal()}))
    content = path.read_bytes() + seal(b'{"type":"pair","pair_id":"x"}') + seal(b'{"type":"cycle"}')
    history = read_history_bytes(content, "history.jsonl")
    assert history.problems["position"].tolist() == [4, 5]
    assert history.problems["kind"].tolist() == ["skipped", "skipped"]


@pytest.mark.parametrize("member", [b'"message":5', b'"signals":[]', b'"fields":{"a":{}', b'"problems":[1]'])
def test_line_that_no_reader_could_read_is_not_written(member: bytes) -> None:
    with pytest.raises(RecordError, match="cannot record a cycle line that no reader could read"):
        cycle_line(CycleKey(0, 0, b'"signals":{"pair_id":[]},%b}' % member))
