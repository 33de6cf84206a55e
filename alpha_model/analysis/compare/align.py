"""Which pair and which cycle of one history is the same as which of the other?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from alpha_model.analysis.facts import Places, pair_labels
from alpha_model.history import History
from alpha_model.values import HistoryError

Match: TypeAlias = Literal["pair", "base"]
"""By what pairs of two histories are the same."""

_KEYS = (("address", "address"), ("ticker", "ticker"), ("named_id", "ticker and id"))
_BASE_KEYS = (("base_and_kind", "base"), ("base", "base"))
_ROUND = ("1s", "5s", "10s", "30s", "1min", "5min", "10min", "30min", "1h", "2h", "3h", "4h", "6h", "8h", "12h")
_QUOTE = re.compile("(?<=.)(USDT|USDC|BUSD|FDUSD|DAI|USD|EUR)$")
"""The end of a ticker without a separator, as BTCUSDT."""


@dataclass(frozen=True, slots=True)
class PairAlignment:
    """The pairs of two histories side by side, the common ones first.

    Args:
        in_a: Place in `a.pair_ids`, -1 where the pair is only in b.
        in_b: Place in `b.pair_ids`, -1 where the pair is only in a.
        matched_by: `address`, `ticker`, `ticker and id`, `base`, `only in A` or `only in B`.
    """

    in_a: Places
    in_b: Places
    matched_by: list[str]

    def __len__(self) -> int:
        return len(self.matched_by)


def align_pairs(a: History, b: History, match: Match = "pair") -> PairAlignment:
    """Match pairs by (chain, pool address, kind); those without by ticker, and by id where a ticker occurs twice.

    A key that occurs twice in either history matches nothing: a wrong match would be worse than none.

    Args:
        a: One.
        b: The other.
        match: With `base`, pairs that are left match by what is bought alone, whatever it is paid with.

    Raises:
        HistoryError: There is no such way to match.
    """
    if match not in ("pair", "base"):
        raise HistoryError(f"pairs match by 'pair' or by 'base', got {match!r}.", got=match)
    left, right = (_names(history) for history in (a, b))
    found: dict[int, tuple[int, str]] = {}
    for keys, word in (*_KEYS, *(_BASE_KEYS if match == "base" else ())):
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
    """The alignment for people: pair_id_a, pair_id_b (Int64); pair_a, pair_b (labels, None = not there); matched_by."""
    labels = {"a": _labels(a, pairs.in_a), "b": _labels(b, pairs.in_b)}
    return pd.DataFrame(
        {
            "pair_id_a": _ids(a, pairs.in_a),
            "pair_id_b": _ids(b, pairs.in_b),
            **{f"pair_{side}": pd.Series(names, dtype=object) for side, names in labels.items()},
            "matched_by": pd.Series(pairs.matched_by, dtype=object),
        }
    )


def pair_names(a: History, b: History, pairs: PairAlignment) -> list[str]:
    """A label for each aligned pair, that of a where it is there."""
    both = zip(_labels(a, pairs.in_a), _labels(b, pairs.in_b), strict=True)
    return [str(right if left is None else left) for left, right in both]


def _labels(history: History, places: Places) -> list[str | None]:
    labels = list(pair_labels(history).values())
    return [labels[place] if place >= 0 else None for place in places.tolist()]


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


def wider_tolerance(a: History, b: History, shared: int) -> tuple[pd.Timedelta, int] | None:
    """The least round tolerance under which more cycles belong together, and how many then do; None where none would.

    At most half the time from cycle to cycle: beyond that a cycle could as well belong to the next one.
    """
    mine, theirs = (moments_of(history) for history in (a, b))
    steps = [float(np.median(np.diff(times))) for times in (mine, theirs) if len(times) > 1]
    most = pd.Timedelta(microseconds=int(min(steps) / 2)) if steps else pd.Timedelta(hours=12)
    rows = align_cycles(a, b, most)
    if len(rows[0]) <= shared:
        return None
    apart = pd.Timedelta(microseconds=int(np.abs(mine[rows[0]] - theirs[rows[1]]).max()))
    enough = next((step for step in map(pd.Timedelta, _ROUND) if step >= apart), apart.ceil("h"))
    return enough, len(align_cycles(a, b, enough)[0])


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
    base = [_base(*names) for names in zip(pairs["base"].astype(object), ticker, strict=True)]
    base_and_kind = [None if name is None else (name, kind) for name, kind in zip(base, pairs["kind"], strict=True)]
    keys = {"address": address, "ticker": ticker, "named_id": named, "base": base, "base_and_kind": base_and_kind}
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in keys.items()})


def _base(symbol: object, ticker: str) -> str | None:
    """What is bought, in capitals; None where nothing is named."""
    name = symbol if isinstance(symbol, str) and symbol else re.split("[-/_:]", ticker)[0]
    return (_QUOTE.sub("", name) if name == ticker else name).strip().upper() or None


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
