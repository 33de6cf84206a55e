"""Does a cycle come out as a second, naive implementation says, whatever the situation?

A long run is in `campaigns/differential.py`.
"""

from __future__ import annotations

import math
import random
from decimal import Decimal
from typing import Any

import pytest
from builders import USDC, make_pair
from naive_pipeline import Row, run_cycle
from situations import make_situation, slack_of

from alpha_model import (
    AlphaModel,
    FixedSizeRiskModel,
    Portfolio,
    PositionManager,
    SizeRiskModel,
    StaticPricing,
    TradeExecution,
    TradingPairIdentifier,
    TradingPosition,
    USDTVLSizeRiskModel,
    weighting,
)


class Venues(StaticPricing):
    """Prices, and pairs that cannot be bought or sold now."""

    def __init__(self, situation: Row) -> None:
        super().__init__(situation["prices"], situation["fee"], situation["tvl"])
        self.closed = {"deposit": situation["no_deposit"], "redeem": situation["no_redeem"]}

    def can_deposit(self, _timestamp: Any, pair: TradingPairIdentifier) -> bool:
        return pair.internal_id not in self.closed["deposit"]

    def can_redeem(self, _timestamp: Any, pair: TradingPairIdentifier) -> bool:
        return pair.internal_id not in self.closed["redeem"]


def decide(situation: Row) -> tuple[AlphaModel, list[TradeExecution]]:
    """The same cycle by the public API."""
    params = situation["params"]
    pairs = {
        pair: make_pair(pair, chain_id=chain, exchange_name=situation["protocols"][pair])
        for pair, chain in situation["chains"].items()
    }
    portfolio, pricing = Portfolio.create(USDC, Decimal(situation["cash"])), Venues(situation)
    manager = PositionManager(None, portfolio, pricing)
    for pair, (quantity, mark, collateral) in situation["held"].items():
        kind = manager.get_shorting_pair if quantity < 0 else manager.get_leveraged_long_pair
        traded = kind(pairs[pair]) if collateral else pairs[pair]
        position = portfolio.add_position(traded, Decimal(quantity), mark, mark, collateral=Decimal(collateral))
        position.pending_redemption = pair in situation["settling"]
    for pair in situation["frozen"]:
        portfolio.frozen_positions[10_000 + pair] = TradingPosition(10_000 + pair, pairs[pair], Decimal(1), 1, 1, None)
    model = AlphaModel(close_position_weight_epsilon=params["epsilon"])
    for pair, alpha in situation["signals"]:
        leverage = 1.0 if alpha < 0 else 2.0 if pair in situation["leveraged"] else None
        model.set_signal(pairs[pair], alpha, leverage=leverage)
    if params["carry_forward"]:
        model.carry_forward_non_redeemable_positions(manager)
    model.select_top_signals(params["top_count"], params["top_threshold"])
    model.assign_weights(getattr(weighting, params["method"]))
    _normalise(model, situation, pricing)
    if params["cap_chain"] is not None:
        model.cap_chain_allocation(params["cap_chain"])
    model.update_old_weights(portfolio)
    model.calculate_weight_diffs()
    model.calculate_target_positions(manager, params["investable_equity"])
    thresholds = ("min_trade_threshold", "individual_rebalance_min_threshold", "sell_rebalance_min_threshold")
    settings = {name: params[name] for name in (*thresholds, "cap_buys_to_sync_cash", "sync_cash_headroom_usd")}
    return model, model.generate_rebalance_trades_and_triggers(
        manager, use_spot_for_long=not situation["leveraged"], **settings
    )


def _normalise(model: AlphaModel, situation: Row, pricing: StaticPricing) -> None:
    params, risk, own = situation["params"], situation["params"]["size_risk"], situation["own_max"]
    settings = {
        "max_protocol_weight": params["max_protocol_weight"],
        "max_weight_function": (lambda pair: own.get(pair.internal_id, 1.0)) if own else None,
    }
    if risk["kind"] == "none":
        model.normalise_weights(params["max_weight"], **settings)
        return
    make: Any = FixedSizeRiskModel if risk["kind"] == "fixed" else USDTVLSizeRiskModel
    limits: SizeRiskModel = make(pricing, per_position_cap=risk["cap"])
    model.normalise_weights(
        params["max_weight"],
        params["investable_equity"],
        limits,
        max_positions=risk["max_positions"],
        waterfall=risk["mode"] == "waterfall",
        **settings,
    )


