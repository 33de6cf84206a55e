"""What happens to pairs that cannot be bought or sold now, and to what is kept in one protocol?"""

from __future__ import annotations

from decimal import Decimal

import pytest
from builders import MONDAY, USDC, make_manager, make_model, make_pair

from alpha_model import (
    AlphaModel,
    FixedSizeRiskModel,
    Portfolio,
    PositionManager,
    StaticPricing,
    TradeError,
    TradeExecution,
    TradingPairIdentifier,
    TradingPairKind,
    USDTVLSizeRiskModel,
    WeightError,
    weight_equal,
    weight_passthrough,
)
from alpha_model import TradingPairSignalFlags as Flags
from alpha_model.paper import PaperBroker


class Venues(StaticPricing):
    """Prices of 10 USD, and closed doors."""

    def __init__(
        self, closed_to_deposits: set[int] = frozenset(), closed_to_redemptions: set[int] = frozenset()
    ) -> None:
        super().__init__(dict.fromkeys(range(1, 9), 10.0))
        self.closed_to_deposits, self.closed_to_redemptions = closed_to_deposits, closed_to_redemptions
        self.asked: list[str] = []

    def can_deposit(self, _timestamp, pair) -> bool:
        self.asked.append(f"buy {pair.internal_id}")
        return pair.internal_id not in self.closed_to_deposits

    def can_redeem(self, _timestamp, pair) -> bool:
        self.asked.append(f"sell {pair.internal_id}")
        return pair.internal_id not in self.closed_to_redemptions


def make_vault(pair_id: int) -> TradingPairIdentifier:
    names = {"vault_name": f"Vault {pair_id}", "vault_protocol": "morpho" if pair_id < 3 else "euler"}
    return make_pair(pair_id, kind=TradingPairKind.vault, other_data=names)


def hold(pricing: Venues, units: dict[int, int], cash: float = 1000) -> PositionManager:
    portfolio = Portfolio.create(USDC, Decimal(cash), MONDAY)
    for pair_id, quantity in units.items():
        portfolio.add_position(make_vault(pair_id), Decimal(quantity), 10.0, 10.0, MONDAY)
    return PositionManager(MONDAY, portfolio, pricing)


def decide(
    manager: PositionManager, signals: dict[int, float], equity: float, *, carry: bool = False, **settings
) -> tuple[AlphaModel, list[TradeExecution], float]:
    """One cycle of vaults, weighted by their strength."""
    model = AlphaModel(MONDAY)
    for pair_id, alpha in signals.items():
        model.set_signal(make_vault(pair_id), alpha)
    pinned = model.carry_forward_non_redeemable_positions(manager) if carry else 0.0
    model.select_top_signals(5)
    model.assign_weights(weight_passthrough)
    model.normalise_weights()
    model.update_old_weights(manager.portfolio)
    model.calculate_target_positions(manager, equity - pinned)
    return model, model.generate_rebalance_trades_and_triggers(manager, **settings), pinned


def test_buy_of_a_closed_vault_is_skipped_and_told() -> None:
    manager = hold(Venues(closed_to_deposits={1}), {})
    model, trades, _ = decide(manager, {1: 3.0, 2: 1.0}, 1000)
    blocked = model.signals[1]
    assert [trade.pair.internal_id for trade in trades] == [2]
    assert (blocked.flags, blocked.position_adjust_ignored) == ({Flags.cannot_deposit}, True)
    assert blocked.other_data == {"missed_deposit_usd": 750}
    assert model.get_unallocatable_signals() == [
        {
            "asset_label": "Vault 1",
            "pair_ticker": "T1-USDC",
            "vault_name": "Vault 1",
            "vault_address": make_pair(1).pool_address,
            "target_weight": 0.75,
            "target_usd": 750,
            "unallocatable_weight": 0.75,
            "unallocatable_usd": 750,
        }
    ]
    assert [(event["event_type"], event["missed_usd"]) for event in model.get_missed_vault_events()] == [
        ("deposit", 750)
    ]
    assert [reason.code for reason in blocked.reasons] == ["cannot_deposit"]


