"""How well did signals, choice and limits do: per cycle, rolling, and over a whole history?"""

from alpha_model.analysis.metrics.board import Board
from alpha_model.analysis.metrics.concentration import concentration
from alpha_model.analysis.metrics.effects import EFFECTS, OFFERED, constraint_effect_totals, constraint_effects
from alpha_model.analysis.metrics.exposure import exposure
from alpha_model.analysis.metrics.forecast import forecast_quality
from alpha_model.analysis.metrics.near_misses import GATE_MEANINGS, Gate, near_misses
from alpha_model.analysis.metrics.quantiles import quantile_returns
from alpha_model.analysis.metrics.returns import (
    COVERAGE,
    RETURN_SOURCES,
    Returns,
    next_returns,
    return_coverage,
    returns_of,
)
from alpha_model.analysis.metrics.stability import signal_stability
from alpha_model.analysis.metrics.streaks import PAIR_STREAKS, describe_streak, outcome_streaks, pair_streaks
from alpha_model.analysis.metrics.table import METRICS, Metric, cycle_metrics, metric_summary, rolling_metrics
from alpha_model.analysis.metrics.transfer import transfer_coefficients
from alpha_model.analysis.metrics.turnover import turnover

__all__ = [
    "COVERAGE",
    "EFFECTS",
    "GATE_MEANINGS",
    "METRICS",
    "OFFERED",
    "PAIR_STREAKS",
    "RETURN_SOURCES",
    "Board",
    "Gate",
    "Metric",
    "Returns",
    "concentration",
    "constraint_effect_totals",
    "constraint_effects",
    "cycle_metrics",
    "describe_streak",
    "exposure",
    "forecast_quality",
    "metric_summary",
    "near_misses",
    "next_returns",
    "outcome_streaks",
    "pair_streaks",
    "quantile_returns",
    "return_coverage",
    "returns_of",
    "rolling_metrics",
    "signal_stability",
    "transfer_coefficients",
    "turnover",
]
