"""Does `alpha-model metrics` answer people and machines?"""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from histories import REPOSITORY

from alpha_model.analysis import cycle_metrics, near_misses
from alpha_model.analysis.metrics import METRICS, rolling_metrics
from alpha_model.cli import main
from alpha_model.history import HistoryRecorder, read_history

SAMPLE = str(REPOSITORY / "sample_states" / "threshold_holds_most_weeks.jsonl.gz")
LAST = str(REPOSITORY / "sample_states" / "reference_layout_last_cycle_only.json.gz")


def run(*words):
    result = CliRunner().invoke(main, ["metrics", *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_people_read_figures_with_their_units_and_how_many_cycles_know_them() -> None:
    lines = run(SAMPLE).splitlines()
    assert lines[1].split() == ["turnover_two_way", "9.41%", "0.00%", "0.00%", "261", "of", "261"]
    assert any(line.startswith("chosen_return") and line.endswith("260 of 261") for line in lines)
    assert any(line.startswith("others_return") for line in lines)  # whole rows of prices are on record
    assert not any(line.startswith("discarded_share") for line in lines)  # not recorded there


def test_people_read_what_the_constraints_did_and_how_near_the_gates_were() -> None:
    printed = run(SAMPLE)
    assert (
        "rebalance threshold: made a difference of $73,977.62 in a mean one of 216 cycles (judged: 99.5% of it); until"
        in printed
    )
    assert "Closest to its rebalance threshold: $10,623.24, below $10,657.98 (cycle 70, 2014-05-05)." in printed
    assert (
        "Held below the threshold 56 cycles in a row, 2013-01-02 to 2014-01-21, by $490.00 at the closest." in printed
    )
    assert "Returns until the next cycle: 3,888 of 3,904 are known, 3,888 from recorded prices." in printed
    assert "3,725 of 3,725 signals, 2,465 of 2,465 chosen pairs, 1,260 of 1,260 others." in printed


def test_a_history_without_returns_says_that_they_are_missing() -> None:
    printed = run(LAST)
    assert "No return until the next cycle is known" in printed
    assert "what that did until the next cycle is not known." in printed


def test_rolling_shows_the_newest_window_beside_the_one_before_it() -> None:
    lines = run(SAMPLE, "--rolling", "12").splitlines()
    assert lines[0].split() == ["metric", "now", "known", "by", "2017-10-02"]
    rolling = rolling_metrics(cycle_metrics(read_history(SAMPLE)), 12)
    shown = next(line for line in lines if line.startswith("chosen_return")).split()
    assert shown[1:] == [
        f"{rolling['chosen_return'].iloc[-1]:.2%}",
        "11",
        "of",
        "12",
        f"{rolling['chosen_return'].iloc[-13]:.2%}",
    ]


def test_machines_get_every_frame() -> None:
    answer = json.loads(run(SAMPLE, "--rolling", "12", "--json"))
    history = read_history(SAMPLE)
    assert [row["metric"] for row in answer["summary"]] == list(METRICS)
    assert [len(answer[name]) for name in ("cycles", "rolling", "returns")] == [261, 261, 261]
    assert len(answer["near_misses"]) == len(near_misses(history))
    assert answer["near_misses"][0]["pair_id"] is None
    assert answer["cycles"][-1]["rank_ic"] is None
    assert sum(streak["cycles"] for streak in answer["streaks"]) == 261
    assert "rolling" not in json.loads(run(LAST, "--json"))


def test_a_record_of_no_cycles_is_no_error(tmp_path) -> None:
    path = tmp_path / "empty.jsonl"
    HistoryRecorder(path).open().close()
    assert "No return" in run(str(path))
    assert "No return" in run(str(path), "--rolling", "3")


@pytest.mark.parametrize("window", ["0", "many"])
def test_a_window_must_be_a_number_above_0(window) -> None:
    result = CliRunner().invoke(main, ["metrics", SAMPLE, "--rolling", window])
    assert result.exit_code == 2
    assert "--rolling" in result.stderr


def test_a_gate_that_was_never_near_is_not_called_close() -> None:
    printed = run(LAST)
    assert "Closest to its rebalance threshold" not in printed
    assert not near_misses(read_history(LAST)).empty


def test_a_pair_with_a_hostile_name_stays_on_its_line(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("alpha_model.commands.metrics._NEAR", 1e9)
    state = gzip.decompress(Path(LAST).read_bytes())
    assert b'"KO"' in state
    path = tmp_path / "hostile.json"
    path.write_bytes(state.replace(b'"KO"', b'"\\u001b[31m\\nEVIL"'))
    printed = run(str(path))
    assert "\x1b" not in printed
    assert next(line for line in printed.splitlines() if "EVIL" in line).startswith("Closest to its selection: ")
