"""Histories at an address: copied here first, bounded, and nobody's password shown."""

from __future__ import annotations

import errno
import gzip
import json
from pathlib import Path
from typing import Any, Self

import fsspec
import pytest

from alpha_model.history import read_history
from alpha_model.history.cache import HistoryCache
from alpha_model.history.files.opening import open_file
from alpha_model.history.files.spool import spooled
from alpha_model.values.errors import HistoryError

MONDAY = 1_767_571_200


@pytest.fixture
def document(make: Any) -> bytes:
    return json.dumps([make.snapshot({"1": make.signal()}, timestamp=MONDAY)]).encode()


@pytest.mark.parametrize("name", ["state.json", "state.json.gz", "a name with %25 and ü.json"])
def test_address_is_read_as_the_file_would_be(memory: Any, document: bytes, name: str) -> None:
    memory.pipe(f"/folder/{name}", gzip.compress(document) if name.endswith("gz") else document)
    seen: list[float] = []
    history = read_history(f"memory://folder/{name}", progress=seen.append)
    assert history.cycles["investable_equity"].tolist() == [1000.0]
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_path_with_a_file_scheme_is_opened_in_place(tmp_path: Path, document: bytes) -> None:
    path = tmp_path / "two words.json"
    path.write_bytes(document)
    assert read_history(path.as_uri()).source.name == "two words.json"


def test_copy_is_gone_afterwards(memory: Any, document: bytes) -> None:
    memory.pipe("/state.json", document)
    with spooled("memory://state.json") as copy:
        assert copy.read_bytes() == document
    assert not copy.exists()


def test_same_content_at_an_address_is_found_in_the_cache(
    tmp_path: Path, memory: Any, document: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.pipe("/state.json", document)
    cache = HistoryCache(tmp_path / "cache", smallest=0)
    first = read_history("memory://state.json", cache=cache)
    monkeypatch.setattr("alpha_model.history.reader.open_file", None)
    assert read_history("memory://state.json", cache=cache).tables == first.tables


@pytest.mark.usefixtures("memory")
def test_nothing_at_the_address_and_unknown_protocols_say_so() -> None:
    with pytest.raises(HistoryError, match=r"there is nothing at memory:///?gone\.json"):
        read_history("memory:///gone.json")
    with pytest.raises(HistoryError, match="has a protocol that nobody here knows"):
        read_history("nosuch://place/state.json")


def test_credentials_and_query_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(uri: str, *_: Any, **__: Any) -> Any:
        raise RuntimeError(f"no answer from {uri}")

    monkeypatch.setattr(fsspec, "open", refuse)
    with pytest.raises(HistoryError, match="no answer from") as caught:
        read_history("ftp://user:hunter2@example.org/state.json?token=s3cret")
    assert "hunter2" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "ftp://example.org/state.json" in str(caught.value)


def test_address_that_never_ends_is_cut_short(memory: Any, document: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/state.json", document)
    monkeypatch.setattr("alpha_model.history.files.spool.MOST_UNPACKED", 100)
    with pytest.raises(HistoryError, match="has more than 100 bytes"):
        read_history("memory://state.json")


def test_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 50_000_000, compresslevel=9))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr("alpha_model.history.files.opening.MOST_UNPACKED", 10_000_000)
    with pytest.raises(HistoryError, match=r"bomb\.json\.gz has more than 10,000,000 bytes when unpacked"):
        read_history(path)
    with pytest.raises(HistoryError, match="more than 5 bytes"):
        open_file(path, max_bytes=5)


def test_full_disk_is_not_called_damage(tmp_path: Path, document: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "state.json.gz"
    path.write_bytes(gzip.compress(document))
    monkeypatch.setattr("alpha_model.history.files.opening.tempfile.TemporaryFile", Full)
    with pytest.raises(HistoryError, match="cannot be read: No space left on device"):
        read_history(path)
