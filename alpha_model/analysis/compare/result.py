"""What differs between two cycles, or between two histories, and at which stage first?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import Numbers, Places, Truths
from alpha_model.analysis.compare.align import align_cycles, align_pairs, moments_of, pair_frame
from alpha_model.analysis.compare.cells import RELATIVE, USD, Comparison, Tolerance, compare
from alpha_model.analysis.compare.differences import NO_STAGE, difference_frame, stage_matrix, strongest
from alpha_model.analysis.compare.fields import STAGE_MEANINGS, STAGE_PLACE, STAGES, CompareStage, Kind
from alpha_model.analysis.compare.settings import settings_differences
from alpha_model.analysis.words import printable
from alpha_model.errors import HistoryError
from alpha_model.history import History

_MOST_SETTINGS = 3
"""So many settings are named in a verdict."""


@dataclass(frozen=True, slots=True)
class CycleComparison:
    """What differs between two cycles; nothing else.

    Args:
        verdict: One or two sentences.
        first_stage: The first stage at which a number differs; None where none does.
        settings: setting, before, after (JSON).
        differences: One row a number, in the order of the stages, whole cycle first: stage (a `CompareStage` value);
            pair_id_a, pair_id_b (Int64, NA = the whole cycle, or absent there); pair (a label); field; before, after
            (number, truth or text; None = absent); difference (float64, after - before, NaN = not a number);
            first_stage (of that pair); sentence (plain text).
        pairs: How the pairs were aligned: pair_id_a, pair_id_b, pair, matched_by.
        not_compared: Fields that one side does not record.
    """

    verdict: str
    first_stage: CompareStage | None
    settings: pd.DataFrame
    differences: pd.DataFrame
    pairs: pd.DataFrame
    not_compared: list[str]


@dataclass(frozen=True, slots=True)
class HistoryComparison:
    """What differs between two histories.

    Args:
        verdict: One or two sentences.
        first_stage: The stage of the first difference; None where there is none.
        cycles: RangeIndex, one row a cycle of either, by time: cycle_a, cycle_b (Int64, NA = not there); timestamp_a,
            timestamp_b (UTC, NaT = not there); result (`same`, `differs`, `only in A`, `only in B`); first_stage (None
            = same); pairs_differing (int64); largest_usd (float64: the largest difference in USD of any field of any
            pair or of the cycle; NaN where no amount differs).
        stages: One row a stage: stage; meaning; first_count (cycles whose first difference is here); cycle_count
            (cycles with a difference here); pair_count (cycle × pair with a difference here); largest_usd.
        settings: setting, before, after, cycles, first.
        pairs: How the pairs were aligned: pair_id_a, pair_id_b, pair, matched_by.
        not_compared: Fields that one side does not record.
    """

    verdict: str
    first_stage: CompareStage | None
    cycles: pd.DataFrame
    stages: pd.DataFrame
    settings: pd.DataFrame
    pairs: pd.DataFrame
    not_compared: list[str]


def compare_cycles(a: History, b: History, *, relative: float = RELATIVE, usd: float = USD) -> CycleComparison:
    """What differs between two cycles, of one history or of two.

    Args:
        a: A history of one cycle, `history.cycle(n)` or `history.at(timestamp)`.
        b: The other one.
        relative: Numbers are the same when they are this near, as a share of the larger.
        usd: And amounts when they are this near in USD.

    Raises:
        HistoryError: One of the two has not exactly one cycle, or a tolerance is not a number of 0 or more.
    """
    for history in (a, b):
        if len(history) != 1:
            raise HistoryError(
                f"compare_cycles takes two histories of one cycle each, got {len(history)} cycles from "
                f"{history.source.name}. Pass history.cycle(n), or compare_histories(a, b).",
                got=len(history),
            )
    pairs = align_pairs(a, b)
    rows = (np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    found = compare(a, b, rows, pairs, Tolerance(relative, usd))
    settings = settings_differences(a, b, rows)[["setting", "before", "after"]]
    frame = difference_frame(a, b, found)
    first = None if frame.empty else CompareStage(frame["stage"].iloc[0])
    if first is None:
        verdict = "The two cycles are the same."
    else:
        verdict = f"The two cycles differ first at stage {first}: {strongest(frame, first)}"
    return CycleComparison(
        verdict + _settings_words(settings), first, settings, frame, pair_frame(a, b, pairs), found.not_compared
    )


def compare_histories(
    a: History, b: History, tolerance: pd.Timedelta | str = "0s", *, relative: float = RELATIVE, usd: float = USD
) -> HistoryComparison:
    """What differs between two histories: live against backtest, one version against the next.

    Args:
        a: One.
        b: The other.
        tolerance: How far apart the times of two cycles may be that belong together; each is the other's nearest.
        relative: Numbers are the same when they are this near, as a share of the larger.
        usd: And amounts when they are this near in USD.

    Raises:
        HistoryError: A tolerance is not a number or time of 0 or more.
    """
    try:
        near = pd.Timedelta(tolerance)
    except ValueError as error:
        raise HistoryError(f"expected a time, got {tolerance!r}. Write it as '1h'.", got=tolerance) from error
    pairs, rows = align_pairs(a, b), align_cycles(a, b, near)
    found = compare(a, b, rows, pairs, Tolerance(relative, usd))
    first = _first_stages(found, len(rows[0]))
    settings = settings_differences(a, b, rows)
    cycles = _cycle_frame(a, b, rows, first, found)
    differing = np.flatnonzero(first < NO_STAGE)
    stage = STAGES[first[differing[0]]] if differing.size else None
    return HistoryComparison(
        _verdict(a, b, rows, first, found, cycles) + _settings_words(settings),
        stage,
        cycles,
        _stage_frame(found, first),
        settings,
        pair_frame(a, b, pairs),
        found.not_compared,
    )


def _first_stages(found: Comparison, count: int) -> Places:
    """The first stage of each cycle, over its pairs and its own numbers."""
    first = stage_matrix(found).min(axis=1, initial=NO_STAGE)
    for each in found.cycles:
        np.minimum(first, STAGE_PLACE[each.field.stage], out=first, where=each.differs)
    assert len(first) == count
    result: Places = first
    return result


def _largest(found: Comparison, stage: CompareStage | None = None) -> Numbers:
    """The largest difference in USD of each cycle, NaN where no amount differs."""
    largest = np.full(len(found.missing), np.nan)
    for each in [*found.cells, *found.cycles]:
        if each.field.kind is not Kind.usd or each.field.name == "price" or stage not in {None, each.field.stage}:
            continue
        size = np.where(each.differs, np.abs(np.nan_to_num(each.right) - np.nan_to_num(each.left)), np.nan)
        if size.ndim > 1:
            size = np.fmax.reduce(size, axis=1, initial=np.nan)
        largest = np.fmax(largest, size)
    return largest


def _cycle_frame(a: History, b: History, rows: tuple[Places, Places], first: Places, found: Comparison) -> pd.DataFrame:
    stages = np.array([*(str(stage) for stage in STAGES), None], dtype=object)
    differing = (stage_matrix(found) < NO_STAGE).sum(axis=1)
    shared = pd.DataFrame(
        {
            "row_a": rows[0],
            "row_b": rows[1],
            "result": np.where(first < NO_STAGE, "differs", "same").astype(object),
            "first_stage": stages[first],
            "pairs_differing": differing.astype(np.int64),
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


def _stage_frame(found: Comparison, first: Places) -> pd.DataFrame:
    rows = []
    for stage in STAGES:
        cells: Truths = found.missing.copy() if stage is CompareStage.inputs else np.zeros_like(found.missing)
        whole = np.zeros(len(found.missing), dtype=np.bool_)
        for each in found.cells:
            if each.field.stage is stage:
                cells |= each.differs
        for each in found.cycles:
            if each.field.stage is stage:
                whole |= each.differs
        largest = _largest(found, stage)
        rows.append(
            {
                "stage": str(stage),
                "meaning": STAGE_MEANINGS[stage],
                "first_count": int(np.count_nonzero(first == STAGE_PLACE[stage])),
                "cycle_count": int(np.count_nonzero(cells.any(axis=1) | whole)),
                "pair_count": int(np.count_nonzero(cells)),
                "largest_usd": float(np.fmax.reduce(largest, initial=np.nan)),
            }
        )
    return pd.DataFrame(rows)


def _settings_words(settings: pd.DataFrame) -> str:
    if settings.empty:
        return ""
    changes = [_setting_words(row.setting, row.before, row.after) for row in settings.itertuples()]
    more = f", and {len(changes) - _MOST_SETTINGS} more" if len(changes) > _MOST_SETTINGS else ""
    return f" The settings differ: {'; '.join(changes[:_MOST_SETTINGS])}{more}."


def _setting_words(name: object, before: object, after: object) -> str:
    shown = ["not given" if value is None else str(value) for value in (before, after)]
    return printable(f"{name} {shown[0]} → {shown[1]}")


def _verdict(
    a: History,
    b: History,
    rows: tuple[Places, Places],
    first: Places,
    found: Comparison,
    cycles: pd.DataFrame,
) -> str:
    shared = len(rows[0])
    if not shared:
        return "The histories share no cycle: nothing was compared."
    differing = np.flatnonzero(first < NO_STAGE)
    if not differing.size:
        text = f"The histories agree in {_cycles_words(shared)} that they share."
    else:
        row = int(differing[0])
        stage = STAGES[first[row]]
        frame = difference_frame(_slice(a, rows[0][row]), _slice(b, rows[1][row]), found, row)
        moment = a.timestamps[rows[0][row]]
        text = (
            f"The first difference is at {moment:%Y-%m-%d %H:%M} UTC, stage {stage}: {strongest(frame, stage)} "
            f"Of {shared:,} shared cycles, {differing.size:,} differ."
        )
    counts = cycles["result"].value_counts()
    for word in ("only in A", "only in B"):
        if word in counts:
            count = int(counts[word])
            text += f" {count:,} {'cycle is' if count == 1 else 'cycles are'} {word}."
    return text


def _cycles_words(count: int) -> str:
    return "the one cycle" if count == 1 else f"all {count:,} cycles"


def _slice(history: History, row: int) -> History:
    """One cycle; its pairs stay those of the whole."""
    return history.cycle(int(history.cycle_numbers[row]))
