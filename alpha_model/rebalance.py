"""Which adjusts become trades, and which are held back?

The rules of the last step of the cycle, in their order, as pure decisions: nothing is changed here, neither signals
nor portfolio. `AlphaModel.generate_rebalance_trades_and_triggers` decides, plans, and only then writes down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alpha_model.allocation import cap
from alpha_model.errors import TradeError
from alpha_model.portfolio import TradingPosition
from alpha_model.position_manager import PositionManager, Triggers
from alpha_model.reason import Code, Reason, Stage
from alpha_model.serialisation import finite
from alpha_model.signal import Flag, TradingPairSignal
from alpha_model.signal import TradingPairSignalFlags as Flags
from alpha_model.trade import TradeExecution
from alpha_model.units import Usd, UsdPrice, Weight

DUST_QUANTITY = 1e-10
"""Units of the base asset; a smaller trade cannot be made."""

STEP_FLAGS: frozenset[Flag] = frozenset(
    {
        Flags.max_adjust_too_small,
        Flags.individual_trade_size_too_small,
        Flags.individual_trade_quantity_too_small,
        Flags.close_position_weight_limit,
        Flags.closed,
        Flags.capped_by_sync_cash,
    }
)
"""The flags that this step sets, and takes back when it is run again."""


_AFTER_SIZE = frozenset({Flags.individual_trade_quantity_too_small, Flags.close_position_weight_limit})
"""The flags of the rules that come after the individual threshold."""


@dataclass(frozen=True, slots=True)
class RebalanceRules:
    """The thresholds of the rebalance.

    Args:
        min_trade_threshold: USD; below it the largest adjust holds back the whole rebalance.
        individual_threshold: USD; below it a single adjust is skipped.
        sell_threshold: The same for decreases; None takes `individual_threshold`.
        close_weight_epsilon: Weight below which a position is closed, or not opened.
        cap_buys_to_cash: Whether buys are shrunk to the cash that really arrives.
        cash_headroom: USD of cash to leave untouched then.
    """

    min_trade_threshold: Usd = 10.0
    individual_threshold: Usd = 0.0
    sell_threshold: Usd | None = None
    close_weight_epsilon: Weight = 0.005
    cap_buys_to_cash: bool = False
    cash_headroom: Usd = 0.0

    def __post_init__(self) -> None:
        for name, value in {
            "min_trade_threshold": self.min_trade_threshold,
            "individual_rebalance_min_threshold": self.individual_threshold,
            "sell_rebalance_min_threshold": 0.0 if self.sell_threshold is None else self.sell_threshold,
            "close_position_weight_epsilon": self.close_weight_epsilon,
        }.items():
            if not finite(value) or value < 0:
                raise TradeError(
                    f"{name} must be a number >= 0, got {value!r}. 0 holds nothing back.", name=name, value=value
                )
        if not finite(self.cash_headroom):
            raise TradeError(
                f"sync_cash_headroom_usd must be a number of USD, got {self.cash_headroom!r}. 0 leaves no headroom.",
                value=self.cash_headroom,
            )


class Action(StrEnum):
    """What is done about a signal."""

    skip = "skip"
    close = "close"
    flip = "flip"
    trade = "trade"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one signal, and why.

    Args:
        signal: The signal, not changed.
        action: What is done.
        adjust_usd: USD to change; smaller than the signal's own where cash was short.
        flags: What to flag the signal with.
        reasons: The same with its amounts.
        position: What is held, if anything.
    """

    signal: TradingPairSignal
    action: Action
    adjust_usd: Usd
    flags: frozenset[Flag] = frozenset()
    reasons: tuple[Reason, ...] = ()
    position: TradingPosition | None = None


def largest_adjust(signals: Iterable[TradingPairSignal]) -> Usd:
    """The largest |USD change| that any position would make."""
    return max((abs(signal.position_adjust_usd) for signal in signals), default=0.0)


