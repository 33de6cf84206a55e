"""Which changes become trades, and which are held back?

Brings signals and positions to the rules of the last step, and plans the trades that their answers ask for. Nothing is
changed here, neither signals nor portfolio: `AlphaModel.generate_rebalance_trades_and_triggers` decides, plans, and
only then writes down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alpha_model import rules
from alpha_model.position_manager import NO_TRIGGERS, PositionManager, Triggers
from alpha_model.rules import Action, Gate
from alpha_model.values import (
    Flag,
    Reason,
    Stage,
    TradeError,
    TradeExecution,
    TradingPairIdentifier,
    TradingPairSignal,
    TradingPosition,
    Usd,
    UsdPrice,
    Weight,
    finite,
)
from alpha_model.values import TradingPairSignalFlags as Flags

STEP_FLAGS: frozenset[Flag] = rules.flags_of("generate_rebalance_trades_and_triggers")
"""The flags that this step sets, and takes back when it is run again."""

MISSED = {Gate.cannot_deposit: "missed_deposit_usd", Gate.cannot_redeem: "missed_redemption_usd"}
"""Where a signal's `other_data` says how many dollars a closed venue has blocked."""


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
        cash_buffer: USD of cash to leave untouched in any case.
    """

    min_trade_threshold: Usd = 10.0
    individual_threshold: Usd = 0.0
    sell_threshold: Usd | None = None
    close_weight_epsilon: Weight = 0.005
    cap_buys_to_cash: bool = False
    cash_headroom: Usd = 0.0
    cash_buffer: Usd = 0.0

    def __post_init__(self) -> None:
        for name, value in {
            "min_trade_threshold": self.min_trade_threshold,
            "individual_rebalance_min_threshold": self.individual_threshold,
            "sell_rebalance_min_threshold": 0.0 if self.sell_threshold is None else self.sell_threshold,
            "close_position_weight_epsilon": self.close_weight_epsilon,
            "same_cycle_cash_buffer_usd": self.cash_buffer,
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

    def thresholds(self) -> rules.Thresholds:
        """As the rules take them."""
        return rules.Thresholds(
            float(self.min_trade_threshold),
            float(self.individual_threshold),
            None if self.sell_threshold is None else float(self.sell_threshold),
            float(self.close_weight_epsilon),
        )


class Decision(NamedTuple):
    """What is done about one signal, and why; see `rules.Decisions`."""

    signal: TradingPairSignal
    """The signal, not changed."""
    position: TradingPosition | None
    """What is held, if anything."""
    action: int
    """What is done: `rules.Action`."""
    gate: int
    """What holds it back: `rules.Gate`."""
    adjust_usd: Usd
    """USD to change; smaller than the signal's own where cash was short."""
    available_usd: Usd | None
    """What all buys had, where this one was shrunk to fit; else None."""

    def is_plain(self) -> bool:
        """Is it followed in full, so that there is nothing to say about it?"""
        return self.action > Action.close and self.available_usd is None

    def flags(self) -> frozenset[Flag]:
        """What to flag the signal with."""
        flag = rules.FLAG_OF_GATE.get(self.gate)
        flags = rules.CLOSED_FLAGS if self.action == Action.close else frozenset({flag} if flag else ())
        return flags if self.available_usd is None else flags | {Flags.capped_by_sync_cash}

    def reasons(self, settings: RebalanceRules) -> Iterable[Reason]:
        """The same with its amounts."""
        wanted, usd, limit = self.signal.position_adjust_usd, self.adjust_usd, self._limit(settings)
        if self.available_usd is not None:
            yield Reason(Stage.cash, Flags.capped_by_sync_cash, wanted, usd, self.available_usd)
        if self.action == Action.close:
            yield Reason(Stage.threshold, Flags.closed, usd, -self.signal.old_value, limit)
        code = rules.CODE_OF_GATE.get(self.gate)
        if code is not None:
            yield Reason(Stage.threshold, code, usd, 0.0, limit)

    def _limit(self, settings: RebalanceRules) -> float | None:
        """What its gate measured against."""
        thresholds = settings.thresholds()
        if self.action == Action.close:
            return float(thresholds.close_weight)
        limits = {
            Gate.rebalance_too_small: thresholds.rebalance,
            Gate.trade_too_small: thresholds.least(np.array([[self.adjust_usd < 0]])),
            Gate.dust: rules.DUST_QUANTITY,
            Gate.weight_too_small: thresholds.close_weight,
        }
        limit = limits.get(Gate(self.gate))
        return None if limit is None else float(np.ravel(limit)[0])


def largest_adjust(signals: Iterable[TradingPairSignal]) -> Usd:
    """The largest |USD change| that any position would make."""
    return max((abs(signal.position_adjust_usd) for signal in signals), default=0.0)


