"""Can a step of the cycle be run with what it was given?

Each function raises an error that names what, got, where and remedy, or returns; none changes anything. `when` says the
cycle as the message names it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from alpha_model.values import (
    ArgumentError,
    PairError,
    PairId,
    PricingError,
    SignalError,
    StepOrderError,
    TradingPairIdentifier,
    TradingPairSignal,
    TradingPosition,
    Usd,
    WeightError,
    finite,
    plain_number,
)

Signals: TypeAlias = Mapping[PairId, TradingPairSignal]
When: TypeAlias = Callable[[], str]


def check_type(value: Any, wanted: type, step: str) -> None:
    """An argument is what the step takes."""
    if not isinstance(value, wanted):
        raise ArgumentError(f"{step}() takes a {wanted.__name__}, got {value!r:.80}. Pass one.", value=value)


def check_function(value: Any, name: str, step: str) -> None:
    """An argument can be called."""
    if not callable(value):
        raise ArgumentError(
            f"{name} of {step}() must be a function, got {value!r:.80}. Pass it without calling it.", value=value
        )


def check_count_or_none(count: Any, name: str, when: When) -> None:
    """A number of places is None, or whole and at least 0."""
    if count is not None and (isinstance(count, bool) or not hasattr(count, "__index__") or count < 0):
        raise WeightError(
            f"{name} must be a whole number >= 0, got {count!r} in cycle {when()}. None is no limit.", value=count
        )


def check_usd(usd: Any, name: str, when: When) -> None:
    """An amount is a finite number of USD, at least 0."""
    if not finite(usd) or usd < 0:
        raise WeightError(
            f"{name} must be USD >= 0, got {usd!r} in cycle {when()}. Pass a number, such as 5.0.", value=usd
        )


def check_signal(pair: TradingPairIdentifier, alpha: Any, leverage: Any, when: When) -> PairId:
    """A signal can be set: a spot or vault pair with an id, a finite number, and leverage for a short."""
    if not isinstance(pair, TradingPairIdentifier):
        raise PairError(f"a signal is set on a TradingPairIdentifier, got {pair!r:.80}.", pair=pair)
    pair_id = pair.require_id()
    if not (pair.is_spot() or pair.is_vault()):
        raise PairError(
            f"a signal is set on a spot or vault pair, got {pair.kind} for {pair}. "
            "Pass pair.get_pricing_pair(), and leverage for a short.",
            pair=pair,
        )
    if not finite(alpha):
        raise SignalError(
            f"a signal must be a finite number, got {alpha!r} for {pair} in cycle {when()}. "
            "Leave the pair out when the strategy has no opinion on it.",
            pair=pair,
            alpha=alpha,
        )
    if alpha < 0 and leverage is None:
        raise SignalError(
            f"a short needs leverage, got signal {alpha} without it for {pair} in cycle {when()}. "
            "Pass leverage=1.0, or drop negative signals.",
            pair=pair,
            alpha=alpha,
        )
    if leverage is not None and not (finite(leverage) and leverage > 0):
        raise SignalError(
            f"leverage must be a number above 0, got {leverage!r} for {pair} in cycle {when()}. None is spot.",
            pair=pair,
            leverage=leverage,
        )
    return pair_id


def check_trigger(name: str, ratio: Any, pair: TradingPairIdentifier) -> float | None:
    """A stop loss or take profit is None, or a share of the price above 0; that number."""
    if ratio is None:
        return None
    if not (finite(ratio) and ratio > 0):
        raise SignalError(
            f"{name} must be a share of the price above 0, got {ratio!r} for {pair}. 0.98 is 2 % below the price.",
            pair=pair,
            ratio=ratio,
        )
    number: float = plain_number(ratio)
    return number


def check_count(count: Any, threshold: Any) -> None:
    """A selection takes a whole number of signals of at least some strength."""
    if isinstance(count, bool) or not hasattr(count, "__index__") or count < 0:
        raise SignalError(f"select_top_signals takes a whole number of signals, got {count!r}.", count=count)
    if not finite(threshold):
        raise SignalError(f"the signal threshold must be a finite number, got {threshold!r}.", threshold=threshold)


def check_selected(
    raw_signals: Signals,
    signals: Signals,
    done: Collection[str],
    when: When,
    step: str,
) -> None:
    """The signals were selected before a step works with them."""
    if raw_signals and not signals and "select_top_signals" not in done:
        raise StepOrderError(
            f"no signal is selected in cycle {when()}, of {len(raw_signals)} that are set. "
            f"Call select_top_signals() before {step}()."
        )


def check_weighted(signals: Collection[TradingPairSignal], done: Collection[str], when: When) -> None:
    """The selected signals have raw weights before these are normalised."""
    if "assign_weights" in done:
        return
    unweighted = next((signal for signal in signals if signal.signal != 0), None)
    if unweighted and not any(signal.raw_weight for signal in signals):
        raise StepOrderError(
            f"no raw weight for {unweighted.pair} in cycle {when()}. Call assign_weights() before normalise_weights()."
        )


def check_normalised(signals: Collection[TradingPairSignal], done: Collection[str], when: When, step: str) -> None:
    """The raw weights were normalised before a step works with shares."""
    if "normalise_weights" in done:
        return
    raw = next((signal for signal in signals if signal.raw_weight or (done and signal.signal != 0)), None)
    if raw and not any(signal.normalised_weight for signal in signals):
        raise StepOrderError(
            f"the weight of {raw.pair} is not normalised in cycle {when()}. Call normalise_weights() before {step}()."
        )


def check_not_targeted(done: Sequence[str], when: When) -> None:
    """The weights may still change: they were not turned into targets since they were normalised."""
    last = next((step for step in reversed(done) if step in {"normalise_weights", "calculate_target_positions"}), None)
    if last == "calculate_target_positions":
        raise StepOrderError(
            f"the targets of cycle {when()} are calculated already. "
            "Call cap_chain_allocation() before calculate_target_positions()."
        )


def check_holdings_known(
    signals: Iterable[TradingPairSignal], held: Mapping[PairId, TradingPosition], done: Collection[str], when: When
) -> None:
    """What is held was taken down before trades are planned, so that nothing is bought twice or forgotten."""
    if "update_old_weights" in done:
        return
    known = {signal.pair.require_id(): signal.is_held() for signal in signals}
    nothing_known = not any(known.values())
    for pair_id, position in held.items():
        if not known.get(pair_id, not nothing_known):
            raise StepOrderError(
                f"{position.pair} is held (position #{position.position_id}) and cycle {when()} does not know. "
                "Call update_old_weights() before calculate_target_positions()."
            )


def check_raw_weights(weights: Mapping[PairId, Any], signals: Signals, method: str) -> None:
    """A weighting method gave every selected pair a finite weight >= 0."""
    if not isinstance(weights, Mapping):
        raise WeightError(
            f"a weighting method returns a dictionary of pair id to raw weight, got {weights!r:.80} from {method}. "
            "Return one weight for every pair that was given.",
            weights=weights,
        )
    for pair_id, signal in signals.items():
        weight = weights.get(pair_id)
        if weight is None or not finite(weight) or weight < 0:
            raise WeightError(
                f"a raw weight must be a finite number >= 0, got {weight!r} for {signal.pair} from {method}. "
                "Return such a number for every pair that was given.",
                pair=signal.pair,
                weight=weight,
            )


def check_max_weight(max_weight: Any, when: When) -> None:
    """A largest share is above 0 and at most 1."""
    if not finite(max_weight) or not 0 < max_weight <= 1:
        raise WeightError(
            f"a max weight must be above 0 and at most 1, got {max_weight!r} in cycle {when()}. "
            "0.25 allows a quarter of equity in one place.",
            max_weight=max_weight,
        )


def check_own_max_weight(own: Any, pair: TradingPairIdentifier) -> None:
    """A pair's own largest share is between 0 and 1."""
    if not finite(own) or not 0 <= own <= 1:
        raise WeightError(
            f"max_weight_function must give a share between 0 and 1, got {own!r} for {pair}.",
            pair=pair,
            max_weight=own,
        )


