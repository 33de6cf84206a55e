"""What should the portfolio become in this cycle, and why?

`AlphaModel` is the one mutable object: a strategy makes one each cycle, calls its steps in order, and leaves it behind
as data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeAlias

from alpha_model import checks, formatting, rebalance, rules, sizing, weighting
from alpha_model.position_manager import PositionManager
from alpha_model.step_settings import describe_model
from alpha_model.values import (
    TIME_FIELD,
    Code,
    Extra,
    Flag,
    JsonDataclass,
    PairId,
    Portfolio,
    Reason,
    SizeRiskModel,
    Stage,
    StepOrderError,
    TradeExecution,
    TradingPairIdentifier,
    TradingPairSignal,
    TradingPosition,
    Usd,
    Weight,
    WeightError,
    naive_utc,
    plain_number,
)
from alpha_model.values import TradingPairSignalFlags as Flags
from alpha_model.weighting import WeightingMethod, weight_by_1_slash_n

TRIGGERS = ("stop_loss", "take_profit", "trailing_stop_loss")
"""The shares of a price at which a position is closed between cycles."""

PINNED_FLAGS = rules.flags_of("carry_forward_non_redeemable_positions")
"""Why a position keeps its value."""

MaxWeightFunction: TypeAlias = Callable[[TradingPairIdentifier], Weight]
"""The largest share of equity that one pair may hold, where pairs differ."""


@dataclass
class AlphaModel(JsonDataclass):
    """Portfolio construction of one strategy cycle, step by step.

    The steps, in order: `set_signal` for every pair, `select_top_signals`, `assign_weights`, `normalise_weights`,
    `update_old_weights`, `calculate_weight_diffs`, `calculate_target_positions`,
    `generate_rebalance_trades_and_triggers`. A step that raises has changed nothing.

    Args:
        timestamp: Decision time; kept as naive UTC.
        raw_signals: Every pair with a signal, in the order of `set_signal`.
        signals: The selected ones, strongest first, and the pairs that are held and were not selected.
        investable_equity: USD that this cycle may invest.
        accepted_investable_equity: USD of it that size risk accepted; None without size risk.
        size_risk_discarded_value: USD left uninvested because of size risk; None without size risk.
        max_position_adjust_usd: The largest |USD change| of any position.
        position_adjust_threshold_usd: USD below which the whole rebalance was held back.
        close_position_weight_epsilon: Weight below which a position is closed; 0 closes nothing for its weight.
        override_stop_loss: Whether a signal's stop loss replaces the one that its position has.
        pipeline: The steps that were called and their settings, so that the cycle can be replayed.
        extra: Fields of a file that this class does not know.

    Source: the reference documentation of `AlphaModel`.
    """

    timestamp: datetime | None = field(default=None, metadata=TIME_FIELD)
    raw_signals: dict[PairId, TradingPairSignal] = field(default_factory=dict)
    signals: dict[PairId, TradingPairSignal] = field(default_factory=dict)
    investable_equity: Usd | None = None
    accepted_investable_equity: Usd | None = None
    size_risk_discarded_value: Usd | None = None
    max_position_adjust_usd: Usd | None = None
    position_adjust_threshold_usd: Usd | None = None
    close_position_weight_epsilon: Weight = 0.005
    override_stop_loss: bool = field(default=False, kw_only=True)
    pipeline: list[dict[str, Any]] | None = field(default=None, kw_only=True)
    extra: Extra = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        if self.timestamp is not None:
            checks.check_type(self.timestamp, datetime, "AlphaModel")
            self.timestamp = naive_utc(self.timestamp)

    @classmethod
    def from_dict(cls, kvs: Any, *, infer_missing: bool = False) -> Self:
        """A model from what `to_dict`, or the reference framework, wrote; selected signals are their raw twins."""
        model = super().from_dict(kvs, infer_missing=infer_missing)
        for pair_id, signal in model.signals.items():
            if model.raw_signals.get(pair_id) == signal:
                model.signals[pair_id] = model.raw_signals[pair_id]
        return model

    # -- looking --------------------------------------------------------------------------------------------------

    def get_signal_by_pair_id(self, pair_id: PairId) -> TradingPairSignal | None:
        """The selected signal of a pair; None when it was not selected."""
        return self.signals.get(pair_id)

    def get_signal_by_pair(self, pair: TradingPairIdentifier) -> TradingPairSignal | None:
        """The selected signal of a pair; None when it was not selected."""
        return self.signals.get(pair.require_id())

    def get_signals_sorted_by_weight(self, reverse: bool = True) -> list[TradingPairSignal]:  # noqa: FBT001, FBT002 - the API's signature
        """The selected signals by normalised weight, the highest first."""
        return sorted(self.signals.values(), key=lambda signal: signal.normalised_weight, reverse=reverse)

    def get_signal_count(self) -> int:
        """How many signals the cycle works with: the selected ones, and later also the pairs held beside them."""
        return len(self.signals)

    def iterate_signals(self) -> Iterable[TradingPairSignal]:
        """All selected signals."""
        return self.signals.values()

    def has_any_signal(self) -> bool:
        """Should the cycle try to trade: is any signal other than 0?"""
        return any(signal.signal != 0 for signal in self.raw_signals.values())

    def has_any_position(self) -> bool:
        """Does the cycle want to hold anything after its risk adjustments?"""
        return any((signal.position_target or 0) > 0 for signal in self.signals.values())

    def is_rebalance_triggered(self) -> bool:
        """Did the largest adjust reach the threshold? Single trades may still have been too small.

        Raises:
            StepOrderError: The trades were not generated yet.
        """
        if self.max_position_adjust_usd is None or self.position_adjust_threshold_usd is None:
            raise StepOrderError(
                f"whether the cycle {self._when()} rebalances is not known yet. "
                "Call generate_rebalance_trades_and_triggers() first."
            )
        return 0 < self.max_position_adjust_usd >= self.position_adjust_threshold_usd

    def get_allocated_value(self) -> Usd:
        """USD that the cycle wants to hold: Σ position_target."""
        return sum(signal.position_target or 0.0 for signal in self.signals.values())

    def get_flag_diagnostics_data(self) -> dict[Flag, int]:
        """How many of the selected signals carry each flag."""
        counts = Counter(flag for signal in self.signals.values() for flag in signal.flags)
        return dict(sorted(counts.items()))

    def get_unallocatable_signals(self) -> list[dict[str, Any]]:
        """The buys that a closed venue has blocked.

        Returns:
            One a signal: asset_label, pair_ticker, vault_name, vault_address, target_weight (0...1), target_usd,
            unallocatable_weight (what was blocked as a share of investable equity), unallocatable_usd.
        """
        return [
            {
                "asset_label": signal.pair.get_chart_label(),
                **_venue(signal.pair),
                "target_weight": signal.normalised_weight,
                "target_usd": signal.position_target or 0.0,
                "unallocatable_weight": usd / self.investable_equity if self.investable_equity else 0.0,
                "unallocatable_usd": usd,
            }
            for signal, usd in self._missed(rules.Gate.cannot_deposit)
        ]

    def get_missed_vault_events(self) -> list[dict[str, Any]]:
        """What closed venues have blocked.

        Returns:
            One a signal: pair_ticker, vault_name, vault_address, event_type (`deposit` or `redemption`), missed_usd.
        """
        kinds = {rules.Gate.cannot_deposit: "deposit", rules.Gate.cannot_redeem: "redemption"}
        return [
            {**_venue(signal.pair), "event_type": kind, "missed_usd": usd}
            for gate, kind in kinds.items()
            for signal, usd in self._missed(gate)
        ]

    def _missed(self, gate: rules.Gate) -> list[tuple[TradingPairSignal, Usd]]:
        name = rebalance.MISSED[gate]
        return [(each, each.other_data[name]) for each in self.signals.values() if name in each.other_data]

    def get_debug_print(self) -> str:
        """The cycle as text for the console; works at any point of the cycle."""
        amounts = {
            "Investable equity": self.investable_equity,
            "Accepted by size risk": self.accepted_investable_equity,
            "Discarded by size risk": self.size_risk_discarded_value,
            "Largest adjust": self.max_position_adjust_usd,
            "Rebalance threshold": self.position_adjust_threshold_usd,
        }
        title = f"Cycle {self._when()}, {len(self.raw_signals)} raw signals, {len(self.signals)} selected or held"
        return formatting.debug_text(title, amounts, self.signals.values())

    # -- the steps ------------------------------------------------------------------------------------------------

    def set_signal(
        self,
        pair: TradingPairIdentifier,
        alpha: float,
        stop_loss: float | None = None,
        take_profit: float | None = None,
        trailing_stop_loss: float | None = None,
        leverage: float | None = None,
    ) -> None:
        """Say how much the strategy wants a pair.

        Args:
            pair: The spot or vault pair, also for a short.
            alpha: The signal; its sign is the side, its size the strength. A later call replaces an earlier one, and
                0 removes the pair.
            stop_loss: Share of the mid price at the decision at which to close: 0.98 is 2 % below; for a short, above.
            take_profit: Share of the mid price at which to take the gain: 1.02 is 2 % above; for a short, below.
            trailing_stop_loss: Share of the highest price since: 0.98 is 2 % below; for a short, of the lowest, above.
            leverage: Must be given for shorts; with a positive signal it asks for a leveraged long. None is spot.

        Raises:
            PairError: The pair has no internal id, or is a synthetic one.
            SignalError: The signal is not finite, or short without leverage; or the leverage or a share is not above 0.
        """
        pair_id = checks.check_signal(pair, alpha, leverage, self._when)
        triggers = (
            checks.check_trigger("stop_loss", stop_loss, pair),
            checks.check_trigger("take_profit", take_profit, pair),
            checks.check_trigger("trailing_stop_loss", trailing_stop_loss, pair),
        )
        if alpha == 0:
            self.raw_signals.pop(pair_id, None)
            return
        replaced = self.raw_signals.get(pair_id)
        signal_id = replaced.signal_id if replaced else self._next_signal_id()
        self.raw_signals[pair_id] = TradingPairSignal(pair, float(alpha), signal_id, *triggers, plain_number(leverage))

    def carry_forward_non_redeemable_positions(self, position_manager: PositionManager) -> Usd:
        """Pin every open position that cannot be traded now at its value; call it before `select_top_signals`.

        Such a position cannot be redeemed, as the pricing model says, or awaits the settlement of a deposit or a
        redemption. Its signal becomes its value in USD, and it takes no part in sharing out.

        Args:
            position_manager: What is held, and which venues are open.

        Returns:
            USD that are pinned, to be taken off the equity before it is shared out.
        """
        checks.check_type(position_manager, PositionManager, "carry_forward_non_redeemable_positions")
        stuck = [
            (position, Flags.settlement_pending if position.is_settling() else Flags.cannot_redeem)
            for position in position_manager.get_current_portfolio().open_positions.values()
            if not position.pair.is_credit_supply()
            and (position.is_settling() or not position_manager.can_redeem(position.pair.get_pricing_pair()))
        ]
        checks.check_marks([position for position, _ in stuck], self._when)
        for position, flag in stuck:
            self._pin(position, flag)
        self._record("carry_forward_non_redeemable_positions")
        return sum(position.get_value() for position, _ in stuck)

    def _pin(self, position: TradingPosition, flag: Flags) -> None:
        pair, value = position.pair.get_pricing_pair(), position.get_value()
        signal = self.raw_signals.get(pair.require_id())
        if signal is None:
            signal = TradingPairSignal(pair=pair, signal=value, signal_id=self._next_signal_id())
            self.raw_signals[pair.require_id()] = signal
        signal.signal = value
        signal.carry_forward_position = True
        signal.position_target = value
        signal.flags = (signal.flags - PINNED_FLAGS) | {flag}

    def select_top_signals(self, count: int, threshold: float = 0.0) -> None:
        """Choose the strongest signals, whatever their side; ties in the order of `set_signal`.

        Positions that were carried forward are kept beside them.

        Args:
            count: How many.
            threshold: The least strength, inclusive.

        Raises:
            SignalError: The count is no whole number >= 0, or the threshold is not finite.
        """
        checks.check_count(count, threshold)
        raw = list(self.raw_signals.items())
        stuck = [place for place, (_, signal) in enumerate(raw) if signal.carry_forward_position]
        pinned = sizing.truths_or_none(signal.carry_forward_position for _, signal in raw)
        strengths = sizing.as_row(signal.signal for _, signal in raw)
        found = rules.select(strengths, rules.Selection(min(int(count), len(raw)), float(threshold)), pinned)
        self.signals = dict(raw[place] for place in [*found.columns[0].tolist(), *stuck])
        for _, signal in raw:
            if signal.reasons:
                signal.forget_reasons(Stage.selection)
        if len(self.signals) < len(raw):
            limits = {
                rules.Chosen.below_threshold: (Code.below_signal_threshold, float(threshold)),
                rules.Chosen.not_in_top: (Code.not_in_top, float(count)),
            }
            for (_, signal), what in zip(raw, found.codes()[0].tolist(), strict=True):
                if what in limits:
                    code, limit = limits[what]
                    signal.add_reason(Reason(Stage.selection, code, limit=limit))
        self._record("select_top_signals", count=count, threshold=threshold)

    def assign_weights(self, method: WeightingMethod = weight_by_1_slash_n) -> None:
        """Turn the selected signals into raw weights.

        Args:
            method: Takes `{pair_id: signed signal}`, returns `{pair_id: raw weight >= 0}` for the same pairs.

        Raises:
            ArgumentError: The method is no function.
            StepOrderError: Nothing was selected yet.
            WeightError: The method left out a pair, or returned something that is no weight.
        """
        checks.check_function(method, "method", "assign_weights")
        checks.check_selected(self.raw_signals, self.signals, self._done(), self._when, "assign_weights")
        described = rules.Method.of(method)
        free = {pair_id: each for pair_id, each in self.signals.items() if not each.carry_forward_position}
        weights = method({pair_id: signal.signal for pair_id, signal in free.items()})
        checks.check_raw_weights(weights, free, described.name)
        for pair_id, signal in self.signals.items():
            signal.raw_weight = float(weights[pair_id]) if pair_id in free else 0.0
        self._record("assign_weights", method=described.written())

    def normalise_weights(
        self,
        max_weight: Weight = 1.0,
        investable_equity: Usd | None = None,
        size_risk_model: SizeRiskModel | None = None,
        *,
        max_positions: int | None = None,
        waterfall: bool = False,
        max_weight_function: MaxWeightFunction | None = None,
        epsilon_usd: Usd = 5.0,
        max_protocol_weight: Weight | None = None,
    ) -> None:
        """Turn raw weights into shares of equity, capped by concentration and by what the market can carry.

        Without size risk, what `max_weight` cuts off stays in cash. With size risk the largest weight is served first
        and what was refused is offered to the smaller ones; targets in USD are set here.

        Args:
            max_weight: Largest share of equity in one pair, 0 < max_weight <= 1.
            investable_equity: USD; needed with a size-risk model.
            size_risk_model: How much each market can carry; None is no limit.
            max_positions: With size risk: fill at most so many pairs, sharing what is left among those to come.
            waterfall: With size risk: fill each pair as far as it goes before the next.
            max_weight_function: A max weight of its own for each pair; the smaller of the two counts.
            epsilon_usd: With `max_positions` or `waterfall`: stop when no more than this is left.
            max_protocol_weight: Largest share of equity of the pairs of one protocol together (`pair.get_protocol()`).
                With size risk a pair asks for no more than its protocol has left, else all shrink in proportion.

        Raises:
            StepOrderError: The raw weights were not assigned yet.
            WeightError: A setting is out of range, or contradicts another, or the model answers nonsense.
            SignalError: A short, with a size-risk model: these size longs only.
            ArgumentError: The size-risk model is none, or `max_weight_function` is no function.
            PricingError: The model does not know the TVL of a pair.
        """
        checks.check_selected(self.raw_signals, self.signals, self._done(), self._when, "normalise_weights")
        checks.check_weighted(self.signals.values(), self._done(), self._when)
        checks.check_max_weight(max_weight, self._when)
        checks.check_count_or_none(max_positions, "max_positions", self._when)
        checks.check_usd(epsilon_usd, "epsilon_usd", self._when)
        if max_protocol_weight is not None:
            checks.check_max_weight(max_protocol_weight, self._when)
        caps = self._caps(max_weight, max_weight_function)
        if size_risk_model is None:
            if max_positions is not None or waterfall:
                raise WeightError("max_positions and waterfall share out size risk. Give a size_risk_model.")
            sizing.normalise(self.signals, caps, plain_number(max_protocol_weight))
            self.accepted_investable_equity = self.size_risk_discarded_value = None
        else:
            checks.check_type(size_risk_model, SizeRiskModel, "normalise_weights")
            checks.check_size_risk(investable_equity, self.signals.values(), self._when)
            sharing = rules.Sharing(
                rules.SharingMode.of(max_positions, waterfall=waterfall),
                max_positions=max_positions,
                epsilon_usd=float(epsilon_usd),
                max_protocol_weight=plain_number(max_protocol_weight),
            )
            equity = plain_number(investable_equity) or 0.0
            shared = sizing.share_out(self.signals, caps, equity, sharing, size_risk_model, self.timestamp)
            self.investable_equity = equity
            self.accepted_investable_equity = shared.accepted
            self.size_risk_discarded_value = shared.discarded
        self._record(
            "normalise_weights",
            max_weight=max_weight,
            investable_equity=investable_equity,
            size_risk_model=describe_model(size_risk_model),
            max_positions=max_positions,
            waterfall=waterfall,
            max_weight_function=max_weight_function and rules.Method.of(max_weight_function).name,
            epsilon_usd=epsilon_usd,
            max_protocol_weight=max_protocol_weight,
        )

    def cap_chain_allocation(self, max_weight_per_chain: Weight) -> None:
        """Shrink the pairs of a chain that holds more than its share, in proportion; what is freed stays in cash.

        Args:
            max_weight_per_chain: Largest share of equity on one chain, 0 < max_weight_per_chain <= 1.

        Raises:
            StepOrderError: The weights were not normalised yet, or are targets already.
            WeightError: The share is out of range.
        """
        checks.check_max_weight(max_weight_per_chain, self._when)
        checks.check_normalised(self.signals.values(), self._done(), self._when, "cap_chain_allocation")
        checks.check_not_targeted(self._done(), self._when)
        before = self.accepted_investable_equity
        sizing.cap_chains(self.signals, max_weight_per_chain, None if before is None else self.investable_equity)
        if before is not None:
            self.accepted_investable_equity = sum(
                signal.position_target or 0.0 for signal in self.signals.values() if not signal.carry_forward_position
            )
            freed = before - self.accepted_investable_equity
            self.size_risk_discarded_value = (self.size_risk_discarded_value or 0.0) + freed
        self._record("cap_chain_allocation", max_weight_per_chain=max_weight_per_chain)

    def set_old_weight(
        self,
        pair: TradingPairIdentifier,
        old_weight: Weight,
        old_value: Usd,
        old_synthetic_pair: TradingPairIdentifier,
    ) -> None:
        """Say what is held of a pair before the rebalance.

        A pair that is held and was not selected joins `signals` with signal 0, so that it is sold.

        Args:
            pair: The spot pair.
            old_weight: Share of the counted positions.
            old_value: USD.
            old_synthetic_pair: What is held: the spot pair itself, or the short over it.

        Raises:
            WeightError: A number is not finite.
            ArgumentError: Something else than a pair was given for one.
            PairError: The pair has no internal id.
        """
        pair_id = checks.check_old_weight(pair, old_synthetic_pair, old_weight, old_value, self._when)
        signal = self.signals.get(pair_id)
        if signal is None:
            signal = self.signals[pair_id] = TradingPairSignal(pair=pair, signal=0.0, signal_id=self._next_signal_id())
        signal.old_weight = old_weight
        signal.old_value = old_value
        signal.old_pair = old_synthetic_pair

    def update_old_weights(
        self,
        portfolio: Portfolio,
        portfolio_pairs: Iterable[TradingPairIdentifier] | None = None,
        ignore_credit: bool = True,  # noqa: FBT001, FBT002 - the API's signature
    ) -> None:
        """Take down what is held: USD at each position's own mark, and shares of the positions that count.

        Args:
            portfolio: What is held.
            portfolio_pairs: Count only positions in these pairs; None counts all.
            ignore_credit: Leave out cash that is lent for interest.

        Raises:
            PairError: A pair is held twice.
            PricingError: A position has no mark that it can be valued at.
        """
        checks.check_type(portfolio, Portfolio, "update_old_weights")
        wanted = None if portfolio_pairs is None else _spot_ids(portfolio_pairs)
        counted = [
            position
            for position in portfolio.open_positions.values()
            if not (ignore_credit and position.pair.is_credit_supply())
            and (wanted is None or position.pair.get_pricing_pair().require_id() in wanted)
        ]
        checks.check_held_once(counted)
        checks.check_marks(counted, self._when)
        total = sum(position.get_value() for position in counted)
        for position in counted:
            spot, value = position.pair.get_pricing_pair(), position.get_value()
            self.set_old_weight(spot, value / total if total else 0.0, value, position.pair)
            signal = self.signals[spot.require_id()]
            signal.profit_before_trades = position.get_unrealised_profit_usd()
            signal.profit_before_trades_pct = position.get_unrealised_profit_pct()
        self._record("update_old_weights", ignore_credit=ignore_credit)

    def calculate_weight_diffs(self) -> dict[PairId, Weight]:
        """How much the weight of each pair changes: new − old.

        Returns:
            Every selected or held pair; positive where the weight grows.

        Raises:
            StepOrderError: The weights were not normalised yet.
            BadWeightsError: The new or the old weights are negative, not finite, or more than everything.
        """
        checks.check_normalised(self.signals.values(), self._done(), self._when, "calculate_weight_diffs")
        new = {pair_id: signal.normalised_weight for pair_id, signal in self.signals.items()}
        old = {pair_id: signal.old_weight for pair_id, signal in self.signals.items()}
        weighting.check_normalised_weights(new)
        weighting.check_normalised_weights(old)
        return {pair_id: new[pair_id] - old[pair_id] for pair_id in self.signals}

    def calculate_target_positions(
        self, position_manager: PositionManager, investable_equity: Usd | None = None
    ) -> None:
        """Turn weights into USD wanted and USD to change.

        Args:
            position_manager: Prices, and the pairs that shorts are held in.
            investable_equity: USD; needed where `normalise_weights` did not get it.

        Raises:
            StepOrderError: The weights or the equity are not known.
            PricingError: A price is missing.
        """
        checks.check_type(position_manager, PositionManager, "calculate_target_positions")
        checks.check_selected(self.raw_signals, self.signals, self._done(), self._when, "calculate_target_positions")
        sized = self.accepted_investable_equity is not None
        equity = self.investable_equity if sized or investable_equity is None else investable_equity
        checks.check_normalised(self.signals.values(), self._done(), self._when, "calculate_target_positions")
        checks.check_equity(equity, self._when)
        equity = plain_number(equity) or 0.0
        sizing.set_targets(self.signals, equity, position_manager, self.map_pair_for_signal, sized=sized)
        self.investable_equity = equity
        self._record("calculate_target_positions", investable_equity=investable_equity)

    def map_pair_for_signal(
        self, position_manager: PositionManager, signal: TradingPairSignal
    ) -> TradingPairIdentifier:
        """What is traded for a signal: the spot pair, or the short or leveraged long over it.

        A closing signal maps to the spot pair, whatever is held.
        """
        if signal.is_short():
            return position_manager.get_shorting_pair(signal.pair)
        if signal.signal > 0 and signal.leverage is not None:
            return position_manager.get_leveraged_long_pair(signal.pair)
        return signal.pair

    def generate_rebalance_trades_and_triggers(
        self,
        position_manager: PositionManager,
        min_trade_threshold: Usd = 10.0,
        individual_rebalance_min_threshold: Usd = 0.0,
        use_spot_for_long: bool = True,  # noqa: FBT001, FBT002 - the API's signature
        invidiual_rebalance_min_threshold: Usd | None = None,
        *,
        sell_rebalance_min_threshold: Usd | None = None,
        cap_buys_to_sync_cash: bool = False,
        sync_cash_headroom_usd: Usd = 0.0,
        execution_context: Any = None,
        same_cycle_cash_buffer_usd: Usd = 0.0,
    ) -> list[TradeExecution]:
        """Plan the trades that lead to the targets, with their stop-loss and take-profit triggers.

        Args:
            position_manager: What is held, and what it costs.
            min_trade_threshold: USD; when no adjust reaches it, nothing is traded.
            individual_rebalance_min_threshold: USD; a smaller adjust is skipped, but never a close.
            use_spot_for_long: Refuse leveraged longs; with False a long signal with leverage is held as one.
            invidiual_rebalance_min_threshold: The same as `individual_rebalance_min_threshold`, by its older name.
            sell_rebalance_min_threshold: USD; the threshold for decreases, where it differs. 0 is a threshold.
            cap_buys_to_sync_cash: Shrink buys to the cash that really arrives.
            sync_cash_headroom_usd: USD of cash to leave untouched then.
            execution_context: Not used; strategies of the reference framework pass it.
            same_cycle_cash_buffer_usd: USD of cash that the buys of this cycle leave untouched; above 0 it shrinks them
                to the cash that arrives, as `cap_buys_to_sync_cash` does.

        Returns:
            The planned trades: sells and covers, then buys and openings.

        Raises:
            StepOrderError: The targets were not calculated, or what is held was not taken down.
            TradeError: A threshold is out of range, or buys are capped to cash with shorts about.
            SignalError: A leveraged long while `use_spot_for_long` is on.
            PricingError: A price is missing.
        """
        del execution_context
        step = "generate_rebalance_trades_and_triggers"
        checks.check_type(position_manager, PositionManager, step)
        checks.check_selected(self.raw_signals, self.signals, self._done(), self._when, step)
        checks.check_ready_to_trade(self.signals.values(), self._when, use_spot_for_long=use_spot_for_long)
        individual = (
            individual_rebalance_min_threshold
            if invidiual_rebalance_min_threshold is None
            else invidiual_rebalance_min_threshold
        )
        settings = rebalance.RebalanceRules(
            min_trade_threshold=min_trade_threshold,
            individual_threshold=individual,
            sell_threshold=sell_rebalance_min_threshold,
            close_weight_epsilon=self.close_position_weight_epsilon,
            cap_buys_to_cash=cap_buys_to_sync_cash,
            cash_headroom=sync_cash_headroom_usd,
            cash_buffer=same_cycle_cash_buffer_usd,
        )
        portfolio = position_manager.get_current_portfolio()
        signals, held = list(self.signals.values()), _positions_by_pair(portfolio)
        checks.check_holdings_known(signals, held, self._done(), self._when)
        with portfolio.untouched_on_error():
            decisions = rebalance.decide(signals, settings, position_manager, held)
            planned = rebalance.plan(decisions, position_manager, override_stop_loss=self.override_stop_loss)
        self.max_position_adjust_usd = rebalance.largest_adjust(signals)
        self.position_adjust_threshold_usd = plain_number(min_trade_threshold)
        for decision in decisions:
            _write_down(decision, settings)
        for decision, trade in planned:
            decision.signal.position_id = trade.position_id
            trade.position_size_risk = decision.signal.position_size_risk
            if decision.position and decision.position.position_id == trade.position_id and not trade.closing:
                _carry_triggers(trade, decision.position)
        self._record(
            step,
            min_trade_threshold=min_trade_threshold,
            individual_rebalance_min_threshold=individual,
            use_spot_for_long=use_spot_for_long,
            sell_rebalance_min_threshold=sell_rebalance_min_threshold,
            cap_buys_to_sync_cash=cap_buys_to_sync_cash,
            sync_cash_headroom_usd=sync_cash_headroom_usd,
            same_cycle_cash_buffer_usd=same_cycle_cash_buffer_usd or None,
        )
        return [trade for _, trade in planned]

    # -- records --------------------------------------------------------------------------------------------------

    def _when(self) -> str:
        return "without a timestamp" if self.timestamp is None else f"{self.timestamp:%Y-%m-%dT%H:%MZ}"

    def _caps(self, max_weight: Weight, function: MaxWeightFunction | None) -> list[Weight]:
        """The largest share of each selected pair."""
        if function is None:
            return [float(max_weight)] * len(self.signals)
        checks.check_function(function, "max_weight_function", "normalise_weights")
        own = [(signal.pair, function(signal.pair)) for signal in self.signals.values()]
        for pair, share in own:
            checks.check_own_max_weight(share, pair)
        return [float(min(max_weight, share)) for _, share in own]

    def _done(self) -> list[str]:
        """The names of the steps that were called, in their order."""
        return [step["step"] for step in self.pipeline or ()]

    def _record(self, step: str, **settings: Any) -> None:
        """Take down a step's settings; None, a setting that was not given, is left out."""
        given = {name: plain_number(value) for name, value in settings.items() if value is not None}
        self.pipeline = [*(self.pipeline or []), {"step": step, **given}]

    def _next_signal_id(self) -> int:
        newest = next(reversed(self.raw_signals.values()), None)
        held = next(reversed(self.signals.values()), None) if self.signals else None
        return max(newest.signal_id or 0 if newest else 0, held.signal_id or 0 if held else 0) + 1


