"""Did the signals foresee the returns, and how steady were they? By hand, and as others compute it."""

import numpy as np
import pandas as pd
import pytest
from histories import EVERY, make_history
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ConstantInputWarning, pearsonr, spearmanr

from alpha_model.analysis import cycle_metrics, metric_summary
from alpha_model.analysis.metrics import (
    forecast_quality,
    next_returns,
    quantile_returns,
    returns,
    signal_stability,
    transfer_coefficients,
)
from alpha_model.history import History, read_history
from alpha_model.values.errors import HistoryError


def make_market(*cycles):
    """A history whose pairs rise by what is said: of each cycle {pair: (signal, return)}."""
    ids = sorted({pair_id for cycle in cycles for pair_id in cycle})
    price, rows = dict.fromkeys(ids, 100.0), []
    for number, cycle in enumerate([*cycles, dict.fromkeys(ids, (0.0, 0.0))]):
        for pair_id, (signal, change) in cycle.items():
            row = {"cycle": number, "pair_id": pair_id, "signal": signal, "price": price[pair_id]}
            rows.append(row | {"selected": signal is not None and signal != 0})
            price[pair_id] *= 1 + change
    return make_history(rows, len(cycles) + 1)


def forecast(*cycles):
    """The figures of the first cycle."""
    return forecast_quality(make_market(*cycles)).iloc[0]


def test_signals_in_the_order_of_the_returns_have_an_information_coefficient_of_1() -> None:
    assert forecast({1: (0.1, 0.01), 2: (0.2, 0.02), 3: (0.3, 0.5)})["rank_ic"] == pytest.approx(1)
    assert forecast({1: (0.3, 0.01), 2: (0.2, 0.02), 3: (0.1, 0.5)})["rank_ic"] == pytest.approx(-1)


def test_the_information_coefficient_by_hand() -> None:
    # Ranks 1, 2, 3, 4 against 2, 1, 3, 4: 1 - 6 · (1 + 1) / (4 · 15) = 0.8.
    cycle = {1: (0.1, 0.02), 2: (0.2, 0.01), 3: (0.3, 0.03), 4: (0.4, 0.04)}
    assert forecast(cycle)["rank_ic"] == pytest.approx(0.8)


def test_equal_signals_share_their_rank() -> None:
    # Ranks 1.5, 1.5, 3 against 1, 2, 3: deviations (-0.5, -0.5, 1) and (-1, 0, 1): 1.5 / √(1.5 · 2).
    assert forecast({1: (1, 0.01), 2: (1, 0.02), 3: (2, 0.03)})["rank_ic"] == pytest.approx(1.5 / 3**0.5)


@pytest.mark.parametrize(
    "cycle",
    [
        {1: (0.1, 0.01), 2: (0.2, 0.02)},
        {1: (0.1, 0.01), 2: (0.1, 0.02), 3: (0.1, 0.03)},
        {1: (0.1, 0.0), 2: (0.2, 0.0), 3: (0.3, 0.0)},
    ],
    ids=["two pairs", "constant signals", "constant returns"],
)
def test_an_undefined_information_coefficient_is_null(cycle) -> None:
    assert np.isnan(forecast(cycle)["rank_ic"])


def test_hits_are_counted_by_sign_and_returns_of_0_are_not_counted() -> None:
    cycle = {1: (0.1, 0.01), 2: (0.2, -0.02), 3: (-0.3, -0.03), 4: (0.4, 0.0), 5: (0.0, 0.9)}
    found = forecast(cycle)
    assert (found["hit_rate"], found["hits_of"]) == (pytest.approx(2 / 3), 3)
    assert (found["signals"], found["with_return"]) == (4, 4)


def test_no_hit_is_a_rate_of_0_and_no_return_is_none() -> None:
    assert forecast({1: (0.1, -0.01)})["hit_rate"] == 0
    assert np.isnan(forecast({1: (0.1, 0.0)})["hit_rate"])


def test_the_last_cycle_has_no_forecast_to_judge() -> None:
    last = forecast_quality(make_market({1: (1, 0.1), 2: (2, 0.2), 3: (3, 0.3)})).iloc[-1]
    assert last.isna()[["rank_ic", "hit_rate", "chosen_return", "selection_spread"]].all()
    assert last["with_return"] == 0


