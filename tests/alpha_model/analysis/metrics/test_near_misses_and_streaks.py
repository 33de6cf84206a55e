"""How near was the other outcome, and how long did it go on?"""

import json

import numpy as np
import pandas as pd
import pytest
from histories import EVERY, make_history
from hypothesis import given, settings
from hypothesis import strategies as st

from alpha_model.analysis import cycle_outcomes, near_misses
from alpha_model.analysis.metrics import GATE_MEANINGS, Gate, describe_streak, outcome_streaks, pair_streaks
from alpha_model.history import read_history

CYCLE = {
    "max_position_adjust_usd": 97.0,
    "position_adjust_threshold_usd": 100.0,
    "close_position_weight_epsilon": 0.005,
    "investable_equity": 1000.0,
}


def steps(count=2, signal_threshold=0.0, max_weight=0.5, individual=50.0, sell=None):
    """The settings that a cycle records."""
    rebalance = {"individual_rebalance_min_threshold": individual, "sell_rebalance_min_threshold": sell}
    return json.dumps(
        [
            {"step": "select_top_signals", "count": count, "threshold": signal_threshold},
            {"step": "normalise_weights", "max_weight": max_weight},
            {"step": "generate_rebalance_trades_and_triggers", **rebalance},
        ]
    )


def miss(gate, rows, cycle=CYCLE, **settings):
    """The row of one gate in one cycle; None where there is none."""
    found = near_misses(make_history(rows, [cycle | {"pipeline": steps(**settings)}]))
    found = found[found["gate"] == str(gate)]
    assert len(found) <= 1
    return None if found.empty else found.iloc[0]


def test_the_rebalance_missed_its_threshold_by_three_dollars() -> None:
    found = miss(Gate.rebalance_threshold, [{"pair_id": 1}])
    assert found[["value", "limit", "margin", "relative", "reached"]].tolist() == [97, 100, -3, -0.03, False]
    assert found["pair_id"] is pd.NA


def test_a_cycle_without_change_or_threshold_has_no_rebalance_gate() -> None:
    assert miss(Gate.rebalance_threshold, [{"pair_id": 1}], CYCLE | {"max_position_adjust_usd": 0.0}) is None
    assert miss(Gate.rebalance_threshold, [{"pair_id": 1}], CYCLE | {"position_adjust_threshold_usd": None}) is None


TRADED = CYCLE | {"max_position_adjust_usd": 200.0}
SKIPPED = {"ignored": True, "flags": ["individual_trade_size_too_small"]}


def test_the_single_change_nearest_to_its_threshold_from_either_side() -> None:
    rows = [
        {"pair_id": 1, "position_adjust_usd": 200.0},
        {"pair_id": 2, "position_adjust_usd": 40.0, **SKIPPED},
        {"pair_id": 3, "position_adjust_usd": -53.0},
    ]
    found = miss(Gate.individual_threshold, rows, TRADED)
    assert found[["pair_id", "value", "limit", "margin", "reached", "compared"]].tolist() == [3, 53, 50, 3, True, 3]


def test_a_decrease_is_held_against_the_threshold_of_sales() -> None:
    rows = [{"pair_id": 1, "position_adjust_usd": -53.0}, {"pair_id": 2, "position_adjust_usd": 200.0}]
    assert miss(Gate.individual_threshold, rows, TRADED, sell=60.0)["margin"] == -7


def test_changes_of_a_held_cycle_were_not_looked_at_one_by_one() -> None:
    rows = [{"pair_id": 1, "position_adjust_usd": 97.0, "ignored": True, "flags": ["max_adjust_too_small"]}]
    assert miss(Gate.individual_threshold, rows) is None


def test_the_runner_up_of_the_selection_and_what_it_lacked() -> None:
    rows = [
        {"pair_id": 1, "signal": 0.9},
        {"pair_id": 2, "signal": -0.4},
        {"pair_id": 3, "signal": 0.3, "selected": False},
        {"pair_id": 4, "signal": -0.35, "selected": False},
    ]
    found = miss(Gate.selection, rows)
    assert found[["pair_id", "value", "limit"]].tolist() == [4, 0.35, 0.4]
    assert found["margin"] == pytest.approx(-0.05)
    assert (found["reached"], found["compared"]) == (False, 2)


