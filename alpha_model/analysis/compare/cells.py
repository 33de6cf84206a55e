"""Which numbers of which pair and cycle differ between two histories, and by how much?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.columns import Numbers, Places, Truths, numbers
from alpha_model.analysis.compare.align import PairAlignment
from alpha_model.analysis.compare.fields import CYCLE_FIELDS, PAIR_FIELDS, CompareStage, Field, Kind
from alpha_model.analysis.plan import rebalance_trades
from alpha_model.errors import HistoryError
from alpha_model.history import History
from alpha_model.history.history import Matrix
from alpha_model.history.places import places_of

RELATIVE = 1e-6
"""Two runs of the same strategy differ in the last digits of a float; a millionth changes no decision."""

USD = 0.005
"""Half a cent: amounts are read to the cent."""

_SMALL = 1e-9
"""Numbers that are not USD and both this near to 0 are the same."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """From when on two numbers are different.

    Args:
        relative: Share of the larger one.
        usd: And at least so many USD, for amounts.
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
        left: Of a; cycles × pairs, or one number a cycle. Words are codes of `words`.
        right: Of b.
        differs: Where they are not the same.
        words: The words that the numbers stand for, for fields of kind `word`.
    """

    field: Field
    left: Numbers
    right: Numbers
    differs: Truths
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two histories, brought into the common order of cycles and pairs."""

    history: History
    rows: Places
    pairs: Places

    def arrange(self, matrix: Matrix) -> Matrix:
        """A matrix of `wide` in the common order; NaN where the history has no such pair."""
        if matrix.shape == (len(self.rows), len(self.pairs)) and self._in_order():
            return matrix
        known = self.pairs >= 0
        found = np.full((len(self.rows), len(self.pairs)), np.nan)
        found[:, known] = matrix[np.ix_(self.rows, self.pairs[known])]
        return found

    def _in_order(self) -> bool:
        return all(np.array_equal(places, np.arange(len(places))) for places in (self.rows, self.pairs))

    def present(self) -> Truths:
        """Where the pair occurs in the cycle."""
        return ~np.isnan(self.arrange(self.history.wide("selected")))

    def sized(self) -> Truths:
        """Cycles in which size risk decided the targets."""
        return ~np.isnan(numbers(self.history.tables.cycles, "accepted_investable_equity")[self.rows])

    def records(self, name: str) -> bool:
        """Does the history record the column at all?"""
        table = self.history.tables.cycles if name in _CYCLE_NAMES else self.history.tables.signals
        if name.startswith("traded_"):
            return bool(self.history.tables.cycles["trade_count"].null_count < len(self.history))
        return bool(table[name].null_count < table.num_rows) or name in _ALWAYS

    def words(self, name: str) -> pa.Array:
        """A column of words, one a row of `signals`; lists are joined, absent ones are empty."""
        column = self.history.tables.signals[name].combine_chunks()
        if name != "other_flags":
            return pc.fill_null(column, "")
        listed = np.flatnonzero(np.asarray(pc.is_valid(column)))
        if not listed.size:
            return pa.repeat("", len(column))
        texts = np.full(len(column), "", dtype=object)
        texts[listed] = [", ".join(sorted(names)) for names in column.take(pa.array(listed)).to_pylist()]
        return pa.array(texts, pa.string())

    def coded(self, codes: Numbers) -> Matrix:
        """Codes of a column of words in the common order."""
        matrix = np.full((len(self.history), len(self.history.pair_ids)), np.nan)
        matrix[self.history.signal_places, self.history.pair_places] = codes
        return self.arrange(matrix)

    def traded(self, name: str) -> Matrix:
        """Units or USD of the rebalance trades of each cycle and pair; 0 where nothing was traded."""
        trades = rebalance_trades(self.history)
        trades = trades.filter(
            pc.is_in(trades["pair_id"], value_set=self.history.tables.pairs["pair_id"].combine_chunks())
        )
        executed, planned = numbers(trades, "executed_quantity"), numbers(trades, "planned_quantity")
        amount = (
            np.where(np.isnan(executed), planned, executed) if name == "traded_quantity" else numbers(trades, "value")
        )
        matrix = np.zeros((len(self.history), len(self.history.pair_ids)))
        rows = places_of(self.history.cycle_numbers, trades["cycle"].to_numpy())
        columns = places_of(self.history.pair_ids, trades["pair_id"].to_numpy())
        np.add.at(matrix, (rows, columns), np.nan_to_num(amount))
        matrix[np.isnan(numbers(self.history.tables.cycles, "trade_count"))] = np.nan
        return self.arrange(matrix)


