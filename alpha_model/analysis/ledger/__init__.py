"""Where did every dollar go?"""

from alpha_model.analysis.ledger.ledger import CENT, STAGE_LABELS, Ledger, ledger, ledger_frame_of, ledger_of
from alpha_model.analysis.ledger.reasons import Recorded, recorded_reasons
from alpha_model.analysis.ledger.rollups import (
    CONSTRAINT_LABELS,
    CONSTRAINTS,
    LIMITS,
    OF_STAGE,
    constraint_costs,
    ledger_by_cycle,
    ledger_by_pair,
    provenance_shares,
    refused,
)
from alpha_model.analysis.ledger.targets import TARGET_STAGES
from alpha_model.analysis.ledger.trades import TRADE_STAGES

__all__ = [
    "CENT",
    "CONSTRAINTS",
    "CONSTRAINT_LABELS",
    "LIMITS",
    "OF_STAGE",
    "STAGE_LABELS",
    "TARGET_STAGES",
    "TRADE_STAGES",
    "Ledger",
    "Recorded",
    "constraint_costs",
    "ledger",
    "ledger_by_cycle",
    "ledger_by_pair",
    "ledger_frame_of",
    "ledger_of",
    "provenance_shares",
    "recorded_reasons",
    "refused",
]
