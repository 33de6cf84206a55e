"""What differs between two cycles, or between two histories, and at which stage first?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis.compare.align import Match, align_cycles, align_pairs, pair_frame
from alpha_model.analysis.compare.cells import RELATIVE, USD, Tolerance, compare
from alpha_model.analysis.compare.differences import difference_frame, strongest
from alpha_model.analysis.compare.fields import CompareStage
from alpha_model.analysis.compare.frames import cycle_frame, ranked_pairs, stage_frame
from alpha_model.analysis.compare.settings import settings_differences
from alpha_model.analysis.compare.verdict import NextStep, history_verdict, match_words, next_step, settings_words
from alpha_model.analysis.compare.words import BEFORE_AND_AFTER, IN_A_AND_B, Sides
from alpha_model.history import History
from alpha_model.values import HistoryError


@dataclass(frozen=True, slots=True)
class CycleComparison:
    """What differs between two cycles; nothing else.

    Args:
        verdict: One or two sentences.
        first_stage: The first stage at which a number differs; None where none does.
        settings: setting, a, b (JSON), derived, shares; see `HistoryComparison`.
        differences: One row a number, in the order of the stages; within one the whole cycle first, then the pairs that
            differ by most dollars: stage (a `CompareStage` value); pair_id_a, pair_id_b (Int64, NA = the whole cycle,
            or absent there); pair (a label); field; a, b (number, truth or text; None = absent); difference (float64,
            b - a, NaN = not a number); pair_usd (float64: the largest difference of any amount of the pair; NaN =
            none); first_stage (of that pair); sentence (plain text).
        pairs: How the pairs were aligned: pair_id_a, pair_id_b, pair_a, pair_b, matched_by.
        not_compared: Why a column was not compared, by its name.
        sides: What sentences call a and b: `before` and `after` where both are cycles of one history, a the earlier.
    """

    verdict: str
    first_stage: CompareStage | None
    settings: pd.DataFrame
    differences: pd.DataFrame
    pairs: pd.DataFrame
    not_compared: dict[str, str]
    sides: Sides


@dataclass(frozen=True, slots=True)
class HistoryComparison:
    """What differs between two histories, A and B: neither is before the other.

    Args:
        verdict: A few sentences; the last says what would let more be compared.
        first_stage: The stage of the first difference; None where there is none.
        cycles: RangeIndex, one row a cycle of either, by time: cycle_a, cycle_b (Int64, NA = not there); timestamp_a,
            timestamp_b (UTC, NaT = not there); result (`same`, `differs`, `only in A`, `only in B`); first_stage (None
            = same); pairs_differing (int64); largest_usd (float64: the largest difference of any amount of any pair or
            of the cycle; NaN where none differs).
        stages: One row a stage: stage; meaning; first_count (cycles whose first difference is here); cycle_count
            (cycles with a difference here); pair_count (cycle × pair with a difference here); largest_usd.
        settings: One row a setting: setting; a, b (JSON, of the first cycle in which they differ); cycles; first;
            derived (bool: an amount that is the same share of equity on both sides, so that no setting was changed);
            shares (text: which shares of equity; None = no fixed ones).
        pairs: One row a pair of either, the one that differs by most dollars first: pair_id_a, pair_id_b (Int64);
            pair_a, pair_b (labels, None = not there); first_stage (None = same); cycles_differing (int64); largest_usd
            (float64); matched_by.
        not_compared: Why a column was not compared, by its name.
        next_step: What would let more be compared, as in the verdict; None where nothing would.
    """

    verdict: str
    first_stage: CompareStage | None
    cycles: pd.DataFrame
    stages: pd.DataFrame
    settings: pd.DataFrame
    pairs: pd.DataFrame
    not_compared: dict[str, str]
    next_step: NextStep | None


def compare_cycles(
    a: History, b: History, *, match: Match = "pair", relative: float = RELATIVE, usd: float = USD
) -> CycleComparison:
    """What differs between two cycles, of one history or of two.

    Args:
        a: A history of one cycle, `history.cycle(n)` or `history.at(timestamp)`.
        b: The other one.
        match: `base` also matches pairs by what is bought, whatever it is paid with.
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
    rows = (np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    found = compare(a, b, rows, align_pairs(a, b, match), Tolerance(relative, usd))
    settings = settings_differences(a, b, rows)[["setting", "a", "b", "derived", "shares"]]
    sides = BEFORE_AND_AFTER if a.source == b.source and a.timestamps[0] < b.timestamps[0] else IN_A_AND_B
    frame = difference_frame(a, b, found, sides=sides)
    first = None if frame.empty else CompareStage(frame["stage"].iloc[0])
    verdict = "The two cycles are the same."
    if first is not None:
        verdict = f"The two cycles differ first at stage {first}: {strongest(frame, found, first)}"
    pairs = pair_frame(a, b, found.pairs)
    verdict += match_words(pairs) + settings_words(settings, sides)
    return CycleComparison(verdict, first, settings, frame, pairs, found.not_compared, sides)


def compare_histories(
    a: History,
    b: History,
    tolerance: pd.Timedelta | str = "0s",
    *,
    match: Match = "pair",
    relative: float = RELATIVE,
    usd: float = USD,
) -> HistoryComparison:
    """What differs between two histories: live against backtest, one version against the next.

    Args:
        a: One.
        b: The other.
        tolerance: How far apart the times of two cycles may be that belong together; each is the other's nearest.
        match: `base` also matches pairs by what is bought, whatever it is paid with: BTC-USDT with BTC-USDC.
        relative: Numbers are the same when they are this near, as a share of the larger.
        usd: And amounts when they are this near in USD.

    Raises:
        HistoryError: A tolerance is not a number or time of 0 or more.
    """
    try:
        near = pd.Timedelta(tolerance)
    except ValueError as error:
        raise HistoryError(f"expected a time, got {tolerance!r}. Write it as '1h'.", got=tolerance) from error
    rows = align_cycles(a, b, near)
    found = compare(a, b, rows, align_pairs(a, b, match), Tolerance(relative, usd))
    settings = settings_differences(a, b, rows)
    cycles, pairs = cycle_frame(a, b, rows, found), ranked_pairs(a, b, found)
    differing = cycles["first_stage"].dropna()
    more = next_step(a, b, len(rows[0]), found)
    verdict = history_verdict(a, b, rows, found, cycles) + match_words(pairs) + settings_words(settings)
    return HistoryComparison(
        verdict=verdict if more is None else f"{verdict} {more.words}",
        first_stage=CompareStage(differing.iloc[0]) if len(differing) else None,
        cycles=cycles,
        stages=stage_frame(found),
        settings=settings,
        pairs=pairs,
        not_compared=found.not_compared,
        next_step=more,
    )
