"""What share of the raw weights would a signal have had as one more beside the chosen ones?

All signals of a cycle are answered at once, from what the weighting method makes of all of them together.
"""

from __future__ import annotations

import numpy as np

from alpha_model.rules.arrays import Numbers, Truths, gathered, scattered
from alpha_model.rules.methods import Method, blend, blended, built_in, by_rank, by_rank_ascending
from alpha_model.rules.weigh import ratio

_BY_PLACE = (by_rank, by_rank_ascending)
"""Methods that weigh the place of a signal, whatever its strength; the others weigh each signal on its own."""


def share_beside(method: Method, signals: Numbers, chosen: Truths) -> Numbers:
    """The share that each signal would have beside the chosen ones of its row.

    Args:
        method: How signals become raw weights.
        signals: Signed; 0 for none.
        chosen: Which are chosen; what is told of them has no meaning.

    Returns:
        (batch × pairs) 0...1; NaN for a method that is not the library's, and for a signal of 0.
    """
    there = signals != 0
    rule = None if method.source else built_in(method.name)
    if rule is None:
        return np.full(signals.shape, np.nan)
    if rule is blend and method.parameter is not None:
        alike = share_beside(Method("weight_equal"), signals, chosen)
        return blended(alike, share_beside(Method("weight_passthrough"), signals, chosen), method.parameter)
    raw = method.weigh(signals, there)
    share = _by_place(raw, chosen) if rule in _BY_PLACE else _on_its_own(raw, chosen)
    return np.where(there, share, np.nan)


def _on_its_own(raw: Numbers, chosen: Truths) -> Numbers:
    total = np.where(chosen, raw, 0.0).sum(axis=1, keepdims=True)
    return ratio(raw, total + raw)


def _by_place(raw: Numbers, chosen: Truths) -> Numbers:
    """The nth of any signals has the nth largest of these raw weights."""
    order = (-raw).argsort(axis=1, kind="stable")
    ranked, first = gathered(raw, order), gathered(chosen, order)
    ahead, last = first.cumsum(axis=1) - first, raw.shape[1] - 1
    count = np.minimum(chosen.sum(axis=1, keepdims=True), last)
    total = np.take_along_axis(ranked.cumsum(axis=1), count, axis=1)
    return scattered(order, ratio(gathered(ranked, ahead), total), raw.shape[1])
