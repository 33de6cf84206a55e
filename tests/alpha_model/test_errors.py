"""What an error quotes may be of any length and hold anything; its message is one plain line."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner

from alpha_model.cli import main
from alpha_model.values import errors
from alpha_model.values.errors import MOST_LETTERS, AlphaModelError, HistoryError, told

NASTY = "\x1b[31mred\x07\u202eevil\nline\u2028\ud800"


@pytest.mark.parametrize(
    "kind", [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AlphaModelError)]
)
def test_message_of_every_error_is_bounded_and_plain(kind: type[AlphaModelError]) -> None:
    message = str(kind(f"what, {NASTY * 1_000}, the remedy."))
    assert len(message) == MOST_LETTERS
    assert message.isprintable()
    assert message.startswith("what, \ufffd[31mred\ufffd\ufffdevil line")
    assert message.endswith("the remedy.")


def test_short_message_stays_as_it_is() -> None:
    message = "a weight is at most 1, got 1.5 of “Größe 😀”. Normalise."
    assert told(message) == message


def test_offending_value_is_kept_whole_and_travels() -> None:
    error = pickle.loads(pickle.dumps(HistoryError("bad", path="a" * 5_000, got=NASTY)))
    assert (len(error.path), error.got) == (5_000, NASTY)


@pytest.mark.parametrize(
    "words", [["cycles", f"{NASTY[:-1]}.json"], ["cycles", "x" * 5_000], ["cycles", f"--{NASTY[:-1]}"], [NASTY[:-1]]]
)
def test_command_line_says_one_bounded_plain_sentence(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)
    said = result.output.rstrip("\n").split("\n")[-1]
    assert result.exit_code in (1, 2)
    assert said.isprintable()
    assert len(said) <= MOST_LETTERS + len("Error: ")


def test_problems_are_listed_as_plain_bounded_lines(tmp_path: Path) -> None:
    key = "\x1b[2J" + "k" * 5_000
    path = tmp_path / "state.json"
    snapshot = '{"timestamp": 1767571200, "raw_signals": {}, "signals": {}}'
    escaped = key.replace("\x1b", "\\u001b")
    path.write_text(f'{{"visualisation": {{"calculations": {{"1767571200": {snapshot}, "{escaped}": 5}}}}}}')
    result = CliRunner().invoke(main, ["info", str(path)])
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert max(map(len, result.output.splitlines())) < MOST_LETTERS
