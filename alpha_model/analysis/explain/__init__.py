"""Why did it happen, in plain English?"""

from alpha_model.analysis.explain.flag_meanings import FLAG_MEANINGS, explain_flags, flag_meaning
from alpha_model.analysis.explain.flows import moved_around
from alpha_model.analysis.explain.funnel import FUNNEL_STEPS, cycle_funnel, dollar_waterfall
from alpha_model.analysis.explain.headline import Headline, decision_sentences, describe_decision, headline
from alpha_model.analysis.explain.reasons import (
    REASON_MEANINGS,
    ReasonCode,
    Reasons,
    explain_pairs,
    reason_columns,
    reasons_of,
)
from alpha_model.analysis.explain.sentences import explain_cycle, sentences
from alpha_model.analysis.explain.since import oldest_price, since_last
from alpha_model.analysis.explain.summary import CycleSummary, summarise_cycle

__all__ = [
    "FLAG_MEANINGS",
    "FUNNEL_STEPS",
    "REASON_MEANINGS",
    "CycleSummary",
    "Headline",
    "ReasonCode",
    "Reasons",
    "cycle_funnel",
    "decision_sentences",
    "describe_decision",
    "dollar_waterfall",
    "explain_cycle",
    "explain_flags",
    "explain_pairs",
    "flag_meaning",
    "headline",
    "moved_around",
    "oldest_price",
    "reason_columns",
    "reasons_of",
    "sentences",
    "since_last",
    "summarise_cycle",
]
