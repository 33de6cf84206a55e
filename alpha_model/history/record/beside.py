"""What of the market and of the holdings is told beside a model, and how does it stand in a record?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from alpha_model.history.record.lines import ACCOUNT_COLUMNS, AccountRow
from alpha_model.history.record.plain import plain
from alpha_model.history.tables import (
    Identity,
    Micros,
    OddValueError,
    ProblemKind,
    Report,
    Snapshot,
    coerce,
    pair_id_of,
    spot_pair,
)
from alpha_model.values import PairId, Usd, UsdPrice

OF_SIGNALS = ("price", "tvl", "size_cap_usd")
"""What of a quote a signal of the pair has a column for."""

_STATES = {"open_positions": "open", "frozen_positions": "frozen", "pending_positions": "pending"}
_HELD: dict[str, tuple[str, ...]] = {
    "position_id": ("position_id",),
    "state": ("state",),
    "quantity": ("quantity", "get_quantity"),
    "mark": ("mark", "mark_price", "last_token_price"),
    "value": ("value", "get_value"),
    "profit": ("profit", "get_unrealised_profit_usd"),
    "opened_at": ("opened_at",),
}
"""Columns of `positions`, and the names under which positions of some framework say them."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a pair costs at a decision, and what its market carries; None is not known.

    Args:
        price: Mid price, USD.
        buy_price: What one unit costs, fees included, USD.
        sell_price: What one unit brings, fees deducted, USD.
        tvl: USD locked in the pool.
        size_cap_usd: The most that size risk would allow, USD.
        can_deposit: Whether it can be bought now.
        can_redeem: Whether what is held of it can be sold now.
        as_of: When the price was made; naive is UTC.
    """

    price: UsdPrice | None = None
    buy_price: UsdPrice | None = None
    sell_price: UsdPrice | None = None
    tvl: Usd | None = None
    size_cap_usd: Usd | None = None
    can_deposit: bool | None = None
    can_redeem: bool | None = None
    as_of: datetime | None = None


_CONVERT: dict[str, Callable[[object], Any]] = {
    **{part.name: coerce.number for part in fields(Quote)},
    "can_deposit": coerce.truth,
    "can_redeem": coerce.truth,
    "as_of": coerce.moment,
}
Quotes = dict[PairId, dict[str, Any]]


class Book:
    """Takes what is told of pairs, and keeps what it says of them.

    Args:
        notes: Told what is left out.
    """

    def __init__(self, notes: Report) -> None:
        self.quotes: Quotes = {}
        self.pairs: dict[PairId, Identity] = {}
        self._notes = notes

    def take(self, name: str, column: str, values: Any) -> None:
        """Numbers or quotes by pair or pair id; a number is of the column."""
        if values is not None and not hasattr(values, "items"):
            self._notes("odd", f"expected numbers by pair id, got {coerce.shown(values)}; left out", (name,))
            return
        for key, value in () if values is None else values.items():
            pair_id = self._pair_id(key)
            where = (name, coerce.shown(key) if pair_id is None else str(pair_id))
            if pair_id is None:
                self._notes("skipped", f"expected a pair or its id, got {where[1]}; its value is left out", where)
                continue
            told = (
                asdict(value) if isinstance(value, Quote) else value if isinstance(value, Mapping) else {column: value}
            )
            known = {part: self._value(convert, told.get(part), where) for part, convert in _CONVERT.items()}
            said = {part: each for part, each in known.items() if each is not None}
            self.quotes[pair_id] = self.quotes.get(pair_id, {}) | said

    def _pair_id(self, key: Any) -> PairId | None:
        if hasattr(key, "internal_id") and hasattr(key, "to_dict"):
            described = plain(key.to_dict(), _refuse)
            spot = spot_pair(described)
            pair_id = pair_id_of(spot)
            self.pairs[pair_id] = spot
            return pair_id
        return pair_id_of_key(key)

    def _value(self, convert: Callable[[object], Any], value: Any, path: Sequence[str]) -> Any:
        try:
            return convert(plain(value, self._notes, path))
        except OddValueError as error:
            self._notes(error.kind, f"{error}; left out", path)
            return None

    def fill(self, snapshot: Snapshot) -> None:
        """Put into the signals what they have columns for: a price over their own, the rest where they have none."""
        ids = snapshot.signals["pair_id"]
        for column in OF_SIGNALS:
            own = snapshot.signals.get(column, [None] * len(ids))
            told = [self.quotes.get(pair_id, {}).get(column) for pair_id in ids]
            first, second = (told, own) if column == "price" else (own, told)
            snapshot.signals[column] = [b if a is None else a for a, b in zip(first, second, strict=True)]

    def rows(self, timestamp: Micros, signals: Mapping[str, Sequence[Any]]) -> list[AccountRow]:
        """What the signals do not say, as rows of `market`."""
        known = {
            pair_id: {column: signals[column][place] for column in OF_SIGNALS if column in signals}
            for place, pair_id in enumerate(signals["pair_id"])
        }
        return [
            market_row({**beyond, "timestamp": timestamp, "pair_id": pair_id})
            for pair_id, quote in self.quotes.items()
            if (beyond := {name: v for name, v in quote.items() if known.get(pair_id, {}).get(name) != v})
        ]


def pair_id_of_key(key: Any) -> PairId | None:
    """The id that a key of a dictionary is, or has; None where it is none."""
    try:
        return coerce.whole(plain(getattr(key, "internal_id", key), _refuse))
    except OddValueError:
        return None


def market_row(row: Mapping[str, Any]) -> AccountRow:
    """A row of `market`, times in microseconds, as it stands in a line."""
    return _row("market", row, ("timestamp", "as_of"))


def held_rows(positions: Any, timestamp: Micros, notes: Report) -> tuple[list[AccountRow], dict[PairId, Identity]]:
    """Positions as rows of `positions`, and the pairs that they are filed under.

    Args:
        positions: A portfolio, or positions: objects or dictionaries with the names of `TradingPosition` or of
            `positions`.
        timestamp: Of the cycle.
        notes: Told what is left out.
    """
    rows: list[AccountRow] = []
    pairs: dict[PairId, Identity] = {}
    for place, (state, held) in enumerate(_positions(positions, notes)):
        path = ("positions", str(place))
        pair = plain(_said(held, ("pair",)), notes, (*path, "pair"))
        if not isinstance(pair, Mapping):
            notes("skipped", f"expected a position with a pair, got {coerce.shown(held)}; skipped", (*path, "pair"))
            continue
        spot, kind = spot_pair(pair), pair.get("kind")
        row = {name: _read(name, _said(held, names), notes, (*path, name)) for name, names in _HELD.items()}
        row["state"] = state or row["state"] or "open"
        pair_id = pair_id_of(spot)
        pairs[pair_id] = spot
        beside = {"timestamp": timestamp, "pair_id": pair_id, "pair_kind": None if kind is None else str(kind)}
        rows.append(_row("positions", row | beside, ("timestamp", "opened_at")))
    return rows, pairs


def _positions(given: Any, notes: Report) -> Iterator[tuple[str | None, Any]]:
    groups = {state: getattr(given, name, None) for name, state in _STATES.items()}
    if any(group is not None for group in groups.values()):
        yield from ((state, held) for state, group in groups.items() for held in (group or {}).values())
    elif given is not None and (isinstance(given, str) or not isinstance(given, Iterable)):
        notes("odd", f"expected positions, got {coerce.shown(given)}; they count as not known", ("positions",))
    elif given is not None:
        yield from ((None, held) for held in (given.values() if isinstance(given, Mapping) else given))


def _said(held: Any, names: Iterable[str]) -> Any:
    """What a position says under the first of the names that it knows; a method that fails says nothing."""
    for name in names:
        found = held.get(name) if isinstance(held, Mapping) else getattr(held, name, None)
        try:
            value = found() if callable(found) else found
        except Exception:  # noqa: BLE001, S112 - a stranger's method may raise anything
            continue
        if value is not None:
            return value.to_dict() if name == "pair" and hasattr(value, "to_dict") else value
    return None


def _read(name: str, value: Any, notes: Report, path: Sequence[str]) -> Any:
    convert = {"position_id": coerce.whole, "state": coerce.text, "opened_at": coerce.moment}.get(name, coerce.number)
    try:
        return convert(plain(value, notes, path))
    except OddValueError as error:
        notes(error.kind, f"{error}; left out", path)
        return None


def _row(part: str, row: Mapping[str, Any], times: Iterable[str]) -> AccountRow:
    seconds = {name: coerce.to_seconds(row[name]) for name in times if row.get(name) is not None}
    said = {**row, **seconds}
    return part, tuple(said.get(name) for name in ACCOUNT_COLUMNS[part])


def _refuse(kind: ProblemKind, message: str, path: Sequence[str]) -> None:
    del path
    raise OddValueError(message.rsplit("; ", 1)[0], kind)
