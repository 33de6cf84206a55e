"""One odd value anywhere in a file that is well-formed: it costs itself, never another line, and never an exception."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from alpha_model.history import EquityPoint, History, HistoryRecorder, read_history_bytes
from alpha_model.history.record.lines import seal
from alpha_model.history.tables.schema import Tables
from alpha_model.values.errors import HistoryError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400
CYCLES = 4
SEEDS = range(100)
"""Odd values put into each kind of file, each somewhere else."""

ODD = [
    *(b"null", b"true", b"0", b"-1", b"1.5", b"-0.0", b"1e18", b"-1e18", b"1e308", b"1e999", b"-1e999"),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"9007199254740993"),
    *(b"1" * 40, b"1" * 400, b"1" * 5_000, b'"' + b"9" * 400 + b'"', b'"x"', b'""', b'"NaN"', b'"-Infinity"'),
    *(rb'"\ud800"', rb'"\udc00\ud800 \\ud800"', rb'"\u0000\u001b[31m"', b'"\xff\xfe"', b'"' + b"w" * 5_000 + b'"'),
    *(b'"2026-01-05T00:00Z"', b"[]", b"{}", b"[1]", b'["x"]', b"[null]", b"[{}]", b"[[1]]", b'{"a":1}', b'{"1":null}'),
    *(b"[" * depth + b"]" * depth for depth in (50, 150, 900, 5_000)),
    b'{"a":' * 150 + b"1" + b"}" * 150,
]
"""Values as they stand in JSON, of which some file somewhere has one."""

_MARK = "the odd value"


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value in a value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in members:
        yield (*path, key)
        yield from nodes(inside, (*path, key))


def with_odd_value(document: Any, dice: random.Random) -> tuple[bytes, tuple[Any, ...]]:
    """The document as JSON with an odd value, sometimes an odd key, in one place; and the path to it."""
    copied = json.loads(json.dumps(document))
    path = dice.choice(list(nodes(copied)))
    parent = copied
    for key in path[:-1]:
        parent = parent[key]
    if isinstance(parent, dict) and dice.random() < 0.1:
        parent[_MARK] = parent.pop(path[-1])
        odd = dice.choice([text for text in ODD if text.startswith(b'"')])
    else:
        parent[path[-1]] = _MARK
        odd = dice.choice(ODD)
    return compact(copied).replace(compact(_MARK), odd), path


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def snapshots(make: Any) -> dict[str, Any]:
    """Weekly cycles with everything that a cycle may have."""
    risk = {"asked_size": 9.0, "accepted_size": 5.0, "tvl": 100.0, "capped": True, "diagnostics_data": {"cap": 5.0}}
    reason = {"stage": "cap", "code": "c", "before_usd": 9.0, "after_usd": 5.0, "limit": None}
    first = make.signal(1, flags=["closed", "new"], reasons=[reason], position_size_risk=risk, old_pair=make.pair(1))
    second = make.signal(2, other_data={"note": ["a", {"b": 1}]}, beyond={"ours": 1}, position_id=3)
    return {
        str(MONDAY + n * WEEK): make.snapshot(
            {"1": first, "2": second}, {"1": first}, MONDAY + n * WEEK, pipeline=[{"step": "select", "count": 1}], odd=n
        )
        for n in range(CYCLES)
    }


@pytest.fixture(scope="module")
def state(make: Any) -> Any:
    points = [{"calculated_at": MONDAY + n * WEEK, "total_equity": 1_000.0, "free_cash": 1.0} for n in range(CYCLES)]
    trades = make.portfolio(make.trade(1), make.trade(2, pair=make.short(9, make.pair(2))))
    return make.state(
        snapshots(make), stats={"portfolio": points}, portfolio=trades, messages={str(MONDAY): ["all is well"]}
    )


@pytest.fixture(scope="module")
def record(make: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The lines of a record, without their checksums."""
    path = tmp_path_factory.mktemp("record") / "history.jsonl"
    with HistoryRecorder(path, strategy="Momentum") as recorder:
        for n, snapshot in enumerate(snapshots(make).values()):
            trades = [make.trade(n, MONDAY + n * WEEK)]
            recorder.append(snapshot, trades=trades, equity=EquityPoint(1_000.0, 1.0), message="up", prices={1: 2.0})
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    traded = {"timestamp": [MONDAY + 5], "pair_id": [1], "side": ["sell"], "kind": ["stop_loss"], "status": ["failed"]}
    beside = {"timestamp": [MONDAY + 5], "total_equity": [5.0]}, {"timestamp": [MONDAY + 6], "message": ["late"]}
    lines.append({"type": "account", "trades": traded, "equity": beside[0], "messages": beside[1]})
    return [{name: value for name, value in line.items() if name != "crc32"} for line in lines]


def check(history: History) -> None:
    """Every table is what its schema says, and what one says of another is there."""
    known = set(history.pair_ids.tolist())
    for part in (history, history.superseded):
        for name in (field.name for field in fields(Tables)):
            table = getattr(part.tables, name)
            table.validate(full=True)
            assert "pair_id" not in table.column_names or known.issuperset(table["pair_id"].to_pylist())
        assert np.isfinite(part.wide("pair_id")).sum() == part.tables.signals.num_rows


def read(document: bytes, name: str) -> History | None:
    """The history in the document; None where a HistoryError says in one plain sentence that there is none."""
    try:
        history = read_history_bytes(document, name)
    except HistoryError as error:
        told, history = [str(error)], None
    else:
        told = history.tables.problems["message"].to_pylist()
        check(history)
    assert all(message.isprintable() and len(message) <= 2_000 for message in told)
    return history


def test_odd_value_in_a_line_costs_no_other_line(record: list[Any]) -> None:
    for seed in SEEDS:
        dice = random.Random(f"record {seed}")
        place = dice.randrange(len(record))
        odd, path = with_odd_value(record[place], dice)
        lines = [compact(line) for line in record]
        lines[place] = odd
        history = read(b"".join(map(seal, lines)), "history.jsonl")
        if path == ("version",):
            continue  # a later version's file is refused
        others = [line["timestamp"] for n, line in enumerate(record) if line["type"] == "cycle" and n != place]
        assert history is not None, (seed, place, path)
        assert set(others) <= {int(when.timestamp()) for when in history.timestamps}, (seed, place, path)


def test_odd_value_in_a_state_costs_at_most_its_cycle(state: Any) -> None:
    for seed in SEEDS:
        document, path = with_odd_value(state, random.Random(f"state {seed}"))
        history = read(document, "state.json")
        if path[:2] == ("visualisation", "calculations") and len(path) > 2:
            assert history is not None, (seed, path)
            assert len(history) >= CYCLES - 1, (seed, path)


def test_odd_value_in_a_snapshot_is_no_exception(make: Any) -> None:
    snapshot = snapshots(make)[str(MONDAY)]
    for seed in SEEDS:
        document, path = with_odd_value(snapshot, random.Random(f"snapshot {seed}"))
        history = read(document, "snapshot.json")
        assert history is not None or path[0] in ("timestamp", "raw_signals", "signals"), (seed, path)


def test_path_counts_every_value_once() -> None:
    assert sorted(nodes({"a": [1, {"b": 2}]})) == [("a",), ("a", 0), ("a", 1), ("a", 1, "b")]