def test_a_pair_without_a_return_is_left_out_and_counted() -> None:
    history = make_market({1: (1, 0.1), 2: (2, 0.2), 3: (3, 0.3)}, {1: (1, 0.0), 2: (2, 0.0)})
    found = forecast_quality(history).iloc[0]
    assert (found["signals"], found["with_return"]) == (3, 2)
    assert np.isnan(found["rank_ic"])


def test_choosing_is_judged_by_what_was_left_out_and_a_short_earns_the_fall() -> None:
    rows = [
        {"cycle": cycle, "pair_id": pair_id, "signal": signal, "selected": chosen, "price": prices[cycle]}
        for cycle in (0, 1)
        for pair_id, signal, chosen, prices in (
            (1, 1.0, True, (100, 110)),
            (2, -1.0, True, (100, 70)),
            (3, 0.5, False, (100, 104)),
        )
    ]
    found = forecast_quality(make_history(rows, 2)).iloc[0]
    assert found["chosen_return"] == pytest.approx((0.1 + 0.3) / 2)
    assert found["others_return"] == pytest.approx(0.04)
    assert found["selection_spread"] == pytest.approx(0.16)


def test_quantiles_by_hand() -> None:
    cycle = {each: (each / 10, each / 100) for each in range(1, 6)}
    found = quantile_returns(make_market(cycle), 2).iloc[0]
    # pandas.qcut of five values in two: the middle one belongs to the lower half.
    assert (found["q1"], found["q2"]) == (pytest.approx(0.02), pytest.approx(0.045))
    assert found["spread"] == pytest.approx(0.025)


def test_fewer_pairs_than_quantiles_have_no_quantile_returns() -> None:
    cycle = {each: (each / 10, each / 100) for each in range(1, 5)}
    assert quantile_returns(make_market(cycle), 5)[["q1", "q3", "q5", "spread"]].isna().all().all()
    assert quantile_returns(make_market(cycle), 4).iloc[0]["q4"] == pytest.approx(0.04)


def test_equal_signals_are_in_one_quantile() -> None:
    cycle = {1: (1, 0.01), 2: (1, 0.03), 3: (2, 0.1), 4: (3, 0.2)}
    found = quantile_returns(make_market(cycle), 2).iloc[0]
    assert (found["q1"], found["q2"]) == (pytest.approx(0.02), pytest.approx(0.15))


def test_one_quantile_is_an_error() -> None:
    with pytest.raises(HistoryError, match="at least 2 quantiles, got 1"):
        quantile_returns(make_market({1: (1, 0.1)}), 1)


def test_stability_by_hand() -> None:
    history = make_market(
        {1: (1, 0), 2: (2, 0), 3: (3, 0), 4: (4, 0)}, {1: (1, 0), 2: (3, 0), 3: (2, 0), 5: (9, 0)}, {1: (0, 0)}
    )
    found = signal_stability(history)
    # Pairs 1, 2, 3 in both: ranks 1, 2, 3 against 1, 3, 2: 1 - 6 · 2 / 24 = 0.5. Chosen in both: 3 of 5.
    assert found["rank_autocorrelation"][1] == pytest.approx(0.5)
    assert found[["common", "entered", "left"]].iloc[1].tolist() == [3, 1, 1]
    assert found["kept_share"].tolist()[:3] == [pytest.approx(np.nan, nan_ok=True), pytest.approx(0.6), 0]


def test_the_first_cycle_has_none_before_it() -> None:
    first = signal_stability(make_market({1: (1, 0), 2: (2, 0), 3: (3, 0)})).iloc[0]
    assert first.isna()[["common", "rank_autocorrelation", "kept_share", "entered", "left"]].all()


@pytest.fixture
def covered(monkeypatch) -> None:
    """However few returns are known, no figure is blank for that."""
    monkeypatch.setattr(returns, "COVERAGE", 0.0)


