"""What the pages ask: what deserves a look, which pairs moved or refused money, one pair through time; by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from histories import REAL, SAMPLES, make_history, moment

from alpha_model.analysis import (
    audit,
    capacity_by_pair,
    cycle_signals,
    flag_counts,
    flags_by_pair,
    interesting_cycles,
    needs_attention,
    pair_history,
    weight_diffs,
)
from alpha_model.analysis.audit import finding_counts
from alpha_model.analysis.cycles import Concern, Interest, flag_co_occurrence, threshold_sweep
from alpha_model.analysis.pairs import moved, movers, moves, moves_are_usd
from alpha_model.history import History, read_history
from alpha_model.values.errors import CycleNotFoundError, NoHistoryError

GATE = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0}
HELD = GATE | {"max_position_adjust_usd": 95.0}


def gated(*gates: dict[str, float]) -> History:
    """One pair that wants a change in every cycle."""
    signals = [
        {"pair_id": 1, "cycle": place, "position_adjust_usd": gate["max_position_adjust_usd"]}
        for place, gate in enumerate(gates)
    ]
    return make_history(signals, list(gates))


def concerns(history: History) -> list[Concern]:
    return [finding.concern for finding in needs_attention(history)]


def test_five_held_cycles_at_the_end_deserve_attention_and_four_do_not() -> None:
    five = gated(GATE, *[HELD] * 5)
    found = next(each for each in needs_attention(five) if each.concern is Concern.held_in_a_row)
    assert found.timestamp == moment(1)
    assert "The last 5 cycles in a row" in found.sentence
    assert Concern.held_in_a_row not in concerns(gated(GATE, *[HELD] * 4))
    assert Concern.held_in_a_row not in concerns(gated(*[HELD] * 5, GATE))


def test_near_misses_name_the_nearest() -> None:
    history = gated(GATE | {"max_position_adjust_usd": 92.0}, HELD, GATE | {"max_position_adjust_usd": 50.0})
    found = next(each for each in needs_attention(history) if each.concern is Concern.near_miss)
    assert found.timestamp == moment(1)
    assert found.sentence.startswith(
        "2 cycles missed the rebalance threshold by less than a tenth, the nearest by $5.00"
    )


@pytest.mark.parametrize(("discarded", "deserves"), [(99.0, False), (100.0, True)])
def test_a_tenth_of_the_equity_discarded_deserves_attention(discarded: float, *, deserves: bool) -> None:
    history = make_history([{"pair_id": 1}], [{"investable_equity": 1000.0, "size_risk_discarded_value": discarded}])
    assert (Concern.money_discarded in concerns(history)) is deserves


def test_a_flag_that_became_frequent_is_a_changed_mix() -> None:
    signals = [{"pair_id": 1, "cycle": day, "flags": ["closed"] if day >= 50 else []} for day in range(60)]
    found = next(each for each in needs_attention(make_history(signals, 60)) if each.concern is Concern.flag_mix)
    assert found.timestamp == moment(40)
    assert "closed was raised in 50 % of the last 20 cycles, against 0 % before" in found.sentence


def test_a_pause_far_longer_than_usual_is_a_gap() -> None:
    rows = [{"timestamp": moment(day)} for day in (0, 1, 2, 3, 4, 5, 9)]
    found = next(each for each in needs_attention(make_history(cycles=rows)) if each.concern is Concern.gap)
    assert found.timestamp == moment(9)
    assert "4.0 days" in found.sentence


def test_an_empty_history_needs_no_attention() -> None:
    nothing = make_history(cycles=0)
    assert needs_attention(nothing) == []
    assert interesting_cycles(nothing).empty


def test_where_something_begins_is_interesting_and_where_it_goes_on_is_not() -> None:
    history = gated(GATE, HELD, HELD, GATE, HELD)
    frame = interesting_cycles(history, audited=False)
    assert frame["place"].tolist() == [1, 4]
    assert frame["kinds"].tolist() == [[Interest.held], [Interest.held]]


def test_a_flag_appears_when_it_was_quiet_before_and_never_in_the_first_cycle() -> None:
    flagged = {0, 5, 16}  # 5 days after the first: not quiet long enough; 11 days later: quiet
    signals = [{"pair_id": 1, "cycle": day, "flags": ["closed"] if day in flagged else []} for day in range(17)]
    frame = interesting_cycles(make_history(signals, 17), audited=False)
    assert frame["place"].tolist() == [16]
    assert frame["appearing"].tolist() == [["closed"]]


def test_refused_money_is_interesting_where_it_begins() -> None:
    rows = [{"size_risk_discarded_value": value} for value in (0.0, 5.0, 5.0, 0.0, 5.0)]
    frame = interesting_cycles(make_history(cycles=rows), audited=False)
    assert frame["place"].tolist() == [1, 4]
    assert frame["kinds"].tolist() == [[Interest.money_refused]] * 2


def test_a_finding_of_the_audit_is_interesting_where_findings_begin() -> None:
    history = read_history(SAMPLES[0])
    assert not finding_counts(history).any()
    assert not interesting_cycles(history)["kinds"].map(lambda kinds: Interest.finding in kinds).any()
    equity = history.tables.cycles["investable_equity"].to_pylist()
    equity[5] = equity[6] = -1.0
    cycles = history.tables.cycles.set_column(
        history.tables.cycles.schema.get_field_index("investable_equity"),
        history.tables.cycles.schema.field("investable_equity"),
        [equity],
    )
    broken = History(replace(history.tables, cycles=cycles), history.source)
    found = audit(broken, limit=None)
    severe = found[found["severity"].isin(["error", "warning"])]
    counts = severe["cycle"].value_counts()
    assert finding_counts(broken).tolist() == [counts.get(cycle, 0) for cycle in broken.cycle_numbers]
    marked = interesting_cycles(broken)
    begins = marked.loc[marked["kinds"].map(lambda kinds: Interest.finding in kinds), "place"].tolist()
    assert begins[0] == 5
    assert 6 not in begins


def test_capacity_is_what_each_pair_refused_in_a_mean_cycle() -> None:
    history = make_history(
        [
            {"pair_id": 1, "cycle": 0, "asked": 100.0, "accepted": 60.0},
            {"pair_id": 1, "cycle": 1, "asked": 100.0, "accepted": 100.0},
            {"pair_id": 2, "cycle": 0, "asked": 80.0, "accepted": 20.0},
            {"pair_id": 3, "cycle": 0},
        ],
        2,
    )
    frame = capacity_by_pair(history).set_index("pair_id")
    assert frame.index.tolist() == [2, 1]  # the largest refusal first; pair 3 was never asked
    assert frame["refused_usd"].tolist() == [30.0, 20.0]  # 60 and 40 in 2 cycles: asked for again, it is no sum
    assert frame["refused_share"].tolist() == [0.6, 0.4]
    assert frame["asked_count"].tolist() == [1, 2]
    assert frame["capped_count"].tolist() == [1, 1]


def test_movers_are_the_mean_of_what_had_to_move() -> None:
    history = make_history(
        [
            {"pair_id": 1, "cycle": 0, "normalised_weight": 0.5, "old_weight": 0.0},
            {"pair_id": 2, "cycle": 0, "normalised_weight": 0.5, "old_weight": 0.4},
            {"pair_id": 1, "cycle": 1, "normalised_weight": 0.2, "old_weight": 0.5},
            {"pair_id": 2, "cycle": 1, "normalised_weight": 0.5, "old_weight": 0.5},
        ],
        2,
    )
    frame = movers(history)
    assert frame["pair_id"].tolist() == [1, 2]
    np.testing.assert_allclose(frame["moved"], [0.4, 0.05])  # 0.5 + 0.3 and 0.1, of 2 cycles
    np.testing.assert_allclose(frame["grew"], [0.25, 0.05])
    np.testing.assert_allclose(frame["shrank"], [-0.15, 0.0])
    assert frame["change_count"].tolist() == [2, 1]
    np.testing.assert_allclose(frame["largest"], [0.5, 0.1])
    assert frame["largest_at"].tolist() == [moment(0), moment(0)]
    together = moved(history)
    np.testing.assert_allclose(together["grew"], [0.6, 0.0])
    np.testing.assert_allclose(together["shrank"], [0.0, -0.3])


def test_moves_are_dollars_where_any_is_recorded_whatever_the_weights_say() -> None:
    """Half of 100 was held, all of what was held: the weight shrinks from 1 to 0.6 while the position grows."""
    row = {"pair_id": 1, "normalised_weight": 0.6, "old_weight": 1.0, "old_value": 50.0, "position_adjust_usd": 10.0}
    history = make_history([row], [{"investable_equity": 100.0}])
    assert moves_are_usd(history)
    assert moves(history).to_numpy().tolist() == [[10.0]]
    assert weight_diffs(history).to_numpy().tolist() == [[-0.4]]


def test_threshold_sweep_counts_the_cycles_that_reach_it() -> None:
    history = gated(*(GATE | {"max_position_adjust_usd": amount} for amount in (0.0, 10.0, 10.0, 40.0)))
    frame = threshold_sweep(history)
    assert frame["factor"].tolist() == [0.0, 0.1, 0.4]
    assert frame["rebalance_count"].tolist() == [3, 3, 1]
    assert frame["rebalance_share"].tolist() == [0.75, 0.75, 0.25]


def test_threshold_sweep_measures_each_cycle_against_its_own_threshold() -> None:
    growing = [{"max_position_adjust_usd": 1.5 * usd, "position_adjust_threshold_usd": usd} for usd in (10.0, 1000.0)]
    unknown = [{"max_position_adjust_usd": 5.0}, {"max_position_adjust_usd": 5.0, "position_adjust_threshold_usd": 0.0}]
    frame = threshold_sweep(gated(*growing, *unknown))
    assert frame["factor"].tolist() == [0.0, 1.5]
    assert frame["rebalance_count"].tolist() == [2, 2]
    assert frame["rebalance_share"].tolist() == [1.0, 1.0]  # the other two cycles have no threshold to reach


def test_flags_by_pair_and_together() -> None:
    history = make_history(
        [
            {"pair_id": 1, "cycle": 0, "flags": ["closed", "own words"]},
            {"pair_id": 1, "cycle": 1, "flags": ["closed"]},
            {"pair_id": 2, "cycle": 0, "flags": ["own words"]},
            {"pair_id": 3, "cycle": 0},
        ],
        2,
    )
    by_pair = flags_by_pair(history)
    assert by_pair.index.tolist() == [1, 2]
    assert by_pair.loc[1].to_dict() == {"closed": 2, "own words": 1}
    together = flag_co_occurrence(history)
    assert together.loc["closed", "own words"] == together.loc["own words", "closed"] == 1
    assert [int(together.loc[name, name]) for name in ("closed", "own words")] == [2, 2]
    assert flag_co_occurrence(history, [2]).to_dict() == {"own words": {"own words": 1}}


def test_one_pair_through_time() -> None:
    history = make_history(
        [
            {"pair_id": 1, "cycle": 0, "signal": 1.0, "raw_weight": 1.0, "asked": 100.0, "accepted": 60.0},
            {"pair_id": 2, "cycle": 0, "signal": -3.0, "raw_weight": 3.0, "position_adjust_usd": 500.0},
            {"pair_id": 2, "cycle": 1, "signal": 1.0, "raw_weight": 1.0, "flags": ["closed"]},
            {"pair_id": 1, "cycle": 2, "signal": 0.0, "selected": False},
        ],
        [GATE, GATE, GATE],
    )
    one, two = pair_history(history, 1), pair_history(history, 2)
    assert one["cycle"].tolist() == [0, 2]
    assert one["rank"].tolist() == [2, 0]  # weaker than |-3|; then no signal
    assert one["signal_count"].tolist() == [2, 0]
    assert one["raw_share"].iloc[0] == 0.25
    assert one["refused"].iloc[0] == 40.0
    assert one["decision"].tolist() == ["no change", "not selected"]
    assert two["decision"].tolist() == ["sell", "no change"]  # a short that grows
    assert two["flags"].tolist() == [[], ["closed"]]
    with pytest.raises(CycleNotFoundError, match="no pair 9"):
        pair_history(history, 9)


@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_every_history_answers_and_agrees_with_itself(path: Path) -> None:
    try:
        history = read_history(path)
    except NoHistoryError:
        pytest.skip("there is no alpha model in it")
    assert {str(each.concern) for each in needs_attention(history)} <= set(Concern)
    frame = interesting_cycles(history)
    assert (frame["kinds"].map(len) > 0).all()
    np.testing.assert_allclose(
        movers(history)["moved"].sum() * len(history), np.nansum(np.abs(moves(history).to_numpy())), atol=1e-4
    )
    counts = flag_counts(history).sum()
    pd.testing.assert_series_equal(
        flags_by_pair(history).sum().sort_index(), counts.sort_index(), check_names=False, check_dtype=False
    )
    signals = cycle_signals(history)
    for pair_id in history.pair_ids[:3]:
        own = signals[signals["pair_id"] == pair_id]
        frame = pair_history(history, int(pair_id))
        assert sorted(frame["decision"]) == sorted(own["decision"])
        np.testing.assert_allclose(np.sort(frame["raw_share"]), np.sort(own["raw_share"]))
