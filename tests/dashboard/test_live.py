"""A record that is still being written: seen at once, freshness said, and no reader moved."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from apps import OpenApp, texts
from states import signal, snapshot, write_state

from alpha_model.history import HistoryRecorder, freshness_of
from dashboard import data
from dashboard.cursor import stay_at
from dashboard.live import fresh_words, is_alive, overdue_words
from dashboard.selection import CYCLE

HOUR = 3_600


def cycle(when: int) -> dict[str, object]:
    return snapshot(when, signal(1, "A", 1.0))


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Hourly cycles, the last one of this hour."""
    path = tmp_path / "growing.jsonl"
    append(path, *(now() - HOUR * back for back in (3, 2, 1)))
    return path


def now() -> int:
    return int(time.time()) // 60 * 60


def append(path: Path, *times: int) -> None:
    with HistoryRecorder(path, strategy="S") as recorder:
        for when in times:
            recorder.append(cycle(when))


def test_a_new_cycle_is_shown_to_a_viewer_of_the_newest(open_app: OpenApp, record: Path) -> None:
    app = open_app(record)
    assert app.metric[0].value == "3"
    assert "Live: last cycle 1 h" in texts(app)
    append(record, now())
    app.run()
    assert app.metric[0].value == "4"


def test_a_viewer_of_one_cycle_stays_there(open_app: OpenApp, record: Path) -> None:
    looked_at = datetime.fromtimestamp(now() - 2 * HOUR, UTC)
    app = open_app(record, page="cycle", cycle=f"{looked_at:%Y-%m-%dT%H:%MZ}")
    title = app.title[0].value
    append(record, now())
    app.run()
    assert app.title[0].value == title
    assert "3 of 4" not in texts(app)
    assert "2 of 4" in texts(app)


def test_the_switch_stays_at_the_newest_cycle_and_follows_again(open_app: OpenApp, record: Path) -> None:
    app = open_app(record, page="cycle")
    title = app.title[0].value
    assert app.toggle(key="follow").value
    app.toggle(key="follow").set_value(False).run()
    append(record, now())
    app.run()
    assert app.title[0].value == title
    app.toggle(key="follow").set_value(True).run()
    assert app.title[0].value != title
    assert "4 of 4" in texts(app)


def test_the_switch_is_off_while_another_cycle_is_looked_at(open_app: OpenApp, record: Path) -> None:
    app = open_app(record, page="cycle")
    app.button(key="step_chevron_left").click().run()
    assert not app.toggle(key="follow").value
    app.toggle(key="follow").set_value(True).run()
    assert "3 of 3" in texts(app)


def test_the_switch_stays_at_the_last_cycle_of_the_window(open_app: OpenApp, tmp_path: Path) -> None:
    record = tmp_path / "days.jsonl"
    append(record, *(now() - HOUR * back for back in (60, 50, 2, 1)))
    app = open_app(
        record, page="cycle", window="dates", to=f"{datetime.fromtimestamp(now() - 50 * HOUR, UTC):%Y-%m-%d}"
    )
    assert "4 of 4" not in texts(app)
    title = app.title[0].value
    app.toggle(key="follow").set_value(False).run()
    assert app.title[0].value == title
    assert "outside the window" not in texts(app)


def test_a_reader_of_a_row_of_the_newest_cycle_stays_there() -> None:
    st.session_state.clear()
    stay_at(pd.Timestamp("2026-01-05T00:00Z"))
    assert st.session_state[CYCLE] == "2026-01-05T00:00Z"
    stay_at(pd.Timestamp("2026-01-06T00:00Z"))
    assert st.session_state[CYCLE] == "2026-01-05T00:00Z"


def test_a_file_that_is_half_written_keeps_the_last_good_history(open_app: OpenApp, tmp_path: Path) -> None:
    path = write_state(tmp_path / "state.json", cycle(now() - HOUR), cycle(now()))
    app = open_app(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    app.run()
    assert not app.exception
    assert app.metric[0].value == "2"


def test_an_overdue_cycle_is_unmissable(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "late.jsonl"
    append(path, *(now() - HOUR * back for back in (5, 4, 3)))
    app = open_app(path)
    assert "The next cycle is overdue by 2 h" in app.error[0].value
    assert "they usually come every 1 h" in app.error[0].value
    (told,) = [each.value for each in app.markdown if "overdue by 2 hours: the last was decided on" in each.value]
    assert told.startswith(":material/alarm:")


def test_a_record_that_ended_long_ago_is_not_called_late(open_app: OpenApp, tmp_path: Path) -> None:
    path = write_state(tmp_path / "old.json", *(cycle(1704672000 + HOUR * place) for place in range(3)))
    app = open_app(path)
    assert not app.error
    assert "Live" not in texts(app)


@pytest.mark.parametrize(("days", "alive"), [(6, True), (8, False), (-0.5, True), (-2, False)])
def test_a_record_ends_after_a_week_of_silence_and_begins_at_most_a_day_ahead(days: float, *, alive: bool) -> None:
    last = datetime(2026, 1, 5, tzinfo=UTC)
    times = pd.DatetimeIndex([last - timedelta(hours=1), last])
    assert is_alive(times, last + timedelta(days=days)) is alive


def test_a_page_says_when_news_take_a_reading_of_the_whole_file(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_state(tmp_path / "live.json", *(cycle(now() - HOUR * back) for back in (3, 2, 1)))
    assert "Live: last cycle" in texts(open_app(path))
    assert "whole file" not in texts(open_app(path))
    monkeypatch.setattr(data, "LIVE_LIMIT", 100)
    assert "each change takes a reading of the whole file" in texts(open_app(path))


def test_a_clock_that_is_behind_makes_no_negative_age() -> None:
    last = datetime(2026, 1, 5, tzinfo=UTC)
    times = pd.DatetimeIndex([last - timedelta(hours=1), last])
    now = last - timedelta(minutes=5)
    assert fresh_words(freshness_of(times, now), now).startswith("Live: last cycle 0 s ago")


def test_slow_strategies_are_given_ten_of_their_intervals() -> None:
    last = datetime(2026, 1, 5, tzinfo=UTC)
    times = pd.DatetimeIndex([last - timedelta(days=30), last])
    assert is_alive(times, last + timedelta(days=299))
    assert not is_alive(times, last + timedelta(days=301))


def test_words_about_freshness() -> None:
    last = datetime(2026, 1, 5, tzinfo=UTC)
    times = pd.DatetimeIndex([last - timedelta(hours=1), last])
    soon, late = last + timedelta(minutes=12), last + timedelta(hours=3, minutes=20)
    assert fresh_words(freshness_of(times, soon), soon) == "Live: last cycle 12 min ago, the next is due in 48 min"
    assert overdue_words(freshness_of(times, late), late).startswith("The next cycle is overdue by 2 h 20 min: ")
    assert fresh_words(freshness_of(times[:0], soon), soon) == "Live: no cycle yet"
