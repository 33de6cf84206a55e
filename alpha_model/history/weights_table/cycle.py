"""What does one time of a weights table say, as a cycle?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from alpha_model.history.tables import CYCLE_NUMBERS, Identity, Micros, Snapshot, pair_id_of
from alpha_model.values import PairId, TradingPairKind, Usd

NUMBERS = ("weight", "signal", "raw_weight", "old_weight", "price", "value", "equity")
"""The columns of a weights table that hold numbers of ours."""

_SPOT, _SHORT = TradingPairKind.spot_market_hold.value, TradingPairKind.lending_protocol_short.value
_USD = "USD"
_TICKER = re.compile(r"([^\s/<>()\[\]]+)[-/]([\w.:]+)")
"""A pair of two symbols, WETH-USDC or WETH/USDC."""


class TidyRow(NamedTuple):
    """One row of a weights table.

    Args:
        extra: Columns that we do not know, JSON.
        numbers: By column of `NUMBERS`; None where the cell is blank. Weights have the sign of their side.
    """

    extra: str | None
    numbers: Mapping[str, float | None]


_CLOSED = TidyRow(None, {"weight": 0.0, "signal": 0.0})


def tidy_snapshot(
    cycle: Mapping[PairId, TidyRow],
    before: Mapping[PairId, TidyRow],
    timestamp: Micros,
    equity: Usd | None,
    pairs: Mapping[PairId, Identity],
    *,
    is_signed: bool = False,
) -> Snapshot:
    """One cycle of a weights table.

    Args:
        cycle: Its rows by pair.
        before: The rows of the cycle before that wanted a weight.
        timestamp: When.
        equity: USD that may be invested; None where it is not known.
        pairs: What the table says of its pairs.
        is_signed: What the table says was held before has the sign of its side.
    """
    ids = [*cycle, *(pair_id for pair_id in before if pair_id not in cycle)]
    held = [_held(cycle.get(pair_id, _CLOSED), before.get(pair_id), equity, is_signed=is_signed) for pair_id in ids]
    rows = [_signal(cycle.get(pair_id, _CLOSED), old, equity) for pair_id, old in zip(ids, held, strict=True)]
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
        pairs={pair_id: pairs[pair_id] for pair_id in ids},
    )


_COLUMNS = (
    *("selected", "signal", "signal_in_selection", "raw_weight", "normalised_weight", "old_weight", "old_value"),
    *("old_kind", "position_target", "position_adjust_usd", "price", "synthetic_kind", "other_data", "extra"),
)


class _Held(NamedTuple):
    """What was held before a cycle: share of equity and USD, None where that is not known, and on which side."""

    weight: float | None
    value: Usd | None
    is_short: bool

    def __bool__(self) -> bool:
        return bool(self.weight or self.value)


def _signal(row: TidyRow, old: _Held, equity: Usd | None) -> dict[str, Any]:
    """One row as the columns of `signals`."""
    number = row.numbers.get
    weight, raw, stated = number("weight"), number("raw_weight"), number("signal")
    signal = weight if stated is None else stated
    is_wanted = (weight is not None and weight != 0) or ("weight" not in row.numbers and bool(signal))
    side = weight if weight is not None else signal
    is_short = is_wanted and side is not None and side < 0
    chosen = side if is_wanted and (not signal or (signal < 0) != is_short) else signal
    target = None if weight is None or equity is None else abs(weight) * equity
    change = None if target is None else target - (old.value or 0.0)
    if target and old and is_short != old.is_short:
        change = target
    return {
        "selected": is_wanted,
        "signal": signal,
        "signal_in_selection": chosen if is_wanted else 0.0 if old else None,
        "raw_weight": _size(weight if raw is None else raw),
        "normalised_weight": _size(weight),
        "old_weight": old.weight,
        "old_value": old.value,
        "old_kind": None if not old else _SHORT if old.is_short else _SPOT,
        "position_target": target,
        "position_adjust_usd": change,
        "price": number("price"),
        "synthetic_kind": None if not is_wanted else _SHORT if is_short else _SPOT,
        "other_data": "{}",
        "extra": row.extra,
    }


def _held(row: TidyRow, before: TidyRow | None, equity: Usd | None, *, is_signed: bool) -> _Held:
    """What was held before: as the table says, else what was wanted the time before."""
    weight, value = row.numbers.get("old_weight"), row.numbers.get("value")
    last = None if before is None else before.numbers["weight"]
    stated = weight if value is None else value
    side = stated if stated is not None and (is_signed or last is None) else last
    if weight is None and value is not None and equity:
        weight = value / equity
    if weight is None:
        weight = last
    if value is None and weight is not None and equity is not None:
        value = weight * equity
    return _Held(_size(weight), _size(value), side is not None and side < 0)


def _size(number: float | None) -> float | None:
    return None if number is None else abs(number)


def pair_of(ticker: str, own: PairId | None) -> tuple[PairId, dict[str, Any]]:
    """The id and identity of a pair; AAPL alone is against USD.

    Args:
        ticker: Its name.
        own: The table's own id, where it has one.
    """
    found = _TICKER.fullmatch(ticker)
    base, quote = found.groups() if found else (ticker, _USD)
    identity = {
        "base": {"token_symbol": base},
        "quote": {"token_symbol": quote},
        "kind": _SPOT,
        "internal_id": own,
    }
    return pair_id_of(identity), identity
