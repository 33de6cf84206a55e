"""Is what differs found, nothing else, and the right stage named first?"""

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest
from histories import REAL, SAMPLES, make_history, moment
from hypothesis import given, settings
from hypothesis import strategies as st

from alpha_model.analysis import compare_cycles, compare_histories
from alpha_model.analysis.compare import STAGE_MEANINGS, CompareStage
from alpha_model.analysis.compare.fields import PART_OF
from alpha_model.history import read_history
from alpha_model.rules import STEPS
from alpha_model.values.errors import HistoryError

SIGNALS = [
    {
        "cycle": cycle,
        "pair_id": pair_id,
        "signal": 1.0,
        "price": 10.0,
        "raw_weight": 1.0,
        "normalised_weight": 0.5,
        "asked": 500.0,
        "accepted": 500.0,
        "position_target": 500.0,
        "position_adjust_usd": 100.0,
        "old_value": 400.0,
    }
    for cycle in range(3)
    for pair_id in (1, 2)
]
CYCLES = [
    {
        "investable_equity": 1000.0,
        "trade_count": 1,
        "pipeline": json.dumps([{"step": "normalise_weights", "max_weight": 0.5}]),
    }
    for _ in range(3)
]
TRADES = [{"cycle": cycle, "pair_id": 1, "value": 100.0, "planned_quantity": 10.0} for cycle in range(3)]


def build(signal=None, cycle=None, trade=None, **more):
    """Three cycles of two pairs; changes go to the first pair of the second cycle."""
    signals, cycles, trades = copy.deepcopy((SIGNALS, CYCLES, TRADES))
    signals[2] |= signal or {}
    cycles[1] |= cycle or {}
    trades[1] |= trade or {}
    return make_history(signals, cycles, trades=trades, **more)


STAGES = [
    (CompareStage.inputs, {"signal": {"signal": 2.0, "signal_in_selection": 1.0}}),
    (CompareStage.inputs, {"signal": {"price": 11.0}}),
    (CompareStage.inputs, {"signal": {"old_value": 401.0}}),
    (CompareStage.inputs, {"signal": {"old_kind": "lending_protocol_short"}}),
    (CompareStage.inputs, {"cycle": {"investable_equity": 1001.0}}),
    (CompareStage.selection, {"signal": {"selected": False, "signal_in_selection": 0.0}}),
    (CompareStage.raw_weight, {"signal": {"raw_weight": 2.0}}),
    (CompareStage.concentration, {"signal": {"normalised_weight": 0.4}}),
    (CompareStage.concentration, {"signal": {"flags": ["capped_by_concentration"]}}),
    (CompareStage.size_risk, {"signal": {"accepted": 400.0}}),
    (CompareStage.size_risk, {"signal": {"flags": ["capped_by_pool_size"]}}),
    (CompareStage.target, {"signal": {"position_target": 450.0}}),
    (CompareStage.target, {"signal": {"position_adjust_usd": 50.0}}),
    (CompareStage.threshold, {"signal": {"ignored": True}}),
    (CompareStage.threshold, {"signal": {"flags": ["max_adjust_too_small"]}}),
    (CompareStage.threshold, {"signal": {"flags": ["moonshot"]}}),
    (CompareStage.trade, {"trade": {"planned_quantity": 9.0}}),
    (CompareStage.trade, {"trade": {"value": 90.0}}),
]


@pytest.mark.parametrize(("stage", "change"), STAGES)
def test_difference_is_found_at_its_stage(stage, change) -> None:
    found = compare_histories(build(), build(**change))
    assert found.first_stage == stage
    assert found.cycles["result"].tolist() == ["same", "differs", "same"]
    assert found.stages.set_index("stage").loc[str(stage), ["first_count", "cycle_count"]].tolist() == [1, 1]
    assert f"at 2026-01-06 00:00 UTC, stage {stage}:" in found.verdict
    assert compare_cycles(build().cycle(1), build(**change).cycle(1)).first_stage == stage
    assert compare_cycles(build().cycle(0), build(**change).cycle(0)).first_stage is None


