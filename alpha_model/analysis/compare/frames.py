"""In which cycles, at which stages and in which pairs do two histories differ, and by how many dollars?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.compare.align import moments_of, pair_frame
from alpha_model.analysis.compare.cells import Comparison
from alpha_model.analysis.compare.differences import NO_STAGE, dollars, stage_matrix
from alpha_model.analysis.compare.fields import STAGE_MEANINGS, STAGE_PLACE, STAGES, CompareStage
from alpha_model.analysis.facts import Numbers, Places, Truths
from alpha_model.history import History

_WORDS = np.array([*(str(stage) for stage in STAGES), None], dtype=object)


def first_stages(found: Comparison) -> Places:
    """The first stage of each cycle, over its pairs and its own numbers."""
    first = stage_matrix(found).min(axis=1, initial=NO_STAGE)
    for each in found.cycles:
        np.minimum(first, STAGE_PLACE[each.field.stage], out=first, where=each.differs)
    result: Places = first
    return result


def cycle_frame(a: History, b: History, rows: tuple[Places, Places], found: Comparison) -> pd.DataFrame:
    """One row a cycle of either, by time; see `HistoryComparison.cycles`."""
    first = first_stages(found)
    shared = pd.DataFrame(
        {
            "row_a": rows[0],
            "row_b": rows[1],
            "result": np.where(first < NO_STAGE, "differs", "same").astype(object),
            "first_stage": _WORDS[first],
            "pairs_differing": (stage_matrix(found) < NO_STAGE).sum(axis=1).astype(np.int64),
            "largest_usd": _largest(found),
        }
    )
    only = []
    for history, own, other, word in ((a, "row_a", "row_b", "only in A"), (b, "row_b", "row_a", "only in B")):
        left = np.setdiff1d(np.arange(len(history)), shared[own])
        nothing: dict[str, object] = {"result": word, "first_stage": None, "pairs_differing": 0, "largest_usd": np.nan}
        only.append(pd.DataFrame({own: left, other: -1, **nothing}))
    parts = [part for part in (shared, *only) if len(part)] or [shared]
    frame = pd.concat(parts, ignore_index=True)
    columns: dict[str, object] = {}
    for history, name in ((a, "a"), (b, "b")):
        place = frame[f"row_{name}"].to_numpy(dtype=np.int64)
        known = place >= 0
        number = pd.array(np.where(known, place, 0), dtype="Int64")
        number[known] = history.cycle_numbers[place[known]]
        number[~known] = pd.NA
        moments = np.full(len(place), np.datetime64("NaT", "us"))
        moments[known] = moments_of(history)[place[known]].astype("datetime64[us]")
        columns |= {f"cycle_{name}": number, f"timestamp_{name}": pd.DatetimeIndex(moments).tz_localize("UTC")}
    result = pd.DataFrame({**columns, **frame.drop(columns=["row_a", "row_b"])})
    when = result["timestamp_a"].fillna(result["timestamp_b"])
    return result.iloc[np.argsort(when.to_numpy(), kind="stable")].reset_index(drop=True)


def stage_frame(found: Comparison) -> pd.DataFrame:
    """One row a stage; see `HistoryComparison.stages`."""
    first, like = first_stages(found), found.cells[0].differs
    rows = []
    for stage in STAGES:
        cells: Truths = np.zeros_like(like)
        whole = np.zeros(len(like), dtype=np.bool_)
        for each in found.cells:
            if each.field.stage is stage:
                cells |= each.differs
        for each in found.cycles:
            if each.field.stage is stage:
                whole |= each.differs
        rows.append(
            {
                "stage": str(stage),
                "meaning": STAGE_MEANINGS[stage],
                "first_count": int(np.count_nonzero(first == STAGE_PLACE[stage])),
                "cycle_count": int(np.count_nonzero(cells.any(axis=1) | whole)),
                "pair_count": int(np.count_nonzero(cells)),
                "largest_usd": float(np.fmax.reduce(_largest(found, stage), initial=np.nan)),
            }
        )
    return pd.DataFrame(rows)


def ranked_pairs(a: History, b: History, found: Comparison) -> pd.DataFrame:
    """One row a pair of either, the one that differs by most dollars first; see `HistoryComparison.pairs`."""
    first = stage_matrix(found)
    frame = pair_frame(a, b, found.pairs)
    ended = np.vstack([first, np.full(len(frame), NO_STAGE)])
    begins = ended[(ended < NO_STAGE).argmax(axis=0), np.arange(len(frame))]
    frame.insert(4, "first_stage", _WORDS[begins])
    frame.insert(5, "cycles_differing", (first < NO_STAGE).sum(axis=0).astype(np.int64))
    usd = dollars(found.cells, found.cells[0].left)
    frame.insert(6, "largest_usd", np.fmax.reduce(usd, axis=0, initial=np.nan))
    order = np.lexsort((-frame["cycles_differing"], -frame["largest_usd"].fillna(0.0)))
    return frame.iloc[order].reset_index(drop=True)


def _largest(found: Comparison, stage: CompareStage | None = None) -> Numbers:
    """The largest difference of an amount of the portfolio in each cycle, NaN where none differs."""
    of_pairs, of_cycle = (
        [each for each in parts if stage in {None, each.field.stage}] for parts in (found.cells, found.cycles)
    )
    cells = dollars(of_pairs, found.cells[0].left)
    return np.fmax(np.fmax.reduce(cells, axis=1, initial=np.nan), dollars(of_cycle, cells[:, :1].sum(axis=1)))
