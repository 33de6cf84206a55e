"""A cycle as JSON: the same layout as the reference framework's, and back without loss."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from builders import MONDAY, make_manager, make_model, make_pair
from dataclasses_json import DataClassJsonMixin
from hypothesis import given
from hypothesis import strategies as st

from alpha_model import (
    AlphaModel,
    AssetIdentifier,
    FixedSizeRiskModel,
    HistoryError,
    PaperBroker,
    Portfolio,
    PositionManager,
    StaticPricing,
    TradingPairIdentifier,
    TradingPairKind,
    TradingPairSignalFlags,
)
from alpha_model.values.errors import ArgumentError
from alpha_model.values.reason import Reason
from alpha_model.values.serialisation import from_unix, to_unix


def decided_model() -> AlphaModel:
    """A cycle with everything in it: a cap, a close, a skipped adjust, a name of a stranger."""
    manager = make_manager({1: 10.0, 2: 20.0, 3: 5.0}, cash=300, held={1: 50, 3: 40}, fee=0.001)
    model = make_model({1: 1.0, 2: 3.0})
    model.normalise_weights(
        max_weight=0.9,
        investable_equity=1000,
        size_risk_model=FixedSizeRiskModel(StaticPricing({}), per_position_cap=600),
    )
    model.update_old_weights(manager.portfolio)
    model.calculate_target_positions(manager)
    model.generate_rebalance_trades_and_triggers(manager, individual_rebalance_min_threshold=120)
    model.signals[2].other_data = {"note": "=cmd|' /C calc'!A0 <img onerror> 🙂"}
    return model


def test_json_of_a_cycle_is_as_it_was(golden) -> None:
    golden("alpha_model.json", json.dumps(decided_model().to_dict(encode_json=True), indent=1) + "\n")


def test_json_round_trip_is_the_identity() -> None:
    model = decided_model()
    assert AlphaModel.from_json(model.to_json()) == model
    assert AlphaModel.from_dict(model.to_dict()) == model


def test_reading_shares_what_raw_and_selected_have_in_common() -> None:
    model = AlphaModel.from_json(decided_model().to_json())
    assert model.signals[2] is model.raw_signals[2]
    assert 3 in model.signals
    assert 3 not in model.raw_signals


def test_result_is_that_of_the_generic_functions() -> None:
    model = decided_model()
    generic = DataClassJsonMixin.to_dict(model)
    assert model.to_dict() == generic
    assert json.loads(model.to_json()) == json.loads(DataClassJsonMixin.to_json(model))
    assert DataClassJsonMixin.from_dict.__func__(AlphaModel, generic) == model  # type: ignore[attr-defined]


def test_schema_loads_dumps_and_validates() -> None:
    model, schema = decided_model(), AlphaModel.schema()
    model.extra = {"venue": "somewhere"}
    assert schema.dump(model) == model.to_dict()
    assert schema.loads(schema.dumps(model)) == model
    assert schema.load([model.to_dict()], many=True) == [model]
    assert {"raw_signals", "signals", "investable_equity"} <= set(schema.fields)
    assert set(Reason.schema().validate({"limit": 3})) == {"stage", "code"}
    assert Reason.schema(infer_missing=True).load({"limit": 3}).limit == 3


def test_strangers_fields_flags_and_kinds_survive() -> None:
    written = decided_model().to_dict()
    written["venue"] = {"name": "somewhere"}
    written["signals"]["2"] = written["signals"].pop(2)
    signal = written["signals"]["2"]
    signal["flags"] = ["capped_by_moonlight", "closed"]
    signal["conviction"] = 11
    signal["pair"]["kind"] = "perpetual_future"
    signal["pair"]["base"]["logo"] = "x.png"
    model = AlphaModel.from_dict(json.loads(json.dumps(written)))
    read = model.signals[2]
    assert read.flags == {"capped_by_moonlight", TradingPairSignalFlags.closed}
    assert (read.extra, read.pair.kind, read.pair.base.extra) == (
        {"conviction": 11},
        "perpetual_future",
        {"logo": "x.png"},
    )
    assert json.loads(json.dumps(model.to_dict()))["signals"]["2"] == json.loads(json.dumps(signal))
    assert model.to_dict()["venue"] == {"name": "somewhere"}


def test_missing_keys_of_old_files_take_their_defaults() -> None:
    pair = make_pair(1).to_dict()
    model = AlphaModel.from_dict({"signals": {"1": {"pair": pair, "signal": 1}}})
    assert model.signals[1].flags == set()
    assert model.signals[1].position_target is None
    assert model.close_position_weight_epsilon == 0.005


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"signals": {"1": {"signal": 1}}}, "needs 'pair'"),
        ([], "expected a dictionary"),
        ({"signals": {"1": 5}}, "got 5"),
    ],
)
def test_what_is_no_model_says_so(value, says) -> None:
    with pytest.raises(HistoryError, match=says):
        AlphaModel.from_dict(value)


def test_missing_field_can_be_inferred() -> None:
    assert Reason.from_dict({}, infer_missing=True).stage is None


def test_short_keeps_its_spot_pair() -> None:
    short = make_manager({1: 10}).get_shorting_pair(make_pair(1, symbol="AAVE"))
    read = TradingPairIdentifier.from_json(short.to_json())
    assert read == short
    assert (read.kind, read.get_ticker()) == (TradingPairKind.lending_protocol_short, "vAAVE-aUSDC")
    assert read.get_pricing_pair().get_ticker() == "AAVE-USDC"


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))
def test_times_survive_to_the_microsecond(when) -> None:
    assert from_unix(to_unix(when)) == when


def test_whole_seconds_are_integers() -> None:
    assert to_unix(MONDAY) == 1767571200
    assert isinstance(to_unix(MONDAY), int)
    assert to_unix(MONDAY + timedelta(milliseconds=500)) == 1767571200.5


@pytest.mark.parametrize("text", ["2026-01-05", "2026-01-05T00:00:00Z", "2026-01-05T02:00:00+02:00"])
def test_iso_times_are_read(text) -> None:
    assert from_unix(text) == MONDAY
    assert from_unix(datetime(2026, 1, 5, tzinfo=UTC)) == MONDAY


@pytest.mark.parametrize("value", ["yesterday", 1e300, float("nan"), [1]])
def test_what_is_no_time_says_so(value) -> None:
    with pytest.raises(HistoryError, match="expected a time"):
        from_unix(value)


def test_asset_reads_as_its_symbol() -> None:
    assert str(AssetIdentifier(1, "0x1", "WETH")) == "WETH"


@pytest.mark.parametrize("pair_id", [np.int64(7), np.uint32(7), np.float64(7), 7.0])
def test_numbers_of_numpy_are_written_as_pythons_own(pair_id) -> None:
    base = AssetIdentifier(
        np.int64(1), "0x1", "A", np.int32(18), other_data={np.int64(3): [np.bool_(1), np.float32(2)]}
    )
    pair = replace(make_pair(1), base=base, internal_id=pair_id)
    model = AlphaModel(MONDAY)
    model.set_signal(pair, np.float32(0.5), stop_loss=np.float64(0.98))
    text = model.to_json()
    assert list(json.loads(text)["raw_signals"]) == ["7"]
    assert '"other_data": {"3": [true, 2.0]}' in text
    read = AlphaModel.from_json(text).raw_signals[7]
    assert (read.pair.internal_id, read.signal, read.stop_loss) == (7, 0.5, 0.98)


@pytest.mark.parametrize("when", [pd.Timestamp(MONDAY), pd.Timestamp(MONDAY, tz="UTC").tz_convert("Asia/Tokyo")])
def test_pandas_timestamp_is_a_datetime_wherever_it_enters(when) -> None:
    manager = make_manager({1: 10.0})
    held = manager.portfolio.add_position(make_pair(2), Decimal(1), 1.0, 1.0, when)
    trade = PositionManager(when, manager.portfolio, manager.pricing_model).open_spot(make_pair(1), 5.0)
    PaperBroker(manager.portfolio).execute([trade], when)
    reserve = Portfolio.create(make_pair(1).quote, Decimal(1), when).reserve
    times = [AlphaModel(when).timestamp, held.opened_at, trade.opened_at, trade.executed_at, reserve.last_sync_at]
    assert times == [MONDAY] * 5
    assert {type(time) for time in times} == {datetime}


def test_no_moment_of_pandas_says_so() -> None:
    with pytest.raises(ArgumentError, match="expected a time, got NaT"):
        AlphaModel(pd.NaT)
