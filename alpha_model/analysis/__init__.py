"""Why did the strategy do what it did? Pure functions from a history to frames."""

import warnings
from typing import Any

from alpha_model.analysis import former
from alpha_model.analysis.attention import Attention, Concern, needs_attention, overdue
from alpha_model.analysis.audit import (
    SEVERITY_MEANINGS,
    AuditReport,
    Severity,
    audit,
    audit_report,
    audit_rules,
    audit_summary,
    finding_counts,
)
from alpha_model.analysis.book import WHOLE_MEANINGS, Whole, book_frame
from alpha_model.analysis.capacity import capacity_by_pair
from alpha_model.analysis.compare import (
    STAGE_MEANINGS,
    CompareStage,
    CycleComparison,
    HistoryComparison,
    compare_cycles,
    compare_histories,
)
from alpha_model.analysis.curve import curve_breaks
from alpha_model.analysis.cycle import cycle_signals, cycle_table
from alpha_model.analysis.execution import EXECUTION_MEANINGS, Execution
from alpha_model.analysis.explain import REASON_MEANINGS, ReasonCode, explain_pairs
from alpha_model.analysis.facts import Facts, facts_of
from alpha_model.analysis.flag_meanings import FLAG_MEANINGS, explain_flags, flag_meaning
from alpha_model.analysis.flag_shifts import flag_shifts
from alpha_model.analysis.flags import flag_co_occurrence, flag_counts, flag_names, flags_by_pair
from alpha_model.analysis.flows import moved_around
from alpha_model.analysis.funnel import FUNNEL_STEPS, cycle_funnel, dollar_waterfall
from alpha_model.analysis.headline import Headline, decision_sentences, describe_decision, headline
from alpha_model.analysis.holdings import moved_without_trade
from alpha_model.analysis.interesting import INTEREST_MEANINGS, Interest, interesting_cycles
from alpha_model.analysis.ledger import STAGE_LABELS, Ledger, ledger
from alpha_model.analysis.ledger_rollups import (
    CONSTRAINT_LABELS,
    CONSTRAINTS,
    constraint_costs,
    ledger_by_cycle,
    ledger_by_pair,
    provenance_shares,
)
from alpha_model.analysis.metrics import (
    EFFECTS,
    GATE_MEANINGS,
    METRICS,
    PAIR_STREAKS,
    RETURN_SOURCES,
    Gate,
    Metric,
    concentration,
    constraint_effect_totals,
    constraint_effects,
    cycle_metrics,
    describe_streak,
    exposure,
    forecast_quality,
    metric_summary,
    near_misses,
    next_returns,
    outcome_streaks,
    pair_streaks,
    quantile_returns,
    return_coverage,
    rolling_metrics,
    signal_stability,
    transfer_coefficients,
    turnover,
)
from alpha_model.analysis.movers import moved, movers, moves, moves_are_usd
from alpha_model.analysis.outcome import OUTCOME_MEANINGS, STANDING_WORDS, CycleOutcome, cycle_outcomes, outcome_words
from alpha_model.analysis.pair_history import pair_history
from alpha_model.analysis.pairs import pair_labels, pairs_by_weight
from alpha_model.analysis.provenance import Provenance
from alpha_model.analysis.reduce import (
    OTHER,
    Kept,
    cycle_buckets,
    live_pairs,
    merge_pairs,
    most_moved,
    reduce_cycles,
)
from alpha_model.analysis.search import CycleQuery, find_cycles
from alpha_model.analysis.sentences import explain_cycle, sentences
from alpha_model.analysis.settings import Settings, cycle_settings
from alpha_model.analysis.shares import (
    allocation,
    held_shares,
    is_locked,
    moves_usd,
    pair_shares,
    target_shares,
    whole_exceptions,
    whole_words,
)
from alpha_model.analysis.since import oldest_price, since_last
from alpha_model.analysis.size_risk import size_risk_frame
from alpha_model.analysis.summary import CycleSummary, summarise_cycle
from alpha_model.analysis.thresholds import ranges_widely, threshold_frame, threshold_sweep
from alpha_model.analysis.weights import normalised_weights, raw_shares, sides, weight_diffs

