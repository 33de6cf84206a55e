"""What is known of state files as they occur, fact by fact, where no other test would notice that it is read wrongly.

The facts about real files are asked of those files, which lie outside the repository; without them they are skipped.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alpha_model.history import History, HistoryRecorder, read_history
from alpha_model.history.record.transfer import write_record
from alpha_model.history.tables.schema import SCHEMAS
from alpha_model.values.errors import NoHistoryError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400


def cycles(make: Any, *snapshots: Any) -> Any:
    """A state of weekly cycles."""
    return make.state(
        {
            str(MONDAY + week * WEEK): {**snapshot, "timestamp": MONDAY + week * WEEK}
            for week, snapshot in enumerate(snapshots)
        }
    )


def same_tables(one: History, other: History, *but: str) -> bool:
    """Do two histories say the same, columns that are named left aside?"""
    for name in SCHEMAS:
        tables = [getattr(history.tables, name) for history in (one, other)]
        kept = [column for column in tables[0].column_names if column not in but]
        if not tables[0].select(kept).equals(tables[1].select(kept)):
            return False
    return True


@pytest.mark.parametrize(
    "notes",
    [
        {"signals": {"rsi": 0.3}, "note": "free"},
        {"signals": {"1": {"value": 3.0}}, "raw_signals": {"1": {"value": 3.0}}},
        {"signals": ["up", "down"]},
        {"signals": [{"rsi": 0.3}]},
        {"raw_signals": {"rsi": None}},
        {"cycle": 2, "redeemable_capital": 10.0, "blocked_redemptions": [{"stage": "sell_rebalance"}]},
    ],
)
def test_free_dictionary_is_no_empty_cycle_whatever_its_keys_are_called(make: Any, notes: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()}), str(MONDAY + WEEK): notes}))
    assert history.cycles["raw_count"].tolist() == [1]
    assert history.problems[["kind", "cycle_key"]].to_numpy().tolist() == [["skipped", str(MONDAY + WEEK)]]


def test_every_entry_that_was_skipped_is_counted(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.history.tables.problems.MOST_OF_A_KIND", 20)
    notes = {str(number): {"note": number} for number in range(30)}
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()}), **notes}))
    told = history.problems[history.problems["kind"] == "skipped"]
    assert told["cycle_key"].notna().sum() == 20
    assert told["message"].iloc[-1] == "and 10 more of the same kind"


@pytest.mark.parametrize("other", [[1], "text", 7, None, True, {"signals": {}}, {"alpha_model": {"signals": {}}}])
def test_whatever_lies_beside_the_last_model_is_left_alone(make: Any, other: Any) -> None:
    model = make.snapshot({"1": make.signal()})
    history = make.read(make.state({}, discardable_data={"before": other, "alpha_model": model, "other": other}))
    assert history.cycles["raw_count"].tolist() == [1]
    assert len(history.problems) == 0


@pytest.mark.parametrize("data", [[1], "text", 7, None, {}, {"alpha_model": None}, {"alpha_model": [1]}])
def test_calculations_are_read_whatever_the_discardable_data_is(make: Any, data: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()})}, discardable_data=data))
    assert history.cycles["source"].tolist() == ["calculations"]


def test_last_model_keeps_the_report_of_its_cycle(make: Any) -> None:
    data = {"alpha_model": make.snapshot({"1": make.signal()})}
    history = make.read(make.state({}, discardable_data=data, messages={str(MONDAY): ["Cycle: #1", "👍 done"]}))
    assert history.cycles["message"].tolist() == ["Cycle: #1\n👍 done"]


def full_state(make: Any) -> Any:
    """Two cycles with something at every level that a file has."""
    pair = make.pair()
    risk = {"pair": pair, "asked_size": 100.0, "accepted_size": 60.0, "capped": True, "tvl": 1.0, "mid_price": 2.0}
    beside = {"old_pair": pair, "synthetic_pair": pair, "position_size_risk": risk, "trade_size_risk": risk}
    signal = make.signal(1, flags=["closed"], **beside)
    state = cycles(make, *(make.snapshot({"1": signal, "2": make.signal(2)}, {"1": signal}) for _ in range(2)))
    state["visualisation"]["messages"] = {str(MONDAY): ["hello"]}
    state["portfolio"] = make.portfolio(make.trade())
    state["stats"] = {"portfolio": [{"calculated_at": MONDAY, "total_equity": 1.0, "free_cash": 1.0}]}
    return state | {"name": "Momentum", "last_updated_at": MONDAY}


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every object of a document, with the way to it."""
    if isinstance(value, dict):
        yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from objects(each, (*path, name))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        document = document[name]
    return document


