"""Which adjusts become trades, and which are held back?

The rules of the last step of the cycle, in their order, as pure decisions: nothing is changed here, neither signals
nor portfolio. `AlphaModel.generate_rebalance_trades_and_triggers` decides, plans, and only then writes down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alpha_model.errors import TradeError
from alpha_model.portfolio import TradingPosition
from alpha_model.position_manager import PositionManager, Triggers
from alpha_model.signal import Flag, TradingPairSignal
from alpha_model.signal import TradingPairSignalFlags as Flags
from alpha_model.trade import TradeExecution
from alpha_model.units import Usd, Weight

DUST_QUANTITY = 1e-10
"""Units of the base asset; a smaller trade cannot be made."""


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
        position: What is held, if anything.
    """

    signal: TradingPairSignal
    action: Action
    adjust_usd: Usd
    flags: frozenset[Flag] = frozenset()
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
        return [_skip(signal, signal.position_adjust_usd, Flags.max_adjust_too_small) for signal in signals]
    decided = [
        _decide_one(signal, signal.position_adjust_usd, rules, manager, positions.get(signal.pair.require_id()))
        for signal in signals
    ]
    return _fit_to_cash(decided, rules, manager) if rules.cap_buys_to_cash else decided


def _decide_one(
    signal: TradingPairSignal,
    adjust: Usd,
    rules: RebalanceRules,
    manager: PositionManager,
    position: TradingPosition | None,
) -> Decision:
    below_epsilon = signal.normalised_weight < rules.close_weight_epsilon
    if adjust == 0 or manager.is_problematic_pair(signal.pair):
        return _skip(signal, adjust)
    if below_epsilon and position:
        flags = frozenset({Flags.close_position_weight_limit, Flags.closed})
        return Decision(signal, Action.close, adjust, flags, position)
    if _too_small(signal, adjust, rules):
        return _skip(signal, adjust, Flags.individual_trade_size_too_small)
    if abs(adjust) / manager.get_mid_price(signal.pair) < DUST_QUANTITY:
        return _skip(signal, adjust, Flags.individual_trade_quantity_too_small)
    if below_epsilon:
        return _skip(signal, adjust, Flags.close_position_weight_limit)
    action = Action.flip if position and signal.is_flipping() else Action.trade
    return Decision(signal, action, adjust, frozenset(), position)


def _skip(signal: TradingPairSignal, adjust: Usd, *flags: Flag) -> Decision:
    return Decision(signal, Action.skip, adjust, frozenset(flags))


def _too_small(signal: TradingPairSignal, adjust: Usd, rules: RebalanceRules) -> bool:
    """Is the adjust below its threshold? A flip counts with the larger of the value closed and the new target."""
    size = max(abs(adjust), abs(signal.old_value)) if signal.is_flipping() else abs(adjust)
    for_sells = rules.individual_threshold if rules.sell_threshold is None else rules.sell_threshold
    return size < (for_sells if adjust < 0 else rules.individual_threshold)


def _fit_to_cash(decided: list[Decision], rules: RebalanceRules, manager: PositionManager) -> list[Decision]:
    """Shrink the buys in proportion so that they fit into the cash that arrives."""
    for decision in decided:
        if decision.signal.is_short() or decision.signal.leverage is not None:
            raise TradeError(
                f"cap_buys_to_sync_cash works for long spot portfolios only, got a short or leveraged signal for "
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
    if wanted <= available:
        return decided
    return [_shrink(each, available / wanted, rules, manager) if _is_buy(each) else each for each in decided]


def _is_buy(decision: Decision) -> bool:
    """Does it ask for cash, having passed the individual threshold?"""
    asks_for_cash = decision.adjust_usd > 0 and decision.action is not Action.close
    return asks_for_cash and (decision.action is not Action.skip or Flags.close_position_weight_limit in decision.flags)


def _shrink(decision: Decision, share: float, rules: RebalanceRules, manager: PositionManager) -> Decision:
    shrunk = _decide_one(decision.signal, decision.adjust_usd * share, rules, manager, decision.position)
    return replace(shrunk, flags=shrunk.flags | {Flags.capped_by_sync_cash})


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
    if position.is_short():
        leverage = signal.leverage or 1.0
        adjusted = manager.adjust_short(
            position, decision.adjust_usd, leverage=leverage, triggers=triggers, notes=notes
        )
        return [adjusted]
    sell_all = signal.position_target == 0
    pair, usd = position.pair, decision.adjust_usd
    return [manager.adjust_position(pair, usd, sell_all=sell_all, triggers=triggers, notes=notes)]


def _open(decision: Decision, manager: PositionManager, notes: str) -> TradeExecution:
    signal = decision.signal
    triggers = _triggers(signal, manager)
    if signal.is_short():
        return manager.open_short(
            signal.pair, decision.adjust_usd, leverage=signal.leverage or 1.0, triggers=triggers, notes=notes
        )
    return manager.open_spot(signal.pair, decision.adjust_usd, triggers=triggers, notes=notes)


def _triggers(signal: TradingPairSignal, manager: PositionManager) -> Triggers:
    """The signal's ratios as prices; a trailing stop without a stop loss sets that too."""
    if signal.stop_loss is None and signal.take_profit is None and signal.trailing_stop_loss is None:
        return Triggers()
    mid = manager.get_mid_price(signal.pair)
    stop = signal.trailing_stop_loss if signal.stop_loss is None else signal.stop_loss
    return Triggers(
        stop_loss=None if stop is None else mid * stop,
        take_profit=None if signal.take_profit is None else mid * signal.take_profit,
        trailing_stop_loss=signal.trailing_stop_loss,
    )
