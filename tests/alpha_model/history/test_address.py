"""What an address shows of itself: where it leads and what lies there, and nobody's password."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import fsspec
import pytest

from alpha_model.errors import HistoryError
from alpha_model.history import History, read_history
from alpha_model.history.address import name_of, shown_uri, without_secrets
from alpha_model.history.place import Place

SECRETS = "user:hunter2@"
QUERY = "?token=s3cret::x"
CHAIN = f"zip://folder/state.json::https://{SECRETS}example.org/states.zip{QUERY}"


@pytest.mark.parametrize(
    ("address", "shown", "name"),
    [
        ("s3://bucket/folder/state.json", "s3://bucket/folder/state.json", "state.json"),
        (f"ftp://{SECRETS}example.org/two%20words.json", "ftp://example.org/two%20words.json", "two words.json"),
        (f"https://{SECRETS}example.org{QUERY}", "https://example.org", "https://example.org"),
        ("https://[2001:db8::1]:8443/state.json", "https://[2001:db8::1]:8443/state.json", "state.json"),
        (f"sftp://{SECRETS}[::1]/state.json", "sftp://[::1]/state.json", "state.json"),
        (CHAIN, "zip://folder/state.json::https://example.org/states.zip", "state.json"),
        (f"zip://a.json::ftp://{SECRETS}example.org/b.zip", "zip://a.json::ftp://example.org/b.zip", "a.json"),
        (f"simplecache::ftp://{SECRETS}example.org/a.json", "simplecache::ftp://example.org/a.json", "a.json"),
        ("zip://state.json::/folder/states.zip", "zip://state.json::/folder/states.zip", "state.json"),
    ],
)
def test_address_is_shown_without_secrets(address: str, shown: str, name: str) -> None:
    assert shown_uri(address) == shown
    assert name_of(address) == name


def test_secrets_that_an_error_quotes_are_left_out_however_they_are_written() -> None:
    uri = "zip://state.json::ftp://user:a%40b@example.org/states.zip?key=c%26d"
    words = "login user:a%40b failed: a@b is wrong, and so is key=c&d, at example.org"
    assert without_secrets(words, uri) == "login … failed: … is wrong, and so is …, at example.org"


@pytest.mark.parametrize("read", [read_history, History.open], ids=["file", "dataset"])
def test_messages_about_a_chain_show_no_secrets(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(uri: str, *_: Any, **__: Any) -> Any:
        raise ValueError(f"no answer from {uri}, password hunter2")

    monkeypatch.setattr(fsspec, "open", refuse)
    monkeypatch.setattr(fsspec.core, "url_to_fs", refuse)
    with pytest.raises(HistoryError, match="no answer from") as caught:
        read(CHAIN)
    assert "hunter2" not in f"{caught.value} {caught.value.values}"
    assert "s3cret" not in f"{caught.value} {caught.value.values}"
    assert "https://example.org/states.zip" in str(caught.value)


def test_history_in_an_archive_is_named_as_its_file(memory: Any, make: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folder/state.json", json.dumps([make.snapshot({"1": make.signal()})]))
    memory.pipe("/states.zip", packed.getvalue())
    assert read_history("zip://folder/state.json::memory://states.zip").source.name == "state.json"


@pytest.mark.usefixtures("memory")
def test_place_keeps_its_secrets_from_errors_and_a_path_is_shown_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="is no dataset") as caught:
        History.open(f"memory://{SECRETS}bucket")
    assert caught.value.path == "memory://bucket"
    assert str(Place(tmp_path / "a::b")) == str(tmp_path / "a::b")
