"""Make every sample history again, to the byte: `make samples`.

Prices are the daily closes of 20 US stocks, 1990-2022, that the package skfolio ships. Everything else is stated here:
the strategies, and the liquidity of each market, which is a made-up series because skfolio has prices only.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from skfolio.datasets import load_sp500_dataset

from alpha_model import (
    TradeExecution,
    USDTVLSizeRiskModel,
    weight_by_1_slash_n,
    weight_by_log,
    weight_by_softmax,
    weight_equal,
    weight_passthrough,
)
from alpha_model.history import HistoryRecorder, Run
from alpha_model.history.record import fingerprint_of
from alpha_model.paper import Decide, PaperCycle, PaperMarket, run_paper

HERE = Path(__file__).parent
LOOKBACK = 126
"""Trading days, half a year: momentum is the return over them."""
LONG_SHORT = ["AAPL", "AMD", "BAC", "CVX", "GE", "LLY", "UNH", "XOM"]


def closes(start: str, end: str) -> pd.DataFrame:
    """Daily closes with half a year of history before the start."""
    prices = load_sp500_dataset()
    first = max(0, prices.index.searchsorted(pd.Timestamp(start)) - LOOKBACK)
    return prices.iloc[first : prices.index.searchsorted(pd.Timestamp(end), side="right")]


def weekly(prices: pd.DataFrame) -> pd.DatetimeIndex:
    """The first trading day of each week, once there is half a year of history."""
    known = prices.index[LOOKBACK:]
    return pd.DatetimeIndex(
        pd.Series(known, known).groupby([known.isocalendar().year, known.isocalendar().week]).first()
    )


def made_up_tvl(prices: pd.DataFrame) -> pd.DataFrame:
    """USD of liquidity of each market: from $3m for the smallest to $25m for the largest, in the order of the tickers'
    names, and moving with the square root of the price since the start.
    """
    sizes = np.geomspace(3e6, 25e6, prices.shape[1])
    return np.sqrt(prices / prices.iloc[0]) * sizes


def momentum(cycle: PaperCycle) -> pd.Series:
    """Return over the last half year, per ticker."""
    return cycle.prices.iloc[-1] / cycle.prices.iloc[-1 - LOOKBACK] - 1


def report(cycle: PaperCycle, trades: list[TradeExecution]) -> list[TradeExecution]:
    """The strategy's own text about the cycle, as strategies in production write it."""
    model = cycle.model
    cycle.report(f"Cycle: #{cycle.number}")
    cycle.report(f"Rebalanced: {'yes' if trades else 'no'}")
    cycle.report(f"Candidate signals created: {len(model.raw_signals)}")
    cycle.report(f"Selected survivor signals: {sum(signal.signal != 0 for signal in model.signals.values())}")
    cycle.report(f"Max position value change: {model.max_position_adjust_usd:,.2f} USD")
    cycle.report(f"Rebalance threshold: {model.position_adjust_threshold_usd:,.2f} USD")
    cycle.report(f"Total equity: {cycle.portfolio.get_total_equity():,.2f} USD")
    return trades


def outgrows_its_market(cycle: PaperCycle) -> list[TradeExecution]:
    """Momentum, top 6, weighted by strength, at most a quarter of equity and 2 % of its market's liquidity each."""
    model, equity = cycle.model, cycle.portfolio.get_total_equity() * 0.97
    for ticker, strength in momentum(cycle).items():
        if strength > 0:
            model.set_signal(cycle.pairs[str(ticker)], strength)
    model.select_top_signals(6)
    model.assign_weights(weight_passthrough)
    model.normalise_weights(
        max_weight=0.25,
        investable_equity=equity,
        size_risk_model=USDTVLSizeRiskModel(cycle.pricing_model, per_position_cap=0.02),
    )
    return rebalance(cycle, equity, min_trade=0.02 * equity, single_trade=0.005 * equity)


def rarely_trades(cycle: PaperCycle) -> list[TradeExecution]:
    """Equal weights of the top 10 of 20, and a threshold so high that most weeks change nothing."""
    model, equity = cycle.model, cycle.portfolio.get_total_equity() * 0.98
    for ticker, strength in momentum(cycle).items():
        if strength > 0:
            model.set_signal(cycle.pairs[str(ticker)], strength)
    model.select_top_signals(10, threshold=0.02)
    model.assign_weights(weight_equal)
    model.normalise_weights(max_weight=0.2)
    return rebalance(cycle, equity, min_trade=0.105 * equity, single_trade=0.01 * equity)


