"""Which numbers of which pair and cycle differ between two histories, and by how much?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from alpha_model.analysis.compare.align import PairAlignment
from alpha_model.analysis.compare.fields import (
    CYCLE_FIELDS,
    PAIR_FIELDS,
    UNCOMPARED,
    CompareStage,
    Field,
    Kind,
)
from alpha_model.analysis.compare.side import Side
from alpha_model.analysis.facts import Numbers, Places, Truths, numbers
from alpha_model.history import History
from alpha_model.history.tables import SCHEMAS
from alpha_model.values import HistoryError

RELATIVE = 1e-6
"""Two runs of the same strategy differ in the last digits of a float; a millionth changes no decision."""

USD = 0.005
"""Half a cent: amounts are read to the cent."""

_SMALL = 1e-9
"""Numbers that are not USD and both this near to 0 are the same."""

_EXACT = frozenset({Kind.truth, Kind.flags, Kind.codes, Kind.word})
_KINDS = frozenset({"old_kind", "synthetic_kind"})
"""Columns of which a table of weights knows the side and not the kind."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """From when on two numbers are different.

    Args:
        relative: Share of the larger one.
        usd: And at least so many USD, for amounts of the portfolio.
    """

    relative: float = RELATIVE
    usd: float = USD

    def __post_init__(self) -> None:
        for name in ("relative", "usd"):
            value = getattr(self, name)
            if not 0 <= value < np.inf:
                raise HistoryError(f"{name} must be a number of 0 or more, got {value!r}.", name=name, value=value)


@dataclass(frozen=True, slots=True)
class Compared:
    """One field, compared.

    Args:
        field: Which.
        left: Of a; cycles × pairs, or one number a cycle. Words are places in `words`, codes bits of it.
        right: Of b.
        differs: Where they are not the same.
        words: The words that the numbers stand for.
    """

    field: Field
    left: Numbers
    right: Numbers
    differs: Truths
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two histories, number by number, over the cycles that they share.

    Args:
        pairs: How the pairs were aligned; columns of the matrices.
        cells: The fields of the pairs; a field that different stages wrote in different cells occurs once for each.
        cycles: The fields of the cycles.
        not_compared: Why a column was not compared, by its name.
    """

    pairs: PairAlignment
    cells: list[Compared]
    cycles: list[Compared]
    not_compared: dict[str, str]


def compare(
    a: History, b: History, rows: tuple[Places, Places], pairs: PairAlignment, tolerance: Tolerance
) -> Comparison:
    """Compare the given rows of `cycles`, pair by pair."""
    left, right = Side(a, rows[0], pairs.in_a), Side(b, rows[1], pairs.in_b)
    not_compared = _not_compared(left, right)
    cells: list[Compared] = []
    for field in PAIR_FIELDS:
        if field.name not in not_compared and (left.has(field.name) or right.has(field.name)):
            compared = _compare_cells(field, left, right, tolerance)
            if field.name == "limited_share":
                compared = replace(compared, differs=compared.differs & _same_wishes(cells)[:, None])
            cells += _by_stage(compared, left, right)
    cycles = [
        part
        for field in CYCLE_FIELDS
        if field.name not in not_compared
        for part in _by_stage(_compare_cycles(field, left, right, tolerance), left, right)
    ]
    return Comparison(pairs, cells, cycles, not_compared)


def _same_wishes(cells: list[Compared]) -> Truths:
    """Cycles with the same pairs and raw weights on both sides; elsewhere the share of each differs for that alone."""
    before = [each for each in cells if each.field.name in {"present", "raw_weight"}]
    same: Truths = ~np.any([each.differs.any(axis=1) for each in before], axis=0)
    return same


def _not_compared(left: Side, right: Side) -> dict[str, str]:
    """Columns that one side does not record, or that are never compared, with the reason, in the schema's order."""
    found = {}
    for name in (name for table in ("cycles", "signals") for name in SCHEMAS[table].names):
        recorded = [side.records(name) for side in (left, right)]
        if name in UNCOMPARED:
            if left.has(name) or right.has(name):
                found[name] = UNCOMPARED[name]
        elif name in _KINDS and left.of_weights != right.of_weights:
            found[name] = "known as a side only"
        elif not all(recorded) and (left.has(name) or right.has(name)):
            found[name] = f"recorded in {'A' if recorded[0] else 'B'} only" if any(recorded) else "made of the weights"
    if "trade_count" in found or not left.has("trade_count"):
        found |= dict.fromkeys(("traded_quantity", "traded_usd"), found.get("trade_count", "not recorded"))
    return found