def decide(
    signals: Sequence[TradingPairSignal],
    settings: RebalanceRules,
    manager: PositionManager,
    positions: Mapping[int, TradingPosition],
) -> list[Decision]:
    """Decide about every signal.

    Args:
        signals: With their adjusts; not changed.
        settings: The thresholds.
        manager: Prices, venues and problematic pairs.
        positions: What is held, by spot pair id.

    Returns:
        One decision a signal, in the same order.

    Raises:
        TradeError: `cap_buys_to_cash` with a short or leveraged signal.
    """
    there, changes = _changes(signals, positions, manager)
    thresholds = settings.thresholds()
    decided = rules.decide(changes, thresholds, _market(signals, manager))
    shrunk, available = [False] * len(signals), None
    if (settings.cap_buys_to_cash or settings.cash_buffer) and not decided.largest.item() < thresholds.rebalance:
        _check_long_only(signals, there)
        cap = rules.CashCap(settings.cash_headroom + settings.cash_buffer)
        fitted = rules.fit_to_cash(decided, changes, thresholds, np.array([[manager.get_current_cash()]]), cap)
        decided, shrunk, available = fitted.decisions, fitted.shrunk[0].tolist(), fitted.available.item()
    columns = (decided.action[0].tolist(), decided.gate[0].tolist(), decided.adjust[0].tolist())
    return [
        Decision(signal, position, action, gate, usd, available if cut else None)
        for signal, position, action, gate, usd, cut in zip(signals, there, *columns, shrunk, strict=True)
    ]


def _changes(
    signals: Sequence[TradingPairSignal], positions: Mapping[int, TradingPosition], manager: PositionManager
) -> tuple[list[TradingPosition | None], rules.Changes]:
    """The position in each pair, and what would be changed; each signal is looked at once."""
    there, rows = [], []
    for signal in signals:
        position = positions.get(signal.pair.require_id())
        there.append(position)
        rows.append(
            (
                signal.position_adjust_usd,
                signal.normalised_weight,
                signal.old_value,
                position is not None,
                signal.old_pair is not None and signal.is_flipping(),
                manager.is_problematic_pair(signal.pair),
                position is not None and position.is_settling(),
            )
        )
    numbers, truths = np.split(np.array(rows, dtype=np.float64).reshape(-1, 1, 7).T, [3])
    return there, rules.Changes(*numbers, *(truths > 0))


def _market(signals: Sequence[TradingPairSignal], manager: PositionManager) -> rules.Market:
    """The position manager, asked about the pairs that matter only."""

    def asking(ask: Callable[[TradingPairIdentifier], float]) -> Callable[[rules.Truths], rules.Numbers]:
        def answers(asked: rules.Truths) -> rules.Numbers:
            wanted = zip(signals, asked[0].tolist(), strict=True)
            return np.array([[ask(signal.pair) if there else 0.0 for signal, there in wanted]], dtype=np.float64)

        return answers

    return rules.Market(asking(manager.get_mid_price), asking(manager.can_deposit), asking(manager.can_redeem))


def _check_long_only(signals: Sequence[TradingPairSignal], positions: Sequence[TradingPosition | None]) -> None:
    for signal, position in zip(signals, positions, strict=True):
        if signal.leverage is not None or (position is not None and position.is_leveraged()):
            raise TradeError(
                f"cap_buys_to_sync_cash works for long spot portfolios only, got a short or leveraged position in "
                f"{signal.pair}. Leave cap_buys_to_sync_cash off, or the signal out.",
                pair=signal.pair,
            )


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
        if decision.action != Action.skip
        for trade in _plan_one(decision, manager, override_stop_loss=override_stop_loss)
    ]
    planned.sort(key=lambda pair: pair[1].is_opening_or_increasing())
    return planned


def _plan_one(decision: Decision, manager: PositionManager, *, override_stop_loss: bool) -> list[TradeExecution]:
    signal, position = decision.signal, decision.position
    notes = f"Rebalance {signal.pair.get_ticker()}: weight {signal.old_weight:.4f} to {signal.normalised_weight:.4f}"
    if decision.action == Action.close and position:
        return [manager.close_position(position, notes=f"{notes}, below the closing weight")]
    if decision.action == Action.flip and position:
        return [manager.close_position(position, notes=f"{notes}, flip"), _open(decision, manager, notes)]
    if position is None:
        return [_open(decision, manager, notes)]
    triggers = _triggers(signal, manager) if override_stop_loss or position.stop_loss is None else NO_TRIGGERS
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
        return NO_TRIGGERS
    mid = manager.get_mid_price(signal.pair)

    def price(ratio: float | None) -> UsdPrice | None:
        return None if ratio is None else mid * (2 - ratio if signal.is_short() else ratio)

    return Triggers(
        stop_loss=price(signal.trailing_stop_loss if signal.stop_loss is None else signal.stop_loss),
        take_profit=price(signal.take_profit),
        trailing_stop_loss=signal.trailing_stop_loss,
    )
