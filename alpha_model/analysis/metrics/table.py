"""Every metric of every cycle in one frame: which are there, what do they mean, and over how many cycles?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, cycle_frame, facts_of
from alpha_model.analysis.former import without_book
from alpha_model.analysis.metrics.concentration import concentration
from alpha_model.analysis.metrics.correlation import CONSTANT
from alpha_model.analysis.metrics.effects import constraint_effects
from alpha_model.analysis.metrics.exposure import exposure
from alpha_model.analysis.metrics.forecast import forecast_quality
from alpha_model.analysis.metrics.quantiles import quantile_returns
from alpha_model.analysis.metrics.stability import signal_stability
from alpha_model.analysis.metrics.transfer import transfer_coefficients
from alpha_model.analysis.metrics.turnover import turnover
from alpha_model.history import History
from alpha_model.values import HistoryError

Unit: TypeAlias = Literal["share", "number", "correlation", "USD"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of `cycle_metrics`.

    Args:
        unit: Of its values: a share or a return (0.01 is 1 %), a count, a correlation (-1...1) or USD.
        meaning: What it says, in a few words.
    """

    unit: Unit
    meaning: str


METRICS: dict[str, Metric] = {
    "turnover_two_way": Metric("share", "traded USD, bought and sold, of investable equity"),
    "turnover_one_way": Metric("share", "half of it: replacing the whole portfolio is 1"),
    "holding_hhi": Metric("share", "Herfindahl index of the positions after the trades"),
    "holding_effective_count": Metric("number", "as many equal positions are as concentrated"),
    "holding_largest_share": Metric("share", "the largest position, of all positions"),
    "wanted_share": Metric("share", "targets, of investable and carried equity"),
    "invested_share": Metric("share", "positions after the trades, of investable and carried equity"),
    "net_share": Metric("share", "the same, shorts negative"),
    "discarded_share": Metric("share", "left uninvested because of size risk, of investable equity"),
    "transfer_signal": Metric("correlation", "signals with the positions they became"),
    "transfer_weight": Metric("correlation", "raw weights with the positions they became"),
    "transfer_target": Metric("correlation", "raw weights with targets: the limits alone"),
    "rank_ic": Metric("correlation", "ranks of signals with ranks of the returns until the next cycle"),
    "hit_rate": Metric("share", "signals whose sign was that of the next return"),
    "chosen_known": Metric("share", "chosen pairs whose next return is known, of those that promised one"),
    "others_known": Metric("share", "the same of the pairs left out"),
    "chosen_return": Metric("share", "mean next return of the chosen pairs, shorts negated"),
    "others_return": Metric("share", "mean next return of the pairs left out, shorts negated"),
    "selection_spread": Metric("share", "what choosing earned: the difference of the two"),
    "quantile_spread": Metric("share", "next return of the strongest fifth of the signals less that of the weakest"),
    "rank_autocorrelation": Metric("correlation", "ranks of signals with those of the cycle before"),
    "kept_share": Metric("share", "chosen now and before, of chosen now or before"),
    "constraint_effect_usd": Metric("USD", "what limits and gates earned until the next cycle; negative is a cost"),
    "moved_usd": Metric("USD", "USD that limits and gates moved"),
    "judged_usd": Metric("USD", "the part of them whose next return is known"),
}
"""The metrics of `cycle_metrics`, in the order of its columns."""

QUANTILES = 5

_ZERO_BY_CHANCE = ("rank_ic", "chosen_return", "others_return", "selection_spread", "quantile_spread")


