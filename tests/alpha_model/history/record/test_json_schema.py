"""The published schema takes every line that we write, and no broken one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from histories import REAL, REPOSITORY, SAMPLES
from jsonschema import Draft202012Validator

from alpha_model.history import EquityPoint, HistoryRecorder, read_history, record_history, record_schema
from alpha_model.history.record.line_types import AccountLine, CycleLine, HeaderLine, PairLine
from alpha_model.history.record.lines import ACCOUNT_COLUMNS, NOT_WRITTEN
from alpha_model.history.tables.schema import SIGNALS
from alpha_model.values.errors import NoHistoryError

PUBLISHED = REPOSITORY / "docs" / "schema" / "record-v1.schema.json"
VALIDATOR = Draft202012Validator(record_schema())


def test_published_schema_is_the_one_of_this_version(request: pytest.FixtureRequest) -> None:
    text = json.dumps(record_schema(), indent=1) + "\n"
    if request.config.getoption("--update-goldens"):
        PUBLISHED.write_text(text)
    assert PUBLISHED.read_text() == text


def test_schema_is_valid_and_names_every_column() -> None:
    Draft202012Validator.check_schema(record_schema())
    parts = record_schema()["$defs"]
    signals = set(parts["cycle"]["properties"]["signals"]["properties"])
    assert signals == {*SIGNALS.names} - NOT_WRITTEN | {"flags"}
    assert set(parts["trades"]["anyOf"][1]["properties"]) == set(ACCOUNT_COLUMNS["trades"])


@pytest.mark.parametrize(
    ("kind", "line"), [("header", HeaderLine), ("pair", PairLine), ("cycle", CycleLine), ("account", AccountLine)]
)
def test_schema_names_the_members_that_readers_and_writers_know(kind: str, line: type[msgspec.Struct]) -> None:
    assert set(record_schema()["$defs"][kind]["properties"]) == {*line.__struct_fields__} - {"type", "crc32"}


@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_every_line_of_a_record_is_valid(tmp_path: Path, path: Path) -> None:
    try:
        history = read_history(path)
    except NoHistoryError:
        pytest.skip("no alpha model in it")
    part = history.between(history.timestamps[-8:][0])
    with HistoryRecorder(tmp_path / "h.jsonl", strategy="S") as recorder:
        record_history(part, recorder)
    lines = (tmp_path / "h.jsonl").read_text().splitlines()
    assert len(lines) > 2
    for line in lines:
        assert list(VALIDATOR.iter_errors(json.loads(line))) == []


@pytest.fixture
def lines(tmp_path: Path, make: Any) -> dict[str, Any]:
    """A valid line of each type."""
    with HistoryRecorder(tmp_path / "h.jsonl", strategy="S") as recorder:
        signal = make.signal(1, 1.0, flags=["closed"], reasons=[{"stage": "s", "code": "c"}], other_data={"a": 1})
        told = {"trades": [make.trade()], "equity": EquityPoint(1.0), "message": "m", "prices": {9: 1.0}}
        recorder.append(make.snapshot({"1": signal}, mood=object()), **told)
        recorder.append_entries([], [("equity", (1.0, 2.0, None)), ("messages", (1.0, "m"))])
    found = [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()]
    assert all(VALIDATOR.is_valid(line) for line in found)
    return {line["type"]: line for line in found}


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("header", ("version",), 2),
        ("header", ("format",), "another"),
        ("header", ("strategy",), 5),
        ("header", ("crc32",), "XYZ"),
        ("header", ("type",), "footer"),
        ("pair", ("pair_id",), "1"),
        ("pair", ("pair",), None),
        ("cycle", ("timestamp",), "2026-01-05"),
        ("cycle", ("revision",), -1),
        ("cycle", ("message",), 1),
        ("cycle", ("fields", "raw_count"), 1.5),
        ("cycle", ("fields", "investable_equity"), "1000"),
        ("cycle", ("signals", "pair_id"), [None]),
        ("cycle", ("signals", "signal"), 1.0),
        ("cycle", ("signals", "raw_weight"), ["much"]),
        ("cycle", ("signals", "flags"), [["closed", "closed"]]),
        ("cycle", ("signals", "reasons"), [[{"limit": "x"}]]),
        ("cycle", ("signals", "ignored"), [None]),
        ("cycle", ("trades", "planned_quantity"), ["two"]),
        ("cycle", ("trades", "side"), [None]),
        ("cycle", ("trades", "timestamp"), ["then"]),
        ("cycle", ("equity", "total_equity"), "1"),
        ("cycle", ("problems",), [{"kind": "odd"}]),
        ("cycle", ("problems",), [{"kind": "odd", "message": "m", "pair": 1}]),
        ("account", ("equity", "timestamp"), [None]),
        ("account", ("messages", "message"), [1]),
    ],
)
def test_broken_lines_are_refused(lines: dict[str, Any], kind: str, path: tuple[str, ...], value: Any) -> None:
    place = lines[kind]
    for name in path[:-1]:
        place = place[name]
    assert path[-1] in place or path[-1] == "ignored"
    place[path[-1]] = value
    assert not VALIDATOR.is_valid(lines[kind])


@pytest.mark.parametrize("kind", ["header", "pair", "cycle"])
def test_lines_without_a_member_are_refused(lines: dict[str, Any], kind: str) -> None:
    for name in {"header": ["format", "version"], "pair": ["pair"], "cycle": ["timestamp", "signals", "fields"]}[kind]:
        assert not VALIDATOR.is_valid({key: value for key, value in lines[kind].items() if key != name})
