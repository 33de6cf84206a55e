"""How was the whole book to be divided: among pairs, what is locked, what stands beside the model, and cash?

Every share here is of the equity of `book_frame`. Where a source records no dollars, only weights, it is the source's
own normalised weight, and `equity_whole` says so.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from alpha_model.analysis.facts import (
    PINNED,
    WHOLE_MEANINGS,
    Facts,
    Numbers,
    Places,
    Truths,
    Whole,
    as_words,
    facts_of,
    is_in,
    numbers,
    was_short,
)
from alpha_model.analysis.pairs.weights import raw_shares, sides
from alpha_model.analysis.settings import Settings
from alpha_model.history import History
from alpha_model.history.tables import places_of
from alpha_model.values import PairId

Matrix: TypeAlias = npt.NDArray[np.float64]


def target_shares(history: History | Facts) -> pd.DataFrame:
    """What was wanted of each pair after all limits, as a share of the whole book.

    Returns:
        DatetimeIndex (UTC), one row a cycle; one column a pair id, in the order of `pairs`; target / equity of
        `book_frame`, below 0 for a short, locked positions at their value; where no target is recorded, normalised
        weight x accepted equity / equity, and where no equity is, the normalised weight; NaN where the pair has none.
    """
    facts = facts_of(history)
    return _pairs_frame(facts.history, _targets(facts))


def held_shares(history: History | Facts) -> pd.DataFrame:
    """What was held of each pair before the trades, as a share of the whole book; shaped as `target_shares`."""
    facts = facts_of(history)
    held = np.abs(facts.wide("old_value")) * np.where(_was_short(facts.history), -1.0, 1.0)
    return _pairs_frame(facts.history, held / facts.book.equity[:, None])


def moves_usd(history: History | Facts) -> pd.DataFrame:
    """The dollars that each pair was to change by, shaped as `target_shares`; NaN where it has no change.

    Above 0 a position was to grow, a short too: USD of position value.
    """
    facts = facts_of(history)
    return _pairs_frame(facts.history, facts.wide("position_adjust_usd").copy())


def is_locked(history: History | Facts) -> Truths:
    """Which pairs could not be traded: carried forward, frozen or pending; cycles x pairs, as `target_shares`."""
    facts = facts_of(history)
    locked: Truths = np.nan_to_num(facts.wide("carry_forward")) != 0
    positions = facts.history.tables.positions
    place, column = _cells(facts.history, positions)
    pinned = is_in(positions["state"], PINNED) & (column >= 0)
    locked[place[pinned], column[pinned]] = True
    return locked


def allocation(history: History | Facts) -> pd.DataFrame:
    """How the whole book was to be divided in each cycle, and how near its cap the largest pair was.

    Returns:
        DatetimeIndex (UTC), one row a cycle: equity_whole (a `Whole` value: of what these are shares); gross (Σ|share|
        of the pairs, locked ones too) and net (the same signed, shorts below 0); free (of gross, what could be traded);
        locked; beside (positions of pairs that the model said nothing about, credit too); cash (what is left, not below
        0): free + locked + beside + cash are 1. largest (the largest |share| of a single pair that is not locked) of
        largest_pair_id (0 = none); cap (max weight x investable / equity: the most that a single pair may have) with
        cap_provenance. NaN = not known.
    """
    facts = facts_of(history)
    columns = {"equity_whole": facts.book.whole, **_parts(facts), **_largest(facts)}
    frame = pd.DataFrame(columns, index=facts.history.timestamps)
    frame["cap"] = _caps(facts.settings, facts.book.equity)
    frame["cap_provenance"] = as_words(facts.settings.max_weight_from)
    return frame


def _parts(facts: Facts) -> dict[str, Numbers]:
    """What each part of the book was to be, as shares of it."""
    history, book, shares, pinned = facts.history, facts.book, np.nan_to_num(_targets(facts)), is_locked(facts)
    silent = np.bincount(history.signal_places, minlength=len(history)) == 0
    told = silent | (np.bincount(history.signal_places[~np.isnan(_wanted(facts))], minlength=len(history)) > 0)
    free = np.where(told, np.where(pinned, 0.0, np.abs(shares)).sum(axis=1), np.nan)
    short = np.where(shares < 0, -shares, 0.0).sum(axis=1)
    locked, beside = (np.nan_to_num(usd / book.equity) for usd in (book.locked, _beside(history)))
    return {
        "gross": free + locked,
        "net": free + locked - 2 * short,
        "free": free,
        "locked": locked,
        "beside": beside,
        "cash": np.maximum(1.0 - free - locked - beside, 0.0),
    }


def _largest(facts: Facts) -> dict[str, Numbers]:
    """The largest share of a single pair that is not locked, and which pair that is."""
    history, free = facts.history, np.where(is_locked(facts), 0.0, np.abs(np.nan_to_num(_targets(facts))))
    if not free.shape[1]:
        return {"largest": np.full(len(history), np.nan), "largest_pair_id": np.zeros(len(history), dtype=np.int64)}
    place, most = free.argmax(axis=1), free.max(axis=1)
    return {
        "largest": np.where(most > 0, most, np.nan),
        "largest_pair_id": np.where(most > 0, history.pair_ids[place], 0),
    }


def pair_shares(history: History | Facts, pair_id: PairId) -> pd.DataFrame:
    """The shares of one pair in each cycle.

    Args:
        history: The whole record: raw shares are among all pairs of a cycle.
        pair_id: The pair.

    Returns:
        DatetimeIndex (UTC), one row a cycle: target_share and held_share (of the whole book);
        cap_share (the most it may have of it); normalised_weight (share of accepted equity, as recorded); raw_share
        (raw weight / Σ raw weights); all but the cap below 0 for a short. NaN = none, or not known.
    """
    facts = facts_of(history)
    history, side = facts.history, sides(facts.history)[pair_id].fillna(1.0)
    columns = {
        "target_share": target_shares(facts)[pair_id],
        "held_share": held_shares(facts)[pair_id],
        "cap_share": _caps(facts.settings, facts.book.equity),
        "normalised_weight": history.wide_frame("normalised_weight")[pair_id] * side,
        "raw_share": raw_shares(history)[pair_id] * side,
    }
    return pd.DataFrame(columns, index=history.timestamps)


def whole_words(history: History | Facts) -> str:
    """What shares of the whole book are shares of in most cycles, in words after "of"."""
    return WHOLE_MEANINGS[_wholes(facts_of(history))[0][0]]


def whole_exceptions(history: History | Facts) -> str:
    """In how many cycles they are shares of something else, in a sentence; empty where there is none."""
    facts = facts_of(history)
    others = [f"in {count:,} {WHOLE_MEANINGS[name]}" for name, count in _wholes(facts)[1:]]
    return f"Of {len(facts.history):,} cycles it is {', '.join(others)}." if others else ""


def _wholes(facts: Facts) -> list[tuple[Whole, int]]:
    """What shares are shares of and in how many cycles, the most frequent first."""
    counts = [(name, int((facts.book.whole == str(name)).sum())) for name in Whole]
    known = [pair for pair in sorted(counts, key=lambda pair: -pair[1]) if pair[1]]
    return known or [(Whole.unknown, 0)]


def _caps(settings: Settings, equity: Numbers) -> Numbers:
    """Max weight x investable / equity; the max weight itself where no equity is recorded."""
    return np.where(np.isnan(equity), settings.max_weight, settings.max_usd / equity)


def _targets(facts: Facts) -> Matrix:
    """`target_shares` as a matrix."""
    book, accepted = facts.book, facts.of_cycle("accepted_investable_equity")
    invested = np.where(np.isnan(accepted), book.investable, accepted)[:, None]
    target, weight = facts.wide("position_target"), facts.wide("normalised_weight")
    equity = book.equity[:, None]
    usd = np.where(np.isnan(target), weight * invested, target)
    shares = np.where(np.isnan(equity), weight, usd / equity)
    signal = np.nan_to_num(facts.wide("signal_in_selection"))
    return np.abs(shares) * np.where((signal < 0) | ((signal == 0) & _was_short(facts.history)), -1.0, 1.0)


def _wanted(facts: Facts) -> Numbers:
    """The target of each row of `signals`, or its weight; NaN where neither is recorded."""
    target, weight = facts.column("position_target"), facts.column("normalised_weight")
    return np.where(np.isnan(target), weight, target)


def _was_short(history: History) -> Truths:
    """Which pairs were held short before the trades; cycles x pairs."""
    short = np.zeros((len(history), len(history.pair_ids)), dtype=np.bool_)
    short[history.signal_places, history.pair_places] = was_short(history)
    return short


def _beside(history: History) -> Numbers:
    """USD of open positions in each cycle of pairs that have no row in `signals` there."""
    positions = history.tables.positions
    place, column = _cells(history, positions)
    told = np.zeros((len(history), len(history.pair_ids) + 1), dtype=np.bool_)  # the last is of no pair at all
    told[history.signal_places, history.pair_places] = True
    silent = ~told[place, column] & ~is_in(positions["state"], PINNED)
    value = np.where(silent, np.abs(np.nan_to_num(numbers(positions, "value"))), 0.0)
    return np.bincount(place, weights=value, minlength=len(history)).astype(np.float64)


def _cells(history: History, positions: pa.Table) -> tuple[Places, Places]:
    """Place of the cycle and of the pair of each row."""
    place = places_of(history.cycle_numbers, positions["cycle"].to_numpy())
    return place, places_of(history.pair_ids, positions["pair_id"].to_numpy())


def _pairs_frame(history: History, matrix: Matrix) -> pd.DataFrame:
    return pd.DataFrame(matrix, index=history.timestamps, columns=pd.Index(history.pair_ids, name="pair_id"))