def _compare_cells(field: Field, left: Side, right: Side, tolerance: Tolerance) -> Compared:
    both = left.present & right.present
    if field.kind in {Kind.word, Kind.codes}:
        mine, theirs, words = (_worded if field.kind is Kind.word else _coded)(field, left, right)
        return Compared(field, mine, theirs, _differ(mine, theirs, field, tolerance) & both, words)
    mine, theirs = left.values(field), right.values(field)
    if field.name == "present":
        return Compared(field, mine, theirs, _presence(left, right))
    if field.kind is Kind.flags:
        mine, theirs = (
            np.where(np.isnan(bits), np.nan, (np.nan_to_num(bits).astype(np.int64) & field.mask).astype(np.float64))
            for bits in (mine, theirs)
        )
    if field.name.endswith("_limit"):
        both = both & ((mine > 0) | (theirs > 0))
        mine, theirs = np.abs(mine), np.abs(theirs)
    return Compared(field, mine, theirs, _differ(mine, theirs, field, tolerance) & both)


def _compare_cycles(field: Field, left: Side, right: Side, tolerance: Tolerance) -> Compared:
    mine, theirs = (numbers(side.history.tables.cycles, field.name)[side.rows] for side in (left, right))
    return Compared(field, mine, theirs, _differ(mine, theirs, field, tolerance))


def _worded(field: Field, left: Side, right: Side) -> tuple[Numbers, Numbers, tuple[str, ...]]:
    texts = [side.words(field.name) for side in (left, right)]
    encoded = pa.concat_arrays(texts).dictionary_encode()
    codes, split = encoded.indices.to_numpy().astype(np.float64), len(texts[0])
    return left.spread(codes[:split]), right.spread(codes[split:]), tuple(encoded.dictionary.to_pylist())


def _coded(field: Field, left: Side, right: Side) -> tuple[Numbers, Numbers, tuple[str, ...]]:
    codes = sorted({*left.reasons.codes, *right.reasons.codes})
    mine, theirs = (side.reason_bits(field.steps, codes) for side in (left, right))
    return mine, theirs, tuple(codes)


def _presence(left: Side, right: Side) -> Truths:
    """Where the pair is in one of the two only; not where the other one leaves out what it neither chose nor held."""
    missing: Truths = (left.present != right.present) & ~_left_out(left, right) & ~_left_out(right, left)
    return missing


def _left_out(one: Side, other: Side) -> Truths:
    """Where only the one has the pair, neither chosen nor held, and the other would not record it."""
    if other.unchosen:
        return np.zeros_like(one.present)
    idle: Truths = (one.arrange(one.history.wide("selected")) == 0) & ~one.held()
    return idle & ~other.present


def _by_stage(compared: Compared, left: Side, right: Side) -> Iterator[Compared]:
    """A field by the stages that wrote it, where that is not the same stage in every cell."""
    field = compared.field
    later = field.asked or field.late
    if later is None:
        yield compared
        return
    if field.asked is None:
        there = _written_late(later, left, right)
    else:
        there = np.isnan(compared.left) != np.isnan(compared.right)
    yield replace(compared, differs=compared.differs & ~there)
    yield replace(compared, field=replace(field, stage=later), differs=compared.differs & there)


def _written_late(later: CompareStage, left: Side, right: Side) -> Truths:
    """In which cells the later stage wrote the field."""
    if later is CompareStage.selection:
        known = [side.held() | (left.unchosen and right.unchosen) for side in (left, right)]
        return ~(known[0] & left.present) & ~(known[1] & right.present)
    if later is CompareStage.threshold:
        return left.short_of_cash() | right.short_of_cash()
    return np.broadcast_to((left.sized | right.sized)[:, None], left.present.shape)


def _differ(left: Numbers, right: Numbers, field: Field, tolerance: Tolerance) -> Truths:
    """Where two numbers are not the same; an absent one is the same as an absent one only."""
    one_absent = np.isnan(left) != np.isnan(right)
    if field.derived:
        one_absent = np.zeros_like(one_absent)
    if field.kind in _EXACT:
        other: Truths = one_absent | ((left != right) & ~np.isnan(left) & ~np.isnan(right))
        return other
    least = tolerance.usd if field.kind is Kind.usd else _SMALL * bool(tolerance.relative)
    slack = np.maximum(tolerance.relative * np.maximum(np.abs(left), np.abs(right)), least)
    different: Truths = one_absent | (np.abs(left - right) > slack)
    return different
