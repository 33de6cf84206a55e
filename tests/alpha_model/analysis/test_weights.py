"""Shares, weights and their differences, by hand."""

from __future__ import annotations

import numpy as np
from histories import make_history, make_long_history
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.analysis import normalised_weights, pair_labels, raw_shares, weight_diffs
from alpha_model.analysis.facts import pairs_by_weight
from alpha_model.analysis.pairs import sides


def test_raw_share_is_the_part_of_the_cycles_raw_weights() -> None:
    history = make_history([{"pair_id": 1, "raw_weight": 3.0}, {"pair_id": 2, "raw_weight": 1.0}])
    assert raw_shares(history).iloc[0].tolist() == [0.75, 0.25]


def test_raw_share_is_absent_where_nothing_was_weighed() -> None:
    history = make_history([{"pair_id": 1, "raw_weight": 0.0}, {"pair_id": 2, "cycle": 1}], cycles=2)
    assert raw_shares(history).isna().to_numpy().all()


def test_diff_counts_an_absent_side_as_nothing() -> None:
    history = make_history(
        [
            {"pair_id": 1, "normalised_weight": 0.5},
            {"pair_id": 2, "normalised_weight": 0.25, "old_weight": 0.75},
            {"pair_id": 3, "selected": False, "old_weight": 0.25},
            {"pair_id": 4, "selected": False, "normalised_weight": 0.0},
        ]
    )
    diffs = weight_diffs(history).iloc[0]
    assert diffs[[1, 2, 3]].tolist() == [0.5, -0.5, -0.25]
    assert np.isnan(diffs[4])  # neither wanted nor held


def test_side_is_the_sign_of_the_signal() -> None:
    history = make_history(
        [{"pair_id": 1, "signal": -2.0}, {"pair_id": 2, "signal": 0.0}, {"pair_id": 3, "cycle": 1}], 2
    )
    assert sides(history).iloc[0].tolist()[:2] == [-1.0, 1.0]
    assert np.isnan(sides(history).iloc[0, 2])


def test_frames_are_cycles_by_pairs() -> None:
    history = make_long_history(3, 2)
    for frame in (raw_shares(history), normalised_weights(history), weight_diffs(history), sides(history)):
        assert frame.shape == (3, 2)
        assert frame.columns.tolist() == [1, 2]
        assert str(frame.index.tz) == "UTC"


def test_equal_tickers_are_told_apart_by_id() -> None:
    history = make_history(tickers={1: "A-B", 2: "A-B", 3: "C-D", 4: ""}, cycles=0)
    assert pair_labels(history) == {1: "A-B #1", 2: "A-B #2", 3: "C-D", 4: "#4"}


def test_labels_stay_on_one_line_and_in_one_direction() -> None:
    history = make_history(tickers={1: "A\n-\u202eB"}, cycles=0)
    assert pair_labels(history) == {1: "A - B"}


def test_heaviest_pair_comes_first() -> None:
    history = make_history(
        [
            {"pair_id": 1, "normalised_weight": 0.2},
            {"pair_id": 2, "normalised_weight": 0.6},
            {"pair_id": 3, "old_weight": 0.5, "selected": False},
        ]
    )
    assert pairs_by_weight(history).tolist() == [2, 3, 1]


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=6))
def test_raw_shares_sum_to_one(weights: list[float]) -> None:
    history = make_history([{"pair_id": place, "raw_weight": weight} for place, weight in enumerate(weights, start=1)])
    assert np.isclose(raw_shares(history).sum(axis=1).iloc[0], 1.0)
