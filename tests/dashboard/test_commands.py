"""The command that starts the dashboard."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from states import snapshot, write_state

from alpha_model.history import compact
from dashboard import commands
from dashboard.commands import SERVER, open_command, server_command


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of the servers that would have been started."""
    started: list[list[str]] = []
    monkeypatch.setattr(commands, "_serve", started.append)
    return started


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_command_is_found_by_its_entry_point() -> None:
    (point,) = entry_points(group="alpha_model.commands", name="open")
    assert point.load() is open_command
    assert isinstance(open_command, click.Command)


def test_server_runs_the_app_on_the_files() -> None:
    command = server_command([Path("/data/a.json")], 8501, "127.0.0.1", headless=True)
    assert command == [
        sys.executable,
        "-P",
        "-m",
        "streamlit",
        "run",
        str(SERVER),
        "--server.port=8501",
        "--server.address=127.0.0.1",
        "--server.allowedHosts=127.0.0.1",
        "--server.allowedHosts=localhost",
        "--server.allowedHosts=::1",
        "--server.headless=true",
        "--",
        "/data/a.json",
    ]


def test_open_says_the_address_and_names_the_file_in_full(served: list[list[str]], tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{}")
    result = CliRunner().invoke(open_command, [str(state), "--headless"])
    assert result.exit_code == 0
    assert "Dashboard at http://127.0.0.1:85" in result.output
    assert served[0][-1] == str(state)


def test_missing_file_is_refused(served: list[list[str]], tmp_path: Path) -> None:
    result = CliRunner().invoke(open_command, [str(tmp_path / "gone.json")])
    assert result.exit_code == 1
    assert f"there is no file {tmp_path / 'gone.json'}. Check the path" in result.output
    assert not served


def test_folder_is_refused(served: list[list[str]], tmp_path: Path) -> None:
    result = CliRunner().invoke(open_command, [str(tmp_path)])
    assert "is a folder and no dataset. Name the history file in it." in result.output
    assert not served


def test_dataset_is_opened(served: list[list[str]], tmp_path: Path) -> None:
    state = write_state(tmp_path / "state.json", snapshot(1704672000))
    compact([state], tmp_path / "histories", strategy="Momentum")
    assert CliRunner().invoke(open_command, [str(tmp_path / "histories"), "--headless"]).exit_code == 0
    assert served[0][-1] == str(tmp_path / "histories")


def test_chosen_port_that_is_busy_is_refused(served: list[list[str]], busy_port: int) -> None:
    result = CliRunner().invoke(open_command, ["--port", str(busy_port)])
    assert f"port {busy_port} on 127.0.0.1 is in use" in result.output
    assert not served


def test_usual_port_that_is_busy_gives_way_to_the_next(
    served: list[list[str]], busy_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    option = next(option for option in open_command.params if option.name == "port")
    monkeypatch.setattr(option, "default", busy_port)
    assert CliRunner().invoke(open_command, []).exit_code == 0
    assert f"--server.port={busy_port}" not in served[0]


def test_open_network_is_warned_of(served: list[list[str]]) -> None:
    result = CliRunner().invoke(open_command, ["--host", "0.0.0.0", "--headless"])
    assert "there is no login" in result.output
    assert served


def test_named_hosts_and_the_address_are_answered_too(served: list[list[str]]) -> None:
    CliRunner().invoke(open_command, ["--host", "0.0.0.0", "--allow-host", "desk.example", "--allow-host", "10.0.0.5"])
    names = [each.partition("=")[2] for each in served[0] if each.startswith("--server.allowedHosts=")]
    assert names == ["127.0.0.1", "localhost", "::1", "0.0.0.0", "desk.example", "10.0.0.5"]


@pytest.mark.parametrize("name", ["https://desk.example", "desk.example:8501", "desk.example/", " "])
def test_host_that_is_no_name_is_refused(served: list[list[str]], name: str) -> None:
    result = CliRunner().invoke(open_command, ["--allow-host", name])
    assert result.exit_code == 2
    assert "Leave out scheme and port." in " ".join(result.output.split())
    assert not served


def test_network_that_no_name_leads_to_is_warned_of(served: list[list[str]]) -> None:
    assert "under the names of --allow-host only" in CliRunner().invoke(open_command, ["--host", "0.0.0.0"]).output
    named = CliRunner().invoke(open_command, ["--host", "0.0.0.0", "--allow-host", "desk.example"])
    assert "under the names of --allow-host only" not in named.output
    assert len(served) == 2


def test_missing_dashboard_extra_is_said(served: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.importlib.util, "find_spec", lambda _: None)
    result = CliRunner().invoke(open_command, [])
    assert result.exit_code == 1
    assert "pip install 'alpha-model[dashboard]'" in result.output
    assert not served
