"""How does a signal become a share of the portfolio?

Pure functions over `{pair_id: number}`, keys in their given order. A weighting method takes the signed signals and
returns raw weights >= 0; it looks at the strength |signal| only, so a short of the same strength weighs the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from alpha_model import rules
from alpha_model.values import BadWeightsError, PairId, Weight, WeightError

Signals: TypeAlias = Mapping[PairId, float]
RawWeights: TypeAlias = dict[PairId, float]
WeightingMethod: TypeAlias = Callable[[Signals], RawWeights]

SUM_TOLERANCE = 1e-4
"""How far the sum of weights may exceed 1 before it is an error and not rounding."""


def weight_by_1_slash_n(signals: Signals) -> RawWeights:
    """The strongest signal gets 1, the next 1/2, then 1/3 …; ties in the given order.

    Source: the reference documentation of `weight_by_1_slash_n`.
    """
    return _weigh(weight_by_1_slash_n.__name__, signals)


def weight_by_1_slash_n_ascending(signals: Signals) -> RawWeights:
    """The weakest signal gets 1, the next 1/2 …: how the reference framework's code ranks.

    Exists only to replay histories that were recorded that way.
    """
    return _weigh(weight_by_1_slash_n_ascending.__name__, signals)


def _weigh(name: str, signals: Signals, **parameters: float) -> RawWeights:
    """The rule of that name, for one cycle."""
    strength = np.abs(np.array([list(signals.values())], dtype=np.float64))
    weights = rules.BUILT_IN[name](strength, np.ones(strength.shape, dtype=np.bool_), **parameters)
    return dict(zip(signals, weights[0].tolist(), strict=True))


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
    return _weigh(weight_by_1_slash_signal.__name__, signals)


def weight_equal(signals: Signals) -> RawWeights:
    """The same weight for all."""
    return _weigh(weight_equal.__name__, signals)


def weight_passthrough(signals: Signals) -> RawWeights:
    """The strength itself."""
    return _weigh(weight_passthrough.__name__, signals)


weight_passthrouh = weight_passthrough
"""The reference framework's spelling."""


def weight_by_log(signals: Signals) -> RawWeights:
    """ln(1 + strength): strong signals count for less than proportionally.

    Source: the reference documentation of `weight_by_log`.
    """
    return _weigh(weight_by_log.__name__, signals)


def weight_by_softmax(signals: Signals, temperature: float = 2.0) -> RawWeights:
    """exp(strength / temperature), as shares of the sum.

    Args:
        signals: Signed signals.
        temperature: > 0; the higher, the more even the weights.

    Raises:
        WeightError: The temperature is not above 0.

    Source: the reference documentation of `weight_by_softmax`.
    """
    return _weigh(weight_by_softmax.__name__, signals, temperature=temperature)


def weight_by_blend(signals: Signals, blend_alpha: float = 0.5) -> RawWeights:
    """A mix of equal weights and strength: blend_alpha/N + (1 − blend_alpha)·s/Σs.

    Args:
        signals: Signed signals.
        blend_alpha: Share of the equal part, 0...1.

    Raises:
        WeightError: The share is outside 0...1.

    Source: the reference documentation of `weight_by_blend`.
    """
    return _weigh(weight_by_blend.__name__, signals, blend_alpha=blend_alpha)


def normalise_weights(weights: Mapping[PairId, float]) -> dict[PairId, Weight]:
    """Shares of the sum; all 0 when the sum is 0.

    Args:
        weights: Raw weights >= 0, of any size.

    Returns:
        Same keys in the same order; sum 1, or 0.
    """
    return _shares(rules.normalise, weights)


def clip_to_normalised(weights: Mapping[PairId, Weight]) -> dict[PairId, Weight]:
    """Take what the sum is off 1 from the largest weight, as the reference framework does to its own weights.

    Args:
        weights: Shares that sum to 1 but for rounding.

    Returns:
        Same keys in the same order; where rounding leaves the sum above 1 still, 1e-5 less.
    """
    return _shares(rules.clip_to_one, weights)


def _shares(rule: Callable[..., rules.Numbers], weights: Mapping[PairId, float]) -> dict[PairId, Weight]:
    shares = rule(np.array([list(weights.values())], dtype=np.float64))
    return dict(zip(weights, shares[0].tolist(), strict=True))


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
