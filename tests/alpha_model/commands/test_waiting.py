"""A bar is shown while a large file is read, and only to people."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from histories import SAMPLES

from alpha_model.cli import main
from alpha_model.commands import sources, waiting
from alpha_model.commands.waiting import shown_progress

SAMPLE = min(SAMPLES, key=lambda path: path.stat().st_size)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def watched(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error, as a person sees it; pytest puts its own there after fixtures are made."""
    found = Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(waiting, "LARGE", 10)
    return found


def test_large_file_shows_a_bar_and_its_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    terminal = watched(monkeypatch)
    path = tmp_path / "a[red]b\x1b[2J.json"
    path.write_bytes(b" " * 10)
    with shown_progress(path) as progress:
        assert progress is not None
        progress(0.25)
    shown = terminal.getvalue()
    assert "reading a[red]b\N{REPLACEMENT CHARACTER}[2J.json" in shown
    assert "25%" in shown
    assert "\x1b[2J" not in shown


def test_small_file_or_no_terminal_shows_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    terminal = watched(monkeypatch)
    path = tmp_path / "small.json"
    path.write_bytes(b" " * 9)
    for named in (path, tmp_path, tmp_path / "absent.json"):
        with shown_progress(named) as progress:
            assert progress is None
    assert terminal.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with shown_progress(SAMPLE) as progress:
        assert progress is None


@pytest.mark.parametrize("words", [["info"], ["audit"], ["metrics"], ["compare", str(SAMPLE)]], ids=lambda w: w[0])
def test_every_command_opens_through_the_bar_and_the_cache(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    def read(source: Path, *, progress: object, cache: object) -> object:
        assert (progress, cache) == (None, kept)  # nobody sees a bar of a test
        opened.append(source)
        return original(source)

    kept = object()
    original = sources.read_history
    monkeypatch.setattr(sources, "default_cache", lambda: kept)
    monkeypatch.setattr(sources, "read_history", read)
    result = CliRunner().invoke(main, [*words, str(SAMPLE)])
    assert result.exit_code == 0, result.output
    assert set(opened) == {SAMPLE}
