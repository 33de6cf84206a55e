"""What a value of a stranger's file is taken for."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.history.tables import coerce
from alpha_model.history.tables.coerce import OddValueError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (0, 0.0),
        (1.5, 1.5),
        ("12.5", 12.5),
        (" -3e2 ", -300.0),
        (Decimal("0.1"), 0.1),
        (10**400 // 10**399, 10.0),
    ],
)
def test_number_reads_numbers_and_numbers_as_text(value: Any, expected: float | None) -> None:
    assert coerce.number(value) == expected


@pytest.mark.parametrize(
    "value", [float("nan"), float("-inf"), "NaN", "Infinity", "inf", "1e999", 10**400, "\x7f", "\x7f-Infin"]
)
def test_number_that_is_not_finite_is_patched(value: Any) -> None:
    with pytest.raises(OddValueError, match="finite") as caught:
        coerce.number(value)
    assert caught.value.kind == "patched"


@pytest.mark.parametrize("value", ["", "  ", "abc", "1_000", "12,5", True, [1], {"a": 1}])
def test_number_that_is_something_else_is_odd(value: Any) -> None:
    with pytest.raises(OddValueError, match="expected a number, got") as caught:
        coerce.number(value)
    assert caught.value.kind == "odd"


@pytest.mark.parametrize(
    ("value", "expected"), [(7, 7), (12.0, 12), ("12", 12), (2**53 + 1, 2**53 + 1), (str(2**53 + 1), 2**53 + 1)]
)
def test_whole_reads_whole_numbers_exactly(value: Any, expected: int) -> None:
    assert coerce.whole(value) == expected


@pytest.mark.parametrize("value", [1.5, "x", 2**63, -(2**63) - 1])
def test_whole_refuses_the_rest(value: Any) -> None:
    with pytest.raises(OddValueError):
        coerce.whole(value)


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), (0, False), ("TRUE", True), ("false", False), (None, None)]
)
def test_truth(value: Any, expected: Any) -> None:
    assert coerce.truth(value) is expected


@pytest.mark.parametrize("value", ["yes", 2, [], "nan"])
def test_truth_refuses_the_rest(value: Any) -> None:
    with pytest.raises(OddValueError, match="true or false"):
        coerce.truth(value)


@pytest.mark.parametrize(
    "value",
    [
        1_767_571_200,
        1_767_571_200.0,
        "1767571200",
        "1767571200.0",
        "2026-01-05T00:00:00",
        "2026-01-05T00:00Z",
        "2026-01-05T02:00+02:00",
        datetime(2026, 1, 5),
        datetime(2026, 1, 5, tzinfo=UTC),
        datetime(2026, 1, 4, 19, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_moment_reads_every_way_to_write_a_time(value: Any) -> None:
    assert coerce.moment(value) == 1_767_571_200_000_000


@pytest.mark.parametrize("value", ["soon", "", 1e30, 1_767_571_200_000, float("nan"), [], True, "2026-13-01"])
def test_moment_refuses_the_rest(value: Any) -> None:
    with pytest.raises(OddValueError, match="expected a time"):
        coerce.moment(value)


@given(st.integers(min_value=-(10**15), max_value=4 * 10**15))
def test_moment_comes_back_from_seconds(when: int) -> None:
    assert coerce.moment(coerce.to_seconds(when)) == when


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.dates()))
def test_every_value_is_read_or_odd(value: Any) -> None:
    for convert in (
        coerce.number,
        coerce.whole,
        coerce.truth,
        coerce.text,
        coerce.names,
        coerce.moment,
        coerce.decimal,
    ):
        with contextlib.suppress(OddValueError):
            convert(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_as_text_is_the_same_number(value: float) -> None:
    assert coerce.number(repr(value)) == coerce.number(value) == value


def test_json_text_spells_out_what_json_has_no_number_for() -> None:
    value = {"a": [float("nan"), {"b": float("inf")}], "c": "\x7f-Infin"}
    assert coerce.json_text(value) == '{"a":["NaN",{"b":"Infinity"}],"c":"-Infinity"}'


def test_json_text_is_the_same_however_the_source_is_spaced() -> None:
    assert coerce.json_text(b'{ "a" : [ 1.0, 2 ] }') == coerce.json_text({"a": [1.0, 2]}) == '{"a":[1.0,2]}'


def test_iso_shows_seconds_only_where_there_are_some() -> None:
    assert coerce.iso(1_767_571_200_000_000) == "2026-01-05T00:00Z"
    assert coerce.iso(1_767_571_201_500_000) == "2026-01-05T00:00:01.500000Z"