FIELDS = {
    "raw": "raw_weight",
    "weight": "normalised_weight",
    "target": "position_target",
    "old_value": "old_value",
    "old_weight": "old_weight",
    "adjust": "position_adjust_usd",
    "quantity": "position_adjust_quantity",
    "ignored": "position_adjust_ignored",
}


USD = {"target", "old_value", "adjust"}


def differences(situation: Row) -> list[str]:
    """Where the implementations disagree; numbers to 1e-12, of themselves or of all that is there."""
    expected, (model, trades) = run_cycle(situation), decide(situation)
    slack = slack_of(situation)
    if list(expected["rows"]) != list(model.signals):
        return [f"selected {list(model.signals)} instead of {list(expected['rows'])}"]
    found = []
    for pair, row in expected["rows"].items():
        signal, unit = model.signals[pair], situation["prices"][pair]
        for name, attribute in FIELDS.items():
            got = getattr(signal, attribute)
            if not _close(got, row[name], slack / unit if name == "quantity" else slack if name in USD else 1e-12):
                found.append(f"{attribute} of {pair}: {got} instead of {row[name]}")
        missed = signal.other_data.get("missed_deposit_usd", signal.other_data.get("missed_redemption_usd"))
        if not _close(missed, row["missed"], slack):
            found.append(f"missed of {pair}: {missed} instead of {row['missed']}")
        if set(map(str, signal.flags)) != row["flags"]:
            found.append(f"flags of {pair}: {sorted(signal.flags)} instead of {sorted(row['flags'])}")
    cycle = {
        "accepted": model.accepted_investable_equity,
        "discarded": model.size_risk_discarded_value,
        "largest": model.max_position_adjust_usd,
    }
    found += [f"{name}: {got} instead of {expected[name]}" for name, got in cycle.items()
              if not _close(got, expected[name], slack)]  # fmt: skip
    return found + _trade_differences(trades, expected["trades"], situation["prices"], slack)


def _trade_differences(
    trades: list[TradeExecution], expected: list[tuple[int, str, float, float]], prices: dict[int, float], slack: float
) -> list[str]:
    got = sorted(
        (
            trade.pair.get_pricing_pair().require_id(),
            "short" if trade.pair.is_short() else "long" if trade.pair.is_leveraged_long() else "spot",
            float(trade.planned_quantity),
            trade.planned_price,
        )
        for trade in trades
    )
    openings = [trade.is_opening_or_increasing() for trade in trades]
    if openings != sorted(openings):
        return ["a buy stands before a sell"]
    if [trade[:2] for trade in got] != [trade[:2] for trade in sorted(expected)]:
        return [f"trades {got} instead of {sorted(expected)}"]
    return [
        f"trade {ours} instead of {theirs}"
        for ours, theirs in zip(got, sorted(expected), strict=True)
        if not (_close(ours[2], theirs[2], slack / prices[ours[0]]) and _close(ours[3], theirs[3], 0.0))
    ]


def _close(got: float | None, expected: float | None, slack: float) -> bool:
    if got is None or expected is None:
        return got is expected
    return math.isclose(got, expected, rel_tol=1e-12, abs_tol=slack)


@pytest.mark.parametrize("block", range(4))
def test_cycle_agrees_with_a_naive_implementation(block: int) -> None:
    for seed in range(block * 150, (block + 1) * 150):
        found = differences(make_situation(random.Random(seed)))
        assert not found, f"seed {seed}: " + "\n".join(found)


def test_situations_reach_every_flag_and_every_kind_of_trade() -> None:
    results = [run_cycle(make_situation(random.Random(seed))) for seed in range(600)]
    flags = {flag for result in results for row in result["rows"].values() for flag in row["flags"]}
    flips = [row for result in results for row in result["rows"].values() if row["flips"] and not row["ignored"]]
    assert flags == {
        "capped_by_concentration",
        "capped_by_pool_size",
        "capped_by_chain_allocation",
        "capped_by_protocol_allocation",
        "capped_by_sync_cash",
        "max_adjust_too_small",
        "individual_trade_size_too_small",
        "individual_trade_quantity_too_small",
        "close_position_weight_limit",
        "closed",
        "cannot_redeem",
        "cannot_deposit",
        "settlement_pending",
    }
    assert {row["side"] for row in flips} == {"spot", "short", "long"}
    assert {trade[1] for result in results for trade in result["trades"]} == {"spot", "short", "long"}
