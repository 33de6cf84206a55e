"""What did the steps themselves write down about their amounts?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.facts import Numbers, Places, Truths
from alpha_model.history import History
from alpha_model.values import Stage


@dataclass(frozen=True, slots=True)
class Recorded:
    """The reasons of a history, one entry a reason.

    Args:
        row_count: Rows of `signals`.
        row: The row of `signals` that each belongs to.
        stage: Its place in `names`.
        names: The stages that occur.
        before_usd: What entered the step.
        after_usd: What left it.
        limit: What it was measured against.
        code: The place of its code in `codes`.
        codes: The codes that occur.
    """

    row_count: int
    row: Places
    stage: Places
    names: tuple[str, ...]
    before_usd: Numbers
    after_usd: Numbers
    limit: Numbers
    code: Places
    codes: tuple[str, ...]

    def has(self, stage: Stage) -> Truths:
        """Which rows of `signals` have both amounts of the stage."""
        return ~np.isnan(self.before(stage)) & ~np.isnan(self.after(stage))

    def before(self, stage: Stage) -> Numbers:
        """What entered the stage, one number a row of `signals`."""
        return self._spread(stage, self.before_usd)

    def after(self, stage: Stage) -> Numbers:
        """What left the stage, one number a row of `signals`."""
        return self._spread(stage, self.after_usd)

    def limits(self, stage: Stage) -> Numbers:
        """The limit of the stage, one number a row of `signals`."""
        return self._spread(stage, self.limit)

    def says(self, code: str) -> Truths:
        """Which rows of `signals` have a reason with the code."""
        rows = np.zeros(self.row_count, dtype=np.bool_)
        if code in self.codes:
            rows[self.row[self.code == self.codes.index(code)]] = True
        return rows

    def _spread(self, stage: Stage, values: Numbers) -> Numbers:
        spread = np.full(self.row_count, np.nan)
        if str(stage) in self.names:
            those = self.stage == self.names.index(str(stage))
            spread[self.row[those]] = values[those]
        return spread


def recorded_reasons(history: History) -> Recorded:
    """The reasons of every row of `signals`."""
    column = history.tables.signals["reasons"].combine_chunks()
    rows = pc.list_parent_indices(column).to_numpy().astype(np.int64)
    flat = pc.list_flatten(column)
    stages, codes = (pc.struct_field(flat, name).dictionary_encode() for name in ("stage", "code"))
    return Recorded(
        row_count=len(column),
        row=rows,
        stage=_indices(stages),
        names=tuple(stages.dictionary.to_pylist()),
        before_usd=_amounts(flat, "before_usd"),
        after_usd=_amounts(flat, "after_usd"),
        limit=_amounts(flat, "limit"),
        code=_indices(codes),
        codes=tuple(codes.dictionary.to_pylist()),
    )


def _indices(words: pa.DictionaryArray) -> Places:
    places: Places = words.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return places


def _amounts(reasons: pa.StructArray, name: str) -> Numbers:
    values: Numbers = pc.struct_field(reasons, name).to_numpy(zero_copy_only=False).astype(np.float64)
    return values
