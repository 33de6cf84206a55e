"""What of size risk fits into a picture, and what does it say?"""

import pandas as pd

from alpha_model.analysis import capacity_by_pair, size_risk_frame
from alpha_model.analysis.facts import Kept
from alpha_model.history import History
from dashboard.drawing import PairIds, Span
from dashboard.pictures.reduced import Picture, note, reduced
from dashboard.text import plural, share, usd

PAIRS = 15
"""Pairs shown among those that refuse most."""


def size_risk_picture(history: History, zoom: Span | None = None) -> Picture:
    """Investable, accepted and discarded USD."""
    frame = size_risk_frame(history).set_index("timestamp")
    columns = ["investable_usd", "accepted_usd", "discarded_usd"]
    if frame[columns[1:]].isna().to_numpy().all():
        frame = frame.iloc[:0]
    drawn = reduced(frame[columns], "mean", zoom)
    return Picture(drawn.frame, _finding(frame), note(drawn.kept, "the mean of each group"), drawn.refines)


def capacity_picture(history: History, pair_ids: PairIds = ()) -> Picture:
    """What was asked of the pairs that refuse most, and what they accepted."""
    frame = capacity_by_pair(history)
    if pair_ids:
        frame = frame[frame["pair_id"].isin(pair_ids)]
    refusing = frame[frame["refused_usd"] > 0]
    shown = refusing.head(PAIRS).reset_index(drop=True)
    if refusing.empty:
        return Picture(shown, "No pair refused anything" if len(frame) else "Which pairs eat capacity?")
    few = min(3, len(refusing))
    part = float(refusing["refused_usd"].head(few).sum() / refusing["refused_usd"].sum())
    finding = f"{few} of {plural(len(frame), 'pair')} made {share(part)} of all refusals"
    return Picture(shown, finding, note(Kept(1, 1), "", Kept(len(shown), len(refusing)), "that refused are shown"))


def _finding(frame: pd.DataFrame) -> str:
    known = frame.dropna(subset=["discarded_usd"])
    if known.empty:
        return "Was money left uninvested because of size risk?"
    hit = known[known["discarded_usd"] > 0]
    if hit.empty:
        return "Size risk discarded nothing"
    return (
        f"Size risk left money uninvested in {len(hit):,} of {plural(len(known), 'cycle')}, "
        f"at most {usd(float(hit['discarded_usd'].max()))}"
    )
