"""Which cycles are worth a look? Those where something begins, not those where it goes on."""

from enum import StrEnum

import numpy as np
import pandas as pd

from alpha_model.analysis.audit import finding_counts
from alpha_model.analysis.cycles.flags import flag_counts
from alpha_model.analysis.cycles.size_risk import discarded_usd
from alpha_model.analysis.facts import CycleOutcome, Execution, Numbers, Truths, cycle_outcomes, numbers
from alpha_model.history import History

QUIET = 10
"""A flag appears when it was not raised in so many cycles before."""
LARGE = 0.98
"""An adjust is large above this quantile of all that are not 0."""
_FEW = 20
"""With fewer adjusts than this, a quantile says nothing."""


class Interest(StrEnum):
    """Why a cycle is worth a look."""

    not_made = "not_made"
    held = "held"
    flag_appears = "flag_appears"
    large_adjust = "large_adjust"
    money_refused = "money_refused"
    finding = "finding"


INTEREST_MEANINGS: dict[Interest, str] = {
    Interest.not_made: "planned trades were not made, as far as the record tells",
    Interest.held: "a gate held that was open before",
    Interest.flag_appears: f"a flag that was not raised in the {QUIET} cycles before",
    Interest.large_adjust: "one of the largest changes of the history",
    Interest.money_refused: "size risk began to refuse money",
    Interest.finding: "the audit begins to find errors or warnings",
}
"""One clause for people about each."""


def interesting_cycles(history: History, *, audited: bool = True) -> pd.DataFrame:
    """The cycles where a gate closes, a flag appears, an adjust is large, money starts to be refused, or a finding.

    Args:
        history: The record.
        audited: Ask the audit too, which costs more than all the rest.

    Returns:
        RangeIndex, one row an interesting cycle, in order: place (in this history, from 0); cycle; timestamp (UTC);
        kinds (list of `Interest` values, never empty); appearing (sorted names of the flags that appear).
    """
    appears = _appearing(history)
    found = {
        Interest.not_made: _not_made(history),
        Interest.held: _begins(_held(history)),
        Interest.flag_appears: appears.to_numpy(dtype=np.bool_).any(axis=1),
        Interest.large_adjust: _large(numbers(history.tables.cycles, "max_position_adjust_usd")),
        Interest.money_refused: _begins(discarded_usd(history) > 0),
    }
    if audited:
        found[Interest.finding] = _begins(finding_counts(history) > 0)
    marks = np.column_stack(list(found.values()))
    places = np.flatnonzero(marks.any(axis=1))
    kinds = [[str(kind) for kind, is_so in zip(found, row, strict=True) if is_so] for row in marks[places]]
    names = np.array(appears.columns, dtype=object)
    appearing = [sorted(map(str, names[row])) for row in appears.to_numpy(dtype=np.bool_)[places]]
    return pd.DataFrame(
        {
            "place": places,
            "cycle": history.cycle_numbers[places],
            "timestamp": history.timestamps[places],
            "kinds": pd.Series(kinds, dtype=object),
            "appearing": pd.Series(appearing, dtype=object),
        }
    )


def _held(history: History) -> Truths:
    outcome = cycle_outcomes(history)["outcome"]
    stopped = (CycleOutcome.held_below_threshold, CycleOutcome.every_change_skipped, CycleOutcome.refused_by_risk)
    held: Truths = outcome.isin(stopped).to_numpy(dtype=np.bool_)
    return held


def _not_made(history: History) -> Truths:
    """Cycles with trades that failed, or that nothing confirms; each of them, and not the first only."""
    words = cycle_outcomes(history)["execution"]
    found: Truths = words.isin((Execution.failed, Execution.contradicted, Execution.unconfirmed)).to_numpy(np.bool_)
    return found


def _begins(state: Truths) -> Truths:
    """Where it is so, and was not so in the cycle before."""
    before = np.concatenate([[False], state[:-1]])[: len(state)]
    begins: Truths = state & ~before
    return begins


def _appearing(history: History) -> pd.DataFrame:
    """Flags that are raised and were not in the cycles before; before the first cycle nothing is known."""
    raised = flag_counts(history) > 0
    recently = raised.astype(np.float64).shift(1).rolling(QUIET, min_periods=1).max().fillna(0.0) > 0
    appears = raised & ~recently
    appears.iloc[:1] = False
    return appears


def _large(adjust: Numbers) -> Truths:
    known = adjust[adjust > 0]
    if known.size < _FEW:
        return np.zeros(len(adjust), dtype=np.bool_)
    large: Truths = adjust > np.quantile(known, LARGE)
    return large
