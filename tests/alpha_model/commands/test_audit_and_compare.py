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


@pytest.fixture
def weights(tmp_path):
    """Writes a table of weights of two pairs over three days; its path."""

    def write(name, quote="USDT", seconds=0):
        days = [f"2026-01-0{day}T00:00:{seconds:02}Z,0.{day},0.{9 - day}" for day in (5, 6, 7)]
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([f"timestamp,BTC-{quote},ETH-{quote}", *days]))
        return str(path)

    return write


def test_compare_offers_a_tolerance_and_takes_it(weights) -> None:
    live, back = weights("live", seconds=7), weights("back")
    result = run("compare", live, back)
    assert result.exit_code == 0
    assert "With a tolerance of 10s, 3 cycles would be shared." in result.stdout
    assert json.loads(run("compare", live, back, "--json").stdout)["next_step"]["tolerance"] == "10s"
    assert "agree in all 3 cycles" in run("compare", live, back, "--tolerance", "10s").stdout


def test_compare_matches_pairs_by_base_where_asked(weights) -> None:
    a, b = weights("a"), weights("b", quote="USDC")
    assert "Only in A: BTC-USDT, ETH-USDT." in run("compare", a, b).stdout
    assert "Matched by base, 2 more pairs would be in both." in run("compare", a, b).stdout
    result = run("compare", a, b, "--match", "base").stdout
    assert "agree in all 3 cycles" in result
    assert "2 pairs are matched by base alone, as BTC-USDT with BTC-USDC." in result


def test_compare_names_what_is_not_compared_with_the_reason() -> None:
    assert "position_id (each run numbers its positions)" in run("compare", SAMPLE, LAST).stdout
