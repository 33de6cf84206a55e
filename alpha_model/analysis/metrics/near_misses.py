"""How far was each gate from the other outcome?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import RECORDED, Facts, Numbers, Places, Truths, as_words, facts_of, has_flags
from alpha_model.analysis.metrics.board import Board
from alpha_model.history import History
from alpha_model.rules import larger_side
from alpha_model.values import TradingPairSignalFlags as Flags


class Gate(StrEnum):
    """Where a cycle compares a number with a limit."""

    rebalance_threshold = "rebalance_threshold"
    individual_threshold = "individual_threshold"
    selection = "selection"
    signal_threshold = "signal_threshold"
    max_weight = "max_weight"
    size_cap = "size_cap"
    closing_weight = "closing_weight"


GATE_MEANINGS: dict[Gate, str] = {
    Gate.rebalance_threshold: "the largest change against the threshold of the whole rebalance, USD; below, nothing "
    "trades",
    Gate.individual_threshold: "one pair's change against the threshold for single trades, USD; below, it is skipped",
    Gate.selection: "the strongest signal left out against the weakest chosen one; below, it stays out",
    Gate.signal_threshold: "one signal's strength against the recorded signal threshold; below, it stays out",
    Gate.max_weight: "one pair's share of the raw weights against the largest share allowed; above, it is cut",
    Gate.size_cap: "what one pair asked for against what size risk allowed at most, USD; above, the rest is refused",
    Gate.closing_weight: "one pair's weight against the closing weight; below, the position is closed or not opened",
}
"""What is compared with what at each gate, in which unit, and what lies on the other side."""


_GATES = pd.CategoricalDtype([str(gate) for gate in Gate])


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One gate in every cycle that has it; one entry each.

    Args:
        gate: Which.
        place: Of the cycle.
        row: Of `signals`; -1 for the rebalance as a whole.
        value: What was compared.
        limit: With what.
        compared: How many numbers the gate looked at in the cycle.
    """

    gate: Gate
    place: Places
    row: Places
    value: Numbers
    limit: Numbers
    compared: Places


def near_misses(history: History | Facts) -> pd.DataFrame:
    """Of each gate in each cycle, the number that came closest to its limit, from either side.

    Returns:
        RangeIndex, one row a cycle and gate, ordered by cycle, then by gate as in `Gate`; no row where the source does
        not record the gate's limit, or nothing was compared: cycle; timestamp (UTC); gate (categorical); pair_id
        (Int64; absent for the whole rebalance); value and limit (USD at the thresholds and the size cap, shares at the
        weights, signal strength at the selection); margin (value - limit; its size is what was missing to the other
        outcome); relative (margin / limit; NaN for a limit of 0); reached (value >= limit); compared (how many numbers
        the gate looked at); limit_provenance (`recorded`, or `inferred` where `cycle_settings` fitted the limit).

    `max_weight` is left out where size risk decides, which compares what is asked, not the share; `closing_weight` for
    weights of 0, which are not wanted at all.
    """
    facts = facts_of(history)
    board, found = facts.board, list(_comparisons(facts))
    gates = list(Gate)
    place, row = (np.concatenate([getattr(each, name) for each in found]) for name in ("place", "row"))
    value, limit = (np.concatenate([getattr(each, name) for each in found]) for name in ("value", "limit"))
    compared = np.concatenate([each.compared for each in found])
    code = np.repeat([gates.index(each.gate) for each in found], [len(each.place) for each in found])
    order = np.lexsort((code, place))
    place, row, value, limit = place[order], row[order], value[order], limit[order]
    pair_ids = board.history.tables.signals["pair_id"].to_numpy()
    of_pair = row >= 0
    ids = np.zeros(len(row), dtype=np.int64)
    ids[of_pair] = pair_ids[row[of_pair]]
    margin = value - limit
    return pd.DataFrame(
        {
            "cycle": board.history.cycle_numbers[place],
            "timestamp": board.history.timestamps[place],
            "gate": pd.Categorical.from_codes(code[order], dtype=_GATES),
            "pair_id": pd.arrays.IntegerArray(ids, ~of_pair),
            "value": value,
            "limit": limit,
            "margin": margin,
            "relative": margin / np.where(limit > 0, limit, np.nan),
            "reached": margin >= 0,
            "compared": compared[order],
            "limit_provenance": _provenance(facts.settings_frame, code[order], place),
        }
    )


