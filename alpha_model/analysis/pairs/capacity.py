"""Which pairs take less than they are offered, and so leave money uninvested?"""

import numpy as np
import pandas as pd

from alpha_model.history import History


def capacity_by_pair(history: History) -> pd.DataFrame:
    """What size risk was asked for each pair, and what it refused, in a mean cycle.

    Money that is refused in one cycle is asked for again in the next, so amounts are means and not sums: over all
    cycles in which size risk was asked for anything, so that those of the pairs add up.

    Returns:
        RangeIndex, one row a pair that size risk looked at, the largest refusal first: pair_id; asked_usd,
        accepted_usd and refused_usd (asked and not accepted, where both are known), USD, mean of a cycle;
        refused_share (of all that was refused, 0...1; NaN where nothing was); asked_count and capped_count (cycles in
        which it was asked for something, and in which some of it was refused). Money refused by one pair is offered
        to the next, so refusals add up to more than what stayed uninvested.
    """
    asked, accepted = history.wide("asked"), history.wide("accepted")
    known = ~np.isnan(asked) & ~np.isnan(accepted)
    refused = np.where(known, np.maximum(asked - accepted, 0.0), 0.0)
    cycles = max(int((~np.isnan(asked)).any(axis=1).sum()), 1)
    frame = pd.DataFrame(
        {
            "pair_id": history.pair_ids,
            "asked_usd": np.nansum(asked, axis=0) / cycles,
            "accepted_usd": np.nansum(accepted, axis=0) / cycles,
            "refused_usd": refused.sum(axis=0) / cycles,
            "asked_count": (np.nan_to_num(asked) > 0).sum(axis=0),
            "capped_count": (refused > 0).sum(axis=0),
        }
    )
    frame = frame.iloc[np.flatnonzero(~np.isnan(asked).all(axis=0))]
    total = float(frame["refused_usd"].sum())
    frame.insert(4, "refused_share", frame["refused_usd"] / (total if total > 0 else np.nan))
    return frame.sort_values("refused_usd", ascending=False, kind="stable", ignore_index=True)