def check_size_risk(equity: Usd | None, signals: Iterable[TradingPairSignal], when: When) -> None:
    """Size risk can be applied: the equity is known and all signals are long."""
    if not finite(equity) or equity < 0:  # type: ignore[operator] # finite() refuses None
        raise WeightError(
            f"size risk needs investable_equity in USD, got {equity!r} in cycle {when()}. "
            "Pass normalise_weights(investable_equity=…).",
            investable_equity=equity,
        )
    for signal in signals:
        if signal.is_short():
            raise SignalError(
                f"size risk sizes longs only, got a short of {signal.pair} in cycle {when()}. "
                "Leave out size_risk_model, or the shorts.",
                pair=signal.pair,
            )


def check_equity(equity: Usd | None, when: When) -> None:
    """The equity that targets are shares of is known."""
    if not finite(equity) or equity < 0:  # type: ignore[operator] # finite() refuses None
        raise StepOrderError(
            f"targets need investable_equity in USD, got {equity!r} in cycle {when()}. "
            "Pass calculate_target_positions(position_manager, investable_equity=…)."
        )


def check_old_weight(pair: TradingPairIdentifier, old_pair: Any, weight: Any, value: Any, when: When) -> PairId:
    """What is held of a pair is known: which pair, and finite numbers."""
    check_type(pair, TradingPairIdentifier, "set_old_weight")
    check_type(old_pair, TradingPairIdentifier, "set_old_weight")
    for name, number in (("old_weight", weight), ("old_value", value)):
        if not finite(number):
            raise WeightError(
                f"{name} must be a finite number, got {number!r} for {pair} in cycle {when()}. "
                "0 says that the pair is not held.",
                pair=pair,
                value=number,
            )
    return pair.require_id()


def check_marks(positions: Iterable[TradingPosition], when: When) -> None:
    """Every position has a value."""
    for position in positions:
        if not finite(position.mark_price):
            raise PricingError(
                f"a position is valued at its mark, got {position.mark_price!r} for position #{position.position_id} "
                f"in {position.pair} in cycle {when()}. Call portfolio.revalue() with a price for it.",
                pair=position.pair,
                price=position.mark_price,
            )


def check_held_once(positions: Iterable[TradingPosition]) -> None:
    """No pair is held twice, for example long and short."""
    seen: dict[PairId, TradingPosition] = {}
    for position in positions:
        other = seen.setdefault(position.pair.get_pricing_pair().require_id(), position)
        if other is not position:
            raise PairError(
                f"a pair is held once, got positions #{other.position_id} and #{position.position_id} in "
                f"{position.pair.get_pricing_pair()}. Close one of them, or pass portfolio_pairs.",
                pair=position.pair,
            )


def check_ready_to_trade(signals: Iterable[TradingPairSignal], when: When, *, use_spot_for_long: bool) -> None:
    """Every signal has its target, and can be held as asked."""
    for signal in signals:
        if signal.synthetic_pair is None or signal.position_target is None:
            raise StepOrderError(
                f"no target for {signal.pair} in cycle {when()}. Call calculate_target_positions() first."
            )
        stays = signal.carry_forward_position
        if use_spot_for_long and not stays and signal.signal > 0 and signal.leverage is not None:
            raise SignalError(
                f"a leveraged long of {signal.pair} cannot be held as spot. "
                "Pass use_spot_for_long=False, or set the signal without leverage.",
                pair=signal.pair,
            )
