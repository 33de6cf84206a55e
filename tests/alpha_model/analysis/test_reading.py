"""What the sentences say is in the raw file: amounts, deeds, ranks, counts, read with `json` and `gzip` alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from histories import make_history, moment
from reading import Cycle, Pair, Trade, faults_in, faults_in_paragraph, is_said, read_cycles
from states import signal, snapshot, write_state

from alpha_model.analysis import (
    cycle_outcomes,
    explain_cycle,
    needs_attention,
    pair_labels,
    summarise_cycle,
    weight_diffs,
)
from alpha_model.analysis.cycles import Concern
from alpha_model.analysis.explain import describe_decision, sentences
from alpha_model.analysis.explain.since import since_last
from alpha_model.analysis.metrics import exposure
from alpha_model.history import read_history

SAMPLES = sorted((Path(__file__).parents[3] / "sample_states").glob("*.gz"))
GATE = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0, "investable_equity": 1000.0}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name.split(".")[0])
def test_sentences_say_what_the_raw_file_holds(path: Path) -> None:
    history, raw = read_history(str(path)), read_cycles(path)
    assert len(raw) == len(history)
    for place in range(0, len(raw), max(len(raw) // 4, 1)):
        one = history.cycle(int(history.cycle_numbers[place]))
        told = explain_cycle(one)
        for label, sentence in zip(told["pair"], told["sentence"], strict=True):
            assert faults_in(sentence, raw[place], raw[place].pairs[label]) == [], sentence
        assert faults_in_paragraph(summarise_cycle(one).paragraph, raw[place]) == []


def test_the_reading_notices_a_wrong_amount_deed_and_rank() -> None:
    pair = Pair("A-USD", {"signal": 2.0, "raw_weight": 1.0, "position_target": 1000.0}, chosen=True)
    cycle = Cycle(0.0, {"investable_equity": 1000.0}, {"A-USD": pair}, caps=[1000.0])
    assert faults_in("A-USD: wanted $1,000 (100.0 %).", cycle, pair) == []
    assert faults_in("A-USD: wanted $1,002 (100.0 %).", cycle, pair)
    assert faults_in("A-USD: it has $7.00.", cycle, pair) == ["an amount that no role explains"]
    assert faults_in("A-USD: ranked 2nd of 1, top 1 selected.", cycle, pair)
    pair.trades.append(Trade(10.0, 1000.0, 0.0, 0.0, failed=False))
    assert faults_in("A-USD: wanted $1,000 (100.0 %); opened with $1,000.", cycle, pair) == [
        "told as done without a fill"
    ]
    assert is_said("$0.05", 0.0549)
    assert not is_said("$0.05", 0.0551)


def test_a_vault_is_called_by_its_whole_name(tmp_path: Path) -> None:
    cut = signal(1, "Crypto Pla", 1.0)
    cut["pair"]["other_data"] = {"vault_name": "Crypto Plaza Momentum"}
    state = write_state(tmp_path / "state.json", snapshot(1704067200, cut, signal(2, "WETH", 0.0)))
    assert list(pair_labels(read_history(str(state))).values()) == ["Crypto Plaza Momentum-USDC", "WETH-USDC"]


def test_a_closing_without_a_trade_is_told_by_the_next_holdings() -> None:
    closes = {"pair_id": 1, "signal": 0.0, "signal_in_selection": 0.0, "old_quantity": 3.0}
    closes |= {"selected": False, "old_value": 300.0}
    wish = {"position_adjust_usd": -300.0, "position_target": 0.0, "normalised_weight": 0.0}
    buys = {"pair_id": 2, "position_adjust_usd": 100.0, "position_target": 100.0, "old_value": 0.0}
    trades = [{"pair_id": 2, "status": "executed", "value": 100.0}]
    for later, words in ((3.0, "the next holdings show that it was not made"), (0.0, "is not recorded")):
        after = closes | {"cycle": 1, "old_value": 310.0 * (later > 0), "old_quantity": later}
        history = make_history([closes | wish, buys, after], [{"investable_equity": 1000.0}] * 2, trades=trades)
        assert words in sentences(history)[0]
        paragraph = summarise_cycle(history.cycle(0)).paragraph
        assert "Without a trade on record: 1 change worth $300" in paragraph
        assert ("the next holdings show that nothing was traded" in paragraph) == (later > 0)


def test_a_signal_that_is_no_number_has_not_fallen_silent() -> None:
    two = [{"cycle": cycle, "pair_id": pair, "signal": 1.0} for cycle in (0, 1) for pair in (1, 2)]
    two[3]["signal"] = np.nan
    assert "silent" not in (said := since_last(make_history(two, [GATE, GATE]).cycle(1)))
    assert "1 signal not recorded (T2-USDC)" in said


def test_equal_signals_share_a_rank() -> None:
    rows = [{"cycle": cycle, "pair_id": pair, "signal": 1.0} for cycle in (0, 1) for pair in (1, 2, 3)]
    rows[3], rows[5] = rows[5], rows[3]
    assert since_last(make_history(rows, [GATE, GATE]).cycle(1)) == ""


def test_locked_targets_are_a_share_of_a_whole_that_has_them() -> None:
    locked = {"pair_id": 1, "carry_forward": True, "old_value": 500.0, "old_weight": 1.0, "position_target": 500.0}
    still = {"normalised_weight": 0.0, "position_adjust_usd": 0.0}
    history = make_history([locked | still], [{"investable_equity": 0.5}])
    assert exposure(history)["wanted_share"].iloc[0] == pytest.approx(500 / 500.5)
    assert weight_diffs(history).iloc[0, 0] == 0
    assert sentences(history) == ["T1-USDC: locked: it cannot be traded now and keeps its value of $500."]


def test_a_hole_in_the_equity_is_a_position_whose_trade_failed() -> None:
    closes = {"pair_id": 1, "old_value": 700.0, "position_target": 0.0, "position_adjust_usd": -700.0}
    at = {"cycle": 0, "timestamp": moment(0)}
    history = make_history(
        [closes],
        [GATE],
        trades=[{"pair_id": 1, "status": "failed", "value": 700.0, "side": "sell"}],
        positions=[at | {"pair_id": 1, "position_id": 1, "state": "open", "quantity": 7.0, "value": 700.0}],
        equity=[
            {"timestamp": moment(0), "total_equity": 800.0},
            {"timestamp": moment(1), "total_equity": 100.0},
        ],
    )
    found = {each.concern: each.sentence for each in needs_attention(history)}
    assert found[Concern.frozen_positions] == (
        "After the last decision the equity curve falls from $800 to $100: it leaves out 1 position worth $700 "
        "of which a trade failed."
    )


def test_nothing_planned_is_told_as_nothing_to_change() -> None:
    still = {"pair_id": 1, "old_value": 100.0, "position_target": 100.0, "position_adjust_usd": 0.0}
    outcomes = cycle_outcomes(make_history([still], [GATE | {"max_position_adjust_usd": 0.0}]))
    assert describe_decision(outcomes.iloc[0]).endswith("every target is what was held already.")


def test_the_change_of_a_short_is_told_beside_a_trade_of_another_worth() -> None:
    short = {"pair_id": 1, "signal": -1.0, "old_kind": "lending_protocol_short", "old_value": 800.0}
    wish = {"position_target": 500.0, "position_adjust_usd": -300.0}
    for worth, words in ((450.0, "reduced by $300 from $800, by a trade worth $450"), (301.0, "by $301 from $800.")):
        history = make_history([short | wish], [GATE], trades=[{"pair_id": 1, "status": "executed", "value": worth}])
        assert words in sentences(history)[0]


def test_a_position_without_a_mark_is_of_unknown_worth() -> None:
    beside = {"cycle": 0, "timestamp": moment(0), "pair_id": 9, "position_id": 1, "state": "open", "quantity": 1.0}
    cycles = [{"investable_equity": 1000.0, "max_position_adjust_usd": 0.0, "position_adjust_threshold_usd": 5.0}]
    history = make_history([], cycles, tickers={9: "P9-USDC"}, positions=[beside])
    assert "1 position of unknown worth stood beside it" in describe_decision(cycle_outcomes(history).iloc[0])


def test_signals_that_are_no_numbers_are_counted_apart() -> None:
    rows = [{"pair_id": 1}, {"pair_id": 2, "signal": np.nan, "selected": False, "signal_in_selection": np.nan}]
    paragraph = summarise_cycle(make_history(rows, [{}])).paragraph
    assert "1 of 1 signal was selected. Of 1 more pair the signal is not recorded." in paragraph


def test_money_that_the_cap_cut_and_others_got_is_not_told_as_held_back_alone() -> None:
    rows = [
        {"pair_id": 1, "raw_weight": 3.0, "position_target": 500.0, "asked": 500.0, "accepted": 500.0},
        {"pair_id": 2, "raw_weight": 1.0, "position_target": 500.0, "asked": 500.0, "accepted": 500.0},
    ]
    rows = [
        row | {"old_value": 0.0, "position_adjust_usd": 500.0, "flags": ["capped_by_concentration"]} for row in rows
    ]
    paragraph = summarise_cycle(make_history(rows, [GATE | {"accepted_investable_equity": 1000.0}])).paragraph
    assert "$250 was offered to other signals." in paragraph
