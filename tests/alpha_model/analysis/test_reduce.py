"""What fits into a picture, and what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.analysis.facts import OTHER, Kept, cycle_buckets, live_pairs, merge_pairs, most_moved, reduce_cycles


def frame_of(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame({int(name[1:]): values for name, values in columns.items()})


def test_pairs_beyond_the_top_become_other() -> None:
    frame = frame_of(p1=[0.4], p2=[0.3], p3=[0.2], p4=[0.1])
    merged, kept = merge_pairs(frame, np.array([2, 1, 3, 4]), 2)
    assert merged.columns.tolist() == [2, 1, OTHER]
    assert merged.iloc[0].tolist() == pytest.approx([0.3, 0.4, 0.3])  # 0.2 + 0.1
    assert kept == Kept(2, 4)


def test_one_pair_too_many_is_shown_by_name() -> None:
    merged, kept = merge_pairs(frame_of(p1=[0.4], p2=[0.3], p3=[0.3]), np.array([1, 2, 3]), 2)
    assert merged.columns.tolist() == [1, 2, 3]
    assert kept.is_everything


def test_pairs_without_weight_take_no_part() -> None:
    frame = frame_of(p1=[0.0], p2=[np.nan], p3=[0.5])
    assert live_pairs(np.array([1, 2, 3]), frame).tolist() == [3]


def test_most_moved_ranks_by_absolute_sum() -> None:
    moved, kept = most_moved(frame_of(p1=[0.1, 0.1], p2=[-0.5, 0.1], p3=[np.nan, np.nan]), 1)
    assert moved.columns.tolist() == [2]
    assert kept == Kept(1, 2)


@pytest.mark.parametrize(
    ("meaning", "expected"),
    [("last", [-4, 3]), ("sum", [-2, 3]), ("max", [2, 3]), ("mean", [-1, 3]), ("extreme", [-4, 3])],
)
def test_bucket_keeps_what_its_numbers_mean(meaning: str, expected: list[float]) -> None:
    reduced, kept = reduce_cycles(pd.DataFrame({"x": [2.0, -4.0, 3.0]}), 2, meaning)
    assert reduced["x"].tolist() == expected
    assert reduced.index.tolist() == [1, 2]  # the last cycle of each
    assert kept == Kept(2, 3)


@pytest.mark.parametrize("meaning", ["sum", "mean", "max", "extreme"])
def test_absent_numbers_stay_absent(meaning: str) -> None:
    reduced, _ = reduce_cycles(pd.DataFrame({"x": [np.nan, np.nan, 1.0, np.nan]}), 2, meaning)
    assert np.isnan(reduced["x"].iloc[0])
    assert reduced["x"].iloc[1] == 1.0


def test_short_history_is_not_reduced() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    reduced, kept = reduce_cycles(frame, 2, "mean")
    assert reduced is frame
    assert kept.is_everything


def test_buckets_use_the_limit_unless_they_are_to_be_equal() -> None:
    assert np.bincount(cycle_buckets(5, 4)).tolist() == [2, 1, 1, 1]
    assert np.bincount(cycle_buckets(5, 4, equal=True)).tolist() == [2, 2, 1]


@given(count=st.integers(0, 3000), limit=st.integers(1, 600), equal=st.booleans())
def test_buckets_are_within_the_limit_and_miss_no_cycle(count: int, limit: int, *, equal: bool) -> None:
    buckets = cycle_buckets(count, limit, equal=equal)
    assert len(buckets) == count
    assert len(np.unique(buckets)) <= limit
    assert (np.diff(buckets) >= 0).all()
