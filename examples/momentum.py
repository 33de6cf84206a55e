"""A weekly momentum strategy on ten years of US stocks, recorded as it goes.

Run it, then look at what it decided and why:

    python examples/momentum.py
    alpha-model open momentum.jsonl
"""

from __future__ import annotations

from pathlib import Path

from skfolio.datasets import load_sp500_dataset

from alpha_model import TradeExecution, weight_by_1_slash_n
from alpha_model.history import HistoryRecorder
from alpha_model.paper import PaperCycle, PaperMarket, run_paper

LOOKBACK = 126  # trading days, half a year


def decide(cycle: PaperCycle) -> list[TradeExecution]:
    """Hold the five stocks that rose most, the best with twice the weight of the second, at most 35 % each."""
    model, manager = cycle.model, cycle.position_manager
    momentum = cycle.prices.iloc[-1] / cycle.prices.iloc[-LOOKBACK] - 1
    for ticker, strength in momentum[momentum > 0].items():
        model.set_signal(cycle.pairs[str(ticker)], strength, stop_loss=0.85)

    model.select_top_signals(5)
    model.assign_weights(weight_by_1_slash_n)
    model.normalise_weights(max_weight=0.35)
    model.update_old_weights(cycle.portfolio)
    model.calculate_target_positions(manager, cycle.portfolio.get_total_equity() * 0.97)
    trades = model.generate_rebalance_trades_and_triggers(
        manager, min_trade_threshold=1_000, individual_rebalance_min_threshold=250
    )
    cycle.report(f"{len(model.raw_signals)} rise, {len(trades)} trades")
    return trades


def main() -> None:
    """Run it and write the history to momentum.jsonl."""
    prices = load_sp500_dataset().loc["2010":"2019"]
    path = Path("momentum.jsonl")
    path.unlink(missing_ok=True)
    with HistoryRecorder(path, strategy="momentum") as recorder:
        portfolio = run_paper(
            decide, PaperMarket(prices), prices.index[LOOKBACK::5], cash=100_000, recorder=recorder, progress=True
        )
    print(f"{portfolio.get_total_equity():,.0f} USD at the end; open {path} to see why")


if __name__ == "__main__":
    main()
