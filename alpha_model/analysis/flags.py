"""Which flags were raised, how often and when?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.columns import Places, signal_places
from alpha_model.history import History
from alpha_model.history.schema import FLAG_BITS, unpack_flags
from alpha_model.units import PairId


def flag_counts(history: History, pair_ids: Sequence[PairId] | None = None) -> pd.DataFrame:
    """How many signals carry each flag, cycle by cycle.

    Args:
        history: The record.
        pair_ids: Only these pairs; None is all.

    Returns:
        DatetimeIndex (UTC), one row a cycle, in order; one column a flag that occurs, known flags in bit order, then
        others by name; int64 counts, 0 = not raised. No columns: no flag was raised, or the source records none.
    """
    signals, places = history.tables.signals, signal_places(history)
    chosen = _chosen(signals, pair_ids)
    bits = signals["flag_bits"].to_numpy()
    counts = {}
    for name, bit in FLAG_BITS.items():
        count = np.bincount(places[chosen & ((bits & bit) != 0)], minlength=len(history))
        if count.any():
            counts[name] = count
    counts.update(_other_counts(history, places, chosen))
    return pd.DataFrame(counts, index=history.timestamps, dtype=np.int64)


def flag_names(history: History) -> list[list[str]]:
    """The sorted flag names of each row of `signals`."""
    bits = history.tables.signals["flag_bits"].to_pylist()
    others = history.tables.signals["other_flags"].to_pylist()
    return [unpack_flags(bit, other) for bit, other in zip(bits, others, strict=True)]


def flags_of_cycles(history: History) -> list[list[str]]:
    """The flags that any signal of the cycle carries, one sorted list a cycle."""
    counts = flag_counts(history)
    names = np.array(sorted(counts.columns), dtype=object)
    raised = counts[list(names)].to_numpy() > 0
    combinations, which = np.unique(raised, axis=0, return_inverse=True)
    lists = [[str(name) for name in names[row]] for row in combinations]
    return [lists[place] for place in which]


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
