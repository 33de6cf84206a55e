"""Does the audit find a single wrong number in a sound history, whatever it is, and whichever layout it stands in?

One fault at a time is planted in a sample, which is then read as a file is.
"""

import pytest
from faults import IN_RECORDS, IN_STATES, long_short, sized, unsized
from planting import State

from alpha_model.analysis import audit


@pytest.mark.parametrize("base", [sized, unsized, long_short, State])
def test_sound_histories_have_no_finding_that_alarms(base) -> None:
    findings = audit(base().history(), now="2026-12-01")
    assert list(findings.loc[findings["severity"] != "note", "sentence"]) == []


@pytest.mark.parametrize("fault", [*IN_RECORDS, *IN_STATES], ids=lambda fault: fault.name)
def test_planted_fault_is_found(fault) -> None:
    planted = fault.base()
    fault.plant(planted)
    findings = audit(planted.history())
    assert fault.rule in set(findings["rule"]), findings[["rule", "sentence"]].to_string()
