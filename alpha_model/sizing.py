"""How large may each position be, and what held it smaller?

Brings signals to the rules and their answers back: everything is computed first and written on the signals last, with
flags and reasons, so that a failing size-risk model or a missing price leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from alpha_model import rules
from alpha_model.position_manager import PositionManager
from alpha_model.values import (
    Code,
    PairId,
    Reason,
    SizeRisk,
    SizeRiskModel,
    Stage,
    TradingPairIdentifier,
    TradingPairSignal,
    Usd,
    Weight,
    WeightError,
    finite,
)
from alpha_model.values import TradingPairSignalFlags as Flags

Signals = Mapping[PairId, TradingPairSignal]

_STEP_FLAGS = rules.flags_of("normalise_weights") | rules.flags_of("cap_chain_allocation")
_STEP_STAGES = (Stage.concentration, Stage.redistribution, Stage.protocol, Stage.size_risk, Stage.chain)


@dataclass(frozen=True, slots=True)
class SharedOut:
    """What size risk let the cycle invest.

    Args:
        accepted: USD.
        discarded: USD that the same sharing would have placed without limits, and now stays in cash.
    """

    accepted: Usd
    discarded: Usd


def as_row(values: Iterable[Any]) -> npt.NDArray[np.float64]:
    """One number a signal, as a batch of one."""
    return np.array([list(values)], dtype=np.float64)


def as_groups(names: Iterable[Any]) -> npt.NDArray[np.intp]:
    """One name a signal, as numbers 0, 1, 2 …; below 0 for None."""
    numbers: dict[Any, int] = {None: -1}
    return np.array([[numbers.setdefault(name, len(numbers) - 1) for name in names]], dtype=np.intp)


def normalise(signals: Signals, caps: Sequence[Weight], max_protocol_weight: Weight | None = None) -> None:
    """Turn raw weights into capped shares; what is cut off stays in cash.

    Args:
        signals: With their raw weights.
        caps: Largest share of equity of each, in the same order.
        max_protocol_weight: Largest share of equity of the pairs of one protocol; None is no limit.
    """
    capped = rules.cap(_shares(signals.values()), as_row(caps))
    weights, cut = capped.kept[0].tolist(), capped.cut[0].tolist()
    _forget_sizing(signals.values())
    for signal, weight, was_cut, limit in zip(signals.values(), weights, cut, caps, strict=True):
        signal.normalised_weight = weight
        if not signal.carry_forward_position:
            signal.position_size_risk = signal.position_target = None
        if was_cut:  # in dollars once the equity is known
            _limit(signal, Stage.concentration, Flags.capped_by_concentration, limit)
    if max_protocol_weight is not None:
        protocols = [signal.pair.get_protocol() for signal in signals.values()]
        _cap_groups(signals, protocols, Flags.capped_by_protocol_allocation, max_protocol_weight)


def _shares(signals: Iterable[TradingPairSignal]) -> npt.NDArray[np.float64]:
    """Raw weights as shares of their sum; what keeps its value takes no part."""
    return rules.normalise(as_row(0.0 if each.carry_forward_position else each.raw_weight for each in signals))


class _Share(NamedTuple):
    """What one pair got of the equity; see `rules.Shared`."""

    share: Usd
    offered: Usd
    capped: Usd
    asked: Usd
    accepted: Usd
    reached: bool
    cut: bool
    cut_by_protocol: bool
    refused: bool
    offered_more: bool


def share_out(
    signals: Signals,
    caps: Sequence[Weight],
    equity: Usd,
    sharing: rules.Sharing,
    size_risk_model: SizeRiskModel,
    timestamp: datetime | None,
) -> SharedOut:
    """Share out equity under what each market can carry; sets targets in USD, and weights as shares of their sum.

    Args:
        signals: With their raw weights.
        caps: Largest share of equity of each, in the same order.
        equity: USD.
        sharing: Who is offered what.
        size_risk_model: Asked for each pair in turn, the largest weight first.
        timestamp: When, naive UTC.
    """
    chosen = list(signals.values())
    answers: list[SizeRisk | None] = [None] * len(chosen)

    def accept(place: int, usd: Usd) -> Usd:
        answer = size_risk_model.get_acceptable_size_for_position(timestamp, chosen[place].pair, usd)
        answers[place] = answer
        return _accepted_size(answer, chosen[place].pair, usd)

    raw = as_row(np.nan if signal.carry_forward_position else signal.raw_weight for signal in chosen)
    protocols = None
    if sharing.max_protocol_weight is not None:
        protocols = as_groups(signal.pair.get_protocol() for signal in chosen)
    settings = replace(sharing, max_weight=as_row(caps))
    shared, discarded = rules.share_out(raw, np.array([[equity]]), settings, accept, protocols)
    accepted = shared.accepted.sum().item()
    weights = (shared.accepted / (accepted or 1.0))[0].tolist()
    _forget_sizing(chosen)
    for signal, answer, weight, limit, got in zip(chosen, answers, weights, caps, _rows(shared), strict=True):
        signal.normalised_weight = weight
        if not signal.carry_forward_position:
            signal.position_size_risk, signal.position_target = answer, got.accepted
            _give_reasons(signal, got, limit, answer, sharing)
    return SharedOut(accepted, discarded.item())


def _rows(shared: rules.Shared) -> Iterator[_Share]:
    columns = (
        *(shared.share, shared.offered, shared.capped, shared.asked, shared.accepted),
        *(shared.reached, shared.cut, shared.cut_by_protocol, shared.refused),
        rules.is_cut(shared.offered, shared.share),
    )
    return map(_Share._make, zip(*(column[0].tolist() for column in columns), strict=True))


def _give_reasons(
    signal: TradingPairSignal, got: _Share, max_weight: Weight, answer: SizeRisk | None, sharing: rules.Sharing
) -> None:
    """What sharing out under limits did to one pair."""
    if not got.reached:
        signal.add_reason(Reason(Stage.redistribution, Code.not_reached, None, 0.0, _setting(sharing.max_positions)))
        return
    if got.offered_more:
        signal.add_reason(Reason(Stage.redistribution, Code.offered_more, got.share, got.offered))
    if got.cut:
        _limit(signal, Stage.concentration, Flags.capped_by_concentration, max_weight, got.offered, got.capped)
    if got.cut_by_protocol:
        limit = _setting(sharing.max_protocol_weight)
        _limit(signal, Stage.protocol, Flags.capped_by_protocol_allocation, limit, got.capped, got.asked)
    if got.refused and answer is not None:
        usd = answer.accepted_size
        _limit(signal, Stage.size_risk, Flags.capped_by_pool_size, answer.size_cap_usd, got.asked, usd)


def _limit(
    signal: TradingPairSignal,
    stage: Stage,
    flag: Flags,
    limit: float | None,
    before: Usd | None = None,
    after: Usd | None = None,
) -> None:
    signal.flags.add(flag)
    signal.add_reason(Reason(stage, flag, before, after, limit))


def _setting(value: Any) -> float | None:
    return None if value is None else float(value)


def cap_chains(signals: Signals, max_weight_per_chain: Weight, equity: Usd | None) -> None:
    """Shrink the pairs of each chain that holds more than its share, in proportion.

    Args:
        signals: With their weights, and with their targets where there is size risk.
        max_weight_per_chain: Largest share of equity on one chain.
        equity: USD that targets are shares of; None without size risk, where the weights are the shares.
    """
    chains = [signal.pair.chain_id for signal in signals.values()]
    _cap_groups(signals, chains, Flags.capped_by_chain_allocation, max_weight_per_chain, equity)
    if equity is not None:
        sized = [signal for signal in signals.values() if not signal.carry_forward_position]
        total = sum(map(_target, sized))
        for signal in sized:
            signal.normalised_weight = _target(signal) / total if total else 0.0


def _cap_groups(signals: Signals, names: Sequence[Any], flag: Flags, limit: Weight, equity: Usd | None = None) -> None:
    """The largest share of the pairs that have a name in common; what keeps its value is not shrunk."""
    free = [not signal.carry_forward_position for signal in signals.values()]
    if equity is None:
        amounts = as_row(signal.normalised_weight for signal in signals.values())
    else:
        amounts = as_row(map(_target, signals.values())) / (equity or 1.0)
    capped = rules.cap_groups(amounts * free, as_groups(names), limit)
    stage = Stage.chain if flag is Flags.capped_by_chain_allocation else Stage.protocol
    for signal, kept, cut, may in zip(
        signals.values(), capped.kept[0].tolist(), capped.cut[0].tolist(), free, strict=True
    ):
        if not (cut and may):
            continue
        before = signal.position_target
        if equity is None:
            signal.normalised_weight = kept
        else:
            signal.position_target = kept * equity
        _limit(signal, stage, flag, limit, before, signal.position_target)


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
    chosen = list(signals.values())
    pairs, rows = [], []
    for signal in chosen:
        pairs.append(map_pair(manager, signal))
        usd = _target(signal) if sized else signal.normalised_weight * equity
        flips = signal.old_pair is not None and signal.is_flipping()
        rows.append((usd, signal.old_value, flips, signal.carry_forward_position))
    wanted, old_value, flipping, pinned = np.array(rows, dtype=np.float64).reshape(-1, 1, 4).T
    found = rules.targets(wanted, old_value, flipping > 0, pinned > 0)
    adjusts = found.adjust[0].tolist()
    quantities = [
        manager.estimate_asset_quantity(signal.pair, usd) if usd < 0 else 0.0
        for signal, usd in zip(chosen, adjusts, strict=True)
    ]
    for signal, pair, usd, adjust, quantity in zip(
        chosen, pairs, found.target[0].tolist(), adjusts, quantities, strict=True
    ):
        signal.synthetic_pair = (signal.old_pair or pair) if signal.carry_forward_position else pair
        signal.position_target = usd
        signal.position_adjust_usd = adjust
        signal.position_adjust_quantity = quantity
    if not sized:
        _put_reasons_in_dollars(signals, equity)


def truths_or_none(values: Iterable[bool]) -> rules.Truths | None:
    """One truth a signal as a batch of one; None where all are False."""
    found = list(values)
    return np.array([found], dtype=np.bool_) if True in found else None


def _put_reasons_in_dollars(signals: Signals, equity: Usd) -> None:
    """Without size risk, caps were decided on weights; now that equity is known, say what they cost."""
    if not any(signal.reasons for signal in signals.values()):
        return
    dollars = (_shares(signals.values()) * equity)[0].tolist()
    for signal, wanted in zip(signals.values(), dollars, strict=True):
        usd = wanted
        for reason in signal.reasons or ():
            if reason.stage == Stage.concentration:
                reason.before_usd, usd = usd, (reason.limit or 0.0) * equity
                reason.after_usd = usd
            elif reason.stage in (Stage.protocol, Stage.chain):
                reason.before_usd, reason.after_usd = usd, _target(signal)


def _target(signal: TradingPairSignal) -> Usd:
    return 0.0 if signal.position_target is None else signal.position_target


def _accepted_size(answer: SizeRisk, pair: TradingPairIdentifier, asked: Usd) -> Usd:
    accepted = answer.accepted_size if isinstance(answer, SizeRisk) else None
    if accepted is None or not finite(accepted) or not 0 <= accepted <= asked * (1 + rules.CAP_TOLERANCE):
        raise WeightError(
            f"a size-risk model accepts between 0 and the {asked:,.2f} USD that it was asked for, got "
            f"{accepted if isinstance(answer, SizeRisk) else answer!r} for {pair}. "
            "Return a SizeRisk with accepted_size=min(asked, limit).",
            pair=pair,
            accepted_size=accepted,
        )
    return float(accepted)


def _forget_sizing(signals: Collection[TradingPairSignal]) -> None:
    """Take back what an earlier run of these steps left."""
    for signal in signals:
        signal.forget_reasons(*_STEP_STAGES)
        if signal.flags:
            signal.flags -= _STEP_FLAGS