def test_earlier_stage_comes_before_a_later_one() -> None:
    change = {"signal": {"raw_weight": 2.0, "normalised_weight": 0.6, "position_target": 600.0}}
    found = compare_cycles(build().cycle(1), build(**change).cycle(1))
    assert found.first_stage == CompareStage.raw_weight
    assert found.differences[["stage", "field", "a", "b", "difference"]].to_numpy().tolist() == [
        ["raw_weight", "raw_weight", 1.0, 2.0, 1.0],
        ["concentration", "normalised_weight", 0.5, 0.6, pytest.approx(0.1)],
        ["target", "position_target", 500.0, 600.0, 100.0],
    ]
    assert set(found.differences["first_stage"]) == {"raw_weight"}
    assert found.differences["sentence"].iloc[2] == "T1-USDC: target $500.00 in A, $600.00 in B."


def test_largest_difference_is_in_usd() -> None:
    found = compare_histories(build(), build(signal={"position_target": 470.0, "raw_weight": 900.0}))
    assert found.cycles["largest_usd"].fillna(0).tolist() == [0, 30.0, 0]


def test_with_size_risk_a_weight_belongs_to_that_stage() -> None:
    sized = {"accepted_investable_equity": 1000.0}
    found = compare_histories(build(cycle=sized), build(cycle=sized, signal={"normalised_weight": 0.4}))
    assert found.first_stage == CompareStage.size_risk


def test_pair_in_one_cycle_only_is_a_difference_of_inputs() -> None:
    signals = [row for row in SIGNALS if (row["cycle"], row["pair_id"]) != (1, 2)]
    found = compare_cycles(make_history(SIGNALS, CYCLES).cycle(1), make_history(signals, CYCLES).cycle(1))
    assert found.differences.loc[found.differences["pair"].notna(), ["field", "a", "b"]].to_numpy().tolist() == [
        ["present", True, False]
    ]
    assert found.verdict.startswith("The two cycles differ first at stage inputs: T2-USDC is there in A and not in B,")


def test_settings_that_differ_are_named() -> None:
    other = {"pipeline": json.dumps([{"step": "normalise_weights", "max_weight": 0.6, "waterfall": True}])}
    found = compare_histories(build(), build(cycle=other))
    assert found.first_stage is None
    assert found.settings[["setting", "a", "b", "cycles"]].to_numpy().tolist() == [
        ["normalise_weights.max_weight", "0.5", "0.6", 1],
        ["normalise_weights.waterfall", None, "true", 1],
    ]
    assert "The settings differ: normalise_weights.max_weight 0.5 in A, 0.6 in B; normalise" in found.verdict


def test_what_one_side_does_not_record_is_not_a_difference() -> None:
    bare = [{key: value for key, value in row.items() if key != "price"} for row in SIGNALS]
    found = compare_histories(make_history(SIGNALS, CYCLES), make_history(bare, CYCLES))
    assert (found.first_stage, found.not_compared["price"]) == (None, "recorded in A only")


def test_times_within_the_tolerance_are_the_same_cycle_and_each_is_used_once() -> None:
    late = copy.deepcopy(CYCLES)
    for number, minutes in enumerate((4, 70, 5)):
        late[number]["timestamp"] = moment(number) + timedelta(minutes=minutes)
    a, b = make_history(SIGNALS, CYCLES), make_history(SIGNALS, late)
    assert compare_histories(a, b).verdict.startswith("The histories share no cycle: nothing was compared.")
    found = compare_histories(a, b, "10min")
    assert found.cycles["result"].tolist() == ["same", "only in A", "only in B", "same"]
    assert found.cycles["cycle_a"].fillna(-1).tolist() == [0, 1, -1, 2]
    assert " 1 cycle is only in A. 1 cycle is only in B. With a tolerance of 2h" in found.verdict


