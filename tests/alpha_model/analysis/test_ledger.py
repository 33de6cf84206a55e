"""Every dollar from what a signal wanted to what was traded: by hand, by properties, over every history there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import make_manager, make_model, make_pair
from histories import EVERY, kept_by_framework, make_history
from hypothesis import given, settings
from hypothesis import strategies as st

from alpha_model import AlphaModel, FixedSizeRiskModel, weight_passthrough
from alpha_model.analysis import constraint_costs, cycle_settings, facts_of, ledger, ledger_by_cycle, ledger_by_pair
from alpha_model.analysis.ledger import CONSTRAINTS, STAGE_LABELS, provenance_shares
from alpha_model.analysis.ledger.targets import TARGET_STAGES
from alpha_model.analysis.ledger.trades import TRADE_STAGES
from alpha_model.history import History, read_history
from alpha_model.rules import Sum, steps_into

BEFORE = ["selection", "concentration", "redistribution", "protocol", "size_risk", "chain", "other"]
AFTER = ["flip", "unexplained", "cash", "threshold", "close"]
PRICES = {1: 50.0, 2: 10.0, 3: 1.0, 4: 1234.5}


def cycle(
    signals: dict[int, float],
    held: dict[int, Any] | None = None,
    max_weight: float = 1.0,
    cap: float | None = None,
    gates: tuple[float, float] = (0.0, 0.0),
    **sharing: Any,
) -> AlphaModel:
    """One cycle of our own model over $1,000 of investable equity."""
    manager = make_manager(PRICES, cash=1000, held=held)
    model = make_model(signals)
    if cap is None:
        model.normalise_weights(max_weight)
    else:
        risk = FixedSizeRiskModel(manager.pricing_model, per_position_cap=cap)
        model.normalise_weights(max_weight, investable_equity=1000.0, size_risk_model=risk, **sharing)
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager, None if cap is not None else 1000.0)
    model.generate_rebalance_trades_and_triggers(manager, *gates)
    return model


def amounts(history: History, *names: str) -> list[list[float]]:
    """These columns of the ledger by pair."""
    frame = ledger(history).set_index("pair_id").sort_index()
    return [frame[name].round(6).tolist() for name in names]


def test_concentration_takes_what_is_above_the_largest_share_and_leaves_it_in_cash() -> None:
    history = kept_by_framework(cycle({1: 5.0, 2: 3.0, 3: 2.0}, max_weight=0.4))
    wanted, concentration, target = amounts(history, "wanted", "concentration", "target")
    assert wanted == [500, 300, 200]
    assert concentration == [-100, 0, 0]
    assert target == [400, 300, 200]


def test_what_size_risk_refuses_is_offered_to_the_smaller_signals() -> None:
    history = kept_by_framework(cycle({1: 5.0, 2: 3.0, 3: 2.0}, max_weight=0.4, cap=350.0))
    concentration, offered, refused, target = amounts(history, "concentration", "redistribution", "size_risk", "target")
    assert concentration == [-100, 0, 0]
    assert refused == [-50, 0, 0]
    assert offered == [0, 15, 10]  # of the $50, each by its share of 0.3 and 0.2
    assert target == [350, 315, 210]


def test_gates_hold_back_the_change_and_not_the_target() -> None:
    held = {1: 10, 2: 30}  # $500 and $300
    history = kept_by_framework(cycle({1: 5.2, 2: 2.8, 3: 2.0}, held, gates=(10.0, 60.0)))
    change, threshold, traded = amounts(history, "change", "threshold", "traded")
    assert change == [20, -20, 200]
    assert threshold == [-20, 20, 0]
    assert traded == [0, 0, 200]
    costs = constraint_costs(history).iloc[0]
    assert (costs["individual_threshold"], costs["rebalance_threshold"]) == (40, 0)


def test_rebalance_threshold_holds_back_everything() -> None:
    history = kept_by_framework(cycle({1: 5.2, 2: 2.8, 3: 2.0}, {1: 10, 2: 30, 3: 190}, gates=(60.0, 0.0)))
    assert amounts(history, "traded") == [[0, 0, 0]]
    costs = constraint_costs(history).iloc[0]
    assert costs["rebalance_threshold"] == pytest.approx(50)  # 20 + 20 + 10
    assert costs["individual_threshold"] == 0


def test_what_was_not_selected_would_have_had_the_share_of_one_signal_more() -> None:
    manager = make_manager(PRICES)
    model = AlphaModel(manager.timestamp)
    for pair in make_model({1: 6.0, 2: 4.0, 3: 2.5}).raw_signals.values():
        model.set_signal(pair.pair, pair.signal)
    model.select_top_signals(2)
    model.assign_weights(weight_passthrough)
    model.normalise_weights()
    model.calculate_target_positions(manager, 1000.0)
    frame = ledger(kept_by_framework(model)).set_index("pair_id")
    assert frame.loc[3, "wanted"] == pytest.approx(200)  # 2.5 / (6 + 4 + 2.5)
    assert frame.loc[3, ["ideal", "target"]].tolist() == [0, 0]
    assert not frame.loc[3, "chosen"]


@pytest.mark.parametrize(
    ("cap", "protocol", "targets"),
    [
        # 1 and 2 are of one protocol: 0.6 of the weights, of which 0.75 may stay
        (None, [-100, -50, 0], [300, 150, 400]),
        # one after the other: 1 takes 400 of the 450, and 2 finds 50
        (10_000.0, [0, -150, 0], [400, 50, 400]),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_cap_of_a_protocol_is_a_stage_of_its_own(
    cap: float | None, protocol: list[float], targets: list[float], *, told: bool
) -> None:
    manager = make_manager(PRICES, cash=1000)
    model = AlphaModel(manager.timestamp)
    for pair_id, signal in {1: 4.0, 2: 2.0, 3: 4.0}.items():
        model.set_signal(make_pair(pair_id, exchange_name="y" if pair_id == 3 else "x"), signal)
    model.select_top_signals(3)
    model.assign_weights(weight_passthrough)
    risk = None if cap is None else FixedSizeRiskModel(manager.pricing_model, per_position_cap=cap)
    model.normalise_weights(1.0, 1000.0, risk, max_protocol_weight=0.45)
    model.calculate_target_positions(manager, 1000.0)
    if not told:
        for signal in model.signals.values():
            signal.reasons = None
    history = kept_by_framework(model)
    assert amounts(history, "protocol", "target", "redistribution", "other") == [protocol, targets, [0] * 3, [0] * 3]
    assert constraint_costs(history)["protocol"].tolist() == [150]
    worst = ledger(history).set_index("pair_id").loc[2, "protocol_provenance"]
    assert worst == ("recorded" if told else "inferred")


def test_stages_are_the_steps_that_lead_from_wanted_to_target_and_on() -> None:
    assert [name for name in TARGET_STAGES if name != "other"] == list(steps_into(Sum.target))
    assert [name for name in TRADE_STAGES if name != "unexplained"] == list(steps_into(Sum.traded))
    assert set(STAGE_LABELS) == {*TARGET_STAGES, *TRADE_STAGES, "wanted", "target", "old_value", "change", "traded"}


def test_what_is_not_recorded_is_unknown_and_never_zero() -> None:
    frame = ledger(make_history([{"pair_id": 1, "position_adjust_usd": 10.0}], [{}]))
    assert frame[["wanted", "target", "change", "traded"]].isna().to_numpy().all()
    assert frame.loc[0, "wanted_provenance"] == "unknown"
    assert ledger_by_cycle(make_history([{"pair_id": 1}], [{}]))["wanted"].isna().all()


def test_settings_are_recorded_or_inferred_with_their_fit() -> None:
    model = cycle({1: 5.0, 2: 3.0, 3: 2.0}, max_weight=0.4)
    recorded = cycle_settings(kept_by_framework(model)).iloc[0]
    assert (recorded["method"], recorded["max_weight"]) == ("weight_passthrough", 0.4)
    assert recorded["method_provenance"] == recorded["max_weight_provenance"] == "recorded"
    model.pipeline.clear()
    inferred = cycle_settings(kept_by_framework(model)).iloc[0]
    assert inferred["method"] == "weight_passthrough"
    assert inferred["max_weight"] == pytest.approx(0.4)
    assert inferred["method_provenance"] == inferred["max_weight_provenance"] == "inferred"
    assert inferred["method_fit"] == inferred["max_weight_fit"] == 1.0


def test_rollups_are_sums_of_the_ledger() -> None:
    first = cycle({1: 5.0, 2: 3.0, 3: 2.0}, max_weight=0.4, cap=350.0)
    second = cycle({1: 1.0, 2: 1.0}, max_weight=0.4)
    history = kept_by_framework(first, second)
    frame, by_cycle, by_pair = ledger(history), ledger_by_cycle(history), ledger_by_pair(history)
    for name in ("wanted", "concentration", "size_risk", "target", "traded"):
        np.testing.assert_allclose(by_cycle[name], frame.groupby("cycle")[name].sum())
        np.testing.assert_allclose(by_pair.set_index("pair_id")[name], frame.groupby("pair_id")[name].sum())
    assert by_pair["chosen_cycles"].tolist() == [2, 2, 1]


def assert_adds_up(history: History) -> None:
    """Both sums, to the cent, wherever all amounts are known; what is unknown says so."""
    frame = ledger(history)
    size = 0.005 + 1e-9 * frame[["wanted", "target", "old_value"]].abs().max(axis=1)
    for start, stages, end in (("wanted", BEFORE, "target"), ("change", AFTER, "traded")):
        gap = (frame[start] + frame[stages].sum(axis=1, skipna=False) - frame[end]).abs()
        assert (gap.isna() | (gap <= size)).all()
    change = (frame["target"] - frame["old_value"] - frame["change"]).abs()
    assert (change.isna() | (change <= size)).all()
    for name in ("wanted", *BEFORE, "target", "change", *AFTER, "traded"):
        unknown = (frame[f"{name}_provenance"] == "unknown").to_numpy()
        assert (unknown == frame[name].isna().to_numpy()).all(), name
    costs = constraint_costs(history)[list(CONSTRAINTS)]
    assert not (costs < 0).to_numpy().any()


@settings(max_examples=80, deadline=None)
@given(
    signals=st.dictionaries(st.sampled_from(sorted(PRICES)), st.floats(0.001, 10), min_size=1),
    held=st.dictionaries(st.sampled_from(sorted(PRICES)), st.integers(1, 20)),
    max_weight=st.floats(0.05, 1),
    cap=st.none() | st.floats(0, 600),
    sharing=st.sampled_from([{}, {"max_positions": 2}, {"waterfall": True}]),
    gates=st.tuples(st.floats(0, 300), st.floats(0, 100)),
)
def test_stages_add_up_for_whatever_our_model_decides(
    signals: dict[int, float],
    held: dict[int, int],
    max_weight: float,
    cap: float | None,
    sharing: dict[str, Any],
    gates: tuple[float, float],
) -> None:
    history = kept_by_framework(cycle(signals, held, max_weight, cap, gates, **sharing))
    assert_adds_up(history)
    frame = ledger(history)
    chosen = frame[frame["chosen"]]
    assert chosen["wanted"].sum() == pytest.approx(1000.0)
    assert chosen["other"].abs().max() <= 0.005  # our own model has no limit that the ledger does not know
    assert not (chosen["target_provenance"] == "unknown").any()


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_stages_add_up_in_every_history(path: Path) -> None:
    assert_adds_up(read_history(path))


@pytest.mark.parametrize("path", [path for path in EVERY if "odd" not in path.name], ids=lambda path: path.name)
def test_of_chosen_signals_everything_is_known_up_to_the_target(path: Path) -> None:
    shares = provenance_shares(read_history(path))["chosen"]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert (shares.loc[["wanted", *BEFORE, "target"], "unknown"] == 0).all()


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_cycle_within_its_history_has_the_ledger_that_the_whole_has(path: Path) -> None:
    history = read_history(path)
    whole = facts_of(history).ledger
    for place in sorted({0, len(history) // 3, len(history) - 1}):
        alone = facts_of(history.at(history.timestamps[place])).ledger
        rows = whole.place == place
        for part, name in ((alone.amounts(), "amount"), (alone.provenance(), "provenance")):
            for stage, values in (whole.amounts() if name == "amount" else whole.provenance()).items():
                np.testing.assert_array_equal(part[stage], values[rows], err_msg=f"{name} of {stage} in cycle {place}")


def test_settings_come_from_the_whole_history_where_one_cycle_does_not_show_them() -> None:
    """A cycle with a single signal has the same weights under every method; its neighbours tell which it is."""
    models = [cycle({1: 5.0, 2: 3.0, 3: 2.0}), cycle({1: 1.0})]
    for model in models:
        model.pipeline.clear()
    history = kept_by_framework(*models)
    last = history.at(history.timestamps[1])
    assert facts_of(History(last.tables)).settings.method[0] is None
    assert facts_of(last).settings.method[0] == "weight_passthrough"
