"""In which way was equity shared out under size risk?

Given what each market took, every mode says what its pairs ask for. The mode that reproduces every ask is the one.
"""

from __future__ import annotations

import numpy as np

from alpha_model.analysis.facts import Numbers, Truths, numbers
from alpha_model.analysis.settings.fit import Candidate, Fit, best_fit
from alpha_model.analysis.settings.sharing import Queue, asked_of_markets
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
    none = np.full(len(history), np.nan)
    queue = Queue(
        places=places,
        rows=rows,
        raw=np.nan_to_num(numbers(signals, "raw_weight")),
        strength=np.abs(numbers(signals, "signal_in_selection")),
        equity=equity,
        max_weight=np.where(np.isnan(max_weight), np.inf, max_weight),
        max_positions=none,
        epsilon_usd=np.full(len(history), -np.inf),
    )
    reached = rows[~np.isnan(asked[rows])]
    taken = numbers(signals, "accepted")
    candidates = [
        Candidate(str(mode), asked_of_markets(queue, mode, taken)[0][reached]) for mode in SharingMode if rows.size
    ]
    return best_fit(candidates, asked[reached], places[reached], len(history))