@pytest.mark.parametrize(
    ("late", "words"),
    [
        ([timedelta(seconds=7 + n) for n in range(3)], "With a tolerance of 10s, 3 cycles would be shared."),
        ([timedelta(0), timedelta(hours=-1), timedelta(hours=-1)], "With a tolerance of 1h, 3 cycles would be shared."),
        ([timedelta(hours=11, minutes=30)] * 3, "With a tolerance of 12h, 3 cycles would be shared."),
        ([timedelta(days=n) for n in (9, 10, 11)], None),
    ],
    ids=["seconds late", "clock changed", "half a day", "other days"],
)
def test_tolerance_that_would_help_is_offered(late, words) -> None:
    a = make_history(SIGNALS, CYCLES)
    b = make_history(SIGNALS, [{"timestamp": moment(n) + by, **CYCLES[n]} for n, by in enumerate(late)])
    found = compare_histories(a, b)
    assert (found.next_step and found.next_step.words) == words
    assert words is None or found.verdict.endswith(words)
    assert words is not None or "A has 3 cycles from 2026-01-05 00:00:00 to 2026-01-07 00:00:00 UTC." in found.verdict
    if words:
        offered = found.next_step.tolerance
        assert set(compare_histories(a, b, offered).cycles["result"]) == {"same"}
        assert compare_histories(a, b, offered).next_step is None


def test_one_cycle_each_is_offered_a_tolerance_too() -> None:
    late = [{**CYCLES[0], "timestamp": moment(0) + timedelta(minutes=7)}]
    found = compare_histories(make_history(SIGNALS[:2], CYCLES[:1]), make_history(SIGNALS[:2], late))
    assert found.next_step.words == "With a tolerance of 10min, 1 cycle would be shared."


TETHER = {1: "BTC-USDT", 2: "eth-USDT", 3: "WBTC-USDT"}


@pytest.mark.parametrize(
    ("tickers", "others"),
    [(TETHER, {1: "BTC-USDC", 2: "ETH-USDC", 3: "WBTC-USDC"}), (TETHER, {1: "BTCUSD", 2: "ETHUSDC", 3: "WBTC/EUR"})],
)
def test_pairs_match_by_base_where_asked_and_it_is_said(tickers, others) -> None:
    signals = [*SIGNALS, {"pair_id": 3, "cycle": 0}]
    a, b = make_history(signals, CYCLES, tickers), make_history(signals, CYCLES, others)
    apart = compare_histories(a, b)
    assert apart.first_stage == CompareStage.inputs
    assert apart.next_step.words == "Matched by base, 3 more pairs would be in both."
    assert apart.next_step.match == "base"
    found = compare_histories(a, b, match="base")
    assert (found.first_stage, found.next_step) == (None, None)
    assert set(found.pairs["matched_by"]) == {"base"}
    assert f" 3 pairs are matched by base alone, as BTC-USDT with {others[1]}." in found.verdict
    assert "matched by base" in compare_cycles(a.cycle(0), b.cycle(0), match="base").verdict
    with pytest.raises(HistoryError, match=r"'pair' or by 'base', got 'quote'"):
        compare_histories(a, b, match="quote")


def test_base_that_stands_in_two_pairs_matches_nothing() -> None:
    signals = [{"pair_id": n} for n in (1, 2)]
    a = make_history(signals, tickers={1: "BTC-USDT", 2: "BTC-DAI"})
    b = make_history(signals[:1], tickers={1: "BTC-USDC"})
    assert set(compare_histories(a, b, match="base").pairs["matched_by"]) == {"only in A", "only in B"}


def test_two_cycles_of_one_history_are_before_and_after() -> None:
    history = build(signal={"signal": 2.0})
    found = compare_cycles(history.cycle(0), history.cycle(1))
    assert found.verdict.startswith("The two cycles differ first at stage inputs: T1-USDC: signal 1 before, 2 after")
    backwards = compare_cycles(history.cycle(1), history.cycle(0))
    assert "signal 2 in A, 1 in B" in backwards.verdict


def test_cycle_that_is_near_two_belongs_to_the_nearer() -> None:
    between = [{**CYCLES[0], "timestamp": moment(0) + timedelta(hours=11)}]
    found = compare_histories(make_history(SIGNALS, CYCLES), make_history(SIGNALS[:2], between), "1D")
    assert found.cycles["result"].tolist() == ["same", "only in A", "only in A"]


def with_pairs(history, **columns):
    pairs = history.tables.pairs
    for name, values in columns.items():
        place = pairs.schema.get_field_index(name)
        pairs = pairs.set_column(place, pairs.schema.field(name), pa.array(values, pairs.schema.field(name).type))
    return type(history)(replace(history.tables, pairs=pairs))