def test_key_may_be_missing_at_any_level(make: Any) -> None:
    document = full_state(make)
    assert len(make.read(document)) == 2
    for path, found in objects(document):
        for name in found:
            without = copy.deepcopy(document)
            del at(without, path)[name]
            where = (*path, name)
            if where in {("visualisation",), ("visualisation", "calculations")}:
                with pytest.raises(NoHistoryError):
                    make.read(without)
                continue
            history = make.read(without)
            gone = path == ("visualisation", "calculations")
            assert len(history) == 2 - gone, where
            assert history.problems["kind"].isin(["skipped", "odd"]).all(), where
            if path == ():
                assert history.cycles["selected_count"].tolist() == [1, 1], where


def test_unknown_field_changes_nothing_at_any_level(make: Any) -> None:
    document = full_state(make)
    plain = make.read(document)
    named = {
        ("visualisation", "calculations"),
        ("visualisation", "messages"),
        ("portfolio", "open_positions"),
        ("portfolio", "open_positions", "1", "trades"),
    }
    for path, _ in objects(document):
        if path in named or path[-1:] in {("raw_signals",), ("signals",)}:
            continue  # their keys are no names of fields
        with_more = copy.deepcopy(document)
        at(with_more, path)["brand_new"] = {"x": [1, None], "pair": 5}
        history = make.read(with_more)
        assert same_tables(history, plain, "extra", "other_data", "identity"), path
        assert len(history.problems) == 0, path


def test_whole_numbers_are_the_same_as_fractions(make: Any) -> None:
    names = ("raw_weight", "normalised_weight", "old_weight", "old_value", "position_target", "position_adjust_usd")
    wholes = make.signal(1, 1, **dict.fromkeys(names, 0), profit_before_trades=0)
    fractions = make.signal(1, 1.0, **dict.fromkeys(names, 0.0), profit_before_trades=0.0)
    one, other = (make.read(cycles(make, make.snapshot({"1": signal}))) for signal in (wholes, fractions))
    assert same_tables(one, other)
    assert one.signals.loc[0, list(names)].tolist() == [0.0] * 6


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, "0"])
def test_signal_of_zero_is_there_and_not_selected(make: Any, zero: Any) -> None:
    row = make.read(cycles(make, make.snapshot({"1": make.signal(1, zero)}))).signals.loc[0]
    assert (row["signal"], row["signal_in_selection"], row["selected"]) == (0.0, 0.0, False)


def test_null_is_absent_and_never_zero(make: Any) -> None:
    names = ("signal", "raw_weight", "old_value", "position_target", "position_adjust_usd", "profit_before_trades")
    row = make.read(cycles(make, make.snapshot({"1": make.signal(1) | dict.fromkeys(names)}))).signals.loc[0]
    assert row[list(names)].isna().all()
    assert not row["selected"]
    assert row["normalised_weight"] == 0.5


@pytest.mark.parametrize("text", ["0.1", "1E+2", "123456789012345678.123456789", "-0"])
def test_decimal_written_as_text_is_its_number(make: Any, text: str) -> None:
    state = cycles(make, make.snapshot({"1": make.signal(1, old_value=text)}))
    trade = make.trade(planned_quantity=text, executed_quantity=text)
    history = make.read({**state, "portfolio": make.portfolio(trade)})
    assert history.signals.loc[0, "old_value"] == float(text)
    assert history.trades.loc[0, ["planned_quantity", "executed_quantity"]].tolist() == [float(text)] * 2
    assert len(history.problems) == 0


FLAGS = ["closed", "brand_new", "capped_by_pool_size", "another_new"]


def test_sets_are_the_same_in_any_order(make: Any) -> None:
    one, other = (
        make.read(cycles(make, make.snapshot({"1": make.signal(1, flags=flags)}))) for flags in (FLAGS, FLAGS[::-1])
    )
    assert same_tables(one, other)
    assert set(one.flags["flag"]) == set(FLAGS)


def test_last_cycle_whose_sets_are_in_another_order_is_no_revision(make: Any) -> None:
    first, again = (
        make.snapshot({"1": make.signal(1, pair=make.pair(other_data={"flags": flags}), flags=flags)})
        for flags in (FLAGS, FLAGS[::-1])
    )
    history = make.read(make.state({str(MONDAY): first}, discardable_data={"alpha_model": again}))
    assert history.cycles[["revision", "source"]].to_numpy().tolist() == [[0, "calculations"]]
    assert len(history.superseded) == 0


def test_recorder_takes_sets_in_another_order_for_the_same_cycle(make: Any, tmp_path: Path) -> None:
    with HistoryRecorder(tmp_path / "history.jsonl") as recorder:
        told = [
            recorder.append(make.snapshot({"1": make.signal(1, flags=flags)})).is_new for flags in (FLAGS, FLAGS[::-1])
        ]
    assert told == [True, False]


