"""Which cycles does somebody look for?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.cycles.flags import rows_with_flag
from alpha_model.analysis.facts import Places, Truths, cycle_outcomes, numbers
from alpha_model.history import History
from alpha_model.values import PairId, Usd


@dataclass(frozen=True, slots=True)
class CycleQuery:
    """What the wanted cycles have in common; what is empty does not matter.

    Args:
        outcomes: They ended in one of these ways: values of `CycleOutcome`.
        flags: One of their pairs carries one of these flags.
        pair_ids: One of these pairs was selected, held or changed.
        at_least_usd: The change of one of their pairs was as large as this, up or down.
        words: Their message, or one that came before the next cycle, contains these words, in upper or lower case.

    Flags, pair and change are about one and the same pair.
    """

    outcomes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    pair_ids: tuple[PairId, ...] = ()
    at_least_usd: Usd | None = None
    words: str = ""

    @property
    def is_empty(self) -> bool:
        """Does it leave every cycle?"""
        return self == CycleQuery()


def find_cycles(history: History, query: CycleQuery) -> Places:
    """The places of the cycles that a query describes, in order.

    Returns:
        Rows of `history.cycles`, int64.
    """
    found = np.ones(len(history), dtype=np.bool_)
    if query.outcomes:
        found &= cycle_outcomes(history)["outcome"].isin(query.outcomes).to_numpy(dtype=np.bool_)
    if query.flags or query.pair_ids or query.at_least_usd is not None:
        found &= _has_such_a_pair(history, query)
    if query.words:
        found &= _says(history, query.words)
    return np.flatnonzero(found).astype(np.int64)


def _has_such_a_pair(history: History, query: CycleQuery) -> Truths:
    signals = history.tables.signals
    change = np.abs(np.nan_to_num(numbers(signals, "position_adjust_usd")))
    rows = np.ones(signals.num_rows, dtype=np.bool_)
    if query.flags:
        rows &= rows_with_flag(history, query.flags)
    if query.pair_ids:
        rows &= np.isin(signals["pair_id"].to_numpy(), np.asarray(query.pair_ids, dtype=np.int64))
        selected = np.asarray(signals["selected"].to_numpy())
        rows &= selected | (change > 0) | (np.nan_to_num(numbers(signals, "old_value")) != 0)
    if query.at_least_usd is not None:
        rows &= change >= query.at_least_usd
    found: Truths = np.bincount(history.signal_places[rows], minlength=len(history)) > 0
    return found


def _says(history: History, words: str) -> Truths:
    said = _contains(history.tables.cycles["message"], words)
    messages = history.tables.messages
    times = messages["timestamp"].to_pandas().to_numpy()[_contains(messages["message"], words)]
    places = np.searchsorted(history.timestamps.to_numpy(), times, side="right") - 1
    said[places[places >= 0]] = True
    return said


def _contains(texts: pa.ChunkedArray, words: str) -> Truths:
    found = pc.match_substring(texts, words, ignore_case=True)
    return np.array(pc.fill_null(found, fill_value=False), dtype=np.bool_)