def decide(
    signals: Sequence[TradingPairSignal],
    rules: RebalanceRules,
    manager: PositionManager,
    positions: Mapping[int, TradingPosition],
) -> list[Decision]:
    """Decide about every signal.

    Args:
        signals: With their adjusts; not changed.
        rules: The thresholds.
        manager: Prices and problematic pairs.
        positions: What is held, by spot pair id.

    Returns:
        One decision a signal, in the same order.

    Raises:
        TradeError: `cap_buys_to_cash` with a short or leveraged signal.
    """
    if largest_adjust(signals) < rules.min_trade_threshold:
        return [
            _skip(each, each.position_adjust_usd, Flags.max_adjust_too_small, rules.min_trade_threshold)
            for each in signals
        ]
    decided = [_decide_one(signal, rules, manager, positions.get(signal.pair.require_id())) for signal in signals]
    return _fit_to_cash(decided, rules, manager) if rules.cap_buys_to_cash else decided


def _decide_one(
    signal: TradingPairSignal, rules: RebalanceRules, manager: PositionManager, position: TradingPosition | None
) -> Decision:
    adjust = signal.position_adjust_usd
    if adjust == 0:
        return Decision(signal, Action.skip, adjust)
    if manager.is_problematic_pair(signal.pair):
        return _skip(signal, adjust, Code.problematic_pair)
    return _apply_thresholds(signal, adjust, rules, manager, position)


def _apply_thresholds(
    signal: TradingPairSignal,
    adjust: Usd,
    rules: RebalanceRules,
    manager: PositionManager,
    position: TradingPosition | None,
) -> Decision:
    epsilon = rules.close_weight_epsilon
    if signal.normalised_weight < epsilon and position:
        closed = Reason(Stage.threshold, Flags.closed, adjust, -signal.old_value, epsilon)
        flags = frozenset({Flags.close_position_weight_limit, Flags.closed})
        return Decision(signal, Action.close, adjust, flags, (closed,), position)
    threshold = _individual_threshold(adjust, rules)
    if _size(signal, adjust) < threshold:
        return _skip(signal, adjust, Flags.individual_trade_size_too_small, threshold)
    if abs(adjust) / manager.get_mid_price(signal.pair) < DUST_QUANTITY:
        return _skip(signal, adjust, Flags.individual_trade_quantity_too_small, DUST_QUANTITY)
    if signal.normalised_weight < epsilon:
        return _skip(signal, adjust, Flags.close_position_weight_limit, epsilon)
    action = Action.flip if position and signal.changes_position_kind() else Action.trade
    return Decision(signal, action, adjust, position=position)


def _skip(signal: TradingPairSignal, adjust: Usd, code: Flags | Code, limit: float | None = None) -> Decision:
    flags = frozenset({code}) if isinstance(code, Flags) else frozenset[Flag]()
    return Decision(signal, Action.skip, adjust, flags, (Reason(Stage.threshold, code, adjust, 0.0, limit),))


def _size(signal: TradingPairSignal, adjust: Usd) -> Usd:
    """|USD| of the adjust; for a flip the larger of the value closed and the new target."""
    return max(abs(adjust), abs(signal.old_value)) if signal.changes_position_kind() else abs(adjust)


def _individual_threshold(adjust: Usd, rules: RebalanceRules) -> Usd:
    for_sells = rules.individual_threshold if rules.sell_threshold is None else rules.sell_threshold
    return for_sells if adjust < 0 else rules.individual_threshold


def _fit_to_cash(decided: list[Decision], rules: RebalanceRules, manager: PositionManager) -> list[Decision]:
    """Shrink the buys in proportion so that they fit into the cash that arrives."""
    for decision in decided:
        held_leveraged = decision.position is not None and decision.position.is_leveraged()
        if decision.signal.leverage is not None or held_leveraged:
            raise TradeError(
                f"cap_buys_to_sync_cash works for long spot portfolios only, got a short or leveraged position in "
                f"{decision.signal.pair}. Leave cap_buys_to_sync_cash off, or the signal out.",
                pair=decision.signal.pair,
            )
    arriving = sum(
        decision.signal.old_value if decision.action is Action.close else -decision.adjust_usd
        for decision in decided
        if decision.action is Action.close or (decision.action is Action.trade and decision.adjust_usd < 0)
    )
    available = max(0.0, manager.get_current_cash() - rules.cash_headroom + arriving)
    wanted = sum(decision.adjust_usd for decision in decided if _is_buy(decision))
    affordable, short_of_cash = cap(wanted, available)
    if not short_of_cash:
        return decided
    share = affordable / wanted
    return [_shrink(each, share, available, rules, manager) if _is_buy(each) else each for each in decided]


