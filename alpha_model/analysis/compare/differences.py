"""Every single difference of one cycle, as rows and as sentences: what, at which stage, on either side?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.compare.align import pair_names
from alpha_model.analysis.compare.cells import Compared, Comparison
from alpha_model.analysis.compare.fields import STAGE_PLACE, STAGES, CompareStage, Kind
from alpha_model.analysis.compare.words import IN_A_AND_B, Sides, difference_sentence, value_of
from alpha_model.analysis.facts import Numbers, Places
from alpha_model.analysis.words import count
from alpha_model.history import History

NO_STAGE = len(STAGES)
"""The place of a cell where nothing differs: after the last stage."""

_COLUMNS = [
    *("stage", "pair_id_a", "pair_id_b", "pair", "field", "a", "b", "difference", "pair_usd", "first_stage"),
    "sentence",
]


def stage_matrix(found: Comparison) -> Places:
    """The first stage of each cell, `NO_STAGE` where nothing differs."""
    first = np.full(found.cells[0].differs.shape, NO_STAGE)
    for each in found.cells:
        np.minimum(first, STAGE_PLACE[each.field.stage], out=first, where=each.differs)
    return first


def dollars(parts: list[Compared], like: Numbers) -> Numbers:
    """The largest difference of any amount of the portfolio, NaN where none differs; in the shape of `like`."""
    largest = np.full(like.shape, np.nan)
    for each in parts:
        if each.field.kind is Kind.usd:
            size = np.abs(np.nan_to_num(each.right) - np.nan_to_num(each.left))
            largest = np.fmax(largest, np.where(each.differs, size, np.nan))
    return largest


def difference_frame(
    a: History, b: History, found: Comparison, row: int = 0, sides: Sides = IN_A_AND_B
) -> pd.DataFrame:
    """Every difference of one of the compared cycles: by stage, whole cycle first, then the most dollars first."""
    names = pair_names(a, b, found.pairs)
    firsts = stage_matrix(found)[row]
    usd = dollars(found.cells, found.cells[0].left)[row]
    rows = [
        _entry(each, float(each.left[row]), float(each.right[row]), sides) for each in found.cycles if each.differs[row]
    ]
    for each in found.cells:
        rows += [
            _entry(each, float(each.left[row, pair]), float(each.right[row, pair]), sides, names[pair])
            | _ids(a, b, found, pair)
            | {"pair_usd": usd[pair], "first_stage": str(STAGES[firsts[pair]])}
            for pair in np.flatnonzero(each.differs[row]).tolist()
        ]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    frame = frame.astype(dict.fromkeys(("pair_id_a", "pair_id_b"), "Int64"))
    frame = frame.astype(dict.fromkeys(("difference", "pair_usd"), np.float64))
    frame["pair"] = frame["pair"].astype(object).where(frame["pair"].notna(), None)
    place = frame["stage"].map({str(stage): place for stage, place in STAGE_PLACE.items()}).to_numpy(dtype=np.int64)
    order = np.lexsort((-frame["pair_usd"].fillna(0), frame["pair"].notna(), place))
    return frame.iloc[order].reset_index(drop=True)


def _ids(a: History, b: History, found: Comparison, pair: int) -> dict[str, object]:
    places = {"pair_id_a": (a, int(found.pairs.in_a[pair])), "pair_id_b": (b, int(found.pairs.in_b[pair]))}
    return {name: int(history.pair_ids[at]) if at >= 0 else pd.NA for name, (history, at) in places.items()}


def _entry(each: Compared, left: float, right: float, sides: Sides, name: str | None = None) -> dict[str, object]:
    field, values = each.field, (value_of(each, left), value_of(each, right))
    measured = field.kind in {Kind.usd, Kind.market, Kind.share, Kind.number}
    return {
        "stage": str(field.stage),
        "pair": name,
        "field": _name(each),
        "a": values[0],
        "b": values[1],
        "first_stage": str(field.stage),
        "difference": right - left if measured else np.nan,
        "sentence": difference_sentence(name or "", each, *values, sides),
    }


def strongest(frame: pd.DataFrame, found: Comparison, stage: CompareStage, row: int = 0) -> str:
    """The sentence of the stage's first field for the pair with the most dollars, and how many more there are.

    Fields are in the order of the decision, so that a signal is told before what was held; what the stage only wrote
    anew comes after its own. Those of pairs come before those of the whole cycle, which mostly follow from them.
    """
    parts = [each for each in (*found.cells, *found.cycles) if each.field.stage is stage and each.differs[row].any()]
    first = min(parts, key=lambda each: stage in {each.field.late, each.field.asked})
    here = frame[frame["stage"] == str(stage)]
    told = here[here["field"] == _name(first)]
    size = told[["pair_usd", "difference"]].abs().fillna(0.0).sort_values(["pair_usd", "difference"], ascending=False)
    sentence, more = str(told["sentence"].loc[size.index[0]]), len(here) - 1
    return f"{sentence[:-1]}, and {count(more, 'more difference')}." if more else sentence


def _name(each: Compared) -> str:
    return "flags" if each.field.kind is Kind.flags else each.field.name
