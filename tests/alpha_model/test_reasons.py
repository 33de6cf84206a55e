"""What each step took down about a signal, dropped ones too, in dollars."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from builders import MONDAY, make_manager, make_model, make_pair

from alpha_model import AlphaModel, FixedSizeRiskModel, PairError, SignalError, StaticPricing, TradeError
from alpha_model.values.signal import TradingPairSignal


def reasons_of(signal: TradingPairSignal) -> list[tuple]:
    return [(str(r.stage), str(r.code), r.before_usd, r.after_usd, r.limit) for r in signal.reasons or ()]


def decide(model: AlphaModel, manager, equity: float, **settings) -> None:
    model.update_old_weights(manager.portfolio)
    model.calculate_target_positions(manager, equity)
    model.generate_rebalance_trades_and_triggers(manager, **settings)


def test_dropped_signals_say_why() -> None:
    model = AlphaModel(MONDAY)
    for pair_id, alpha in {1: 0.5, 2: 0.4, 3: 0.05}.items():
        model.set_signal(make_pair(pair_id), alpha)
    model.select_top_signals(1, threshold=0.1)
    assert reasons_of(model.raw_signals[1]) == []
    assert reasons_of(model.raw_signals[2]) == [("selection", "not_in_top", None, None, 1)]
    assert reasons_of(model.raw_signals[3]) == [("selection", "below_signal_threshold", None, None, 0.1)]


def test_concentration_cap_is_in_dollars_once_equity_is_known() -> None:
    model = make_model({1: 1.0, 2: 3.0})
    model.normalise_weights(max_weight=0.5)
    assert reasons_of(model.signals[2]) == [("concentration", "capped_by_concentration", None, None, 0.5)]
    decide(model, make_manager({1: 10.0, 2: 10.0}), 1000)
    assert reasons_of(model.signals[2]) == [("concentration", "capped_by_concentration", 750, 500, 0.5)]


def test_chain_cap_follows_the_concentration_cap() -> None:
    model = make_model({1: 1.0, 2: 3.0})
    model.normalise_weights(max_weight=0.5)
    model.cap_chain_allocation(0.6)  # 0.25 + 0.5 shrink to 0.2 + 0.4
    decide(model, make_manager({1: 10.0, 2: 10.0}), 1000)
    assert reasons_of(model.signals[1]) == [("chain", "capped_by_chain_allocation", 250, pytest.approx(200), 0.6)]
    assert reasons_of(model.signals[2])[1] == ("chain", "capped_by_chain_allocation", 500, pytest.approx(400), 0.6)


def test_refused_and_reoffered_dollars_are_taken_down() -> None:
    model = make_model({1: 1.0, 2: 3.0})
    pool = FixedSizeRiskModel(StaticPricing({}), per_position_cap=40)
    model.normalise_weights(investable_equity=100, size_risk_model=pool)
    assert reasons_of(model.signals[2]) == [("size_risk", "capped_by_pool_size", 75, 40, 40)]
    assert reasons_of(model.signals[1]) == [("redistribution", "offered_more", 25, 33.75, None)]


def test_pair_whose_turn_never_came_says_so() -> None:
    model = make_model({1: 1.0, 2: 3.0})
    pool = FixedSizeRiskModel(StaticPricing({}))
    model.normalise_weights(investable_equity=100, size_risk_model=pool, waterfall=True)
    assert reasons_of(model.signals[1]) == [("redistribution", "not_reached", None, 0, None)]


def test_threshold_takes_the_adjust_away() -> None:
    model = make_model({1: 1.0})
    model.normalise_weights()
    decide(model, make_manager({1: 10.0}, held={1: 99}), 1000, min_trade_threshold=15)
    assert reasons_of(model.signals[1]) == [("threshold", "max_adjust_too_small", 10, 0, 15)]


def test_shrunk_buy_keeps_both_reasons() -> None:
    model = make_model({1: 1.0, 2: 1.0})
    model.normalise_weights()
    manager = make_manager({1: 10.0, 2: 10.0}, cash=100)
    decide(model, manager, 1000, cap_buys_to_sync_cash=True, individual_rebalance_min_threshold=60)
    assert reasons_of(model.signals[1]) == [
        ("cash", "capped_by_sync_cash", 500, 50, 100),
        ("threshold", "individual_trade_size_too_small", 50, 0, 60),
    ]


def test_frozen_pair_says_so() -> None:
    manager = make_manager({1: 10.0})
    manager.portfolio.add_position(make_pair(1), Decimal(5), 10, 10)
    manager.portfolio.frozen_positions = dict(manager.portfolio.open_positions)
    manager.portfolio.open_positions.clear()
    model = make_model({1: 1.0})
    model.normalise_weights()
    decide(model, manager, 1000)
    assert reasons_of(model.signals[1]) == [("threshold", "problematic_pair", 1000, 0, None)]


def test_step_that_runs_again_replaces_its_reasons() -> None:
    model = make_model({1: 1.0, 2: 3.0})
    for limit in (0.3, 0.5, 0.9):
        model.normalise_weights(max_weight=limit)
    assert reasons_of(model.signals[2]) == []
    assert model.signals[2].flags == set()


def test_carried_position_keeps_its_value() -> None:
    model = make_model({1: 1.0, 2: 1.0})
    model.signals[1].carry_forward_position = True
    model.normalise_weights()
    decide(model, make_manager({1: 10.0, 2: 10.0}, cash=1000, held={1: 20}), 1000)
    carried = model.signals[1]
    assert (carried.position_target, carried.position_adjust_usd, carried.has_trades()) == (200, 0, False)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m: m.set_signal("WETH", 1.0), PairError, "TradingPairIdentifier, got 'WETH'"),
        (lambda m: m.set_signal(make_pair(9), "strong"), SignalError, "finite number, got 'strong'"),
        (lambda m: m.set_signal(make_pair(9), None), SignalError, "finite number, got None"),
        (lambda m: m.set_signal(make_pair(9), -1.0, leverage=0), SignalError, "leverage must be a number above 0"),
        (lambda m: m.set_signal(make_pair(9), 1.0, stop_loss=-1), SignalError, "stop_loss must be a share"),
        (lambda m: m.set_signal(make_pair(9), 1.0, take_profit=math.nan), SignalError, "take_profit must be a share"),
        (lambda m: m.select_top_signals(2.5), SignalError, "whole number of signals, got 2.5"),
        (lambda m: m.select_top_signals(-1), SignalError, "whole number of signals, got -1"),
        (lambda m: m.select_top_signals(1, threshold=math.nan), SignalError, "threshold must be a finite number"),
    ],
)
def test_bad_call_says_what_is_wrong_and_changes_nothing(call, error, says) -> None:
    model = make_model({1: 1.0, 2: 2.0})
    before = model.to_json()
    with pytest.raises(error, match=says):
        call(model)
    assert model.to_json() == before


@pytest.mark.parametrize("threshold", [math.nan, -1.0, "10"])
def test_threshold_that_is_no_amount_is_refused(threshold) -> None:
    model = make_model({1: 1.0})
    model.normalise_weights()
    with pytest.raises(TradeError, match="min_trade_threshold must be a number >= 0"):
        decide(model, make_manager({1: 10.0}), 1000, min_trade_threshold=threshold)


def test_step_that_is_run_again_takes_its_reasons_down_once() -> None:
    model, manager = make_model({1: 1.0, 2: 2.0}), make_manager({1: 10.0, 2: 10.0}, cash=100)
    for _ in range(2):
        model.select_top_signals(1)
    assert reasons_of(model.raw_signals[1]) == [("selection", "not_in_top", None, None, 1)]
    model.normalise_weights()
    for _ in range(2):
        decide(model, manager, 100, individual_rebalance_min_threshold=600)
    assert reasons_of(model.signals[2]) == [("threshold", "individual_trade_size_too_small", 100, 0, 600)]
