"""Does a record say which questions it can answer later?"""

from __future__ import annotations

import json
from pathlib import Path

from builders import MONDAY, make_model, make_pair
from click.testing import CliRunner

from alpha_model import weight_equal
from alpha_model.analysis.facts.labels import pair_labels
from alpha_model.analysis.later import later_questions
from alpha_model.cli import main
from alpha_model.history import EquityPoint, History, HistoryRecorder, Run, read_history


def recorded(path: Path, *, told: bool) -> History:
    """One cycle of two signals, one of them selected, with everything told beside it or nothing."""
    model = make_model({1: 2.0, 2: 1.0})
    model.select_top_signals(1)
    model.assign_weights(weight_equal)
    beside = {"prices": {1: 10.0, 2: 5.0}, "tvl": {1: 100.0, 2: 50.0}, "equity": EquityPoint(100.0)} if told else {}
    with HistoryRecorder(path, run=Run(git_commit="abc") if told else None) as recorder:
        recorder.append(model, **beside)
    return read_history(path)


def test_bare_record_of_plans_says_what_it_cannot_know(tmp_path: Path) -> None:
    answers = {each.question: each for each in later_questions(recorded(tmp_path / "bare.jsonl", told=False))}
    assert answers["what was executed"].answer == "no"
    assert "append(trades=)" in answers["what was executed"].why
    assert answers["what each pair did next"].why.startswith("0 of 2 signals have a price on record; append(prices=)")
    assert answers["what if another number or threshold of signals were selected"].answer == "yes"
    assert "Run.of(__file__)" in answers["which code and data to run again"].why


def test_record_that_was_told_everything_answers_more(tmp_path: Path) -> None:
    history = recorded(tmp_path / "told.jsonl", told=True)
    answers = {each.question: each.answer for each in later_questions(history)}
    for question in (
        *("what it was worth", "what each pair did next", "what if size caps were others"),
        "which code and data to run again",
    ):
        assert answers[question] == "yes", question


def test_info_shows_the_run_and_the_questions(tmp_path: Path) -> None:
    recorded(tmp_path / "told.jsonl", told=True)
    shown = CliRunner().invoke(main, ["info", str(tmp_path / "told.jsonl"), "--json"], catch_exceptions=False)
    facts = json.loads(shown.output)
    assert facts["run"]["git_commit"] == "abc"
    assert "what each pair did next" in facts["can_answer"]
    words = CliRunner().invoke(main, ["info", str(tmp_path / "told.jsonl")], catch_exceptions=False).output
    assert "git commit: abc" in words


def test_vault_is_called_by_its_whole_name(tmp_path: Path) -> None:
    pair = make_pair(3).to_dict(encode_json=True)
    pair["base"]["token_symbol"], pair["other_data"] = "Relative M", {"vault_name": "Relative Momentum Edge "}
    signal = {"pair": pair, "signal": 1.0}
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"timestamp": MONDAY.isoformat(), "raw_signals": {"3": signal}, "signals": {}}))
    history = read_history(path)
    assert history.pairs["name"].tolist() == ["Relative Momentum Edge "]
    assert list(pair_labels(history).values()) == [f"Relative Momentum Edge-{pair['quote']['token_symbol']}"]