def _venue(pair: TradingPairIdentifier) -> dict[str, Any]:
    return {
        "pair_ticker": pair.get_ticker(),
        "vault_name": pair.get_vault_name(),
        "vault_address": pair.pool_address,
    }


def _spot_ids(pairs: Iterable[TradingPairIdentifier]) -> set[PairId]:
    chosen = list(pairs)
    for pair in chosen:
        checks.check_type(pair, TradingPairIdentifier, "update_old_weights")
    return {pair.get_pricing_pair().require_id() for pair in chosen}


def _positions_by_pair(portfolio: Portfolio) -> dict[PairId, TradingPosition]:
    return {
        position.pair.get_pricing_pair().require_id(): position
        for position in portfolio.open_positions.values()
        if not position.pair.is_credit_supply()
    }


def _write_down(decision: rebalance.Decision, settings: rebalance.RebalanceRules) -> None:
    signal = decision.signal
    reasons = () if decision.is_plain() else tuple(decision.reasons(settings))
    signal.position_adjust_usd = decision.adjust_usd
    signal.position_adjust_ignored = decision.action == rules.Action.skip
    if signal.flags or reasons:
        kept = PINNED_FLAGS if signal.carry_forward_position else frozenset[Flag]()
        signal.flags = (signal.flags - (rebalance.STEP_FLAGS - kept)) | decision.flags()
    signal.forget_reasons(Stage.threshold, Stage.cash)
    for reason in reasons:
        signal.add_reason(reason)
    if signal.other_data or reasons:
        _note_missed(decision)


def _note_missed(decision: rebalance.Decision) -> None:
    """How many dollars a closed venue has blocked."""
    for gate, name in rebalance.MISSED.items():
        decision.signal.other_data.pop(name, None)
        if decision.gate == gate:
            decision.signal.other_data[name] = abs(decision.adjust_usd)


def _carry_triggers(trade: TradeExecution, position: TradingPosition) -> None:
    """A held position takes over the triggers of the trade that changes it, where the trade has any."""
    for name in TRIGGERS:
        value = getattr(trade, name)
        if value is not None:
            setattr(position, name, value)
