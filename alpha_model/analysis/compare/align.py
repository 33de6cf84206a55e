"""Which pair and which cycle of one history is the same as which of the other?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa

from alpha_model.analysis.columns import Places
from alpha_model.analysis.pairs import pair_labels
from alpha_model.errors import HistoryError
from alpha_model.history import History


@dataclass(frozen=True, slots=True)
class PairAlignment:
    """The pairs of two histories side by side, the common ones first.

    Args:
        in_a: Place in `a.pair_ids`, -1 where the pair is only in b.
        in_b: Place in `b.pair_ids`, -1 where the pair is only in a.
        matched_by: `address`, `ticker`, `ticker and id`, `only in A` or `only in B`.
    """

    in_a: Places
    in_b: Places
    matched_by: list[str]

    def __len__(self) -> int:
        return len(self.matched_by)


def align_pairs(a: History, b: History) -> PairAlignment:
    """Match pairs by (chain, pool address, kind); those without by ticker, and by id where a ticker occurs twice.

    A key that occurs twice in either history matches nothing: a wrong match would be worse than none.
    """
    left, right = (_names(history) for history in (a, b))
    found: dict[int, tuple[int, str]] = {}
    for keys, word in (("address", "address"), ("ticker", "ticker"), ("named_id", "ticker and id")):
        taken = {place for place, _ in found.values()}
        mine = _unique(left[keys], (place for place in range(len(left)) if place not in found))
        theirs = _unique(right[keys], (place for place in range(len(right)) if place not in taken))
        found |= {place: (theirs[key], word) for key, place in mine.items() if key in theirs}
    both = sorted(found)
    only_a = [place for place in range(len(left)) if place not in found]
    taken = {place for place, _ in found.values()}
    only_b = [place for place in range(len(right)) if place not in taken]
    return PairAlignment(
        np.array([*both, *only_a, *(-1 for _ in only_b)], dtype=np.int64),
        np.array([*(found[place][0] for place in both), *(-1 for _ in only_a), *only_b], dtype=np.int64),
        [*(found[place][1] for place in both), *("only in A" for _ in only_a), *("only in B" for _ in only_b)],
    )


def pair_frame(a: History, b: History, pairs: PairAlignment) -> pd.DataFrame:
    """The alignment for people: pair_id_a, pair_id_b (Int64), pair (a label), matched_by."""
    return pd.DataFrame(
        {
            "pair_id_a": _ids(a, pairs.in_a),
            "pair_id_b": _ids(b, pairs.in_b),
            "pair": pd.Series(pair_names(a, b, pairs), dtype=object),
            "matched_by": pd.Series(pairs.matched_by, dtype=object),
        }
    )


def pair_names(a: History, b: History, pairs: PairAlignment) -> list[str]:
    """A label for each aligned pair, that of a where it is there."""
    of_a, of_b = list(pair_labels(a).values()), list(pair_labels(b).values())
    return [
        of_a[left] if left >= 0 else of_b[right]
        for left, right in zip(pairs.in_a.tolist(), pairs.in_b.tolist(), strict=True)
    ]


def align_cycles(a: History, b: History, tolerance: pd.Timedelta) -> tuple[Places, Places]:
    """Rows of `a.cycles` and of `b.cycles` that belong together: each the other's nearest, within the tolerance.

    Raises:
        HistoryError: The tolerance is negative.
    """
    if not tolerance >= pd.Timedelta(0):
        raise HistoryError(
            f"a tolerance is a time of 0 or more, got {tolerance}. '1h' is one hour.", tolerance=tolerance
        )
    mine, theirs = (moments_of(history) for history in (a, b))
    if not len(mine) or not len(theirs):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    nearest_b, nearest_a = _nearest(mine, theirs), _nearest(theirs, mine)
    rows = np.arange(len(mine))
    near = np.abs(theirs[nearest_b] - mine) <= int(tolerance / pd.Timedelta(microseconds=1))
    rows = rows[near & (nearest_a[nearest_b] == rows)]
    return rows, nearest_b[rows]


def moments_of(history: History) -> Places:
    """The time of each cycle, microseconds since 1970."""
    return cast("Places", history.tables.cycles["timestamp"].cast(pa.int64()).to_numpy())


def _nearest(values: Places, among: Places) -> Places:
    """For each value the place of the nearest of the others, the earlier of two."""
    after = np.minimum(np.searchsorted(among, values), len(among) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(among[before] - values) <= np.abs(among[after] - values), before, after)


def _names(history: History) -> pd.DataFrame:
    pairs = history.pairs
    pool = pairs["pool_address"].astype(object)
    address: list[Hashable | None] = [
        (chain, str(where).lower(), kind) if isinstance(where, str) and where and not pd.isna(chain) else None
        for chain, where, kind in zip(pairs["chain_id"], pool, pairs["kind"], strict=True)
    ]
    ticker = [str(name) for name in pairs["ticker"]]
    named = list(zip(ticker, pairs["pair_id"].tolist(), strict=True))
    return pd.DataFrame(
        {
            name: pd.Series(keys, dtype=object)
            for name, keys in (("address", address), ("ticker", ticker), ("named_id", named))
        }
    )


def _unique(keys: pd.Series, places: Iterable[int]) -> dict[Hashable, int]:
    """The places of keys that occur once."""
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in places:
        if keys.iloc[place] is not None:
            found[keys.iloc[place]].append(place)
    return {key: at[0] for key, at in found.items() if len(at) == 1}


def _ids(history: History, places: Places) -> pd.Series:
    ids = pd.array(np.zeros(len(places), dtype=np.int64), dtype="Int64")
    known = places >= 0
    ids[known] = history.pair_ids[places[known]]
    ids[~known] = pd.NA
    return pd.Series(ids)
