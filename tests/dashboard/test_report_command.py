"""`alpha-model report`."""

from __future__ import annotations

import hashlib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from states import signal, snapshot, write_state

from alpha_model.cli import main
from dashboard.report_command import report_command

DAY = 86_400
FIRST = 1_704_672_000  # 8 January 2024


@pytest.fixture(autouse=True)
def small_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.report.page.get_plotlyjs", lambda: "window.Plotly = {};")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Three days of one pair."""
    return write_state(tmp_path / "state.json", *(snapshot(FIRST + day * DAY, signal(1, "A", 0.5)) for day in range(3)))


def run(state: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["report", str(state), *options, "-o", str(state.parent / "out.html")])


def test_command_is_found_by_its_entry_point() -> None:
    (point,) = entry_points(group="alpha_model.commands", name="report")
    assert point.load() is report_command


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (["--cycle", "last"], "cycle 2 of 10 January 2024, 00:00 UTC"),
        (["--cycle", "0"], "cycle 0 of 8 January 2024, 00:00 UTC"),
        (["--cycle", "2024-01-09T00:00Z"], "cycle 1 of 9 January 2024, 00:00 UTC"),
        (["--from", "2024-01-09"], "9 Jan 2024 to 10 Jan 2024"),
        (["--to", "2024-01-09"], "8 Jan 2024 to 9 Jan 2024"),
    ],
)
def test_report_is_about_what_was_named(state: Path, options: list[str], title: str) -> None:
    result = run(state, *options)
    assert result.exit_code == 0, result.output
    assert "it opens in any browser, without a network" in result.output
    written = (state.parent / "out.html").read_text()
    assert f"<title>state.json: {title}</title>" in written
    assert f"alpha-model report state.json {' '.join(options)} -o out.html" in written
    assert hashlib.sha256(state.read_bytes()).hexdigest() in written
    assert str(state.parent) not in written
    assert sorted(path.name for path in state.parent.iterdir()) == ["out.html", "state.json"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 2, "Say what it is about: either --cycle, or a window with --from, --to or both."),
        (["--cycle", "0", "--to", "2024-01-09"], 2, "Say what it is about"),
        (["--cycle", "9"], 1, "no cycle 9 in state.json, which has cycles 0 to 2."),
        (["--cycle", "soon"], 1, "expected a time, got 'soon'"),
        (["--from", "2030-01-01"], 1, "state.json has no cycle from 2030-01-01 on."),
        (["--from", "never"], 1, "expected a time, got 'never'"),
    ],
)
def test_mistake_is_one_sentence_and_no_file(state: Path, options: list[str], code: int, said: str) -> None:
    result = run(state, *options)
    assert result.exit_code == code
    assert said in result.output
    assert not (state.parent / "out.html").exists()


def test_missing_source_and_missing_folder_are_named(state: Path, tmp_path: Path) -> None:
    gone = run(tmp_path / "gone.json", "--cycle", "last")
    assert gone.exit_code == 1
    assert "gone.json" in gone.output
    nowhere = CliRunner().invoke(main, ["report", str(state), "--cycle", "0", "-o", str(tmp_path / "no" / "out.html")])
    assert nowhere.exit_code == 1
    assert str(tmp_path / "no") in nowhere.output
    assert "Check the path" in nowhere.output
