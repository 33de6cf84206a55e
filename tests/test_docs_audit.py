"""Do docs/audit.md, docs/comparing.md and docs/explaining.md have every rule, stage and reason, in our own words?"""

import re
from pathlib import Path

from alpha_model.analysis.audit import audit_rules
from alpha_model.analysis.compare import CompareStage
from alpha_model.analysis.compare.fields import CYCLE_FIELDS, PAIR_FIELDS, UNCOMPARED, Kind
from alpha_model.analysis.explain import REASON_MEANINGS

DOCS = Path(__file__).parents[1] / "docs"


def test_audit_page_has_every_rule_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", (DOCS / "audit.md").read_text(), re.MULTILINE)
    rules = audit_rules()[["rule", "severity", "question", "meaning"]]
    assert rows == [tuple(row) for row in rules.itertuples(index=False)]


def test_changelog_counts_the_rules_right() -> None:
    assert f"ask {len(audit_rules())} questions" in (DOCS.parent / "CHANGELOG.md").read_text()


def test_comparing_page_has_every_stage_in_its_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "comparing.md").read_text(), re.MULTILINE)
    assert rows == [str(stage) for stage in CompareStage]


def test_comparing_page_has_every_column_at_its_stage() -> None:
    page = (DOCS / "comparing.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE))
    fields = [each for each in (*PAIR_FIELDS, *CYCLE_FIELDS) if each.kind not in {Kind.flags, Kind.codes}]
    assert [each.name for each in fields if f"`{each.name}`" not in rows[each.stage]] == []
    assert dict(re.findall(r"^- `(\w+)`: (.*)$", page, re.MULTILINE)) == UNCOMPARED


def test_explaining_page_has_every_reason_with_its_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", (DOCS / "explaining.md").read_text(), re.MULTILINE)
    assert rows == [(str(code), meaning) for code, meaning in REASON_MEANINGS.items()]
