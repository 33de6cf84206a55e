"""The command line answers people and machines, and fails with one sentence."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from histories import SAMPLES, differing_tables
from terminal import run, told

from alpha_model.cli import COMMANDS, main
from alpha_model.history import HistoryRecorder, read_history

HELD = next(path for path in SAMPLES if "threshold" in path.name)
LAST_ONLY = next(path for path in SAMPLES if "last_cycle_only" in path.name)
SNAPSHOT = '{"timestamp": 1767571200, "raw_signals": {}, "signals": {}}'


def process(*words: object, **settings: Any) -> subprocess.Popen[str]:
    code = "from alpha_model.cli import main; main(prog_name='alpha-model')"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], **{**pipes, **settings})


def test_info_tells_the_story_of_a_file() -> None:
    facts = told("info", HELD)
    assert (facts["cycles"], facts["pairs"], facts["interval_seconds"]) == (261, 20, 604_800)
    assert sum(facts["outcomes"].values()) == 261
    assert facts["outcomes"]["held_below_threshold"] == 216
    assert facts["bytes"] == HELD.stat().st_size
    shown = run("info", HELD).output
    assert "216 held below threshold" in shown
    assert "7 days" in shown
    assert "the strategy held" in shown


def test_cycles_are_filtered_by_time_outcome_and_number() -> None:
    assert len(told("cycles", HELD)) == 261
    held = told("cycles", HELD, "--outcome", "held_below_threshold", "--from", "2017-01-01", "--to", "2017-12-31")
    assert {cycle["outcome"] for cycle in held} == {"held_below_threshold"}
    assert {cycle["timestamp"][:4] for cycle in held} == {"2017"}
    both = told("cycles", HELD, "--outcome", "rebalanced", "--outcome", "partly_rebalanced", "--last", 3)
    assert len(both) == 3
    assert run("cycles", HELD, "--from", "2030-01-01").output.strip().endswith("No cycle matches.")


def test_cycles_are_searched_by_flag_pair_size_and_words() -> None:
    everything = told("cycles", HELD)
    flagged = told("cycles", HELD, "--flag", "max_adjust_too_small")
    assert 0 < len(flagged) < len(everything)
    assert all("max_adjust_too_small" in cycle["flags"] for cycle in flagged)
    large = told("cycles", HELD, "--at-least", 5000)
    assert 0 < len(large) < len(everything)
    assert all(cycle["max_position_adjust_usd"] >= 5000 for cycle in large)
    assert told("cycles", HELD, "--words", "no strategy says this") == []
    pair = read_history(HELD).pairs["ticker"][0]
    of_pair = told("cycles", HELD, "--at-least", 5000, "--pair", pair)
    assert {cycle["cycle"] for cycle in of_pair} < {cycle["cycle"] for cycle in large}
    assert "no pair 'NOPE'" in run("cycles", HELD, "--pair", "NOPE").output


def test_cycles_for_a_pipe_have_one_line_each() -> None:
    lines = run("cycles", HELD, "--last", 5).output.splitlines()
    assert len(lines) == 6
    assert lines[1].split()[:4] == ["256", "2017-11-27", "00:00", "held"]


@pytest.mark.parametrize("which", ["last", "260", "2017-12-26", "2017-12-26T00:00:00Z"])
def test_cycle_is_found_by_number_time_or_name(which: str) -> None:
    found = told("cycle", HELD, which)
    assert found["decision"].startswith("On 26 December 2017, 00:00 UTC the strategy held")
    assert len(found["signals"]) == 16
    assert found["message"].startswith("Cycle: #260")


def test_cycle_shows_every_pair_its_trades_and_the_message() -> None:
    history = read_history(LAST_ONLY)
    shown = run("cycle", LAST_ONLY, "last").output
    for ticker in history.cycle(0).pairs["ticker"]:
        assert ticker in shown
    assert "Trades" in shown
    assert "The strategy's message" in shown


def sides_told(tmp_path: Path, weights: str) -> list[list[str]]:
    path = tmp_path / "weights.csv"
    path.write_text(weights)
    lines = [line.split() for line in run("cycle", path, "last").output.splitlines()[2:]]
    return sorted(line[:4] for line in lines)


def test_cycle_says_which_pairs_are_short(tmp_path: Path) -> None:
    table = "date,A,B,C,D,E\n2026-01-05,-0.2,0.2,-0.2,0.2,\n2026-01-06,-0.2,0.2,,-0.2,-0.2\n"
    assert sides_told(tmp_path, table) == [
        ["A-USD", "unknown", "short", "-0.2"],
        ["B-USD", "unknown", "long", "0.2"],
        ["C-USD", "unknown", "short", "0"],  # closed
        ["D-USD", "unknown", "long", "to"],  # short
        ["E-USD", "unknown", "short", "-0.2"],
        ["pair", "decision", "side", "signal"],
    ]
    sides = {signal["pair"]: signal["side"] for signal in told("cycle", tmp_path / "weights.csv", "last")["signals"]}
    assert sides == {"A-USD": "short", "B-USD": "long", "C-USD": "short", "D-USD": "long to short", "E-USD": "short"}


def test_cycle_without_a_short_needs_no_side(tmp_path: Path) -> None:
    assert sides_told(tmp_path, "date,A\n2026-01-05,0.2\n") == [
        ["A-USD", "unknown", "0.2", "100.0%"],
        ["pair", "decision", "signal", "raw"],
    ]
    assert told("cycle", tmp_path / "weights.csv", "last")["signals"][0]["side"] == "long"


@pytest.mark.parametrize("which", ["9999", "2030-01-01", "yesterday-ish"])
def test_unknown_cycles_are_an_error_in_one_sentence(which: str) -> None:
    result = run("cycle", HELD, which)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_converted_record_says_the_same(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"new{suffix}"
    assert told("convert", LAST_ONLY, target)["cycles"] == 1
    one, other = read_history(LAST_ONLY), read_history(target)
    assert differing_tables(one, other, "source", "source_key") == []
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_convert_also_makes_a_folder_of_tables(tmp_path: Path, form: str) -> None:
    assert run("convert", LAST_ONLY, tmp_path / f"new.{form}").exit_code == 0
    assert (tmp_path / f"new.{form}" / f"signals.{form}").is_file()


def test_convert_replaces_nothing_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "new.jsonl"
    target.write_text("mine")
    refused = run("convert", LAST_ONLY, target)
    assert refused.exit_code == 1
    assert target.read_text() == "mine"
    assert run("convert", LAST_ONLY, target, "--force").exit_code == 0
    assert len(read_history(target)) == 1


def test_weights_table_becomes_a_record(tmp_path: Path) -> None:
    (tmp_path / "weights.csv").write_text("date,A,B\n2026-01-05,0.5,0.5\n2026-01-06,1,\n")
    told("convert", tmp_path / "weights.csv", tmp_path / "history.jsonl")
    assert read_history(tmp_path / "history.jsonl").signals["normalised_weight"].tolist() == [0.5, 0.5, 1.0, 0.0]


def test_export_writes_the_tables_that_were_asked_for(tmp_path: Path) -> None:
    files = told("export", HELD, tmp_path, "--format", "csv", "--table", "signals", "--table", "trades")
    assert [Path(entry["file"]).name for entry in files] == ["signals.csv", "trades.csv"]
    with (tmp_path / "signals.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == files[0]["rows"] + 1


def test_record_takes_a_file_or_standard_input_once(tmp_path: Path) -> None:
    target, snapshot = tmp_path / "h.jsonl", tmp_path / "snapshot.json"
    snapshot.write_text(SNAPSHOT)
    assert told("record", target, stdin=SNAPSHOT) == {"timestamp": "2026-01-05T00:00:00Z", "revision": 0, "new": True}
    assert told("record", target, snapshot)["new"] is False
    trades = tmp_path / "trades.json"
    trades.write_text("[]")
    assert told("record", target, snapshot, "--message", "hello", "--trades", trades)["revision"] == 1
    assert read_history(target).cycles[["message", "trade_count"]].to_numpy().tolist() == [["hello", 0]]


def test_record_says_what_it_left_out_and_refuses_it_when_strict(tmp_path: Path) -> None:
    odd = json.dumps({**json.loads(SNAPSHOT), "investable_equity": "much"})
    result = run("record", tmp_path / "h.jsonl", stdin=odd)
    assert (result.exit_code, result.stderr) == (0, "investable_equity: expected a number, got 'much'; left out\n")
    assert len(read_history(tmp_path / "h.jsonl")) == 1
    strict = run("record", tmp_path / "strict.jsonl", "--strict", stdin=odd)
    assert strict.exit_code == 1
    assert "got 'much' at investable_equity. Nothing was written" in strict.stderr


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '"text"', "\x00"])
def test_record_refuses_what_is_no_snapshot(tmp_path: Path, content: str) -> None:
    result = run("record", tmp_path / "h.jsonl", stdin=content)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_tables_explains_every_column() -> None:
    columns = told("tables")
    assert {"table": "trades", "column": "fees", "type": "double", "always": False, "meaning": "USD"} in columns
    assert "mid price at the decision" in run("tables", "signals").output
    assert told("tables", "--record-schema")["title"].endswith("version 1")


def test_follow_once_records_and_says_so(tmp_path: Path) -> None:
    result = run("follow", LAST_ONLY, "--into", tmp_path / "h.jsonl", "--once", "--json")
    assert result.exit_code == 0
    (event,) = map(json.loads, result.stdout.splitlines())
    assert (event["event"], event["revision"]) == ("recorded", 0)
    assert run("follow", LAST_ONLY, "--into", tmp_path / "h.jsonl", "--once", "--json").stdout == ""


def test_follow_once_fails_when_a_source_cannot_be_read(tmp_path: Path) -> None:
    result = run("follow", tmp_path / "absent.json", "--into", tmp_path / "h.jsonl", "--once")
    assert result.exit_code == 1
    assert "absent.json" in result.stderr


def test_follow_once_fails_when_the_record_cannot_be_written(tmp_path: Path) -> None:
    result = run("follow", LAST_ONLY, "--into", tmp_path / "absent" / "h.jsonl", "--once")
    assert result.exit_code == 1
    assert "cannot write" in result.stderr


def test_follow_tells_a_whole_history_in_one_line(tmp_path: Path) -> None:
    result = run("follow", HELD, "--into", tmp_path / "h.jsonl", "--once")
    assert result.stderr.count("recorded") == 1
    assert "recorded 261 cycles, " in result.stderr


def test_follow_refuses_to_record_into_its_source(tmp_path: Path) -> None:
    record = tmp_path / "h.jsonl"
    record.touch()
    result = run("follow", tmp_path / "." / "h.jsonl", "--into", record, "--once")
    assert result.exit_code == 2
    assert "both a SOURCE and the record" in result.stderr


def test_explain_takes_the_last_cycle_unless_told() -> None:
    last = told("explain", HELD)
    assert last == told("explain", HELD, "--cycle", "last") == told("explain", HELD, "--cycle", 260)
    assert last != told("explain", HELD, "--cycle", "first")


def test_follow_refuses_a_record_that_another_process_writes(tmp_path: Path) -> None:
    with HistoryRecorder(tmp_path / "h.jsonl"):
        result = run("follow", LAST_ONLY, "--into", tmp_path / "h.jsonl", "--once")
    assert result.exit_code == 1
    assert "another recorder" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_follow_ends_cleanly_when_it_is_asked_to(tmp_path: Path, number: signal.Signals) -> None:
    target = tmp_path / "h.jsonl"
    with process("follow", LAST_ONLY, "--into", target, "--interval", 0.05) as running:
        while not target.exists() or not target.stat().st_size:
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(number)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "recorded" in errors
    assert "Traceback" not in errors
    assert len(read_history(target)) == 1


def test_closed_pipe_is_no_error_message() -> None:
    with process("cycles", HELD) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        errors = running.stderr.read()
    assert errors == ""


@pytest.mark.parametrize("command", sorted(point.name for point in entry_points(group=COMMANDS)))
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    if command != "open":
        assert re.search(rf"Examples?: alpha-model {command}", " ".join(result.output.split()))


@pytest.mark.parametrize("command", sorted(point.name for point in entry_points(group=COMMANDS)))
def test_list_of_commands_has_words_for_each(command: str) -> None:
    assert re.search(rf"^  {command} +\w.*", run("--help").output, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "code"),
    [(["nonsense"], 2), (["cycles"], 2), (["cycles", HELD, "--last", "0"], 2), (["info", "no.json"], 1)],
)
def test_exit_codes_tell_usage_from_failure(words: list[object], code: int) -> None:
    result = run(*words)
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_unwritable_target_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("")
    result = run("export", HELD, tmp_path / "file.txt" / "folder")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script(shell: str) -> None:
    assert "_ALPHA_MODEL_COMPLETE" in run("completion", shell).output


def test_completion_knows_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ALPHA_MODEL_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "alpha-model cy")
    monkeypatch.setenv("COMP_CWORD", "1")
    result = CliRunner().invoke(main, [], prog_name="alpha-model")
    assert result.output.split() == ["plain,cycle", "plain,cycles"]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom alpha_model.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print(sorted({'pandas', 'pyarrow', 'numpy', 'streamlit', 'rich'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
