"""What of one pair fits into a picture, and what does it say?"""

import pandas as pd

from alpha_model.analysis import pair_history
from alpha_model.history import History
from alpha_model.units import PairId
from dashboard.drawing import Span
from dashboard.pictures.reduced import Picture, note, reduced
from dashboard.text import plural, share, usd

WEIGHTS = ["raw_share", "normalised_weight", "old_weight"]
DOLLARS = ["old_value", "position_target", "refused"]


def pair_weights_picture(history: History, pair_id: PairId, zoom: Span | None = None) -> Picture:
    """What the signal wanted, what the portfolio was to get, and what it held."""
    frame = _by_cycle(history, pair_id, WEIGHTS)
    drawn = reduced(frame, "mean", zoom)
    largest, usual = frame["normalised_weight"].max(), frame["normalised_weight"].fillna(0).mean()
    finding = (
        f"Its weight was at most {share(largest)}, {share(usual)} on average"
        if pd.notna(largest)
        else "It was never given a weight"
    )
    return Picture(drawn.frame, finding, note(drawn.kept, "the mean of each group"), drawn.refines)


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
