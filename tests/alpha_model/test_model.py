"""The steps of a cycle, in numbers that can be worked out by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from builders import MONDAY, USDC, make_manager, make_model, make_pair
from hypothesis import given
from hypothesis import strategies as st

from alpha_model import (
    AlphaModel,
    BadWeightsError,
    FixedSizeRiskModel,
    PairError,
    PositionManager,
    PricingError,
    SignalError,
    StaticPricing,
    StepOrderError,
    TradingPairKind,
    USDTVLSizeRiskModel,
    WeightError,
    format_signals,
    weight_equal,
    weight_passthrough,
)
from alpha_model import TradingPairSignalFlags as Flags


def weights_of(model: AlphaModel) -> dict[int, float]:
    return {pair_id: signal.normalised_weight for pair_id, signal in model.signals.items()}


def targets_of(model: AlphaModel) -> dict[int, float | None]:
    return {pair_id: signal.position_target for pair_id, signal in model.signals.items()}


def flags_of(model: AlphaModel) -> dict[int, set]:
    return {pair_id: signal.flags for pair_id, signal in model.signals.items() if signal.flags}


def rebalance(model: AlphaModel, manager: PositionManager, equity: float, **settings) -> list:
    """The second half of the cycle, after the weights are there."""
    model.update_old_weights(manager.portfolio)
    model.calculate_weight_diffs()
    model.calculate_target_positions(manager, equity)
    return model.generate_rebalance_trades_and_triggers(manager, **settings)


class TestSignals:
    def test_later_signal_replaces_an_earlier_one(self) -> None:
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 0.5)
        model.set_signal(make_pair(2), 0.4)
        model.set_signal(make_pair(1), np.float32(0.25))
        assert {pair_id: signal.signal for pair_id, signal in model.raw_signals.items()} == {1: 0.25, 2: 0.4}

    def test_zero_removes_the_pair(self) -> None:
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 0.5)
        model.set_signal(make_pair(1), 0)
        assert model.raw_signals == {}
        assert not model.has_any_signal()

    @pytest.mark.parametrize("alpha", [math.nan, math.inf, -math.inf])
    def test_signal_that_is_no_number_is_refused(self, alpha) -> None:
        model = AlphaModel(MONDAY)
        with pytest.raises(SignalError, match=r"finite number, got .* for T1-USDC .* in cycle 2026-01-05T00:00Z"):
            model.set_signal(make_pair(1), alpha)
        assert model.raw_signals == {}

    def test_short_without_leverage_is_refused(self) -> None:
        with pytest.raises(SignalError, match="a short needs leverage"):
            AlphaModel(MONDAY).set_signal(make_pair(1), -1.0)

    def test_pair_without_an_id_is_refused(self) -> None:
        pair = make_pair(1, symbol="WETH")
        with pytest.raises(PairError, match="internal_id, got None for WETH-USDC"):
            AlphaModel().set_signal(type(pair)(pair.base, USDC, "0xp", "0xe"), 1.0)

    def test_signal_belongs_on_the_spot_pair(self) -> None:
        short = make_manager({1: 10}).get_shorting_pair(make_pair(1))
        with pytest.raises(PairError, match="spot or vault pair, got lending_protocol_short"):
            AlphaModel().set_signal(short, 1.0)

    def test_vault_carries_a_signal(self) -> None:
        model = AlphaModel()
        model.set_signal(make_pair(1, kind=TradingPairKind.vault), 1.0)
        assert model.has_any_signal()

    def test_aware_time_becomes_naive_utc(self) -> None:
        helsinki = timezone(timedelta(hours=2))
        assert AlphaModel(datetime(2026, 1, 5, 2, tzinfo=helsinki)).timestamp == MONDAY


class TestSelection:
    def test_strongest_are_selected_whatever_their_side(self) -> None:
        model = AlphaModel()
        for pair_id, alpha in {1: 0.1, 2: 0.3, 3: -0.5, 4: 0.2}.items():
            model.set_signal(make_pair(pair_id), alpha, leverage=1.0 if alpha < 0 else None)
        model.select_top_signals(2)
        assert list(model.signals) == [3, 2]

    def test_threshold_is_inclusive(self) -> None:
        model = AlphaModel()
        for pair_id, alpha in {1: 0.1, 2: 0.2, 3: 0.3}.items():
            model.set_signal(make_pair(pair_id), alpha)
        model.select_top_signals(10, threshold=0.2)
        assert list(model.signals) == [3, 2]

    def test_ties_keep_their_order(self) -> None:
        model = AlphaModel()
        for pair_id in (4, 2, 9):
            model.set_signal(make_pair(pair_id), 1.0)
        model.select_top_signals(2)
        assert list(model.signals) == [4, 2]


class TestWeights:
    def test_weights_are_shares_of_the_raw_weights(self) -> None:
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights()
        assert weights_of(model) == {2: 0.75, 1: 0.25}
        assert targets_of(model) == {2: None, 1: None}
        assert model.investable_equity is None

    def test_concentration_cap_leaves_the_cut_in_cash(self) -> None:
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights(max_weight=0.5)
        assert weights_of(model) == {2: 0.5, 1: 0.25}  # a quarter stays in cash
        assert flags_of(model) == {2: {Flags.capped_by_concentration}}

    def test_weight_at_its_cap_is_not_flagged(self) -> None:
        model = make_model({1: 0.1, 2: 0.1, 3: 0.1})
        model.normalise_weights(max_weight=1 / 3)
        assert flags_of(model) == {}

    def test_each_pair_can_have_its_own_cap(self) -> None:
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights(max_weight=0.4, max_weight_function=lambda pair: 0.1 if pair.internal_id == 1 else 1.0)
        assert weights_of(model) == {1: 0.1, 2: 0.4}

    @pytest.mark.parametrize("limit", [0, -1, 1.01, math.nan])
    def test_cap_out_of_range_is_refused(self, limit) -> None:
        with pytest.raises(WeightError, match="above 0 and at most 1"):
            make_model({1: 1.0}).normalise_weights(max_weight=limit)

    def test_method_that_forgets_a_pair_is_refused(self) -> None:
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 1.0)
        model.select_top_signals(1)
        with pytest.raises(WeightError, match="got None for T1-USDC"):
            model.assign_weights(lambda _signals: {})

    def test_chain_cap_shrinks_in_proportion(self) -> None:
        model = AlphaModel(MONDAY)
        for pair_id, chain in {1: 10, 2: 10, 3: 20}.items():
            model.set_signal(make_pair(pair_id, chain_id=chain), 1.0 if pair_id == 1 else 0.5)
        model.select_top_signals(3)
        model.assign_weights(weight_passthrough)
        model.normalise_weights()  # 0.5, 0.25 on chain 10 and 0.25 on chain 20
        model.cap_chain_allocation(0.6)
        assert weights_of(model) == pytest.approx({1: 0.4, 2: 0.2, 3: 0.25})
        assert flags_of(model) == {1: {Flags.capped_by_chain_allocation}, 2: {Flags.capped_by_chain_allocation}}


class TestSizeRisk:
    def capped(self, cap: float | None) -> FixedSizeRiskModel:
        return FixedSizeRiskModel(StaticPricing({}), per_position_cap=cap)

    def test_refused_money_is_offered_to_the_smaller_ones(self) -> None:
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights(investable_equity=100, size_risk_model=self.capped(40))
        # pair 2 asks 75, gets 40; pair 1 asks a quarter of the 135 now on offer = 33.75
        assert targets_of(model) == {2: 40, 1: 33.75}
        assert model.accepted_investable_equity == 73.75
        assert model.size_risk_discarded_value == 26.25  # without limits 75 + 25
        assert weights_of(model) == pytest.approx({2: 40 / 73.75, 1: 33.75 / 73.75})
        assert flags_of(model) == {2: {Flags.capped_by_pool_size}}

    def test_reoffered_money_is_discarded_once(self) -> None:
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights(investable_equity=100, size_risk_model=self.capped(10))
        assert model.size_risk_discarded_value == 80

    def test_nothing_accepted_is_a_cycle_without_positions(self) -> None:
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights(investable_equity=100, size_risk_model=self.capped(0))
        assert weights_of(model) == {2: 0, 1: 0}
        assert (model.accepted_investable_equity, model.size_risk_discarded_value) == (0, 100)
        assert not model.has_any_position()

    def test_asked_exactly_the_cap_is_not_capped(self) -> None:
        model = make_model({1: 1.0})
        model.normalise_weights(investable_equity=100, size_risk_model=self.capped(100))
        assert flags_of(model) == {}
        assert model.signals[1].position_size_risk.capped is False

    def test_concentration_holds_for_what_is_reoffered_too(self) -> None:
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights(max_weight=0.3, investable_equity=100, size_risk_model=self.capped(5))
        # pair 2 asks 30 of its 75 and gets 5; pair 1 is offered 0.25 × 125 = 31.25 and asks for 0.3 × 100
        assert [signal.position_size_risk.asked_size for signal in model.signals.values()] == [30, 30]
        assert targets_of(model) == {2: 5, 1: 5}

    def test_positions_mode_shares_what_is_left_among_those_to_come(self) -> None:
        model = make_model({1: 1.0, 2: 1.0, 3: 2.0})
        model.normalise_weights(investable_equity=100, size_risk_model=self.capped(40), max_positions=2)
        # pair 3 asks 2/4 of 100 and gets 40; pair 1 asks 1/2 of the 60 left; pair 2 is not reached
        assert targets_of(model) == {3: 40, 1: 30, 2: 0}
        assert model.signals[2].position_size_risk is None

    def test_waterfall_fills_one_pair_after_the_other(self) -> None:
        model = make_model({1: 1.0, 2: 2.0, 3: 3.0})
        model.normalise_weights(investable_equity=100, size_risk_model=self.capped(60), waterfall=True)
        assert targets_of(model) == {3: 60, 2: 40, 1: 0}
        assert model.size_risk_discarded_value == 0

    def test_tvl_cap_is_a_share_of_the_pool(self) -> None:
        model = make_model({1: 1.0})
        pricing = StaticPricing({}, tvl={1: 500.0})
        model.normalise_weights(
            investable_equity=100, size_risk_model=USDTVLSizeRiskModel(pricing, per_position_cap=0.05)
        )
        risk = model.signals[1].position_size_risk
        assert (risk.asked_size, risk.accepted_size, risk.tvl, risk.size_cap_usd) == (100, 25, 500, 25)
        assert model.signals[1].get_tvl() == 500

    def test_unknown_tvl_changes_nothing(self) -> None:
        model = make_model({1: 1.0, 2: 2.0})
        before = model.to_json()
        with pytest.raises(PricingError, match="TVL of T1-USDC"):
            model.normalise_weights(
                investable_equity=100, size_risk_model=USDTVLSizeRiskModel(StaticPricing({}, tvl={2: 1e9}))
            )
        assert model.to_json() == before

    def test_model_without_equity_is_refused(self) -> None:
        with pytest.raises(WeightError, match="needs investable_equity"):
            make_model({1: 1.0}).normalise_weights(size_risk_model=self.capped(1))

    def test_sharing_modes_need_a_model(self) -> None:
        with pytest.raises(WeightError, match="Give a size_risk_model"):
            make_model({1: 1.0}).normalise_weights(waterfall=True)

    @given(
        st.dictionaries(st.integers(1, 50), st.floats(0.01, 100), min_size=1, max_size=8),
        st.floats(0.05, 1),
        st.floats(0, 2000),
        st.sampled_from([{}, {"max_positions": 3}, {"waterfall": True}, {"waterfall": True, "max_positions": 2}]),
    )
    def test_targets_keep_every_limit_and_lose_no_money(self, signals, max_weight, cap, mode) -> None:
        model = make_model(signals)
        model.normalise_weights(max_weight=max_weight, investable_equity=1000, size_risk_model=self.capped(cap), **mode)
        targets = targets_of(model).values()
        assert max(targets) <= min(cap, max_weight * 1000) * (1 + 1e-9)
        assert sum(targets) == pytest.approx(model.accepted_investable_equity)
        assert sum(targets) <= 1000 * (1 + 1e-9)
        assert model.size_risk_discarded_value >= 0
        assert sum(weights_of(model).values()) == pytest.approx(1 if sum(targets) else 0)
        assert not any(target for target in targets if target < 0)

    @given(st.dictionaries(st.integers(1, 50), st.floats(0.01, 100), min_size=1, max_size=8), st.floats(0.05, 1))
    def test_model_without_limits_is_the_simple_path(self, signals, max_weight) -> None:
        simple, sized = make_model(signals), make_model(signals)
        simple.normalise_weights(max_weight=max_weight)
        sized.normalise_weights(max_weight=max_weight, investable_equity=1000, size_risk_model=self.capped(None))
        shares = {pair_id: (target or 0) / 1000 for pair_id, target in targets_of(sized).items()}
        assert shares == pytest.approx(weights_of(simple))
        assert sized.size_risk_discarded_value == pytest.approx(0, abs=1e-6)


class TestRebalance:
    def test_sells_come_before_buys(self) -> None:
        manager = make_manager({1: 10.0, 2: 20.0}, cash=0, held={1: 100})
        model = make_model({2: 1.0})
        model.normalise_weights()
        trades = rebalance(model, manager, 1000)
        assert [(trade.pair.internal_id, trade.planned_quantity) for trade in trades] == [(1, -100), (2, 50)]
        assert flags_of(model) == {1: {Flags.closed, Flags.close_position_weight_limit}}

    def test_fees_are_in_the_prices(self) -> None:
        manager = make_manager({1: 10.0, 2: 20.0}, cash=500, held={1: 50}, fee=0.01)
        model = make_model({2: 1.0})
        model.normalise_weights()
        sell, buy = rebalance(model, manager, 1000)
        assert (sell.planned_price, float(sell.planned_reserve)) == (9.9, pytest.approx(495))
        assert buy.planned_price == 20.2
        assert float(buy.planned_quantity) == pytest.approx(1000 / 20.2)
        assert buy.planned_reserve == 1000

    def test_planning_changes_nothing_in_the_portfolio(self) -> None:
        manager = make_manager({1: 10.0, 2: 20.0}, cash=500, held={1: 50})
        model = make_model({2: 1.0})
        model.normalise_weights()
        rebalance(model, manager, 1000)
        assert manager.get_current_cash() == 500
        assert manager.portfolio.get_open_quantities() == {1: 50}

    def test_held_pair_that_is_wanted_is_adjusted(self) -> None:
        manager = make_manager({1: 10.0, 2: 20.0}, cash=400, held={1: 60})
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights()
        trades = rebalance(model, manager, 1000)
        assert {s.pair.internal_id: s.position_adjust_usd for s in model.signals.values()} == {2: 750, 1: -350}
        assert [(trade.pair.internal_id, float(trade.planned_quantity)) for trade in trades] == [(1, -35), (2, 37.5)]
        assert model.signals[1].position_adjust_quantity == -35
        assert model.signals[2].position_adjust_quantity == 0
        assert (model.signals[1].old_weight, model.signals[1].old_value) == (1.0, 600)

    def test_small_rebalance_is_held_back_as_a_whole(self) -> None:
        manager = make_manager({1: 10.0}, cash=0, held={1: 100})
        model = make_model({1: 1.0})
        model.normalise_weights()
        assert rebalance(model, manager, 995, min_trade_threshold=10) == []
        assert (model.max_position_adjust_usd, model.position_adjust_threshold_usd) == (5, 10)
        assert not model.is_rebalance_triggered()
        assert flags_of(model) == {1: {Flags.max_adjust_too_small}}
        assert model.signals[1].position_adjust_ignored
        assert not model.signals[1].has_trades()

    def test_adjust_exactly_at_the_threshold_trades(self) -> None:
        manager = make_manager({1: 10.0}, cash=10, held={1: 100})
        model = make_model({1: 1.0})
        model.normalise_weights()
        assert len(rebalance(model, manager, 1010, min_trade_threshold=10)) == 1
        assert model.is_rebalance_triggered()

    def test_single_small_adjust_is_skipped(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, cash=500, held={1: 50})
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights()
        trades = rebalance(model, manager, 1020, individual_rebalance_min_threshold=50)
        assert [trade.pair.internal_id for trade in trades] == [2]
        assert flags_of(model) == {1: {Flags.individual_trade_size_too_small}}

    @pytest.mark.parametrize(("sell_threshold", "traded"), [(None, []), (0.0, [1]), (30.0, [])])
    def test_sells_can_have_their_own_threshold(self, sell_threshold, traded) -> None:
        manager = make_manager({1: 10.0}, cash=0, held={1: 100})
        model = make_model({1: 1.0})
        model.normalise_weights()
        trades = rebalance(
            model,
            manager,
            980,
            individual_rebalance_min_threshold=50,
            sell_rebalance_min_threshold=sell_threshold,
        )
        assert [trade.pair.internal_id for trade in trades] == traded

    def test_dust_is_closed_below_the_individual_threshold_too(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, cash=996, held={1: "0.4"})
        model = make_model({2: 1.0})
        model.normalise_weights()
        trades = rebalance(model, manager, 1000, individual_rebalance_min_threshold=50)
        assert [(trade.pair.internal_id, trade.closing) for trade in trades] == [(1, True), (2, False)]

    def test_weight_below_epsilon_is_not_opened(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0})
        model = make_model({1: 0.001, 2: 0.999})
        model.normalise_weights()
        assert [trade.pair.internal_id for trade in rebalance(model, manager, 1000)] == [2]
        assert flags_of(model) == {1: {Flags.close_position_weight_limit}}

    def test_epsilon_of_zero_makes_leaving_an_ordinary_sell(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, cash=0, held={1: 100})
        model = make_model({2: 1.0}, close_position_weight_epsilon=0.0)
        model.normalise_weights()
        sell, _buy = rebalance(model, manager, 1000)
        assert (sell.planned_quantity, sell.closing) == (-100, False)
        assert flags_of(model) == {}

    def test_quantity_too_small_to_exist_is_skipped(self) -> None:
        manager = make_manager({1: 1e12}, cash=100)
        model = make_model({1: 1.0})
        model.normalise_weights()
        assert rebalance(model, manager, 50) == []  # 5e-11 units
        assert flags_of(model) == {1: {Flags.individual_trade_quantity_too_small}}

    def test_frozen_position_is_left_alone(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0})
        frozen = manager.portfolio.add_position(make_pair(1), Decimal(5), 10, 10)
        manager.portfolio.frozen_positions[1] = manager.portfolio.open_positions.pop(frozen.position_id)
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights()
        assert [trade.pair.internal_id for trade in rebalance(model, manager, 1000)] == [2]
        assert model.signals[1].position_adjust_ignored
        assert flags_of(model) == {}

    def test_stale_mark_never_sells_more_than_is_held(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, cash=0, held={1: 100})
        next(iter(manager.portfolio.open_positions.values())).mark_price = 20.0  # valued at 2000, worth 1000
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights()
        sell = rebalance(model, manager, 1000)[0]
        assert sell.planned_quantity == -100

    def test_buys_shrink_to_the_cash_that_arrives(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0, 3: 10.0}, cash=100, held={1: 50})
        model = make_model({2: 2.0, 3: 2.0})
        model.normalise_weights()
        rebalance(model, manager, 1000, cap_buys_to_sync_cash=True, sync_cash_headroom_usd=20)
        # 100 − 20 + 500 from closing pair 1 = 580, for buys of 500 + 500
        assert [model.signals[pair_id].position_adjust_usd for pair_id in (2, 3)] == [290, 290]
        assert [model.signals[pair_id].position_target for pair_id in (2, 3)] == [500, 500]
        assert model.signals[2].flags == {Flags.capped_by_sync_cash}
        assert model.max_position_adjust_usd == 500

    def test_triggers_are_prices(self) -> None:
        manager = make_manager({1: 10.0})
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 1.0, stop_loss=0.9, take_profit=1.5, trailing_stop_loss=0.8)
        model.select_top_signals(1)
        model.assign_weights(weight_equal)
        model.normalise_weights()
        (trade,) = rebalance(model, manager, 1000)
        assert (trade.stop_loss, trade.take_profit, trade.trailing_stop_loss) == (9, 15, 0.8)

    @pytest.mark.parametrize(("override", "stop"), [(False, 7.0), (True, 9.0)])
    def test_stop_of_a_held_position_is_kept_unless_overridden(self, override, stop) -> None:
        manager = make_manager({1: 10.0}, held={1: 10})
        position = manager.portfolio.open_positions[1]
        position.stop_loss = 7.0
        model = AlphaModel(MONDAY, override_stop_loss=override)
        model.set_signal(make_pair(1), 1.0, stop_loss=0.9)
        model.select_top_signals(1)
        model.assign_weights(weight_equal)
        model.normalise_weights()
        rebalance(model, manager, 1000)
        assert position.stop_loss == stop

    def test_missing_price_leaves_everything_untouched(self) -> None:
        manager = make_manager({1: 10.0}, cash=1000)
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights()
        model.update_old_weights(manager.portfolio)
        model.calculate_target_positions(manager, 1000)
        before, ids = model.to_json(), (manager.portfolio.next_position_id, manager.portfolio.next_trade_id)
        with pytest.raises(PricingError, match="no price for T2-USDC"):
            model.generate_rebalance_trades_and_triggers(manager)
        assert model.to_json() == before
        assert (manager.portfolio.next_position_id, manager.portfolio.next_trade_id) == ids

    def test_plan_that_fails_gives_its_numbers_back(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, cash=1000)
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights()
        model.update_old_weights(manager.portfolio)
        model.calculate_target_positions(manager, 1000)
        before = model.to_json()
        manager.pricing_model.get_buy_price = lambda _when, pair: {1: 10.0}[pair.internal_id]
        with pytest.raises(KeyError):
            model.generate_rebalance_trades_and_triggers(manager)
        assert (manager.portfolio.next_position_id, manager.portfolio.next_trade_id) == (1, 1)
        assert model.to_json() == before

    def test_pair_at_its_target_is_left_alone_without_a_flag(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, cash=500, held={1: 50})
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights()
        trades = rebalance(model, manager, 1000, individual_rebalance_min_threshold=5)
        assert [trade.pair.internal_id for trade in trades] == [2]
        assert model.signals[1].position_adjust_ignored
        assert flags_of(model) == {}

    def test_cycle_without_signals_sells_everything(self) -> None:
        manager = make_manager({1: 10.0}, cash=0, held={1: 100})
        model = make_model({})
        model.normalise_weights()
        (trade,) = rebalance(model, manager, 1000)
        assert (trade.closing, trade.planned_quantity) == (True, -100)

    def test_cycle_with_nothing_at_all_is_quiet(self) -> None:
        model = make_model({})
        model.normalise_weights()
        assert rebalance(model, make_manager({}), 1000) == []
        assert not model.is_rebalance_triggered()

    def test_trades_need_targets(self) -> None:
        model = make_model({1: 1.0})
        with pytest.raises(StepOrderError, match=r"Call calculate_target_positions\(\) first"):
            model.generate_rebalance_trades_and_triggers(make_manager({1: 1.0}))

    def test_targets_need_equity(self) -> None:
        with pytest.raises(StepOrderError, match="need investable_equity"):
            make_model({}).calculate_target_positions(make_manager({}))


class TestLooking:
    def test_diffs_are_new_minus_old(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0, 3: 10.0}, cash=0, held={1: 75, 3: 25})
        model = make_model({1: 1.0, 2: 1.0})
        model.normalise_weights()
        model.update_old_weights(manager.portfolio)
        assert model.calculate_weight_diffs() == {1: -0.25, 2: 0.5, 3: -0.25}

    def test_diffs_refuse_more_than_everything(self) -> None:
        model = make_model({1: 1.0})
        model.signals[1].normalised_weight = 1.2
        with pytest.raises(BadWeightsError, match=r"got 1\.2 over 1 pairs"):
            model.calculate_weight_diffs()

    def test_only_the_given_pairs_count_as_held(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, held={1: 10, 2: 30})
        model = make_model({1: 1.0})
        model.update_old_weights(manager.portfolio, portfolio_pairs=[make_pair(1)])
        assert (model.signals[1].old_weight, list(model.signals)) == (1.0, [1])

    def test_profit_before_trades_is_taken_down(self) -> None:
        manager = make_manager({1: 12.0})
        manager.portfolio.add_position(make_pair(1), Decimal(10), 10.0, 12.0)
        model = make_model({1: 1.0})
        model.update_old_weights(manager.portfolio)
        signal = model.signals[1]
        assert (signal.profit_before_trades, signal.profit_before_trades_pct) == (20, pytest.approx(0.2))

    def test_lookups_find_the_selected_signal(self) -> None:
        model = make_model({1: 1.0, 2: 3.0})
        model.normalise_weights()
        assert model.get_signal_by_pair(make_pair(2)) is model.get_signal_by_pair_id(2) is model.signals[2]
        assert model.get_signal_by_pair_id(9) is None
        assert [signal.pair.internal_id for signal in model.get_signals_sorted_by_weight()] == [2, 1]
        assert model.get_signal_count() == len(list(model.iterate_signals())) == 2

    def test_debug_print_works_at_any_point(self) -> None:
        model = AlphaModel(MONDAY)
        assert "no signals" in model.get_debug_print()
        model = make_model({1: 1.0, 2: 3.0})
        assert "Cycle 2026-01-05T00:00Z" in model.get_debug_print()
        model.normalise_weights(max_weight=0.5)
        rebalance(model, make_manager({1: 10.0, 2: 10.0}), 1000)
        assert "Investable equity: 1,000.00 USD" in model.get_debug_print()
        assert "capped_by_concentration" in model.get_debug_print()

    def test_signals_are_a_table(self) -> None:
        model = make_model({1: 1.0, 2: 3.0})
        model.select_top_signals(1)
        model.normalise_weights(max_weight=0.5)
        table = format_signals(model)
        assert table[["Pair", "Weight", "Flags"]].values.tolist() == [["T2-USDC", 0.5, "capped_by_concentration"]]
        assert list(format_signals(model, "raw")["Pair"]) == ["T1-USDC", "T2-USDC"]
        with pytest.raises(SignalError, match="'chosen' or 'raw', got 'best'"):
            format_signals(model, "best")

    def test_flags_are_counted(self) -> None:
        model = make_model({1: 1.0, 2: 1.0, 3: 9.0})
        model.normalise_weights(max_weight=0.09)
        assert model.get_flag_diagnostics_data() == {Flags.capped_by_concentration: 3}

    def test_allocated_value_is_the_sum_of_the_targets(self) -> None:
        model = make_model({1: 1.0, 2: 1.0})
        assert model.get_allocated_value() == 0
        model.normalise_weights(max_weight=0.25)
        model.calculate_target_positions(make_manager({1: 1.0, 2: 1.0}), 1000)
        assert model.get_allocated_value() == 500

    def test_whether_it_rebalances_is_not_known_before(self) -> None:
        with pytest.raises(StepOrderError, match="not known yet"):
            make_model({1: 1.0}).is_rebalance_triggered()

    def test_steps_take_down_their_settings(self) -> None:
        model = make_model({1: 1.0})
        model.normalise_weights(max_weight=0.25)
        assert model.pipeline == [
            {"step": "select_top_signals", "count": 1, "threshold": 0.0},
            {"step": "assign_weights", "method": "weight_passthrough"},
            {"step": "normalise_weights", "max_weight": 0.25, "waterfall": False, "epsilon_usd": 5.0},
        ]


def test_time_of_a_model_is_utc_whatever_the_machine(monkeypatch) -> None:
    import time  # noqa: PLC0415 - this test alone changes the zone of the process

    model = AlphaModel(datetime(2026, 7, 5, 12, tzinfo=UTC))
    for zone in ("UTC", "America/New_York", "Asia/Kolkata"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert model.to_dict()["timestamp"] == 1783252800
        assert AlphaModel.from_dict({"timestamp": 1783252800}).timestamp == datetime(2026, 7, 5, 12)
    monkeypatch.undo()
    time.tzset()


class TestAgain:
    """A step can be run again under other settings, and leaves nothing of its first run."""

    def test_size_risk_can_be_taken_back(self) -> None:
        once, twice = make_model({1: 1.0, 2: 3.0}), make_model({1: 1.0, 2: 3.0})
        cap = FixedSizeRiskModel(StaticPricing({}), per_position_cap=10)
        twice.normalise_weights(investable_equity=100, size_risk_model=cap)
        for model in (once, twice):
            model.normalise_weights()
            rebalance(model, make_manager({1: 10.0, 2: 10.0}), 1000)
        assert targets_of(twice) == targets_of(once) == {2: 750, 1: 250}
        assert flags_of(twice) == {}
        assert twice.accepted_investable_equity is None

    def test_threshold_can_be_lowered(self) -> None:
        manager = make_manager({1: 10.0}, held={1: 99})
        model = make_model({1: 1.0})
        model.normalise_weights()
        assert rebalance(model, manager, 1000, min_trade_threshold=15) == []
        assert len(model.generate_rebalance_trades_and_triggers(manager, min_trade_threshold=5)) == 1
        assert flags_of(model) == {}


def test_numbers_of_other_libraries_become_json() -> None:
    model = AlphaModel(MONDAY)
    model.set_signal(make_pair(1), np.float32(0.5), stop_loss=np.float32(0.9))
    model.select_top_signals(np.int64(3), threshold=np.float32(0.25))
    model.assign_weights(lambda signals: {pair_id: np.float32(1) for pair_id in signals})
    model.normalise_weights(
        np.float32(0.5), np.float32(1000), FixedSizeRiskModel(StaticPricing({}), None, np.float32(400))
    )
    rebalance(model, make_manager({1: 10.0}), np.float32(1000), min_trade_threshold=np.float32(10))
    assert AlphaModel.from_json(model.to_json()) == model
    assert targets_of(model) == {1: 400}


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, None])
def test_price_that_is_none_names_the_pair(price) -> None:
    manager = make_manager({1: 10.0})
    model = make_model({1: 1.0})
    model.normalise_weights()
    model.update_old_weights(manager.portfolio)
    model.calculate_target_positions(manager, 1000)
    manager.pricing_model.prices = {1: price}
    with pytest.raises(PricingError, match=r"a price must be a number above 0, got .* for T1-USDC"):
        model.generate_rebalance_trades_and_triggers(manager)


class TestOrderOfSteps:
    def test_weighting_needs_a_selection(self) -> None:
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 1.0)
        with pytest.raises(StepOrderError, match=r"Call select_top_signals\(\) before assign_weights"):
            model.assign_weights()

    def test_normalising_needs_raw_weights(self) -> None:
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 1.0)
        model.select_top_signals(1)
        with pytest.raises(StepOrderError, match=r"no raw weight for T1-USDC .* Call assign_weights\(\)"):
            model.normalise_weights()

    def test_targets_need_normalised_weights(self) -> None:
        model = make_model({1: 1.0})
        with pytest.raises(StepOrderError, match=r"T1-USDC .* is not normalised .* Call normalise_weights\(\)"):
            model.calculate_target_positions(make_manager({1: 1.0}), 1000)
        assert model.signals[1].position_target is None

    def test_trades_need_to_know_what_is_held(self) -> None:
        manager = make_manager({1: 10.0}, held={1: 10})
        model = make_model({1: 1.0})
        model.normalise_weights()
        model.calculate_target_positions(manager, 1000)
        with pytest.raises(StepOrderError, match=r"T1-USDC .* is held \(position #1\) .* Call update_old_weights"):
            model.generate_rebalance_trades_and_triggers(manager)

    def test_weights_set_by_hand_are_as_good_as_assigned(self) -> None:
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 1.0)
        model.signals = dict(model.raw_signals)
        model.signals[1].raw_weight = 2.0
        model.normalise_weights()
        assert weights_of(model) == {1: 1.0}

    def test_nothing_selected_is_no_mistake(self) -> None:
        model = AlphaModel(MONDAY)
        model.set_signal(make_pair(1), 1.0)
        model.select_top_signals(5, threshold=2.0)
        model.assign_weights()
        model.normalise_weights()
        assert rebalance(model, make_manager({1: 1.0}), 1000) == []
