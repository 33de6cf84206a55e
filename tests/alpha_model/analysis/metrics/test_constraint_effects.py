"""What did the refused dollars do afterwards?"""

import numpy as np
import pytest
from histories import EVERY, SAMPLES, make_history

from alpha_model.analysis import constraint_costs, ledger
from alpha_model.analysis.ledger import CONSTRAINTS
from alpha_model.analysis.metrics import EFFECTS, constraint_effect_totals, constraint_effects, effects, next_returns
from alpha_model.history import read_history

CYCLE = {
    "investable_equity": 1000.0,
    "max_position_adjust_usd": 1000.0,
    "position_adjust_threshold_usd": 10.0,
}


@pytest.fixture
def covered(monkeypatch) -> None:
    """However few returns are known, no effect is blank for that."""
    monkeypatch.setattr(effects, "COVERAGE", 0.0)


def make_cycle(*pairs, cycle=CYCLE):
    """One cycle, and the prices at the next: pairs are rows with `next_price`; the price now is 100."""
    rows = []
    for pair_id, pair in enumerate(pairs, 1):
        row = {"pair_id": pair_id, "raw_weight": 1.0, "old_value": 0.0, "price": 100.0, **pair}
        row.setdefault("position_adjust_usd", row.get("position_target", 0.0) - row["old_value"])
        next_price = row.pop("next_price")
        rows.append(row)
        later = {"selected": False, "old_value": 0.0, "position_adjust_usd": 0.0}
        rows.append({"cycle": 1, "pair_id": pair_id, "price": next_price, **later})
    return make_history(rows, [cycle, {"investable_equity": 1000.0}])


def first(history):
    return constraint_effects(history).iloc[0]


def test_a_cap_on_what_fell_spared_a_loss_and_on_what_rose_it_cost_a_gain() -> None:
    capped = {"position_target": 300.0, "flags": ["capped_by_concentration"]}
    # Each wanted 500 of 1,000 and got 300: 200 less of what fell by 10 %, 200 less of what rose by 30 %.
    found = first(make_cycle({**capped, "next_price": 90.0}, {**capped, "next_price": 130.0}))
    assert found["concentration_usd"] == pytest.approx(-200 * -0.1 - 200 * 0.3)
    assert (found["moved_usd"], found["judged_usd"]) == (400, 400)
    assert found["total_usd"] == pytest.approx(-40)
    assert (found[[f"{name}_usd" for name in EFFECTS if name != "concentration"]] == 0).all()


def test_a_short_that_was_refused_would_have_earned_the_fall() -> None:
    capped = {"position_target": 300.0, "flags": ["capped_by_concentration"], "signal": -1.0}
    found = first(make_cycle({**capped, "next_price": 90.0}, {"position_target": 500.0, "next_price": 100.0}))
    assert found["concentration_usd"] == pytest.approx(-200 * 0.1)


def test_refused_money_that_is_offered_again_is_a_cost_there_and_a_gain_here() -> None:
    # Both wanted 500. The first pool took 200; its 300 were offered to the second, which took all 800.
    sized = CYCLE | {"accepted_investable_equity": 1000.0}
    small = {"asked": 500.0, "accepted": 200.0, "position_target": 200.0, "flags": ["capped_by_pool_size"]}
    large = {"asked": 800.0, "accepted": 800.0, "position_target": 800.0}
    found = first(make_cycle({**small, "next_price": 110.0}, {**large, "next_price": 105.0}, cycle=sized))
    assert found["size_risk_usd"] == pytest.approx(-300 * 0.1)
    assert found["offered_usd"] == pytest.approx(300 * 0.05)
    assert found["total_usd"] == pytest.approx(-15)
    assert found["moved_usd"] == 600


def test_a_sale_that_the_threshold_held_back_kept_earning() -> None:
    held = CYCLE | {"position_adjust_threshold_usd": 5000.0}
    kept = {"old_value": 700.0, "old_kind": "spot_market_hold", "position_target": 500.0}
    flags = {"ignored": True, "flags": ["max_adjust_too_small"]}
    bought = {"position_target": 500.0}
    found = first(
        make_cycle({**kept, **flags, "next_price": 120.0}, {**bought, **flags, "next_price": 90.0}, cycle=held)
    )
    # 200 more than wanted of what rose by 20 %, 500 less of what fell by 10 %.
    assert found["rebalance_threshold_usd"] == pytest.approx(200 * 0.2 + 500 * 0.1)


def test_a_skipped_flip_keeps_the_old_side_and_misses_the_new_one() -> None:
    flip = {
        "signal": -1.0,
        "old_value": 100.0,
        "old_kind": "spot_market_hold",
        "synthetic_kind": "lending_protocol_short",
        "normalised_weight": 0.5,
        "position_target": 500.0,
        "position_adjust_usd": 500.0,
        "ignored": True,
        "flags": ["individual_trade_size_too_small"],
    }
    found = first(make_cycle({**flip, "next_price": 90.0}, {"position_target": 500.0, "next_price": 100.0}))
    # The long of 100 lost 10; the short of 500 would have earned 50.
    assert found["individual_threshold_usd"] == pytest.approx(-10 - 50)


