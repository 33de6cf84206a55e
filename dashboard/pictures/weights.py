"""What of the weights fits into a picture, and what do they say?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis import live_pairs, merge_pairs, normalised_weights, pairs_by_weight, raw_shares, sides
from alpha_model.analysis.reduce import Kept
from alpha_model.history import History
from dashboard.drawing import PairIds, Span
from dashboard.pictures.reduced import Picture, among, note, reduced
from dashboard.text import plural, share

TOP_PAIRS = 11
"""Pairs shown by name in a stack; the others are one more."""
HEATMAP_ROWS = 40
"""Pairs shown in a heatmap."""
NOTHING = "No weight was given to any pair"


@dataclass(frozen=True, slots=True)
class WeightsPicture:
    """What the chart of weights draws.

    Args:
        raw: Shares of the raw weights, shorts below 0.
        normalised: Normalised weights, shorts below 0; the same rows and columns.
        merged: How many pairs the column `OTHER` stands for.
        whole: What the normalised weights are shares of.
        finding: What they say, in a line.
        note: What was left out or merged.
        refines: There are more cycles than are drawn.
    """

    raw: pd.DataFrame
    normalised: pd.DataFrame
    merged: int
    whole: str
    finding: str
    note: str
    refines: bool


def weights_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> WeightsPicture:
    """Raw and normalised weights of the heaviest pairs, shorts below 0."""
    raw, normalised = _signed(history)
    live = live_pairs(np.array(among(pairs_by_weight(history), pair_ids), dtype=np.int64), raw, normalised)
    above = merge_pairs(raw, live, TOP_PAIRS)[0]
    below, kept = merge_pairs(normalised, live, TOP_PAIRS)
    drawn = reduced(below, "last", zoom)
    return WeightsPicture(
        raw=reduced(above, "last", zoom).frame,
        normalised=drawn.frame,
        merged=kept.total - kept.shown,
        whole=whole_of(history),
        finding=_finding(normalised[list(live)], whole_of(history)),
        note=note(drawn.kept, "the last one of each group", kept, "named"),
        refines=drawn.refines,
    )


def weights_map_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> Picture:
    """The normalised weight of every pair, the heaviest on top, shorts below 0; NaN where it has none."""
    _, normalised = _signed(history)
    live = live_pairs(np.array(among(pairs_by_weight(history), pair_ids), dtype=np.int64), normalised)
    rows = list(live[:HEATMAP_ROWS])
    drawn = reduced(normalised[rows].replace(0.0, np.nan), "last", zoom)
    kept = Kept(len(rows), len(live))
    return Picture(
        drawn.frame,
        _map_finding(normalised[list(live)]),
        note(drawn.kept, "the last one of each group", kept, "with a row, the heaviest"),
        drawn.refines,
    )


def whole_of(history: History) -> str:
    """What normalised weights are shares of, in words."""
    accepted = history.tables.cycles["accepted_investable_equity"]
    if accepted.null_count == len(accepted):
        return "investable equity"
    return "accepted equity" if accepted.null_count == 0 else "investable or accepted equity"


def _signed(history: History) -> tuple[pd.DataFrame, pd.DataFrame]:
    side = sides(history).fillna(1.0)
    return raw_shares(history) * side, normalised_weights(history) * side


def _finding(normalised: pd.DataFrame, whole: str) -> str:
    weights = np.nan_to_num(normalised.abs().to_numpy())
    if not weights.size or not weights.any():
        return NOTHING
    heaviest = weights.max(axis=1)
    counts = (weights > 0).sum(axis=1)
    invested = heaviest > 0
    return (
        f"{plural(round(float(np.median(counts[invested]))), 'pair')} with a weight in a typical cycle, "
        f"the largest {share(float(np.median(heaviest[invested])))} of {whole}"
    )


def _map_finding(normalised: pd.DataFrame) -> str:
    held = (np.nan_to_num(normalised.to_numpy()) != 0).sum(axis=0)
    if not held.size:
        return NOTHING
    steady = int((held >= 0.5 * len(normalised)).sum())
    return f"{plural(len(held), 'pair')} had a weight at least once, {steady} of them in half the cycles or more"
