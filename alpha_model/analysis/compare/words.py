"""How is a difference said in plain words?"""

from __future__ import annotations

import numpy as np

from alpha_model.analysis.compare.cells import Compared
from alpha_model.analysis.compare.fields import Kind
from alpha_model.analysis.words import printable
from alpha_model.history.schema import unpack_flags

Value = float | bool | str | None
"""One side of a difference; None is absent."""


def value_of(compared: Compared, number: float) -> Value:
    """What the number of a field stands for."""
    if np.isnan(number):
        return None
    kind = compared.field.kind
    if kind is Kind.truth:
        return bool(number)
    if kind is Kind.flags:
        return ", ".join(unpack_flags(int(number)))
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
    if kind is Kind.usd:
        size = f"{abs(value):,.12g}" if exactly else f"{abs(value):,.2f}"
        return f"{'-' if value < 0 else ''}${size}"
    if kind is Kind.share:
        return f"{value * 100:,.12g} %" if exactly else f"{value * 100:,.2f} %"
    return f"{value:,.12g}" if exactly else f"{value:,.6g}"


def difference_sentence(name: str, compared: Compared, before: Value, after: Value) -> str:
    """`WETH-USDC: target $100.00 → $120.00.`; `name` may be empty for a whole cycle."""
    kind = compared.field.kind
    texts = [value_text(value, kind) for value in (before, after)]
    if texts[0] == texts[1]:
        texts = [value_text(value, kind, exactly=True) for value in (before, after)]
    return f"{name + ': ' if name else ''}{compared.field.words} {texts[0]} → {texts[1]}."