def test_a_selection_that_is_not_full_left_nobody_out_for_its_rank() -> None:
    rows = [{"pair_id": 1, "signal": 0.9}, {"pair_id": 2, "signal": 0.05, "selected": False}]
    assert miss(Gate.selection, rows, count=2, signal_threshold=0.1) is None
    above = [rows[0], rows[1] | {"signal": 0.5}]
    assert miss(Gate.selection, above, count=2, signal_threshold=0.1) is None
    assert miss(Gate.selection, above, count=1, signal_threshold=0.1)["value"] == 0.5
    found = miss(Gate.signal_threshold, rows, count=2, signal_threshold=0.1)
    assert found["pair_id"] == 2
    assert found["margin"] == pytest.approx(-0.05)


def test_the_share_nearest_to_the_cap() -> None:
    rows = [{"pair_id": each, "raw_weight": raw} for each, raw in ((1, 6.0), (2, 4.5), (3, 1.5))]
    found = miss(Gate.max_weight, rows, max_weight=0.4)
    assert (found["pair_id"], found["value"]) == (2, 0.375)
    assert found["margin"] == pytest.approx(-0.025)
    assert found["limit_provenance"] == "recorded"


def test_what_was_asked_against_the_size_cap() -> None:
    rows = [
        {"pair_id": 1, "raw_weight": 1.0, "asked": 500.0, "accepted": 300.0, "size_cap_usd": 300.0},
        {"pair_id": 2, "raw_weight": 1.0, "asked": 400.0, "accepted": 400.0, "size_cap_usd": 450.0},
    ]
    found = miss(Gate.size_cap, rows)
    assert found[["pair_id", "margin", "reached"]].tolist() == [2, -50, False]
    assert miss(Gate.max_weight, rows) is None


def test_a_weight_of_0_is_no_near_miss_of_the_closing_weight() -> None:
    rows = [{"pair_id": 1, "normalised_weight": 0.0, "old_value": 9.0}, {"pair_id": 2, "normalised_weight": 0.011}]
    found = miss(Gate.closing_weight, rows)
    assert found["pair_id"] == 2
    assert found["margin"] == pytest.approx(0.006)


def test_no_gate_is_invented_where_nothing_is_recorded() -> None:
    assert near_misses(make_history([{"pair_id": 1, "position_adjust_usd": 5.0}], 3)).empty
    assert set(GATE_MEANINGS) == set(Gate)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_near_misses_agree_with_the_outcomes(path) -> None:
    history = read_history(path)
    found, outcomes = near_misses(history), cycle_outcomes(history).set_index("cycle")["outcome"]
    whole = found[found["gate"] == "rebalance_threshold"]
    held = outcomes.reindex(whole["cycle"]).eq("held_below_threshold").to_numpy()
    assert (whole["reached"].to_numpy() == ~held).all()
    assert not found.duplicated(["cycle", "gate"]).any()
    assert (found["compared"] >= 1).all()


@settings(max_examples=40)
@given(
    changes=st.lists(st.floats(-500, 500).filter(lambda usd: abs(usd) > 1), min_size=1, max_size=6),
    threshold=st.floats(1, 400),
)
def test_no_other_change_is_nearer_to_the_threshold(changes, threshold) -> None:
    rows = [{"pair_id": each, "position_adjust_usd": usd} for each, usd in enumerate(changes, 1)]
    cycle = CYCLE | {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 1.0}
    found = miss(Gate.individual_threshold, rows, cycle, individual=threshold)
    assert abs(found["margin"]) == min(abs(abs(usd) - threshold) for usd in changes)
    assert found["value"] == abs(changes[found["pair_id"] - 1])


def cycle_of(largest):
    return {"max_position_adjust_usd": largest, "position_adjust_threshold_usd": 100.0}


def test_held_three_cycles_in_a_row_by_three_dollars_at_the_closest() -> None:
    rows = [{"cycle": cycle, "pair_id": 1, "position_adjust_usd": usd} for cycle, usd in enumerate((80, 97, 60, 150))]
    found = outcome_streaks(make_history(rows, [cycle_of(usd) for usd in (80.0, 97.0, 60.0, 150.0)]))
    assert found[
        ["outcome", "first_cycle", "last_cycle", "cycles", "closest_usd", "closest_cycle", "ongoing"]
    ].to_numpy(dtype=object).tolist() == [
        ["held_below_threshold", 0, 2, 3, 3, 1, False],
        ["rebalanced", 3, 3, 1, 50, 3, True],
    ]
    assert describe_streak(found.iloc[0]) == (
        "Held below the threshold 3 cycles in a row, 2026-01-05 to 2026-01-07, by $3.00 at the closest."
    )
    assert describe_streak(found.iloc[1]) == "Decided to rebalance once, 2026-01-08."


