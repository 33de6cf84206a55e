"""In which way was equity shared out under size risk?

The three modes of `alpha_model.allocation`, for all cycles at once: given what each pair before was allowed, the mode
says what the next one asks for. The mode that reproduces every ask is the one.
"""

from __future__ import annotations

import numpy as np

from alpha_model.analysis.columns import Numbers, Places, Truths, numbers
from alpha_model.analysis.settings_fit import Candidate, Fit, best_fit
from alpha_model.history import History
from alpha_model.rules import SharingMode


def fit_sharing(history: History, equity: Numbers, max_weight: Numbers, wanted: Truths) -> Fit:
    """The sharing mode of the wanted cycles, from what their pairs asked for.

    Args:
        history: The record.
        equity: USD shared out, one number a cycle.
        max_weight: Largest share of equity of one pair; NaN is taken as no limit.
        wanted: Which cycles.
    """
    signals, places = history.tables.signals, history.signal_places
    asked = numbers(signals, "asked")
    chosen = np.asarray(signals["selected"].to_numpy()) | ~np.isnan(asked)
    sized = np.bincount(places[~np.isnan(asked)], minlength=len(history)) > 0
    rows = np.flatnonzero(chosen & (wanted & sized)[places])
    if not rows.size:
        return best_fit([], np.zeros(0), places[rows], len(history))
    raw, strength = np.nan_to_num(numbers(signals, "raw_weight")), np.abs(numbers(signals, "signal_in_selection"))
    rows = rows[np.lexsort((-strength[rows], -raw[rows], places[rows]))]
    places, raw, asked = places[rows], raw[rows], asked[rows]
    reached = ~np.isnan(asked)
    accepted = np.nan_to_num(numbers(signals, "accepted")[rows])
    all_equity, largest = equity[places], np.where(np.isnan(max_weight), np.inf, max_weight)[places]
    refused = _before(np.where(reached, asked - accepted, 0.0), places)
    left = all_equity - _before(accepted, places)
    total = np.bincount(places, weights=raw, minlength=len(history))[places]
    to_come = total - _before(raw, places)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, share_to_come = raw / total, raw / to_come
    cap = largest * all_equity
    expected = {
        SharingMode.sequential: np.minimum(np.minimum(share, largest) * (all_equity + refused), cap),
        SharingMode.positions: np.minimum(share_to_come * left, cap),
        SharingMode.waterfall: np.minimum(left, cap),
    }
    candidates = [Candidate(str(mode), usd[reached]) for mode, usd in expected.items()]
    return best_fit(candidates, asked[reached], places[reached], len(history))


def _before(values: Numbers, places: Places) -> Numbers:
    """The sum of the values before each row within its cycle."""
    running = np.cumsum(values) - values
    first = np.flatnonzero(np.diff(places, prepend=-1))
    lengths = np.diff(np.append(first, len(places)))
    return running - np.repeat(running[first], lengths)
