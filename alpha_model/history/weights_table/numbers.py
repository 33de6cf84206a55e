"""Which number does a cell say, written in whatever way?

`0.5`, `0,5`, `50 %`, `$5,000.00`, `(200)` and `−0.1` are numbers. A comma is a decimal comma where some cell beside it
leaves no other meaning (`0,5`; `1.234,5`), or where the cells of the file are not parted by commas.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import pandas as pd

from alpha_model.history.weights_table.sheet import Flags, Numbers, Sheet, is_blank

EXPECTED = "a finite number"

_MONEY = "$€£¥₮"
_THOUSANDS = {mark: rf"[+-]?[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+" for mark in ",."}
_DECIMAL_COMMA = r"[+-]?(?:\d*|\d{1,3}(?:\.\d{3})+),\d+"
_DECIMAL_POINT = r"[+-]?\d{1,3}(?:,\d{3})*\.\d+"


def as_numbers(cells: pd.Series, *, has_decimal_comma: bool = False) -> tuple[Numbers, Flags]:
    """The numbers of cells, NaN where one is blank, and which of them are neither blank nor finite."""
    if not has_decimal_comma or pd.api.types.is_numeric_dtype(cells):
        found = np.array(pd.to_numeric(cells, errors="coerce").astype("float64"), dtype=np.float64)
    else:
        found = np.full(len(cells), np.nan)
    bad, unknown = np.isinf(found), np.isnan(found)
    if unknown.any():
        rest = cells[unknown]
        found[unknown], bad[unknown] = _written(rest, has_decimal_comma=has_decimal_comma)
    return found, bad


def _written(cells: pd.Series, *, has_decimal_comma: bool) -> tuple[Numbers, Flags]:
    """Numbers that are written for people."""
    blank = is_blank(cells)
    found = np.full(len(cells), np.nan)
    if not blank.all():
        text = _bare(cells[~blank])
        is_share = text.str.endswith("%").to_numpy(bool)
        plain = _with_points(text.str.removesuffix("%"), has_decimal_comma=has_decimal_comma)
        numbers = np.array(pd.to_numeric(plain, errors="coerce").astype("float64"), dtype=np.float64)
        found[~blank] = np.where(is_share, numbers / 100, numbers)
    return found, ~blank & ~np.isfinite(found)


def _bare(cells: pd.Series) -> pd.Series:
    """Text without spaces, signs of money and brackets."""
    text = cells.astype("string").str.replace(rf"[\s'{_MONEY}]", "", regex=True).str.replace("−", "-")
    return text.str.replace(r"^\((.+)\)(%?)$", r"-\1\2", regex=True).astype("string").fillna("")


def _with_points(text: pd.Series, *, has_decimal_comma: bool) -> pd.Series:
    """Text whose only mark is the decimal point; anything else stays as it is."""
    mark = "." if has_decimal_comma else ","
    is_grouped = text.str.fullmatch(_THOUSANDS[mark] if has_decimal_comma else rf"{_THOUSANDS[',']}(\.\d+)?")
    is_grouped |= text.str.fullmatch(_DECIMAL_COMMA if has_decimal_comma else _DECIMAL_POINT)
    plain = text.where(~is_grouped, text.str.replace(mark, "", regex=False))
    return plain.str.replace(",", ".", regex=False) if has_decimal_comma else plain


def has_decimal_comma(sheet: Sheet, columns: Sequence[str]) -> bool:
    """Do commas in the numbers of these columns stand for the decimal point?"""
    texts = (
        _bare(found).str.removesuffix("%") for found in map(sheet.frame.__getitem__, columns) if _has_commas(found)
    )
    certain, grouped = reduce(_seen, texts, (False, False))
    return certain or (grouped and sheet.has_commas)


def _seen(before: tuple[bool, bool], text: pd.Series) -> tuple[bool, bool]:
    """Was there a cell whose comma can only be a decimal one; and one where it may be either?"""
    grouped = text.str.fullmatch(_THOUSANDS[","])
    certain = text.str.fullmatch(_DECIMAL_COMMA) & ~grouped
    return before[0] or bool(certain.any()), before[1] or bool(grouped.any())


def _has_commas(cells: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return False
    return bool(cells.astype("string").str.contains(",", regex=False).any())


def has_money(cells: pd.Series) -> bool:
    """Does a cell say that it is an amount of money?"""
    if pd.api.types.is_numeric_dtype(cells):
        return False
    return bool(cells.astype("string").str.contains(f"[{_MONEY}]").any())
