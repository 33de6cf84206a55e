"""What share of the portfolio does each raw weight come to, and what does a cap leave of it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alpha_model.rules.arrays import Numbers, Setting, Truths
from alpha_model.rules.compat import OURS, Compat

CAP_TOLERANCE = 1e-12
"""Relative: what exceeds its cap by less is rounding and was not cut."""

CLIPPED_OFF = 1e-5
"""What the reference framework takes off its largest weight where rounding leaves the sum above 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Capped:
    """What a cap leaves.

    Args:
        kept: The amounts, none above its limit.
        cut: Whether the limit cut something off beyond rounding.
    """

    kept: Numbers
    cut: Truths


def is_cut(wanted: Numbers, limit: Setting, compat: Compat = OURS) -> Truths:
    """Does the limit cut something off, beyond rounding?"""
    above: Truths = wanted > (limit if compat.strict_caps else limit * (1 + CAP_TOLERANCE))
    return above


def cap(wanted: Numbers, limit: Setting, compat: Compat = OURS) -> Capped:
    """Limit each amount; what is cut off stays in cash."""
    return Capped(np.minimum(wanted, limit), is_cut(wanted, limit, compat))


def normalise(raw: Numbers, compat: Compat = OURS) -> Numbers:
    """Raw weights >= 0 as shares of their row's sum; all 0 where the sum is 0."""
    if compat.clipped_weights:
        total = np.cumsum(raw, axis=1)[:, -1:] if raw.size else np.ones((len(raw), 1))
        return clip_to_one(ratio(raw, total))
    scaled = ratio(raw, np.maximum.reduce(raw, axis=1, keepdims=True, initial=0.0))
    return ratio(scaled, np.add.reduce(scaled, axis=1, keepdims=True))


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Parts >= 0 of a whole; 0 of nothing."""
    parts: Numbers = part / np.where(whole > 0, whole, 1.0)
    return parts


def clip_to_one(weights: Numbers) -> Numbers:
    """Take what the sum is off 1 from the largest weight, as the reference framework does.

    Its sums go from left to right, and where rounding still leaves one above 1, another 1e-5 goes.
    """
    clipped = weights.copy()
    if not weights.size:
        return clipped
    rows, largest = np.arange(len(weights)), weights.argmax(axis=1)
    clipped[rows, largest] -= np.where(weights.any(axis=1), _sums(weights) - 1, 0.0)
    still_above = _sums(clipped) > 1
    clipped[rows, largest] -= np.where(still_above, _sums(clipped) - 1 + CLIPPED_OFF, 0.0)
    return clipped


def _sums(weights: Numbers) -> Numbers:
    """From left to right, as the reference framework adds up."""
    return np.cumsum(weights, axis=1)[:, -1]


def cap_groups(amounts: Numbers, groups: npt.NDArray[np.intp], limit: Setting) -> Capped:
    """Shrink the pairs of each group that holds more than its share, in proportion.

    Args:
        amounts: Shares of equity.
        groups: (batch × pairs), or one number a pair: 0, 1, 2 …; below 0 a pair belongs to no group.
        limit: Largest share of a group.
    """
    number = np.broadcast_to(groups, amounts.shape)
    count = int(number.max(initial=-1)) + 2
    cells = (number + 1) + count * np.arange(len(amounts))[:, None]
    sums = np.bincount(cells.ravel(), weights=amounts.ravel(), minlength=count * len(amounts))[cells]
    over = is_cut(sums, limit) & (number >= 0)
    return Capped(amounts * np.where(over, limit / np.where(over, sums, 1.0), 1.0), over)
