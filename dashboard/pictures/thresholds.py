"""What of the rebalance threshold fits into a picture, and what does it say?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import CycleOutcome, Kept, cycle_outcomes, ranges_widely, threshold_frame, threshold_sweep
from alpha_model.history import History
from dashboard.drawing import Span
from dashboard.pictures.reduced import BUCKETS, Picture, note, widened
from dashboard.text import plural, usd

STEPS = 400
"""The most steps of the curve over thresholds."""


def thresholds_picture(history: History, zoom: Span | None = None) -> Picture:
    """The largest change of each cycle against the threshold."""
    outcomes = cycle_outcomes(history)
    view = widened(zoom) if zoom else None
    seen = history.between(view.start, view.end) if view else history
    drawn = threshold_frame(seen, BUCKETS)
    recorded = int(outcomes["max_position_adjust_usd"].notna().sum())
    total = int(cycle_outcomes(seen)["max_position_adjust_usd"].notna().sum()) if view else recorded
    unmarked = int((drawn["max_adjust_usd"] == 0).sum()) if ranges_widely(drawn) else 0
    words = note(Kept(len(drawn), total), "of each group and outcome the largest change")
    if unmarked:
        words = f"{words} {plural(unmarked, 'cycle')} with nothing to change: no mark on a log scale.".strip()
    return Picture(drawn, _finding(outcomes), words, recorded > BUCKETS)


def sweep_picture(history: History) -> Picture:
    """How many cycles would reach any other threshold; `actual_usd` is the last recorded threshold, in every row."""
    frame = threshold_sweep(history)
    recorded = history.cycles["position_adjust_threshold_usd"].dropna()
    if len(frame) > STEPS:
        places = np.unique(np.linspace(0, len(frame) - 1, STEPS).astype(np.int64))
        frame = frame.iloc[places].reset_index(drop=True)
    frame = frame.assign(actual_usd=float(recorded.iloc[-1]) if len(recorded) else np.nan)
    return Picture(frame, _sweep_finding(history, frame))


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


def _sweep_finding(history: History, frame: pd.DataFrame) -> str:
    if frame.empty or np.isnan(frame["actual_usd"].iloc[0]):
        return "How many cycles would reach another threshold?"
    actual = float(frame["actual_usd"].iloc[0])
    largest = history.cycles["max_position_adjust_usd"].dropna().to_numpy(dtype=np.float64)
    half, double = (int((largest[largest > 0] >= actual * factor).sum()) for factor in (0.5, 2.0))
    return (
        f"Half the last threshold ({usd(actual / 2)}) would let {half:,} of {plural(len(largest), 'cycle')} trade, "
        f"twice ({usd(actual * 2)}) {double:,}"
    )
