"""What may be opened, and that each history is read and asked only once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from histories import MONDAY, make_history

from alpha_model.analysis import cycle_outcomes
from alpha_model.history import History
from dashboard.data import list_histories, sample_notes, stem
from dashboard.opened import OpenHistory
from dashboard.settings import APP, Settings, command_line


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.jsonl", "a.jsonl.zst", "a"])
def test_stem_drops_what_the_format_adds(name: str) -> None:
    assert stem(name) == "a"


def test_samples_come_last_and_notes_from_their_readme(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl.gz").touch()
    (tmp_path / "make_samples.py").touch()
    (tmp_path / "README.md").write_text(
        "| file | layout | shows |\n|---|---|---|\n| `one.jsonl.gz` | recorder | It. |\n"
    )
    settings = Settings(samples=tmp_path, files=(Path("/data/state.json"),))
    assert {name: entry.origin for name, entry in list_histories(settings).items()} == {
        "state": "file",
        "one": "sample",
    }
    assert sample_notes(settings) == {"one": "It. (recorder)"}


def test_no_sample_folder_is_no_error(tmp_path: Path) -> None:
    settings = Settings(samples=tmp_path / "none")
    assert list_histories(settings) == {}
    assert sample_notes(settings) == {}


def test_question_is_answered_once_for_each_argument() -> None:
    asked: list[int] = []

    def question(history: History, number: int = 0) -> int:
        asked.append(number)
        return len(history) + number

    opened = OpenHistory(make_history(cycles=2))
    assert [opened.ask(question), opened.ask(question), opened.ask(question, 5), opened.ask(question, 5)] == [
        2,
        2,
        7,
        7,
    ]
    assert asked == [0, 5]


def test_window_is_remembered_and_looks_like_the_whole() -> None:
    whole = OpenHistory(make_history([{"pair_id": 1}, {"pair_id": 1, "cycle": 1}], cycles=2))
    part = whole.between(MONDAY, MONDAY)
    assert len(part.history) == 1
    assert whole.between(MONDAY, MONDAY) is part
    assert whole.between(None, None) is whole
    assert part.style is whole.style
    assert len(part.ask(cycle_outcomes)) == 1


def test_old_answers_are_forgotten() -> None:
    opened = OpenHistory(make_history(cycles=1))
    for number in range(200):
        opened.ask(lambda _, number: number, number)
    assert len(opened._answers) == 64


def test_command_line_is_read_only_under_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest", "a.json"])
    assert command_line() == []
    monkeypatch.setattr(sys, "argv", [str(APP), "a.json"])
    assert command_line() == ["a.json"]


def test_settings_are_read_from_a_file_and_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alpha-model.toml").write_text('[dashboard]\nmax_upload_mb = 50\nfiles = ["a.json"]\n')
    assert Settings().max_upload_mb == 50
    assert Settings().files == (Path("a.json"),)
    monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_MAX_UPLOAD_MB", "20")
    assert Settings().max_upload_mb == 20
