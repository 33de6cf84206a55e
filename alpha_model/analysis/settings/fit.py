"""Which settings reproduce what an old file recorded?

A setting is inferred only where it reproduces the record; otherwise it stays unknown. Where several methods reproduce
a cycle (a single signal has the same share under any), the one that reproduces most cycles of the history is taken;
where several reproduce equally many, the method stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.facts import Names, Numbers, Places, Truths, batches, clipped_share, clipped_weights, numbers
from alpha_model.history import History
from alpha_model.rules import BUILT_IN, Method

FIT_TOLERANCE = 1e-6
"""Relative error up to which a number counts as reproduced."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The choice that reproduces each cycle; one entry a cycle.

    Args:
        name: The choice; None where none reproduces the cycle, or several do equally well over the whole history.
        parameter: Its setting; NaN where it has none.
        share: Share of the rows that it reproduces, 0...1; of the best one where none does; NaN without rows.
        error: Largest relative error.
    """

    name: Names
    parameter: Numbers
    share: Numbers
    error: Numbers

    @property
    def known(self) -> Truths:
        """Where a choice reproduces the cycle."""
        return np.array([name is not None for name in self.name], dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A choice, and what it would have led to.

    Args:
        name: Of the choice.
        expected: Its number for each row.
        parameter: Its setting.
    """

    name: str
    expected: Numbers
    parameter: float = np.nan


def best_fit(candidates: Sequence[Candidate], recorded: Numbers, places: Places, count: int) -> Fit:
    """For each cycle the candidate that reproduces all of its rows, and most cycles of the history.

    Args:
        candidates: The choices.
        recorded: The number of each row.
        places: The cycle of each row.
        count: How many cycles there are.
    """
    fit = Fit(np.full(count, None, dtype=object), *(np.full(count, np.nan) for _ in range(3)))
    name, parameter, share, error = fit.name, fit.parameter, fit.share, fit.error
    tried = [(each, *_errors(each.expected, recorded, places, count)) for each in candidates]
    tried.sort(key=lambda one: -np.count_nonzero(one[1] == 1))
    support = np.zeros(count)
    for candidate, fitting, worst in tried:
        better = np.isnan(share) | (fitting > share)
        share[better], error[better] = fitting[better], worst[better]
        cycles, exact = np.count_nonzero(fitting == 1), fitting == 1
        found = better & exact
        name[found], parameter[found], support[found] = candidate.name, candidate.parameter, cycles
        ambiguous = exact & ~found & (support == cycles)
        name[ambiguous], parameter[ambiguous] = None, np.nan
    return fit


def fit_methods(history: History, wanted: Truths) -> Fit:
    """The weighting method of the wanted cycles, from the raw weights of their selected signals."""
    signals, places = history.tables.signals, history.signal_places
    chosen = np.asarray(signals["selected"].to_numpy()) & wanted[places]
    places = places[chosen]
    if not places.size:
        return best_fit([], np.zeros(0), places, len(history))
    strength, raw = np.abs(numbers(signals, "signal_in_selection")[chosen]), numbers(signals, "raw_weight")[chosen]
    return best_fit(_candidates(places, strength, raw, len(history)), raw, places, len(history))


def _candidates(places: Places, strength: Numbers, raw: Numbers, count: int) -> list[Candidate]:
    """The library's methods, with the raw weights that each would have given."""
    found = [
        Candidate(name, _weighed(Method(name), places, strength)) for name in BUILT_IN if Method(name).parameter is None
    ]
    total = np.bincount(places, weights=strength, minlength=count)[places]
    share = strength / np.where(total > 0, total, np.nan)
    extremes = _extremes(places, strength, raw, share)
    if extremes is None:
        return found
    (s_low, s_high), (w_low, w_high), (p_low, p_high) = extremes
    with np.errstate(divide="ignore", invalid="ignore"):
        temperature = float(np.nanmedian((s_high - s_low) / np.log(w_high / w_low)))
        alpha = float(np.nanmedian(1 - (w_high - w_low) / (p_high - p_low)))
    tried = {"weight_by_softmax": (temperature, 0 < temperature < np.inf), "weight_by_blend": (alpha, 0 <= alpha <= 1)}
    for name, (parameter, possible) in tried.items():
        if possible:
            found.append(Candidate(name, _weighed(Method.called(name, parameter), places, strength), parameter))
    return found


def _weighed(method: Method, places: Places, strength: Numbers) -> Numbers:
    """The raw weight of each row under a method."""
    weights = np.full(len(places), np.nan)
    for batch in batches(places, np.arange(len(places))):
        batch.put(weights, method.weigh(batch.of(strength, 0.0), batch.where(strength > 0)))
    return weights