def of_scipy(function, left, right):
    """As scipy computes it where both are known; null with fewer than 3, or for constant input."""
    both = ~np.isnan(left) & ~np.isnan(right)
    left, right = left[both], right[both]
    if len(left) < 3:
        return np.nan
    try:
        return function(left, right).statistic
    except ConstantInputWarning:  # warnings are errors here
        return np.nan


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
@pytest.mark.usefixtures("covered")
def test_information_coefficient_and_stability_are_scipys(path) -> None:
    history = read_history(path)
    signals = history.wide_frame("signal").replace(0, np.nan).to_numpy()
    known = next_returns(history).query("expected")
    changes = known.pivot_table(index="cycle", columns="pair_id", values="next_return")
    changes = changes.reindex(index=history.cycle_numbers, columns=history.pair_ids).to_numpy()
    forecasts, stability = forecast_quality(history), signal_stability(history)
    for place in range(0, len(history), 3):
        expected = of_scipy(spearmanr, signals[place], changes[place])
        assert forecasts["rank_ic"][place] == pytest.approx(expected, abs=1e-9, nan_ok=True)
        if place:
            expected = of_scipy(spearmanr, signals[place], signals[place - 1])
            assert stability["rank_autocorrelation"][place] == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
@pytest.mark.usefixtures("covered")
def test_quantiles_are_those_of_pandas(path) -> None:
    history = read_history(path)
    rows = history.signals.assign(**next_returns(history)[["next_return", "expected"]]).query("expected")
    rows = rows[(rows["signal"].fillna(0) != 0) & rows["next_return"].notna() & (rows["cycle"] % 5 == 0)]
    quantiles = quantile_returns(history, 3).set_index("cycle")
    for cycle, own in rows.groupby("cycle"):
        if len(own) >= 3 and own["signal"].is_unique:
            means = own.groupby(pd.qcut(own["signal"], 3, labels=False))["next_return"].mean()
            assert quantiles.loc[cycle, ["q1", "q2", "q3"]].tolist() == pytest.approx(means.tolist())


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_the_transfer_of_the_limits_is_scipys(path) -> None:
    history = read_history(path)
    found = transfer_coefficients(history)["transfer_target"]
    rows = history.signals[history.signals["selected"]].dropna(subset=["raw_weight", "position_target"])
    groups = dict(iter(rows.groupby("cycle")))
    for place, cycle in enumerate(history.cycle_numbers):
        own = groups.get(cycle, rows.iloc[:0])
        sides = own[["raw_weight", "position_target"]].abs()
        flat = len(own) < 3 or ((sides.max() - sides.min()) <= 1e-12 * sides.max()).any()
        expected = np.nan if flat else pearsonr(own["raw_weight"], own["position_target"].abs()).statistic
        assert found[place] == pytest.approx(expected, abs=1e-9, nan_ok=True)


def survivors(seed: int, kept: float) -> History:
    """Prices are noise and choosing earns nothing; a pair left out is recorded again if it rose, and some that fell."""
    random = np.random.default_rng(seed)
    price, again, rows = np.full(12, 100.0), np.ones(12, dtype=bool), []
    for cycle in range(200):
        signals = random.uniform(1, 2, 12)
        chosen = np.argsort(-np.where(again, signals, 0))[:4]
        for pair in np.flatnonzero(again):
            row = {"cycle": cycle, "pair_id": int(pair), "signal": signals[pair], "price": price[pair]}
            rows.append(row | {"selected": bool(pair in chosen), "raw_weight": signals[pair]})
        change = random.normal(0, 0.03, 12)
        price = price * (1 + change)
        again = (change > 0) | (random.uniform(size=12) < kept)
        again[chosen] = True
    return make_history(rows, 200)


