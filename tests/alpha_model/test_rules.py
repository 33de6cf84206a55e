"""Do the rules, their settings and their tables say what they should, by hand?"""

from __future__ import annotations

import functools
import json

import jsonschema
import numpy as np
import pytest
from builders import MONDAY, make_manager, make_model, make_pair

from alpha_model import AlphaModel, ArgumentError, clip_to_normalised, rules, weight_by_softmax, weight_passthrough
from alpha_model import TradingPairSignalFlags as Flags
from alpha_model.rules import Action, Compat, CycleSettings, Gate, Method, PositionKind, Situation, decide_cycles

NOTHING, SPOT, LEVERAGED, SHORT = PositionKind


def situation(signals: list[list[float]], **columns: object) -> Situation:
    """Cycles over pairs at 10 USD, with 1,000 USD each and nothing held."""
    given = np.array(signals, dtype=float)
    one = np.full((len(given), 1), 1000.0)
    usual = {
        "equity": one,
        "cash": one,
        "price": np.full(given.shape, 10.0),
        "old_value": np.zeros(given.shape),
        "held": np.zeros(given.shape, dtype=np.int8),
    }
    return Situation(given, **(usual | {name: np.array(values) for name, values in columns.items()}))


def settings(**given: object) -> CycleSettings:
    return CycleSettings(**({"method": Method("weight_passthrough"), "min_trade_threshold": 0.0} | given))


@pytest.mark.parametrize(
    ("held", "signal", "leveraged", "weight", "flips"),
    [
        (NOTHING, 1.0, False, 0.5, False),
        (SPOT, 1.0, False, 0.5, False),
        (SPOT, 1.0, True, 0.5, True),
        (SPOT, -1.0, True, 0.5, True),
        (SPOT, -1.0, True, 0.0, False),
        (SPOT, 0.0, False, 0.0, False),
        (LEVERAGED, 1.0, True, 0.5, False),
        (LEVERAGED, 1.0, False, 0.5, True),
        (LEVERAGED, -1.0, True, 0.5, True),
        (SHORT, -1.0, True, 0.5, False),
        (SHORT, 1.0, True, 0.5, True),
    ],
)
def test_flip_is_a_change_of_kind_for_numbers_and_arrays_alike(held, signal, leveraged, weight, flips) -> None:
    assert bool(rules.is_flip(held, rules.wanted_kind(signal, leveraged), weight)) is flips
    wanted = rules.wanted_kind(np.array([signal]), np.array([leveraged]))
    assert rules.is_flip(np.array([held]), wanted, np.array([weight])).tolist() == [flips]


def test_change_to_a_leveraged_long_is_a_flip_with_two_trades() -> None:
    manager = make_manager({1: 10.0}, cash=500, held={1: 50})
    model = AlphaModel(MONDAY)
    model.set_signal(make_pair(1), 1.0, leverage=2.0)
    model.select_top_signals(1)
    model.assign_weights()
    model.normalise_weights()
    model.update_old_weights(manager.portfolio)
    model.calculate_target_positions(manager, 8)
    signal = model.signals[1]
    assert (signal.is_flipping(), signal.get_flip_label(), signal.position_adjust_usd) == (True, "spot -> leveraged", 8)
    trades = model.generate_rebalance_trades_and_triggers(manager, 0, 10, use_spot_for_long=False)
    assert [trade.closing for trade in trades] == [True, False]  # the 500 that are closed are its size


def test_batch_takes_settings_of_its_own_for_each_row() -> None:
    decided = decide_cycles(
        situation([[4.0, 3.0, 1.0]] * 4),
        [
            settings(top_n=1),
            settings(signal_threshold=3.0, max_weight=0.5),
            settings(method=Method("weight_equal"), individual_threshold=400.0),
            settings(size_risk_model={"name": "any"}, waterfall=True, max_weight=0.6),
        ],
    )
    third = pytest.approx(1000 / 3)
    assert decided.target.tolist() == [
        [1000, 0, 0],
        [500, pytest.approx(3000 / 7), 0],
        [third, third, third],
        [600, 400, 0],
    ]
    assert decided.gate[2].tolist() == [Gate.trade_too_small] * 3
    assert np.isnan(decided.discarded[:3]).all()
    with pytest.raises(ArgumentError, match="settings for each of 4 rows, got 1"):
        decide_cycles(situation([[1.0]] * 4), [settings()])
    with pytest.raises(ArgumentError, match="without a weighting method"):
        decide_cycles(situation([[1.0]]), CycleSettings())


def test_batch_without_rows_or_pairs_is_decided() -> None:
    for shape in ((0, 3), (2, 0)):
        decided = decide_cycles(situation(np.zeros(shape).tolist() or np.zeros(shape)), settings())  # type: ignore[arg-type]
        assert decided.action.shape == shape


