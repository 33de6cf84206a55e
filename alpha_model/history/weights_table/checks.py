"""Which tables of weights contradict themselves, once they are laid out?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from alpha_model.history.tables import coerce
from alpha_model.history.weights_table.cycle import pair_of
from alpha_model.history.weights_table.layout import ID, Long
from alpha_model.history.weights_table.sheet import Places
from alpha_model.values import HistoryError, PairId, Usd

_LARGEST_ID = 1 << 53
"""Above it, not every whole number is one that a column of numbers can hold."""
_CENT = 0.01
_ROUNDING = 1e-9


def pairs_of(long: Long) -> tuple[list[PairId], dict[PairId, dict[str, Any]]]:
    """The pair of each row, and what the table says of each pair.

    Raises:
        HistoryError: An id is no whole number, or two names are one pair.
    """
    ids = _own_ids(long)
    known: dict[tuple[str, int | None], PairId] = {}
    names: dict[PairId, str] = {}
    identities: dict[PairId, dict[str, Any]] = {}
    for name, own in dict.fromkeys(zip(long.pairs, ids, strict=True)):
        pair_id, identity = pair_of(long.plain[name], own)
        other = names.setdefault(pair_id, name)
        if other != name:
            told = f"the pair_id {own}" if own is not None else "one pair"
            raise HistoryError(
                f"{long.sheet.name} has {coerce.shown(other)} and {coerce.shown(name)}, which are both {told} here. "
                "Rename one, or leave it out.",
                pairs=[other, name],
            )
        known[name, own], identities[pair_id] = pair_id, identity
    return [known[key] for key in zip(long.pairs, ids, strict=True)], identities


def _own_ids(long: Long) -> list[int | None]:
    """The table's own ids, all or none."""
    found = long.numbers.get(ID)
    if found is None:
        return [None] * len(long.rows)
    bad = np.isnan(found) | (found != np.round(found)) | (np.abs(found) > _LARGEST_ID)
    if bad.any():
        place = long.first(bad)
        got = coerce.shown(long.sheet.frame[long.columns[ID]].iloc[int(long.rows[place])])
        raise long.error(place, ID, f"expected a whole number, got {got}. Correct it.")
    return [int(value) for value in found]


def check_unique(long: Long, pair_ids: Sequence[PairId], column: str) -> None:
    """Raise a HistoryError where a pair has two rows of one time."""
    twice = pd.DataFrame({"time": long.times, "pair": pair_ids}).duplicated().to_numpy(bool)
    if twice.any():
        place = long.first(twice)
        told = f"{coerce.shown(long.pairs[place])} has a row of {coerce.iso(int(long.times[place]))} already"
        raise long.sheet.error(int(long.rows[place]), column, f"{told}. Remove one.")


def one_equity(long: Long, places: Places) -> Usd | None:
    """The equity of a time, which its rows must agree on within a cent."""
    found = long.numbers["equity"][places] if "equity" in long.numbers else np.array([])
    known = found[~np.isnan(found)]
    if not known.size:
        return None
    first = float(known[0])
    other = np.flatnonzero(np.abs(found - first) > max(_CENT, _ROUNDING * abs(first)))
    if other.size:
        message = f"the rows of one time have one equity, got {found[other[0]]:,.2f} after {first:,.2f}."
        raise long.error(int(places[other[0]]), "equity", message)
    return first
