"""Size risk, thresholds, flags, the signals of a cycle and the headline, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from histories import REAL, SAMPLES, make_history, make_long_history

from alpha_model.analysis import (
    CycleOutcome,
    cycle_outcomes,
    cycle_signals,
    cycle_table,
    flag_counts,
    headline,
    size_risk_frame,
    threshold_frame,
)
from alpha_model.history import read_history
from alpha_model.values.errors import NoHistoryError

GATE = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0}


def test_size_risk_adds_up_what_was_asked_and_allowed() -> None:
    history = make_history(
        [{"pair_id": 1, "asked": 600.0, "accepted": 400.0}, {"pair_id": 2, "asked": 400.0, "accepted": 400.0}],
        [{"investable_equity": 1000.0, "accepted_investable_equity": 800.0, "size_risk_discarded_value": 200.0}],
    )
    row = size_risk_frame(history).iloc[0]
    assert (row["investable_usd"], row["accepted_usd"], row["discarded_usd"]) == (1000, 800, 200)
    assert row["discarded_share"] == 0.2
    assert (row["asked_usd"], row["allowed_usd"]) == (1000, 800)


def test_size_risk_that_is_not_recorded_is_absent_and_not_zero() -> None:
    frame = size_risk_frame(make_history([{"pair_id": 1}], [{"investable_equity": 1000.0}]))
    assert frame[["accepted_usd", "discarded_usd", "discarded_share", "asked_usd"]].isna().to_numpy().all()


def test_thresholds_leave_out_cycles_that_record_none() -> None:
    history = make_history([{"pair_id": 1, "position_adjust_usd": 500.0, "cycle": 1}], [{}, GATE])
    frame = threshold_frame(history)
    assert frame["cycle"].tolist() == [1]
    assert frame["ratio"].tolist() == [5.0]  # 500 / 100
    assert frame["outcome"].tolist() == [CycleOutcome.rebalanced]


def test_thresholds_of_a_long_history_keep_the_largest_of_each_outcome() -> None:
    history = make_history(
        [{"pair_id": 1, "cycle": number, "position_adjust_usd": 500.0} for number in range(4)],
        [GATE, GATE | {"max_position_adjust_usd": 50.0}, GATE | {"max_position_adjust_usd": 900.0}, GATE],
    )
    frame = threshold_frame(history, limit=1)
    assert frame["max_adjust_usd"].tolist() == [50.0, 900.0]
    assert frame["cycles_merged"].tolist() == [1, 3]


def test_flags_are_counted_by_cycle_and_known_ones_come_first() -> None:
    history = make_history(
        [
            {"pair_id": 1, "flags": ["closed", "zebra"]},
            {"pair_id": 2, "flags": ["capped_by_pool_size", "closed"]},
            {"pair_id": 1, "cycle": 1, "flags": ["closed"]},
        ],
        cycles=3,
    )
    counts = flag_counts(history)
    assert counts.columns.tolist() == ["capped_by_pool_size", "closed", "zebra"]
    assert counts.to_numpy().tolist() == [[1, 2, 1], [0, 1, 0], [0, 0, 0]]
    assert flag_counts(history, [2]).sum().to_dict() == {"capped_by_pool_size": 1, "closed": 1}


def test_no_flag_gives_no_column() -> None:
    assert flag_counts(make_history([{"pair_id": 1}])).empty


def test_signals_of_a_cycle_say_what_became_of_each_pair() -> None:
    history = make_history(
        [
            {"pair_id": 1, "position_adjust_usd": 500.0, "raw_weight": 3.0, "flags": ["closed"]},
            {"pair_id": 2, "position_adjust_usd": -50.0, "ignored": True, "raw_weight": 1.0},
            {"pair_id": 3, "position_adjust_usd": 0.0},
            {"pair_id": 4, "selected": False, "signal": 9.0},
            {"pair_id": 5, "position_adjust_usd": 90.0, "signal": -1.0},
        ],
        [GATE],
    )
    table = cycle_signals(history)
    assert table["pair_id"].tolist() == [1, 5, 2, 3, 4]
    assert table["decision"].tolist() == ["buy", "sell", "skipped", "no change", "not selected"]
    assert table["raw_share"].tolist()[0] == 0.75
    assert table["flags"].tolist()[0] == ["closed"]


def test_change_that_is_not_recorded_is_no_decision_against_one() -> None:
    frame = cycle_signals(make_history([{"pair_id": 1, "normalised_weight": 1.0}]))
    assert frame["decision"].tolist() == ["unknown"]
    frame = cycle_signals(make_history([{"pair_id": 1, "position_target": 9.0}]))
    assert frame["decision"].tolist() == ["no change"]


def test_covering_a_short_is_a_buy() -> None:
    held = {"pair_id": 1, "signal": 0.0, "selected": False, "signal_in_selection": 0.0, "position_adjust_usd": -90.0}
    history = make_history([held | {"old_kind": "lending_protocol_short", "old_value": 90.0}], [GATE])
    assert cycle_signals(history)["decision"].tolist() == ["buy"]


SHORT = {"old_kind": "lending_protocol_short"}


@pytest.mark.parametrize(
    ("signal", "side"),
    [
        ({"signal": 1.0}, "long"),
        ({"signal": -1.0}, "short"),
        ({"signal": -1.0, "old_value": 9.0}, "long to short"),
        ({"signal": 1.0, "old_value": 9.0} | SHORT, "short to long"),
        ({"signal": 1.0, "old_value": 9.0}, "long"),
        ({"signal": -1.0, "old_weight": 0.5} | SHORT, "short"),
        ({"signal": -1.0, "signal_in_selection": 0.0, "old_value": 9.0}, "long"),  # not selected: it is closed
        ({"signal": 0.0, "old_weight": 0.5} | SHORT, "short"),
        ({"signal": 1.0, "old_value": 0.0} | SHORT, "long"),
        ({"signal": 0.0, "old_value": 0.0}, None),
        ({"signal": None}, None),
    ],
)
def test_side_is_that_of_the_signal_or_of_what_is_held(signal: Any, side: str | None) -> None:
    history = make_history([{"pair_id": 1, "signal_in_selection": signal["signal"]} | signal])
    assert cycle_signals(history)["side"].tolist() == [side]


def test_wanted_change_without_proof_of_a_trade_is_unknown() -> None:
    assert cycle_signals(make_history([{"pair_id": 1, "position_adjust_usd": 9.0}]))["decision"].tolist() == ["unknown"]


def test_cycle_table_lists_the_flags_of_each_cycle() -> None:
    history = make_history(
        [{"pair_id": 1, "flags": ["closed"]}, {"pair_id": 2, "flags": ["capped_by_pool_size", "closed"]}], cycles=2
    )
    assert cycle_table(history)["flags"].tolist() == [["capped_by_pool_size", "closed"], []]


def test_headline_of_two_cycles() -> None:
    history = make_history(
        [{"pair_id": 1, "position_adjust_usd": 500.0}],
        [GATE | {"investable_equity": 900.0, "size_risk_discarded_value": 90.0}, {"investable_equity": 950.0}],
        problems=[{"kind": "odd", "message": "?"}],
    )
    facts = headline(history)
    assert (facts.cycle_count, facts.pair_count, facts.problem_count) == (2, 1, 1)
    assert facts.outcome_counts == {CycleOutcome.rebalanced: 1, CycleOutcome.no_signal: 1}
    assert (facts.equity_usd, facts.equity_is_total) == (950.0, False)
    assert (facts.discarded_usd, facts.discarded_share) == (90.0, 0.1)


def test_headline_of_nothing() -> None:
    facts = headline(make_history(cycles=0))
    assert (facts.cycle_count, facts.last, facts.equity_usd) == (0, None, None)
    assert facts.last_decision == "No cycle is recorded."


@pytest.mark.parametrize("question", [size_risk_frame, cycle_outcomes, cycle_signals, cycle_table])
def test_frames_keep_the_order_of_cycles(question: object) -> None:
    frame = question(make_long_history(5, 2))  # type: ignore[operator]
    assert len(frame) in {5, 10}


@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_planned_trades_are_the_recorded_ones(path: object) -> None:
    """What the analysis derives from signals equals the trades that the same file records."""
    try:
        history = read_history(path)  # type: ignore[arg-type]
    except NoHistoryError:
        pytest.skip("no alpha model in this file")
    trades = history.trades[(history.trades["kind"] == "rebalance") & history.trades["cycle"].notna()]
    recorded = np.bincount(trades["cycle"].to_numpy(dtype=np.int64), minlength=len(history))
    outcomes = cycle_outcomes(history)
    known = outcomes["planned_count"].notna().to_numpy()
    assert outcomes["planned_count"].to_numpy()[known].tolist() == recorded[known].tolist()
