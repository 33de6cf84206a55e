"""Shorts, leveraged longs and flips, by hand and through the paper broker."""

from __future__ import annotations

import pytest
from builders import MONDAY, make_manager, make_pair

from alpha_model import (
    AlphaModel,
    FixedSizeRiskModel,
    PairError,
    PositionManager,
    SignalError,
    TradeError,
    TradeExecution,
    TradingPairSignal,
    weight_passthrough,
)
from alpha_model import TradingPairSignalFlags as Flags
from alpha_model.paper import PaperBroker


def decide(
    manager: PositionManager,
    signals: dict[int, float],
    equity: float,
    leverage: float | None = 1.0,
    **settings: object,
) -> tuple[AlphaModel, list[TradeExecution]]:
    """One cycle: weights by strength, every short and, with leverage above 1, every long leveraged."""
    model = AlphaModel(MONDAY)
    for pair_id, alpha in signals.items():
        leveraged = alpha < 0 or (leverage or 0) > 1
        model.set_signal(make_pair(pair_id), alpha, stop_loss=0.9, leverage=leverage if leveraged else None)
    model.select_top_signals(9)
    model.assign_weights(weight_passthrough)
    model.normalise_weights()
    model.update_old_weights(manager.portfolio)
    model.calculate_weight_diffs()
    model.calculate_target_positions(manager, equity)
    return model, model.generate_rebalance_trades_and_triggers(manager, **settings)  # type: ignore[arg-type]


def execute(manager: PositionManager, trades: list[TradeExecution]) -> None:
    PaperBroker(manager.portfolio).execute(trades)


def test_short_is_held_in_a_pair_of_its_own() -> None:
    manager = make_manager({1: 10.0, 2: 20.0})
    model, trades = decide(manager, {1: 1.0, 2: -1.0}, 1000)
    assert [(str(trade.pair.kind), float(trade.planned_quantity)) for trade in trades] == [
        ("spot_market_hold", 50),
        ("lending_protocol_short", -25),
    ]
    assert model.signals[2].get_flip_label() == "none -> short"
    assert trades[1].pair.get_pricing_pair() == make_pair(2)


def test_stop_of_a_short_lies_above_the_price() -> None:
    _, trades = decide(make_manager({1: 10.0, 2: 20.0}), {1: 1.0, 2: -1.0}, 1000)
    assert [trade.stop_loss for trade in trades] == [pytest.approx(9), pytest.approx(22)]


def test_flip_closes_first_and_opens_the_whole_target() -> None:
    manager = make_manager({1: 10.0}, cash=0, held={1: 100})
    model, trades = decide(manager, {1: -1.0}, 900)
    assert [(trade.closing, float(trade.planned_quantity)) for trade in trades] == [(True, -100), (False, -90)]
    assert (model.signals[1].is_flipping(), model.signals[1].position_adjust_usd) == (True, 900)
    assert model.signals[1].position_id == trades[1].position_id != trades[0].position_id
    execute(manager, trades)
    assert manager.portfolio.get_total_equity() == pytest.approx(1000)


def test_flip_back_covers_and_buys() -> None:
    manager = make_manager({1: 10.0}, cash=1000)
    execute(manager, decide(manager, {1: -1.0}, 800)[1])
    model, trades = decide(manager, {1: 1.0}, 800)
    assert model.signals[1].get_flip_label() == "short -> spot"
    execute(manager, trades)
    assert manager.portfolio.get_open_quantities() == {1: 80}


def test_short_that_is_not_wanted_any_more_is_closed() -> None:
    manager = make_manager({1: 10.0, 2: 10.0}, cash=1000)
    execute(manager, decide(manager, {1: -1.0}, 500)[1])
    model, trades = decide(manager, {2: 1.0}, 500)
    assert model.signals[1].get_flip_label() == "short -> close"
    assert model.signals[1].synthetic_pair == make_pair(1)
    assert [(trade.pair.get_pricing_pair().internal_id, trade.closing) for trade in trades] == [(1, True), (2, False)]
    assert model.signals[1].flags == {Flags.closed, Flags.close_position_weight_limit}


@pytest.mark.parametrize("target", [200, 700])
def test_adjusted_short_is_worth_its_target(target) -> None:
    manager = make_manager({1: 10.0}, cash=1000)
    execute(manager, decide(manager, {1: -1.0}, 500)[1])
    execute(manager, decide(manager, {1: -1.0}, target)[1])
    (short,) = manager.portfolio.open_positions.values()
    assert short.get_value() == pytest.approx(target)
    assert manager.portfolio.get_total_equity() == pytest.approx(1000)


