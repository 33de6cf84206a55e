"""What lies at an address is opened like a file, by every command that reads a history."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import fsspec
import pytest
from fsspec.registry import _registry as known_protocols
from histories import SAMPLES
from terminal import run, told

from alpha_model.cli import main
from alpha_model.commands import waiting
from alpha_model.commands.sources import HistorySource, opened
from alpha_model.history import read_history
from alpha_model.values.errors import HistoryError

SAMPLE = min(SAMPLES, key=lambda path: path.stat().st_size)
ADDRESS = f"memory://bucket/{SAMPLE.name}"
COMMANDS: dict[str, list[str]] = {
    "info": ["info", "SOURCE"],
    "cycles": ["cycles", "SOURCE"],
    "cycle": ["cycle", "SOURCE", "last"],
    "explain": ["explain", "SOURCE"],
    "metrics": ["metrics", "SOURCE"],
    "audit": ["audit", "SOURCE"],
    "compare": ["compare", "SOURCE", "SOURCE"],
}
"""What answers on standard output."""


@pytest.fixture
def memory() -> Iterator[Any]:
    """A file system in memory that holds the sample."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe(f"/bucket/{SAMPLE.name}", SAMPLE.read_bytes())
    yield system
    system.store.clear()


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("address", [ADDRESS, SAMPLE.as_uri()], ids=["memory", "file"])
def test_command_says_the_same_of_an_address(name: str, address: str) -> None:
    here, there = ([where if word == "SOURCE" else word for word in COMMANDS[name]] for where in (SAMPLE, address))
    assert told(*there) == told(*here)


def test_every_command_that_reads_a_history_takes_addresses() -> None:
    context = click.Context(main)
    taking = {
        name
        for name in main.list_commands(context)
        if (command := main.get_command(context, name)) is not None
        and any(isinstance(param.type, HistorySource) for param in command.params)
    }
    assert taking == {*COMMANDS, "compact", "convert", "export", "open", "report"}


@pytest.mark.usefixtures("memory")
def test_commands_that_write_files_read_addresses(tmp_path: Path) -> None:
    expected = len(read_history(SAMPLE))
    assert told("convert", ADDRESS, tmp_path / "made.jsonl")["cycles"] == expected
    assert told("export", ADDRESS, tmp_path / "tables", "--table", "cycles")[0]["rows"] == expected
    (done,) = told("compact", ADDRESS, "--into", tmp_path / "histories")
    assert done["source"] == SAMPLE.name
    report = tmp_path / "out.html"
    assert run("report", ADDRESS, "--cycle", "last", "-o", report).exit_code == 0
    assert f"alpha-model report {SAMPLE.name} --cycle last" in report.read_text()


def test_dataset_at_an_address_is_opened(memory: Any) -> None:
    told("compact", ADDRESS, "--into", "memory://bucket/histories", "--strategy", "Kept")
    assert memory.isdir("/bucket/histories")
    assert told("info", "memory://bucket/histories")["strategy"] == "Kept"


def test_weights_at_an_address_are_a_history(memory: Any, tmp_path: Path) -> None:
    memory.pipe("/bucket/my weights.csv", b"date,A,B\n2026-01-05,0.5,0.5\n2026-01-06,1,\n")
    told("convert", "memory://bucket/my weights.csv", tmp_path / "history.jsonl")
    assert read_history(tmp_path / "history.jsonl").signals["normalised_weight"].tolist() == [0.5, 0.5, 1.0, 0.0]
    assert told("info", "memory://bucket/my weights.csv")["name"] == "my weights.csv"


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("memory://bucket/gone.json", "there is nothing at memory://bucket/gone.json. Check the address."),
        ("nosuch://place/state.json", "has a protocol that nobody here knows."),
        ("file:///nowhere/gone.json", "there is no file /nowhere/gone.json. Check the path."),
        ("nowhere/gone.json", "there is no file nowhere/gone.json. Check the path."),
    ],
)
def test_what_is_not_there_is_one_sentence(address: str, words: str) -> None:
    result = run("info", address)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert words in result.stderr


def test_empty_file_is_called_by_its_name_at_the_address(memory: Any) -> None:
    memory.pipe("/bucket/empty.json", b"")
    assert (
        run("info", "memory://bucket/empty.json").stderr == "Error: empty.json is empty. Copy or download it again.\n"
    )


@pytest.mark.parametrize(
    ("protocol", "module", "package"),
    [
        ("s3", "s3fs", "s3fs"),
        ("gs", "gcsfs", "gcsfs"),
        ("az", "adlfs", "adlfs"),
        ("sftp", "paramiko", "paramiko"),
        ("smb", "smbclient", "smbprotocol"),
        ("oci", "ocifs", "ocifs"),
        ("https", "requests", "'alpha-model[remote]'"),
    ],
)
@pytest.mark.parametrize("words", [["info", "ADDRESS"], ["sql", "SELECT 1", "ADDRESS"]], ids=["info", "sql"])
def test_missing_package_is_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, words: list[str], protocol: str, module: str, package: str
) -> None:
    if protocol == "https" and words[0] == "sql":
        pytest.skip("no dataset lies on a web server")
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(known_protocols, protocol, raising=False)
    for loaded in [
        name for name in sys.modules if name in ("fsspec.implementations.sftp", "fsspec.implementations.smb")
    ]:
        monkeypatch.delitem(sys.modules, loaded)
    address = f"{protocol}://user:hunter2@host/a.json?token=x"
    result = run(*(address if word == "ADDRESS" else word for word in words))
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {protocol}://host/a.json needs a package for {protocol}://, which is not installed. "
        f"Run: pip install {package}\n"
    )


