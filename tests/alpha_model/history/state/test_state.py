"""A state file of the reference framework, with everything that may be odd about it."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from alpha_model.values.errors import HistoryError, NoHistoryError
from alpha_model.values.pair import surrogate_pair_id

MONDAY = 1_767_571_200
WEEK = 7 * 86_400
FIRST = pd.Timestamp("2026-01-05T00:00Z")
SECOND = pd.Timestamp("2026-01-12T00:00Z")


def told(history: Any) -> list[str]:
    """The messages of the problems."""
    return list(history.problems["message"])


def test_cycles_are_read_with_their_numbers(make: Any) -> None:
    raw = {"1": make.signal(1, 2.0), "2": make.signal(2, 0.5)}
    history = make.read(make.state({str(MONDAY): make.snapshot(raw, {"1": raw["1"]})}, name="Momentum"))
    cycle = history.cycles.loc[0]
    assert cycle["timestamp"] == FIRST
    assert (cycle["raw_count"], cycle["selected_count"], cycle["held_count"]) == (2, 1, 0)
    assert cycle["investable_equity"] == 1_000
    assert pd.isna(cycle["accepted_investable_equity"])
    assert (cycle["source"], cycle["source_key"], cycle["revision"]) == ("calculations", str(MONDAY), 0)
    assert history.source.strategy == "Momentum"
    assert history.source.kind == "reference state"
    assert not told(history)


@pytest.mark.parametrize(
    "stamp", [MONDAY, float(MONDAY), None, "2026-01-05T00:00:00", "2026-01-05T02:00+02:00", "absent"]
)
def test_time_of_a_cycle_is_the_models_or_the_keys(make: Any, stamp: Any) -> None:
    snapshot = make.snapshot({"1": make.signal()}, timestamp=stamp)
    if stamp == "absent":
        del snapshot["timestamp"]
    history = make.read(make.state({str(MONDAY): snapshot}))
    assert list(history.timestamps) == [FIRST]
    assert not told(history)


def test_time_that_disagrees_with_the_key_is_the_models_and_a_problem(make: Any) -> None:
    history = make.read(make.state({str(MONDAY + WEEK): make.snapshot({}, timestamp=MONDAY)}))
    assert list(history.timestamps) == [FIRST]
    assert told(history) == ["the key says 2026-01-12T00:00Z, the model says 2026-01-05T00:00Z; took the model's time"]


def test_time_that_cannot_be_read_leaves_the_keys(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()}, timestamp="soon")}))
    assert list(history.timestamps) == [FIRST]
    assert told(history) == ["expected a time, UNIX seconds or ISO 8601, got 'soon'; left out"]


def test_cycle_without_any_time_is_skipped_and_shown(make: Any) -> None:
    calculations = {"soon": make.snapshot({}, timestamp=None), str(MONDAY): make.snapshot({})}
    history = make.read(make.state(calculations))
    assert len(history) == 1
    assert history.problems.loc[0, ["kind", "cycle_key"]].tolist() == ["skipped", "soon"]


@pytest.mark.parametrize("entry", [{"note": "free"}, {}, [1], 7, None, "text", {"signals": 5}, {"raw_signals": None}])
def test_entry_that_is_no_alpha_model_is_skipped_and_shown(make: Any, entry: Any) -> None:
    history = make.read(make.state({"1": entry, str(MONDAY): make.snapshot({"1": make.signal()})}))
    assert len(history) == 1
    assert history.problems[["kind", "cycle_key"]].to_numpy().tolist() == [["skipped", "1"]]


def test_cycle_without_signals_is_a_cycle(make: Any) -> None:
    history = make.read(
        make.state(
            {
                str(MONDAY): make.snapshot({}),
                str(MONDAY + WEEK): make.snapshot({"1": make.signal()}, timestamp=MONDAY + WEEK),
            }
        )
    )
    assert history.cycles["raw_count"].tolist() == [0, 1]
    assert history.cycle(0).signals.empty


def test_old_file_without_newer_fields_has_false_and_null(make: Any) -> None:
    signal = {"pair": make.pair(), "signal": 1.0}
    history = make.read(make.state({str(MONDAY): {"raw_signals": {"1": signal}, "signals": {"1": signal}}}))
    row = history.signals.loc[0]
    assert (row["ignored"], row["carry_forward"], row["flag_bits"]) == (False, False, 0)
    assert row[["raw_weight", "old_value", "position_target", "asked", "capped", "position_id"]].isna().all()
    assert row["other_data"] == "{}"
    assert history.cycles.loc[0, "investable_equity":"close_position_weight_epsilon"].isna().all()
    assert not told(history)


def test_snapshot_with_only_one_of_the_two_parts_is_read(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): {"signals": {"1": make.signal()}}}))
    assert history.cycles.loc[0, ["raw_count", "selected_count"]].tolist() == [0, 1]


def test_twins_take_the_raw_signal_and_the_rest_of_the_selection(make: Any) -> None:
    held = make.signal(1, 0.0, old_value=50.0, old_weight=1.0, flags=["closed"], old_pair=make.pair())
    history = make.read(
        make.state(
            {
                str(MONDAY): make.snapshot(
                    {"1": make.signal(1, 0.7, raw_weight=9.0)}, {"1": held, "2": make.signal(2, 0.0)}
                )
            }
        )
    )
    first, closing = history.signals.loc[0], history.signals.loc[1]
    assert (first["signal"], first["signal_in_selection"], first["selected"]) == (0.7, 0.0, False)
    assert (first["raw_weight"], first["old_value"], first["old_kind"]) == (1.0, 50.0, "spot_market_hold")
    assert history.flags["flag"].tolist() == ["closed"]
    assert (closing["pair_id"], closing["signal"], closing["signal_in_selection"]) == (2, 0.0, 0.0)
    assert history.cycles.loc[0, ["raw_count", "selected_count", "held_count"]].tolist() == [1, 0, 1]


def test_pair_that_is_not_selected_has_no_signal_in_the_selection(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal(1, 0.7)}, {})}))
    row = history.signals.loc[0]
    assert (row["signal"], row["selected"]) == (0.7, False)
    assert pd.isna(row["signal_in_selection"])


def test_numbers_as_text_are_numbers(make: Any) -> None:
    signal = make.signal(1, "12.5", position_id="3", position_target="100", position_adjust_ignored=1)
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": signal}, investable_equity="2e3")}))
    row = history.signals.loc[0]
    assert (row["signal"], row["position_id"], row["position_target"], row["ignored"]) == (12.5, 3, 100.0, True)
    assert history.cycles.loc[0, "investable_equity"] == 2_000
    assert not told(history)


@pytest.mark.parametrize(
    ("value", "kind"), [("NaN", "patched"), ("inf", "patched"), ("abc", "odd"), ([1], "odd"), (True, "odd")]
)
def test_number_that_is_none_becomes_null_and_a_problem(make: Any, value: Any, kind: str) -> None:
    document = json.dumps(make.state({str(MONDAY): make.snapshot({"1": make.signal(1, raw_weight=value)})}))
    history = make.read(document)
    assert pd.isna(history.signals.loc[0, "raw_weight"])
    assert history.signals.loc[0, "normalised_weight"] == 0.5
    problem = history.problems.iloc[0]
    assert problem[["kind", "cycle_key", "pair", "field"]].tolist() == [kind, str(MONDAY), "1", "raw_weight"]
    assert document[problem["position"] :].startswith(json.dumps(value))


def test_bare_nan_and_infinity_are_null_and_reported_in_their_place(make: Any) -> None:
    signal = make.signal(
        1, raw_weight=float("nan"), old_value=float("-inf"), other_data={"note": "NaN: {", "x": float("inf")}
    )
    document = json.dumps(make.state({str(MONDAY): make.snapshot({"1": signal}, {}, investable_equity=float("nan"))}))
    history = make.read(document)
    assert history.signals.loc[0, ["raw_weight", "old_value"]].isna().all()
    assert pd.isna(history.cycles.loc[0, "investable_equity"])
    assert json.loads(history.signals.loc[0, "other_data"]) == {"note": "NaN: {", "x": "Infinity"}
    found = history.problems.dropna(subset=["field"])
    assert found[["cycle_key", "pair", "field"]].fillna("").to_numpy().tolist() == [
        [str(MONDAY), "1", "raw_weight"],
        [str(MONDAY), "1", "old_value"],
        [str(MONDAY), "", "investable_equity"],
    ]
    assert [document[place] for place in found["position"]] == ["N", "-", "N"]
    assert told(history)[0] == "4 bare NaN or Infinity, which JSON does not have, read as absent"


def test_unknown_fields_flags_and_kinds_survive(make: Any) -> None:
    pair = make.pair(kind="moon_farm", colour="red")
    signal = make.signal(1, pair=pair, old_pair=pair, mood="calm", flags=["closed", "brand_new"])
    snapshot = make.snapshot({"1": signal}, regime={"name": "bull"})
    plain = make.snapshot({"1": make.signal()}, timestamp=MONDAY + WEEK)
    history = make.read(make.state({str(MONDAY): snapshot, str(MONDAY + WEEK): plain}))
    assert history.tables.cycles["extra"].to_pylist() == ['{"regime":{"name":"bull"}}', None]
    assert history.tables.signals["extra"].to_pylist() == ['{"mood":"calm"}', None]
    assert history.signals.loc[0, "old_kind"] == "moon_farm"
    assert history.signals.loc[0, "other_flags"] == ["brand_new"]
    assert history.flags["flag"].tolist() == ["closed", "brand_new"]
    assert not told(history)


def test_fields_that_say_nothing_are_not_kept(make: Any) -> None:
    signal = make.signal(1, redemption_check_results=[], trade_size_risk=None)
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": signal}, override_stop_loss=False)}))
    assert history.signals["extra"].isna().all()
    assert history.cycles["extra"].isna().all()


def test_size_risk_is_taken_apart(make: Any) -> None:
    risk = {
        "timestamp": MONDAY,
        "pair": make.pair(),
        "path": [make.pair()],
        "sizing_type": "hold",
        "asked_size": 100.0,
        "accepted_size": 60.0,
        "capped": True,
        "tvl": 1_200.0,
        "mid_price": 50.0,
        "diagnostics_data": {"cap_pct": 0.05},
    }
    signal = make.signal(1, position_size_risk=risk, trade_size_risk={**risk, "asked_size": 70.0})
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": signal, "2": make.signal(2)})}))
    row = history.signals.loc[0]
    assert row[["asked", "accepted", "tvl", "price"]].tolist() == [100.0, 60.0, 1_200.0, 50.0]
    assert row["capped"]
    extra = json.loads(row["extra"])
    assert extra["position_size_risk"] == {"diagnostics_data": {"cap_pct": 0.05}}
    assert extra["trade_size_risk"]["asked_size"] == 70.0
    assert "pair" not in extra["trade_size_risk"]
    assert history.signals.loc[1, ["asked", "capped"]].isna().all()


def test_reasons_of_our_own_model_are_read(make: Any) -> None:
    reason = {"stage": "size_risk", "code": "capped_by_pool_size", "before_usd": 100, "after_usd": 60.0, "limit": None}
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal(1, reasons=[reason])})}))
    assert history.tables.signals["reasons"].to_pylist() == [[{**reason, "before_usd": 100.0}]]


def test_pipeline_is_kept_as_json(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()}, pipeline=[{"step": "select"}])}))
    assert history.cycles.loc[0, "pipeline"] == '[{"step":"select"}]'


def test_vault_pair_has_its_names_and_no_exchange_address(make: Any) -> None:
    pair = make.pair(275_397_120, "[ Systemic 🚀 ]", kind="vault", exchange_address=None, exchange_name="hyperliquid")
    pair["base"] |= {"chain_id": 9999, "internal_id": None}
    history = make.read(
        make.state(
            {
                str(MONDAY): make.snapshot(
                    {"275397120": make.signal(1, pair=pair, old_pair={**pair, "internal_exchange_id": 5})}
                )
            }
        )
    )
    row = history.pairs.loc[0]
    assert row[["pair_id", "ticker", "kind", "chain_id", "exchange"]].tolist() == [
        275_397_120,
        "[ Systemic 🚀 ]-USDC",
        "vault",
        9999,
        "hyperliquid",
    ]
    assert json.loads(row["identity"]) == pair


def test_pairs_without_id_stay_apart_even_under_one_key(make: Any) -> None:
    first, second = (
        make.signal(None, 1.0),
        make.signal(None, 2.0, pair={**make.pair(None, "AAVE"), "pool_address": "0xother"}),
    )
    text = json.dumps(make.state({str(MONDAY): make.snapshot({"null": first, "twin": second}, {})}))
    history = make.read(text.replace('"twin"', '"null"'))
    ids = [surrogate_pair_id(1, pool, "0xbNone", "0xc0ffee") for pool in ("0xaNone", "0xother")]
    assert history.signals["pair_id"].tolist() == ids
    assert history.signals["signal"].tolist() == [1.0, 2.0]
    assert history.pairs["pair_id"].tolist() == ids
    assert history.cycles.loc[0, "raw_count"] == 2


def test_signals_may_be_a_list(make: Any) -> None:
    history = make.read(
        make.state({str(MONDAY): make.snapshot([make.signal(4, 1.0), make.signal(9, 2.0)], [make.signal(9, 2.0)])})
    )
    assert history.signals[["pair_id", "selected"]].to_numpy().tolist() == [[4, False], [9, True]]


def test_signal_that_is_no_object_is_skipped_and_shown(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal(), "2": 5})}))
    assert history.signals["pair_id"].tolist() == [1]
    assert history.problems.loc[0, ["kind", "pair"]].tolist() == ["skipped", "2"]


def test_key_that_disagrees_with_the_pairs_id_is_kept_and_shown(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"5": make.signal(1)})}))
    assert history.signals["pair_id"].tolist() == [5]
    assert "its own internal_id is 1" in told(history)[0]


def test_last_cycle_only_is_read_from_the_discardable_data(make: Any) -> None:
    data = {"alpha_model": make.snapshot({"1": make.signal()}), "other": {"x": 1}, "more": None}
    history = make.read(make.state({}, discardable_data=data))
    assert history.cycles.loc[0, ["source", "source_key"]].tolist() == ["discardable_data.alpha_model", "alpha_model"]
    assert not told(history)


def test_last_cycle_only_without_a_time_has_the_states(make: Any) -> None:
    data = {"alpha_model": make.snapshot({"1": make.signal()}, timestamp=None)}
    assert list(make.read(make.state(None, discardable_data=data, last_updated_at=MONDAY)).timestamps) == [FIRST]


def test_last_cycle_that_is_among_the_calculations_too_is_there_once(make: Any) -> None:
    snapshot = make.snapshot({"1": make.signal()})
    reordered = dict(reversed(snapshot.items()))
    history = make.read(make.state({str(MONDAY): snapshot}, discardable_data={"alpha_model": reordered}))
    assert len(history) == 1
    assert not len(history.superseded)
    assert history.cycles.loc[0, "source"] == "calculations"


def test_last_cycle_that_was_written_again_supersedes_the_first(make: Any) -> None:
    later = make.snapshot({"1": make.signal()}, investable_equity=2_000.0)
    history = make.read(
        make.state({str(MONDAY): make.snapshot({"1": make.signal()})}, discardable_data={"alpha_model": later})
    )
    assert history.cycles[["investable_equity", "revision"]].to_numpy().tolist() == [[2_000.0, 1]]
    assert history.superseded.cycles[["investable_equity", "revision"]].to_numpy().tolist() == [[1_000.0, 0]]


def test_cycle_written_twice_shows_the_later_and_keeps_the_earlier(make: Any) -> None:
    calculations = {
        str(MONDAY): make.snapshot({"1": make.signal(1), "2": make.signal(2)}, position_adjust_threshold_usd=None),
        str(MONDAY + WEEK): make.snapshot({"1": make.signal(1, 3.0)}, timestamp=MONDAY + WEEK),
        f"{MONDAY}.0": make.snapshot({"1": make.signal(1, 2.0)}, position_adjust_threshold_usd=10.0),
    }
    history = make.read(make.state(calculations))
    assert history.cycles[["revision", "position_adjust_threshold_usd"]].fillna(-1).to_numpy().tolist() == [
        [1, 10.0],
        [0, -1],
    ]
    assert history.signals[["cycle", "signal"]].to_numpy().tolist() == [[0, 2.0], [1, 3.0]]
    earlier = history.superseded
    assert earlier.signals[["cycle", "pair_id", "signal"]].to_numpy().tolist() == [[0, 1, 1.0], [0, 2, 1.0]]
    assert list(earlier.timestamps) == [FIRST]
    assert len(history.at(FIRST).superseded) == 1
    assert len(history.at(SECOND).superseded) == 0
    assert history.pair(2).superseded.signals["pair_id"].tolist() == [2]


def test_same_cycle_under_two_keys_is_no_revision(make: Any) -> None:
    first, again = (
        make.snapshot({"1": make.signal(1, flags=flags)}) for flags in (["closed", "new"], ["new", "closed"])
    )
    later = make.snapshot({"1": make.signal(1)}, timestamp=MONDAY + WEEK)
    history = make.read(make.state({str(MONDAY): first, str(MONDAY + WEEK): later, f"{MONDAY}.0": again}))
    assert history.cycles[["revision", "source_key"]].to_numpy().tolist() == [[0, str(MONDAY)], [0, str(MONDAY + WEEK)]]
    assert len(history.superseded) == 0
    assert history.signals["cycle"].tolist() == [0, 1]
    assert told(history) == ["the same cycle stands under an earlier key too; read once"]
    assert len(make.read([first, later, first])) == 2


def test_key_that_is_there_twice_hides_no_cycle(make: Any) -> None:
    calculations = {
        str(MONDAY): make.snapshot({"1": make.signal(1, 1.0)}),
        "again": make.snapshot({"1": make.signal(1, 2.0)}),
    }
    history = make.read(json.dumps(make.state(calculations)).replace('"again"', f'"{MONDAY}"'))
    assert history.signals["signal"].tolist() == [2.0]
    assert history.superseded.signals["signal"].tolist() == [1.0]
    assert told(history) == ["1 keys of calculations appear more than once; all their entries are read"]


def test_cycles_out_of_order_are_sorted_and_shown(make: Any) -> None:
    calculations = {
        str(MONDAY + n * WEEK): make.snapshot({"1": make.signal(1, float(n + 1))}, timestamp=MONDAY + n * WEEK)
        for n in (2, 0, 1)
    }
    history = make.read(make.state(calculations))
    assert history.timestamps.is_monotonic_increasing
    assert history.signals[["cycle", "signal"]].to_numpy().tolist() == [[0, 1.0], [1, 2.0], [2, 3.0]]
    assert history.signals["timestamp"].tolist() == list(history.timestamps)
    assert told(history) == ["the cycles are not in time order; they are sorted here"]


def test_messages_go_to_the_cycle_of_their_time(make: Any) -> None:
    messages = {str(MONDAY): ["first", "second"], str(MONDAY + 5): "alone", str(MONDAY + 9): [], "soon": ["lost"]}
    history = make.read(make.state({str(MONDAY): make.snapshot({})}, messages=messages))
    assert history.cycles["message"].tolist() == ["first\nsecond"]
    assert history.messages[["timestamp", "message"]].to_numpy().tolist() == [
        [FIRST + pd.Timedelta(seconds=5), "alone"]
    ]
    assert told(history) == ["the message's key is no time; left out: 'lost'"]


def test_trades_are_counted_at_their_cycle_and_filed_under_the_last(make: Any) -> None:
    calculations = {
        str(MONDAY + n * WEEK): make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * WEEK) for n in range(2)
    }
    trades = [
        make.trade(1, MONDAY - 60, flags=["test_trade", "open"]),
        make.trade(2, MONDAY),
        make.trade(3, MONDAY, planned_quantity="-1", executed_quantity=None, executed_at=None, failed_at=MONDAY + 9),
        make.trade(4, MONDAY, flags=["test_trade"]),
        make.trade(5, MONDAY + 60, trade_type="stop_loss", planned_quantity="-2", executed_quantity="-2"),
    ]
    history = make.read(make.state(calculations, portfolio=make.portfolio(*trades)))
    assert history.trades["cycle"].fillna(-1).tolist() == [-1, 0, 0, 0, 0]
    assert history.trades["kind"].tolist() == ["test_trade", "rebalance", "rebalance", "test_trade", "stop_loss"]
    assert history.trades["status"].tolist() == ["executed", "executed", "failed", "executed", "executed"]
    assert history.trades["side"].tolist() == ["buy", "buy", "sell", "buy", "sell"]
    assert history.trades["value"].tolist() == [102.0, 102.0, 50.0, 102.0, 102.0]
    assert history.trades["fees"].tolist() == [0.3] * 5
    assert history.cycles["trade_count"].tolist() == [2, 0]


@pytest.mark.parametrize("group", ["open_positions", "closed_positions", "frozen_positions"])
def test_trades_are_read_from_every_group_of_positions(make: Any, group: str) -> None:
    history = make.read(
        make.state({str(MONDAY): make.snapshot({})}, portfolio=make.portfolio(make.trade(), group=group))
    )
    assert len(history.trades) == 1


def test_state_without_portfolio_does_not_know_its_trades(make: Any) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({})}))
    assert history.cycles["trade_count"].isna().all()


def test_trade_of_a_short_is_filed_under_the_spot_pair(make: Any) -> None:
    spot = make.pair(2, "AAVE")
    signal = make.signal(2, -1.0, pair=spot, synthetic_pair=make.short(3, spot))
    trade = make.trade(pair=make.short(3, spot), planned_quantity="-5")
    history = make.read(make.state({str(MONDAY): make.snapshot({"2": signal})}, portfolio=make.portfolio(trade)))
    assert history.signals.loc[0, "synthetic_kind"] == "lending_protocol_short"
    assert history.trades[["pair_id", "pair_kind"]].to_numpy().tolist() == [[2, "lending_protocol_short"]]
    assert history.pairs["pair_id"].tolist() == [2]


def test_pair_that_was_only_traded_is_among_the_pairs(make: Any) -> None:
    trade = make.trade(pair=make.short(30, make.pair(20, "LINK")))
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()})}, portfolio=make.portfolio(trade)))
    assert history.pairs[["pair_id", "ticker", "kind"]].to_numpy().tolist() == [
        [1, "WETH-USDC", "spot_market_hold"],
        [20, "LINK-USDC", "spot_market_hold"],
    ]


def test_odd_trades_are_reported_and_the_others_read(make: Any) -> None:
    nowhen = make.trade(2, None, executed_at=None)
    odd = make.trade(3, planned_price="cheap")
    portfolio = make.portfolio(make.trade(1), nowhen, odd) | {"closed_positions": [1], "frozen_positions": {"2": 5}}
    history = make.read(make.state({str(MONDAY): make.snapshot({})}, portfolio=portfolio))
    assert history.trades["trade_id"].tolist() == [1, 3]
    assert history.problems["field"].tolist() == [
        "portfolio.open_positions.1.trades.2.opened_at",
        "portfolio.open_positions.1.trades.3.planned_price",
        "portfolio.closed_positions",
        "portfolio.frozen_positions.2",
    ]


def test_equity_curve_is_read(make: Any) -> None:
    points = [
        {"calculated_at": MONDAY + 0.5, "total_equity": 1_100.0, "free_cash": "10", "summary": {}},
        {"calculated_at": MONDAY, "total_equity": None},
        {"calculated_at": None},
        5,
    ]
    history = make.read(make.state({str(MONDAY): make.snapshot({})}, stats={"portfolio": points}))
    assert history.equity["timestamp"].tolist() == [FIRST, FIRST + pd.Timedelta(milliseconds=500)]
    assert history.equity["total_equity"].fillna(-1).tolist() == [-1, 1_100.0]
    assert history.equity["cash"].fillna(-1).tolist() == [-1, 10.0]
    assert history.problems["kind"].tolist() == ["skipped", "skipped"]


@pytest.mark.parametrize(
    "settings", [{"portfolio": [1], "stats": 7}, {"stats": {"portfolio": 5}}, {"messages": 5, "name": 7}]
)
def test_odd_parts_of_a_state_are_reported_and_the_rest_read(make: Any, settings: dict[str, Any]) -> None:
    history = make.read(make.state({str(MONDAY): make.snapshot({"1": make.signal()})}, **settings))
    assert len(history) == 1
    assert len(history.problems)


def test_text_that_is_no_utf8_is_patched_where_it_stands(make: Any) -> None:
    text = json.dumps(
        make.state({str(MONDAY): make.snapshot({"1": make.signal(1, pair=make.pair(1, "BAD"), note="BAD")})})
    )
    history = make.read(text.encode().replace(b"BAD", b"\xff\xfe"))
    assert history.pairs.loc[0, "ticker"] == "\ufffd\ufffd-USDC"
    assert json.loads(history.signals.loc[0, "extra"]) == {"note": "\ufffd\ufffd"}
    assert "patched" in set(history.problems["kind"])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"visualisation": {}}, "with 0 calculations"),
        ({"visualisation": None}, "with 0 calculations"),
        (
            {"visualisation": {"calculations": {"1": {"note": 1}}, "messages": {"1": ["a"]}}},
            "with 1 calculations and 1 messages",
        ),
        ({"visualisation": {"calculations": {}, "discardable_data": {"other": 1}}}, "other in discardable_data"),
        ({"visualisation": 5}, "with 0 calculations"),
    ],
)
def test_state_without_alpha_model_says_what_is_there(make: Any, document: Any, words: str) -> None:
    with pytest.raises(NoHistoryError, match=words) as caught:
        make.read(document)
    assert isinstance(caught.value, HistoryError)
    assert "visualisation.calculations" in str(caught.value)


def test_many_problems_of_a_kind_are_counted_in_the_end(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.history.tables.problems.MOST_OF_A_KIND", 2)
    signals = {str(n): make.signal(n, raw_weight="x") for n in range(5)}
    history = make.read(make.state({str(MONDAY): make.snapshot(signals, {})}))
    assert told(history)[-1] == "and 3 more of the same kind"
    assert len(history.problems) == 3


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("position_size_risk", 5, "position_size_risk"),
        ("position_size_risk", {"tvl": "deep"}, "position_size_risk.tvl"),
        ("old_pair", "WETH", "old_pair"),
        ("synthetic_pair", {"kind": ["vault"]}, "synthetic_pair.kind"),
        ("flags", "closed", "flags"),
        ("reasons", 5, "reasons"),
        ("reasons", [{"stage": "cap", "limit": "high"}], "reasons.limit"),
        ("position_adjust_ignored", "maybe", "position_adjust_ignored"),
        ("position_id", 1.5, "position_id"),
    ],
)
def test_odd_field_is_left_out_and_reported_with_its_path(make: Any, field: str, value: Any, where: str) -> None:
    snapshot = make.snapshot({}, {"1": make.signal(1, **{field: value})})
    history = make.read(make.state({str(MONDAY): snapshot}))
    assert history.signals.loc[0, "raw_weight"] == 1.0
    assert history.problems[["kind", "pair", "field"]].to_numpy().tolist() == [["odd", "1", where]]
    assert "in signals" in told(history)[0]
