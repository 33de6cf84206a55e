"""Random cycles of the kind that strategies meet, and of the kind that breaks programs.

Dust, stale marks, empty portfolios, ties, thresholds of 0, headroom beyond the cash, flips, closed venues.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from naive_pipeline import Row

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
    """A random cycle; see `naive_pipeline.run_cycle` for its keys.

    Caps that several amounts are scaled to are odd numbers, so that no threshold is met but for rounding.
    """
    pairs = chance.sample(range(1, 400), chance.randint(1, 9))
    style = chance.choice(["long", "long", "long", "short", "short", "leveraged"])
    huge = {pair: 1e11 if chance.random() < 0.05 else 1.0 for pair in pairs}
    prices = {pair: 10 ** chance.uniform(-3, 4) * huge[pair] for pair in pairs}
    held = {pair: _holding(chance, prices[pair], style) for pair in pairs if chance.random() < 0.45}
    cash = chance.choice([0.0, 10 ** chance.uniform(0, 6), 1000.0])
    equity = (cash + sum(_value(each) for each in held.values()) or 1.0) * chance.choice([1, 0.95, 0.9, 1.5, 0.2])
    signals = [
        (pair, _alpha(chance) * (-1 if style == "short" and chance.random() < 0.5 else 1))
        for pair in chance.choices(pairs, k=chance.randint(0, 14))
    ]
    shorts = any(alpha < 0 for _, alpha in signals)
    venues = 0.25 if chance.random() < 0.3 else 0.0

    def some(share: float, among: Iterable[int] = pairs) -> set[int]:
        return {pair for pair in among if chance.random() < share}

    return {
        "prices": prices,
        "tvl": {pair: 0.0 if chance.random() < 0.1 else 10 ** chance.uniform(2, 8) for pair in pairs},
        "chains": {pair: chance.choice([1, 137, 56]) for pair in pairs},
        "protocols": {pair: chance.choice(["aave", "lido", "gmx"]) for pair in pairs},
        "own_max": {pair: chance.choice([0.0, 0.05, 0.3]) for pair in some(0.3)} if chance.random() < 0.2 else {},
        "fee": chance.choice([0, 0.003, 0.001]),
        "cash": cash,
        "held": held,
        "frozen": {pair for pair in pairs if pair not in held and chance.random() < 0.05},
        "leveraged": some(0.5) if style == "leveraged" else set(),
        "no_deposit": some(venues),
        "no_redeem": some(venues),
        "settling": some(venues / 2, held),
        "signals": signals,
        "params": {
            "top_count": chance.randint(0, 8),
            "top_threshold": chance.choice([0.0, 0.0, 0.5, 1.0]),
            "method": chance.choice(METHODS),
            "max_weight": chance.choice([1.0, 1.0, 0.5, 0.33, 0.1, 0.98]),
            "investable_equity": equity,
            "size_risk": {"kind": "none"} if shorts else _size_risk(chance, equity),
            "min_trade_threshold": chance.choice([0.0, 0.0, 1.0, 10.0, equity * 0.1, equity * 2]),
            "individual_rebalance_min_threshold": chance.choice([0.0, 0.0, 5.0, equity * 0.0517, equity * 0.193]),
            "sell_rebalance_min_threshold": chance.choice([None, None, 0.0, equity * 0.1]),
            "cap_buys_to_sync_cash": style == "long" and chance.random() < 0.5,
            "sync_cash_headroom_usd": chance.choice([0.0, 10.0, cash * 0.5, cash * 1.1, equity * 3]),
            "epsilon": chance.choice([0.0, 0.005, 0.005, 0.05, 0.3]),
            "cap_chain": chance.choice([None, None, 0.497, 0.2503, 1.0]),
            "max_protocol_weight": chance.choice([None, None, None, 0.503, 0.207, 1.0]),
            "carry_forward": chance.random() < 0.6,
        },
    }


def _holding(chance: random.Random, price: float, style: str) -> tuple[float, float, float]:
    """Units, a mark that may be stale, and collateral."""
    usd = chance.choice([10 ** chance.uniform(-1, 5), 100.0, 1000.0])
    mark = price * chance.choice([1, 1, chance.uniform(0.7, 1.3)])
    if style == "long" or chance.random() < 0.6:
        return usd / mark, mark, 0.0
    return (-usd / mark, mark, 2 * usd) if style == "short" else (2 * usd / mark, mark, -usd)


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


def slack_of(situation: Row) -> float:
    """USD; a difference of two amounts is as exact as these are."""
    held = sum(abs(quantity) * mark + abs(collateral) for quantity, mark, collateral in situation["held"].values())
    return 1e-12 * (situation["params"]["investable_equity"] + situation["cash"] + held)
