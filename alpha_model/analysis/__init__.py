"""Why did the strategy do what it did? Pure functions from a history to frames."""

from alpha_model.analysis.attention import Attention, Concern, needs_attention
from alpha_model.analysis.audit import (
    SEVERITY_MEANINGS,
    AuditReport,
    Severity,
    audit,
    audit_report,
    audit_rules,
    audit_summary,
)
from alpha_model.analysis.capacity import capacity_by_pair
from alpha_model.analysis.compare import (
    STAGE_MEANINGS,
    CompareStage,
    CycleComparison,
    HistoryComparison,
    compare_cycles,
    compare_histories,
)
from alpha_model.analysis.cycle import cycle_signals, cycle_table
from alpha_model.analysis.explain import REASON_MEANINGS, ReasonCode, explain_pairs
from alpha_model.analysis.flag_meanings import FLAG_MEANINGS, explain_flags, flag_meaning
from alpha_model.analysis.flags import flag_co_occurrence, flag_counts, flag_names, flags_by_pair
from alpha_model.analysis.headline import Headline, describe_decision, headline
from alpha_model.analysis.interesting import INTEREST_MEANINGS, Interest, interesting_cycles
from alpha_model.analysis.ledger import Ledger, ledger, ledger_of
from alpha_model.analysis.ledger_rollups import (
    CONSTRAINTS,
    constraint_costs,
    ledger_by_cycle,
    ledger_by_pair,
    provenance_shares,
)
from alpha_model.analysis.movers import movers, weight_moved
from alpha_model.analysis.outcome import OUTCOME_MEANINGS, CycleOutcome, cycle_outcomes
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
from alpha_model.analysis.sentences import explain_cycle, sentences
from alpha_model.analysis.settings import cycle_settings
from alpha_model.analysis.size_risk import size_risk_frame
from alpha_model.analysis.summary import CycleSummary, summarise_cycle
from alpha_model.analysis.thresholds import ranges_widely, threshold_frame, threshold_sweep
from alpha_model.analysis.weights import normalised_weights, raw_shares, sides, weight_diffs

__all__ = [
    "CONSTRAINTS",
    "FLAG_MEANINGS",
    "INTEREST_MEANINGS",
    "OTHER",
    "OUTCOME_MEANINGS",
    "REASON_MEANINGS",
    "SEVERITY_MEANINGS",
    "STAGE_MEANINGS",
    "Attention",
    "AuditReport",
    "CompareStage",
    "Concern",
    "CycleComparison",
    "CycleOutcome",
    "CycleSummary",
    "Headline",
    "HistoryComparison",
    "Interest",
    "Kept",
    "Ledger",
    "Provenance",
    "ReasonCode",
    "Severity",
    "audit",
    "audit_report",
    "audit_rules",
    "audit_summary",
    "capacity_by_pair",
    "compare_cycles",
    "compare_histories",
    "constraint_costs",
    "cycle_buckets",
    "cycle_outcomes",
    "cycle_settings",
    "cycle_signals",
    "cycle_table",
    "describe_decision",
    "explain_cycle",
    "explain_flags",
    "explain_pairs",
    "flag_co_occurrence",
    "flag_counts",
    "flag_meaning",
    "flag_names",
    "flags_by_pair",
    "headline",
    "interesting_cycles",
    "ledger",
    "ledger_by_cycle",
    "ledger_by_pair",
    "ledger_of",
    "live_pairs",
    "merge_pairs",
    "most_moved",
    "movers",
    "needs_attention",
    "normalised_weights",
    "pair_history",
    "pair_labels",
    "pairs_by_weight",
    "provenance_shares",
    "ranges_widely",
    "raw_shares",
    "reduce_cycles",
    "sentences",
    "sides",
    "size_risk_frame",
    "summarise_cycle",
    "threshold_frame",
    "threshold_sweep",
    "weight_diffs",
    "weight_moved",
]
