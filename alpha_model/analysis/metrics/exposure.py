"""How much of the money was put to work?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.cycles import discarded_usd
from alpha_model.analysis.facts import Facts, Numbers, carried_usd, cycle_frame, facts_of
from alpha_model.analysis.metrics.correlation import Matrix
from alpha_model.history import History


def exposure(history: History | Facts) -> pd.DataFrame:
    """What was wanted, held and left uninvested, as shares of the investable equity and of what is carried forward.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); wanted_share (Σ target), invested_share (Σ|USD|
        of the positions after the executed trades; above 1 where what is held exceeds that equity), net_share (the same
        with shorts negative), discarded_share (left uninvested because of size risk, of investable equity alone,
        0...1). Positions that cannot be traded have targets too, so their value is in the whole. NaN where the
        investable equity, a position of the cycle or the discarded value is not recorded.

    Source: the fields of the recorded cycle; gross and net exposure as fund reports define them.
    """
    board = facts_of(history).board
    holding, known = board.holding, board.holdings_known

    whole = board.equity + carried_usd(board.history)

    def share(usd: Matrix) -> Numbers:
        return np.asarray(np.nansum(usd, axis=1) / whole)

    missing = (board.chosen & np.isnan(board.target)).any(axis=1)
    return cycle_frame(
        board.history,
        {
            "wanted_share": np.where(missing, np.nan, share(board.target)),
            "invested_share": np.where(known, share(np.abs(holding)), np.nan),
            "net_share": np.where(known, share(holding), np.nan),
            "discarded_share": discarded_usd(board.history) / board.equity,
        },
    )
