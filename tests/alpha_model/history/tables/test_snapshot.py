"""The fast and the patient way to read a snapshot are two ways to the same thing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from alpha_model.history.state.decoder import Decoder
from alpha_model.history.tables.columns import Columns
from alpha_model.history.tables.snapshot import Snapshot, read_snapshot

NUMBERS = st.one_of(st.none(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3), st.just([]), st.just({"a": 1.5}))
PAIRS = st.builds(
    lambda kind, n: {"internal_id": n, "kind": kind, "base": {}}, st.sampled_from(["vault", "\x7f"]), st.integers(1, 9)
)
RISKS = st.fixed_dictionaries(
    {"pair": PAIRS, "asked_size": NUMBERS, "accepted_size": NUMBERS, "capped": st.booleans()},
    optional={
        "tvl": NUMBERS,
        "mid_price": NUMBERS,
        "size_cap_usd": NUMBERS,
        "diagnostics_data": PLAIN,
        "block_number": PLAIN,
    },
)
REASONS = st.fixed_dictionaries(
    {"stage": st.text(max_size=3), "code": st.text(max_size=3)}, optional={"limit": NUMBERS}
)
SIGNALS = st.fixed_dictionaries(
    {"pair": PAIRS, "signal": NUMBERS},
    optional={
        "raw_weight": NUMBERS,
        "old_value": NUMBERS,
        "old_weight": NUMBERS,
        "position_target": NUMBERS,
        "position_id": st.one_of(st.none(), st.integers(0, 2**40)),
        "position_adjust_ignored": st.one_of(st.none(), st.booleans()),
        "carry_forward_position": st.booleans(),
        "old_pair": st.one_of(st.none(), PAIRS),
        "synthetic_pair": st.one_of(st.none(), PAIRS),
        "flags": st.lists(st.sampled_from(["closed", "cannot_redeem", "brand_new", "\x7f"]), unique=True),
        "position_size_risk": st.one_of(st.none(), RISKS),
        "trade_size_risk": st.one_of(st.none(), RISKS),
        "other_data": st.one_of(st.none(), st.dictionaries(st.text(max_size=2), PLAIN, max_size=2)),
        "reasons": st.one_of(st.none(), st.lists(REASONS, max_size=2)),
        "redemption_check_results": st.one_of(st.just([]), st.just([1])),
        "signal_id": st.integers(0, 9),
        "mood": PLAIN,
    },
)
PARTS = st.dictionaries(st.integers(1, 5).map(str), SIGNALS, max_size=4)
SNAPSHOTS = st.fixed_dictionaries(
    {"timestamp": st.integers(0, 2**32), "raw_signals": PARTS, "signals": PARTS},
    optional={"investable_equity": NUMBERS, "pipeline": PLAIN, "regime": PLAIN, "override_stop_loss": st.booleans()},
)


def refuse(kind: str, message: str, path: Sequence[str]) -> None:
    raise AssertionError(kind, message, path)


def table(snapshot: Snapshot) -> pa.Table:
    columns = Columns("signals", left_out=("cycle", "timestamp"))
    columns.extend(snapshot.signals, len(snapshot))
    nothing = pa.array([0] * len(snapshot), pa.int64())
    return columns.table(cycle=nothing, timestamp=nothing.cast(pa.timestamp("us", tz="UTC")))


def plain_pairs(snapshot: Snapshot) -> dict[int, Any]:
    return {
        pair_id: msgspec.json.decode(pair) if isinstance(pair, Raw) else pair
        for pair_id, pair in snapshot.pairs.items()
    }


@given(st.lists(SNAPSHOTS, min_size=1, max_size=3))
def test_fast_and_patient_reading_agree(snapshots: list[dict[str, Any]]) -> None:
    decoder = Decoder()
    for snapshot in snapshots:
        fast = decoder.read(Raw(json.dumps(snapshot).encode()))
        patient = read_snapshot(snapshot, refuse)
        assert fast is not None
        assert table(fast).equals(table(patient))
        assert plain_pairs(fast) == plain_pairs(patient)
        assert list(fast.pairs) == list(patient.pairs)
        for name in ("timestamp", "numbers", "raw_count", "pipeline", "extra"):
            assert getattr(fast, name) == getattr(patient, name)


def test_decoder_learns_the_fields_of_a_file_once(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make_decoder = Decoder._made
    monkeypatch.setattr(Decoder, "_made", lambda self: made.append(1) or make_decoder(self))
    decoder = Decoder()
    for _ in range(3):
        raw = Raw(json.dumps(make.snapshot({"1": make.signal(1, mood="calm")}, regime=1)).encode())
        assert decoder.read(raw) is not None
    assert len(made) == 2


def test_decoder_does_not_learn_without_end(make: Any) -> None:
    signal = make.signal(1, **{f"field_{n}": n for n in range(101)})
    assert Decoder().read(Raw(json.dumps(make.snapshot({"1": signal})).encode())) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[]",
        b"7",
        b'{"note": 1}',
        b'{"raw_signals": 5}',
        b'{"raw_signals": {"null": {}}}',
        b'{"signals": {"1": {"signal": "1"}}}',
    ],
)
def test_decoder_leaves_the_rest_to_the_patient_way(raw: bytes) -> None:
    assert Decoder().read(Raw(raw)) is None
