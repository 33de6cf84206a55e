"""Do `alpha-model audit` and `alpha-model compare` answer people and machines?"""

import gzip
import json

import pytest
from histories import REPOSITORY
from terminal import run

SAMPLE = str(REPOSITORY / "sample_states" / "reference_layout_2020.json.gz")
LAST = str(REPOSITORY / "sample_states" / "reference_layout_last_cycle_only.json.gz")


@pytest.fixture
def broken(tmp_path):
    """The sample with one target that is 1,000 times too large."""
    state = json.loads(gzip.decompress((REPOSITORY / "sample_states" / "reference_layout_2020.json.gz").read_bytes()))
    calculations = state["visualisation"]["calculations"]
    signals = calculations[min(calculations)]["signals"]
    next(iter(signals.values()))["position_target"] *= 1000
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(state))
    return str(path)


def test_audit_of_a_sound_record_says_so() -> None:
    result = run("audit", SAMPLE, "--strict")
    assert result.exit_code == 0
    assert "0 errors, 0 warnings, 0 notes." in result.stdout
    assert "Not recorded, so not checked" in result.stdout


def test_audit_exits_with_3_only_when_strict(broken) -> None:
    assert run("audit", broken).exit_code == 0
    result = run("audit", broken, "--strict", "--severity", "error")
    assert result.exit_code == 3
    assert "target_not_weight" in result.stdout


def test_audit_gives_json(broken) -> None:
    answer = json.loads(run("audit", broken, "--json").stdout)
    rules = {finding["rule"] for finding in answer["findings"]}
    assert {"target_not_weight", "adjust_not_target_less_old"} <= rules
    assert next(row for row in answer["summary"] if row["rule"] == "target_not_weight")["findings"] == 1


def test_compare_names_the_first_difference(broken) -> None:
    result = run("compare", SAMPLE, broken)
    assert result.exit_code == 0
    assert "stage target:" in result.stdout
    answer = json.loads(run("compare", SAMPLE, broken, "--json").stdout)
    assert answer["first_stage"] == "target"
    assert [cycle["result"] for cycle in answer["cycles"]].count("differs") == 1


def test_compare_takes_two_cycles_of_one_history() -> None:
    answer = json.loads(run("compare", SAMPLE, "--cycle", "3", "--with", "4", "--json").stdout)
    assert answer["first_stage"] == "inputs"
    assert "AAPL-USD" in run("compare", SAMPLE, "--cycle", "3", "--with", "4").stdout


def test_compare_takes_the_cycle_of_the_same_time_from_the_other_history() -> None:
    assert run("compare", SAMPLE, LAST, "--cycle", "52").stdout.startswith("The two cycles are the same.")


@pytest.mark.parametrize("words", [(SAMPLE,), (SAMPLE, "--cycle", "3"), (SAMPLE, LAST, "--with", "3")])
def test_compare_asks_for_what_is_missing(words) -> None:
    result = run("compare", *words)
    assert result.exit_code == 2
    assert "--with" in result.stderr
