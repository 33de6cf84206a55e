"""How does a signal become a share of the portfolio?

Pure functions over `{pair_id: number}`, keys in their given order. A weighting method takes the signed signals and
returns raw weights >= 0; it looks at the strength |signal| only, so a short of the same strength weighs the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from alpha_model.errors import BadWeightsError, WeightError
from alpha_model.units import PairId, Weight

Signals: TypeAlias = Mapping[PairId, float]
RawWeights: TypeAlias = dict[PairId, float]
WeightingMethod: TypeAlias = Callable[[Signals], RawWeights]

SUM_TOLERANCE = 1e-4
"""How far the sum of weights may exceed 1 before it is an error and not rounding."""


def weight_by_1_slash_n(signals: Signals) -> RawWeights:
    """The strongest signal gets 1, the next 1/2, then 1/3 …; ties in the given order.

    Source: the reference documentation of `weight_by_1_slash_n`.
    """
    return _by_rank(signals, strongest_first=True)


def weight_by_1_slash_n_ascending(signals: Signals) -> RawWeights:
    """The weakest signal gets 1, the next 1/2 …: how the reference framework's code ranks.

    Exists only to replay histories that were recorded that way.
    """
    return _by_rank(signals, strongest_first=False)


def _by_rank(signals: Signals, *, strongest_first: bool) -> RawWeights:
    ranked = sorted(signals, key=lambda pair_id: abs(signals[pair_id]), reverse=strongest_first)
    weights = {pair_id: 1 / rank for rank, pair_id in enumerate(ranked, start=1)}
    return {pair_id: weights[pair_id] for pair_id in signals}


def weight_by_1_slash_signal(signals: Signals) -> RawWeights:
    """1/strength: for signals where less is better, such as volatility.

    Raises:
        WeightError: A signal is 0.

    Source: the reference documentation of `weight_by_1_slash_signal`.
    """
    zeros = [pair_id for pair_id, signal in signals.items() if signal == 0]
    if zeros:
        raise WeightError(
            f"weight_by_1_slash_signal needs signals other than 0, got 0 for pairs {zeros}. "
            "Leave these pairs out, or use another method.",
            pair_ids=zeros,
        )
    return {pair_id: 1 / abs(signal) for pair_id, signal in signals.items()}


def weight_equal(signals: Signals) -> RawWeights:
    """The same weight for all."""
    return dict.fromkeys(signals, 1.0)


def weight_passthrough(signals: Signals) -> RawWeights:
    """The strength itself."""
    return {pair_id: abs(signal) for pair_id, signal in signals.items()}


weight_passthrouh = weight_passthrough
"""The reference framework's spelling."""


def weight_by_log(signals: Signals) -> RawWeights:
    """ln(1 + strength): strong signals count for less than proportionally.

    Source: the reference documentation of `weight_by_log`.
    """
    return {pair_id: math.log1p(abs(signal)) for pair_id, signal in signals.items()}


def weight_by_softmax(signals: Signals, temperature: float = 2.0) -> RawWeights:
    """exp(strength / temperature), as shares of the sum.

    Args:
        signals: Signed signals.
        temperature: > 0; the higher, the more even the weights.

    Raises:
        WeightError: The temperature is not above 0.

    Source: the reference documentation of `weight_by_softmax`.
    """
    if not temperature > 0:
        raise WeightError(f"softmax needs a temperature above 0, got {temperature}.", temperature=temperature)
    strongest = max(map(abs, signals.values()), default=0.0)
    grown = {pair_id: math.exp((abs(signal) - strongest) / temperature) for pair_id, signal in signals.items()}
    return normalise_weights(grown)


def weight_by_blend(signals: Signals, blend_alpha: float = 0.5) -> RawWeights:
    """A mix of equal weights and strength: blend_alpha/N + (1 − blend_alpha)·s/Σs.

    Args:
        signals: Signed signals.
        blend_alpha: Share of the equal part, 0...1.

    Raises:
        WeightError: The share is outside 0...1.

    Source: the reference documentation of `weight_by_blend`.
    """
    if not 0 <= blend_alpha <= 1:
        raise WeightError(f"blend_alpha must be between 0 and 1, got {blend_alpha}.", blend_alpha=blend_alpha)
    shares = normalise_weights(weight_passthrough(signals))
    return {pair_id: blend_alpha / len(shares) + (1 - blend_alpha) * share for pair_id, share in shares.items()}


def normalise_weights(weights: Mapping[PairId, float]) -> dict[PairId, Weight]:
    """Shares of the sum; all 0 when the sum is 0.

    Args:
        weights: Raw weights >= 0, of any size.

    Returns:
        Same keys in the same order; sum 1, or 0.
    """
    largest = max(weights.values(), default=0.0)
    if largest == 0:
        return dict.fromkeys(weights, 0.0)
    scaled = {pair_id: weight / largest for pair_id, weight in weights.items()}
    total = math.fsum(scaled.values())
    return {pair_id: weight / total for pair_id, weight in scaled.items()}


def check_normalised_weights(weights: Mapping[PairId, Weight]) -> None:
    """Check that the weights are a portfolio: finite, none negative, together at most everything.

    Raises:
        BadWeightsError: They are not.
    """
    for pair_id, weight in weights.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise BadWeightsError(
                f"a normalised weight must be a finite number >= 0, got {weight} for pair {pair_id}. "
                "Call normalise_weights() after the last set_signal().",
                weight=weight,
                pair_id=pair_id,
            )
    total = math.fsum(weights.values())
    if total > 1 + SUM_TOLERANCE:
        raise BadWeightsError(
            f"normalised weights must sum to at most 1, got {total:.6g} over {len(weights)} pairs. "
            "Call normalise_weights() after the last set_signal().",
            total=total,
        )