NAMES = ["[ Systemic 🚀 ]", "69 Jump St", 'a, "b" & <c>\'s | d:e', "  ", "名前", "\u202eabc"]


@pytest.mark.parametrize("name", NAMES)
def test_vault_keeps_its_name_through_a_record(make: Any, tmp_path: Path, name: str) -> None:
    vault = make.pair(275_397_120, name, kind="vault", exchange_address=None, other_data={"vault_name": name})
    vault["base"] |= {"chain_id": 9999, "internal_id": None}
    history = make.read(cycles(make, make.snapshot({"275397120": make.signal(1, pair=vault)})))
    write_record(history, tmp_path / "history.jsonl")
    for found in (history, read_history(tmp_path / "history.jsonl")):
        assert found.pairs.loc[0, ["pair_id", "base", "chain_id"]].tolist() == [275_397_120, name, 9999]
        assert json.loads(found.pairs.loc[0, "identity"])["other_data"] == {"vault_name": name}


def test_pool_is_one_pair_whatever_its_exchange_id_is(make: Any) -> None:
    """Also in what was held, in trades, and without an id of its own."""
    for pair_id in (275_397_120, None):
        first, second = (make.pair(pair_id, kind="vault", internal_exchange_id=number) for number in (5, 282_741_719))
        key = str(pair_id or "null")
        state = cycles(
            make,
            make.snapshot({key: make.signal(pair_id, pair=first)}),
            make.snapshot({key: make.signal(pair_id, pair=second, old_pair=first, old_value=5.0)}),
        )
        history = make.read({**state, "portfolio": make.portfolio(make.trade(pair=second))})
        assert len(history.pairs) == 1
        assert set(history.signals["pair_id"]) == set(history.pairs["pair_id"])
        assert history.trades["pair_id"].tolist() == history.pairs["pair_id"].tolist()


def test_short_that_is_held_is_filed_under_its_spot_pair(make: Any) -> None:
    spot = make.pair(2, "AAVE")
    short = make.short(3, spot)
    flip = make.signal(2, 1.0, pair=spot, old_pair=short, synthetic_pair=spot, old_value=50.0)
    history = make.read(cycles(make, make.snapshot({"2": flip})))
    row = history.signals.loc[0]
    assert row[["pair_id", "old_kind", "synthetic_kind"]].tolist() == [2, "lending_protocol_short", "spot_market_hold"]
    assert history.pairs[["pair_id", "ticker", "kind"]].to_numpy().tolist() == [[2, "AAVE-USDC", "spot_market_hold"]]


def test_signal_ids_link_nothing(make: Any) -> None:
    state = cycles(
        make,
        make.snapshot({"1": make.signal(1, 1.0, signal_id=1), "2": make.signal(2, 2.0, signal_id=2)}),
        make.snapshot({"1": make.signal(1, 3.0, signal_id=2), "2": make.signal(2, 4.0, signal_id=2)}),
    )
    history = make.read(state)
    assert history.wide("signal").tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert history.signals["extra"].isna().all()


def test_pair_that_is_repeated_in_every_signal_is_kept_once(make: Any, tmp_path: Path) -> None:
    pair = make.pair(1, info_url="https://example.org/once")
    risk = {"pair": pair, "path": [pair], "asked_size": 1.0}
    beside = {"old_pair": pair, "synthetic_pair": pair, "position_size_risk": risk, "trade_size_risk": risk}
    snapshots = [make.snapshot({"1": make.signal(1, float(number), pair=pair, **beside)}) for number in range(1, 5)]
    history = make.read(cycles(make, *snapshots))
    write_record(history, tmp_path / "history.jsonl")
    assert (tmp_path / "history.jsonl").read_text().count("example.org/once") == 1
    assert not history.signals["extra"].str.contains("example.org", na=False).any()
    assert len(history.pairs) == 1


def test_trade_has_what_was_planned_and_what_was_done(make: Any) -> None:
    done = make.trade(1, executed_at=MONDAY + 60, planned_quantity="2", executed_quantity="1.9")
    waiting = make.trade(2, executed_at=None, executed_quantity=None, executed_price=None, lp_fees_paid=None)
    state = cycles(make, make.snapshot({"1": make.signal()}))
    trades = make.read({**state, "portfolio": make.portfolio(done, waiting)}).trades
    names = ["planned_quantity", "executed_quantity", "planned_price", "executed_price", "fees"]
    assert trades.loc[0, names].tolist() == [2.0, 1.9, 50.0, 51.0, 0.3]
    assert trades.loc[1, ["executed_quantity", "executed_price", "fees"]].isna().all()
    assert trades["status"].tolist() == ["executed", "planned"]


