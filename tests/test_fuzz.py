"""Inputs that nobody thought of: a small part of `campaigns/fuzz.py`, and whether it would notice anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing import trial as trials
from fuzzing.cases import KINDS, Case, make_case
from fuzzing.inputs import CASES
from fuzzing.trial import Trial

from alpha_model.analysis import metrics
from alpha_model.history import History
from alpha_model.values.errors import HistoryError

SEED = 1
NUMBERS = range(2 * len(KINDS))
SHARE = 0.03
"""Of the functions, commands and pages that a case is asked here."""
FAILED_ONCE = sorted(path for path in CASES.glob("*/*") if path.parent.name in ("records", "states", "tables"))
needs_cases = pytest.mark.skipif(not FAILED_ONCE, reason=f"no inputs at {CASES}")


def faults_of(case: Case, share: float = SHARE) -> list[str]:
    trial = Trial(case, share)
    trial.run()
    return [f"{fault.what}: {fault.asked}\n{fault.told}" for fault in trial.faults]


@pytest.mark.parametrize("number", NUMBERS)
def test_bent_input_is_refused_in_a_sentence_or_answers_everything(tmp_path: Path, number: int) -> None:
    assert not faults_of(make_case(SEED, number, tmp_path, beside=False))


@needs_cases
@pytest.mark.parametrize("number", NUMBERS)
def test_bent_input_from_beside_is_refused_or_answers_everything(tmp_path: Path, number: int) -> None:
    assert not faults_of(make_case(SEED, number, tmp_path))


@needs_cases
@pytest.mark.parametrize("path", FAILED_ONCE, ids=lambda path: path.name)
def test_input_that_failed_once_answers_everything(tmp_path: Path, path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    kind = {"records": "record", "states": "state"}.get(path.parent.name, "CSV table")
    assert not faults_of(Case(SEED, 0, kind, copy), 0.1)


@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_case_is_the_same_each_time(tmp_path: Path, number: int) -> None:
    written = []
    for name in ("once", "again"):
        make_case(SEED, number, tmp_path / name, beside=False)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert written[0] == written[1]


@pytest.fixture
def good(tmp_path: Path) -> Case:
    path = tmp_path / "weights.csv"
    path.write_text("date,A,B\n2026-01-05,0.6,0.4\n2026-01-06,0.5,0.5\n")
    return Case(SEED, 0, "CSV table", path)


def test_good_input_has_no_fault(good: Case) -> None:
    assert not faults_of(good, share=1.0)


@pytest.mark.parametrize(
    ("error", "what"), [(KeyError("x"), "exception"), (HistoryError("x"), "refusal"), (MemoryError(), "memory")]
)
def test_function_that_raises_is_noticed(
    good: Case, monkeypatch: pytest.MonkeyPatch, error: Exception, what: str
) -> None:
    def turnover(_: History) -> None:
        raise error

    monkeypatch.setattr(metrics, "turnover", turnover)
    monkeypatch.setattr(trials, "COMMANDS", ())
    monkeypatch.setattr(trials, "PLACES", ())
    trial = Trial(good)
    trial.run()
    assert {(fault.what, fault.asked) for fault in trial.faults} == {(what, "turnover")}


def test_page_that_fails_is_noticed(good: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("dashboard.views.moves.head", draw)
    monkeypatch.setattr(trials, "COMMANDS", ())
    monkeypatch.setattr(trials, "PLACES", [("health", {}), ("moves", {})])
    trial = Trial(good)
    trial.run()
    assert [(fault.what, fault.asked) for fault in trial.faults] == [("exception", "page moves")]


def test_long_wait_and_much_memory_are_noticed(good: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "SECONDS", 0.0)
    monkeypatch.setattr(trials, "MEGABYTES", -1.0)
    trial = Trial(good, 0.1)
    trial.run()
    assert {fault.what for fault in trial.faults} == {"slow", "memory"}


@pytest.mark.parametrize("words", ["a\x1b[31mb", "x" * 3_000])
def test_wild_words_of_an_error_are_noticed(good: Case, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        error = HistoryError("")
        error.args = (words,)  # past the one place where words are tamed
        raise error

    monkeypatch.setattr(trials, "doors", lambda _: {"opened": refuse})
    assert all(fault.startswith("words: ") for fault in faults_of(good))
    assert faults_of(good)
