"""What happens to a cycle when a step is called wrongly? It says so, and nothing has changed."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from builders import MONDAY, USDC, make_manager, make_pair

from alpha_model import (
    AlphaModel,
    AlphaModelError,
    ArgumentError,
    FixedSizeRiskModel,
    PairError,
    PositionManager,
    PricingError,
    SignalError,
    SizeRisk,
    SizeRiskModel,
    SizingType,
    StaticPricing,
    StepOrderError,
    TradeError,
    TradingPairIdentifier,
    USDTVLSizeRiskModel,
    WeightError,
)

STEPS = ("select", "assign", "normalise", "take_down", "target")
PAIR, OTHER, HELD = make_pair(1), make_pair(2), make_pair(3)
NO_ID = TradingPairIdentifier(USDC, USDC, "0xa", "0xb")


class AnswersWith(SizeRiskModel):
    """A size-risk model that accepts whatever it was made with."""

    def __init__(self, accepted: Any) -> None:
        super().__init__(StaticPricing({}))
        self.accepted = accepted

    def get_acceptable_size_for_position(self, timestamp: Any, pair: TradingPairIdentifier, asked_value: float) -> Any:
        return SizeRisk(timestamp, pair, SizingType.hold, asked_size=asked_value, accepted_size=self.accepted)

    get_acceptable_size_for_buy = get_acceptable_size_for_sell = get_acceptable_size_for_position


@dataclass
class Cycle:
    """Two signals and one holding, led up to some step."""

    manager: PositionManager = field(default_factory=lambda: make_manager({1: 10, 2: 20, 3: 5}, held={3: 10}))
    model: AlphaModel = field(default_factory=lambda: AlphaModel(MONDAY))

    def up_to(self, last: str | None) -> Cycle:
        model = self.model
        model.set_signal(PAIR, 1.0)
        model.set_signal(OTHER, 2.0)
        steps: dict[str, Callable[[], object]] = {
            "select": lambda: model.select_top_signals(5),
            "assign": model.assign_weights,
            "normalise": model.normalise_weights,
            "take_down": lambda: model.update_old_weights(self.manager.portfolio),
            "target": lambda: model.calculate_target_positions(self.manager, 900),
        }
        for name in STEPS[: STEPS.index(last) + 1] if last else ():
            steps[name]()
        return self

    def set_signal(self, pair: Any = PAIR, alpha: Any = 1.0, **settings: Any) -> None:
        self.model.set_signal(pair, alpha, **settings)

    def size(self, model: Any, equity: Any = 900.0, **settings: Any) -> None:
        self.model.normalise_weights(1.0, equity, model, **settings)

    def trade(self, **settings: Any) -> None:
        self.model.generate_rebalance_trades_and_triggers(self.manager, **settings)

    def price(self, price: Any) -> PositionManager:
        return PositionManager(MONDAY, self.manager.portfolio, StaticPricing({1: price, 2: 20.0, 3: 5.0}))


CAP = FixedSizeRiskModel(StaticPricing({}), per_position_cap=10)
BadCall = tuple[str | None, type[AlphaModelError], str, Callable[[Cycle], object]]

BAD_CALLS: dict[str, BadCall] = {
    "pair of no type": (None, PairError, "TradingPairIdentifier", lambda c: c.set_signal(pair=7)),
    "pair without id": (None, PairError, "internal_id", lambda c: c.set_signal(pair=NO_ID)),
    "synthetic pair": (None, PairError, "spot or vault", lambda c: c.set_signal(c.manager.get_shorting_pair(PAIR))),
    "signal nan": (None, SignalError, "got nan for T1-USDC", lambda c: c.set_signal(alpha=math.nan)),
    "signal text": (None, SignalError, "got '1'", lambda c: c.set_signal(alpha="1")),
    "short without leverage": (None, SignalError, "leverage=1.0", lambda c: c.set_signal(alpha=-1.0)),
    "leverage 0": (None, SignalError, "got 0", lambda c: c.set_signal(leverage=0)),
    "stop loss nan": (None, SignalError, "stop_loss", lambda c: c.set_signal(stop_loss=math.nan)),
    "count below 0": (None, SignalError, "got -1", lambda c: c.model.select_top_signals(-1)),
    "threshold nan": (None, SignalError, "got nan", lambda c: c.model.select_top_signals(1, math.nan)),
    "assigned before selected": (None, StepOrderError, "select_top", lambda c: c.model.assign_weights()),
    "normalised before selected": (None, StepOrderError, "select_top", lambda c: c.model.normalise_weights()),
    "targets before selected": (
        None,
        StepOrderError,
        "select_top",
        lambda c: c.model.calculate_target_positions(c.manager, 900),
    ),
    "traded before selected": (None, StepOrderError, "select_top", lambda c: c.trade()),
    "normalised before assigned": ("select", StepOrderError, "assign_weights", lambda c: c.model.normalise_weights()),
    "diffs before normalised": (
        "select",
        StepOrderError,
        "normalise_weights",
        lambda c: c.model.calculate_weight_diffs(),
    ),
    "chains before normalised": (
        "assign",
        StepOrderError,
        "normalise_weights",
        lambda c: c.model.cap_chain_allocation(0.5),
    ),
    "chains after targets": (
        "target",
        StepOrderError,
        "before calculate_target_positions",
        lambda c: c.model.cap_chain_allocation(0.5),
    ),
    "traded before targets": ("take_down", StepOrderError, "calculate_target_positions", lambda c: c.trade()),
    "asked before traded": ("target", StepOrderError, "generate_rebalance", lambda c: c.model.is_rebalance_triggered()),
    "method is no function": ("select", ArgumentError, "method", lambda c: c.model.assign_weights("equal")),
    "method returns a list": ("select", WeightError, "dictionary", lambda c: c.model.assign_weights(lambda _: [1])),
    "method leaves out a pair": ("select", WeightError, "T2-USDC", lambda c: c.model.assign_weights(lambda _: {})),
    "method returns nan": (
        "select",
        WeightError,
        "got nan",
        lambda c: c.model.assign_weights(lambda signals: dict.fromkeys(signals, math.nan)),
    ),
    "max weight 0": ("assign", WeightError, "got 0", lambda c: c.model.normalise_weights(0)),
    "own max weight nan": (
        "assign",
        WeightError,
        "got nan for T2-USDC",
        lambda c: c.model.normalise_weights(max_weight_function=lambda _: math.nan),
    ),
    "own max weight is no function": (
        "assign",
        ArgumentError,
        "max_weight_function",
        lambda c: c.model.normalise_weights(max_weight_function=0.5),
    ),
    "places without size risk": ("assign", WeightError, "size_risk_model", lambda c: c.size(None, max_positions=2)),
    "half a place": ("assign", WeightError, "max_positions", lambda c: c.size(CAP, max_positions=1.5)),
    "epsilon nan": ("assign", WeightError, "epsilon_usd", lambda c: c.size(CAP, waterfall=True, epsilon_usd=math.nan)),
    "size risk without equity": ("assign", WeightError, "investable_equity", lambda c: c.size(CAP, None)),
    "size risk of no type": ("assign", ArgumentError, "SizeRiskModel", lambda c: c.size(0.05)),
    "size risk without tvl": (
        "assign",
        PricingError,
        "TVL of T2-USDC",
        lambda c: c.size(USDTVLSizeRiskModel(c.manager.pricing_model)),
    ),
    "size risk with tvl nan": (
        "assign",
        PricingError,
        "got nan",
        lambda c: c.size(USDTVLSizeRiskModel(StaticPricing({}, tvl={1: math.nan, 2: math.nan}))),
    ),
    "size risk answers nothing": ("assign", WeightError, "got None for T2-USDC", lambda c: c.size(AnswersWith(None))),
    "size risk answers nan": ("assign", WeightError, "got nan", lambda c: c.size(AnswersWith(math.nan))),
    "size risk answers less than 0": ("assign", WeightError, "got -1", lambda c: c.size(AnswersWith(-1.0))),
    "size risk answers more than asked": ("assign", WeightError, "min", lambda c: c.size(AnswersWith(1e9))),
    "chain share above 1": ("normalise", WeightError, "got 2", lambda c: c.model.cap_chain_allocation(2)),
    "portfolio of no type": ("normalise", ArgumentError, "Portfolio", lambda c: c.model.update_old_weights(None)),
    "pairs of no type": (
        "normalise",
        ArgumentError,
        "got 1",
        lambda c: c.model.update_old_weights(c.manager.portfolio, [1]),
    ),
    "old weight nan": (
        "normalise",
        WeightError,
        "old_weight",
        lambda c: c.model.set_old_weight(PAIR, math.nan, 1.0, PAIR),
    ),
    "old value nothing": (
        "normalise",
        WeightError,
        "old_value",
        lambda c: c.model.set_old_weight(PAIR, 0.5, None, PAIR),
    ),
    "nothing is held in it": (
        "normalise",
        ArgumentError,
        "got None",
        lambda c: c.model.set_old_weight(PAIR, 0.5, 1.0, None),
    ),
    "equity is missing": (
        "take_down",
        StepOrderError,
        "investable_equity",
        lambda c: c.model.calculate_target_positions(c.manager),
    ),
    "manager of no type": (
        "take_down",
        ArgumentError,
        "PositionManager",
        lambda c: c.model.calculate_target_positions(None, 9),
    ),
    "threshold below 0": ("target", TradeError, "min_trade_threshold", lambda c: c.trade(min_trade_threshold=-1)),
    "threshold nothing": (
        "target",
        TradeError,
        "individual_rebalance_min_threshold",
        lambda c: c.trade(individual_rebalance_min_threshold=None),
    ),
    "headroom nan": (
        "target",
        TradeError,
        "sync_cash_headroom",
        lambda c: c.trade(cap_buys_to_sync_cash=True, sync_cash_headroom_usd=math.nan),
    ),
    "price 0": (
        "target",
        PricingError,
        "got 0.0 for T1-USDC",
        lambda c: c.model.generate_rebalance_trades_and_triggers(c.price(0.0)),
    ),
    "price nan": (
        "target",
        PricingError,
        "got nan for T1-USDC",
        lambda c: c.model.generate_rebalance_trades_and_triggers(c.price(math.nan)),
    ),
    "timestamp is text": (None, ArgumentError, "datetime", lambda _: AlphaModel("2026-01-05")),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_bad_call_says_what_is_wrong_and_changes_nothing(name: str) -> None:
    last, error, words, call = BAD_CALLS[name]
    cycle = Cycle().up_to(last)
    model, portfolio = cycle.model, cycle.manager.portfolio
    before = copy.deepcopy((model, portfolio))
    with pytest.raises(error) as raised:
        call(cycle)
    assert words in str(raised.value)
    assert (model, portfolio) == before


@pytest.mark.parametrize("cap", [math.nan, -1, "5 %"])
@pytest.mark.parametrize("kind", [FixedSizeRiskModel, USDTVLSizeRiskModel])
def test_size_risk_model_refuses_a_cap_that_is_no_amount(kind: Any, cap: Any) -> None:
    for name in ("per_trade_cap", "per_position_cap"):
        with pytest.raises(WeightError, match=name):
            kind(StaticPricing({}), **{name: cap})


def test_position_without_a_mark_is_not_taken_down() -> None:
    cycle = Cycle().up_to("normalise")
    cycle.manager.portfolio.open_positions[1].mark_price = math.nan
    with pytest.raises(PricingError, match="position #1 in T3-USDC"):
        cycle.model.update_old_weights(cycle.manager.portfolio)
    assert list(cycle.model.signals) == [2, 1]


def test_forgotten_holdings_are_asked_for_before_any_trade() -> None:
    cycle = Cycle().up_to("normalise")
    cycle.model.calculate_target_positions(cycle.manager, 900)
    with pytest.raises(StepOrderError, match=r"T3-USDC .* is held"):
        cycle.trade()


def test_chains_may_be_capped_again_when_the_weights_are_made_again() -> None:
    cycle = Cycle().up_to("target")
    cycle.model.normalise_weights()
    cycle.model.cap_chain_allocation(0.5)
    assert sum(signal.normalised_weight for signal in cycle.model.signals.values()) == pytest.approx(0.5)
