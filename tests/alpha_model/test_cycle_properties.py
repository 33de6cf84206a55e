"""What holds for every cycle, whatever the signals, holdings, prices and settings."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import pytest
from builders import MONDAY, make_manager, make_pair
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alpha_model import (
    AlphaModel,
    AlphaModelError,
    FixedSizeRiskModel,
    PositionManager,
    TradeExecution,
    weight_by_1_slash_n,
    weight_by_blend,
    weight_by_log,
    weight_by_softmax,
    weight_equal,
    weight_passthrough,
)
from alpha_model import TradingPairSignalFlags as Flags
from alpha_model.paper import PaperBroker

METHODS = [weight_by_1_slash_n, weight_equal, weight_passthrough, weight_by_log, weight_by_softmax, weight_by_blend]
PAIRS = range(1, 8)


@dataclass(frozen=True)
class Situation:
    """Everything a cycle decides on."""

    signals: dict[int, float]
    held: dict[int, int]
    prices: dict[int, float]
    cash: float
    fee: float
    settings: dict[str, Any] = field(default_factory=dict)

    def manager(self) -> PositionManager:
        return make_manager(self.prices, cash=self.cash, held=self.held, fee=self.fee)

    def decide(self, manager: PositionManager, share: float = 0.95) -> tuple[AlphaModel, list[TradeExecution]]:
        """One full cycle over these settings."""
        chosen = self.settings
        equity = manager.portfolio.get_total_equity() * share
        model = AlphaModel(MONDAY, close_position_weight_epsilon=chosen["epsilon"])
        for pair_id, alpha in self.signals.items():
            model.set_signal(make_pair(pair_id), alpha, leverage=1.0 if alpha < 0 else None)
        model.select_top_signals(chosen["count"])
        model.assign_weights(chosen["method"])
        if chosen["cap"] is None or any(signal.is_short() for signal in model.signals.values()):
            model.normalise_weights(max_weight=chosen["max_weight"])
        else:
            cap = FixedSizeRiskModel(manager.pricing_model, per_position_cap=chosen["cap"])
            model.normalise_weights(chosen["max_weight"], equity, cap, waterfall=chosen["waterfall"])
        model.update_old_weights(manager.portfolio)
        model.calculate_weight_diffs()
        model.calculate_target_positions(manager, equity)
        trades = model.generate_rebalance_trades_and_triggers(
            manager, min_trade_threshold=chosen["min_trade"], individual_rebalance_min_threshold=chosen["single_trade"]
        )
        return model, trades


@st.composite
def situations(draw: st.DrawFn, *, shorts: bool = False, thresholds: bool = True) -> Situation:
    strength = st.floats(0.01, 50)
    signal = st.one_of(strength, strength.map(lambda value: -value)) if shorts else strength
    return Situation(
        signals=draw(st.dictionaries(st.sampled_from(PAIRS), signal, max_size=7)),
        held=draw(st.dictionaries(st.sampled_from(PAIRS), st.integers(1, 50), max_size=5)),
        prices={pair_id: draw(st.floats(0.5, 100)) for pair_id in PAIRS},
        cash=draw(st.floats(0, 5000)),
        fee=draw(st.sampled_from([0.0, 0.003])),
        settings={
            "count": draw(st.integers(0, 7)),
            "method": draw(st.sampled_from(METHODS)),
            "max_weight": draw(st.floats(0.1, 1)),
            "cap": draw(st.one_of(st.none(), st.floats(0, 3000))),
            "waterfall": draw(st.booleans()),
            "epsilon": draw(st.sampled_from([0.0, 0.005, 0.05])),
            "min_trade": draw(st.floats(0, 500)) if thresholds else 0.0,
            "single_trade": draw(st.floats(0, 200)) if thresholds else 0.0,
        },
    )


@given(situations(shorts=True))
def test_sells_and_covers_come_before_buys_and_openings(situation) -> None:
    _, trades = situation.decide(situation.manager())
    kinds = [trade.is_opening_or_increasing() for trade in trades]
    assert kinds == sorted(kinds)


@given(situations())
def test_no_target_exceeds_a_limit(situation) -> None:
    manager = situation.manager()
    model, _ = situation.decide(manager)
    equity = model.investable_equity
    for signal in model.signals.values():
        assert signal.position_target <= situation.settings["max_weight"] * equity * (1 + 1e-9)
        if signal.position_size_risk:
            assert signal.position_target <= situation.settings["cap"] * (1 + 1e-9)
    assert model.get_allocated_value() <= equity * (1 + 1e-9)


@given(situations())
def test_discarded_and_accepted_are_what_could_have_been_placed(situation) -> None:
    model, _ = situation.decide(situation.manager())
    assume(model.accepted_investable_equity is not None)
    assert model.accepted_investable_equity == pytest.approx(model.get_allocated_value())
    placed = model.accepted_investable_equity + model.size_risk_discarded_value
    assert placed <= model.investable_equity * (1 + 1e-9)
    if not any(Flags.capped_by_pool_size in signal.flags for signal in model.signals.values()):
        assert model.size_risk_discarded_value == pytest.approx(0, abs=1e-6)


@given(situations(shorts=True))
def test_a_trade_was_planned_where_the_signal_says_so(situation) -> None:
    model, trades = situation.decide(situation.manager())
    traded = {trade.pair.get_pricing_pair().internal_id for trade in trades}
    assert {pair_id for pair_id, signal in model.signals.items() if signal.has_trades()} == traded
    assert all(signal.position_id is not None for pair_id, signal in model.signals.items() if pair_id in traded)


@given(situations())
def test_sell_never_exceeds_the_holding(situation) -> None:
    manager = situation.manager()
    _, trades = situation.decide(manager)
    held = manager.portfolio.get_open_quantities()
    for trade in trades:
        if trade.is_sell():
            assert -trade.planned_quantity <= held[trade.pair.internal_id]


@settings(deadline=None)
@given(situations(thresholds=False))
def test_after_the_trades_the_holdings_are_at_their_targets(situation) -> None:
    manager = situation.manager()
    before = manager.portfolio.get_total_equity()
    model, trades = situation.decide(manager)
    PaperBroker(manager.portfolio).execute(trades)
    worth = {p.pair.internal_id: p.get_value() for p in manager.portfolio.open_positions.values()}
    volume = sum(trade.get_value() for trade in trades)
    for pair_id, signal in model.signals.items():
        if signal.has_trades():
            closed = Flags.closed in signal.flags
            target = 0 if closed else signal.position_target
            assert worth.get(pair_id, 0) == pytest.approx(target, rel=situation.fee + 1e-9, abs=1e-6)
    after = manager.portfolio.get_total_equity()
    assert before - volume * situation.fee * 1.01 - 1e-6 <= after <= before + 1e-6


@given(situations(), st.randoms())
def test_order_of_signals_matters_for_ties_only(situation, random) -> None:
    assume(len({abs(alpha) for alpha in situation.signals.values()}) == len(situation.signals))
    shuffled = list(situation.signals.items())
    random.shuffle(shuffled)
    other = Situation(
        dict(shuffled), situation.held, situation.prices, situation.cash, situation.fee, situation.settings
    )
    once, again = situation.decide(situation.manager())[0], other.decide(other.manager())[0]
    assert targets(once) == pytest.approx(targets(again), rel=1e-9, abs=1e-9)
    assert flags(once) == flags(again)


@given(situations(), st.sampled_from([0.25, 4.0]))
def test_scale_of_the_signals_does_not_matter(situation, factor) -> None:
    assume(situation.settings["method"] not in {weight_by_log, weight_by_softmax})
    scaled = {pair_id: alpha * factor for pair_id, alpha in situation.signals.items()}
    other = Situation(scaled, situation.held, situation.prices, situation.cash, situation.fee, situation.settings)
    once, again = situation.decide(situation.manager())[0], other.decide(other.manager())[0]
    assert targets(once) == pytest.approx(targets(again), rel=1e-9, abs=1e-9)


@given(situations(shorts=True))
def test_json_round_trip_is_the_identity(situation) -> None:
    model, _ = situation.decide(situation.manager())
    assert AlphaModel.from_json(model.to_json()) == model
    json.dumps(model.to_dict(encode_json=True), allow_nan=False)


@given(situations(shorts=True), st.sampled_from(PAIRS), st.sampled_from(["price", "id", "nan", "inf"]))
def test_cycle_killed_by_bad_input_leaves_the_portfolio_as_it_was(situation, pair_id, fault) -> None:
    manager = situation.manager()
    broken = dict(situation.signals)
    if fault == "price":
        manager.pricing_model.prices = {k: v for k, v in situation.prices.items() if k != pair_id}
    elif fault in {"nan", "inf"}:
        broken[pair_id] = float(fault)
    before = repr(manager.portfolio)
    hurt = Situation(broken, situation.held, situation.prices, situation.cash, situation.fee, situation.settings)
    try:
        hurt.decide(manager)
    except AlphaModelError:
        assert repr(manager.portfolio) == before


@given(situations(shorts=True))
def test_reasons_explain_every_flag(situation) -> None:
    model, _ = situation.decide(situation.manager())
    for signal in model.signals.values():
        codes = {str(reason.code) for reason in signal.reasons or []}
        unexplained = {str(flag) for flag in signal.flags} - codes
        assert unexplained <= {"close_position_weight_limit"}  # comes with `closed`
        for reason in signal.reasons or []:
            assert all(value is None or math.isfinite(value) for value in (reason.before_usd, reason.after_usd))


def targets(model: AlphaModel) -> dict[int, float]:
    return {pair_id: signal.position_target or 0.0 for pair_id, signal in model.signals.items()}


def flags(model: AlphaModel) -> dict[int, set]:
    return {pair_id: signal.flags for pair_id, signal in model.signals.items()}
