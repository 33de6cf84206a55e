"""How long does a cycle take, how does it grow, and what does its JSON cost?

Run with `make bench`. Prints medians of interleaved runs and their ratios; writes the plot of the growth to
docs/images/cycle-growth.svg. The reference framework's figures were measured on a machine of the same kind: one full
cycle at 1,000 pairs, half of them held, all selected, took it 9,323 ms, to_dict 2,582 ms and from_dict 5,972 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import matplotlib.pyplot as plt
from dataclasses_json import DataClassJsonMixin
from measure import table, time_together

from alpha_model import (
    AlphaModel,
    AssetIdentifier,
    FixedSizeRiskModel,
    Portfolio,
    PositionManager,
    StaticPricing,
    TradingPairIdentifier,
    weight_passthrough,
)

NOW = datetime(2026, 1, 5)  # noqa: DTZ001 - cycle times are naive UTC
SIZES = (250, 500, 1000, 2000, 3000, 5000)
PLOT = Path(__file__).parents[1] / "docs" / "images" / "cycle-growth.svg"


class Market:
    """Pairs, prices, and a portfolio that holds every second pair."""

    def __init__(self, count: int) -> None:
        usdc = AssetIdentifier(1, "0xc0ffee", "USDC", 6)
        self.pairs = [
            TradingPairIdentifier(
                AssetIdentifier(1, f"0x{number:040x}", f"T{number}", 18), usdc, f"0xb{number:039x}", "0xe", number
            )
            for number in range(1, count + 1)
        ]
        prices = {number: 10.0 + number % 7 for number in range(1, count + 1)}
        self.pricing = StaticPricing(prices, fee=0.003)
        self.portfolio = Portfolio.create(usdc, Decimal(1_000_000), NOW)
        for pair in self.pairs[::2]:
            price = prices[pair.require_id()]
            self.portfolio.add_position(pair, Decimal(10), price, price, NOW)

    def cycle(self, *, size_risk: bool = False) -> AlphaModel:
        """One full cycle with trades; all pairs have a signal and all are selected."""
        manager = PositionManager(NOW, self.portfolio, self.pricing)
        equity = self.portfolio.get_total_equity() * 0.95
        model = AlphaModel(NOW, close_position_weight_epsilon=0.0)
        for place, pair in enumerate(self.pairs):
            model.set_signal(pair, 1.0 + place % 13)
        model.select_top_signals(len(self.pairs))
        model.assign_weights(weight_passthrough)
        if size_risk:
            cap = FixedSizeRiskModel(self.pricing, per_position_cap=equity / len(self.pairs))
            model.normalise_weights(investable_equity=equity, size_risk_model=cap)
        else:
            model.normalise_weights()
        model.update_old_weights(self.portfolio)
        model.calculate_weight_diffs()
        model.calculate_target_positions(manager, equity)
        model.generate_rebalance_trades_and_triggers(manager, min_trade_threshold=0.01)
        return model


def json_cost(market: Market) -> None:
    """Our JSON against the generic functions of dataclasses-json, on the same objects in the same run."""
    model = market.cycle()
    written = model.to_dict()
    generic_from = DataClassJsonMixin.from_dict.__func__  # type: ignore[attr-defined]
    work: dict[str, Callable[[], object]] = {
        "to_dict": model.to_dict,
        "to_dict, generic": lambda: DataClassJsonMixin.to_dict(model),
        "from_dict": lambda: AlphaModel.from_dict(written),
        "from_dict, generic": lambda: generic_from(AlphaModel, written),
        "to_json": model.to_json,
    }
    timings = time_together(work, rounds=5)
    print(f"\nJSON of one cycle, {len(market.pairs):,} pairs")
    print(table(timings, "to_dict"))
    for name in ("to_dict", "from_dict"):
        ratio = timings[f"{name}, generic"].median / timings[name].median
        print(f"{name} is {ratio:.1f} times as fast as dataclasses-json's generic function")


def small_cycles(market: Market) -> None:
    """What a cycle of few pairs takes, where each call of NumPy counts: a hundred of them in a row."""
    timings = time_together({"100 cycles": lambda: [market.cycle() for _ in range(100)]}, rounds=9)
    print(f"\nOne full cycle with trades, {len(market.pairs):,} pairs: {timings['100 cycles'].median * 10:.3f} ms")


def growth(markets: dict[int, Market]) -> dict[int, float]:
    """Milliseconds of a full cycle by number of pairs."""
    work = {f"{size:,} pairs": market.cycle for size, market in markets.items()}
    timings = time_together(work, rounds=9)
    print("\nOne full cycle with trades")
    print(table(timings, "1,000 pairs"))
    return {size: timings[f"{size:,} pairs"].median * 1e3 for size in markets}


def size_risk_cost(market: Market) -> None:
    """What size risk adds."""
    work = {"simple path": market.cycle, "with size risk": lambda: market.cycle(size_risk=True)}
    print(f"\nOne full cycle, {len(market.pairs):,} pairs")
    print(table(time_together(work, rounds=9), "simple path"))


def plot(milliseconds: dict[int, float]) -> None:
    """The growth as a picture: measured, and a straight line through 1,000 pairs."""
    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    axes.plot(milliseconds.keys(), milliseconds.values(), marker="o", label="measured")
    axes.plot([0, max(SIZES)], [0, milliseconds[1000] * max(SIZES) / 1000], linestyle=":", label="linear")
    axes.set(xlabel="pairs", ylabel="milliseconds", title="One full cycle with trades", xlim=0, ylim=0)
    axes.legend()
    figure.savefig(PLOT, metadata={"Date": None})
    print(f"\n5,000 pairs take {milliseconds[5000] / milliseconds[1000]:.2f} times as long as 1,000")


def main() -> None:
    """Measure and print."""
    markets = {size: Market(size) for size in SIZES}
    small_cycles(Market(20))
    milliseconds = growth(markets)
    size_risk_cost(markets[1000])
    json_cost(markets[1000])
    plot(milliseconds)


if __name__ == "__main__":
    main()
