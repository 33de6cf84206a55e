"""Does a cycle come out as a second, naive implementation says, whatever the situation?

`make_situation` makes a random cycle of the kind that strategies meet, and of the kind that breaks programs: dust,
stale marks, empty portfolios, thresholds of 0, headroom beyond the cash. A long run is in `campaigns/differential.py`.
"""

from __future__ import annotations

import math
import random
from decimal import Decimal
from typing import Any

import pytest
from builders import USDC, make_pair
from naive_pipeline import Row, run_cycle

from alpha_model import (
    AlphaModel,
    FixedSizeRiskModel,
    Portfolio,
    PositionManager,
    SizeRiskModel,
    StaticPricing,
    TradeExecution,
    TradingPosition,
    USDTVLSizeRiskModel,
    weighting,
)

METHODS = (
    "weight_by_1_slash_n",
    "weight_by_1_slash_n_ascending",
    "weight_by_1_slash_signal",
    "weight_equal",
    "weight_passthrough",
    "weight_by_log",
    "weight_by_softmax",
    "weight_by_blend",
)


def make_situation(chance: random.Random) -> Row:
    """A random cycle; see `naive_pipeline.run_cycle` for its keys."""
    pairs = chance.sample(range(1, 400), chance.randint(1, 9))
    long_only = chance.random() < 0.6
    huge = {pair: 1e11 if chance.random() < 0.05 else 1.0 for pair in pairs}
    prices = {pair: 10 ** chance.uniform(-3, 4) * huge[pair] for pair in pairs}
    held = {pair: _holding(chance, prices[pair], long_only) for pair in pairs if chance.random() < 0.45}
    cash = chance.choice([0.0, 10 ** chance.uniform(0, 6), 1000.0])
    equity = (cash + sum(_value(each) for each in held.values()) or 1.0) * chance.choice([1, 0.95, 0.9, 1.5, 0.2])
    signals = [
        (pair, _alpha(chance) * (1 if long_only or chance.random() < 0.5 else -1))
        for pair in chance.choices(pairs, k=chance.randint(0, 14))
    ]
    shorts = any(alpha < 0 for _, alpha in signals)
    return {
        "prices": prices,
        "tvl": {pair: 0.0 if chance.random() < 0.1 else 10 ** chance.uniform(2, 8) for pair in pairs},
        "chains": {pair: chance.choice([1, 137, 56]) for pair in pairs},
        "fee": chance.choice([0, 0.003, 0.001]),
        "cash": cash,
        "held": held,
        "frozen": {pair for pair in pairs if pair not in held and chance.random() < 0.05},
        "signals": signals,
        "params": {
            "top_count": chance.randint(0, 8),
            "top_threshold": chance.choice([0.0, 0.0, 0.5, 1.0]),
            "method": chance.choice(METHODS),
            "max_weight": chance.choice([1.0, 1.0, 0.5, 0.33, 0.1, 0.98]),
            "investable_equity": equity,
            "size_risk": {"kind": "none"} if shorts else _size_risk(chance, equity),
            "min_trade_threshold": chance.choice([0.0, 0.0, 1.0, 10.0, equity * 0.1, equity * 2]),
            "individual_rebalance_min_threshold": chance.choice([0.0, 0.0, 5.0, equity * 0.05, equity * 0.2]),
            "sell_rebalance_min_threshold": chance.choice([None, None, 0.0, equity * 0.1]),
            "cap_buys_to_sync_cash": long_only and chance.random() < 0.5,
            "sync_cash_headroom_usd": chance.choice([0.0, 10.0, cash * 0.5, cash * 1.1, equity * 3]),
            "epsilon": chance.choice([0.0, 0.005, 0.005, 0.05, 0.3]),
            "cap_chain": chance.choice([None, None, 0.5, 0.25, 1.0]),
        },
    }


def _holding(chance: random.Random, price: float, long_only: bool) -> tuple[float, float, float]:  # noqa: FBT001
    """Units, a mark that may be stale, and collateral."""
    usd = chance.choice([10 ** chance.uniform(-1, 5), 100.0, 1000.0])
    mark = price * chance.choice([1, 1, chance.uniform(0.7, 1.3)])
    return (usd / mark, mark, 0.0) if long_only or chance.random() < 0.6 else (-usd / mark, mark, 2 * usd)


def _value(holding: tuple[float, float, float]) -> float:
    quantity, mark, collateral = holding
    return collateral + quantity * mark


def _alpha(chance: random.Random) -> float:
    ranges = [chance.uniform(0.01, 5), chance.uniform(0.001, 0.01), chance.uniform(5, 50)]
    return chance.choice([0.0, 1.0, 2.0, *ranges])


