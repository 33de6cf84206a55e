"""Which flags were raised, how often and when?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.facts import Places, Truths
from alpha_model.history import History
from alpha_model.history.tables import FLAG_BITS, pack_flags, unpack_flags
from alpha_model.values import PairId


def flag_counts(history: History, pair_ids: Sequence[PairId] | None = None) -> pd.DataFrame:
    """How many signals carry each flag, cycle by cycle.

    Args:
        history: The record.
        pair_ids: Only these pairs; None is all.

    Returns:
        DatetimeIndex (UTC), one row a cycle, in order; one column a flag that occurs, known flags in bit order, then
        others by name; int64 counts, 0 = not raised. No columns: no flag was raised, or the source records none.
    """
    signals, places = history.tables.signals, history.signal_places
    chosen = _chosen(signals, pair_ids)
    bits = signals["flag_bits"].to_numpy()
    counts = {}
    for name, bit in FLAG_BITS.items():
        count = np.bincount(places[chosen & ((bits & bit) != 0)], minlength=len(history))
        if count.any():
            counts[name] = count
    counts.update(_other_counts(history, places, chosen))
    return pd.DataFrame(counts, index=history.timestamps, dtype=np.int64)


def flags_by_pair(history: History) -> pd.DataFrame:
    """How often each pair carried each flag.

    Returns:
        Index pair_id, the most flagged first, only pairs with a flag; one column a flag, the most frequent first;
        int64.
    """
    names, raised = _raised(history)
    pair_ids, which = np.unique(history.tables.signals["pair_id"].to_numpy(), return_inverse=True)
    counts = np.column_stack([np.bincount(which[rows], minlength=len(pair_ids)) for rows in raised]) if names else None
    if counts is None:
        return pd.DataFrame(index=pd.Index([], name="pair_id", dtype=np.int64))
    columns, rows = np.argsort(-counts.sum(axis=0), kind="stable"), np.argsort(-counts.sum(axis=1), kind="stable")
    rows = rows[: int((counts.sum(axis=1) > 0).sum())]
    return pd.DataFrame(
        counts[np.ix_(rows, columns)].astype(np.int64),
        index=pd.Index(pair_ids[rows], name="pair_id"),
        columns=[names[place] for place in columns],
    )


def flag_co_occurrence(history: History, pair_ids: Sequence[PairId] | None = None) -> pd.DataFrame:
    """How many signals carry two flags at once.

    Args:
        history: The record.
        pair_ids: Only these pairs; None is all.

    Returns:
        Square and symmetric, one row and column a flag that occurs, the most frequent first; int64; the diagonal is
        how many signals carry the flag at all.
    """
    chosen = _chosen(history.tables.signals, pair_ids)
    names, raised = _raised(history)
    carries = np.zeros((len(chosen), len(names)), dtype=np.float32)  # counts stay exact below 2**24 signals
    for column, rows in enumerate(raised):
        carries[rows, column] = 1.0
    carries = carries[chosen & carries.any(axis=1)]
    counts = (carries.T @ carries).astype(np.int64)
    totals = counts.diagonal()
    order = np.argsort(-totals, kind="stable")[: int((totals > 0).sum())]
    labels = [names[place] for place in order]
    return pd.DataFrame(counts[np.ix_(order, order)], index=labels, columns=labels)


def flag_names(history: History) -> list[list[str]]:
    """The sorted flag names of each row of `signals`."""
    bits = history.tables.signals["flag_bits"].to_pylist()
    others = history.tables.signals["other_flags"].to_pylist()
    return [unpack_flags(bit, other) for bit, other in zip(bits, others, strict=True)]


def rows_with_flag(history: History, flags: Sequence[str]) -> Truths:
    """Which rows of `signals` carry one of the flags, known or not."""
    signals = history.tables.signals
    bits, others = pack_flags(flags)
    rows: Truths = (signals["flag_bits"].to_numpy() & bits) != 0
    if others:
        column = signals["other_flags"].combine_chunks()
        words = pc.is_in(pc.list_flatten(column), pa.array(others))
        rows[pc.list_parent_indices(column).filter(words).to_numpy()] = True
    return rows


def flags_of_cycles(history: History) -> list[list[str]]:
    """The flags that any signal of the cycle carries, one sorted list a cycle."""
    counts = flag_counts(history)
    names = np.array(sorted(counts.columns), dtype=object)
    raised = counts[list(names)].to_numpy() > 0
    combinations, which = np.unique(raised, axis=0, return_inverse=True)
    lists = [[str(name) for name in names[row]] for row in combinations]
    return [lists[place] for place in which]


def _raised(history: History) -> tuple[list[str], list[Places]]:
    """The flags that occur, known ones in bit order, and the rows of `signals` that carry each."""
    signals = history.tables.signals
    bits = signals["flag_bits"].to_numpy()
    found = {name: np.flatnonzero(bits & bit).astype(np.int64) for name, bit in FLAG_BITS.items()}
    others = signals["other_flags"].combine_chunks()
    rows = pc.list_parent_indices(others).to_numpy()
    words = pc.list_flatten(others).to_numpy(zero_copy_only=False)
    found.update({str(word): np.unique(rows[words == word]).astype(np.int64) for word in np.unique(words.astype(str))})
    names = [name for name, places in found.items() if len(places)]
    return names, [found[name] for name in names]


def _chosen(signals: pa.Table, pair_ids: Sequence[PairId] | None) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if pair_ids is None:
        return np.ones(signals.num_rows, dtype=np.bool_)
    return np.isin(signals["pair_id"].to_numpy(), np.asarray(pair_ids, dtype=np.int64))


def _other_counts(
    history: History, places: Places, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> dict[str, Places]:
    """Counts of the flags that have no bit."""
    others = history.tables.signals["other_flags"].combine_chunks()
    rows = pc.list_parent_indices(others).to_numpy()
    names = pc.list_flatten(others).to_numpy(zero_copy_only=False)
    names, rows = names[chosen[rows]], rows[chosen[rows]]
    return {
        str(name): np.bincount(places[rows[names == name]], minlength=len(history)).astype(np.int64)
        for name in np.unique(names.astype(str))
    }
