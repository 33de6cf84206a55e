"""What of one pair fits into a picture, and what does it say?"""

import pandas as pd

from alpha_model.analysis import allocation, pair_history
from alpha_model.analysis.pairs import pair_shares, whole_exceptions, whole_words
from alpha_model.history import History
from alpha_model.values import PairId
from dashboard.drawing import Span
from dashboard.pictures.reduced import Picture, note, reduced
from dashboard.pictures.weights import cap_words
from dashboard.text import plural, share, usd

WEIGHTS = ["target_share", "held_share", "cap_share", "normalised_weight", "raw_share"]
AT_CAP = 1e-4
"""Relative: so near its cap a target is at it."""
DOLLARS = ["old_value", "position_target", "refused"]


def pair_weights_picture(history: History, pair_id: PairId, zoom: Span | None = None) -> Picture:
    """What share of the whole book it was to have and had, against its cap, beside what the signal wanted."""
    frame = pair_shares(history, pair_id)[WEIGHTS]
    drawn = reduced(frame, "mean", zoom)
    finding = "It was never given a share of the book"
    if frame["target_share"].notna().any():
        size = frame["target_share"].abs()
        part = f"At most {share(size.max())} of {whole_words(history)}, {share(size.fillna(0).mean())} on average"
        finding = f"{part}{_against_cap(frame)}"
    cap = cap_words(allocation(history))
    words = f"{whole_exceptions(history)} {cap} {note(drawn.kept, 'the mean of each group')}"
    return Picture(drawn.frame, finding, words.strip(), drawn.refines)


def _against_cap(frame: pd.DataFrame) -> str:
    """In how many of the cycles in which both are known its target was at its cap; empty where none is."""
    known = frame[(frame["target_share"] != 0) & frame["target_share"].notna() & frame["cap_share"].notna()]
    if known.empty:
        return ""
    at_cap = int((known["target_share"].abs() >= known["cap_share"] * (1 - AT_CAP)).sum())
    return f"; at its cap in {at_cap:,} of {plural(len(known), 'cycle')}"


def pair_dollars_picture(history: History, pair_id: PairId, zoom: Span | None = None) -> Picture:
    """What was held, what was aimed at, and what size risk refused."""
    frame = _by_cycle(history, pair_id, DOLLARS)
    if frame.isna().to_numpy().all():
        frame = frame.iloc[:0]
    drawn = reduced(frame, "mean", zoom)
    return Picture(drawn.frame, _dollars_finding(frame), note(drawn.kept, "the mean of each group"), drawn.refines)


def _dollars_finding(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "What was the position worth?"
    refused = frame[frame["refused"] > 0]
    if frame["refused"].isna().all():
        return f"The position was worth at most {usd(frame['old_value'].max())}; no size risk is recorded"
    if refused.empty:
        return f"The position was worth at most {usd(frame['old_value'].max())}; size risk refused nothing"
    worst = usd(float(refused["refused"].max()))
    return f"Size risk refused money in {plural(len(refused), 'cycle')}, at most {worst}"


def _by_cycle(history: History, pair_id: PairId, columns: list[str]) -> pd.DataFrame:
    """The pair's columns, one row a cycle of the history; NaN where the pair was not there."""
    frame = pair_history(history, pair_id).set_index("timestamp")[columns]
    return frame.reindex(history.timestamps)
