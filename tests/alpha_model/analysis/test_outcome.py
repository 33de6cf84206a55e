"""Outcomes of cycles, each worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from histories import make_history
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.analysis import CycleOutcome, cycle_outcomes
from alpha_model.analysis.explain import describe_decision
from alpha_model.analysis.facts import OUTCOME_MEANINGS
from alpha_model.history import History

GATE = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0}


def wants(pair_id: int, change: float, **row: Any) -> dict[str, Any]:
    return {"pair_id": pair_id, "position_adjust_usd": change, **row}


def outcome_of(history: History) -> str:
    return str(cycle_outcomes(history)["outcome"].iloc[0])


@pytest.mark.parametrize(
    ("signals", "cycle", "outcome"),
    [
        ([wants(1, 500), wants(2, -300)], GATE, "rebalanced"),
        ([wants(1, 500), wants(2, -9, ignored=True)], GATE, "partly_rebalanced"),
        # the reference framework marks a small trade by its flag only
        ([wants(1, 500), wants(2, -9, flags=["individual_trade_size_too_small"])], GATE, "partly_rebalanced"),
        ([wants(1, 99, ignored=True)], GATE | {"max_position_adjust_usd": 99.0}, "held_below_threshold"),
        ([wants(1, 100)], GATE | {"max_position_adjust_usd": 100.0}, "rebalanced"),
        ([wants(1, 500, ignored=True)], GATE, "every_change_skipped"),
        ([wants(1, 0)], GATE | {"max_position_adjust_usd": 0.0}, "unchanged"),
        ([wants(1, 0)], {"max_position_adjust_usd": 0.0, "position_adjust_threshold_usd": 0.0}, "unchanged"),
        ([wants(1, 0, asked=50.0, accepted=0.0)], GATE | {"max_position_adjust_usd": 0.0}, "refused_by_risk"),
        ([], GATE | {"max_position_adjust_usd": 0.0}, "no_signal"),
        # the threshold was reached, and no change is recorded that could say what came of it
        ([wants(1, None)], GATE, "unknown"),
        ([], {}, "no_signal"),
        # without amounts and threshold of the rebalance
        ([wants(1, 500)], {}, "unknown"),
        ([wants(1, None)], {}, "unknown"),
        ([wants(1, 500, flags=["max_adjust_too_small"])], {}, "held_below_threshold"),
        ([wants(1, 500, ignored=True)], {}, "every_change_skipped"),
        ([wants(1, 500, ignored=True), wants(2, 5)], {}, "unknown"),
    ],
)
def test_outcome_follows_from_what_is_recorded(
    signals: list[dict[str, Any]], cycle: dict[str, Any], outcome: str
) -> None:
    assert outcome_of(make_history(signals, [cycle])) == outcome


def test_recorded_trades_prove_a_rebalance_where_the_cycle_records_none() -> None:
    history = make_history([wants(1, 500)], [{"trade_count": 1}], trades=[{"pair_id": 1, "value": 480.0}])
    row = cycle_outcomes(history).iloc[0]
    assert row["outcome"] == CycleOutcome.rebalanced
    assert (row["traded_count"], row["traded_usd"]) == (1, 480.0)


@pytest.mark.parametrize("trade", [{"kind": "stop_loss"}, {"cycle": None}])
def test_a_trade_that_no_cycle_decided_proves_nothing(trade: dict[str, Any]) -> None:
    assert outcome_of(make_history([wants(1, 500)], trades=[{"pair_id": 1, "value": 480.0, **trade}])) == "unknown"


def test_held_cycle_says_how_much_was_missing() -> None:
    history = make_history([wants(1, 80, ignored=True)], [GATE | {"max_position_adjust_usd": 80.0}])
    row = cycle_outcomes(history).iloc[0]
    assert row["shortfall_usd"] == 20.0  # 100 - 80
    assert (row["traded_count"], row["traded_usd"]) == (0, 0)
    assert describe_decision(row) == (
        "On 5 January 2026, 00:00 UTC the strategy held: its largest change of $80.00 stayed $20.00 below the "
        "threshold of $100.00."
    )


def test_traded_usd_is_the_sum_of_absolute_changes() -> None:
    row = cycle_outcomes(make_history([wants(1, 500), wants(2, -300), wants(3, 5, ignored=True)], [GATE])).iloc[0]
    assert (row["traded_count"], row["traded_usd"]) == (2, 800.0)  # 500 + 300
    assert "rebalanced in part with 2 trades worth $800." in describe_decision(row)


def test_flip_counts_as_two_trades() -> None:
    flip = wants(1, 500, signal=-1.0, old_kind="spot_market_hold", old_value=200.0, normalised_weight=1.0)
    row = cycle_outcomes(make_history([flip], [GATE])).iloc[0]
    assert (row["traded_count"], row["traded_usd"]) == (2, 700.0)  # closes 200, opens 500


def test_flip_that_only_closes_counts_once() -> None:
    flip = wants(1, -200, signal=-1.0, old_kind="spot_market_hold", old_value=200.0, flags=["closed"])
    assert cycle_outcomes(make_history([flip], [GATE]))["traded_count"].iloc[0] == 1


def test_trades_are_unknown_where_the_source_keeps_none() -> None:
    row = cycle_outcomes(make_history([wants(1, 500)])).iloc[0]
    assert np.isnan(row["traded_count"])
    assert np.isnan(row["traded_usd"])


def test_parts_of_a_history_have_the_outcomes_of_the_whole() -> None:
    history = make_history([wants(1, 500, cycle=1), wants(1, 500, cycle=2, ignored=True)], [GATE, GATE, GATE])
    whole = cycle_outcomes(history)
    for number in range(3):
        assert outcome_of(history.cycle(number)) == whole["outcome"].iloc[number]


def test_empty_history_has_no_outcome() -> None:
    assert cycle_outcomes(make_history(cycles=0)).empty


def test_every_outcome_has_a_meaning() -> None:
    assert set(OUTCOME_MEANINGS) == set(CycleOutcome)


@given(
    largest=st.floats(0, 1e6),
    threshold=st.floats(0, 1e6),
    changes=st.lists(st.tuples(st.floats(-1e6, 1e6), st.booleans()), max_size=4),
)
def test_trades_and_outcome_agree(largest: float, threshold: float, changes: list[tuple[float, bool]]) -> None:
    signals = [wants(place, change, ignored=ignored) for place, (change, ignored) in enumerate(changes, start=1)]
    cycle = {"max_position_adjust_usd": largest, "position_adjust_threshold_usd": threshold}
    row = cycle_outcomes(make_history(signals, [cycle])).iloc[0]
    wanted = any(change for change, _ in changes)
    assert (row["outcome"] == CycleOutcome.unknown) == (bool(changes) and not wanted and 0 < largest >= threshold)
    assert (row["planned_count"] > 0) == (row["outcome"] in {CycleOutcome.rebalanced, CycleOutcome.partly_rebalanced})
