"""Shares are of one book: its equity, what of it is pinned, and what is held beside the model."""

from __future__ import annotations

from datetime import timedelta

import pytest
from histories import make_history, moment

from alpha_model.analysis import book_frame, cycle_outcomes, summarise_cycle
from alpha_model.analysis.explain import describe_decision
from alpha_model.analysis.pairs import target_shares

HELD = {"pair_id": 1, "old_value": 80.0, "position_target": 40.0}


def held(cycle: int, pair_id: int, value: float, state: str = "open") -> dict[str, object]:
    return {"cycle": cycle, "timestamp": moment(cycle), "pair_id": pair_id, "value": value, "state": state}


def test_total_equity_is_that_of_the_last_point_of_one_interval() -> None:
    points = [{"timestamp": moment(0) - timedelta(hours=6), "total_equity": 200.0, "cash": 20.0}]
    rows = [HELD | {"cycle": cycle} for cycle in range(3)]
    frame = book_frame(make_history(rows, [{"investable_equity": 100.0}] * 3, equity=points))
    assert frame["equity_usd"].tolist() == [200, 100, 100]  # 30 hours later it is too old
    assert frame["equity_whole"].tolist() == ["total_equity", *["investable_and_locked"] * 2]


def test_cash_and_positions_stand_in_for_a_total_that_is_not_recorded() -> None:
    points = [{"timestamp": moment(0), "total_equity": None, "cash": 20.0}]
    history = make_history([HELD], [{"investable_equity": 100.0}], equity=points, positions=[held(0, 1, 80.0)])
    row = book_frame(history).iloc[0]
    assert (row["equity_usd"], row["equity_whole"]) == (100, "cash_and_positions")


def test_a_frozen_position_is_added_to_the_curve_that_leaves_it_out_and_counted_once() -> None:
    points = [{"timestamp": moment(0), "total_equity": 20.0, "cash": 20.0}]
    rows = [HELD | {"carry_forward": True}]
    history = make_history(rows, [{"investable_equity": 20.0}], equity=points, positions=[held(0, 1, 80.0, "frozen")])
    row = book_frame(history).iloc[0]
    assert (row["equity_usd"], row["locked_usd"]) == (100, 80)


def test_locked_money_is_no_share_of_an_equity_without_it() -> None:
    locked = {"pair_id": 1, "old_value": 900.0, "position_target": 900.0, "carry_forward": True}
    history = make_history([locked, {"pair_id": 2, "position_target": 60.0}], [{"investable_equity": 100.0}])
    assert target_shares(history).to_numpy().tolist() == [[0.9, pytest.approx(0.06)]]
    paragraph = summarise_cycle(history).paragraph
    assert "with targets of $60.00 for $100 of investable equity (60.0 %)." in paragraph
    assert "Locked and not to be traded: $900, 90.0 % of investable equity and what is locked." in paragraph


def test_a_short_is_a_negative_share() -> None:
    short = {"pair_id": 1, "signal": -1.0, "position_target": 50.0}
    assert target_shares(make_history([short], [{"investable_equity": 100.0}])).to_numpy().tolist() == [[-0.5]]


def test_a_credit_position_beside_the_model_is_not_nothing_held() -> None:
    history = make_history(cycles=1, tickers={7: "aUSDC-USDC"}, positions=[held(0, 7, 1444.0)])
    words = describe_decision(cycle_outcomes(history).iloc[0])
    assert words.endswith("no pair was selected, and the model held none; 1 position worth $1,444 stood beside it.")
