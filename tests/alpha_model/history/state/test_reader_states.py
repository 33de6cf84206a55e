"""Is what we read from real state files what the reference framework reads from them?

The files lie outside the repository, in a folder `shared` beside it; without it these tests are skipped.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from alpha_model.history import History, read_history
from alpha_model.values.errors import NoHistoryError

NAMES = {
    "enzyme-polygon-matic-eth-usdc": "live/enzyme-polygon-matic-eth-usdc.json",
    "hyperai-cleanup": "live/hyperai-cleanup.json",
    "long_short_105_cycles": "long_short_105_cycles.json.gz",
    "equal_weight_156_cycles": "equal_weight_156_cycles.json.gz",
}
RENAMED = {
    "asked_size": "asked",
    "accepted_size": "accepted",
    "position_adjust_ignored": "ignored",
}
SAME = (
    *("raw_weight", "normalised_weight", "old_weight", "old_value", "old_kind", "synthetic_kind", "position_target"),
    *("position_adjust_usd", "position_adjust_quantity", "position_id", "stop_loss", "take_profit", "carry_forward"),
    *("trailing_stop_loss", "leverage", "profit_before_trades", "profit_before_trades_pct", "capped", "tvl"),
    "other_data",
)
CYCLE_NUMBERS = (
    *("investable_equity", "accepted_investable_equity", "size_risk_discarded_value", "max_position_adjust_usd"),
    *("position_adjust_threshold_usd", "close_position_weight_epsilon"),
)


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest, states: Path) -> tuple[History, pd.DataFrame, pd.DataFrame]:
    """What we read, and the expected signals and cycles."""
    expected = states / "expected"
    return (
        read_history(states / NAMES[request.param]),
        pd.read_parquet(expected / f"{request.param}.signals.parquet"),
        pd.read_parquet(expected / f"{request.param}.cycles.parquet"),
    )


def ours_for(history: History, part: pd.DataFrame) -> pd.DataFrame:
    """Our signals, one row for each expected one and in that order."""
    keys = pd.MultiIndex.from_arrays([part["timestamp"].dt.tz_localize("UTC").dt.as_unit("us"), part["pair_id"]])
    return history.signals.set_index(["timestamp", "pair_id"]).loc[keys].reset_index()


def assert_same(ours: pd.Series, expected: pd.Series) -> None:
    """Equal value by value; absent is absent on both sides."""
    expected = expected.astype(object).reset_index(drop=True)
    ours = ours.astype(object).reset_index(drop=True)
    absent = expected.isna()
    pd.testing.assert_series_equal(ours.isna(), absent, check_names=False)
    assert ours[~absent].tolist() == expected[~absent].tolist()


def test_selection_equals_the_reference(case: tuple[History, pd.DataFrame, pd.DataFrame]) -> None:
    history, signals, _ = case
    part = signals[signals["part"] == "signals"]
    ours = ours_for(history, part)
    for name in SAME:
        assert_same(ours[name], part[name])
    for theirs, name in RENAMED.items():
        assert_same(ours[name], part[theirs])
    assert_same(ours["signal_in_selection"], part["signal"])
    assert ours["selected"].tolist() == (part["signal"] != 0).tolist()


def test_raw_signals_equal_the_reference(case: tuple[History, pd.DataFrame, pd.DataFrame]) -> None:
    history, signals, _ = case
    raw = signals[signals["part"] == "raw_signals"]
    assert_same(ours_for(history, raw)["signal"], raw["signal"])
    keys = signals[["timestamp", "pair_id"]].drop_duplicates()
    assert len(history.signals) == len(keys)


def test_pairs_that_are_not_selected_have_their_raw_numbers(case: tuple[History, pd.DataFrame, pd.DataFrame]) -> None:
    history, signals, _ = case
    keys = ["timestamp", "pair_id"]
    chosen = signals[signals["part"] == "signals"].set_index(keys).index
    raw = signals[signals["part"] == "raw_signals"]
    only_raw = raw[~raw.set_index(keys).index.isin(chosen)]
    ours = ours_for(history, only_raw)
    for name in SAME:
        assert_same(ours[name], only_raw[name])


def test_flags_equal_the_reference(case: tuple[History, pd.DataFrame, pd.DataFrame]) -> None:
    history, signals, _ = case
    part = signals[signals["part"] == "signals"]
    found = history.flags.groupby(["timestamp", "pair_id"])["flag"].agg(set).to_dict()
    times = part["timestamp"].dt.tz_localize("UTC")
    for when, pair_id, flags in zip(times, part["pair_id"], part["flags"], strict=True):
        assert found.get((when, pair_id), set()) == set(filter(None, flags.split("|")))


def test_pairs_equal_the_reference(case: tuple[History, pd.DataFrame, pd.DataFrame]) -> None:
    history, signals, _ = case
    expected = signals.drop_duplicates("pair_id", keep="last").set_index("pair_id")
    ours = history.pairs.set_index("pair_id").loc[expected.index]
    for name in ("ticker", "base", "kind"):
        assert_same(ours[name], expected[name])


def test_cycles_equal_the_reference(case: tuple[History, pd.DataFrame, pd.DataFrame]) -> None:
    history, _, expected = case
    ours = history.cycles
    assert ours["timestamp"].tolist() == expected["timestamp"].dt.tz_localize("UTC").tolist()
    assert ours["raw_count"].tolist() == expected["n_raw"].tolist()
    assert ours["source"].tolist() == expected["source"].tolist()
    assert ours["source_key"].tolist() == expected["cycle_key"].tolist()
    for name in CYCLE_NUMBERS:
        assert_same(ours[name], expected[name])


def test_rebalance_and_flag_counts_follow_from_our_tables(case: tuple[History, pd.DataFrame, pd.DataFrame]) -> None:
    history, _, expected = case
    chosen = history.signals[history.signals["signal_in_selection"].notna()]
    flags = history.flags.merge(chosen[["cycle", "pair_id"]], on=["cycle", "pair_id"])
    for cycle, row in enumerate(expected.itertuples()):
        counts = flags[flags["cycle"] == cycle]["flag"].value_counts().to_dict()
        assert counts == json.loads(row.flag_counts)
        ours = history.cycles.loc[cycle]
        largest, threshold = ours["max_position_adjust_usd"], ours["position_adjust_threshold_usd"]
        triggered = None if pd.isna(threshold) else bool(largest > 0 and largest >= threshold)
        assert triggered == (None if pd.isna(row.rebalance_triggered) else row.rebalance_triggered)


def test_enzyme_file_has_its_trades_and_equity(states: Path) -> None:
    history = read_history(states / NAMES["enzyme-polygon-matic-eth-usdc"])
    assert len(history.trades) == 13
    assert len(history.equity) == 298
    assert history.trades["status"].value_counts().to_dict() == {"planned": 7, "executed": 6}
    assert history.trades["value"].notna().all()
    assert history.cycles["trade_count"].sum() > 0


def test_last_cycle_only_file_keeps_the_report_and_the_failed_trade(states: Path) -> None:
    history = read_history(states / NAMES["hyperai-cleanup"])
    assert history.cycles.loc[0, "message"].startswith("Cycle: #1\nRebalanced: 👍")
    assert len(history.messages) == 1
    assert history.trades["kind"].tolist() == ["test_trade", "rebalance"]
    assert history.trades["status"].tolist() == ["executed", "failed"]
    assert history.cycles.loc[0, "trade_count"] == 1
    assert (history.cycles.loc[0, "raw_count"], history.cycles.loc[0, "held_count"]) == (99, 1)


def test_shorts_are_filed_under_their_spot_pairs(states: Path) -> None:
    history = read_history(states / NAMES["long_short_105_cycles"])
    assert set(history.pair_ids) == {1, 2}
    shorts = history.trades[history.trades["pair_kind"] == "lending_protocol_short"]
    assert len(history.trades) == 234
    assert set(shorts["pair_id"]) == {1, 2}
    assert (history.signals["synthetic_kind"] == "lending_protocol_short").any()


def test_bare_nan_is_null_and_reported_in_its_place(states: Path) -> None:
    path = states / "odd_nan_infinity.json"
    history = read_history(path)
    problems = history.problems[history.problems["field"].notna()]
    assert problems[["cycle_key", "pair", "field"]].to_numpy().tolist() == [
        ["1704672000", "2", "signal"],
        ["1704758400", "2", "signal"],
        ["1704758400", "2", "signal"],
    ]
    data = path.read_bytes()
    for place in problems["position"]:
        assert data[place : place + 3] in (b"NaN", b"Inf")


def test_other_strategies_entries_are_skipped_and_shown(states: Path) -> None:
    history = read_history(states / "odd_mixed_calculations.json")
    assert len(history) == 4
    assert history.problems["kind"].tolist() == ["skipped", "skipped"]
    assert history.problems["cycle_key"].tolist() == ["1704758400", "1705104000"]


def test_state_without_alpha_model_says_what_it_is(states: Path) -> None:
    with pytest.raises(NoHistoryError, match="state file of the reference framework with 0 calculations"):
        read_history(states / "live" / "no-alpha-model.json")
