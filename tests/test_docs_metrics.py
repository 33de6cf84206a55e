"""Does the page about metrics list every metric and every gate, in the words of the program?"""

from pathlib import Path

import pytest

from alpha_model.analysis.metrics import GATE_MEANINGS, METRICS, Gate

PAGE = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text()


@pytest.mark.parametrize("name", list(METRICS))
def test_every_metric_is_in_the_table(name) -> None:
    assert f"| `{name}` | {METRICS[name].unit} | {METRICS[name].meaning} |" in PAGE


@pytest.mark.parametrize("gate", list(Gate))
def test_every_gate_is_in_the_table(gate) -> None:
    assert f"| `{gate}` | {GATE_MEANINGS[gate]} |" in PAGE
