"""`alpha-model explain` says it to people and to machines, and strangers' words stay words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from builders import make_manager, make_model
from click.testing import CliRunner, Result

from alpha_model.cli import main

HOSTILE = "\x1b[31m=cmd|'x'!A1<script>"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state file of two cycles: the same signals, first without a threshold, then held below one of $9,000."""
    calculations: dict[str, Any] = {}
    for day, gate in enumerate((10.0, 9_000.0)):
        manager = make_manager({1: 50.0, 2: 10.0}, cash=1000)
        model = make_model({1: 6.0, 2: 4.0})
        model.normalise_weights(0.5)
        model.update_old_weights(manager.get_current_portfolio())
        model.calculate_target_positions(manager, 1000.0)
        model.generate_rebalance_trades_and_triggers(manager, gate)
        when = 1_767_571_200 + day * 86_400
        calculations[str(when)] = model.to_dict(encode_json=True) | {"timestamp": when}
    path = tmp_path / "state.json"
    text = json.dumps({"created_at": 0, "visualisation": {"calculations": calculations}})
    path.write_text(text.replace('"T2"', json.dumps(HOSTILE)))
    return path


def explain(*words: object) -> Result:
    return CliRunner().invoke(main, ["explain", *(str(word) for word in words)])


def test_people_get_a_paragraph_a_sentence_for_each_pair_and_what_each_flag_did(state: Path) -> None:
    result = explain(state, "--cycle", "0")
    assert result.exit_code == 0
    paragraph, sentences, flags = result.stdout.split("\n\n")
    assert "the strategy planned 2 trades" in paragraph
    assert "T1-USDC: wanted $600 (60.0 %); the cap per pair allowed $500 (50.0 %)" in sentences
    assert len(sentences.splitlines()) == 2
    assert flags.startswith("capped_by_concentration: ")
    assert "the cap per pair cut off $100." in flags


def test_one_pair_is_its_sentence_only_by_name_or_by_id(state: Path) -> None:
    named, numbered = (explain(state, "--cycle", "first", "--pair", pair) for pair in ("T1-USDC", 1))
    assert named.stdout == numbered.stdout
    assert named.stdout.startswith("T1-USDC: ")
    assert named.stdout.count("\n") == 1


def test_machines_get_codes_and_amounts(state: Path) -> None:
    told = json.loads(explain(state, "--cycle", "last", "--json").stdout)
    assert told["outcome"] == "held_below_threshold"
    first = next(pair for pair in told["pairs"] if pair["pair_id"] == 1)
    assert (first["code"], first["amount_usd"], first["limit_usd"]) == ("held_below_threshold", 500.0, 9000.0)
    assert {flag["flag"] for flag in told["flags"]} == {"max_adjust_too_small", "capped_by_concentration"}


def test_a_time_names_a_cycle_too(state: Path) -> None:
    assert explain(state, "--cycle", "2026-01-06T00:00Z").stdout == explain(state, "--cycle", "1").stdout


def test_strangers_names_move_no_terminal(state: Path) -> None:
    shown = explain(state, "--cycle", "0").stdout
    assert "\x1b" not in shown
    assert "=cmd|'x'!A1<script>" in shown


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--cycle", "7"), "7"),
        (("--cycle", "yesterday-ish"), "yesterday-ish"),
        (("--cycle", "0", "--pair", "NOPE"), "no pair 'NOPE' in this cycle. It has T1-USDC"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_exit_code_1(state: Path, words: tuple[str, ...], error: str) -> None:
    result = explain(state, *words)
    assert result.exit_code == 1
    assert error in result.stderr
    assert "Traceback" not in result.output
