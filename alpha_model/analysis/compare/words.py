"""How is a difference said in plain words?"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from alpha_model.analysis.compare.cells import Compared
from alpha_model.analysis.compare.fields import Kind
from alpha_model.analysis.words import printable
from alpha_model.history.tables import unpack_flags

Value = float | bool | str | None
"""One side of a difference; None is absent."""

Sides: TypeAlias = tuple[str, str]
"""What the two sides are called after a value."""

IN_A_AND_B: Sides = ("in A", "in B")
"""Two histories: neither is before the other."""

BEFORE_AND_AFTER: Sides = ("before", "after")
"""Two cycles of one history, the earlier one first."""


def value_of(compared: Compared, number: float) -> Value:
    """What the number of a field stands for."""
    if np.isnan(number):
        return None
    kind = compared.field.kind
    if kind is Kind.truth:
        return bool(number)
    if kind is Kind.flags:
        return ", ".join(unpack_flags(int(number)))
    if kind is Kind.codes:
        return ", ".join(code for bit, code in enumerate(compared.words) if int(number) >> bit & 1)
    if kind is Kind.word:
        return compared.words[int(number)]
    return float(number)


def value_text(value: Value, kind: Kind, *, exactly: bool = False) -> str:
    """A value as people read it."""
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value) or "none"
    if kind in {Kind.usd, Kind.market}:
        size = f"{abs(value):,.12g}" if exactly else f"{abs(value):,.2f}"
        return f"{'-' if value < 0 else ''}${size}"
    if kind is Kind.share:
        return f"{value * 100:,.12g} %" if exactly else f"{value * 100:,.2f} %"
    return f"{value:,.12g}" if exactly else f"{value:,.6g}"


def difference_sentence(name: str, compared: Compared, left: Value, right: Value, sides: Sides) -> str:
    """`WETH-USDC: target $100.00 in A, $120.00 in B.`; `name` may be empty for a whole cycle."""
    field = compared.field
    if field.name == "present":
        here, there = sides if left else sides[::-1]
        return f"{name} is there {here} and not {there}."
    texts = [value_text(value, field.kind) for value in (left, right)]
    if texts[0] == texts[1]:
        texts = [value_text(value, field.kind, exactly=True) for value in (left, right)]
    return f"{name + ': ' if name else ''}{field.words} {texts[0]} {sides[0]}, {texts[1]} {sides[1]}."