def test_pairs_align_by_address_whatever_their_ids_and_names() -> None:
    place = {"chain_id": [1, 1], "kind": ["vault", "vault"]}
    a = with_pairs(build(), pool_address=["0xA", "0xB"], **place)
    swapped = [row | {"pair_id": 8 - row["pair_id"]} for row in SIGNALS]
    b = with_pairs(make_history(swapped, CYCLES, {6: "X", 7: "Y"}), pool_address=["0xb", "0xa"], **place)
    found = compare_histories(a, b)
    assert found.pairs[["pair_id_a", "pair_id_b", "matched_by"]].to_numpy().tolist() == [
        [1, 7, "address"],
        [2, 6, "address"],
    ]
    assert set(found.stages.query("cycle_count > 0")["stage"]) <= {"trade"}


def test_pairs_without_address_align_by_ticker_and_doubtful_ones_do_not() -> None:
    a = make_history([{"pair_id": n} for n in (1, 2, 3)], tickers={1: "A", 2: "B", 3: "B"})
    b = make_history([{"pair_id": n} for n in (3, 4, 5)], tickers={3: "B", 4: "B", 5: "A"})
    found = compare_histories(a, b).pairs.sort_values(["pair_id_a", "pair_id_b"])
    assert found.fillna({"pair_id_a": -1, "pair_id_b": -1})[
        ["pair_id_a", "pair_id_b", "matched_by"]
    ].to_numpy().tolist() == [
        [1, 5, "ticker"],
        [2, -1, "only in A"],
        [3, 3, "ticker and id"],
        [-1, 4, "only in B"],
    ]


def test_last_digits_are_the_same_number_unless_nothing_may_differ() -> None:
    other = build(signal={"normalised_weight": 0.5 * (1 + 1e-12), "position_target": 500.001})
    assert compare_histories(build(), other).first_stage is None
    assert compare_histories(build(), other, relative=0, usd=0).first_stage == CompareStage.concentration


@pytest.mark.parametrize(
    "wrong", [{"tolerance": "-1h"}, {"tolerance": "soon"}, {"relative": -1}, {"usd": float("nan")}]
)
def test_wrong_tolerances_are_refused(wrong) -> None:
    with pytest.raises(HistoryError, match=r"tolerance|time|number"):
        compare_histories(build(), build(), **wrong)


def test_two_cycles_are_compared_and_not_more() -> None:
    with pytest.raises(HistoryError, match="got 3 cycles"):
        compare_cycles(build(), build().cycle(0))


def test_empty_histories_share_nothing() -> None:
    found = compare_histories(make_history(cycles=0), build())
    assert found.cycles["result"].tolist() == ["only in B"] * 3
    assert compare_histories(make_history(cycles=0), make_history(cycles=0)).cycles.empty


@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_history_is_the_same_as_itself(path) -> None:
    if path.name == "no-alpha-model.json":
        pytest.skip("no cycles")
    found = compare_histories(read_history(path), read_history(path), relative=0, usd=0)
    assert found.first_stage is None
    assert set(found.cycles["result"]) == {"same"}
    assert found.settings.empty
    assert not any(words.startswith("only") for words in found.pairs["matched_by"])


def test_last_cycle_kept_by_a_state_is_the_same_as_in_its_full_record() -> None:
    full, last = (read_history(path) for path in SAMPLES if "reference_layout" in path.name)
    found = compare_histories(full, last)
    assert found.verdict == "The histories agree in the one cycle that they share. 52 cycles are only in A."


_NUMBERS = ["signal", "raw_weight", "normalised_weight", "position_target", "position_adjust_usd", "old_value"]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(_NUMBERS), st.floats(0.01, 100))
def test_one_changed_number_is_the_only_difference(column, factor) -> None:
    change = {column: SIGNALS[2][column] * (1 + factor)} | ({"signal_in_selection": 1.0} if column == "signal" else {})
    found = compare_cycles(build().cycle(1), build(signal=change).cycle(1))
    assert found.differences["field"].tolist() == [column]
    assert found.differences["difference"].iloc[0] == pytest.approx(SIGNALS[2][column] * factor)


def test_every_stage_has_a_meaning() -> None:
    assert set(STAGE_MEANINGS) == set(CompareStage)
    assert [step.name for step in STEPS if step.name not in PART_OF] == list(CompareStage)
