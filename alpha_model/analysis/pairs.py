"""What is each pair called, and which ones matter most?"""

import json
import re
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from alpha_model.history import History
from alpha_model.units import PairId

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Control characters and direction marks, which would break a line or turn a name round."""


def pair_labels(history: History) -> dict[PairId, str]:
    """A name for each pair that no other pair of the history has.

    Returns:
        The ticker on one line, without control characters, a vault by its whole name; followed by ` #id` where another
        pair has the same one, and `#id` alone where it is empty. In the order of `pairs`.
    """
    ids = [int(pair_id) for pair_id in history.pair_ids]
    tickers = [_UNPRINTABLE.sub(" ", name).strip() for name in map(_name, history.tables.pairs.to_pylist())]
    count = Counter(tickers)
    return {
        pair_id: ticker if ticker and count[ticker] == 1 else f"{ticker} #{pair_id}".strip()
        for pair_id, ticker in zip(ids, tickers, strict=True)
    }


def _name(pair: dict[str, Any]) -> str:
    """The ticker; of a vault its own name and the quote: sources cut the symbols of vaults to ten characters."""
    ticker, identity = str(pair["ticker"]), pair["identity"]
    if "vault_name" not in identity:
        return ticker
    vault = (json.loads(identity).get("other_data") or {}).get("vault_name")
    return f"{vault.strip()}-{pair['quote'] or '?'}" if isinstance(vault, str) and vault.strip() else ticker


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
