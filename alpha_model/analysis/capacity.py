"""Which pairs take less than they are offered, and so leave money uninvested?"""

import numpy as np
import pandas as pd

from alpha_model.history import History


def capacity_by_pair(history: History) -> pd.DataFrame:
    """What size risk was asked for each pair, and what it refused.

    Returns:
        RangeIndex, one row a pair that size risk looked at, the largest refusal first: pair_id; asked_usd and
        accepted_usd (Σ over its cycles); refused_usd (Σ of what was asked and not accepted, where both are known);
        refused_share (of all that was refused, 0...1; NaN where nothing was); asked_count and capped_count (cycles in
        which it was asked for something, and in which some of it was refused). Money refused by one pair is offered
        to the next, so refusals add up to more than what stayed uninvested.
    """
    asked, accepted = history.wide("asked"), history.wide("accepted")
    known = ~np.isnan(asked) & ~np.isnan(accepted)
    refused = np.where(known, np.maximum(asked - accepted, 0.0), 0.0)
    frame = pd.DataFrame(
        {
            "pair_id": history.pair_ids,
            "asked_usd": np.nansum(asked, axis=0),
            "accepted_usd": np.nansum(accepted, axis=0),
            "refused_usd": refused.sum(axis=0),
            "asked_count": (np.nan_to_num(asked) > 0).sum(axis=0),
            "capped_count": (refused > 0).sum(axis=0),
        }
    )
    frame = frame.iloc[np.flatnonzero(~np.isnan(asked).all(axis=0))]
    total = float(frame["refused_usd"].sum())
    frame.insert(4, "refused_share", frame["refused_usd"] / (total if total > 0 else np.nan))
    return frame.sort_values("refused_usd", ascending=False, kind="stable", ignore_index=True)