def few_and_dusty(cycle: PaperCycle) -> list[TradeExecution]:
    """Softmax over everything that rises: a few large positions under a cap, a tail that falls below the closing
    weight, and stop losses 12 % below.
    """
    model, equity = cycle.model, cycle.portfolio.get_total_equity() * 0.97
    for ticker, strength in momentum(cycle).items():
        if strength > 0.05:  # noqa: PLR2004 - 5 % in half a year
            model.set_signal(cycle.pairs[str(ticker)], strength, stop_loss=0.88)
    model.select_top_signals(8)
    model.assign_weights(partial(weight_by_softmax, temperature=0.08))
    model.normalise_weights(max_weight=0.3)
    return rebalance(cycle, equity, min_trade=1_000, single_trade=500)


def long_short(cycle: PaperCycle) -> list[TradeExecution]:
    """The quarter's four strongest long and its four weakest short, in a list of eight, so that sides change often."""
    model, equity = cycle.model, cycle.portfolio.get_total_equity() * 0.85
    quarter = cycle.prices.iloc[-1] / cycle.prices.iloc[-1 - LOOKBACK // 2] - 1
    excess = (quarter[LONG_SHORT] - quarter[LONG_SHORT].median()).sort_values()
    for ticker, strength in excess.items():
        if strength != 0:
            model.set_signal(cycle.pairs[str(ticker)], strength, leverage=1.0 if strength < 0 else None)
    model.select_top_signals(6, threshold=0.02)
    model.assign_weights(weight_by_log)
    model.normalise_weights(max_weight=0.25)
    return rebalance(cycle, equity, min_trade=2_000, single_trade=750, fit_to_cash=False)


def top_five(cycle: PaperCycle) -> list[TradeExecution]:
    """Momentum, top 5, weighted 1/N."""
    model, equity = cycle.model, cycle.portfolio.get_total_equity() * 0.97
    for ticker, strength in momentum(cycle).items():
        if strength > 0:
            model.set_signal(cycle.pairs[str(ticker)], strength)
    model.select_top_signals(5)
    model.assign_weights(weight_by_1_slash_n)
    model.normalise_weights(max_weight=0.35)
    return rebalance(cycle, equity, min_trade=1_500, single_trade=400)


def rebalance(
    cycle: PaperCycle, equity: float, min_trade: float, single_trade: float, *, fit_to_cash: bool = True
) -> list[TradeExecution]:
    """The second half of every strategy here."""
    model, manager = cycle.model, cycle.position_manager
    model.update_old_weights(cycle.portfolio)
    model.calculate_weight_diffs()
    model.calculate_target_positions(manager, equity)
    trades = model.generate_rebalance_trades_and_triggers(
        manager,
        min_trade_threshold=round(min_trade, 2),
        individual_rebalance_min_threshold=round(single_trade, 2),
        cap_buys_to_sync_cash=fit_to_cash,
        sync_cash_headroom_usd=round(0.005 * equity, 2),  # the fees of a full turnover, and some
    )
    return report(cycle, trades)


def run_of(name: str, prices: pd.DataFrame) -> Run:
    """What the samples say of their run: nothing that another machine or another day would say otherwise."""
    return Run(
        run_id=f"sample of {name.replace('_', ' ')}",
        started_at=None,
        library="alpha-model",
        python=None,
        data_fingerprint=fingerprint_of(prices.round(6)),
        expected_interval=timedelta(weeks=1),
        extra={"prices": "daily closes of 20 US stocks, from skfolio"},
    )


def record(name: str, decide: Decide, prices: pd.DataFrame, cash: float, tvl: pd.DataFrame | None = None) -> None:
    """Run a strategy and write its history, compressed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.jsonl"
        with HistoryRecorder(path, strategy=name.replace("_", " "), run=run_of(name, prices)) as recorder:
            run_paper(decide, PaperMarket(prices, tvl=tvl), weekly(prices), cash, recorder)
        write(f"{name}.jsonl.gz", path.read_bytes())


def write(name: str, data: bytes) -> None:
    """Write a compressed sample that depends on its content alone: no name, no time in the header."""
    path = HERE / name
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    print(f"{path.name}: {path.stat().st_size / 1024:,.0f} KiB")


class StateWriter:
    """Takes cycles down in the layout of the reference framework's state files."""

    def __init__(self, name: str) -> None:
        self.state: dict[str, Any] = {
            "name": name,
            "created_at": None,
            "last_updated_at": None,
            "portfolio": {"open_positions": {}, "closed_positions": {}, "frozen_positions": {}},
            "stats": {"portfolio": []},
            "visualisation": {"messages": {}, "calculations": {}, "plots": {}, "discardable_data": {}},
        }

    def follow(self, decide: Decide) -> Decide:
        """The strategy, watched."""

        def watched(cycle: PaperCycle) -> list[TradeExecution]:
            total, cash = cycle.portfolio.get_total_equity(), cycle.portfolio.get_cash()
            trades = decide(cycle)
            self._cycle(cycle, total, cash)
            for trade in trades:
                self._trade(trade)
            return trades

        return watched

    def _cycle(self, cycle: PaperCycle, total: float, cash: float) -> None:
        snapshot = cycle.model.to_dict(encode_json=True)
        for ours in ("pipeline", "override_stop_loss"):
            del snapshot[ours]
        when = str(snapshot["timestamp"])
        self.state["last_updated_at"] = snapshot["timestamp"]
        self.state["visualisation"]["calculations"][when] = snapshot
        self.state["visualisation"]["messages"][when] = ["\n".join(cycle.messages)]
        self.state["stats"]["portfolio"].append(
            {"calculated_at": snapshot["timestamp"], "total_equity": total, "free_cash": cash}
        )

    def _trade(self, trade: TradeExecution) -> None:
        when = int(pd.Timestamp(trade.opened_at).timestamp()) if trade.opened_at else None
        positions = self.state["portfolio"]["open_positions"]
        pair = trade.pair.to_dict()
        position = positions.setdefault(
            str(trade.position_id), {"position_id": trade.position_id, "pair": pair, "opened_at": when, "trades": {}}
        )
        position["trades"][str(trade.trade_id)] = {
            "trade_id": trade.trade_id,
            "position_id": trade.position_id,
            "trade_type": str(trade.trade_type),
            "pair": pair,
            "opened_at": when,
            "planned_quantity": str(trade.planned_quantity),
            "planned_reserve": str(trade.planned_reserve),
            "planned_price": trade.planned_price,
            "planned_mid_price": trade.planned_mid_price,
            "executed_at": when,
            "executed_quantity": str(trade.planned_quantity),
            "executed_price": trade.planned_price,
            "lp_fees_paid": abs(float(trade.planned_quantity)) * abs(trade.planned_price - trade.planned_mid_price),
            "flags": ["close"] if trade.closing else [],
            "closing": trade.closing,
            "notes": trade.notes,
        }


def reference_state(
    prices: pd.DataFrame, cash: float, shorten: Callable[[dict[str, Any]], None] | None = None
) -> bytes:
    """A state file in the reference framework's layout."""
    writer = StateWriter("momentum top five")
    portfolio = run_paper(writer.follow(top_five), PaperMarket(prices), weekly(prices), cash)
    positions = writer.state["portfolio"]
    for number in map(str, portfolio.closed_positions):
        positions["closed_positions"][number] = positions["open_positions"].pop(number)
    if shorten:
        shorten(writer.state)
    return json.dumps(writer.state).encode()


def keep_last_cycle_only(state: dict[str, Any]) -> None:
    """What newer strategies do: the last model alone, beside the charts."""
    looks = state["visualisation"]
    looks["discardable_data"] = {"alpha_model": list(looks["calculations"].values())[-1]}
    looks["calculations"] = {}


def main() -> None:
    """Make them all."""
    decade = closes("2010-01-01", "2019-12-31")
    record("momentum_outgrows_its_market", outgrows_its_market, decade, 400_000, made_up_tvl(decade))
    record("threshold_holds_most_weeks", rarely_trades, closes("2013-01-01", "2017-12-31"), 100_000)
    record("concentrated_with_dust_and_stops", few_and_dusty, closes("2007-01-01", "2010-12-31"), 250_000)
    record("long_short_with_flips", long_short, closes("2015-01-01", "2018-12-31"), 200_000)
    year = closes("2020-01-01", "2020-12-31")
    write("reference_layout_2020.json.gz", reference_state(year, 50_000))
    write("reference_layout_last_cycle_only.json.gz", reference_state(year, 50_000, keep_last_cycle_only))


if __name__ == "__main__":
    main()