def _size_risk(chance: random.Random, equity: float) -> Row:
    mode = chance.choice(["sequential", "positions", "waterfall"])
    unlimited = mode == "sequential" or (mode == "waterfall" and chance.random() < 0.5)
    usd = [0.0, equity * chance.uniform(0.01, 0.5), 10 ** chance.uniform(0, 5)]
    kind = chance.choice(["none", "fixed", "tvl"])
    return {
        "kind": kind,
        "mode": mode,
        "max_positions": None if unlimited else chance.randint(1, 5),
        "cap": chance.choice(usd) if kind == "fixed" else chance.choice([0.0, 0.01, 0.05, 0.2]),
    }


def decide(situation: Row) -> tuple[AlphaModel, list[TradeExecution]]:
    """The same cycle by the public API."""
    params = situation["params"]
    pairs = {pair: make_pair(pair, chain_id=chain) for pair, chain in situation["chains"].items()}
    portfolio = Portfolio.create(USDC, Decimal(situation["cash"]))
    pricing = StaticPricing(situation["prices"], situation["fee"], situation["tvl"])
    manager = PositionManager(None, portfolio, pricing)
    for pair, (quantity, mark, collateral) in situation["held"].items():
        traded = manager.get_shorting_pair(pairs[pair]) if quantity < 0 else pairs[pair]
        portfolio.add_position(traded, Decimal(quantity), mark, mark, collateral=Decimal(collateral))
    for pair in situation["frozen"]:
        portfolio.frozen_positions[10_000 + pair] = TradingPosition(10_000 + pair, pairs[pair], Decimal(1), 1, 1, None)
    model = AlphaModel(close_position_weight_epsilon=params["epsilon"])
    for pair, alpha in situation["signals"]:
        model.set_signal(pairs[pair], alpha, leverage=1.0 if alpha < 0 else None)
    model.select_top_signals(params["top_count"], params["top_threshold"])
    model.assign_weights(getattr(weighting, params["method"]))
    _normalise(model, params, pricing)
    if params["cap_chain"] is not None:
        model.cap_chain_allocation(params["cap_chain"])
    model.update_old_weights(portfolio)
    model.calculate_weight_diffs()
    model.calculate_target_positions(manager, params["investable_equity"])
    thresholds = ("min_trade_threshold", "individual_rebalance_min_threshold", "sell_rebalance_min_threshold")
    settings = {name: params[name] for name in (*thresholds, "cap_buys_to_sync_cash", "sync_cash_headroom_usd")}
    return model, model.generate_rebalance_trades_and_triggers(manager, **settings)


def _normalise(model: AlphaModel, params: Row, pricing: StaticPricing) -> None:
    risk = params["size_risk"]
    if risk["kind"] == "none":
        model.normalise_weights(params["max_weight"])
        return
    make: Any = FixedSizeRiskModel if risk["kind"] == "fixed" else USDTVLSizeRiskModel
    limits: SizeRiskModel = make(pricing, per_position_cap=risk["cap"])
    model.normalise_weights(
        params["max_weight"],
        params["investable_equity"],
        limits,
        max_positions=risk["max_positions"],
        waterfall=risk["mode"] == "waterfall",
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


def differences(situation: Row) -> list[str]:
    """Where the two implementations disagree; numbers to 1e-6, or to a billionth of equity."""
    expected, (model, trades) = run_cycle(situation), decide(situation)
    slack = max(1e-7, situation["params"]["investable_equity"] * 1e-9)
    if list(expected["rows"]) != list(model.signals):
        return [f"selected {list(model.signals)} instead of {list(expected['rows'])}"]
    found = []
    for pair, row in expected["rows"].items():
        signal, unit = model.signals[pair], situation["prices"][pair]
        for name, attribute in FIELDS.items():
            got = getattr(signal, attribute)
            if not _close(got, row[name], slack / unit if name == "quantity" else slack):
                found.append(f"{attribute} of {pair}: {got} instead of {row[name]}")
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
            "short" if trade.pair.is_short() else "spot",
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
    return math.isclose(got, expected, rel_tol=1e-6, abs_tol=slack)


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
        "capped_by_sync_cash",
        "max_adjust_too_small",
        "individual_trade_size_too_small",
        "individual_trade_quantity_too_small",
        "close_position_weight_limit",
        "closed",
    }
    assert {row["side"] for row in flips} == {"spot", "short"}
    assert {trade[1] for result in results for trade in result["trades"]} == {"spot", "short"}
