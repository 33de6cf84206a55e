"""What do names mean: of columns, of what is no pair, and of pairs as other back-testers write them?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

TIME_NAMES = ("timestamp", "datetime", "time", "date")
PAIR_NAMES = ("pair", "ticker", "symbol", "asset")
"""The names that an error recommends."""

MOST_OPEN = "most_open"
"""The column of the most that trades held at one time, where nothing says the equity."""

NAMES = {
    "time": (
        *TIME_NAMES,
        *("date_time", "trade_date", "trading_date", "rebalance_date", "rebalancing_date", "as_of", "as_of_date"),
        *("generated_time", "generatedtime", "date_utc", "time_utc", "timestamp_utc"),
    ),
    "pair": (
        *PAIR_NAMES,
        *("instrument", "security", "asset_name", "coin", "token", "stock", "contract", "product", "market", "code"),
        *("sid", "security_id", "isin", "figi", "cusip", "name", "column"),
    ),
    "weight": (
        *(
            "weight",
            "target_weight",
            "weights",
            "allocation",
            "target_allocation",
            "target_percent",
            "portfolio_weight",
        ),
        *("position_weight", "final_weight", "alloc", "target", "percentage", "percent", "pct", "exposure", "0"),
    ),
    "signal": ("signal", "score", "alpha", "prediction", "pred", "forecast"),
    "raw_weight": ("raw_weight",),
    "old_weight": ("old_weight", "current_weight", "previous_weight", "prev_weight"),
    "price": ("price", "mid_price", "close"),
    "value": ("value", "position_value", "market_value", "value_usd", "usd_value", "holding_value"),
    "equity": (
        *("equity", "total_equity", "account_equity", "portfolio_value", "account_value", "total_value", "nav"),
        *("net_liquidation", "aum", "capital", "balance", "wallet_balance"),
    ),
    "pair_id": ("pair_id",),
    MOST_OPEN: (MOST_OPEN,),
    "amount": (
        *("target_value", "target_usd", "position_usd", "allocation_usd", "dollars", "notional"),
        *("stake_amount", "amount_usd", "dollar_value"),
    ),
    "side": ("side", "direction", "position_side", "is_short"),
}
"""By what a column holds, the names that it may have, the plainest first; letters and digits in lower case, else `_`.

`amount` is USD of a position, which becomes a weight; so does `value` where there is neither weight nor signal.
"""

_CASH = re.compile(r"(?:free_|uninvested_|residual_|usd_)?cash(?:_(?:weight|usd|balance|value|position|pct|percent))?")
_TOTALS = frozenset({"total", "totals", "grand_total", "total_weight", "weight_total", "sum", "sum_of_weights"})
_SUMS = _TOTALS | {"net", "gross", "all", "portfolio", "exposure", "net_exposure", "gross_exposure", "leverage"}
_PRICES = frozenset({"open", "high", "low", "close", "adj_close", "volume", "vwap"})
_ORDERS = frozenset({"quantity", "status", "type", "tag", "fees", "fee", "commission", "order_id", "fill_price"})
_PERCENT_WORDS = frozenset({"pct", "percent", "percentage"})
_PERCENT = re.compile(r"%|(?:^|_|\b)(?:pct|percent|percentage)(?:$|_|\b)", re.IGNORECASE)

_PLAINER = (
    re.compile(r"^Equity\(\d+ \[(?P<ticker>[^\]]+)\]\)$"),
    re.compile(r"^(?P<ticker>\S+) [0-9A-Z]{10,14}$"),
)
"""Assets of zipline, and symbols of QuantConnect with what makes them unique."""


def key_of(name: str) -> str:
    """A name as those of `NAMES` are written."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def role_key(name: str) -> str:
    """The key of a column's name without what says only that it holds percentages."""
    words = [word for word in key_of(name).split("_") if word not in _PERCENT_WORDS]
    return "_".join(words) or key_of(name)


def says_percent(name: str) -> bool:
    """Does a column's name say that it holds percentages?"""
    return bool(_PERCENT.search(name))


def is_cash(name: str) -> bool:
    """Is this cash, and no pair?"""
    return bool(_CASH.fullmatch(key_of(name)))


def is_total(name: str) -> bool:
    """Does the name leave no doubt that it is the total of the others?"""
    return key_of(name) in _TOTALS


def may_be_total(name: str) -> bool:
    """Is this the name of a total, though perhaps that of a pair?"""
    return key_of(name) in _SUMS


def are_prices(names: Sequence[str]) -> bool:
    """Do the names say that these are the prices of one pair?"""
    return len({key_of(name) for name in names} & _PRICES) > 1


def are_orders(names: Sequence[str]) -> bool:
    """Do the names of columns say that a table lists orders or fills?"""
    return len({key_of(name) for name in names} & _ORDERS) > 1


def parents_of(names: Sequence[str]) -> set[str]:
    """The names that are the whole of others: `mine` beside `mine>AAPL`, as bt writes a strategy and what it holds."""
    known = set(names)
    return known & {name[: place.start()] for name in names for place in re.finditer(">", name)}


def plain_names(names: Sequence[str]) -> dict[str, str]:
    """Of each name the ticker in it, where that is another and no other name has it too."""
    known = list(dict.fromkeys(names))
    parents = parents_of(known)
    plain = {name: _plain(name, parents) for name in known}
    counts = Counter(plain.values())
    return {name: found if counts[found] == 1 else name for name, found in plain.items()}


def _plain(name: str, parents: set[str]) -> str:
    parent, _, leaf = name.rpartition(">")
    if leaf and parent in parents:
        return leaf
    found = next(filter(None, (form.match(name) for form in _PLAINER)), None)
    return found["ticker"] if found else name
