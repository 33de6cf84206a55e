"""What of the rebalance threshold fits into a picture, and what does it say?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import CycleOutcome, cycle_outcomes, threshold_frame
from alpha_model.analysis.cycles import ranges_widely, threshold_sweep
from alpha_model.analysis.explain import decision_sentences
from alpha_model.analysis.facts import Kept
from alpha_model.history import History
from dashboard.drawing import Span
from dashboard.pictures.reduced import BUCKETS, Picture, cycles_in_view, note
from dashboard.text import plural, usd

STEPS = 400
"""The most steps of the curve over thresholds."""


def thresholds_picture(history: History, zoom: Span | None = None) -> Picture:
    """The largest change of each cycle against the threshold."""
    outcomes = cycle_outcomes(history)
    seen = cycles_in_view(history, zoom)
    drawn = threshold_frame(seen, BUCKETS)
    if zoom and len(drawn) < 2:  # noqa: PLR2004 - a time axis needs two marks
        return thresholds_picture(history)
    recorded = int(outcomes["max_position_adjust_usd"].notna().sum())
    total = int(cycle_outcomes(seen)["max_position_adjust_usd"].notna().sum()) if zoom else recorded
    unmarked = int((drawn["max_adjust_usd"] == 0).sum()) if ranges_widely(drawn) else 0
    told = decision_sentences(seen, np.searchsorted(seen.cycle_numbers, drawn["cycle"].to_numpy()))
    drawn = drawn.assign(sentence=pd.Series(told, index=drawn.index, dtype=object))
    words = note(Kept(len(drawn), total), "of each group and outcome the largest change")
    if unmarked:
        words = f"{words} {plural(unmarked, 'cycle')} with nothing to change: no mark on a log scale.".strip()
    return Picture(drawn, _finding(outcomes), words, recorded > BUCKETS)


def sweep_picture(history: History) -> Picture:
    """How many cycles would reach any other threshold; `threshold_usd` is that multiple of the last recorded one."""
    frame = threshold_sweep(history)
    finding = _sweep_finding(frame)
    if len(frame) > STEPS:
        places = np.unique(np.linspace(0, len(frame) - 1, STEPS).astype(np.int64))
        frame = frame.iloc[places].reset_index(drop=True)
    recorded = history.cycles["position_adjust_threshold_usd"].dropna()
    last = float(recorded.iloc[-1]) if len(recorded) else np.nan
    return Picture(frame.assign(threshold_usd=frame["factor"] * last), finding)


def _finding(outcomes: pd.DataFrame) -> str:
    known = outcomes[outcomes["position_adjust_threshold_usd"].notna()]
    if known.empty:
        return "How near was the rebalance threshold?"
    held = known[known["outcome"] == CycleOutcome.held_below_threshold]
    if held.empty:
        return f"None of {plural(len(known), 'cycle')} was held below the rebalance threshold"
    nearest = float(held["shortfall_usd"].min())
    return (
        f"{len(held):,} of {plural(len(known), 'cycle')} held below the rebalance threshold, "
        f"the nearest by {usd(nearest)}"
    )


def _sweep_finding(frame: pd.DataFrame) -> str:
    if len(frame) < 2:  # noqa: PLR2004 - the row of no threshold alone says nothing
        return "How many cycles would reach another threshold?"
    half, same, double = (_reach(frame, factor) for factor in (0.5, 1.0, 2.0))
    return f"Half the threshold would be reached by {plural(half, 'cycle')}, as it was by {same:,}, twice by {double:,}"


def _reach(frame: pd.DataFrame, factor: float) -> int:
    """How many cycles reach that multiple: the count at the next one at which it changes."""
    place = int(frame["factor"].searchsorted(factor))
    return int(frame["rebalance_count"].iloc[place]) if place < len(frame) else 0
