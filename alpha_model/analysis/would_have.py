"""What share would each signal have had if it had been selected too?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import Numbers, Places, Truths, numbers
from alpha_model.analysis.provenance import DERIVED, UNKNOWN, Codes
from alpha_model.analysis.ranks import rank_in_cycle
from alpha_model.analysis.settings import Settings, exactly
from alpha_model.history import History


def share_if_selected(history: History, settings: Settings, chosen: Truths) -> tuple[Numbers, Codes]:
    """Each signal's share of the raw weights.

    Of a selected signal: its raw weight / Σ raw weights. Of another one: the share it would have had beside the
    selected ones under the cycle's weighting method, as the one signal more; 0 for a pair without a signal.

    Args:
        history: The record.
        settings: Its settings.
        chosen: Selected with a signal other than 0, one entry a row of `signals`.

    Returns:
        0...1, NaN = unknown, and how sure it is.
    """
    signals, places = history.tables.signals, history.signal_places
    raw = numbers(signals, "raw_weight")
    weights = np.where(chosen, np.nan_to_num(raw), 0.0)
    total = np.bincount(places, weights=weights, minlength=len(history))[places]
    known = ~np.isnan(np.where(chosen, raw, 0.0))
    whole = np.bincount(places, weights=~known, minlength=len(history))[places] == 0
    # Weights of 0 throughout are a decision where there are targets; before that, none were assigned yet.
    assigned = (total > 0) | ~np.isnan(numbers(signals, "position_target"))
    actual = np.where(whole & assigned, weights / np.where(total > 0, total, 1.0), np.nan)

    strength = np.abs(np.nan_to_num(numbers(signals, "signal")))
    would = _as_one_more(places, strength, chosen, settings)
    share = np.where(chosen, actual, np.where(strength == 0, 0.0, would))
    code = np.where(chosen | (strength == 0), DERIVED, exactly(settings.method_from)[places])
    return share, np.where(np.isnan(share), UNKNOWN, code).astype(np.int8)


def _as_one_more(places: Places, strength: Numbers, chosen: Truths, settings: Settings) -> Numbers:
    """The share of each row as one more beside the chosen ones of its cycle, by the cycle's method."""
    count = len(settings.method)
    number = np.bincount(places, weights=chosen, minlength=count)
    codes, methods = pd.factorize(settings.method)
    parameter = settings.parameter
    share = np.full(len(places), np.nan)
    for code, method in enumerate(methods):
        rows = (codes == code)[places] & ~chosen & (strength > 0)
        if not rows.any():
            continue
        if method in {"weight_by_1_slash_n", "weight_by_1_slash_n_ascending"}:
            falling = method == "weight_by_1_slash_n"
            ahead = _chosen_ahead(places, strength, chosen, strongest_first=falling)[rows]
            harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, number.max() + 2))])
            share[rows] = 1 / (ahead + 1) / harmonic[number[places[rows]].astype(np.int64) + 1]
            continue
        own = _own_weight(method, strength, parameter[places])
        if own is None:
            continue
        sums = np.bincount(places, weights=np.where(chosen, own, 0.0), minlength=count)
        share[rows] = own[rows] / (sums[places[rows]] + own[rows])
        if method == "weight_by_blend":
            alpha = parameter[places[rows]]
            share[rows] = alpha / (number[places[rows]] + 1) + (1 - alpha) * share[rows]
    return share


def _own_weight(method: str, strength: Numbers, parameter: Numbers) -> Numbers | None:
    """Raw weights that do not depend on the other signals, up to a factor; None for a method that we do not know."""
    positive = np.where(strength > 0, strength, np.nan)
    if method == "weight_equal":
        return np.ones(len(strength))
    if method in {"weight_passthrough", "weight_passthrouh", "weight_by_blend"}:
        return strength
    if method == "weight_by_log":
        return np.log1p(strength)
    if method == "weight_by_1_slash_signal":
        return np.nan_to_num(1 / positive)
    if method == "weight_by_softmax":
        return np.exp(np.clip(strength / parameter, None, 700))
    return None


def _chosen_ahead(places: Places, strength: Numbers, chosen: Truths, *, strongest_first: bool) -> Places:
    """How many chosen rows of the cycle come before each row."""
    rank = rank_in_cycle(places, -strength if strongest_first else strength)
    order = np.lexsort((rank, places))
    running = np.cumsum(chosen[order])
    first = np.flatnonzero(np.diff(places[order], prepend=-1))
    lengths = np.diff(np.append(first, len(order)))
    before = np.repeat(np.concatenate([[0], running])[first], lengths)
    ahead = np.empty(len(order), dtype=np.int64)
    ahead[order] = running - before - chosen[order]
    return ahead
