"""What of the weights fits into a picture, and what do they say?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis import allocation, normalised_weights, raw_shares
from alpha_model.analysis.facts import Kept, live_pairs, merge_pairs, pairs_by_weight
from alpha_model.analysis.pairs import is_locked, sides, target_shares, whole_exceptions, whole_words
from alpha_model.history import History
from dashboard.drawing import PairIds, Span
from dashboard.pictures.reduced import Picture, among, note, reduced
from dashboard.text import plural, share

TOP_PAIRS = 11
"""Pairs shown by name in a stack; the others are one more."""
HEATMAP_ROWS = 40
"""Pairs shown in a heatmap."""
NOTHING = "No weight was given to any pair"


REST = {"locked": "locked", "beside": "beside the model", "cash": "cash"}
"""What of the book is in no pair that can be traded, under names for people."""
CAPS = {"largest": "largest single pair", "cap": "cap of a single pair"}
"""What is read against each other in a panel of its own."""


@dataclass(frozen=True, slots=True)
class WeightsPicture:
    """What the chart of weights draws; every frame has the same rows.

    Args:
        raw: Shares of the raw weights, shorts below 0; one column a pair.
        shares: Targets as shares of the whole book, shorts below 0, without what is locked; the same columns.
        rest: Shares of it that are in no such pair, under the names of `REST`; only those that there are.
        caps: The largest share of a single pair and the most that one may have, under the names of `CAPS`; no columns
            where no cap is known.
        merged: How many pairs the column `OTHER` stands for.
        whole: What `shares` are shares of.
        finding: What they say, in a line.
        note: How the cap is known, what was left out or merged.
        refines: There are more cycles than are drawn.
    """

    raw: pd.DataFrame
    shares: pd.DataFrame
    rest: pd.DataFrame
    caps: pd.DataFrame
    merged: int
    whole: str
    finding: str
    note: str
    refines: bool


def weights_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> WeightsPicture:
    """Raw weights and shares of the whole book of the heaviest pairs, with all that is not in them."""
    raw = raw_shares(history) * sides(history).fillna(1.0)
    shares, parts = target_shares(history).mask(is_locked(history)), allocation(history)
    live = live_pairs(np.array(among(pairs_by_weight(history), pair_ids), dtype=np.int64), raw, shares)
    above = merge_pairs(raw, live, TOP_PAIRS)[0]
    below, kept = merge_pairs(shares, live, TOP_PAIRS)
    drawn = reduced(below, "last", zoom)
    rest = parts[[name for name in REST if (parts[name] > 0).any()]] if not pair_ids else parts[[]]
    caps = parts[list(CAPS)] if parts["cap"].notna().any() and not pair_ids else parts[[]]
    whole = whole_words(history)
    of_what = whole_exceptions(history)
    left_out = note(drawn.kept, "the last one of each group", kept, "named")
    return WeightsPicture(
        raw=reduced(above, "last", zoom).frame,
        shares=drawn.frame,
        rest=reduced(rest.rename(columns=REST), "last", zoom).frame,
        caps=reduced(caps.rename(columns=CAPS), "last", zoom).frame,
        merged=kept.total - kept.shown,
        whole=whole,
        finding=_finding(shares[list(live)], parts, whole),
        note=" ".join(each for each in (of_what, "" if pair_ids else cap_words(parts), left_out) if each),
        refines=drawn.refines,
    )


def reading_of(picture: WeightsPicture) -> str:
    """How the chart of weights is read."""
    short = " Shorts point down; both sides of the axis together are the whole." if _has_shorts(picture.shares) else ""
    third = " At the foot the largest single pair against its cap." if len(picture.caps.columns) else ""
    panels = f"What was to be held after all limits, of {picture.whole}."
    if len(picture.raw.columns):
        panels = f"Above what the signals asked for, below w{panels[1:]}"
    return (f"{panels}{third}{short} {picture.note}").strip()


def cap_words(parts: pd.DataFrame) -> str:
    """How the cap of a single pair is known, in a sentence; `parts` is an `allocation`."""
    known = parts[parts["cap"].notna()]
    if known.empty:
        return "No max weight is recorded, and none can be inferred."
    sure = " or ".join(word for word in ("recorded", "inferred") if (known["cap_provenance"] == word).any())
    return f"The cap is the max weight ({sure}) × investable / equity."


def weights_map_picture(history: History, pair_ids: PairIds = (), zoom: Span | None = None) -> Picture:
    """The normalised weight of every pair, the heaviest on top, shorts below 0; NaN where it has none."""
    normalised = normalised_weights(history) * sides(history).fillna(1.0)
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


def _has_shorts(shares: pd.DataFrame) -> bool:
    return bool((shares < 0).to_numpy().any())


def _finding(shares: pd.DataFrame, parts: pd.DataFrame, whole: str) -> str:
    weights = np.nan_to_num(shares.abs().to_numpy())
    told = [f"{share(float(parts[name].iloc[-1]))} {words}" for name, words in REST.items() if _is_last(parts, name)]
    end = f"; in the last cycle {', '.join(told)}" if told else ""
    if not weights.size or not weights.any():
        return f"No pair could be traded{end} of {whole}" if _is_last(parts, "locked") else f"{NOTHING}{end}"
    if _has_shorts(shares):
        last = parts.iloc[-1]
        end = f"; in the last cycle gross {share(last['gross'])}, net {share(last['net'])}"
    heaviest = weights.max(axis=1)
    counts = (weights > 0).sum(axis=1)
    invested = heaviest > 0
    return (
        f"{plural(round(float(np.median(counts[invested]))), 'position')} in a typical cycle, "
        f"the largest {share(float(np.median(heaviest[invested])))} of {whole}{end}"
    )


def _is_last(parts: pd.DataFrame, name: str) -> bool:
    return bool(len(parts) and parts[name].iloc[-1] > 0)


def _map_finding(normalised: pd.DataFrame) -> str:
    held = (np.nan_to_num(normalised.to_numpy()) != 0).sum(axis=0)
    if not held.size:
        return NOTHING
    steady = int((held >= 0.5 * len(normalised)).sum())
    return f"{plural(len(held), 'pair')} had a weight at least once, {steady} of them in half the cycles or more"
