"""A history in which a cycle, or every cycle, chose nothing: each page, command and report says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from apps import PLACES, OpenApp, is_sound, texts
from fuzzing.asking import COMMANDS
from histories import make_history, moment
from states import signal, snapshot, write_state
from terminal import run

from alpha_model.analysis import settings_of
from alpha_model.history import HistoryRecorder
from dashboard.views import pair

DAYS = [1704672000 + 86400 * day for day in range(3)]
EMPTY = {"first": [0], "middle": [1], "last": [2], "every": [0, 1, 2]}
"""Which of three cycles chose nothing."""
NOTHING = "no pair was selected"


def write(folder: Path, empty: list[int], days: list[int] = DAYS) -> Path:
    cycles = [snapshot(day, *([] if place in empty else [signal(1, "A", 1.0)])) for place, day in enumerate(days)]
    return write_state(folder / "state.json", *cycles)


@pytest.mark.parametrize(("page", "query"), PLACES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("which", EMPTY)
def test_every_page_says_that_the_cycle_chose_nothing(
    open_app: OpenApp, tmp_path: Path, which: str, page: str, query: dict[str, str]
) -> None:
    place = EMPTY[which][-1]
    path = write(tmp_path, EMPTY[which])
    app = open_app(path, page=page, cycle=f"2024-01-{8 + place:02}T00:00Z", **query)
    assert is_sound(app)
    said = texts(app)
    assert "no signal" in said
    assert (NOTHING in said) == (page == "cycle" or (page == "overview" and place == len(DAYS) - 1))


def test_tab_of_pairs_says_that_there_is_none(open_app: OpenApp, tmp_path: Path) -> None:
    assert "This cycle chose nothing: no pair had a signal." in texts(open_app(write(tmp_path, [2]), page="cycle"))


@pytest.mark.parametrize(("page", "query"), PLACES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_page_shows_the_only_cycle_that_chose_nothing(
    open_app: OpenApp, tmp_path: Path, page: str, query: dict[str, str]
) -> None:
    app = open_app(write(tmp_path, [0], DAYS[:1]), page=page, **query)
    assert is_sound(app)
    assert "no signal" in texts(app)


@pytest.mark.parametrize(("page", "query"), PLACES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_page_of_a_record_without_a_cycle_says_so(
    open_app: OpenApp, tmp_path: Path, page: str, query: dict[str, str]
) -> None:
    path = tmp_path / "record.jsonl"
    with HistoryRecorder(path, strategy="none yet") as recorder:
        recorder.append(snapshot(DAYS[0]))
    path.write_text(path.read_text().splitlines(keepends=True)[0])  # the header alone
    app = open_app(path, page=page, **query)
    assert is_sound(app)
    assert "There is no cycle here" in texts(app)


def test_page_of_pairs_says_that_there_is_none(open_app: OpenApp, tmp_path: Path) -> None:
    said = texts(open_app(write(tmp_path, [0, 1, 2]), page="pair"))
    assert "The cycles of this window chose nothing: no pair had a signal." in said
    assert "Widen the window" not in said


@pytest.mark.parametrize("which", EMPTY)
def test_every_command_works(tmp_path: Path, which: str) -> None:
    path = write(tmp_path, EMPTY[which])
    for words in COMMANDS:
        typed = [word.replace("SOURCE", str(path)).replace("FOLDER", str(tmp_path)) for word in words]
        if words[0] != "record":  # which takes a single snapshot
            assert run(*typed).exit_code == 0, typed


@pytest.mark.parametrize("which", EMPTY)
def test_command_and_report_about_a_cycle_say_that_it_chose_nothing(tmp_path: Path, which: str) -> None:
    path, place, report = write(tmp_path, EMPTY[which]), EMPTY[which][-1], tmp_path / "report.html"
    assert NOTHING in run("cycle", path, place).output
    assert NOTHING in run("explain", path, "--cycle", place).output
    assert run("report", path, "--cycle", place, "-o", report).exit_code == 0
    assert NOTHING in report.read_text()
    assert "This cycle chose nothing: no pair had a signal." in report.read_text()


def test_a_pair_without_signals_is_said_to_be_held_where_positions_tell_it() -> None:
    credit = {"cycle": 0, "timestamp": moment(0), "pair_id": 9, "position_id": 1, "state": "open", "value": 1444.0}
    history = make_history([], 1, tickers={8: "P8-USDC", 9: "P9-USDC"}, positions=[credit])
    settings = settings_of(history)
    assert (
        pair.answer(history, 9, settings)[0]
        == "In 1 cycle it had no signal; a position in it stood beside the signals in 1."
    )
    assert pair.answer(history, 8, settings)[0] == "In 1 cycle it had no signal and was never held."
