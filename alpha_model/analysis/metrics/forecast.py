"""Did the signals foresee what the pairs did next?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, Numbers, Places, cycle_frame, facts_of
from alpha_model.analysis.metrics.correlation import average_ranks, correlation, row_count, row_mean
from alpha_model.history import History


def forecast_quality(history: History | Facts) -> pd.DataFrame:
    """The signals of each cycle against the returns until the next one (see `next_returns` for where those come from).

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); signals (N: pairs with a signal other than 0),
        expected (those of them whose return the decision already promised: priced, or held after the trades) and
        with_return (n: those of these with a known return, which all that follows is about); rank_ic (rank correlation
        of signal and return, -1...1; NaN with n < 3 or where all are the same); hit_rate (share of the signals whose
        sign is that of the return, 0...1; returns of exactly 0 are left out), hits_of (how many were counted); of the
        chosen and of the other pairs SIDE_expected, SIDE_with_return, SIDE_known (the second as a share of the first)
        and SIDE_return (mean, a short's negated; share);
        selection_spread (chosen_return - others_return, NaN unless both are known). NaN throughout the last cycle, and
        in every cycle where fewer than `COVERAGE` of what was expected is known over all cycles: of the signals for
        rank_ic and hit_rate, of the side for its mean.

    Source: R. Grinold and R. Kahn, Active Portfolio Management, 2nd ed. 2000, chapter 6 (information coefficient); of
    ranks: C. Spearman, The proof and measurement of association between two things, 1904. Where returns come from held
    values, n is about the held pairs, and a signal that nobody followed is not judged.
    """
    facts = facts_of(history)
    board, returns = facts.board, facts.returns
    signal, value = board.signal, returns.value
    both = board.has_signal & returns.judged
    judged = both & (value != 0)
    covered = returns.cover(board.has_signal)
    earned = value * np.where(np.nan_to_num(signal) < 0, -1.0, 1.0)
    hits = judged & (earned > 0)
    counted = row_count(judged)
    ranks = correlation(board.signal_ranks(both), average_ranks(value, both), both)
    sides: dict[str, Numbers | Places] = {}
    for name, side in (("chosen", board.chosen), ("others", ~board.chosen)):
        where = board.has_signal & side
        expected, known = row_count(where & returns.expected), row_count(where & returns.judged)
        mean = row_mean(earned, where & returns.judged)
        sides |= {
            f"{name}_expected": expected,
            f"{name}_with_return": known,
            f"{name}_known": np.where(expected > 0, known / np.maximum(expected, 1), np.nan),
            f"{name}_return": np.where(returns.cover(where), mean, np.nan),
        }
    return cycle_frame(
        board.history,
        {
            "signals": row_count(board.has_signal),
            "expected": row_count(board.has_signal & returns.expected),
            "with_return": row_count(both),
            "rank_ic": np.where(covered, ranks, np.nan),
            "hit_rate": np.where(covered & (counted > 0), row_count(hits) / np.maximum(counted, 1), np.nan),
            "hits_of": counted,
            **sides,
            "selection_spread": sides["chosen_return"] - sides["others_return"],
        },
    )
