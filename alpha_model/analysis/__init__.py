"""Why did the strategy do what it did? Pure functions from a history to frames.

What is asked most stands here; each room has the rest of its subject.
"""

from typing import Any

from alpha_model.analysis import former
from alpha_model.analysis.audit import audit, audit_report
from alpha_model.analysis.compare import compare_cycles, compare_histories
from alpha_model.analysis.cycles import (
    CycleQuery,
    cycle_signals,
    cycle_table,
    find_cycles,
    flag_counts,
    flags_by_pair,
    interesting_cycles,
    needs_attention,
    size_risk_frame,
    threshold_frame,
)
from alpha_model.analysis.explain import (
    ReasonCode,
    cycle_funnel,
    dollar_waterfall,
    explain_cycle,
    explain_flags,
    explain_pairs,
    headline,
    summarise_cycle,
)
from alpha_model.analysis.facts import CycleOutcome, Execution, Facts, book_frame, cycle_outcomes, facts_of, pair_labels
from alpha_model.analysis.later import later_questions
from alpha_model.analysis.ledger import constraint_costs, ledger, ledger_by_cycle, ledger_by_pair
from alpha_model.analysis.metrics import cycle_metrics, metric_summary, near_misses
from alpha_model.analysis.pairs import (
    allocation,
    capacity_by_pair,
    normalised_weights,
    pair_history,
    raw_shares,
    weight_diffs,
)
from alpha_model.analysis.settings import cycle_settings

__all__ = [
    "CycleOutcome",
    "CycleQuery",
    "Execution",
    "Facts",
    "ReasonCode",
    "allocation",
    "audit",
    "audit_report",
    "book_frame",
    "capacity_by_pair",
    "compare_cycles",
    "compare_histories",
    "constraint_costs",
    "cycle_funnel",
    "cycle_metrics",
    "cycle_outcomes",
    "cycle_settings",
    "cycle_signals",
    "cycle_table",
    "dollar_waterfall",
    "explain_cycle",
    "explain_flags",
    "explain_pairs",
    "facts_of",
    "find_cycles",
    "flag_counts",
    "flags_by_pair",
    "headline",
    "interesting_cycles",
    "later_questions",
    "ledger",
    "ledger_by_cycle",
    "ledger_by_pair",
    "metric_summary",
    "near_misses",
    "needs_attention",
    "normalised_weights",
    "pair_history",
    "pair_labels",
    "raw_shares",
    "size_risk_frame",
    "summarise_cycle",
    "threshold_frame",
    "weight_diffs",
]


def __getattr__(name: str) -> Any:
    return former.look_up(name)