BLANK = ["rank_ic", "hit_rate", "others_return", "selection_spread", "quantile_spread"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
def test_mean_over_those_that_were_seen_again_is_blank_and_has_no_t_value(seed, kept) -> None:
    metrics = cycle_metrics(survivors(seed, kept))
    found = metric_summary(metrics).set_index("metric")
    assert found.loc[BLANK, ["mean", "t"]].isna().all(axis=None)
    assert found.loc[BLANK, "n"].eq(0).all()
    assert found.loc["chosen_known", "mean"] == 1
    assert found.loc["others_known", "mean"] < 0.99
    assert abs(found.loc["chosen_return", "t"]) < 3


def test_mean_over_all_of_them_is_there_and_is_no_more_than_chance() -> None:
    found = metric_summary(cycle_metrics(survivors(0, 1.0))).set_index("metric")
    assert found.loc[["chosen_known", "others_known"], "mean"].tolist() == [1, 1]
    assert found.loc["selection_spread", "n"] == 199
    assert found.loc[[*BLANK[:1], *BLANK[2:]], "t"].abs().max() < 3


@pytest.mark.parametrize(("missing", "blank"), [(1, False), (2, True)])
def test_one_in_a_hundred_may_be_missing_and_single_cycles_are_not_chosen_for_it(missing, blank) -> None:
    """Ten cycles of ten pairs left out; what is missing is missing in one cycle, and every cycle is blank for it."""
    rows = [
        {"cycle": cycle, "pair_id": pair, "signal": 1.0 + pair, "price": 10.0 + cycle, "selected": pair == 0}
        for cycle in range(11)
        for pair in range(11)
        if not (cycle == 10 and 0 < pair <= missing)
    ]
    found = forecast_quality(make_history(rows, 11))
    assert (found["others_expected"].sum(), found["others_with_return"].sum()) == (100, 100 - missing)
    assert found["others_return"].iloc[:-1].isna().tolist() == [blank] * 10
    assert found["others_known"].iloc[9] == 1 - missing / 10
    assert found["chosen_return"].iloc[:-1].notna().all()


def test_pair_that_is_neither_priced_nor_held_promises_no_return() -> None:
    """Traded by chance at both ends, it would be known for what came after."""
    trades = [
        {"cycle": cycle, "pair_id": 1, "value": 10.0, "planned_mid_price": price, "planned_quantity": -1.0}
        for cycle, price in ((0, 10.0), (1, 20.0))
    ]
    rows = [{"cycle": cycle, "pair_id": 1, "signal": 1.0, "selected": False} for cycle in (0, 1)]
    history = make_history(rows, [{"trade_count": 1}] * 2, trades=trades)
    assert next_returns(history)[["next_return", "expected"]].iloc[0].tolist() == [1.0, False]
    assert forecast_quality(history)[["expected", "with_return"]].iloc[0].tolist() == [0, 0]


cells = st.tuples(st.integers(-5, 5).map(float), st.integers(-5, 5).map(lambda each: each / 100))
markets = st.lists(st.dictionaries(st.integers(1, 7), cells, min_size=1), min_size=1, max_size=3)


@settings(max_examples=30)
@given(market=markets)
def test_figures_are_in_their_ranges_or_null(market) -> None:
    history = make_market(*market)
    forecasts, stability = forecast_quality(history), signal_stability(history)
    assert forecasts["rank_ic"].dropna().between(-1, 1).all()
    assert stability["rank_autocorrelation"].dropna().between(-1, 1).all()
    for rate in (forecasts["hit_rate"], stability["kept_share"]):
        assert rate.dropna().between(0, 1).all()
    assert (forecasts["with_return"] <= forecasts["signals"]).all()
    assert forecasts.loc[forecasts["with_return"] < 3, "rank_ic"].isna().all()
    assert forecasts.loc[forecasts["with_return"] == 0, "hit_rate"].isna().all()


@settings(max_examples=30)
@given(market=markets)
def test_opposite_signals_have_the_opposite_coefficient_and_hits_become_misses(market) -> None:
    mirrored = [{pair: (-signal, change) for pair, (signal, change) in cycle.items()} for cycle in market]
    one, other = forecast_quality(make_market(*market)), forecast_quality(make_market(*mirrored))
    assert one["rank_ic"].tolist() == pytest.approx((-other["rank_ic"]).tolist(), nan_ok=True)
    assert one["hit_rate"].tolist() == pytest.approx((1 - other["hit_rate"]).tolist(), nan_ok=True)


@settings(max_examples=30)
@given(market=markets)
def test_only_the_order_of_the_signals_counts(market) -> None:
    curved = [{pair: (signal**3, change) for pair, (signal, change) in cycle.items()} for cycle in market]
    one, other = make_market(*market), make_market(*curved)
    pd.testing.assert_frame_equal(forecast_quality(one), forecast_quality(other))
    pd.testing.assert_frame_equal(quantile_returns(one, 2), quantile_returns(other, 2))
    pd.testing.assert_frame_equal(signal_stability(one), signal_stability(other))


@settings(max_examples=30)
@given(market=markets, quantiles=st.integers(2, 4))
def test_quantile_returns_lie_between_the_smallest_and_the_largest_return(market, quantiles) -> None:
    history = make_market(*market)
    found = quantile_returns(history, quantiles).filter(regex="^q").to_numpy().ravel()
    found, returns = found[~np.isnan(found)], next_returns(history)["next_return"]
    assert not found.size or returns.min() - 1e-12 <= found.min() <= found.max() <= returns.max() + 1e-12
