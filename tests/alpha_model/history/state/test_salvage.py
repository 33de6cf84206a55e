"""Damaged documents: what can be read is read, and the rest is named with its place."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpha_model.history import read_history_bytes
from alpha_model.history.state.salvage import cut_out
from alpha_model.values.errors import HistoryError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400
SPACINGS = {"spaced": None, "compact": (",", ":")}


@pytest.fixture
def state(make: Any) -> dict[str, Any]:
    """Five weekly cycles of two pairs, with a note full of brackets and quotes, two trades and an equity curve."""
    calculations = {
        str(MONDAY + n * WEEK): make.snapshot(
            {"1": make.signal(1, other_data={"note": 'a "quoted\\" } ], {"'}), "2": make.signal(2)},
            timestamp=MONDAY + n * WEEK,
        )
        for n in range(5)
    }
    points = [{"calculated_at": MONDAY + n * WEEK, "total_equity": 1_000.0 + n} for n in range(5)]
    trades = make.portfolio(make.trade(1), make.trade(2))
    return make.state(calculations, stats={"portfolio": points}, portfolio=trades)


@pytest.mark.parametrize("separators", SPACINGS.values(), ids=SPACINGS)
def test_cut_off_state_shows_every_cycle_before_the_cut(state: dict[str, Any], separators: Any) -> None:
    document = json.dumps(state, separators=separators).encode()
    whole = read_history_bytes(document, "whole.json")
    ends = [document.index(b'"%d"' % (MONDAY + n * WEEK)) for n in range(1, 5)]
    for cycles, end in enumerate(ends, start=1):
        for length in (end, end + 30, end + 900):
            history = read_history_bytes(document[:length], "cut.json")
            assert len(history) == cycles
            assert history.signals.equals(whole.between(end=whole.timestamps[cycles - 1]).signals)
            problem = history.problems.iloc[0]
            assert problem["kind"] == "skipped"
            assert "ends in the middle" in problem["message"]
            assert end - 2 <= problem["position"] <= end
            if length == end:
                assert pd.isna(problem["cycle_key"])
            else:
                assert problem["cycle_key"] == str(MONDAY + cycles * WEEK)


def test_cut_in_the_equity_curve_keeps_all_cycles_and_the_points_before(state: dict[str, Any]) -> None:
    document = json.dumps(state).encode()
    history = read_history_bytes(document[: document.index(b"1003.0") + 2], "cut.json")
    assert len(history) == 5
    assert history.equity["total_equity"].tolist() == [1_000.0, 1_001.0, 1_002.0]


def test_cut_in_the_last_brackets_loses_nothing(state: dict[str, Any]) -> None:
    document = json.dumps(state).encode()
    for length in range(len(document) - 3, len(document)):
        assert len(read_history_bytes(document[:length], "cut.json").trades) == 2


def test_state_cut_before_its_first_whole_cycle_says_that_it_was_cut(make: Any) -> None:
    document = json.dumps(make.state({str(MONDAY): make.snapshot({"1": make.signal()})})).encode()
    with pytest.raises(HistoryError, match="ends in the middle, after 900 bytes: it was cut off"):
        read_history_bytes(document[:900], "cut.json")


def test_list_of_snapshots_that_was_cut_shows_those_before(make: Any) -> None:
    snapshots = [make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * WEEK) for n in range(3)]
    document = json.dumps(snapshots).encode()
    assert len(read_history_bytes(document[:-20], "cut.json")) == 2


@pytest.mark.parametrize("damage", [b"\x00", b"#", b"}", b"]", b'"', b"{", b"\\", b":"])
@pytest.mark.parametrize("field", [b"raw_weight", b"decimals", b"quoted"])
def test_damaged_cycle_is_skipped_and_the_others_are_read(state: dict[str, Any], damage: bytes, field: bytes) -> None:
    document = bytearray(json.dumps(state).encode())
    third = document.index(b'"%d"' % (MONDAY + 2 * WEEK))
    place = document.index(field, third) - 1  # the quote before it
    document[place : place + 1] = damage
    try:
        json.loads(document)
    except ValueError:
        pass
    else:
        pytest.skip("still JSON")
    history = read_history_bytes(bytes(document), "damaged.json")
    problem = history.problems.iloc[0]
    assert history.cycles["source_key"].tolist() == [str(MONDAY + n * WEEK) for n in (0, 1, 3, 4)]
    assert (problem["kind"], problem["cycle_key"]) == ("skipped", str(MONDAY + 2 * WEEK))
    assert third - 1 <= problem["position"] <= third
    assert len(history.trades) == 2


def test_several_damaged_cycles_are_each_named(state: dict[str, Any]) -> None:
    document = json.dumps(state).replace('"investable_equity": 1000.0', '"investable_equity": 1000,0', 3).encode()
    history = read_history_bytes(document, "damaged.json")
    assert len(history) == 2
    assert history.problems["cycle_key"].tolist() == [str(MONDAY + n * WEEK) for n in range(3)]


def test_cycle_nested_beyond_reason_is_skipped_and_the_others_are_read(state: dict[str, Any]) -> None:
    deep = "[" * 10_000 + "]" * 10_000
    document = json.dumps(state).replace('"investable_equity": 1000.0', f'"investable_equity": {deep}', 1)
    history = read_history_bytes(document.encode(), "deep.json")
    assert len(history) == 4
    assert "nested too deeply" in history.problems.loc[0, "message"]


def test_bytes_after_the_end_are_left_out(state: dict[str, Any]) -> None:
    history = read_history_bytes(json.dumps(state).encode() + b"\n{}garbage", "long.json")
    assert len(history) == 5
    assert history.problems["kind"].tolist() == ["skipped"]


def test_key_that_is_no_text_is_shown_with_question_marks(state: dict[str, Any]) -> None:
    state["visualisation"]["calculations"]["BAD"] = {"note": 1}
    history = read_history_bytes(json.dumps(state).encode().replace(b"BAD", b"\xff\xfe\xfd"), "bad.json")
    assert len(history) == 5
    assert history.problems["cycle_key"].dropna().tolist() == ["???"]
    assert "3 bytes are not valid UTF-8" in history.problems.loc[0, "message"]


def test_byte_order_mark_leaves_the_places_true(make: Any) -> None:
    text = json.dumps(make.state({str(MONDAY): make.snapshot({"1": make.signal(1, raw_weight="abc")})}))
    data = b"\xef\xbb\xbf" + text.encode()
    position = read_history_bytes(data, "bom.json").problems.loc[0, "position"]
    assert data[position:].startswith(b'"abc"')


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 5_000])
def test_number_beyond_reason_costs_only_itself(make: Any, number: str) -> None:
    text = json.dumps(make.state({str(MONDAY): make.snapshot({"1": make.signal(1, raw_weight=77.5)})}))
    text = text.replace("77.5", number)
    history = read_history_bytes(text.encode(), "huge.json")
    assert pd.isna(history.signals.loc[0, "raw_weight"])
    assert history.signals.loc[0, "position_target"] == 100.0
    problem = history.problems.iloc[0]
    assert (problem["kind"], problem["pair"], problem["field"]) == ("patched", "1", "raw_weight")
    assert text.rindex(number) == problem["position"]


def test_huge_whole_number_is_a_number(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal(1, raw_weight=10**40)})}))
    assert history.signals.loc[0, "raw_weight"] == 1e40
    odd = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal(1, position_id=10**40)})}))
    assert pd.isna(odd.signals.loc[0, "position_id"])
    assert odd.problems.loc[0, "field"] == "position_id"


def test_huge_number_in_a_message_or_the_head_of_a_state_is_no_harm(make: Any) -> None:
    text = json.dumps(make.state({str(MONDAY): make.snapshot({})}, messages={str(MONDAY): [7.5]}, last_updated_at=7.5))
    assert len(read_history_bytes(text.replace("7.5", "1e999").encode(), "huge.json")) == 1


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        (9_404_640_000_000, "got 9404640000000; left out"),  # the year 300,000
        (MONDAY * 1_000, "which may be milliseconds; left out"),
        (MONDAY * 1_000_000_000, "which may be nanoseconds; left out"),
    ],
)
def test_time_beyond_reason_is_reported_and_not_guessed(make: Any, stamp: int, words: str) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()}, timestamp=stamp)}))
    assert list(history.timestamps) == [pd.Timestamp("2026-01-05T00:00Z")]
    assert words in history.problems.loc[0, "message"]


def test_cycle_before_1970_is_kept_and_reported(make: Any) -> None:
    history = make.read(make.state({"-86400": make.snapshot({"1": make.signal()}, timestamp=-86_400)}))
    assert list(history.timestamps) == [pd.Timestamp("1969-12-31T00:00Z")]
    assert "before 1970" in history.problems.loc[0, "message"]


@settings(deadline=None)
@given(
    st.recursive(
        st.one_of(st.integers(), st.text('ab"\\{}[],')), lambda s: st.lists(s) | st.dictionaries(st.text('"\\{,'), s)
    )
)
def test_cut_falls_on_the_item_that_is_damaged_whatever_its_neighbours_hold(value: Any) -> None:
    items = [value, {"a": value}, [value]]
    head = json.dumps(items)[:-1].encode()
    document = bytearray(head + b', {"x": #}, ' + json.dumps(items)[1:].encode())
    cut = cut_out(document, document.index(b"#}"))
    assert cut is not None
    assert json.loads(document) == items + items


def test_pieces_of_a_large_document_are_scanned_as_one(state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.dumps(state).encode()
    damaged = document.replace(b'"investable_equity": 1000.0', b'"investable_equity": 1000,0', 1)
    expected = read_history_bytes(damaged, "damaged.json")
    monkeypatch.setattr("alpha_model.history.state.salvage._CHUNK", 7)
    found = read_history_bytes(damaged, "damaged.json")
    assert found.signals.equals(expected.signals)
    assert found.problems.equals(expected.problems)
