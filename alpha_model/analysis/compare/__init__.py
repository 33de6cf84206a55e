"""What differs between two cycles or two histories, and at which stage of the decision first?"""

from alpha_model.analysis.compare.align import Match
from alpha_model.analysis.compare.fields import STAGE_MEANINGS, CompareStage
from alpha_model.analysis.compare.result import (
    CycleComparison,
    HistoryComparison,
    compare_cycles,
    compare_histories,
)
from alpha_model.analysis.compare.verdict import NextStep, not_compared_words

__all__ = [
    "STAGE_MEANINGS",
    "CompareStage",
    "CycleComparison",
    "HistoryComparison",
    "Match",
    "NextStep",
    "compare_cycles",
    "compare_histories",
    "not_compared_words",
]