def _extremes(
    places: Places, strength: Numbers, raw: Numbers, share: Numbers
) -> tuple[tuple[Numbers, Numbers], ...] | None:
    """Weakest and strongest signal of each cycle of three or more: two points fit any line, a third one tests it."""
    order = np.lexsort((strength, places))
    sorted_places = places[order]
    first = np.flatnonzero(np.diff(sorted_places, prepend=-1))
    last = np.append(first[1:], len(order)) - 1
    enough = (last - first >= 2) & (strength[order[last]] > strength[order[first]])  # noqa: PLR2004 - three signals
    if not enough.any():
        return None
    low, high = order[first[enough]], order[last[enough]]
    return tuple((values[low], values[high]) for values in (strength, raw, share))


def _errors(expected: Numbers, raw: Numbers, places: Places, count: int) -> tuple[Numbers, Numbers]:
    """Share of the rows reproduced and largest relative error, one number a cycle; NaN without rows."""
    scale = np.maximum(np.abs(raw), np.abs(expected))
    with np.errstate(invalid="ignore"):
        error = np.where(scale > 0, np.abs(raw - expected) / scale, 0.0)
    error = np.where(np.isfinite(error), error, np.inf)
    rows = np.bincount(places, minlength=count)
    good = np.bincount(places, weights=error <= FIT_TOLERANCE, minlength=count)
    worst = np.zeros(count)
    np.maximum.at(worst, places, error)
    some = rows > 0
    return np.where(some, good / np.maximum(rows, 1), np.nan), np.where(some, worst, np.nan)


def fit_equity(history: History) -> Numbers:
    """What targets are shares of where no size risk was used, one number a cycle; NaN where they do not agree on one.

    One target alone agrees with anything, so two are needed.
    """
    signals, places = history.tables.signals, history.signal_places
    target, weight = numbers(signals, "position_target"), numbers(signals, "normalised_weight")
    sized = np.bincount(places, weights=~np.isnan(numbers(signals, "asked")), minlength=len(history)) > 0
    usable = (target > 0) & (weight > 0) & ~sized[places] & np.isnan(numbers(signals, "asked"))
    ratio, where = target[usable] / weight[usable], places[usable]
    low, high = np.full(len(history), np.inf), np.full(len(history), -np.inf)
    np.minimum.at(low, where, ratio)
    np.maximum.at(high, where, ratio)
    rows = np.bincount(where, minlength=len(history))
    agree = (rows > 1) & (high - low <= FIT_TOLERANCE * np.abs(high))
    return np.where(agree, high, np.nan)


def fit_max_weight(history: History, equity: Numbers, wanted: Truths) -> tuple[Numbers, Numbers]:
    """The largest share that a pair may hold where some pairs were cut to one and the same share.

    Returns:
        The share (NaN = no pair was cut, or they were cut to different ones), and the share of the cut pairs that lie
        at it; one number a cycle each.
    """
    count, signals, places = len(history), history.tables.signals, history.signal_places
    if not wanted.any():
        return np.full(count, np.nan), np.full(count, np.nan)
    chosen = np.asarray(signals["selected"].to_numpy()) & wanted[places]
    raw = np.where(chosen, np.nan_to_num(numbers(signals, "raw_weight")), 0.0)
    total = np.bincount(places, weights=raw, minlength=count)[places]
    asked = numbers(signals, "asked") / np.where(equity > 0, equity, np.nan)[places]
    share = np.where(np.isnan(asked), numbers(signals, "normalised_weight"), asked)
    sized = (np.bincount(places, weights=~np.isnan(asked), minlength=count) > 0)[places]
    share = np.where(sized & np.isnan(asked), np.nan, share)
    wished = raw / np.where(total > 0, total, np.nan)
    cut = chosen & (share > 0) & (wished > share * (1 + FIT_TOLERANCE)) & ~_clipped(history)
    largest = np.zeros(count)
    np.maximum.at(largest, places[cut], share[cut])
    at_cap = cut & (np.abs(share - largest[places]) <= FIT_TOLERANCE * largest[places])
    rows = np.bincount(places[cut], minlength=count)
    fit = np.bincount(places[at_cap], minlength=count) / np.where(rows > 0, rows, 1)
    none_above = (
        np.bincount(places, weights=chosen & (share > largest[places] * (1 + FIT_TOLERANCE)), minlength=count) == 0
    )
    found = (rows > 0) & (fit == 1) & none_above
    return np.where(found, largest, np.nan), np.where(rows > 0, fit, np.nan)


def _clipped(history: History) -> Truths:
    """Which rows the source's own rounding made smaller, and no cap."""
    return clipped_weights(history) | (clipped_share(history) > 0)


def _seen_twice(shares: Numbers, rows: Places) -> Truths:
    """Which shares at least two pairs of the history were cut to; a single cut could have any cause."""
    _, same = np.unique(np.round(shares, 6), return_inverse=True)
    seen: Truths = np.bincount(same, weights=rows)[same] > 1
    return seen
