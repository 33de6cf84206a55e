"""Turnover, concentration, exposure and transfer coefficient, worked out by hand."""

import pytest
from histories import make_history
from hypothesis import given, settings
from hypothesis import strategies as st
from skfolio.measures import effective_number_assets

from alpha_model.analysis import cycle_outcomes
from alpha_model.analysis.metrics import concentration, exposure, transfer_coefficients, turnover

REBALANCED = {"max_position_adjust_usd": 300.0, "position_adjust_threshold_usd": 10.0, "investable_equity": 1000.0}


def pair(pair_id, old=0.0, adjust=0.0, **fields):
    """A chosen pair: what it held, and what was changed."""
    kind = "spot_market_hold" if old else None
    values = {"old_value": old, "old_kind": kind, "position_adjust_usd": adjust, "position_target": old + adjust}
    return {"pair_id": pair_id, **values, **fields}


def short(pair_id, old=0.0, adjust=0.0, **fields):
    return pair(pair_id, old, adjust, signal=-1.0, old_kind="lending_protocol_short" if old else None, **fields)


def flip(pair_id, old, target):
    """A long that becomes a short: the whole target is traded, and the old side closed."""
    return pair(pair_id, old, target, signal=-1.0, position_target=target, synthetic_kind="lending_protocol_short")


def one(frame):
    """The only row."""
    assert len(frame) == 1
    return frame.iloc[0]


def test_turnover_counts_both_ways_and_half_of_it_one_way() -> None:
    found = one(turnover(make_history([pair(1, 300, -100), pair(2, 0, 300)], [REBALANCED])))
    assert (found["traded_usd"], found["added_usd"], found["removed_usd"]) == (400, 300, 100)
    assert (found["turnover_two_way"], found["turnover_one_way"]) == (0.4, 0.2)


def test_replacing_the_whole_portfolio_is_a_one_way_turnover_of_1() -> None:
    assert one(turnover(make_history([pair(1, 1000, -1000), pair(2, 0, 1000)], [REBALANCED])))["turnover_one_way"] == 1


def test_a_flip_counts_both_legs() -> None:
    found = one(turnover(make_history([flip(1, 300, 200)], [REBALANCED])))
    assert (found["traded_usd"], found["added_usd"], found["removed_usd"]) == (500, 200, 300)


def test_a_held_cycle_has_a_turnover_of_0() -> None:
    held = REBALANCED | {"position_adjust_threshold_usd": 500.0}
    rows = [pair(1, 0, 300, ignored=True, flags=["max_adjust_too_small"])]
    assert one(turnover(make_history(rows, [held])))["turnover_two_way"] == 0


def test_turnover_is_unknown_without_trades_or_equity() -> None:
    assert turnover(make_history([pair(1, 0, 300)], [{"investable_equity": 1000.0}]))["turnover_two_way"].isna().all()
    no_equity = REBALANCED | {"investable_equity": None}
    assert turnover(make_history([pair(1, 0, 300)], [no_equity]))["turnover_two_way"].isna().all()


def test_equal_positions_are_as_many_as_they_are() -> None:
    found = one(concentration(make_history([pair(each, 0, 200) for each in (1, 2, 3, 4)], [REBALANCED])))
    assert found["holding_hhi"] == pytest.approx(4 * 0.25**2)
    assert found["holding_effective_count"] == pytest.approx(4)
    assert (found["holding_count"], found["holding_largest_share"]) == (4, 0.25)


def test_concentration_ignores_cash_and_the_side() -> None:
    # 600 and 200 of 1,000: shares of 3/4 and 1/4 whatever the side, HHI 10/16.
    found = one(concentration(make_history([short(1, 0, 600), pair(2, 0, 200)], [REBALANCED])))
    assert found["holding_hhi"] == pytest.approx(10 / 16)
    assert found["holding_effective_count"] == pytest.approx(1.6)


def test_targets_and_positions_differ_where_a_change_was_skipped() -> None:
    rows = [pair(1, 100, 300), pair(2, 100, 5, ignored=True, flags=["individual_trade_size_too_small"])]
    found = one(concentration(make_history(rows, [REBALANCED])))
    assert found["target_hhi"] == pytest.approx((400**2 + 105**2) / 505**2)
    assert found["holding_hhi"] == pytest.approx((400**2 + 100**2) / 500**2)


