"""Why did the strategy do what it did? Pure functions from a history to frames."""

from alpha_model.analysis.audit import (
    SEVERITY_MEANINGS,
    AuditReport,
    Severity,
    audit,
    audit_report,
    audit_rules,
    audit_summary,
)
from alpha_model.analysis.compare import (
    STAGE_MEANINGS,
    CompareStage,
    CycleComparison,
    HistoryComparison,
    compare_cycles,
    compare_histories,
)
from alpha_model.analysis.cycle import cycle_signals, cycle_table
from alpha_model.analysis.flags import flag_counts, flag_names
from alpha_model.analysis.headline import Headline, describe_decision, headline
from alpha_model.analysis.ledger import Ledger, ledger, ledger_of
from alpha_model.analysis.ledger_rollups import (
    CONSTRAINTS,
    constraint_costs,
    ledger_by_cycle,
    ledger_by_pair,
    provenance_shares,
)
from alpha_model.analysis.outcome import OUTCOME_MEANINGS, CycleOutcome, cycle_outcomes
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
from alpha_model.analysis.settings import cycle_settings
from alpha_model.analysis.size_risk import size_risk_frame
from alpha_model.analysis.thresholds import ranges_widely, threshold_frame
from alpha_model.analysis.weights import normalised_weights, raw_shares, sides, weight_diffs

__all__ = [
    "CONSTRAINTS",
    "OTHER",
    "OUTCOME_MEANINGS",
    "SEVERITY_MEANINGS",
    "STAGE_MEANINGS",
    "AuditReport",
    "CompareStage",
    "CycleComparison",
    "CycleOutcome",
    "Headline",
    "HistoryComparison",
    "Kept",
    "Ledger",
    "Provenance",
    "Severity",
    "audit",
    "audit_report",
    "audit_rules",
    "audit_summary",
    "compare_cycles",
    "compare_histories",
    "constraint_costs",
    "cycle_buckets",
    "cycle_outcomes",
    "cycle_settings",
    "cycle_signals",
    "cycle_table",
    "describe_decision",
    "flag_counts",
    "flag_names",
    "headline",
    "ledger",
    "ledger_by_cycle",
    "ledger_by_pair",
    "ledger_of",
    "live_pairs",
    "merge_pairs",
    "most_moved",
    "normalised_weights",
    "pair_labels",
    "pairs_by_weight",
    "provenance_shares",
    "ranges_widely",
    "raw_shares",
    "reduce_cycles",
    "sides",
    "size_risk_frame",
    "threshold_frame",
    "weight_diffs",
]