def test_limits_are_an_array_or_a_question_for_each_pair() -> None:
    raw, equity = np.array([[1.0, 3.0]]), np.array([[1000.0]])
    asked = []

    def market(column: int, usd: float) -> float:
        asked.append((column, usd))
        return min(usd, 500.0)

    sharing = rules.Sharing()
    for limits in (np.full((1, 2), 500.0), market):
        shared, discarded = rules.share_out(raw, equity, sharing, limits)
        assert (shared.accepted.tolist(), discarded.item()) == ([[312.5, 500]], 187.5)  # a quarter of 1,250
    assert asked == [(1, 750), (0, 312.5)]


@pytest.mark.parametrize(
    ("habit", "given", "row", "field", "ours", "theirs"),
    [
        ("signed_selection", {"top_n": 1}, [1.0, -2.0], "target", [0, 1000], [1000, 0]),
        ("ascending_rank", {"method": Method("weight_by_1_slash_n")}, [2.0, 1.0], "raw_weight", [1, 0.5], [0.5, 1]),
        ("unflagged_caps", {"max_weight": 0.4}, [1.0, 1.0], "flags", [2, 2], [0, 0]),
        ("skipped_not_ignored", {"individual_threshold": 2e3}, [1.0, 1.0], "ignored", [True, True], [False, False]),
        (
            "no_zero_sell_threshold",
            {"individual_threshold": 2e3, "sell_threshold": 0.0},
            [1.0, np.nan],
            "action",
            [Action.skip, Action.trade],
            [Action.skip, Action.skip],
        ),
    ],
)
def test_habit_of_the_reference_is_off_unless_it_is_asked_for(habit, given, row, field, ours, theirs) -> None:
    held = {"held": [[0, SPOT]], "old_value": [[0.0, 100.0]]} if habit == "no_zero_sell_threshold" else {}
    given = {"close_weight_epsilon": 0.0} | given
    for compat, expected in ((Compat(), ours), (Compat(**{habit: True}), theirs)):
        decided = decide_cycles(situation([row], **held), settings(compat=compat, **given))
        assert getattr(decided, field).tolist() == [expected]


def test_reference_caps_an_ask_once_and_flags_every_cap() -> None:
    raw, equity = np.array([[1.0, 1.0]]), np.array([[1000.0]])
    market = np.array([[0.0, 2000.0]])
    once, _ = rules.share_out(raw, equity, rules.Sharing(max_weight=0.4), market, compat=Compat(no_second_cap=True))
    ours, _ = rules.share_out(raw, equity, rules.Sharing(max_weight=0.4), market)
    assert (once.asked.tolist(), ours.asked.tolist()) == ([[400, 560]], [[400, 400]])  # 0.4 of 1,400
    barely = np.array([[0.4 * (1 + 1e-15)]])
    assert [rules.is_cut(barely, 0.4, compat).item() for compat in (Compat(), Compat(strict_caps=True))] == [
        False,
        True,
    ]


def test_reference_takes_what_is_over_off_its_largest_weight() -> None:
    assert clip_to_normalised({1: 0.5, 2: 0.5 + 1e-9}) == pytest.approx({1: 0.5, 2: 0.5}, abs=1e-12)
    rounding = {1: 0.1, 2: 0.2, 3: 0.7000000000000001}
    assert sum(clip_to_normalised(rounding).values()) <= 1
    assert clip_to_normalised({}) == {}
    assert clip_to_normalised({1: 0.0}) == {1: 0.0}


def test_settings_go_into_a_record_and_come_back() -> None:
    chosen = CycleSettings(
        top_n=5,
        method=Method("weight_by_softmax", {"temperature": 3.0}),
        max_weight=0.25,
        size_risk_model={"name": "FixedSizeRiskModel", "per_position_cap": 500},
        waterfall=True,
        max_weight_per_chain=0.5,
        sell_threshold=0.0,
        cap_buys_to_cash=True,
    )
    assert CycleSettings.from_pipeline(chosen.to_pipeline()) == chosen
    assert CycleSettings.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen
    jsonschema.validate(chosen.to_dict(), CycleSettings.json_schema())
    assert chosen.sharing is rules.SharingMode.waterfall
    assert CycleSettings().sharing is None
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"top_n": "five"}, CycleSettings.json_schema())