@without_book
def cycle_metrics(history: History | Facts) -> pd.DataFrame:
    """Every metric of every cycle.

    Args:
        history: The record.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); signals (N: pairs with a signal other than 0),
        expected (those whose return the decision promised) and with_return (n: those of them whose return until the
        next cycle is known, which rank_ic, hit_rate, the mean returns and quantile_spread are about; these are blank
        throughout where too few are known, see `forecast_quality`); then the columns of `METRICS`, in their order, in
        the units given there. NaN = undefined or not recorded, never 0; each metric's own function says when.
    """
    facts = facts_of(history)
    forecast = forecast_quality(facts)
    parts = pd.concat(
        [
            turnover(facts),
            concentration(facts),
            exposure(facts),
            transfer_coefficients(facts),
            forecast,
            signal_stability(facts)[["rank_autocorrelation", "kept_share"]],
            quantile_returns(facts, QUANTILES)[["spread"]].rename(columns={"spread": "quantile_spread"}),
            constraint_effects(facts).rename(columns={"total_usd": "constraint_effect_usd"}),
        ],
        axis=1,
    )
    found = parts.loc[:, ~parts.columns.duplicated()]
    counts = {name: forecast[name] for name in ("signals", "expected", "with_return")}
    return cycle_frame(facts.history, {**counts, **{name: found[name] for name in METRICS}})


def rolling_metrics(metrics: pd.DataFrame, window: int) -> pd.DataFrame:
    """The mean of each metric over the last cycles.

    Args:
        metrics: One row a cycle, as `cycle_metrics` and every per-cycle function here gives it.
        window: Cycles, >= 1; the cycle itself is the last of them. At the beginning there are fewer.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); cycles (N: how many the window has, at most
        `window`); then for each numeric column its mean over those of them that know it, under its own name (NaN where
        none does), and NAME_n: how many do.

    Raises:
        HistoryError: A window below 1.
    """
    if window < 1:
        raise HistoryError(
            f"a rolling window needs at least 1 cycle, got {window}. Twelve or more are usual.", got=window
        )
    numeric = metrics.drop(columns=["cycle", "timestamp"]).select_dtypes("number").astype(np.float64)
    rolling = numeric.rolling(window, min_periods=1)
    counts = numeric.notna().astype(np.float64).rolling(window, min_periods=1).sum().round().astype(np.int64)
    columns: dict[str, object] = {"cycles": np.minimum(np.arange(1, len(metrics) + 1), window)}
    means = rolling.mean()
    for name in numeric.columns:
        columns |= {name: means[name].to_numpy(), f"{name}_n": counts[name].to_numpy()}
    return pd.DataFrame({"cycle": metrics["cycle"], "timestamp": metrics["timestamp"], **columns})


def metric_summary(metrics: pd.DataFrame) -> pd.DataFrame:
    """Each metric over all cycles.

    Args:
        metrics: From `cycle_metrics`.

    Returns:
        RangeIndex, one row for each of `METRICS`, in order: metric; meaning; unit; mean, deviation (sample standard
        deviation, NaN with fewer than 2), smallest, median, largest (of the cycles that know it; NaN where none does);
        last (of the last cycle that knows it); t (mean / (deviation / √n), as if cycles were independent: beyond about
        2 it is unlikely to be chance; only for the metrics that would be 0 by chance, NaN where they do not vary); n
        (cycles that know it) and cycles (N).
    """
    return pd.DataFrame([_summary(name, metrics[name].to_numpy(dtype=np.float64)) for name in METRICS])


def _summary(name: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, object]:
    known = values[~np.isnan(values)]
    n = len(known)
    deviation = float(known.std(ddof=1)) if n > 1 else np.nan
    mean = float(known.mean()) if n else np.nan
    tested = name in _ZERO_BY_CHANCE and deviation > CONSTANT * float(np.abs(known).max(initial=0.0))
    return {
        "metric": name,
        "meaning": METRICS[name].meaning,
        "unit": METRICS[name].unit,
        "mean": mean,
        "deviation": deviation,
        "smallest": float(known.min()) if n else np.nan,
        "median": float(np.median(known)) if n else np.nan,
        "largest": float(known.max()) if n else np.nan,
        "last": float(known[-1]) if n else np.nan,
        "t": mean / (deviation / np.sqrt(n)) if tested else np.nan,
        "n": n,
        "cycles": len(values),
    }
