"""What of the weight changes fits into a picture, and what do they say?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import most_moved, movers, weight_diffs, weight_moved
from alpha_model.analysis.reduce import Kept
from alpha_model.history import History
from dashboard.drawing import PairIds, Span
from dashboard.pictures.reduced import Picture, among, note, reduced
from dashboard.text import plural

HEATMAP_ROWS = 30
"""Pairs shown in a heatmap."""
MOVERS = 15
"""Pairs shown among the biggest movers."""
NOTHING = "No weight had to move"


def diffs_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> Picture:
    """The differences between normalised and old weight of the pairs that moved most."""
    chosen = weight_diffs(history)[among(history.pair_ids, pair_ids)]
    moved, kept = most_moved(chosen, HEATMAP_ROWS)
    drawn = reduced(moved, "extreme", zoom)
    words = note(drawn.kept, "the largest move of each group", kept, "with a row")
    return Picture(drawn.frame, _finding(chosen), words, drawn.refines)


def moved_picture(history: History, zoom: Span | None = None) -> Picture:
    """How much weight had to move in each cycle, up and down."""
    frame = weight_moved(history)
    drawn = reduced(frame, "mean", zoom)
    moved = (frame["grew"] - frame["shrank"]).dropna()
    finding = NOTHING
    if moved.any():
        typical = float(moved.median()) * 100
        finding = f"In a typical cycle {typical:,.1f} percentage points of weight had to move"
    return Picture(drawn.frame, finding, note(drawn.kept, "the mean of each group"), drawn.refines)


def movers_picture(history: History, pair_ids: PairIds = ()) -> Picture:
    """The pairs that moved most."""
    frame = movers(history)
    if pair_ids:
        frame = frame[frame["pair_id"].isin(pair_ids)]
    shown = frame.head(MOVERS).reset_index(drop=True)
    finding = NOTHING
    if len(frame):
        few = min(3, len(frame))
        part = float(frame["moved"].head(few).sum() / frame["moved"].sum())
        finding = f"The {few} biggest of {plural(len(frame), 'mover')} made {part * 100:.0f} % of all moves"
        if len(frame) == 1:
            finding = "One pair made all the moves"
    return Picture(shown, finding, note(Kept(1, 1), "", Kept(len(shown), len(frame)), "shown"))


def _finding(diffs: pd.DataFrame) -> str:
    moved = np.nan_to_num(diffs.abs().to_numpy()).sum(axis=1)
    if not moved.size or not moved.any():
        return NOTHING
    most = int(moved.argmax())
    times = pd.DatetimeIndex(diffs.index)
    return f"Weights moved most on {times[most]:%-d %B %Y}: {moved[most] * 100:,.0f} percentage points in all"
