"""Records become a dataset and are asked in SQL from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from histories import SAMPLES
from terminal import run, told

LAST_ONLY = next(path for path in SAMPLES if "last_cycle_only" in path.name)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (done,) = told("compact", LAST_ONLY, "--into", tmp_path / "histories", "--strategy", "Last\x1b[31m")
    assert done["source"] == LAST_ONLY.name
    assert done["cycles"] == 1
    assert len(done["months"]) > 1
    return tmp_path / "histories"


def test_compact_tells_what_it_did(dataset: Path) -> None:
    again = run("compact", LAST_ONLY, "--into", dataset, "--strategy", "Last\x1b[31m")
    assert again.output == f"{LAST_ONLY.name}: Last\N{REPLACEMENT CHARACTER}[31m, nothing new.\n"
    other = run("compact", LAST_ONLY, "--into", dataset, "--strategy", "Other")
    assert "written, with 1 cycles in" in other.output


def test_commands_read_one_strategy_of_several(dataset: Path) -> None:
    assert told("info", dataset)["strategy"] == "Last\x1b[31m"  # the only one needs no name
    run("compact", SAMPLES[0], "--into", dataset, "--strategy", "Other")
    refused = run("info", dataset)
    assert refused.exit_code == 1
    assert f"several strategies. Name one of them: {dataset}/Last" in refused.output
    assert f"{dataset}/Other" in refused.output
    assert told("info", dataset / "Other")["strategy"] == "Other"
    assert len(told("cycles", dataset / "Other")) > 1
    assert "there is no file" in run("info", dataset / "Nobody").output


def test_sql_answers_people_and_machines(dataset: Path) -> None:
    question = "SELECT count(*) n, sum(1) total, max(timestamp)::DATE d, [1, NULL] l, 'inf'::FLOAT f FROM signals"
    (row,) = told("sql", question, dataset)
    assert row["n"] == row["total"] == 18
    assert row["l"] == [1, None]
    assert row["f"] is None
    shown = run("sql", "SELECT range AS r, 1234567.25 AS usd, NULL AS x, '\x1b[31m' AS t FROM range(60)", dataset)
    lines = shown.output.splitlines()
    assert lines[0].split() == ["r", "usd", "x", "t"]
    assert lines[1].split()[:3] == ["0", "1,234,567.25", "–"]
    assert "\x1b" not in shown.output
    assert lines[-1] == "… and 10 rows more; see --rows and --json."
    assert len(run("sql", "SELECT 1 AS a FROM range(60)", dataset, "--rows", "100").output.splitlines()) == 61


def test_columns_of_one_name_are_all_there(dataset: Path) -> None:
    assert list(told("sql", "SELECT 1 AS a, 2 AS a", dataset)[0].values()) == [1, 2]


def test_wrong_query_is_one_sentence(dataset: Path) -> None:
    result = run("sql", "SELECT FROM", dataset)
    assert result.exit_code == 1
    assert result.output.startswith("Error: the query cannot be answered: Parser Error")
    assert len(result.output.splitlines()) == 1
    assert run("sql", "SELECT 1", dataset / "gone").exit_code == 1


def test_dataset_is_opened_like_any_history(dataset: Path) -> None:
    facts = told("info", dataset)
    assert (facts["kind"], facts["cycles"]) == ("dataset", 1)