@pytest.mark.parametrize(("target", "missed"), [(1, 400), (0, 500)])
def test_sale_that_cannot_be_redeemed_is_skipped(target, missed) -> None:
    manager = hold(Venues(closed_to_redemptions={1}), {1: 50})
    model, trades, _ = decide(manager, {1: target, 2: 9.0}, 1000)
    assert [trade.pair.internal_id for trade in trades] == [2]
    assert (model.signals[1].flags, model.signals[1].other_data) == (
        {Flags.cannot_redeem},
        {"missed_redemption_usd": missed},
    )
    assert [event["event_type"] for event in model.get_missed_vault_events()] == ["redemption"]


def test_what_a_closed_vault_misses_is_forgotten_when_it_opens() -> None:
    pricing = Venues(closed_to_deposits={1})
    manager = hold(pricing, {})
    model, _, _ = decide(manager, {1: 1.0}, 1000)
    pricing.closed_to_deposits = set()
    assert len(model.generate_rebalance_trades_and_triggers(manager)) == 1
    assert (model.signals[1].flags, model.signals[1].other_data, model.get_unallocatable_signals()) == (set(), {}, [])


def test_venues_are_asked_about_what_would_be_traded_only() -> None:
    pricing = Venues()
    decide(hold(pricing, {1: 10, 2: 60}), {1: 1.0, 2: 1.0, 3: 0.01}, 1000, individual_rebalance_min_threshold=50)
    assert sorted(pricing.asked) == ["buy 1", "sell 2"]
    pricing.asked.clear()
    decide(hold(pricing, {1: 10}), {1: 1.0}, 200, min_trade_threshold=500)
    assert pricing.asked == []


def test_pricing_model_without_venues_is_open() -> None:
    class Prices:
        def get_mid_price(self, _timestamp, _pair) -> float:
            return 10.0

        get_buy_price = get_sell_price = get_mid_price

    manager = PositionManager(MONDAY, Portfolio.create(USDC, Decimal(100)), Prices())  # type: ignore[arg-type]
    assert len(decide(manager, {1: 1.0}, 100)[1]) == 1


def test_buys_do_not_count_on_money_that_cannot_be_redeemed() -> None:
    manager = hold(Venues(closed_to_redemptions={1}), {1: 50}, cash=100)
    model, trades, _ = decide(manager, {2: 1.0}, 600, cap_buys_to_sync_cash=True)
    assert [trade.get_value() for trade in trades] == [pytest.approx(100)]
    assert model.signals[2].flags == {Flags.capped_by_sync_cash}


def test_closed_vault_takes_no_cash_from_the_other_buys() -> None:
    manager = hold(Venues(closed_to_deposits={1}), {}, cash=500)
    _, trades, _ = decide(manager, {1: 1.0, 2: 1.0}, 1000, cap_buys_to_sync_cash=True)
    assert [trade.get_value() for trade in trades] == [pytest.approx(500)]


def test_position_that_cannot_be_redeemed_is_carried_forward() -> None:
    manager = hold(Venues(closed_to_redemptions={1}), {1: 30, 2: 20}, cash=500)
    model, trades, pinned = decide(manager, {1: 2.0, 3: 1.0}, 1000, carry=True)
    kept = model.signals[1]
    assert pinned == 300
    assert (kept.signal, kept.position_target, kept.position_adjust_usd, kept.normalised_weight) == (300, 300, 0, 0)
    assert (kept.carry_forward_position, kept.flags, kept.position_adjust_ignored) == (
        True,
        {Flags.cannot_redeem},
        True,
    )
    assert (model.signals[3].normalised_weight, model.signals[3].position_target) == (1, 700)
    assert {trade.pair.internal_id: float(trade.planned_quantity) for trade in trades} == {2: -20, 3: 70}
    assert AlphaModel.from_json(model.to_json()) == model


def test_carried_position_takes_no_place_of_the_selected_and_no_part_in_size_risk() -> None:
    manager = hold(Venues(closed_to_redemptions={1}), {1: 30})
    model = AlphaModel(MONDAY)
    model.set_signal(make_vault(2), 2.0)
    assert model.carry_forward_non_redeemable_positions(manager) == 300
    model.select_top_signals(1, threshold=1.0)
    model.assign_weights(weight_equal)
    model.normalise_weights(investable_equity=700, size_risk_model=FixedSizeRiskModel(manager.pricing_model, None, 400))
    assert list(model.signals) == [2, 1]
    assert [signal.raw_weight for signal in model.signals.values()] == [1, 0]
    assert [signal.position_target for signal in model.signals.values()] == [400, 300]
    assert (model.accepted_investable_equity, model.size_risk_discarded_value) == (400, 300)
    model.cap_chain_allocation(0.25)  # of what is shared out, 175
    assert [signal.position_target for signal in model.signals.values()] == [175, 300]
    assert model.accepted_investable_equity == 175


