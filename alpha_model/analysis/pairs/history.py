"""What happened to one pair, cycle after cycle?"""

import numpy as np
import pandas as pd

from alpha_model.analysis.cycles import decisions, flag_names
from alpha_model.analysis.facts import numbers, rank_in_cycle, shares_in_cycle
from alpha_model.history import History
from alpha_model.values import PairId

_RECORDED = (
    "signal",
    "raw_weight",
    "normalised_weight",
    "old_weight",
    "old_value",
    "position_target",
    "position_adjust_usd",
    "asked",
    "accepted",
    "tvl",
    "price",
)


def pair_history(history: History, pair_id: PairId) -> pd.DataFrame:
    """Every cycle of one pair, from signal to decision.

    Args:
        history: The whole record: shares and ranks are among all pairs of a cycle.
        pair_id: The pair.

    Returns:
        RangeIndex, one row a cycle in which the pair had a signal or was held, by time: cycle; timestamp (UTC);
        decision (as in `cycle_signals`); selected; signal; rank (int64, of the signal's strength in its cycle, 1 is
        the strongest, 0 = no signal) of signal_count; raw_weight; raw_share (raw weight / Σ raw weights); the other
        numbers of `signals` under their own names (weights are shares, money is USD, NaN = absent); refused (asked -
        accepted, not below 0); flags (list of names).

    Raises:
        HistoryError: The history has no such pair.
    """
    narrowed = history.pair(pair_id)
    signals = history.tables.signals
    rows = np.flatnonzero(signals["pair_id"].to_numpy() == pair_id)
    places = history.signal_places
    strength = np.abs(numbers(signals, "signal"))
    raw_share = shares_in_cycle(history, numbers(signals, "raw_weight"))
    counts = np.bincount(places[strength > 0], minlength=len(history))
    recorded = {name: numbers(signals, name)[rows] for name in _RECORDED}
    where = places[rows]
    columns = {
        "cycle": history.cycle_numbers[where],
        "timestamp": history.timestamps[where],
        "decision": pd.Series(decisions(history)[rows].tolist(), dtype=object),
        "selected": numbers(signals, "selected")[rows] > 0,
        "signal": recorded["signal"],
        "rank": np.where(strength > 0, rank_in_cycle(places, -strength), 0)[rows],
        "signal_count": counts[where],
        "raw_weight": recorded["raw_weight"],
        "raw_share": raw_share[rows],
        **{name: recorded[name] for name in _RECORDED[2:]},
        "refused": np.maximum(recorded["asked"] - recorded["accepted"], 0.0),
        "flags": pd.Series(flag_names(narrowed), dtype=object),
    }
    frame = pd.DataFrame(columns)
    return frame.iloc[np.argsort(where, kind="stable")].reset_index(drop=True)
