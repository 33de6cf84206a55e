"""What does one time of a weights table say, as a cycle?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from alpha_model.history.coerce import Micros
from alpha_model.history.pairs import pair_id_of
from alpha_model.history.snapshot import CYCLE_NUMBERS, Snapshot
from alpha_model.pair import TradingPairKind
from alpha_model.units import PairId, Usd

NUMBERS = ("weight", "signal", "raw_weight", "old_weight", "price", "value", "equity")
"""The columns of a weights table that hold numbers of ours."""

_SPOT, _SHORT = TradingPairKind.spot_market_hold.value, TradingPairKind.lending_protocol_short.value
_USD = "USD"


class TidyRow(NamedTuple):
    """One row of a weights table.

    Args:
        ticker: Name of the pair.
        pair_id: The table's own id, where it has one.
        extra: Columns that we do not know, JSON.
        numbers: By column of `NUMBERS`; None where the cell is blank.
    """

    ticker: str
    pair_id: PairId | None
    extra: str | None
    numbers: Mapping[str, float | None]


def tidy_snapshot(
    cycle: Mapping[str, TidyRow], before: Mapping[str, TidyRow], timestamp: Micros, equity: Usd | None
) -> Snapshot:
    """One cycle of a weights table.

    Args:
        cycle: Its rows by ticker.
        before: The rows of the cycle before that wanted a weight.
        timestamp: When.
        equity: USD that may be invested; None where it is not known.
    """
    closing = [row for ticker, row in before.items() if ticker not in cycle]
    pairs = {ticker: _pair(row) for ticker, row in (*cycle.items(), *((row.ticker, row) for row in closing))}
    rows = [_signal(row, before.get(ticker), equity) for ticker, row in cycle.items()]
    rows += [_signal(row._replace(numbers={"weight": 0.0, "signal": 0.0}, extra=None), row, equity) for row in closing]
    ids = [pairs[row.ticker][0] for row in (*cycle.values(), *closing)]
    changes = [abs(row["position_adjust_usd"]) for row in rows if row["position_adjust_usd"] is not None]
    numbers: dict[str, float | None] = dict.fromkeys(CYCLE_NUMBERS)
    if equity is not None:
        money = {"max_position_adjust_usd": max(changes, default=0.0), "position_adjust_threshold_usd": 0.0}
        numbers |= {"investable_equity": equity, **money}
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _COLUMNS}
    return Snapshot(
        timestamp=timestamp,
        numbers=numbers,
        raw_count=len(cycle),
        signals={"pair_id": ids, **columns, "flag_bits": [0] * len(rows), "other_flags": [None] * len(rows)},
        pairs=dict(pairs.values()),
    )


_COLUMNS = (
    *("selected", "signal", "signal_in_selection", "raw_weight", "normalised_weight", "old_weight", "old_value"),
    *("old_kind", "position_target", "position_adjust_usd", "price", "synthetic_kind", "other_data", "extra"),
)


def _signal(row: TidyRow, held: TidyRow | None, equity: Usd | None) -> dict[str, Any]:
    """One row as the columns of `signals`."""
    number = row.numbers.get
    weight, raw, last = number("weight"), number("raw_weight"), held.numbers["weight"] if held else None
    stated = number("signal")
    signal = weight if stated is None else stated
    is_wanted = (weight is not None and weight != 0) or ("weight" not in row.numbers and bool(signal))
    old_weight, old_value = _held(number("old_weight"), number("value"), last, equity)
    is_held = bool(old_weight or old_value)
    was_short = is_held and last is not None and last < 0
    is_short = is_wanted and signal is not None and signal < 0
    target = None if weight is None or equity is None else abs(weight) * equity
    change = None if target is None else target - (old_value or 0.0)
    if target and is_held and is_short != was_short:
        change = target
    return {
        "selected": is_wanted and bool(signal),
        "signal": signal,
        "signal_in_selection": signal if is_wanted else 0.0 if is_held else None,
        "raw_weight": abs(weight) if raw is None and weight is not None else raw,
        "normalised_weight": None if weight is None else abs(weight),
        "old_weight": old_weight,
        "old_value": old_value,
        "old_kind": None if not is_held else _SHORT if was_short else _SPOT,
        "position_target": target,
        "position_adjust_usd": change,
        "price": number("price"),
        "synthetic_kind": None if not is_wanted else _SHORT if is_short else _SPOT,
        "other_data": "{}",
        "extra": row.extra,
    }


def _held(
    weight: float | None, value: Usd | None, last: float | None, equity: Usd | None
) -> tuple[float | None, Usd | None]:
    """Weight and USD before the cycle: as the table says, else what was wanted the time before."""
    if weight is None and value is not None and equity:
        weight = value / equity
    found = weight if weight is not None else None if last is None else abs(last)
    return found, found * equity if value is None and found is not None and equity is not None else value


def _pair(row: TidyRow) -> tuple[PairId, dict[str, Any]]:
    """The pair's id and identity; AAPL alone is against USD."""
    separator = "/" if "/" in row.ticker else "-"
    base, _, quote = row.ticker.rpartition(separator) if separator in row.ticker else (row.ticker, "", _USD)
    identity = {
        "base": {"token_symbol": base or row.ticker},
        "quote": {"token_symbol": quote or _USD},
        "kind": _SPOT,
        "internal_id": row.pair_id,
    }
    return pair_id_of(identity), identity