@pytest.mark.parametrize("pending", [{"pending_redemption": True}, {"pending_deposit_usd": 50.0}])
def test_settlement_that_is_pending_keeps_the_position(pending) -> None:
    manager = hold(Venues(), {1: 30})
    (position,) = manager.portfolio.open_positions.values()
    for name, value in pending.items():
        setattr(position, name, value)
    worth = 300 + pending.get("pending_deposit_usd", 0)
    assert (position.get_value(), manager.portfolio.get_total_equity()) == (worth, 1000 + worth)
    model, trades, pinned = decide(manager, {2: 1.0}, 1000 + worth, carry=True)
    assert (pinned, model.signals[1].position_target) == (worth, worth)
    assert model.signals[1].flags == {Flags.settlement_pending}
    assert [trade.pair.internal_id for trade in trades] == [2]


def test_pending_settlement_is_not_traded_when_nobody_carries_it_forward() -> None:
    manager = hold(Venues(), {1: 30})
    manager.portfolio.open_positions[1].pending_redemption = True
    model, trades, _ = decide(manager, {2: 1.0}, 1000)
    assert (model.signals[1].flags, [trade.pair.internal_id for trade in trades]) == ({Flags.settlement_pending}, [2])


def test_short_that_is_carried_forward_is_no_leveraged_long() -> None:
    manager = make_manager({1: 10.0}, cash=1000)
    PaperBroker(manager.portfolio).execute([manager.open_short(make_pair(1), 200)])
    manager.pricing_model = Venues(closed_to_redemptions={1})
    model = AlphaModel(MONDAY)
    model.set_signal(make_pair(1), -1.0, leverage=1.0)
    assert model.carry_forward_non_redeemable_positions(manager) == 200
    model.select_top_signals(1)
    model.assign_weights()
    model.normalise_weights()
    model.update_old_weights(manager.portfolio)
    model.calculate_target_positions(manager, 800)
    assert model.generate_rebalance_trades_and_triggers(manager, 0.0) == []
    assert model.signals[1].synthetic_pair.is_short()


def test_protocol_holds_no_more_than_its_share_of_the_weights() -> None:
    model = AlphaModel(MONDAY)
    for pair_id, alpha in {1: 4.0, 2: 2.0, 3: 4.0}.items():
        model.set_signal(make_vault(pair_id), alpha)
    model.select_top_signals(9)
    model.assign_weights(weight_passthrough)
    model.normalise_weights(max_protocol_weight=0.45)  # 1 and 2 are of one protocol: 0.6, of which 0.75 may stay
    weights = {pair_id: signal.normalised_weight for pair_id, signal in model.signals.items()}
    assert weights == pytest.approx({1: 0.3, 2: 0.15, 3: 0.4})
    assert [Flags.capped_by_protocol_allocation in signal.flags for signal in model.signals.values()] == [
        pair_id < 3 for pair_id in model.signals
    ]


@pytest.mark.parametrize(
    ("settings", "targets"),
    [
        ({}, {1: 400, 2: 100, 3: 400}),  # 2 finds 500 - 400 left; what is cut off stays in cash
        ({"max_positions": 3}, {1: 400, 2: 100, 3: 400}),
        ({"waterfall": True}, {1: 500, 2: 0, 3: 500}),
    ],
)
def test_with_size_risk_a_pair_finds_what_its_protocol_has_left(settings, targets) -> None:
    model = AlphaModel(MONDAY)
    for pair_id, alpha in {1: 4.0, 3: 4.0, 2: 2.0}.items():
        model.set_signal(make_vault(pair_id), alpha)
    model.select_top_signals(9)
    model.assign_weights(weight_passthrough)
    risk = FixedSizeRiskModel(StaticPricing({}))
    model.normalise_weights(1.0, 1000, risk, max_protocol_weight=0.5, **settings)
    assert {pair_id: signal.position_target for pair_id, signal in model.signals.items()} == pytest.approx(targets)
    assert model.size_risk_discarded_value == 0
    with pytest.raises(WeightError, match="max weight must be above 0"):
        model.normalise_weights(max_protocol_weight=0.0)


