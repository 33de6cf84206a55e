"""What may be opened, and that each history is read and asked only once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from histories import MONDAY, make_history
from states import signal, snapshot, write_state

from alpha_model.analysis import cycle_outcomes
from alpha_model.history import History, compact
from alpha_model.values.errors import HistoryError
from dashboard.data import list_histories, open_history, sample_notes, stem
from dashboard.opened import OpenHistory
from dashboard.settings import APP, Settings, command_line


@pytest.mark.parametrize(
    "name", ["a.json", "a.json.gz", "a.jsonl", "a.jsonl.zst", "a", "a.csv", "a.csv.gz", "a.Parquet"]
)
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


def test_sample_that_was_also_named_is_listed_once(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").touch()
    settings = Settings(samples=tmp_path, files=(tmp_path / "." / "one.jsonl",))
    assert {name: entry.origin for name, entry in list_histories(settings).items()} == {"one": "file"}


STRANGE = ["Momentum", "../up", "a/b=c&d?e#f%20", "two\nlines\x1b[31m", "x" * 400, "x" * 401, "é 💥", ""]


def test_every_strategy_of_a_dataset_is_listed_under_a_name_for_links(tmp_path: Path) -> None:
    state = write_state(tmp_path / "state.json", snapshot(1704672000, signal(1, "A", 1.0)))
    for name in STRANGE:
        compact([state], tmp_path / "his", strategy=name)
    listed = list_histories(Settings(samples=tmp_path / "none", files=(tmp_path / "his", state)))
    kept = [entry for entry in listed.values() if entry.strategy is not None]
    assert {entry.strategy for entry in kept} == set(STRANGE)
    assert {entry.name for entry in kept} >= {"his/Momentum", "his/two lines [31m", "his/(no name)", "his/é 💥"}
    assert {name: entry.name for name, entry in listed.items()} == {name: name for name in listed}
    assert all(name.isprintable() and len(name) < 80 for name in listed)
    assert list(listed)[-1] == "state"
    settings = Settings(samples=tmp_path / "none")
    assert {open_history(entry, settings).history.source.strategy for entry in kept} == set(STRANGE)


def test_dataset_is_read_again_when_it_changed_and_only_then(tmp_path: Path) -> None:
    settings = Settings(samples=tmp_path / "none", files=(tmp_path / "his",))

    def opened(name: str) -> OpenHistory:
        return open_history(list_histories(settings)[name], settings)

    one = write_state(tmp_path / "one.json", snapshot(1704672000, signal(1, "A", 1.0)))
    compact([one], tmp_path / "his", strategy="A")
    compact([one], tmp_path / "his", strategy="B")
    first, other = opened("his/A"), opened("his/B")
    assert opened("his/A") is first
    later = write_state(tmp_path / "later.json", snapshot(1704758400, signal(1, "A", 1.0)))
    compact([later], tmp_path / "his", strategy="A")
    assert (len(first.history), len(opened("his/A").history)) == (1, 2)
    assert opened("his/B") is other


@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_folder_that_is_no_dataset_is_listed_and_says_why(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "his" / "strategy=A"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "_manifest.json").write_text(content)
    settings = Settings(samples=tmp_path / "none", files=(tmp_path / "his",))
    (entry,) = list_histories(settings).values()
    assert entry.name == "his"
    with pytest.raises(HistoryError, match=r"his is no dataset of histories|_manifest\.json in .* is damaged"):
        open_history(entry, settings)


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
