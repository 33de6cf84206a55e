"""All metrics in one frame, rolling and summed up."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from histories import EVERY, SAMPLES, make_history
from hypothesis import given, settings
from hypothesis import strategies as st

from alpha_model.analysis import cycle_metrics, metric_summary, near_misses
from alpha_model.analysis.metrics import (
    METRICS,
    concentration,
    constraint_effects,
    exposure,
    forecast_quality,
    next_returns,
    outcome_streaks,
    pair_streaks,
    quantile_returns,
    rolling_metrics,
    signal_stability,
    transfer_coefficients,
    turnover,
)
from alpha_model.history import History, read_history
from alpha_model.history.tables.schema import empty_tables
from alpha_model.values.errors import HistoryError

SMALL = next(path for path in SAMPLES if path.name == "reference_layout_2020.json.gz")


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_the_table_has_the_figures_of_the_single_functions(path) -> None:
    history = read_history(path)
    found = cycle_metrics(history)
    assert found.columns.tolist() == ["cycle", "timestamp", "signals", "expected", "with_return", *METRICS]
    single = [turnover, concentration, exposure, transfer_coefficients, forecast_quality, signal_stability]
    for frame in (function(history) for function in single):
        for name in set(frame.columns) & set(METRICS):
            pd.testing.assert_series_equal(found[name], frame[name])
    assert found["quantile_spread"].equals(quantile_returns(history)["spread"])
    assert found["constraint_effect_usd"].equals(constraint_effects(history)["total_usd"])
    numbers = found[list(METRICS)].to_numpy(dtype=float)
    assert not np.isinf(numbers).any()


def test_a_part_of_a_history_has_the_figures_of_the_whole() -> None:
    whole = read_history(SMALL)
    part = whole.between(whole.timestamps[10], whole.timestamps[20])
    own = cycle_metrics(part)
    same = [name for name in METRICS if name not in {"rank_autocorrelation", "kept_share"}]
    expected = cycle_metrics(whole).iloc[10:20].reset_index(drop=True)
    # The last cycle of the part has no next one, the first has none before; marks and limits are those of the part.
    pd.testing.assert_frame_equal(own[["cycle", *same]].iloc[:10], expected[["cycle", *same]])


@pytest.mark.parametrize("history", [History(empty_tables()), make_history(cycles=2), make_history([{"pair_id": 1}])])
def test_a_history_of_nothing_has_frames_of_nothing(history) -> None:
    found = cycle_metrics(history)
    assert len(found) == len(history)
    assert metric_summary(found)["cycles"].eq(len(history)).all()
    assert len(rolling_metrics(found, 3)) == len(history)
    for function in (near_misses, pair_streaks):
        assert function(history).empty
    assert outcome_streaks(history)["cycles"].sum() == len(history)
    assert next_returns(history)["next_return"].isna().all()


def test_rolling_means_by_hand() -> None:
    frame = pd.DataFrame(
        {
            "cycle": range(4),
            "timestamp": pd.date_range("2026-01-05", periods=4, tz="UTC"),
            "rank_ic": [0.5, np.nan, np.nan, 0.1],
            "hits_of": [4, 2, 0, 6],
            "outcome": ["a", "b", "c", "d"],
        }
    )
    found = rolling_metrics(frame, 2)
    assert found.columns.tolist() == ["cycle", "timestamp", "cycles", "rank_ic", "rank_ic_n", "hits_of", "hits_of_n"]
    assert found["cycles"].tolist() == [1, 2, 2, 2]
    assert found["rank_ic"].tolist() == pytest.approx([0.5, 0.5, np.nan, 0.1], nan_ok=True)
    assert found["rank_ic_n"].tolist() == [1, 1, 0, 1]
    assert found["hits_of"].tolist() == [4, 3, 1, 3]


def test_a_window_of_no_cycles_is_an_error() -> None:
    with pytest.raises(HistoryError, match="at least 1 cycle, got 0"):
        rolling_metrics(cycle_metrics(make_history([{"pair_id": 1}])), 0)


values = st.lists(st.none() | st.floats(-1e3, 1e3), min_size=1, max_size=12)


@settings(max_examples=50)
@given(values=values, window=st.integers(1, 15))
def test_a_rolling_mean_is_the_mean_of_what_the_window_knows(values, window) -> None:
    values = [np.nan if value is None else value for value in values]
    times = pd.date_range("2026-01-05", periods=len(values), tz="UTC")
    found = rolling_metrics(pd.DataFrame({"cycle": range(len(values)), "timestamp": times, "x": values}), window)
    for place in range(len(values)):
        seen = np.array(values[max(0, place + 1 - window) : place + 1], dtype=float)
        known = seen[~np.isnan(seen)]
        assert (found["x_n"][place], found["cycles"][place]) == (len(known), len(seen))
        expected = known.mean() if len(known) else np.nan
        assert found["x"][place] == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_the_summary_by_hand() -> None:
    metrics = cycle_metrics(make_history([{"pair_id": 1}], 4)).assign(
        rank_ic=[0.1, 0.3, np.nan, 0.2], wanted_share=[1.0, 1.0, 1.0, 1.0 + 1e-15]
    )
    found = metric_summary(metrics).set_index("metric")
    assert found.index.tolist() == list(METRICS)
    row = found.loc["rank_ic"]
    expected = [0.2, 0.1, 0.1, 0.2, 0.3, 0.2, 0.2 / (0.1 / 3**0.5), 3, 4]
    columns = ["mean", "deviation", "smallest", "median", "largest", "last", "t", "n", "cycles"]
    assert row[columns].tolist() == pytest.approx(expected)
    assert np.isnan(found.loc["wanted_share", "t"])
    assert found.loc["discarded_share", ["mean", "last", "n"]].tolist() == pytest.approx(
        [np.nan, np.nan, 0], nan_ok=True
    )


def test_the_order_of_the_pairs_does_not_matter() -> None:
    history = read_history(SMALL)
    backwards = History(replace(history.tables, pairs=history.tables.pairs.take(list(range(19, -1, -1)))))
    pd.testing.assert_frame_equal(cycle_metrics(history), cycle_metrics(backwards))