def test_settings_are_those_that_the_model_ran_with() -> None:
    manager, model = make_manager({1: 10.0}), make_model({1: 1.0})
    model.assign_weights(functools.partial(weight_by_softmax, temperature=3.0))
    model.normalise_weights(max_weight=0.25)
    model.calculate_target_positions(manager, 1000)
    model.generate_rebalance_trades_and_triggers(manager, 5.0, sell_rebalance_min_threshold=0.0)
    read = CycleSettings.from_pipeline(model.pipeline, close_weight_epsilon=model.close_position_weight_epsilon)
    assert read == CycleSettings(
        top_n=1,
        signal_threshold=0.0,
        method=Method("weight_by_softmax", {"temperature": 3.0}),
        max_weight=0.25,
        waterfall=False,
        epsilon_usd=5.0,
        min_trade_threshold=5.0,
        individual_threshold=0.0,
        use_spot_for_long=True,
        sell_threshold=0.0,
        cap_buys_to_cash=False,
        cash_headroom=0.0,
        close_weight_epsilon=0.005,
    )


@pytest.mark.parametrize(
    "junk",
    [None, 5, "text", [None, 1], [{"step": 5}], [{"step": "select_top_signals", "count": "x", "threshold": True}],
     [{"step": "assign_weights", "method": [1]}], {"step": "select_top_signals"},
     [{"step": "normalise_weights", "size_risk_model": "x", "waterfall": 1, "max_weight": float("nan")}]],
)  # fmt: skip
def test_what_is_no_setting_is_left_out(junk) -> None:
    assert CycleSettings.from_pipeline(junk) == CycleSettings()


def test_settings_are_columns_too() -> None:
    found = rules.columns([settings(top_n=5), CycleSettings()])
    np.testing.assert_array_equal(found["top_n"], [5, np.nan])
    assert found["method"].tolist() == [Method("weight_passthrough"), None]


def by_square(signals: dict[int, float], power: float = 2.0) -> dict[int, float]:
    """A strategy's own weighting method."""
    return {pair_id: abs(signal) ** power for pair_id, signal in signals.items()}


def test_own_method_is_recorded_by_name_and_source_and_replayable_when_registered(monkeypatch) -> None:
    monkeypatch.setattr("alpha_model.rules.methods._OWN", {})
    model = make_model({1: 1.0, 2: 3.0})
    model.assign_weights(functools.partial(by_square, power=3.0))
    written = model.pipeline[-1]["method"]
    assert written == {"name": "by_square", "source": Method.of(by_square).source, "power": 3.0}
    method = Method.read(json.loads(json.dumps(written)))
    there = np.array([[True, False, True]])
    with pytest.raises(ArgumentError, match="'by_square' cannot be run again"):
        method.weigh(np.array([[1.0, 9.0, -2.0]]), there)
    rules.register(by_square)
    assert method.replayable
    assert method.weigh(np.array([[1.0, 9.0, -2.0]]), there).tolist() == [[1, 0, 8]]
    assert not Method("by_square", source="another").replayable


def test_lambda_is_recorded_as_what_it_is() -> None:
    model = make_model({1: 1.0})
    model.assign_weights(lambda signals: dict.fromkeys(signals, 1.0))
    method = Method.read(model.pipeline[-1]["method"])
    assert (method.name, method.replayable) == ("<lambda>", False)
    with pytest.raises(ArgumentError, match="needs a name, got <lambda>"):
        rules.register(lambda signals: signals)
    with pytest.raises(ArgumentError, match="weight_equal is a method of the library"):
        rules.register(_named("weight_equal"))


def _named(name: str):
    def function(signals):
        return signals

    function.__name__ = name
    return function


def test_function_that_bears_a_name_of_the_library_is_not_taken_for_it() -> None:
    method = Method.of(_named("weight_equal"))
    assert (method.replayable, Method.of(weight_passthrough)) == (False, Method("weight_passthrough"))
    assert Method("weight_passthrouh").replayable


def test_every_flag_of_the_model_belongs_to_a_step() -> None:
    of_steps = {flag for step in rules.STEPS for flag in step.flags}
    from_elsewhere = {
        Flags.capped_by_pending_settlement_cash,
        Flags.parked_in_queue_vault,
        Flags.promoted_from_queue_vault,
    }
    assert of_steps == set(Flags) - from_elsewhere
    assert set(rules.FLAG_OF_GATE.values()) <= rules.flags_of("generate_rebalance_trades_and_triggers")
    assert {step.call for step in rules.STEPS} <= set(dir(AlphaModel))
    assert list(rules.STEP_OF) == [step.name for step in rules.STEPS]
    assert all(bit == 1 << place for place, bit in enumerate(rules.BIT.values()))


def test_names_that_moved_answer_for_one_release() -> None:
    from alpha_model import allocation  # noqa: PLC0415 - the module that is asked

    with pytest.warns(DeprecationWarning, match=r"is alpha_model\.rules\.SharingMode now"):
        assert allocation.SharingMode is rules.SharingMode
    with pytest.raises(AttributeError, match="has no attribute 'share_out'"):
        allocation.share_out  # noqa: B018 - asking is what fails
    with pytest.warns(DeprecationWarning, match=r"is_flipping\(\) now"):
        assert not make_model({1: 1.0}).signals[1].changes_position_kind()