def test_weights_without_size_risk_forget_what_size_risk_had_set() -> None:
    model = make_model({1: 1.0})
    model.normalise_weights(investable_equity=100, size_risk_model=FixedSizeRiskModel(StaticPricing({}), None, 50))
    assert model.signals[1].position_target == 50
    model.normalise_weights()
    assert (model.signals[1].position_target, model.signals[1].position_size_risk) == (None, None)


def test_cash_buffer_is_left_untouched() -> None:
    manager = make_manager({1: 10.0}, cash=1000)
    model = make_model({1: 1.0})
    model.normalise_weights()
    model.calculate_target_positions(manager, 1000)
    (trade,) = model.generate_rebalance_trades_and_triggers(
        manager, execution_context=object(), same_cycle_cash_buffer_usd=100
    )
    assert trade.get_planned_value() == pytest.approx(900)
    with pytest.raises(TradeError, match="same_cycle_cash_buffer_usd must be a number >= 0"):
        model.generate_rebalance_trades_and_triggers(manager, same_cycle_cash_buffer_usd=-1)


@pytest.mark.parametrize(
    "digits", ["0.1234567890123456789012345678901234567890", "12345678901234567890.000000000000000001"]
)
@pytest.mark.parametrize("epsilon", [0.005, 0.0])
def test_close_leaves_exactly_nothing_however_many_digits_are_held(digits, epsilon) -> None:
    manager = make_manager({1: 10.0, 2: 10.0}, cash=10)
    manager.portfolio.add_position(make_pair(1), Decimal(digits), 10.0, 10.0, MONDAY)
    model = make_model({2: 1.0}, close_position_weight_epsilon=epsilon)
    model.normalise_weights()
    model.update_old_weights(manager.portfolio)
    model.calculate_target_positions(manager, 5)
    PaperBroker(manager.portfolio).execute(model.generate_rebalance_trades_and_triggers(manager, 0.0))
    assert [position.quantity for position in manager.portfolio.closed_positions.values()] == [0]
    assert [position.pair.internal_id for position in manager.portfolio.open_positions.values()] == [2]


def test_size_risk_says_what_it_rests_on() -> None:
    pricing = StaticPricing({1: 10.0}, tvl={1: 1000.0})
    fixed = FixedSizeRiskModel(pricing, per_position_cap=50).get_acceptable_size_for_position(None, make_pair(1), 200)
    assert (fixed.diagnostics_data, fixed.get_relative_capped_amount()) == ({"cap": 50}, 0.25)
    share = USDTVLSizeRiskModel(pricing, per_position_cap=0.02, missing_tvl_placeholder_usd=500.0)
    known, unknown = (share.get_acceptable_size_for_position(None, make_pair(pair), 0) for pair in (1, 2))
    assert known.diagnostics_data == {"tvl": 1000, "cap_pct": 0.02}
    assert (unknown.tvl, unknown.size_cap_usd, unknown.get_relative_capped_amount()) == (500, 10, 1)


def test_names_that_strategies_of_the_reference_framework_use(caplog) -> None:
    manager = make_manager({1: 10.0}, cash=1000, held={1: 5})
    portfolio, pair = manager.portfolio, make_vault(1)
    held = portfolio.get_position_by_trading_pair(make_pair(1))
    assert (held.get_quantity(), portfolio.calculate_total_equity()) == (5, 1050)
    assert (portfolio.get_position_equity_and_loan_nav(), manager.get_pending_redemptions()) == (50, 0)
    assert (pair.get_vault_name(), pair.get_chart_label(), make_pair(1).get_chart_label()) == (
        "Vault 1",
        "Vault 1",
        "T1-USDC",
    )
    trade = manager.open_spot(make_pair(1), 500)
    assert (trade.is_planned(), trade.is_spot(), trade.get_planned_value()) == (True, True, 500)
    manager.check_enough_cash([trade])
    with pytest.raises(TradeError, match="not enough cash"):
        manager.check_enough_cash([trade, manager.open_spot(make_pair(1), 501)])
    with caplog.at_level("INFO"):
        manager.log("100 % sure")
    assert caplog.messages == ["100 % sure"]
