"""Files as they come: plain, compressed, cut off, or not what they seem."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from alpha_model.history import History, read_history, read_history_bytes
from alpha_model.values.errors import HistoryError, NoHistoryError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400


@pytest.fixture
def document(make: Any) -> bytes:
    """A state of one cycle."""
    return json.dumps(make.state({str(MONDAY): make.snapshot({"1": make.signal()})})).encode()


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


PACKINGS = {"plain": lambda data: data, "gzip": gzip.compress, "zstd": zstd, "bom": lambda data: b"\xef\xbb\xbf" + data}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("name", ["state.json", "state.gz", "anything"])
def test_packing_is_recognised_by_content(tmp_path: Path, document: bytes, packing: str, name: str) -> None:
    packed = PACKINGS[packing](document)
    path = tmp_path / name
    path.write_bytes(packed)
    from_file, from_bytes = read_history(path), read_history_bytes(packed, name)
    assert len(from_file) == len(from_bytes) == 1
    assert from_file.source.name == name
    assert from_file.source.byte_count == from_bytes.source.byte_count == len(packed)
    assert read_history(str(path)).signals.equals(from_bytes.signals)


@pytest.mark.parametrize("packing", PACKINGS)
def test_bare_nan_is_patched_in_every_packing_and_the_file_is_left_alone(
    tmp_path: Path, document: bytes, packing: str
) -> None:
    path = tmp_path / "state.json"
    packed = PACKINGS[packing](document.replace(b'"normalised_weight": 0.5', b'"normalised_weight": NaN'))
    path.write_bytes(packed)
    assert pd.isna(read_history(path).signals.loc[0, "normalised_weight"])
    assert path.read_bytes() == packed


@pytest.mark.parametrize("packing", PACKINGS)
def test_upload_is_bounded_when_unpacked(document: bytes, packing: str) -> None:
    packed = PACKINGS[packing](document + b" " * 2_000_000)
    with pytest.raises(HistoryError, match="more than 1,000,000 bytes when unpacked"):
        read_history_bytes(packed, "bomb", max_bytes=1_000_000)
    assert len(read_history_bytes(packed, "fine", max_bytes=3_000_000)) == 1


def test_single_snapshot_is_a_history_of_one_cycle(make: Any) -> None:
    history = make.read(make.snapshot({"1": make.signal()}))
    assert list(history.timestamps) == [pd.Timestamp("2026-01-05T00:00Z")]
    assert history.source.kind == "snapshot"
    assert history.cycles.loc[0, "source"] == "snapshot"
    assert len(history.problems) == 0


def test_list_of_snapshots_is_a_history(make: Any) -> None:
    snapshots = [make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * WEEK) for n in range(3)]
    history = make.read([snapshots[0], {"note": 1}, *snapshots[1:], make.snapshot({}, timestamp=None)])
    assert len(history) == 3
    assert history.cycles["source_key"].tolist() == ["0", "2", "3"]
    assert history.problems[["kind", "cycle_key"]].to_numpy().tolist() == [["skipped", "1"], ["skipped", "4"]]


def test_snapshot_without_a_time_says_what_to_add(make: Any) -> None:
    with pytest.raises(HistoryError, match="Give each a `timestamp`"):
        make.read(make.snapshot({"1": make.signal()}, timestamp=None))


def test_progress_goes_from_0_to_1(tmp_path: Path, make: Any) -> None:
    snapshots = [make.snapshot({}, timestamp=MONDAY + n * WEEK) for n in range(4)]
    for content in (snapshots, make.state({str(entry["timestamp"]): entry for entry in snapshots})):
        path = tmp_path / "history.json"
        path.write_text(json.dumps(content))
        seen: list[float] = []
        read_history(path, progress=seen.append)
        assert seen == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n ", "nothing but blanks"),
        (b"timestamp,signal\n1,2\n", "is not JSON: it begins with 'timestamp,signal"),
        (b"\x00\x01\x02", "is not JSON: it begins with"),
        (b'{"visualisation": {"calculations": {', "ends in the middle, after 36 bytes: it was cut off"),
        (b'{"visualisation": .5}', "is not valid JSON at byte 18"),
        (b"[" * 100_000, "nested too deeply|ends in the middle"),
        (b'{"a":' * 100_000, "nested too deeply|ends in the middle"),
        (gzip.compress(b"{}" * 9999, mtime=0)[:-12], "is compressed, and damaged"),
        (b"\x1f\x8bnonsense", "is compressed, and damaged"),
        (b"\x28\xb5\x2f\xfdnonsense", "is compressed, and damaged"),
        (gzip.compress(b"", mtime=0), "is empty"),
    ],
)
def test_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    for attempt in (lambda: read_history(path), lambda: read_history_bytes(content, "state.json")):
        with pytest.raises(HistoryError, match=words) as caught:
            attempt()
        assert "state.json" in str(caught.value)
        assert not isinstance(caught.value, NoHistoryError)


def test_file_that_was_cut_off_says_so_wherever_it_was_cut(document: bytes) -> None:
    for length in range(1, len(document) - 3, 7):
        with pytest.raises(HistoryError, match="it was cut off"):
            read_history_bytes(document[:length], "state.json")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": 1, "b": 2}', "is a JSON object with a, b, not an alpha model"),
        (b"{}", "nothing in it"),
        (b"[1, 2]", "without a snapshot of an alpha model"),
        (b"[]", "without a snapshot of an alpha model"),
        (b"7", "neither an object nor a list"),
        (b'"text"', "neither an object nor a list"),
        (b'{"signals": 7}', "without a snapshot of an alpha model"),
    ],
)
def test_json_that_is_something_else_says_what_was_looked_for(content: bytes, words: str) -> None:
    with pytest.raises(NoHistoryError, match=words) as caught:
        read_history_bytes(content, "other.json")
    assert "HistoryRecorder" in str(caught.value)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"there is no file .*gone\.json"):
        read_history(tmp_path / "gone.json")
    with pytest.raises(HistoryError, match="is a folder"):
        read_history(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_file_without_permission_is_named(tmp_path: Path, document: bytes) -> None:  # pragma: no cover - not as root
    path = tmp_path / "secret.json"
    path.write_bytes(document)
    path.chmod(0)
    with pytest.raises(HistoryError, match="may not be read"):
        read_history(path)


def test_file_without_permission_is_named_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(HistoryError, match=r"secret.json may not be read by this user. Change its permissions."):
        read_history(tmp_path / "secret.json")


def test_history_lives_on_when_the_file_is_gone(tmp_path: Path, document: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(document)
    history = read_history(path)
    path.unlink()
    assert isinstance(history, History)
    assert history.pairs["ticker"].tolist() == ["WETH-USDC"]
