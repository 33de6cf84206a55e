"""What differs between two cycles or two histories, and at which stage of the decision first?"""

from alpha_model.analysis.compare.fields import STAGE_MEANINGS, CompareStage
from alpha_model.analysis.compare.result import (
    CycleComparison,
    HistoryComparison,
    compare_cycles,
    compare_histories,
)

__all__ = [
    "STAGE_MEANINGS",
    "CompareStage",
    "CycleComparison",
    "HistoryComparison",
    "compare_cycles",
    "compare_histories",
]