def test_an_empty_portfolio_has_no_concentration() -> None:
    found = one(concentration(make_history([pair(1, 0, 0)], [REBALANCED])))
    assert found.isna()[["holding_hhi", "holding_effective_count", "holding_largest_share"]].all()
    assert found["holding_count"] == 0


def test_positions_are_unknown_where_nobody_says_what_became_of_a_change() -> None:
    history = make_history([pair(1, 100, 300)], [{"investable_equity": 1000.0}])
    assert one(concentration(history)).isna()[["holding_count", "holding_hhi"]].all()
    assert one(exposure(history)).isna()[["invested_share", "net_share"]].all()
    assert one(exposure(history))["wanted_share"] == 0.4


def test_a_recorded_trade_tells_what_became_of_a_change() -> None:
    trade = {"pair_id": 1, "value": 300.0}
    history = make_history([pair(1, 100, 300)], [{"investable_equity": 1000.0, "trade_count": 1}], trades=[trade])
    assert one(exposure(history))["invested_share"] == 0.4
    assert one(turnover(history))["turnover_two_way"] == 0.3


def test_exposure_counts_shorts_by_size_and_net_by_side() -> None:
    cycle = REBALANCED | {"size_risk_discarded_value": 50.0}
    found = one(exposure(make_history([pair(1, 100, 300), short(2, 200, -50)], [cycle])))
    assert (found["wanted_share"], found["invested_share"], found["net_share"]) == (0.55, 0.55, 0.25)
    assert found["discarded_share"] == 0.05


def test_a_flip_is_on_its_new_side_and_a_closed_position_is_gone() -> None:
    closed = pair(2, 400, -399.9, signal=0.0, selected=False, signal_in_selection=0.0, flags=["closed"])
    found = one(exposure(make_history([flip(1, 300, 200), closed], [REBALANCED])))
    assert (found["invested_share"], found["net_share"]) == (0.2, -0.2)


def test_a_skipped_flip_keeps_its_old_side() -> None:
    kept = flip(1, 300, 200) | {"ignored": True, "flags": ["individual_trade_size_too_small"]}
    assert one(exposure(make_history([kept], [REBALANCED])))["net_share"] == 0.3


def test_discarded_is_unknown_where_size_risk_is_not_recorded() -> None:
    assert exposure(make_history([pair(1, 0, 300)], [REBALANCED]))["discarded_share"].isna().all()


def test_a_portfolio_in_proportion_to_its_signals_transfers_everything() -> None:
    rows = [pair(each, 0, 100 * each, signal=each, raw_weight=float(each)) for each in (1, 2, 3)]
    found = one(transfer_coefficients(make_history(rows, [REBALANCED])))
    assert found[["transfer_signal", "transfer_weight", "transfer_target"]].tolist() == pytest.approx([1, 1, 1])
    assert found[["signal_pairs", "weight_pairs", "target_pairs"]].tolist() == [3, 3, 3]


def test_a_cap_loses_a_part_of_the_signal() -> None:
    # Raw weights 1, 2, 3 against 100, 200, 200: deviations (-1, 0, 1) and (-2/3, 1/3, 1/3): 1 / √(2 · 2/3) = 0.8660.
    rows = [pair(each, 0, usd, signal=each, raw_weight=each) for each, usd in ((1, 100), (2, 200), (3, 200))]
    assert one(transfer_coefficients(make_history(rows, [REBALANCED])))["transfer_weight"] == pytest.approx(0.75**0.5)


def test_selection_lowers_the_signals_transfer_and_not_that_of_the_weights() -> None:
    chosen = [pair(each, 0, 100 * each, signal=each, raw_weight=each) for each in (4, 5, 6)]
    left_out = [{"pair_id": each, "signal": each, "selected": False, "old_value": 0.0} for each in (1, 2, 3)]
    found = one(transfer_coefficients(make_history(chosen + left_out, [REBALANCED])))
    assert found["transfer_weight"] == pytest.approx(1)
    # 1…6 with 0, 0, 0, 4, 5, 6: covariance 77 - 6 · 3.5 · 2.5 = 24.5, squares 17.5 and 77 - 6 · 2.5² = 39.5.
    assert found["transfer_signal"] == pytest.approx(24.5 / (17.5 * 39.5) ** 0.5)
    assert found["signal_pairs"] == 6


