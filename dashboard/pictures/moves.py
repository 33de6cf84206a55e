"""What of the moves fits into a picture, and what do they say?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import weight_diffs
from alpha_model.analysis.facts import Kept, most_moved
from alpha_model.analysis.pairs import moved, movers, moves, moves_are_usd
from alpha_model.history import History
from dashboard.drawing import PairIds, Span
from dashboard.pictures.reduced import Picture, among, note, reduced
from dashboard.text import plural, usd

HEATMAP_ROWS = 30
"""Pairs shown in a heatmap."""
MOVERS = 15
"""Pairs shown among the biggest movers."""
NOTHING = "Nothing had to move"
NO_DIFFS = "No weight had to move"


def amount(move: float, *, dollars: bool) -> str:
    """A move for people: $1.2k, or 3.1 pp."""
    return usd(move) if dollars else f"{move * 100:,.1f} pp"


def moves_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> Picture:
    """What each of the pairs that moved most had to change by."""
    return _map(moves(history), history, pair_ids, zoom, dollars=moves_are_usd(history), nothing=NOTHING)


def diffs_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> Picture:
    """The differences between normalised and old weight of the pairs that moved most."""
    return _map(weight_diffs(history), history, pair_ids, zoom, dollars=False, nothing=NO_DIFFS)


def moved_picture(history: History, zoom: Span | None = None) -> Picture:
    """How much had to move in each cycle, up and down."""
    frame = moved(history)
    drawn = reduced(frame, "mean", zoom)
    total = (frame["grew"] - frame["shrank"]).dropna()
    finding = NOTHING
    if total.any():
        typical = amount(float(total.median()), dollars=moves_are_usd(history))
        finding = f"In a typical cycle {typical} had to move"
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
        if len(frame) <= few:
            finding = f"{'One pair' if few == 1 else f'{few} pairs'} made all the moves"
    return Picture(shown, finding, note(Kept(1, 1), "", Kept(len(shown), len(frame)), "shown"))


def _map(
    frame: pd.DataFrame, history: History, pair_ids: PairIds, zoom: Span | None, *, dollars: bool, nothing: str
) -> Picture:
    ids = history.pair_ids[(np.nan_to_num(frame.to_numpy()) != 0).any(axis=0)]
    chosen = frame[among(ids, pair_ids)]
    most, kept = most_moved(chosen, HEATMAP_ROWS)
    drawn = reduced(most, "extreme", zoom)
    words = note(drawn.kept, "the largest move of each group", kept, "with a row")
    return Picture(drawn.frame, _finding(chosen, nothing, dollars=dollars), words, drawn.refines)


def _finding(frame: pd.DataFrame, nothing: str, *, dollars: bool) -> str:
    total = np.nan_to_num(frame.abs().to_numpy()).sum(axis=1)
    if not total.size or not total.any():
        return nothing
    most = int(total.argmax())
    times = pd.DatetimeIndex(frame.index)
    what = "Most had to move" if dollars else "Weights had to move most"
    return f"{what} on {times[most]:%-d %B %Y}: {amount(float(total[most]), dollars=dollars)} in all"
