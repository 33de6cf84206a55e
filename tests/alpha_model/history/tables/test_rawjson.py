"""Places, hidden members and bare NaN tokens in the bytes of a document."""

from __future__ import annotations

import json
import math
import mmap
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from alpha_model.history.tables.rawjson import locate, members, patch_non_finite, repeats_keys

_NAMES = st.text(st.sampled_from('ab"\\:{},NaInfty '), max_size=8)
_VALUES = st.recursive(
    st.one_of(st.floats(), st.integers(), _NAMES, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3)),
    max_leaves=12,
)


def test_locate_gives_the_byte_of_a_value() -> None:
    document = b'{"a": {"x": [1, 2], "y": 3}}'
    outer = msgspec.json.decode(document, type=dict[str, Raw])["a"]
    assert locate(document, outer, ("y",)) == document.index(b"3")
    assert locate(document, outer) == document.index(b'{"x"')


def test_locate_stops_at_what_is_there() -> None:
    document = b'{"a": {"x": 1}}'
    outer = msgspec.json.decode(document, type=dict[str, Raw])["a"]
    assert locate(document, outer, ("x", "deeper")) == document.index(b"1")
    assert locate(document, Raw(b"elsewhere")) is None


@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=6), st.sampled_from(["", " ", "\n  "]))
def test_members_are_all_there_in_order_even_with_repeated_keys(pairs: list[tuple[str, Any]], space: str) -> None:
    pairs = [(key, None if isinstance(value, float) and not math.isfinite(value) else value) for key, value in pairs]
    pairs = [(key, value) for key, value in pairs if "NaN" not in json.dumps(value) and "Inf" not in json.dumps(value)]
    text = f",{space}".join(f"{json.dumps(key)}{space}:{space}{json.dumps(value)}" for key, value in pairs)
    document = f"{{{space}{text}{space}}}".encode()
    found = [(key, msgspec.json.decode(value)) for key, value in members(Raw(document))]
    assert found == pairs
    kept = msgspec.json.decode(document, type=dict[str, Raw])
    assert repeats_keys(document, kept) == (len(kept) < len(pairs))


@given(_VALUES)
def test_patching_keeps_length_and_everything_but_the_tokens(value: Any) -> None:
    document = bytearray(json.dumps({"NaN": 'a \\" NaN', "v": value}).encode())
    before = bytes(document)
    places = patch_non_finite(document)
    assert len(document) == len(before)
    spelled = {"\x7f": "NaN", "\x7fInfin": "Infinity", "\x7f-Infin": "-Infinity"}

    def expected(item: Any) -> Any:
        if isinstance(item, float) and not math.isfinite(item):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(item)]
        if isinstance(item, dict):
            return {key: expected(inner) for key, inner in item.items()}
        return [expected(inner) for inner in item] if isinstance(item, list) else item

    def restored(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: restored(inner) for key, inner in item.items()}
        if isinstance(item, list):
            return [restored(inner) for inner in item]
        return spelled.get(item, item) if isinstance(item, str) else item

    assert restored(json.loads(document)) == expected(json.loads(before))
    assert all(before[place : place + 1] in (b"N", b"I", b"-") for place in places)


def test_patching_reads_over_long_strings_of_backslashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.history.tables.rawjson._CHUNK", 4)
    document = bytearray(rb'{"a\\\\": "\\\"NaN\\", "b": NaN, "c\"": "-Infinity", "d": [-Infinity]}')
    assert len(patch_non_finite(document)) == 2
    assert json.loads(document) == {"a\\\\": '\\"NaN\\', "b": "\x7f", 'c"': "-Infinity", "d": ["\x7f-Infin"]}


def test_patching_a_mapped_file_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b'{"a": NaN}')
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        assert patch_non_finite(mapped) == [6]
        assert json.loads(mapped[:]) == {"a": "\x7f"}
    assert path.read_bytes() == b'{"a": NaN}'
