"""What is each pair called, and which ones matter most?"""

import re
from collections import Counter

import numpy as np
import numpy.typing as npt

from alpha_model.history import History
from alpha_model.values import PairId

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Control characters and direction marks, which would break a line or turn a name round."""

_NAMES = ["ticker", "name", "quote"]


def pair_labels(history: History) -> dict[PairId, str]:
    """A name for each pair that no other pair of the history has.

    Returns:
        The ticker, or a vault's name in full, on one line, without control characters; followed by ` #id` where another
        pair has the same one, and `#id` alone where it is empty. In the order of `pairs`.
    """
    ids = [int(pair_id) for pair_id in history.pair_ids]
    tickers = [_UNPRINTABLE.sub(" ", _named(**row)).strip() for row in history.tables.pairs.select(_NAMES).to_pylist()]
    count = Counter(tickers)
    return {
        pair_id: ticker if ticker and count[ticker] == 1 else f"{ticker} #{pair_id}".strip()
        for pair_id, ticker in zip(ids, tickers, strict=True)
    }


def _named(ticker: str, name: str | None, quote: str | None) -> str:
    """The ticker; of a vault its own name and the quote: sources cut the symbols of vaults to ten characters."""
    known = (name or "").strip()
    return f"{known}-{quote or '?'}" if known else ticker


def pairs_by_weight(history: History) -> npt.NDArray[np.int64]:
    """Pair ids, the one with the largest mean weight first.

    The mean is over all cycles and of the larger of normalised and old weight, 0 where absent; ties go by mean raw
    weight, then by the order of `pairs`.
    """
    if not len(history):
        return history.pair_ids
    held = np.fmax(history.wide("normalised_weight"), history.wide("old_weight"))
    raw = history.wide("raw_weight")
    order = np.lexsort((-np.nan_to_num(raw).mean(axis=0), -np.nan_to_num(held).mean(axis=0)))
    return history.pair_ids[order]
