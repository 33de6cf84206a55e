"""How large may each position be, and what held it smaller?

Applies weights and limits to signals: computes everything first and writes it on the signals last, with flags and
reasons, so that a failing size-risk model or a missing price leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from alpha_model import allocation, weighting
from alpha_model.errors import WeightError
from alpha_model.pair import TradingPairIdentifier
from alpha_model.position_manager import PositionManager
from alpha_model.reason import Code, Reason, Stage
from alpha_model.serialisation import finite
from alpha_model.signal import TradingPairSignal
from alpha_model.signal import TradingPairSignalFlags as Flags
from alpha_model.size_risk import SizeRisk, SizeRiskModel
from alpha_model.units import PairId, Usd, Weight

Signals = Mapping[PairId, TradingPairSignal]


@dataclass(frozen=True, slots=True)
class SharedOut:
    """What size risk let the cycle invest.

    Args:
        accepted: USD.
        discarded: USD that the same sharing would have placed without limits, and now stays in cash.
    """

    accepted: Usd
    discarded: Usd


def normalise(signals: Signals, caps: Sequence[Weight]) -> None:
    """Turn raw weights into capped shares; what is cut off stays in cash.

    Args:
        signals: With their raw weights.
        caps: Largest share of equity of each, in the same order.
    """
    _forget_sizing(signals.values())
    shares = weighting.normalise_weights({pair_id: signal.raw_weight for pair_id, signal in signals.items()})
    for (pair_id, signal), limit in zip(signals.items(), caps, strict=True):
        signal.position_size_risk = signal.position_target = None
        signal.normalised_weight, cut = allocation.cap(shares[pair_id], limit)
        signal.set_flag(Flags.capped_by_concentration, on=cut)
        if cut:  # in dollars once the equity is known
            signal.add_reason(Reason(Stage.concentration, Flags.capped_by_concentration, limit=limit))


def share_out(
    signals: Signals,
    caps: Sequence[Weight],
    sharing: allocation.Sharing,
    size_risk_model: SizeRiskModel,
    timestamp: datetime | None,
) -> SharedOut:
    """Share out equity under what each market can carry; sets targets in USD, and weights as shares of their sum."""
    ranked = sorted(zip(signals.values(), caps, strict=True), key=lambda item: item[0].raw_weight, reverse=True)
    queue = [allocation.Candidate(signal.raw_weight, limit) for signal, limit in ranked]
    answers: list[SizeRisk | None] = [None] * len(queue)
    accepted = [0.0] * len(queue)

    def accept(place: int, usd: Usd) -> Usd:
        answer = size_risk_model.get_acceptable_size_for_position(timestamp, ranked[place][0].pair, usd)
        answers[place], accepted[place] = answer, _accepted_size(answer, ranked[place][0].pair, usd)
        return accepted[place]

    asks = allocation.share_out(queue, sharing, accept)
    total = sum(accepted)
    _forget_sizing(signals.values())
    for (signal, limit), ask, answer, usd in zip(ranked, asks, answers, accepted, strict=True):
        signal.position_size_risk = answer
        signal.position_target = usd
        signal.normalised_weight = usd / total if total else 0.0
        signal.set_flag(Flags.capped_by_concentration, on=ask is not None and ask.cut_by_concentration)
        signal.set_flag(Flags.capped_by_pool_size, on=answer is not None and answer.capped)
        for reason in _reasons(ask, answer, limit, sharing):
            signal.add_reason(reason)
    return SharedOut(total, max(0.0, allocation.shared_without_limits(queue, sharing) - total))


def cap_chains(signals: Signals, max_weight_per_chain: Weight, equity: Usd | None) -> None:
    """Shrink the pairs of each chain that holds more than its share, in proportion.

    Args:
        signals: With their weights, and with their targets where there is size risk.
        max_weight_per_chain: Largest share of equity on one chain.
        equity: USD that targets are shares of; None without size risk, where the weights are the shares.
    """
    per_chain: dict[int, float] = {}
    for signal in signals.values():
        share = signal.normalised_weight if equity is None else _target(signal) / equity if equity else 0.0
        per_chain[signal.pair.chain_id] = per_chain.get(signal.pair.chain_id, 0.0) + share
    for signal in signals.values():
        held = per_chain[signal.pair.chain_id]
        allowed, over = allocation.cap(held, max_weight_per_chain)
        if over:
            _shrink(signal, allowed / held, max_weight_per_chain, sized=equity is not None)
    if equity is not None:
        total = sum(map(_target, signals.values()))
        for signal in signals.values():
            signal.normalised_weight = _target(signal) / total if total else 0.0


def _shrink(signal: TradingPairSignal, share: float, limit: Weight, *, sized: bool) -> None:
    before = signal.position_target
    if sized:
        signal.position_target = _target(signal) * share
    else:
        signal.normalised_weight *= share
    signal.set_flag(Flags.capped_by_chain_allocation, on=True)
    signal.add_reason(Reason(Stage.chain, Flags.capped_by_chain_allocation, before, signal.position_target, limit))


@dataclass(frozen=True, slots=True)
class _Adjust:
    pair: TradingPairIdentifier
    target: Usd
    adjust: Usd
    quantity: float


def set_targets(
    signals: Signals,
    equity: Usd,
    manager: PositionManager,
    map_pair: Callable[[PositionManager, TradingPairSignal], TradingPairIdentifier],
    *,
    sized: bool,
) -> None:
    """Turn weights into USD wanted and USD to change.

    Args:
        signals: With their weights, and what is held.
        equity: USD that weights are shares of.
        manager: Prices and synthetic pairs.
        map_pair: What is traded for a signal.
        sized: Whether size risk has set the targets already.
    """
    adjusts = [_adjust(signal, map_pair(manager, signal), equity, manager, sized=sized) for signal in signals.values()]
    for signal, each in zip(signals.values(), adjusts, strict=True):
        signal.synthetic_pair = each.pair
        signal.position_target = each.target
        signal.position_adjust_usd = each.adjust
        signal.position_adjust_quantity = each.quantity
    if not sized:
        _put_reasons_in_dollars(signals, equity)


def _adjust(
    signal: TradingPairSignal, pair: TradingPairIdentifier, equity: Usd, manager: PositionManager, *, sized: bool
) -> _Adjust:
    if signal.carry_forward_position:
        return _Adjust(signal.old_pair or pair, signal.old_value, 0.0, 0.0)
    target = _target(signal) if sized else signal.normalised_weight * equity
    adjust = target if signal.changes_position_kind(pair) else target - signal.old_value
    quantity = manager.estimate_asset_quantity(signal.pair, adjust) if adjust < 0 else 0.0
    return _Adjust(pair, target, adjust, quantity)


def _put_reasons_in_dollars(signals: Signals, equity: Usd) -> None:
    """Without size risk, caps were decided on weights; now that equity is known, say what they cost."""
    if not any(signal.reasons for signal in signals.values()):
        return
    shares = weighting.normalise_weights({pair_id: signal.raw_weight for pair_id, signal in signals.items()})
    for pair_id, signal in signals.items():
        usd = shares[pair_id] * equity
        for reason in signal.reasons or ():
            if reason.stage == Stage.concentration:
                reason.before_usd, usd = usd, (reason.limit or 0.0) * equity
                reason.after_usd = usd
            elif reason.stage == Stage.chain:
                reason.before_usd, reason.after_usd = usd, _target(signal)


def _target(signal: TradingPairSignal) -> Usd:
    return 0.0 if signal.position_target is None else signal.position_target


def _accepted_size(answer: SizeRisk, pair: TradingPairIdentifier, asked: Usd) -> Usd:
    accepted = answer.accepted_size if isinstance(answer, SizeRisk) else answer
    if not finite(accepted) or not 0 <= accepted <= asked * (1 + allocation.CAP_TOLERANCE):  # type: ignore[operator] # finite() refuses None
        raise WeightError(
            f"a size-risk model accepts between 0 and the {asked:,.2f} USD that it was asked for, got {accepted!r} "
            f"for {pair}. Return a SizeRisk with accepted_size=min(asked, limit).",
            pair=pair,
            accepted_size=accepted,
        )
    return float(cast("Usd", accepted))


def _forget_sizing(signals: Collection[TradingPairSignal]) -> None:
    """Take back what an earlier run of these steps left."""
    for signal in signals:
        signal.forget_reasons(Stage.concentration, Stage.redistribution, Stage.size_risk, Stage.chain)
        signal.flags -= {Flags.capped_by_chain_allocation, Flags.capped_by_pool_size}


def _reasons(
    ask: allocation.Ask | None, answer: SizeRisk | None, max_weight: Weight, sharing: allocation.Sharing
) -> Iterator[Reason]:
    """What sharing out under limits did to one pair."""
    if ask is None or answer is None:
        yield Reason(Stage.redistribution, Code.not_reached, None, 0.0, sharing.max_positions)
        return
    if allocation.cap(ask.offered_usd, ask.share_usd)[1]:
        yield Reason(Stage.redistribution, Code.offered_more, ask.share_usd, ask.offered_usd)
    if ask.cut_by_concentration:
        yield Reason(Stage.concentration, Flags.capped_by_concentration, ask.offered_usd, ask.usd, max_weight)
    if answer.capped:
        refused = Flags.capped_by_pool_size
        yield Reason(Stage.size_risk, refused, ask.usd, answer.accepted_size, answer.size_cap_usd)