def test_cycle_that_was_written_before_its_trades_is_superseded(make: Any, tmp_path: Path) -> None:
    """In a record, where trades stand beside their cycle."""
    names = ("position_target", "position_adjust_usd", "position_adjust_quantity")
    before = make.snapshot({"1": make.signal() | dict.fromkeys(names)}, investable_equity=None)
    with HistoryRecorder(tmp_path / "history.jsonl") as recorder:
        recorder.append(before)
        recorder.append(make.snapshot({"1": make.signal()}), trades=[make.trade()])
    history = read_history(tmp_path / "history.jsonl")
    assert history.cycles[["revision", "investable_equity", "trade_count"]].to_numpy().tolist() == [[1, 1_000.0, 1]]
    assert history.signals["position_target"].tolist() == [100.0]
    assert history.superseded.cycles["investable_equity"].isna().tolist() == [True]


def real(states: Path, name: str) -> History:
    return read_history(states / name)


def test_enzyme_state_is_in_the_old_format(states: Path) -> None:
    history = real(states, "live/enzyme-polygon-matic-eth-usdc.json")
    assert len(history) == 12
    assert set(history.timestamps.diff().dropna()) == {pd.Timedelta(hours=8)}
    assert set(history.timestamps.year) == {2024}
    assert set(history.pairs["chain_id"]) == {137}
    assert history.flags.empty
    assert history.signals[["asked", "accepted", "capped", "tvl"]].isna().to_numpy().all()
    thresholds = ["max_position_adjust_usd", "position_adjust_threshold_usd", "accepted_investable_equity"]
    assert history.cycles[thresholds].isna().to_numpy().all()
    assert history.tables.problems.num_rows == 0


def test_vault_state_has_its_last_cycle_only(states: Path) -> None:
    path = states / "live/hyperai-cleanup.json"
    history = read_history(path)
    assert history.cycles[["source", "raw_count"]].to_numpy().tolist() == [["discardable_data.alpha_model", 99]]
    assert history.signals["signal_in_selection"].notna().sum() == 21  # one of them is 0: held, to be closed
    assert history.cycles.loc[0, "selected_count"] == 20
    assert set(history.pairs["chain_id"]) == {9999}
    assert set(history.pairs["kind"]) == {"vault"}
    names = {pair["base"]["token_symbol"] for pair in map(json.loads, history.pairs["identity"])}
    assert set(history.pairs["base"]) == names
    assert any(not name.isascii() for name in names)
    assert history.pairs["pair_id"].between(10**8, 10**9).all()


def test_long_short_file_flips_34_times(states: Path) -> None:
    history = real(states, "long_short_105_cycles.json.gz")
    assert (len(history), sorted(history.pairs["base"])) == (105, ["AAVE", "WETH"])
    assert set(history.timestamps.diff().dropna()) == {pd.Timedelta(days=7)}
    sides = np.sign(history.wide("signal_in_selection"))
    assert int((sides[1:] * sides[:-1] == -1).sum()) == 34


def test_equal_weight_file_has_its_settings(states: Path) -> None:
    history = real(states, "equal_weight_156_cycles.json.gz")
    assert (len(history), len(history.pairs)) == (156, 20)
    assert set(history.timestamps.diff().dropna()) == {pd.Timedelta(days=7)}
    assert (history.timestamps[0].year, history.timestamps[-1].year) == (2010, 2012)
    assert history.cycles["selected_count"].max() == 5
    assert history.signals["normalised_weight"].max() == 0.25
    assert set(history.cycles["position_adjust_threshold_usd"]) == {600.0}
    small = history.flags[history.flags["flag"] == "individual_trade_size_too_small"]
    rows = history.signals.merge(small, on=["cycle", "pair_id"])
    assert rows["position_adjust_usd"].abs().max() < 200
    assert history.signals[["asked", "accepted"]].isna().to_numpy().all()


def test_mixed_file_has_a_cycle_from_before_its_trades(states: Path) -> None:
    history = real(states, "odd_mixed_calculations.json")
    early = history.cycle(1)
    assert early.cycles[["investable_equity", "max_position_adjust_usd"]].isna().to_numpy().all()
    assert early.signals["position_target"].isna().all()
    assert early.signals["position_adjust_usd"].tolist() == [0.0]
    assert early.cycles["raw_count"].tolist() == [1]
    known = [json.loads(extra) for extra in history.signals["extra"].dropna()]
    assert [list(extra) for extra in known] == [["redemption_check_results"]]
    assert history.flags["flag"].tolist().count("cannot_redeem") == 1
