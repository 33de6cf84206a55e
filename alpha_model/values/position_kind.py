"""As what is a pair held or wanted: not at all, as spot, with borrowed money, or short?

The functions use operators only, so that they answer for one pair and for whole arrays of pairs alike.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from alpha_model.values.pair import TradingPairIdentifier, TradingPairKind


class PositionKind(IntEnum):
    """What a position is made of; two positions of different kinds cannot become one another."""

    nothing = 0
    spot = 1
    leveraged_long = 2
    short = 3


_NOTHING, _SPOT, _LEVERAGED, _SHORT = map(int, PositionKind)  # plain numbers, which NumPy takes ten times as quickly

_KIND_OF: dict[str, int] = {
    TradingPairKind.lending_protocol_short: _SHORT,
    TradingPairKind.lending_protocol_long: _LEVERAGED,
}


def kind_of(pair: TradingPairIdentifier | None) -> int:
    """As which `PositionKind` a pair is held; a vault share is spot."""
    return _NOTHING if pair is None else kind_named(pair.kind)


def kind_named(kind: str | None) -> int:
    """The same by the kind of the pair, as it is recorded; None is no pair."""
    return _NOTHING if kind is None else _KIND_OF.get(kind, _SPOT)


def wanted_kind(signal: Any, leveraged: Any) -> Any:
    """As what a signal wants its pair: short below 0; above 0 spot, or, with leverage, with borrowed money."""
    return _SHORT * (signal < 0) + (signal > 0) * (_SPOT + leveraged)


def is_flip(held: Any, wanted: Any, weight: Any) -> Any:
    """Must what is held be closed first, because something else is wanted of the pair?

    Args:
        held: A `PositionKind`.
        wanted: A `PositionKind`.
        weight: Share of equity that is wanted; 0 only closes.
    """
    return (held != wanted) & (held != _NOTHING) & (wanted != _NOTHING) & (weight != 0)
