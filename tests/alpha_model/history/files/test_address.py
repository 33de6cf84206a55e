"""What an address shows of itself: where it leads and what lies there, and nobody's password."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import fsspec
import pytest

from alpha_model.history import History, RemoteHistory, read_history, read_weights
from alpha_model.history.files.address import name_of, shown_uri, without_secrets
from alpha_model.history.files.place import Place
from alpha_model.values.errors import HistoryError, RecordError

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


UNESCAPED = {
    "s3://key:se#cret@bucket/x/a.json": ("s3://…@bucket/x/a.json", "a.json"),
    "s3://key:se?cret@bucket/x/a.json": ("s3://…@bucket/x/a.json", "a.json"),
    "s3://key:se/cret@bucket/x/a.json": ("s3://…@bucket/x/a.json", "a.json"),
    "s3://key:se#c?r/e@t@bucket/a.json?token=x": ("s3://…@bucket/a.json", "a.json"),
    "s3://key:[se#cret@bucket/a.json": ("s3://…@bucket/a.json", "a.json"),
    "s3://key:se#cret@bucket/a.json?token=c@d": ("s3://…", "s3://…"),  # the last @ is perhaps of the token
    "s3://key:12#cret@bucket/a.json": ("s3://…", "s3://…"),  # a port, perhaps
    "s3://key:#cret@bucket/a.json": ("s3://…", "s3://…"),
    "https://user:p@ss#word@host/a.json": ("https://…", "https://…"),
    "https://se#cret@host/a.json": ("https://…", "https://…"),
    "https://se?cret@host/a.json": ("https://…", "https://…"),
    "s3://ke/y:se#cret@bucket/a.json": ("s3://…", "s3://…"),
    "s3://ke/y:se?cret@bucket/a.json": ("s3://…", "s3://…"),
    "s3://ke/y:se/cret@bucket/a.json": ("s3://…@bucket/a.json", "a.json"),
    "s3://ke/y#x:cret@bucket/a.json": ("s3://…", "s3://…"),
    "s3://ke/y#cret@bucket/a.json": ("s3://…", "s3://…"),
    "https://ke/y?x:cret@host/a.json": ("https://…", "https://…"),
    "s3://key::cret@bucket/a.json": ("s3://bucket/a.json", "a.json"),
    "s3://key:::cret@bucket/a.json": ("s3://bucket/a.json", "a.json"),
    "s3://key::se::cret@bucket/a.json": ("s3://bucket/a.json", "a.json"),
    "s3://key::se/cret@bucket/a.json": ("s3://…@bucket/a.json", "a.json"),
    "s3://key::cret@bucket/a.zip::s3://bucket/b.zip": ("s3://bucket/a.zip::s3://bucket/b.zip", "a.zip"),
    "zip://a.json::s3://key::cret@bucket/b.zip": ("zip://a.json::s3://bucket/b.zip", "a.json"),
    "ftp://user:se::cret@host/a.json": ("ftp://host/a.json", "a.json"),
    "zip://a.json::s3://key:se#cret@bucket/b.zip": ("zip://a.json::s3://…@bucket/b.zip", "a.json"),
    "simplecache::s3://key:se?cret@bucket/a.json": ("simplecache::s3://…@bucket/a.json", "a.json"),
}
"""Addresses with a password that is not escaped: how they are shown, and what lies there is called."""


@pytest.mark.parametrize("address", UNESCAPED)
def test_password_that_is_not_escaped_is_not_shown_in_part(address: str) -> None:
    assert (shown_uri(address), name_of(address)) == UNESCAPED[address]
    told = without_secrets(f"bad host key:se, bad fragment cret@bucket, in {address}", address)
    assert not any(part in told for part in PIECES)


PIECES = ("cret", "ke/", "se#", "se?", "se/", "key", "p@ss", "word@", "token")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://bucket/folder/a@b.json", "s3://bucket/folder/a@b.json"),
        ("https://host/a.json?mail=a@b.c", "https://host/a.json"),
        ("https://host:8443/a.json?time=12:00", "https://host:8443/a.json"),
        ("https://[::1]/a@b.json", "https://[::1]/a@b.json"),
        ("https://user:hunter2@host/a@b.json", "https://…@b.json"),
        ("https://user:hunter2@host/a.json?mail=a@b.c", "https://…"),
    ],
)
def test_at_sign_elsewhere_costs_a_name_only_where_there_are_credentials(address: str, shown: str) -> None:
    assert shown_uri(address) == shown


@pytest.mark.parametrize("read", [read_history, read_weights, History.open], ids=["file", "table", "dataset"])
@pytest.mark.parametrize("address", UNESCAPED)
def test_messages_and_the_log_show_no_part_of_a_password_that_is_not_escaped(
    read: Any, address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(uri: str, *_: Any, **__: Any) -> Any:
        raise ValueError(f"no such host in {uri}: key:se; cret@bucket is no fragment")

    caplog.set_level("DEBUG", "alpha_model")
    monkeypatch.setattr(fsspec, "open", refuse)
    monkeypatch.setattr(fsspec.core, "url_to_fs", refuse)
    with pytest.raises(HistoryError) as caught:
        read(address)
    said = f"{caught.value} {caught.value.values} {caplog.text}".replace("its password", "")
    assert not any(part in said for part in PIECES)


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
        read(CHAIN.replace("https", "ftp"))
    assert "hunter2" not in f"{caught.value} {caught.value.values}"
    assert "s3cret" not in f"{caught.value} {caught.value.values}"
    assert "ftp://example.org/states.zip" in str(caught.value)


def test_dataset_that_refuses_shows_no_secrets(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"memory://{SECRETS}bucket/his"

    def refuse(path: str, *_: Any, **__: Any) -> Any:
        raise PermissionError(f"{path} is forbidden to {SECRETS}")

    memory.pipe(f"/{SECRETS}bucket/his/strategy=A/_manifest.json", b"{}")
    monkeypatch.setattr(type(memory), "cat_file", refuse)
    monkeypatch.setattr(type(memory), "pipe_file", refuse)
    with pytest.raises(HistoryError, match=r"cannot read memory://bucket/his: .* is forbidden") as caught:
        History.open(address)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(RecordError, match=r"cannot write a\.json to memory://bucket/his: .* is forbidden") as refused:
        Place(address).write("a.json", b"")
    assert "hunter2" not in str(refused.value)


@pytest.mark.usefixtures("memory")
def test_dataset_at_a_doubtful_address_is_not_named_by_a_part_of_it() -> None:
    assert Place("memory://key:se/cr#et@bucket").name == "memory://…@bucket"
    assert Place("memory://bucket/his").name == "his"


def test_followed_address_that_cannot_be_read_shows_no_secrets() -> None:
    class Session:
        def get(self, address: str, **_: Any) -> Any:
            raise ValueError(f"{address} has no port 'se'")

    remote = RemoteHistory("https://key:se#cret@host/a.json", session=Session())
    assert not remote.poll()
    assert remote.problem == "https://…@host/a.json cannot be reached (ValueError); asked again later."


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
