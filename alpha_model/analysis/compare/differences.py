"""Every single difference of one cycle, as rows and as sentences: what, at which stage, before and after?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import Places
from alpha_model.analysis.compare.align import pair_names
from alpha_model.analysis.compare.cells import Compared, Comparison
from alpha_model.analysis.compare.fields import STAGE_PLACE, STAGES, CompareStage, Kind
from alpha_model.analysis.compare.words import difference_sentence, value_of
from alpha_model.history import History

NO_STAGE = len(STAGES)
"""The place of a cell where nothing differs: after the last stage."""


def stage_matrix(found: Comparison) -> Places:
    """The first stage of each cell, `NO_STAGE` where nothing differs."""
    first = np.where(found.missing, STAGE_PLACE[CompareStage.inputs], NO_STAGE)
    for each in found.cells:
        np.minimum(first, STAGE_PLACE[each.field.stage], out=first, where=each.differs)
    result: Places = first
    return result


def difference_frame(a: History, b: History, found: Comparison, row: int = 0) -> pd.DataFrame:
    """Every difference of one of the compared cycles."""
    names = pair_names(a, b, found.pairs)
    firsts = stage_matrix(found)[row]
    rows = [
        _entry(a, b, found, each, (float(each.left[row]), float(each.right[row])), None, names)
        for each in found.cycles
        if each.differs[row]
    ]
    for pair in np.flatnonzero(found.missing[row]).tolist():
        here = found.pairs.in_a[pair] >= 0 and _is_there(a, int(found.pairs.in_a[pair]))
        side = "before and not after" if here else "after and not before"
        rows.append(
            {
                **_identity(a, b, found, pair, names),
                "stage": str(CompareStage.inputs),
                "field": "present",
                "before": here,
                "after": not here,
                "difference": np.nan,
                "sentence": f"{names[pair]} is there {side}.",
            }
        )
    for each in found.cells:
        for pair in np.flatnonzero(each.differs[row]).tolist():
            sides = (float(each.left[row, pair]), float(each.right[row, pair]))
            rows.append(_entry(a, b, found, each, sides, pair, names))
    columns = ["stage", "pair_id_a", "pair_id_b", "pair", "field", "before", "after", "difference", "sentence"]
    frame = pd.DataFrame(rows, columns=[*columns, "place"])
    frame["first_stage"] = [
        str(stage) if pd.isna(place) else str(STAGES[firsts[int(place)]])
        for stage, place in zip(frame["stage"], frame["place"], strict=True)
    ]
    order = frame["stage"].map({str(stage): place for stage, place in STAGE_PLACE.items()})
    frame = frame.iloc[np.argsort(order.to_numpy(dtype=np.int64), kind="stable")].reset_index(drop=True)
    for name in ("pair_id_a", "pair_id_b"):
        frame[name] = frame[name].astype("Int64")
    frame["pair"] = frame["pair"].astype(object).where(frame["pair"].notna(), None)
    frame["difference"] = frame["difference"].astype(np.float64)
    return frame[[*columns[:-1], "first_stage", "sentence"]]


def _is_there(history: History, place: int) -> bool:
    return bool(np.isin(history.pair_ids[place], history.tables.signals["pair_id"].to_numpy()))


def _identity(a: History, b: History, found: Comparison, pair: int | None, names: list[str]) -> dict[str, object]:
    if pair is None:
        return {"pair_id_a": pd.NA, "pair_id_b": pd.NA, "pair": None, "place": None}
    left, right = int(found.pairs.in_a[pair]), int(found.pairs.in_b[pair])
    return {
        "pair_id_a": int(a.pair_ids[left]) if left >= 0 else pd.NA,
        "pair_id_b": int(b.pair_ids[right]) if right >= 0 else pd.NA,
        "pair": names[pair],
        "place": pair,
    }


def _entry(
    a: History,
    b: History,
    found: Comparison,
    each: Compared,
    sides: tuple[float, float],
    pair: int | None,
    names: list[str],
) -> dict[str, object]:
    before, after = (value_of(each, side) for side in sides)
    measured = each.field.kind in {Kind.usd, Kind.share, Kind.number}
    return {
        **_identity(a, b, found, pair, names),
        "stage": str(each.field.stage),
        "field": "flags" if each.field.kind is Kind.flags else each.field.name,
        "before": before,
        "after": after,
        "difference": sides[1] - sides[0] if measured else np.nan,
        "sentence": difference_sentence("" if pair is None else names[pair], each, before, after),
    }


def strongest(frame: pd.DataFrame, stage: CompareStage) -> str:
    """The sentence of the largest difference of the stage's first field, and how many more there are.

    Fields are in the order of the decision, so that a signal is told before what was held; those of pairs come before
    those of the whole cycle, which follow from them more often than the other way round.
    """
    here = frame[frame["stage"] == str(stage)]
    of_pairs = here[here["pair"].notna()]
    told = here if of_pairs.empty else of_pairs
    told = told[told["field"] == told["field"].iloc[0]]
    size = np.nan_to_num(told["difference"].abs().to_numpy(), nan=np.inf)
    sentence = str(told["sentence"].iloc[int(np.argmax(size))])
    more = len(here) - 1
    return (
        sentence if not more else f"{sentence[:-1]}, and {more:,} more {'difference' if more == 1 else 'differences'}."
    )
