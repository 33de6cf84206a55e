"""On how few positions does the portfolio rest?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, Numbers, cycle_frame, facts_of
from alpha_model.analysis.metrics.correlation import Matrix, row_count
from alpha_model.history import History


def concentration(history: History | Facts) -> pd.DataFrame:
    """How concentrated were the targets, and the positions after the executed trades?

    With w the share of each position in Σ|USD| of all (cash apart, shorts by their size): HHI = Σ w², 1 / count for
    equal positions and 1 for a single one; the effective number of positions is 1 / HHI.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); target_count, target_hhi, target_effective_count,
        target_largest_share of what was wanted; holding_count, holding_hhi, holding_effective_count,
        holding_largest_share of what was held after the executed trades. HHI and largest share 0...1, effective
        count >= 1; NaN where there is no position. The figures of holdings, their count too, are NaN where a position
        of the cycle is unknown, because the source does not say what became of a change.

    Source: O. Herfindahl, Concentration in the Steel Industry, 1950; its inverse as an effective number: M. Laakso and
    R. Taagepera, Effective number of parties, 1979.
    """
    board = facts_of(history).board
    known = board.holdings_known
    holdings = {f"holding_{name}": np.where(known, values, np.nan) for name, values in _figures(board.holding).items()}
    targets = {f"target_{name}": values for name, values in _figures(board.target).items()}
    return cycle_frame(board.history, {**targets, **holdings})


def _figures(usd: Matrix) -> dict[str, Numbers]:
    size = np.abs(np.nan_to_num(usd))
    total = size.sum(axis=1)
    there = total > 0
    share = size / np.where(there, total, 1.0)[:, None]
    hhi = np.where(there, np.einsum("ij,ij->i", share, share), np.nan)
    return {
        "count": row_count(size > 0).astype(np.float64),
        "hhi": hhi,
        "effective_count": 1 / hhi,
        "largest_share": np.where(there, share.max(axis=1, initial=0.0), np.nan),
    }
