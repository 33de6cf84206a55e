"""Does docs/execution.md say what became of a decision in the words of the program?"""

from __future__ import annotations

from pathlib import Path

from alpha_model.analysis.facts import EXECUTION_MEANINGS

PAGE = (Path(__file__).parents[1] / "docs" / "execution.md").read_text()


def test_every_execution_is_listed_with_its_meaning() -> None:
    rows = [f"| `{execution}` | {meaning} |" for execution, meaning in EXECUTION_MEANINGS.items()]
    assert [row for row in rows if row not in PAGE] == []
