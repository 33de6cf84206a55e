"""The name of a stretch of time: short, checked, and the same stretch again when it is read."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some

from dashboard.drawing import Span
from dashboard.zoom import TURN, ZOOM, span_name, span_named, told_zoom, zoom_to

FIRST, LAST = pd.Timestamp("2024-01-01T00:00Z"), pd.Timestamp("2024-12-31T08:00Z")
MINUTE = pd.Timedelta(minutes=1)
seconds = some.floats(0, (LAST - FIRST).total_seconds())


@given(seconds, seconds)
def test_name_leads_to_a_stretch_that_holds_the_one_it_was_made_of(one: float, other: float) -> None:
    start, end = sorted(FIRST + pd.Timedelta(seconds=each) for each in (one, other))
    zoom, remark = span_named(span_name(Span(start, end + MINUTE)), FIRST, LAST)
    assert remark == ""
    assert zoom is not None
    assert start - MINUTE < zoom.start <= start
    assert end + MINUTE <= zoom.end < end + 2 * MINUTE


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("2024-03-01..2024-04-01", "2024-03-01", "2024-04-01"),
        (" 2024-03-01T08:00Z .. 2024-03-02 ", "2024-03-01T08:00", "2024-03-02"),
        ("2024-03-01..", "2024-03-01", "2024-12-31T08:00"),
        ("..2024-03-01", "2024-01-01", "2024-03-01"),
        ("2020-01-01..2024-03-01", "2020-01-01", "2024-03-01"),
    ],
)
def test_ends_are_times_in_utc_or_those_of_the_window(words: str, start: str, end: str) -> None:
    zoom = span_named(words, FIRST, LAST)[0]
    assert zoom == Span(pd.Timestamp(start, tz="UTC"), pd.Timestamp(end, tz="UTC"))


@pytest.mark.parametrize("words", ["2024-03-01", "a..b", "NaT..NaT", "1e400..", "<img>..2024-03-01", "2024-03-01...."])
def test_what_is_no_stretch_is_answered(words: str) -> None:
    assert span_named(words, FIRST, LAST)[0] is None
    assert span_named(words, FIRST, LAST)[1].startswith("That is no stretch of time")


@pytest.mark.parametrize("words", ["2030-01-01..2031-01-01", "2001-01-01..2002-01-01", "2030-01-01..", "..2001-01-01"])
def test_stretch_outside_the_window_is_answered(words: str) -> None:
    assert span_named(words, FIRST, LAST) == (
        None,
        "That stretch is outside the window, so all of it is shown.",
    )


@pytest.mark.parametrize("words", ["2024-04-01..2024-03-01", "2024-03-01..2024-03-01", "2031-01-01..2030-01-01"])
def test_stretch_that_ends_before_or_where_it_begins_is_answered(words: str) -> None:
    assert span_named(words, FIRST, LAST) == (
        None,
        "That stretch ends before or where it begins, so all of the window is shown.",
    )


def test_empty_field_is_the_whole_window() -> None:
    assert span_named("  ", FIRST, LAST) == (None, "")


def test_browser_tells_its_zoom_and_is_told_that_it_was_heard() -> None:
    st.session_state.clear()
    zoom_to({"turn": "7", "range": ["2024-03-01 08:15:30.123", "2024-03-02 00:00:00"]})
    assert st.session_state[ZOOM] == "2024-03-01T08:15Z..2024-03-02T00:00Z"
    zoom = span_named(st.session_state[ZOOM], FIRST, LAST)[0]
    assert told_zoom(zoom) == {"range": ["2024-03-01 08:15:00", "2024-03-02 00:00:00"], "turn": "7"}
    zoom_to({"turn": "8", "range": None})
    assert st.session_state[ZOOM] == ""
    assert told_zoom(None) == {"range": None, "turn": "8"}


@pytest.mark.parametrize("seen", [["-000042-01-01", "2030-01-01"], ["2024-01-01", "12024-01-01 00:00"], ["NaT", "NaT"]])
def test_zoom_out_beyond_all_years_shows_all(seen: list[str]) -> None:
    st.session_state.clear()
    st.session_state[ZOOM] = "2024-03-01..2024-04-01"
    zoom_to({"turn": "9", "range": seen})
    assert st.session_state.get(ZOOM) in {"", "2024-03-01..2024-04-01"}


@pytest.mark.parametrize("seen", [["<b>", "2024-03-02"], ["2024-03-02"], "2024", 7, [None, {}]])
def test_nonsense_from_a_browser_changes_nothing(seen: object) -> None:
    st.session_state.clear()
    st.session_state[TURN] = "1"
    st.session_state[ZOOM] = "2024-03-01..2024-04-01"
    zoom_to({"turn": "9", "range": seen})
    assert st.session_state[ZOOM] == "2024-03-01..2024-04-01"