def test_large_close_is_not_skipped_for_its_small_new_leg() -> None:
    manager = make_manager({1: 10.0, 2: 10.0}, cash=0, held={1: 90})
    model, trades = decide(manager, {1: -0.02, 2: 0.98}, 1000, individual_rebalance_min_threshold=50)
    assert model.signals[1].position_adjust_usd == pytest.approx(20)
    assert sum(trade.closing for trade in trades) == 1


def test_leveraged_long_borrows_the_rest() -> None:
    manager = make_manager({1: 10.0}, cash=1000)
    model, trades = decide(manager, {1: 1.0}, 500, leverage=3.0, use_spot_for_long=False)
    execute(manager, trades)
    (position,) = manager.portfolio.open_positions.values()
    assert (str(position.pair.kind), position.quantity, position.collateral) == ("lending_protocol_long", 150, -1000)
    assert (position.get_value(), manager.get_current_cash()) == (500, 500)
    position.mark_price = 11.0
    assert position.get_value() == 650  # three times 10 %
    assert model.signals[1].synthetic_pair == position.pair


def test_leveraged_long_is_refused_where_longs_are_spot() -> None:
    manager = make_manager({1: 10.0}, cash=1000)
    with pytest.raises(SignalError, match=r"leveraged long of T1-USDC .* cannot be held as spot"):
        decide(manager, {1: 1.0}, 500, leverage=3.0)
    assert manager.portfolio.next_trade_id == 1


def test_spot_gives_way_to_a_leveraged_long() -> None:
    manager = make_manager({1: 10.0}, cash=500, held={1: 50})
    model, trades = decide(manager, {1: 1.0}, 500, leverage=2.0, use_spot_for_long=False)
    assert [(str(trade.pair.kind), trade.closing) for trade in trades] == [
        ("spot_market_hold", True),
        ("lending_protocol_long", False),
    ]
    assert model.signals[1].position_adjust_usd == 500


def test_leveraged_long_can_be_reduced() -> None:
    manager = make_manager({1: 10.0}, cash=1000)
    execute(manager, decide(manager, {1: 1.0}, 500, leverage=2.0, use_spot_for_long=False)[1])
    execute(manager, decide(manager, {1: 1.0}, 200, leverage=2.0, use_spot_for_long=False)[1])
    (position,) = manager.portfolio.open_positions.values()
    assert (position.get_value(), manager.get_current_cash()) == (pytest.approx(200), pytest.approx(800))


def test_size_risk_refuses_shorts() -> None:
    model = AlphaModel(MONDAY)
    model.set_signal(make_pair(1), -1.0, leverage=1.0)
    model.select_top_signals(1)
    model.assign_weights(weight_passthrough)
    with pytest.raises(SignalError, match="size risk sizes longs only"):
        model.normalise_weights(
            investable_equity=100, size_risk_model=FixedSizeRiskModel(make_manager({1: 1}).pricing_model)
        )


def test_buys_are_fitted_to_cash_for_long_spot_only() -> None:
    with pytest.raises(TradeError, match="long spot portfolios only"):
        decide(make_manager({1: 10.0}), {1: -1.0}, 500, cap_buys_to_sync_cash=True)


def test_pair_held_on_both_sides_is_refused() -> None:
    manager = make_manager({1: 10.0}, cash=1000, held={1: 10})
    execute(manager, [manager.open_short(make_pair(1), 100)])
    with pytest.raises(PairError, match=r"held once, got positions #1 and #2 in T1-USDC"):
        AlphaModel(MONDAY).update_old_weights(manager.portfolio)


@pytest.mark.parametrize(
    ("held", "signal", "weight", "label"),
    [
        (None, 0.0, 0.0, "no flip"),
        (None, 1.0, 0.5, "none -> spot"),
        (None, -1.0, 0.5, "none -> short"),
        (None, 1.0, 0.0, "none -> spot"),
        ("spot", 1.0, 0.5, "no flip"),
        ("spot", -1.0, 0.5, "spot -> short"),
        ("spot", -1.0, 0.0, "no flip"),
        ("spot", 0.0, 0.0, "spot -> close"),
        ("short", -1.0, 0.5, "no flip"),
        ("short", 1.0, 0.5, "short -> spot"),
        ("short", 1.0, 0.0, "no flip"),
        ("short", 0.0, 0.0, "short -> close"),
    ],
)
def test_flip_label_compares_what_is_held_with_what_is_wanted(held, signal, weight, label) -> None:
    pair = make_pair(1)
    pairs = {None: None, "spot": pair, "short": make_manager({1: 10.0}).get_shorting_pair(pair)}
    read = TradingPairSignal(pair, signal, normalised_weight=weight, old_pair=pairs[held])
    assert read.get_flip_label() == label
    assert read.is_flipping() == (label in {"spot -> short", "short -> spot"})