def test_a_short_transfers_with_its_sign() -> None:
    rows = [short(1, 0, 300, raw_weight=3.0) | {"signal": -3.0}, pair(2, 0, 100, signal=1, raw_weight=1.0)]
    rows.append(pair(3, 0, 200, signal=2, raw_weight=2.0))
    assert one(transfer_coefficients(make_history(rows, [REBALANCED])))["transfer_signal"] == pytest.approx(1)


def test_a_threshold_that_holds_the_cycle_shows_in_the_positions_only() -> None:
    flags = {"ignored": True, "flags": ["max_adjust_too_small"]}
    rows = [pair(each, 400 - 100 * each, 0, signal=each, raw_weight=each) | flags for each in (1, 2, 3)]
    rows = [row | {"position_target": 100 * row["pair_id"], "position_adjust_usd": 200.0} for row in rows]
    found = one(transfer_coefficients(make_history(rows, [REBALANCED | {"position_adjust_threshold_usd": 500.0}])))
    assert (found["transfer_target"], found["transfer_weight"]) == (pytest.approx(1), pytest.approx(-1))


@pytest.mark.parametrize("count", [1, 2])
def test_two_pairs_have_no_transfer_coefficient(count) -> None:
    rows = [pair(each, 0, 100 * each, signal=each, raw_weight=each) for each in range(1, count + 1)]
    assert (
        one(transfer_coefficients(make_history(rows, [REBALANCED])))
        .isna()[["transfer_signal", "transfer_weight"]]
        .all()
    )


def test_equal_weights_have_no_transfer_coefficient_even_when_rounded_differently() -> None:
    rows = [pair(each, 0, usd, signal=each, raw_weight=0.1) for each, usd in ((1, 0.3), (2, 0.1 + 0.2), (3, 0.3))]
    found = one(transfer_coefficients(make_history(rows, [REBALANCED])))
    assert found.isna()[["transfer_signal", "transfer_weight", "transfer_target"]].all()


amounts = st.lists(st.floats(1, 1e6), min_size=1, max_size=8)


@settings(max_examples=40)
@given(amounts=amounts)
def test_the_effective_number_lies_between_one_and_the_count_and_is_skfolios(amounts) -> None:
    rows = [pair(each, 0, usd) for each, usd in enumerate(amounts, 1)]
    found = one(concentration(make_history(rows, [REBALANCED])))
    assert 1 - 1e-9 <= found["holding_effective_count"] <= len(amounts) + 1e-9
    share = [usd / sum(amounts) for usd in amounts]
    assert found["holding_effective_count"] == pytest.approx(effective_number_assets(share))
    assert found["holding_largest_share"] == pytest.approx(max(share))


@settings(max_examples=40)
@given(amounts=amounts, scale=st.floats(1e-3, 1e3))
def test_shares_do_not_depend_on_the_currency(amounts, scale) -> None:
    def figures(factor):
        rows = [pair(each, 0, usd * factor) for each, usd in enumerate(amounts, 1)]
        cycle = {name: value * factor for name, value in REBALANCED.items()}
        cycle["max_position_adjust_usd"] = max(amounts) * factor * 11
        history = make_history(rows, [cycle])
        return [one(concentration(history))["holding_hhi"], one(turnover(history))["turnover_two_way"]]

    assert figures(1) == pytest.approx(figures(scale))


@settings(max_examples=40)
@given(amounts=amounts)
def test_what_was_traded_is_what_the_outcome_says(amounts) -> None:
    rows = [pair(each, 500, usd - 500) for each, usd in enumerate(amounts, 1)]
    history = make_history(rows, [REBALANCED])
    found = one(turnover(history))
    assert found["traded_usd"] == pytest.approx(cycle_outcomes(history)["traded_usd"][0])
    assert found["added_usd"] + found["removed_usd"] == pytest.approx(found["traded_usd"])
