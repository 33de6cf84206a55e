"""Whatever a strategy does with our own model, the audit of its record finds no contradiction."""

import gzip
import json

import pytest
from builders import MONDAY, make_manager, make_model, make_pair
from histories import REPOSITORY, kept_by_framework
from hypothesis import given, settings
from hypothesis import strategies as st

from alpha_model import AlphaModel, FixedSizeRiskModel, weight_passthrough
from alpha_model.analysis import audit, compare_histories, facts_of
from alpha_model.history import read_history_bytes

PRICES = {1: 50.0, 2: 10.0, 3: 0.37, 4: 1234.5}
SHARING = [{}, {"max_positions": 2}, {"waterfall": True}, {"waterfall": True, "max_positions": 2}]


@settings(max_examples=80, deadline=None)
@given(
    signals=st.dictionaries(st.sampled_from(sorted(PRICES)), st.floats(0.001, 10), min_size=1),
    held=st.dictionaries(st.sampled_from(sorted(PRICES)), st.integers(1, 20)),
    max_weight=st.floats(0.05, 1),
    cap=st.none() | st.floats(0, 600),
    sharing=st.sampled_from(SHARING),
    chain=st.none() | st.floats(0.1, 1),
    threshold=st.floats(0, 300),
    individual=st.floats(0, 100),
    to_cash=st.booleans(),
)
def test_cycle_of_our_own_model_contradicts_nothing(
    signals, held, max_weight, cap, sharing, chain, threshold, individual, to_cash
) -> None:
    manager = make_manager(PRICES, cash=1000, held=held)
    model = make_model(signals)
    if cap is None:
        model.normalise_weights(max_weight)
    else:
        risk = FixedSizeRiskModel(manager.pricing_model, per_position_cap=cap)
        model.normalise_weights(max_weight, investable_equity=1000.0, size_risk_model=risk, **sharing)
    if chain is not None:
        model.cap_chain_allocation(chain)
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager, None if cap is not None else 1000.0)
    model.generate_rebalance_trades_and_triggers(manager, threshold, individual, cap_buys_to_sync_cash=to_cash)
    found = audit(kept_by_framework(model))
    assert list(found["sentence"]) == []


def test_what_a_chain_cap_takes_is_discarded_beside_what_size_risk_refused() -> None:
    manager = make_manager(PRICES, cash=1000)
    model = make_model({1: 1.0, 2: 1.0, 3: 1.0})
    risk = FixedSizeRiskModel(manager.pricing_model, per_position_cap=333)
    # One pair at its cap leaves $3.91, less than sharing stops at: three pairs at $333 get more than that.
    model.normalise_weights(0.99609375, investable_equity=1000.0, size_risk_model=risk, waterfall=True)
    model.cap_chain_allocation(0.5)
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager)
    model.generate_rebalance_trades_and_triggers(manager)
    assert list(audit(kept_by_framework(model))["sentence"]) == []


def test_record_is_the_same_after_a_round_trip_through_the_model() -> None:
    path = REPOSITORY / "sample_states" / "reference_layout_2020.json.gz"
    state = json.loads(gzip.decompress(path.read_bytes()))
    before = read_history_bytes(json.dumps(state).encode(), "before.json")
    calculations = state["visualisation"]["calculations"]
    for when, snapshot in calculations.items():
        calculations[when] = AlphaModel.from_dict(snapshot).to_dict(encode_json=True)
    after = read_history_bytes(json.dumps(state).encode(), "after.json")
    found = compare_histories(before, after, relative=0, usd=0)
    assert found.first_stage is None
    assert set(found.cycles["result"]) == {"same"}


@pytest.mark.parametrize(("signal", "usd", "trade_count"), [(1.0, 1500.0, 2), (0.008, 1500.0, 3)])
def test_change_from_spot_to_leveraged_long_contradicts_nothing(signal, usd, trade_count) -> None:
    # $500 of spot are closed, then $1,000 × signal opened with leverage, and the rest bought of another pair
    manager = make_manager(PRICES, cash=1000, held={1: 10})
    model = AlphaModel(MONDAY)
    model.set_signal(make_pair(1), signal, leverage=2.0)
    if signal < 1:
        model.set_signal(make_pair(2), 1 - signal)
    model.select_top_signals(5)
    model.assign_weights(weight_passthrough)
    model.normalise_weights()
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager, 1000.0)
    trades = model.generate_rebalance_trades_and_triggers(manager, 1.0, 10.0, use_spot_for_long=False)
    history = kept_by_framework(model)
    plan = facts_of(history).plan
    assert (len(trades), plan.trades.sum(), plan.planned_usd.sum()) == (trade_count, trade_count, pytest.approx(usd))
    assert list(audit(history)["sentence"]) == []