@pytest.mark.usefixtures("memory")
def test_address_shows_a_bar_to_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", _Terminal())
    with waiting.shown_progress(ADDRESS) as progress:
        assert progress is not None


class _Terminal:
    """Standard error as a person sees it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def write(self, words: str) -> int:
        return len(words)

    def flush(self) -> None:
        """Nothing is kept."""


def test_follow_takes_file_addresses_and_refuses_others(tmp_path: Path) -> None:
    target = tmp_path / "made.jsonl"
    assert run("follow", SAMPLE.as_uri(), "--into", target, "--once").exit_code == 0
    assert len(read_history(target)) == len(read_history(SAMPLE))
    refused = run("follow", "s3://key:hunter2@bucket/state.json", "--into", target, "--once")
    assert refused.exit_code == 2
    assert "s3://bucket/state.json cannot be followed. Give a file, a folder, or an http(s) address." in refused.stderr
    assert "hunter2" not in refused.stderr


UNESCAPED = ("s3://key:se#cret@bucket/a.json", "s3://key:se?cret@bucket/a.json", "https://key:se#cret@bucket/a.json")


@pytest.mark.parametrize("address", UNESCAPED)
@pytest.mark.parametrize(
    "words",
    [
        *COMMANDS.values(),
        ["open", "SOURCE"],
        ["follow", "SOURCE", "--into", "TARGET", "--once"],
        ["follow", "gone.json", "--into", "SOURCE", "--once"],
        ["compact", "SOURCE", "--into", "TARGET"],
        ["compact", str(SAMPLE), "--into", "SOURCE"],
        ["convert", "SOURCE", "TARGET"],
        ["convert", str(SAMPLE), "SOURCE"],
        ["export", str(SAMPLE), "SOURCE"],
        ["sql", "SELECT 1", "SOURCE"],
        ["record", "SOURCE", str(SAMPLE)],
        ["report", str(SAMPLE), "--cycle", "last", "-o", "SOURCE"],
        ["completion", "SOURCE"],
    ],
    ids=" ".join,
)
def test_no_command_says_a_part_of_a_password_that_is_not_escaped(
    words: list[str], address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = str(tmp_path / "made")
    result = run(*(word.replace("SOURCE", address).replace("TARGET", target) for word in words))
    assert result.exit_code != 0
    assert not any(part in result.output for part in ("cret", "key:", "se#", "se?"))
    assert {path.name for path in tmp_path.iterdir()} <= {"made"}  # nor is there a folder of that name


def test_strategies_of_a_dataset_are_listed_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.commands.sources._is_folder", lambda _: True)
    monkeypatch.setattr("alpha_model.commands.sources._strategies", lambda _: ["A", "B"])
    with pytest.raises(HistoryError, match="Name one of them: memory://bucket/his/A, memory://bucket/his/B") as caught:
        opened("memory://user:hunter2@bucket/his")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("address", ["s3://key:hunter2@bucket/a.json", "s3://key:hunter2#x@bucket/a.json"])
def test_what_a_system_says_of_an_address_is_told_without_its_password(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(f"no room for {address}")

    monkeypatch.setattr("alpha_model.commands.info.opened", refuse)
    result = run("info", address)
    assert result.exit_code == 1
    assert "hunter2" not in result.output


NO_ROOM = os.strerror(errno.ENOSPC)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("see http://wiki:8080/x, me@example.org", f"kept.jsonl: {NO_ROOM}"),
        ("http://wiki:8080/x has it, ask me@example.org", f"kept.jsonl: {NO_ROOM}"),
        ("s3://key:se#cret@bucket/x", f"{NO_ROOM}: what was said may quote its password. Write # in it as %23"),
        ("s3://key:cret@bucket/my file", f"kept.jsonl: {NO_ROOM}"),
    ],
)
@pytest.mark.parametrize("joined", ["--message=", ""])
def test_full_disk_is_told_whatever_the_command_line_says(
    message: str, words: str, joined: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, NO_ROOM, "kept.jsonl")

    monkeypatch.setattr("alpha_model.commands.record.HistoryRecorder", refuse)
    option = [f"{joined}{message}"] if joined else ["--message", message]
    result = run("record", tmp_path / "kept.jsonl", *option, stdin="{}")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {words}")


@pytest.mark.parametrize("address", ["ftp://user:hunter2@host/my table.csv", "zip://my a.json::ftp://user:hunter2@h/a"])
@pytest.mark.parametrize("joined", ["", "--message="])
def test_password_of_a_file_with_a_blank_in_its_name_is_not_told(
    address: str, joined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, f"530 hunter2 is wrong at {address}", address)

    monkeypatch.setattr("alpha_model.commands.info.opened", refuse)
    monkeypatch.setattr("alpha_model.commands.record.HistoryRecorder", refuse)
    result = run(*(["record", "kept.jsonl", f"{joined}{address}"] if joined else ["info", address]), stdin="{}")
    assert result.exit_code == 1
    assert "530 … is wrong at" in result.stderr
    assert "hunter2" not in result.stderr


def test_open_takes_file_addresses_and_says_how_to_get_others(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("dashboard.commands._serve", started.append)
    assert run("open", SAMPLE.as_uri(), "--headless").exit_code == 0
    assert started[0][-1] == str(SAMPLE)
    refused = run("open", "s3://bucket/state.json")
    assert refused.exit_code == 1
    assert "the dashboard opens files, got s3://bucket/state.json. Copy it here first" in refused.stderr