def _is_buy(decision: Decision) -> bool:
    """Does it ask for cash, having passed the individual threshold?"""
    asks_for_cash = decision.adjust_usd > 0 and decision.action is not Action.close
    return asks_for_cash and (decision.action is not Action.skip or not decision.flags.isdisjoint(_AFTER_SIZE))


def _shrink(
    decision: Decision, share: float, available: Usd, rules: RebalanceRules, manager: PositionManager
) -> Decision:
    usd = decision.adjust_usd * share
    shrunk = _apply_thresholds(decision.signal, usd, rules, manager, decision.position)
    reason = Reason(Stage.cash, Flags.capped_by_sync_cash, decision.adjust_usd, usd, available)
    return replace(shrunk, flags=shrunk.flags | {Flags.capped_by_sync_cash}, reasons=(reason, *shrunk.reasons))


def plan(
    decisions: Iterable[Decision], manager: PositionManager, *, override_stop_loss: bool = False
) -> list[tuple[Decision, TradeExecution]]:
    """The trades that carry the decisions out, sells and covers first.

    Returns:
        Each trade with the decision behind it; a flip has two.
    """
    planned = [
        (decision, trade)
        for decision in decisions
        if decision.action is not Action.skip
        for trade in _plan_one(decision, manager, override_stop_loss=override_stop_loss)
    ]
    return sorted(planned, key=lambda pair: pair[1].is_opening_or_increasing())


def _plan_one(decision: Decision, manager: PositionManager, *, override_stop_loss: bool) -> list[TradeExecution]:
    signal, position = decision.signal, decision.position
    notes = f"Rebalance {signal.pair.get_ticker()}: weight {signal.old_weight:.4f} to {signal.normalised_weight:.4f}"
    if decision.action is Action.close and position:
        return [manager.close_position(position, notes=f"{notes}, below the closing weight")]
    if decision.action is Action.flip and position:
        return [manager.close_position(position, notes=f"{notes}, flip"), _open(decision, manager, notes)]
    if position is None:
        return [_open(decision, manager, notes)]
    triggers = _triggers(signal, manager) if override_stop_loss or position.stop_loss is None else Triggers()
    if position.is_leveraged():
        leverage = signal.leverage or 1.0
        return [manager.adjust_short(position, decision.adjust_usd, leverage=leverage, triggers=triggers, notes=notes)]
    sell_all = signal.position_target == 0
    adjusted = manager.adjust_position(
        position.pair, decision.adjust_usd, position=position, sell_all=sell_all, triggers=triggers, notes=notes
    )
    return [adjusted]


def _open(decision: Decision, manager: PositionManager, notes: str) -> TradeExecution:
    signal, usd = decision.signal, decision.adjust_usd
    triggers, leverage = _triggers(signal, manager), signal.leverage or 1.0
    if signal.is_short():
        return manager.open_short(signal.pair, usd, leverage=leverage, triggers=triggers, notes=notes)
    if signal.leverage is not None:
        return manager.open_leveraged_long(signal.pair, usd, leverage=leverage, triggers=triggers, notes=notes)
    return manager.open_spot(signal.pair, usd, triggers=triggers, notes=notes)


def _triggers(signal: TradingPairSignal, manager: PositionManager) -> Triggers:
    """The signal's ratios as prices; a trailing stop without a stop loss sets that too.

    The ratios are shares of the position's value, so for a short they lie on the other side of the price.
    """
    if signal.stop_loss is None and signal.take_profit is None and signal.trailing_stop_loss is None:
        return Triggers()
    mid = manager.get_mid_price(signal.pair)

    def price(ratio: float | None) -> UsdPrice | None:
        return None if ratio is None else mid * (2 - ratio if signal.is_short() else ratio)

    return Triggers(
        stop_loss=price(signal.trailing_stop_loss if signal.stop_loss is None else signal.stop_loss),
        take_profit=price(signal.take_profit),
        trailing_stop_loss=signal.trailing_stop_loss,
    )