def _provenance(settings: pd.DataFrame, code: Places, place: Places) -> pd.Categorical:
    """Only the largest share allowed is ever fitted."""
    of_cap = settings["max_weight_provenance"].cat.codes.to_numpy()[place]
    is_cap = code == list(Gate).index(Gate.max_weight)
    return as_words(np.where(is_cap, of_cap, RECORDED).astype(np.int8))


def _comparisons(facts: Facts) -> Iterator[_Comparison]:
    def setting(name: str) -> Numbers:
        return facts.settings_frame[name].to_numpy(dtype=np.float64)[places]

    board = facts.board
    places, plan = board.places, board.plan
    largest, threshold = board.of_cycle("max_position_adjust_usd"), board.of_cycle("position_adjust_threshold_usd")
    there = np.flatnonzero((largest > 0) & (threshold > 0))
    alone = np.ones(len(there), dtype=np.int64)
    yield _Comparison(Gate.rebalance_threshold, there, -alone, largest[there], threshold[there], alone)

    adjust, strength = board.row("position_adjust_usd"), np.abs(np.nan_to_num(board.row("signal")))
    single = facts.recorded.least(adjust < 0, places)
    size = larger_side(adjust, np.nan_to_num(board.row("old_value")), facts.flips)
    held = (threshold > largest)[places]
    closes = has_flags(board.history, Flags.closed)  # which no size holds back
    asked_alone = (plan.planned | plan.skipped) & ~closes & ~held
    yield _nearest(board, Gate.individual_threshold, size, single, asked_alone & (single > 0))

    chosen = board.row("selected") == 1
    weakest = _extreme(np.minimum, board, np.where(chosen, strength, np.inf))
    number = np.bincount(places[chosen], minlength=len(board.history))[places]
    ranked = np.where(number < setting("top_n"), np.inf, weakest[places])
    limit = setting("signal_threshold")
    left_out = ~chosen & (strength > 0) & ~(strength < limit) & np.isfinite(ranked)
    best = _extreme(np.maximum, board, np.where(left_out, strength, -np.inf))
    yield _nearest(board, Gate.selection, strength, ranked, left_out & (strength == best[places]), left_out)
    yield _nearest(board, Gate.signal_threshold, strength, limit, (strength > 0) & (limit > 0))

    raw = np.where(chosen, np.nan_to_num(board.row("raw_weight")), 0.0)
    total = np.bincount(places, weights=raw, minlength=len(board.history))
    share = raw / np.where(total > 0, total, np.nan)[places]
    asked, cap = board.row("asked"), board.row("size_cap_usd")
    sized = np.bincount(places[~np.isnan(asked)], minlength=len(board.history)) > 0
    yield _nearest(board, Gate.max_weight, share, setting("max_weight"), chosen & ~sized[places])
    yield _nearest(board, Gate.size_cap, asked, cap, asked > 0)

    weight, epsilon = board.row("normalised_weight"), board.of_cycle("close_position_weight_epsilon")[places]
    concerned = (weight > 0) & (epsilon > 0)
    yield _nearest(board, Gate.closing_weight, weight, epsilon, concerned)


def _nearest(
    board: Board, gate: Gate, value: Numbers, limit: Numbers, where: Truths, looked_at: Truths | None = None
) -> _Comparison:
    """The row of each cycle whose value is nearest to its limit; the first of several."""
    known = where & np.isfinite(value) & np.isfinite(limit)
    rows = np.flatnonzero(known)
    distance = np.abs(value - limit)[rows]
    places = board.places[rows]
    first = np.flatnonzero(np.diff(places, prepend=-1))
    if not len(rows):
        return _Comparison(gate, places, rows, value[rows], limit[rows], places)
    least = np.repeat(np.minimum.reduceat(distance, first), np.diff(np.append(first, len(rows))))
    ties = np.flatnonzero(distance == least)
    kept = rows[ties[np.flatnonzero(np.diff(places[ties], prepend=-1))]]
    place = board.places[kept]
    compared = np.bincount(board.places[known if looked_at is None else looked_at], minlength=len(board.history))
    return _Comparison(gate, place, kept, value[kept], limit[kept], compared[place].astype(np.int64))


def _extreme(reduce: np.ufunc, board: Board, values: Numbers) -> Numbers:
    """The smallest or largest number of each cycle; infinite where it has no row."""
    found = np.full(len(board.history), np.inf if reduce is np.minimum else -np.inf)
    if len(values):
        first = np.flatnonzero(np.diff(board.places, prepend=-1))
        found[board.places[first]] = reduce.reduceat(values, first)
    return found
