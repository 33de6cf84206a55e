"""What share would each signal have had if it had been selected too?"""

from __future__ import annotations

import contextlib

import numpy as np

from alpha_model.analysis.facts import DERIVED, UNKNOWN, Codes, Numbers, Places, Truths, batches, numbers
from alpha_model.analysis.settings.settings import Settings, exactly
from alpha_model.history import History
from alpha_model.rules import normalise, share_beside
from alpha_model.values import WeightError


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
    actual = np.where(whole & assigned, _shares(places, weights, chosen), np.nan)

    strength = np.abs(np.nan_to_num(numbers(signals, "signal")))
    would = _beside(places, strength, chosen, settings)
    share = np.where(chosen, actual, np.where(strength == 0, 0.0, would))
    code = np.where(chosen | (strength == 0), DERIVED, exactly(settings.method_from)[places])
    return share, np.where(np.isnan(share), UNKNOWN, code).astype(np.int8)


def _shares(places: Places, weights: Numbers, chosen: Truths) -> Numbers:
    """The share of each chosen raw weight in its cycle."""
    shares = np.zeros(len(places))
    for batch in batches(places, np.flatnonzero(chosen)):
        batch.put(shares, normalise(batch.of(weights, 0.0)))
    return shares


def _beside(places: Places, strength: Numbers, chosen: Truths, settings: Settings) -> Numbers:
    """The share of each row as one more beside the chosen ones of its cycle, by the cycle's method."""
    share = np.full(len(places), np.nan)
    others = np.bincount(places, weights=~chosen & (strength > 0), minlength=len(settings.method)) > 0
    for method, cycles in settings.methods():
        for batch in batches(places, np.flatnonzero((cycles & others)[places])):
            with contextlib.suppress(WeightError):  # a file may name a parameter that no method takes
                batch.put(share, share_beside(method, batch.of(strength, 0.0), batch.where(chosen)))
    return share
