"""When the mix of flags changed: by hand, by properties, over every history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from histories import EVERY, make_history
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.analysis import flag_counts
from alpha_model.analysis.cycles import flag_shifts
from alpha_model.history import History, read_history


def raised(*counts: int, flag: str = "closed") -> History:
    """A history in which so many pairs carry the flag, cycle by cycle."""
    signals = [
        {"pair_id": pair, "cycle": cycle, "flags": [flag] if pair <= count else []}
        for cycle, count in enumerate(counts)
        for pair in range(1, max(counts) + 1)
    ]
    return make_history(signals, len(counts))


def test_a_shift_is_found_where_it_is_with_both_means() -> None:
    frame = flag_shifts(raised(*[1] * 30, *[4] * 30))
    assert frame["place"].tolist() == [30]
    assert frame[["flag", "before", "after", "moved"]].to_numpy().tolist() == [["closed", 1.0, 4.0, 3.0]]


def test_there_and_back_are_two_shifts() -> None:
    assert flag_shifts(raised(*[0] * 25, *[3] * 25, *[0] * 25))["place"].tolist() == [25, 50]


@pytest.mark.parametrize("counts", [[2] * 60, [1, 3] * 30, [0] * 59 + [5], [0] * 5 + [5] * 34])
def test_what_goes_on_as_before_or_is_too_short_is_no_shift(counts: list[int]) -> None:
    assert flag_shifts(raised(*counts)).empty


def test_only_the_chosen_pairs_count() -> None:
    history = raised(*[1] * 30, *[4] * 30)
    assert flag_shifts(history, [1]).empty  # it carries the flag throughout
    assert flag_shifts(history, [2])["place"].tolist() == [30]


@given(st.lists(st.integers(0, 4), min_size=40, max_size=90).filter(any), st.integers(5, 20))
def test_shifts_are_apart_and_their_means_are_those_of_the_counts(counts: list[int], span: int) -> None:
    history = raised(*counts)
    frame = flag_shifts(history, span=span)
    assert (np.diff(frame["place"]) >= span).all()
    series = flag_counts(history)["closed"].to_numpy()
    for row in frame.itertuples():
        assert row.before == pytest.approx(series[row.place - span : row.place].mean())
        assert row.after == pytest.approx(series[row.place : row.place + span].mean())


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_every_history_has_its_shifts_in_order(path: Path) -> None:
    history = read_history(path)
    frame = flag_shifts(history)
    assert frame["place"].is_monotonic_increasing
    assert (frame["moved"] > 0).all()
    assert set(frame["flag"]) <= set(flag_counts(history).columns)