def test_without_a_next_return_an_effect_is_null_and_where_nothing_moved_it_is_0() -> None:
    capped = {"position_target": 300.0, "flags": ["capped_by_concentration"], "next_price": None}
    found = first(make_cycle(capped, {"position_target": 500.0, "next_price": 100.0}))
    assert np.isnan(found["concentration_usd"])
    assert np.isnan(found["total_usd"])
    assert (found["moved_usd"], found["judged_usd"], found["cash_usd"]) == (200, 0, 0)


def test_effect_on_those_that_were_seen_again_is_blank() -> None:
    capped = {"position_target": 300.0, "flags": ["capped_by_concentration"]}
    history = make_cycle({**capped, "next_price": None}, {**capped, "next_price": 110.0})
    found = first(history)
    assert (found["moved_usd"], found["judged_usd"]) == (400, 200)
    assert constraint_effects(history)[["concentration_usd", "total_usd"]].isna().all(axis=None)  # the idle cycle too
    total = constraint_effect_totals(history).set_index("constraint").loc["concentration"]
    sums = ["moved_usd_cycles", "expected_usd_cycles", "judged_usd_cycles"]
    assert total[["cycles", *sums, "unknown_cycles"]].tolist() == [
        1,
        400,
        400,
        200,
        0,
    ]
    assert total[["effect_usd", "effect_share"]].isna().all()


def test_effects_are_about_the_part_that_promised_a_return() -> None:
    """The second pair has no price at the decision and is not held: that came before, and chooses nothing."""
    capped = {"position_target": 300.0, "flags": ["capped_by_concentration"], "next_price": 110.0}
    history = make_cycle(capped, {**capped, "price": None, "position_adjust_usd": 0.0})
    found = first(history)
    assert (found["moved_usd"], found["judged_usd"]) == (400, 200)
    assert found["concentration_usd"] == pytest.approx(-20)
    total = constraint_effect_totals(history).set_index("constraint").loc["concentration"]
    assert total[["moved_usd_cycles", "expected_usd_cycles", "judged_usd_cycles"]].tolist() == [400, 200, 200]
    assert (total["effect_usd"], total["effect_share"]) == (pytest.approx(-20), pytest.approx(-0.1))


def test_an_unknown_amount_is_counted_and_not_taken_for_0() -> None:
    unrecorded = {"investable_equity": 1000.0}
    history = make_cycle({"position_target": 500.0, "next_price": 110.0}, cycle=unrecorded)
    found = first(history)
    assert np.isnan(found["moved_usd"])
    assert np.isnan(found["other_skips_usd"])
    totals = constraint_effect_totals(history).set_index("constraint")
    assert totals.loc["other_skips", "unknown_cycles"] == 1


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
@pytest.mark.usefixtures("covered")
def test_effects_add_up_to_what_the_positions_earned_beyond_what_was_wanted(path) -> None:
    """The path does not matter: (position after the trades - position wanted) x return, pair by pair."""
    history = read_history(path)
    book, returns = ledger(history), next_returns(history)["next_return"].to_numpy()
    signals = history.signals
    within = signals["signal_in_selection"].fillna(0)
    was_short = signals["old_kind"].fillna("").str.endswith("short")
    goes_short = (within < 0).where(within != 0, was_short)
    trades = (book["traded"] != 0).to_numpy()
    old_side, new_side = np.where(was_short, -1, 1), np.where(goes_short, -1, 1)
    flips = trades & (book["flip"] != 0).to_numpy()
    after = np.where(flips, 0, book["old_value"] * np.where(trades, new_side, old_side)) + book["traded"] * new_side
    expected = (after - book["ideal"] * new_side) * returns
    found = constraint_effects(history)
    whole = found["moved_usd"].notna().to_numpy() & np.isclose(found["moved_usd"], found["judged_usd"])
    places = np.searchsorted(history.cycle_numbers, signals["cycle"])
    sums = np.bincount(places, weights=np.nan_to_num(expected), minlength=len(history))
    assert np.allclose(found["total_usd"][whole], sums[whole], rtol=1e-6, atol=1e-4)
    totals = constraint_effect_totals(history)
    for name in EFFECTS:
        effect = totals.set_index("constraint").loc[name, "effect_usd"]
        assert np.nan_to_num(effect) == pytest.approx(found[f"{name}_usd"].sum(), abs=1e-6)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_what_was_moved_is_what_the_constraints_refused(path) -> None:
    history = read_history(path)
    costs = constraint_costs(history)[list(CONSTRAINTS)].sum().drop("closing_weight")
    moved = constraint_effect_totals(history).set_index("constraint")["moved_usd_cycles"]
    assert moved[costs.index].to_numpy() == pytest.approx(costs.to_numpy())