_CYCLE_NAMES = frozenset(field.name for field in CYCLE_FIELDS)
_ALWAYS = frozenset({"other_flags", "old_kind", "leverage"})
"""Columns whose absence says something: no such flag, nothing held, no leverage."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two histories, number by number, over the cycles that they share.

    Args:
        pairs: How the pairs were aligned; columns of the matrices.
        missing: Cells with the pair in one of the two only.
        present: Cells with the pair in at least one.
        cells: The fields of the pairs.
        cycles: The fields of the cycles.
        not_compared: Fields that one of the two does not record at all.
    """

    pairs: PairAlignment
    missing: Truths
    present: Truths
    cells: list[Compared]
    cycles: list[Compared]
    not_compared: list[str]


def compare(
    a: History, b: History, rows: tuple[Places, Places], pairs: PairAlignment, tolerance: Tolerance
) -> Comparison:
    """Compare the given rows of `cycles`, pair by pair."""
    left, right = Side(a, rows[0], pairs.in_a), Side(b, rows[1], pairs.in_b)
    here, there = left.present(), right.present()
    both = here & there
    sized = left.sized() | right.sized()
    cells: list[Compared] = []
    not_compared: list[str] = []
    for field in PAIR_FIELDS:
        if not (left.records(field.name) and right.records(field.name)):
            if left.records(field.name) or right.records(field.name):
                not_compared.append(field.name)
            continue
        cells += _split(_compare_cells(field, left, right, both, tolerance), sized)
    cycles = []
    for field in CYCLE_FIELDS:
        mine, theirs = (numbers(side.history.tables.cycles, field.name)[side.rows] for side in (left, right))
        if left.records(field.name) and right.records(field.name):
            cycles.append(Compared(field, mine, theirs, _differ(mine, theirs, field, tolerance)))
        elif left.records(field.name) or right.records(field.name):
            not_compared.append(field.name)
    return Comparison(pairs, here != there, here | there, cells, cycles, not_compared)


def _compare_cells(field: Field, left: Side, right: Side, both: Truths, tolerance: Tolerance) -> Compared:
    words: tuple[str, ...] = ()
    if field.kind is Kind.word:
        texts = [side.words(field.name) for side in (left, right)]
        encoded = pa.concat_arrays(texts).dictionary_encode()
        codes, words = encoded.indices.to_numpy(), tuple(encoded.dictionary.to_pylist())
        split = len(texts[0])
        mine, theirs = left.coded(codes[:split].astype(float)), right.coded(codes[split:].astype(float))
    elif field.stage is CompareStage.trade:
        mine, theirs = left.traded(field.name), right.traded(field.name)
    else:
        mine, theirs = (side.arrange(side.history.wide(field.name)) for side in (left, right))
    if field.kind is Kind.flags:
        mine, theirs = (
            np.where(np.isnan(bits), np.nan, (np.nan_to_num(bits).astype(np.int64) & field.mask).astype(np.float64))
            for bits in (mine, theirs)
        )
    return Compared(field, mine, theirs, _differ(mine, theirs, field, tolerance) & both, words)


def _split(compared: Compared, sized: Truths) -> Iterator[Compared]:
    """With size risk a weight is the share of what was accepted, and so belongs to that stage."""
    if compared.field.name != "normalised_weight":
        yield compared
        return
    late = Field(compared.field.name, CompareStage.size_risk, compared.field.kind, compared.field.words)
    yield Compared(compared.field, compared.left, compared.right, compared.differs & ~sized[:, None])
    yield Compared(late, compared.left, compared.right, compared.differs & sized[:, None])


def _differ(left: Numbers, right: Numbers, field: Field, tolerance: Tolerance) -> Truths:
    """Where two numbers are not the same; an absent one is the same as an absent one only."""
    one_absent = np.isnan(left) != np.isnan(right)
    if field.kind in {Kind.truth, Kind.flags, Kind.word}:
        other: Truths = one_absent | ((left != right) & ~np.isnan(left) & ~np.isnan(right))
        return other
    least = tolerance.usd if field.kind is Kind.usd and field.name != "price" else _SMALL * bool(tolerance.relative)
    slack = np.maximum(tolerance.relative * np.maximum(np.abs(left), np.abs(right)), least)
    different: Truths = one_absent | (np.abs(left - right) > slack)
    return different
