"""The cursor: which cycle a click means, and a strip that shows any number of cycles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from histories import make_history, moment

from alpha_model.analysis import CycleOutcome
from dashboard.cursor import BUCKETS, GO_TO, MARKS, choose_time, strip_of
from dashboard.opened import OpenHistory
from dashboard.selection import CYCLE

OPEN = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0}
HELD = {"max_position_adjust_usd": 20.0, "position_adjust_threshold_usd": 100.0}


@pytest.mark.parametrize(("hours", "day"), [(-99, 0), (0, 0), (11, 0), (13, 1), (48, 2), (999, 3)])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_time_that_is_clicked_means_the_nearest_cycle(hours: int, day: int, unit: str) -> None:
    st.session_state.clear()
    clicked = (pd.Timestamp(moment(0)) + pd.Timedelta(hours=hours)).as_unit(unit)
    choose_time(make_history(cycles=4), clicked, open_page=False)
    assert pd.Timestamp(st.session_state[CYCLE]) == moment(day)


@pytest.mark.parametrize("open_page", [True, False])
def test_click_moves_the_cursor_and_leads_to_the_cycle(*, open_page: bool) -> None:
    st.session_state.clear()
    choose_time(make_history(cycles=4), pd.Timestamp(moment(2)), open_page=open_page)
    assert st.session_state[CYCLE] == "2026-01-07T00:00Z"
    assert st.session_state.get(GO_TO) == ("cycle" if open_page else None)


def test_strip_of_many_cycles_stays_small_and_loses_no_exception() -> None:
    count = 5 * BUCKETS
    rows = [dict(OPEN) for _ in range(count)]
    exceptions = (0, 7, 1234, count - 1)
    for place in exceptions:
        rows[place] = dict(HELD)
    strip = strip_of(OpenHistory(make_history([{"pair_id": 1, "cycle": place} for place in range(count)], cycles=rows)))
    held = str(list(CycleOutcome).index(CycleOutcome.held_below_threshold))
    shown = {place for place, code in enumerate(strip.codes) if code == held}
    assert strip.count == count
    assert len(strip.codes) == len(strip.times) <= BUCKETS
    assert shown == {place * len(strip.codes) // count for place in exceptions}
    assert set(strip.marks) <= set(exceptions) and len(strip.marks) == len(exceptions) <= MARKS  # noqa: PT018


def test_strip_of_few_cycles_has_one_bucket_for_each() -> None:
    strip = strip_of(
        OpenHistory(make_history([{"pair_id": 1, "cycle": place} for place in range(3)], cycles=[OPEN, HELD, OPEN]))
    )
    assert len(strip.codes) == strip.count == 3
    assert np.diff(strip.times).tolist() == [86400, 86400]
    assert strip.marks == (1,)
