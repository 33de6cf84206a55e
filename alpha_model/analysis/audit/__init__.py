"""Where does a record contradict itself, what in it should somebody look at, and what could not be checked?

One module a family of rules; `report` asks them all.
"""

from alpha_model.analysis.audit.report import (
    MOST_OF_A_RULE,
    AuditReport,
    audit,
    audit_report,
    audit_rules,
    audit_summary,
    finding_counts,
)
from alpha_model.analysis.audit.rule import SEVERITY_MEANINGS, Severity

__all__ = [
    "MOST_OF_A_RULE",
    "SEVERITY_MEANINGS",
    "AuditReport",
    "Severity",
    "audit",
    "audit_report",
    "audit_rules",
    "audit_summary",
    "finding_counts",
]
