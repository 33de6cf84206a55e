"""Two runs of one strategy with one changed setting: is the stage at which that setting works named first?"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from builders import MONDAY
from histories import make_history

from alpha_model import FixedSizeRiskModel, TradeExecution, USDTVLSizeRiskModel, weight_equal, weight_passthrough
from alpha_model.analysis import compare_cycles, compare_histories
from alpha_model.analysis.compare import CompareStage
from alpha_model.history import History, HistoryRecorder, read_history
from alpha_model.paper import PaperCycle, PaperMarket, run_paper

TICKERS = [f"T{number}" for number in range(1, 9)]


@dataclass(frozen=True)
class Strategy:
    """Momentum over eight pairs; every setting that a step takes can be another one."""

    count: int = 5
    signal_threshold: float = 0.0
    method: object = weight_passthrough
    max_weight: float = 0.3
    max_positions: int | None = None
    waterfall: bool = False
    tvl_share: float | None = None
    usd_cap: float | None = None
    chain: float | None = None
    stop_loss: float | None = None
    min_trade: float = 50.0
    min_trade_share: float | None = None
    single_trade: float = 0.0
    epsilon: float = 0.005
    headroom: float | None = None
    investable: float = 0.95

    def __call__(self, cycle: PaperCycle) -> list[TradeExecution]:
        model, total = cycle.model, cycle.portfolio.get_total_equity()
        model.close_position_weight_epsilon = self.epsilon
        equity = total * self.investable
        for number, ticker in enumerate(TICKERS, start=1):
            strength = float(cycle.prices[ticker].iloc[-1] / cycle.prices[ticker].iloc[0] - 1) + 0.01 * number
            if strength > 0:
                model.set_signal(cycle.pairs[ticker], strength, stop_loss=self.stop_loss)
        model.select_top_signals(self.count, threshold=self.signal_threshold)
        model.assign_weights(self.method)
        self.weigh(cycle, equity)
        if self.chain is not None:
            model.cap_chain_allocation(self.chain)
        model.update_old_weights(cycle.portfolio)
        model.calculate_target_positions(cycle.position_manager, equity)
        return model.generate_rebalance_trades_and_triggers(
            cycle.position_manager,
            min_trade_threshold=self.min_trade if self.min_trade_share is None else self.min_trade_share * equity,
            individual_rebalance_min_threshold=self.single_trade,
            cap_buys_to_sync_cash=self.headroom is not None,
            sync_cash_headroom_usd=self.headroom or 0.0,
        )

    def weigh(self, cycle: PaperCycle, equity: float) -> None:
        pricing, sizes = cycle.pricing_model, None
        if self.tvl_share is not None:
            sizes = USDTVLSizeRiskModel(pricing, per_position_cap=self.tvl_share)
        elif self.usd_cap is not None:
            sizes = FixedSizeRiskModel(pricing, per_position_cap=self.usd_cap)
        if sizes is None:
            cycle.model.normalise_weights(self.max_weight)
        else:
            modes = {"max_positions": self.max_positions, "waterfall": self.waterfall}
            cycle.model.normalise_weights(self.max_weight, equity, sizes, **modes)


def market() -> PaperMarket:
    steps = np.random.default_rng(7).normal(0.002, 0.03, (26, len(TICKERS)))
    index = pd.date_range(MONDAY, periods=26, freq="D")
    prices = pd.DataFrame(10 * np.exp(steps.cumsum(axis=0)), index=index, columns=TICKERS)
    return PaperMarket(prices, tvl=prices * 0 + np.geomspace(2e4, 2e5, len(TICKERS)))


def run(path: Path, strategy: Strategy, cash: float = 10_000) -> History:
    whole = market()
    with HistoryRecorder(path) as recorder:
        run_paper(strategy, whole, whole.prices.index[5::5], cash, recorder)
    return read_history(path)


PLAIN, SIZED = Strategy(), Strategy(tvl_share=0.05)
ON_CASH = Strategy(headroom=100.0, investable=1.0, max_weight=1.0)
REBALANCE = "generate_rebalance_trades_and_triggers"
IN_BOTH = "2 % of investable equity in both"
S = CompareStage
CHANGES = {
    "top N": (PLAIN, {"count": 4}, S.selection, "selected"),
    "top N under size risk": (SIZED, {"count": 4}, S.selection, "selected"),
    "signal threshold": (SIZED, {"signal_threshold": 0.07}, S.selection, "selected"),
    "weighting method": (SIZED, {"method": weight_equal}, S.raw_weight, "raw_weight"),
    "max weight": (PLAIN, {"max_weight": 0.25}, S.concentration, "weight_limit"),
    "max weight that did not bind": (replace(PLAIN, max_weight=1.0), {"max_weight": 0.25}, S.concentration, None),
    "max weight under size risk": (SIZED, {"max_weight": 0.25}, S.concentration, "weight_limit"),
    "max weight of a waterfall": (
        replace(SIZED, waterfall=True, max_weight=0.6),
        {"max_weight": 0.5},
        S.concentration,
        "weight_limit",
    ),
    "chain": (replace(PLAIN, chain=0.9), {"chain": 0.8}, S.concentration, "chain_limit"),
    "chain under size risk": (replace(SIZED, chain=0.5), {"chain": 0.4}, S.concentration, "chain_limit"),
    "no chain": (replace(SIZED, chain=0.5), {"chain": None}, S.concentration, "chain_limit"),
    "waterfall": (SIZED, {"waterfall": True}, S.size_risk, "asked"),
    "positions": (SIZED, {"max_positions": 4}, S.size_risk, "asked"),
    "waterfall or positions": (
        replace(SIZED, waterfall=True),
        {"waterfall": False, "max_positions": 4},
        S.size_risk,
        None,
    ),
    "size cap": (SIZED, {"tvl_share": 0.04}, S.size_risk, "size_cap_usd"),
    "size risk at all": (PLAIN, {"tvl_share": 0.05}, S.size_risk, None),
    "rebalance threshold": (PLAIN, {"min_trade": 120.0}, S.threshold, "position_adjust_threshold_usd"),
    "threshold of a trade": (PLAIN, {"single_trade": 600.0}, S.threshold, "ignored"),
    "closing weight": (PLAIN, {"epsilon": 0.02}, S.threshold, "close_position_weight_epsilon"),
    "cash headroom": (ON_CASH, {"headroom": 300.0}, S.threshold, "position_adjust_usd"),
    "stop loss": (SIZED, {"stop_loss": 0.9}, S.inputs, "stop_loss"),
    "another stop loss": (replace(PLAIN, stop_loss=0.8), {"stop_loss": 0.9}, S.inputs, "stop_loss"),
}


@pytest.mark.parametrize(("base", "change", "stage", "field"), CHANGES.values(), ids=CHANGES)
def test_changed_setting_shows_first_at_its_stage(tmp_path, base, change, stage, field) -> None:
    a, b = run(tmp_path / "a.jsonl", base), run(tmp_path / "b.jsonl", replace(base, **change))
    found = compare_histories(a, b)
    assert found.first_stage == stage, found.verdict
    first = int(found.cycles["cycle_a"][found.cycles["result"] == "differs"].iloc[0])
    one = compare_cycles(a.cycle(first), b.cycle(first))
    assert one.first_stage == stage, one.verdict
    assert field is None or field in set(one.differences.query("stage == @stage")["field"])
    assert not one.settings.empty or "stop_loss" in change
    assert not one.settings["derived"].any()
    if not (base.chain and base.tvl_share):  # only the settings tell a cap of chains from one of size risk
        assert compare_histories(as_a_state(a), as_a_state(b)).first_stage == stage


def as_a_state(history: History) -> History:
    """Without what only our own records have: settings and reasons."""
    tables = {}
    for name, column in (("cycles", "pipeline"), ("signals", "reasons")):
        table = getattr(history.tables, name)
        field = table.schema.field(column)
        nothing = pa.nulls(table.num_rows, field.type)
        tables[name] = table.set_column(table.schema.get_field_index(column), field, nothing)
    return History(replace(history.tables, **tables), history.source)


def test_threshold_that_is_a_share_of_equity_is_not_a_changed_setting(tmp_path) -> None:
    strategy = Strategy(min_trade_share=0.02)
    a, b = run(tmp_path / "a.jsonl", strategy), run(tmp_path / "b.jsonl", strategy, cash=12_000)
    found = compare_histories(a, b)
    assert found.first_stage == CompareStage.inputs
    assert found.settings[["setting", "cycles", "derived", "shares"]].to_numpy().tolist() == [
        [f"{REBALANCE}.min_trade_threshold", len(a), True, "2 % of investable equity in both"]
    ]
    assert "The settings differ" not in found.verdict
    assert "Not changed, only of another equity: min_trade_threshold is 2 %" in found.verdict
    assert compare_cycles(a.cycle(0), b.cycle(0)).settings["derived"].tolist() == [True]


def test_share_is_known_through_the_rounding_of_its_amounts() -> None:
    """0.5 % of 9,916.665 is 49.583325, of 11,333.335 it is 56.666675; both were written with six digits."""
    a, b = (
        make_history([{"pair_id": 1}], [{"investable_equity": equity, "pipeline": pipeline}])
        for equity, pipeline in ((9916.665, step(49.5833)), (11333.335, step(56.6667)))
    )
    assert compare_histories(a, b).settings["shares"].tolist() == ["0.5 % of investable equity in both"]
    off = make_history([{"pair_id": 1}], [{"investable_equity": 11333.335, "pipeline": step(56.7)}])
    assert compare_histories(a, off).settings["shares"].tolist() == [None]


def step(threshold: float) -> str:
    return json.dumps([{"step": REBALANCE, "min_trade_threshold": threshold}])


@pytest.mark.parametrize(
    ("one", "other", "shares"),
    [
        ({"min_trade_share": 0.02}, {"min_trade_share": 0.03}, "2 % of investable equity in A, 3 % in B"),
        ({"min_trade_share": 0.019 / 0.95}, {"min_trade_share": 0.018 / 0.9, "investable": 0.9}, IN_BOTH),
        ({"min_trade": 50.0}, {"min_trade": 60.0}, None),
        ({"min_trade": 200.0}, {"min_trade_share": 0.02}, None),
        ({"signal_threshold": 0.01}, {"signal_threshold": 0.02}, None),
    ],
)
def test_changed_setting_is_said_as_the_share_that_it_is(tmp_path, one, other, shares) -> None:
    a, b = (run(tmp_path / f"{name}.jsonl", Strategy(**changes)) for name, changes in (("a", one), ("b", other)))
    settings = compare_histories(a, b).settings
    (row,) = settings[settings["setting"].str.endswith("threshold")].to_dict("records")
    assert (row["shares"], row["derived"]) == (shares, shares == IN_BOTH)


def test_amount_of_total_equity_is_known_too(tmp_path) -> None:
    """What may be invested differs and 2 % of all equity does not follow it."""
    a, b = (
        run(tmp_path / f"{share}.jsonl", Strategy(investable=share, min_trade_share=0.02 / share), cash=cash)
        for share, cash in ((0.95, 10_000), (0.9, 12_000))
    )
    assert compare_histories(a, b).settings["shares"].tolist() == ["2 % of total equity in both"]