__all__ = [
    "CONSTRAINTS",
    "CONSTRAINT_LABELS",
    "EFFECTS",
    "EXECUTION_MEANINGS",
    "FLAG_MEANINGS",
    "FUNNEL_STEPS",
    "GATE_MEANINGS",
    "INTEREST_MEANINGS",
    "METRICS",
    "OTHER",
    "OUTCOME_MEANINGS",
    "PAIR_STREAKS",
    "REASON_MEANINGS",
    "RETURN_SOURCES",
    "SEVERITY_MEANINGS",
    "STAGE_LABELS",
    "STAGE_MEANINGS",
    "STANDING_WORDS",
    "WHOLE_MEANINGS",
    "Attention",
    "AuditReport",
    "CompareStage",
    "Concern",
    "CycleComparison",
    "CycleOutcome",
    "CycleQuery",
    "CycleSummary",
    "Execution",
    "Facts",
    "Gate",
    "Headline",
    "HistoryComparison",
    "Interest",
    "Kept",
    "Ledger",
    "Metric",
    "Provenance",
    "ReasonCode",
    "Settings",
    "Severity",
    "Whole",
    "allocation",
    "audit",
    "audit_report",
    "audit_rules",
    "audit_summary",
    "book_frame",
    "capacity_by_pair",
    "compare_cycles",
    "compare_histories",
    "concentration",
    "constraint_costs",
    "constraint_effect_totals",
    "constraint_effects",
    "curve_breaks",
    "cycle_buckets",
    "cycle_funnel",
    "cycle_metrics",
    "cycle_outcomes",
    "cycle_settings",
    "cycle_signals",
    "cycle_table",
    "decision_sentences",
    "describe_decision",
    "describe_streak",
    "dollar_waterfall",
    "explain_cycle",
    "explain_flags",
    "explain_pairs",
    "exposure",
    "facts_of",
    "find_cycles",
    "finding_counts",
    "flag_co_occurrence",
    "flag_counts",
    "flag_meaning",
    "flag_names",
    "flag_shifts",
    "flags_by_pair",
    "forecast_quality",
    "headline",
    "held_shares",
    "interesting_cycles",
    "is_locked",
    "ledger",
    "ledger_by_cycle",
    "ledger_by_pair",
    "live_pairs",
    "merge_pairs",
    "metric_summary",
    "most_moved",
    "moved",
    "moved_around",
    "moved_without_trade",
    "movers",
    "moves",
    "moves_are_usd",
    "moves_usd",
    "near_misses",
    "needs_attention",
    "next_returns",
    "normalised_weights",
    "oldest_price",
    "outcome_streaks",
    "outcome_words",
    "overdue",
    "pair_history",
    "pair_labels",
    "pair_shares",
    "pair_streaks",
    "pairs_by_weight",
    "provenance_shares",
    "quantile_returns",
    "ranges_widely",
    "raw_shares",
    "reduce_cycles",
    "return_coverage",
    "rolling_metrics",
    "sentences",
    "sides",
    "signal_stability",
    "since_last",
    "size_risk_frame",
    "summarise_cycle",
    "target_shares",
    "threshold_frame",
    "threshold_sweep",
    "transfer_coefficients",
    "turnover",
    "weight_diffs",
    "whole_exceptions",
    "whole_words",
]

_FORMER = {"ledger_of": "ledger", "ledger_within": "ledger", "settings_of": "settings", "settings_within": "settings"}
"""What answered until the last release, and the fact that answers now."""


def __getattr__(name: str) -> Any:
    if name not in _FORMER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{__name__}.{name}() is facts_of(history).{_FORMER[name]} now", DeprecationWarning, stacklevel=2)
    return getattr(former, name)
