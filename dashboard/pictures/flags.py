"""What of the flags fits into a picture, and what do they say?"""

import pandas as pd

from alpha_model.analysis import flag_counts, flags_by_pair
from alpha_model.analysis.cycles import flag_co_occurrence
from alpha_model.analysis.facts import Kept
from alpha_model.history import History
from alpha_model.values import TradingPairSignalFlags
from dashboard.drawing import PairIds, Span
from dashboard.pictures.reduced import Picture, note, reduced
from dashboard.text import humanised, plural

PAIRS = 25
"""Pairs with a row of their own."""


def flags_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> Picture:
    """How many signals carry each flag."""
    counts = flag_counts(history, pair_ids or None)
    drawn = reduced(counts, "sum", zoom)
    return Picture(drawn.frame, _finding(counts), note(drawn.kept, "the sum of each group"), drawn.refines)


def flags_by_pair_picture(history: History, pair_ids: PairIds = ()) -> Picture:
    """How often the most flagged pairs carried each flag."""
    counts = flags_by_pair(history)
    if pair_ids:
        counts = counts[counts.index.isin(pair_ids)]
        counts = counts.loc[:, (counts > 0).any(axis=0)]
    if counts.empty:
        return Picture(counts.iloc[:0], "Which pairs are flagged?")
    shown = counts.head(PAIRS)
    most = counts.sum(axis=1)
    finding = f"{plural(len(counts), 'pair')} carried flags, the most flagged one {plural(int(most.iloc[0]), 'flag')}"
    return Picture(shown, finding, note(Kept(1, 1), "", Kept(len(shown), len(counts)), "with a row, the most flagged"))


def co_occurrence_picture(history: History, pair_ids: PairIds = ()) -> Picture:
    """How many signals carry two flags at once."""
    counts = flag_co_occurrence(history, pair_ids or None)
    best: tuple[int, str, str] = (0, "", "")
    for row, first in enumerate(counts.index):
        for second in counts.columns[:row]:
            best = max(best, (int(counts.loc[first, second]), str(second), str(first)))
    if len(counts) < 2:  # noqa: PLR2004 - one flag has no company
        return Picture(counts.iloc[:0], "Which flags come together?")
    if not best[0]:
        return Picture(counts, "No signal carried two flags at once")
    return Picture(
        counts, f"{flag_in_words(best[1])} and {flag_in_words(best[2])} came together on {plural(best[0], 'signal')}"
    )


def _finding(counts: pd.DataFrame) -> str:
    if counts.empty:
        return "Which flags were raised?"
    totals = counts.sum()
    return f"The most frequent flag is {flag_in_words(str(totals.idxmax()))}: {plural(int(totals.max()), 'signal')}"


def flag_in_words(flag: str) -> str:
    """A flag in quotation marks; a stranger's own is not repeated, since this becomes Markdown."""
    return f"“{humanised(flag)}”" if flag in TradingPairSignalFlags.__members__ else "one of the strategy's own"
