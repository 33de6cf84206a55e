"""Which cycles are there, and which deserve a look?"""

from alpha_model.analysis.cycles.attention import Attention, Concern, needs_attention, overdue
from alpha_model.analysis.cycles.flag_shifts import SPAN, flag_shifts
from alpha_model.analysis.cycles.flags import flag_co_occurrence, flag_counts, flag_names, flags_by_pair
from alpha_model.analysis.cycles.interesting import INTEREST_MEANINGS, Interest, interesting_cycles
from alpha_model.analysis.cycles.search import CycleQuery, find_cycles
from alpha_model.analysis.cycles.size_risk import discarded_usd, size_risk_frame
from alpha_model.analysis.cycles.table import cycle_signals, cycle_table, decisions
from alpha_model.analysis.cycles.thresholds import ranges_widely, threshold_frame, threshold_sweep

__all__ = [
    "INTEREST_MEANINGS",
    "SPAN",
    "Attention",
    "Concern",
    "CycleQuery",
    "Interest",
    "cycle_signals",
    "cycle_table",
    "decisions",
    "discarded_usd",
    "find_cycles",
    "flag_co_occurrence",
    "flag_counts",
    "flag_names",
    "flag_shifts",
    "flags_by_pair",
    "interesting_cycles",
    "needs_attention",
    "overdue",
    "ranges_widely",
    "size_risk_frame",
    "threshold_frame",
    "threshold_sweep",
]