def test_a_streak_within_one_day_names_the_time() -> None:
    hours = [{"timestamp": pd.Timestamp("2026-01-05T08:00Z") + pd.Timedelta(hours=8 * each)} for each in (0, 1)]
    rows = [{"cycle": cycle, "pair_id": 1} for cycle in (0, 1)]
    found = outcome_streaks(make_history(rows, [cycle_of(0.0) | hour for hour in hours]))
    assert describe_streak(found.iloc[0]) == (
        "Nothing to change 2 cycles in a row, 2026-01-05 08:00 to 2026-01-05 16:00."
    )


def test_a_streak_whose_distance_nobody_recorded_has_none() -> None:
    found = outcome_streaks(make_history([{"pair_id": 1, "position_adjust_usd": 5.0}], 1))
    assert np.isnan(found["closest_usd"][0])
    assert found["closest_cycle"].isna().all()
    assert describe_streak(found.iloc[0]) == "Outcome not recorded once, 2026-01-05."


def test_streaks_of_a_part_keep_the_cycle_numbers() -> None:
    whole = make_history([{"cycle": each, "pair_id": 1} for each in range(4)], [cycle_of(0.0)] * 4)
    found = outcome_streaks(whole.between(whole.timestamps[2]))
    assert found[["first_cycle", "last_cycle"]].to_numpy().tolist() == [[2, 3]]


def test_pair_streaks_by_hand() -> None:
    rows = []
    for cycle in range(4):
        rows.append({"cycle": cycle, "pair_id": 1, "selected": cycle != 1, "signal": 1.0})
        refused = {"asked": 100.0, "accepted": 100.0 - (10, 0, 20, 30)[cycle]}
        rows.append({"cycle": cycle, "pair_id": 2, **refused, "position_adjust_usd": 5.0, "ignored": cycle < 2})
    found = pair_streaks(make_history(rows, [cycle_of(200.0)] * 4))
    columns = ["kind", "pair_id", "first_cycle", "last_cycle", "cycles", "ongoing"]
    assert found[columns].to_numpy(dtype=object).tolist() == [
        ["chosen", 2, 0, 3, 4, True],
        ["chosen", 1, 2, 3, 2, True],
        ["skipped", 2, 0, 1, 2, False],
        ["refused", 2, 2, 3, 2, True],
    ]
    assert found["usd"].tolist() == pytest.approx([np.nan, np.nan, 10, 20 + 30], nan_ok=True)
    single = pair_streaks(make_history(rows, [cycle_of(200.0)] * 4), at_least=1)
    assert single[(single["kind"] == "chosen") & (single["cycles"] == 1)]["pair_id"].tolist() == [1]


@settings(max_examples=40)
@given(largest=st.lists(st.none() | st.sampled_from([0.0, 50.0, 99.0, 100.0, 300.0]), min_size=1, max_size=12))
def test_streaks_cover_every_cycle_once_and_neighbours_differ(largest) -> None:
    rows = [{"cycle": cycle, "pair_id": 1, "position_adjust_usd": usd or 0.0} for cycle, usd in enumerate(largest)]
    history = make_history(rows, [cycle_of(usd) for usd in largest])
    found, outcomes = outcome_streaks(history), cycle_outcomes(history)["outcome"]
    covered = [n for streak in found.itertuples() for n in range(streak.first_cycle, streak.last_cycle + 1)]
    assert covered == list(range(len(largest)))
    assert found["cycles"].sum() == len(largest)
    assert (found["outcome"].shift() != found["outcome"]).all()
    for streak in found.itertuples():
        assert (outcomes[streak.first_cycle : streak.last_cycle + 1] == streak.outcome).all()
        known = [abs(usd - 100) for usd in largest[streak.first_cycle : streak.last_cycle + 1] if usd is not None]
        assert streak.closest_usd == pytest.approx(min(known, default=np.nan), nan_ok=True)
        assert describe_streak(streak).endswith(".")
    assert found["ongoing"].tolist() == [False] * (len(found) - 1) + [True]
