"""What of a history fits into each picture, and what does it say?

Pure functions History → picture: frames of the size that a browser draws at once, a one-line finding, and a note on
what was left out. Nothing here draws.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from alpha_model.analysis import (
    CycleOutcome,
    Kept,
    cycle_outcomes,
    flag_counts,
    live_pairs,
    merge_pairs,
    most_moved,
    normalised_weights,
    pairs_by_weight,
    ranges_widely,
    raw_shares,
    reduce_cycles,
    sides,
    size_risk_frame,
    threshold_frame,
    weight_diffs,
)
from alpha_model.history import History
from alpha_model.signal import TradingPairSignalFlags
from alpha_model.units import PairId
from dashboard.text import humanised, plural, share, usd

BUCKETS = 500
"""The most cycles that a picture draws one by one."""
TOP_PAIRS = 11
"""Pairs shown by name in a stack; the others are one more."""
HEATMAP_ROWS = 30
"""Pairs shown in a heatmap."""

PairIds: TypeAlias = tuple[PairId, ...]
"""A selection of pairs; empty is all of them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What one chart draws.

    Args:
        frame: The numbers, reduced to what is drawn.
        finding: What they say, in a line; a question where there is nothing to say.
        note: What was left out or merged; empty when nothing was.
    """

    frame: pd.DataFrame
    finding: str
    note: str = ""


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
    """

    raw: pd.DataFrame
    normalised: pd.DataFrame
    merged: int
    whole: str
    finding: str
    note: str


def weights_picture(history: History, pair_ids: PairIds = ()) -> WeightsPicture:
    """Raw and normalised weights of the heaviest pairs, shorts below 0."""
    side = sides(history).fillna(1.0)
    raw, normalised = raw_shares(history) * side, normalised_weights(history) * side
    live = live_pairs(_among(pairs_by_weight(history), pair_ids), raw, normalised)
    above, below = merge_pairs(raw, live, TOP_PAIRS)[0], merge_pairs(normalised, live, TOP_PAIRS)[0]
    kept = merge_pairs(normalised, live, TOP_PAIRS)[1]
    drawn, cycles = reduce_cycles(below, BUCKETS, "last")
    return WeightsPicture(
        raw=reduce_cycles(above, BUCKETS, "last")[0],
        normalised=drawn,
        merged=kept.total - kept.shown,
        whole=_whole(history),
        finding=_weights_finding(normalised[list(live)], _whole(history)),
        note=_note(cycles, "the last one of each group", kept, "named"),
    )


def diffs_picture(history: History, pair_ids: PairIds = ()) -> Picture:
    """The differences between normalised and old weight of the pairs that moved most."""
    diffs = weight_diffs(history)
    chosen = diffs[list(_among(history.pair_ids, pair_ids))]
    moved, kept = most_moved(chosen, HEATMAP_ROWS)
    drawn, cycles = reduce_cycles(moved, BUCKETS, "extreme")
    return Picture(drawn, _diffs_finding(chosen), _note(cycles, "the largest move of each group", kept, "with a row"))


def size_risk_picture(history: History) -> Picture:
    """Investable, accepted and discarded USD."""
    frame = size_risk_frame(history).set_index("timestamp")
    columns = ["investable_usd", "accepted_usd", "discarded_usd"]
    if frame[columns[1:]].isna().to_numpy().all():
        frame = frame.iloc[:0]
    drawn, cycles = reduce_cycles(frame[columns], BUCKETS, "mean")
    return Picture(drawn, _size_risk_finding(frame), _note(cycles, "the mean of each group"))


def thresholds_picture(history: History) -> Picture:
    """The largest change of each cycle against the threshold."""
    outcomes = cycle_outcomes(history)
    drawn = threshold_frame(history, BUCKETS)
    recorded = int(outcomes["max_position_adjust_usd"].notna().sum())
    cycles = Kept(len(drawn), recorded)
    unmarked = int((drawn["max_adjust_usd"] == 0).sum()) if ranges_widely(drawn) else 0
    note = _note(cycles, "of each group and outcome the largest change")
    if unmarked:
        note = f"{note} {plural(unmarked, 'cycle')} with nothing to change: no mark on a log scale.".strip()
    return Picture(drawn, _thresholds_finding(outcomes), note)


def flags_picture(history: History, pair_ids: PairIds = ()) -> Picture:
    """How many signals carry each flag."""
    counts = flag_counts(history, pair_ids or None)
    drawn, cycles = reduce_cycles(counts, BUCKETS, "sum")
    return Picture(drawn, _flags_finding(counts), _note(cycles, "the sum of each group"))


def equity_line(history: History) -> list[float]:
    """At most 100 points of total equity; where there is no equity curve, of investable equity."""
    total = history.equity["total_equity"].dropna()
    known = history.cycles["investable_equity"].dropna() if total.empty else total
    places = np.linspace(0, len(known) - 1, min(len(known), 100)).astype(int)
    return [float(value) for value in known.to_numpy()[places]]


def _among(
    order: np.ndarray[tuple[int], np.dtype[np.int64]], pair_ids: PairIds
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The selected pairs in that order; all when none is selected."""
    return order[np.isin(order, pair_ids)] if pair_ids else order


def _note(cycles: Kept, meaning: str, pairs: Kept | None = None, place: str = "") -> str:
    parts = []
    if pairs is not None and not pairs.is_everything:
        parts.append(f"{pairs.shown} of {pairs.total} pairs {place}.")
    if not cycles.is_everything:
        parts.append(f"Showing {cycles.shown:,} of {cycles.total:,} cycles: {meaning}.")
    return " ".join(parts)


def _whole(history: History) -> str:
    accepted = history.tables.cycles["accepted_investable_equity"]
    if accepted.null_count == len(accepted):
        return "investable equity"
    return "accepted equity" if accepted.null_count == 0 else "investable or accepted equity"


def _weights_finding(normalised: pd.DataFrame, whole: str) -> str:
    weights = np.nan_to_num(normalised.abs().to_numpy())
    if not weights.size or not weights.any():
        return "What did the strategy want, and what did normalising leave of it?"
    heaviest = weights.max(axis=1)
    counts = (weights > 0).sum(axis=1)
    invested = heaviest > 0
    return (
        f"{plural(round(float(np.median(counts[invested]))), 'position')} in a typical cycle, "
        f"the largest {share(float(np.median(heaviest[invested])))} of {whole}"
    )


def _diffs_finding(diffs: pd.DataFrame) -> str:
    moved = np.nan_to_num(diffs.abs().to_numpy()).sum(axis=1)
    if not moved.size or not moved.any():
        return "Which weights had to move?"
    most = int(moved.argmax())
    times = pd.DatetimeIndex(diffs.index)
    return f"Weights moved most on {times[most]:%-d %B %Y}: {moved[most] * 100:,.0f} percentage points in all"


def _size_risk_finding(frame: pd.DataFrame) -> str:
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


def _thresholds_finding(outcomes: pd.DataFrame) -> str:
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


def _flags_finding(counts: pd.DataFrame) -> str:
    if counts.empty:
        return "Which flags were raised?"
    totals = counts.sum()
    name = str(totals.idxmax())
    words = humanised(name) if name in TradingPairSignalFlags.__members__ else "one of the strategy's own"
    return f"The most frequent flag is “{words}”: {plural(int(totals.max()), 'signal')}"
