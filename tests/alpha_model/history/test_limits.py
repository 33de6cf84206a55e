"""What a small upload may cost: no more memory than the limit says, and an answer at once."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Callable

import pyarrow as pa
import pytest

from alpha_model.history import read_history_bytes
from alpha_model.history.state import document as state_room
from alpha_model.history.state.salvage import cut_out
from alpha_model.values.errors import HistoryError

MB = 1_000_000


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gz", "zst"])
@pytest.mark.parametrize("letters", [b"[", b'{"a":', b"[0,", b"[{},"], ids=["lists", "objects", "numbers", "members"])
def test_trap_in_a_few_bytes_is_refused_at_once(pack: Callable[[bytes], bytes], letters: bytes) -> None:
    packed = pack(letters * (60 * MB // len(letters)))
    assert len(packed) < MB
    start = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(HistoryError, match="may take more than 500,000,000 bytes of memory, which is the limit"):
            read_history_bytes(packed, "trap.json", max_bytes=500 * MB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 80 * MB  # the document itself, once
    assert time.monotonic() - start < 30


def test_unpacked_document_is_no_longer_than_the_limit() -> None:
    with pytest.raises(HistoryError, match=r"more than 1,000,000 bytes when unpacked"):
        read_history_bytes(gzip.compress(b" " * (2 * MB)), "trap.json.gz", max_bytes=MB)


def test_nesting_that_no_damage_makes_is_not_mended() -> None:
    with pytest.raises(HistoryError, match="nested too deeply"):
        read_history_bytes(b"[" * MB, "trap.json")
    assert cut_out(bytearray(b"[" * MB), None) is None
    assert cut_out(bytearray(b"[{}," + b"[" * 1_000), None) is not None


@pytest.mark.parametrize(
    "words",
    ["[" + "0," * 9 + "0]", '{"visualisation":{"calculations":{' + ",".join(f'"{n}":0' for n in range(10)) + "}}}"],
)
def test_more_entries_than_any_history_are_not_looked_at(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_room, "MOST_ENTRIES", 9)
    with pytest.raises(HistoryError, match="10 entries where its cycles should be, and at most 9 are read"):
        read_history_bytes(words.encode(), "trap.json")
