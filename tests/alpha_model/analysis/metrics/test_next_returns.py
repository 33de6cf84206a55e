"""What did each pair earn until the next cycle, and is nothing counted as return that was a trade?"""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from builders import MONDAY, make_model
from histories import REAL, SAMPLES, make_history
from hypothesis import given
from hypothesis import strategies as st
from skfolio.datasets import load_sp500_dataset

from alpha_model.analysis.metrics import next_returns, return_coverage
from alpha_model.history import History, HistoryRecorder, read_history
from alpha_model.values.errors import NoHistoryError

KEPT = [{"trade_count": 0}, {"trade_count": 0}, {"trade_count": 0}]
"""Three cycles of a source that keeps trades."""


def returns_of(*old_values, trades=(), cycles=KEPT, **column):
    """The returns of one pair that is worth so much before each cycle, and where they come from."""
    rows = [
        {"cycle": cycle, "pair_id": 1, "old_value": value, "old_kind": "spot_market_hold" if value else None}
        | {name: values[cycle] for name, values in column.items()}
        for cycle, value in enumerate(old_values)
    ]
    frame = next_returns(make_history(rows, cycles[: len(rows)], trades=[{"pair_id": 1, **trade} for trade in trades]))
    return frame["next_return"].tolist(), frame["source"].astype(str).tolist()


def buy(units, mid=10.0, **fields):
    """A filled buy 1 % above the mid price, at the time of cycle 0 unless given."""
    price = mid * 1.01
    filled = {"executed_quantity": units, "executed_price": price, "planned_quantity": units, "planned_price": price}
    return {"value": units * price, "planned_mid_price": mid, "fees": units * mid * 0.01, **filled, **fields}


def test_recorded_prices_come_first() -> None:
    found, sources = returns_of(100, 500, price=[10.0, 11.0])
    assert found == [pytest.approx(0.1), pytest.approx(np.nan, nan_ok=True)]
    assert sources == ["recorded prices", "absent"]


@pytest.mark.parametrize("prices", [[10.0, None], [None, 11.0], [0.0, 11.0]])
def test_one_price_alone_makes_no_return(prices) -> None:
    assert returns_of(0, 0, price=prices)[1] == ["absent", "absent"]


def test_mid_prices_of_the_cycles_own_trades_are_prices() -> None:
    found, sources = returns_of(0, 240, trades=[buy(20), buy(-20, 12.0, cycle=1, side="sell")])
    assert found[0] == pytest.approx(12 / 10 - 1)
    assert sources[0] == "trade prices"


def test_a_recorded_price_and_a_trade_price_make_a_return() -> None:
    found, sources = returns_of(0, 240, trades=[buy(20)], price=[None, 12.0])
    assert (found[0], sources[0]) == (pytest.approx(0.2), "trade prices")


def test_neither_a_purchase_nor_its_fee_counts_as_return() -> None:
    found, sources = returns_of(100, 360, trades=[buy(20)])
    assert found[0] == pytest.approx(360 / (100 + 20 * 10) - 1)
    assert sources[0] == "held values"


def test_without_a_mid_price_the_fee_tells_what_a_trade_added() -> None:
    assert returns_of(100, 360, trades=[buy(20, planned_mid_price=None)])[0][0] == pytest.approx(0.2)
    assert returns_of(100, 360, trades=[buy(20, planned_mid_price=None, fees=None)])[1][0] == "absent"


def test_a_sale_does_not_count_as_loss() -> None:
    assert returns_of(200, 110, trades=[buy(-10, side="sell")])[0][0] == pytest.approx(110 / (200 - 100) - 1)


def test_a_position_that_is_closed_has_no_return_from_held_values() -> None:
    assert returns_of(200, 0, trades=[buy(-20, side="sell")])[1][0] == "absent"


def test_the_rounding_that_a_sale_leaves_behind_has_no_return() -> None:
    assert returns_of(200, 5e-6, trades=[buy(-20 + 1e-7, side="sell")])[1][0] == "absent"


def test_a_stop_loss_between_two_cycles_leaves_the_interval_without_return() -> None:
    stop = buy(
        -5, side="sell", kind="stop_loss", timestamp=make_history(cycles=1).timestamps[0] + np.timedelta64(1, "h")
    )
    assert returns_of(100, 55, 66, trades=[stop])[1] == ["absent", "held values", "absent"]


def test_a_stop_loss_at_the_time_of_a_cycle_happens_before_it_decides() -> None:
    found, sources = returns_of(100, 55, 66, trades=[buy(-5, side="sell", kind="stop_loss", cycle=1)])
    assert sources == ["absent", "held values", "absent"]
    assert found[1] == pytest.approx(66 / 55 - 1)


def test_a_failed_trade_adds_nothing_and_an_unconfirmed_one_leaves_doubt() -> None:
    assert returns_of(100, 110, trades=[buy(20, status="failed", executed_quantity=None)])[0][0] == pytest.approx(0.1)
    assert returns_of(100, 110, trades=[buy(20, status="planned", executed_quantity=None)])[1][0] == "absent"


def test_a_planned_change_without_its_trade_leaves_doubt() -> None:
    cycles = [{"trade_count": 0, "max_position_adjust_usd": 50.0, "position_adjust_threshold_usd": 10.0}] * 2
    assert returns_of(100, 160, cycles=cycles, position_adjust_usd=[50.0, 0.0])[1][0] == "absent"
    trade = [buy(5)]
    assert returns_of(100, 165, cycles=cycles, trades=trade, position_adjust_usd=[50.0, 0.0])[0][0] == pytest.approx(
        0.1
    )


def test_a_source_that_keeps_no_trades_gives_no_held_values() -> None:
    assert returns_of(100, 110, cycles=[{}, {}])[1] == ["absent", "absent"]


@pytest.mark.parametrize("kind", ["lending_protocol_short", "lending_protocol_long"])
def test_the_value_of_a_leveraged_position_is_not_its_price(kind) -> None:
    assert returns_of(100, 110, old_kind=[kind, kind])[1] == ["absent", "absent"]


def test_positions_marked_at_their_selling_price_lose_nothing_when_they_are_opened() -> None:
    # Marks are 1 % below mid: what was closed whole shows it. 20 units bought at a mid of 10 are marked 198.
    opened = buy(20, planned_mid_price=10.0)
    closed = buy(-10, 10.0, side="sell", closing=True, pair_id=2)
    rows = [
        {"cycle": 0, "pair_id": 1, "old_value": 0.0},
        {"cycle": 0, "pair_id": 2, "old_value": 99.0},
        {"cycle": 1, "pair_id": 1, "old_value": 198.0},
    ]
    history = make_history(rows, KEPT[:2], trades=[{"pair_id": 1, **opened}, closed])
    assert next_returns(history)["next_return"][0] == pytest.approx(0, abs=1e-12)


def test_coverage_says_of_how_many() -> None:
    rows = [
        {"cycle": cycle, "pair_id": pair, "price": 10.0 if pair == 1 else None} for cycle in (0, 1) for pair in (1, 2)
    ]
    coverage = return_coverage(make_history(rows, 2))
    assert coverage[["pairs", "known", "recorded_prices", "held_values"]].values.tolist() == [
        [2, 1, 1, 0],
        [2, 0, 0, 0],
    ]
    assert coverage["hours"][0] == 24


def without_prices(history):
    signals = history.tables.signals
    place = signals.schema.get_field_index("price")
    bare = signals.set_column(place, signals.schema.field("price"), pa.nulls(signals.num_rows, pa.float64()))
    return History(replace(history.tables, signals=bare, market=history.tables.market.slice(0, 0)))


@pytest.mark.parametrize("path", [path for path in SAMPLES if "reference" not in path.name], ids=lambda path: path.name)
def test_returns_from_trades_and_held_values_are_those_of_the_prices(path) -> None:
    history = read_history(path)
    prices, other = next_returns(history), next_returns(without_prices(history))
    both = prices["next_return"].notna() & other["next_return"].notna()
    assert {"trade prices", "held values"} <= set(other.loc[both, "source"])
    assert np.allclose(prices["next_return"][both], other["next_return"][both], rtol=0, atol=1e-9)


def test_price_of_a_pair_without_a_signal_then_makes_its_return_known(tmp_path) -> None:
    path = tmp_path / "history.jsonl"
    with HistoryRecorder(path) as recorder:
        recorder.append(make_model({1: 1.0, 2: 1.0}), prices={1: 10.0, 2: 20.0})
        later = make_model({1: 1.0})
        later.timestamp = MONDAY + timedelta(days=1)
        recorder.append(later, prices={1: 11.0, 2: 15.0})
    found = next_returns(read_history(path))
    assert found["next_return"].round(9).tolist()[:2] == [0.1, -0.25]
    assert found["source"].tolist()[:2] == ["recorded prices"] * 2


def test_returns_of_a_reference_state_are_those_of_the_market() -> None:
    history = read_history(next(path for path in SAMPLES if path.name == "reference_layout_2020.json.gz"))
    market = load_sp500_dataset()
    tickers = dict(zip(history.pairs["pair_id"], history.pairs["base"], strict=True))
    found = next_returns(history).dropna()
    times = history.timestamps.tz_localize(None)
    checked = 0
    for row in found.itertuples():
        place = int(np.searchsorted(history.cycle_numbers, row.cycle))
        now, then = (market.at[times[place + step], tickers[row.pair_id]] for step in (0, 1))
        assert row.next_return == pytest.approx(then / now - 1, abs=1e-6)
        checked += 1
    assert checked > 250


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_returns_of_real_histories_agree_where_two_sources_know_them(path) -> None:
    try:
        history = read_history(path)
    except NoHistoryError:
        pytest.skip("no alpha model in it")
    trades = history.tables.trades
    names = trades.schema.names
    blind = trades.set_column(
        names.index("planned_mid_price"),
        trades.schema.field("planned_mid_price"),
        pa.nulls(trades.num_rows, pa.float64()),
    )
    full, held = next_returns(history), next_returns(History(replace(history.tables, trades=blind)))
    both = full["next_return"].notna() & held["next_return"].notna()
    # Without mid prices the marks are not known, and fees are recorded with six digits.
    assert np.allclose(full["next_return"][both], held["next_return"][both], rtol=0, atol=0.0015)
    assert full["next_return"].notna().sum() >= held["next_return"].notna().sum()


@given(
    prices=st.lists(st.floats(0.01, 1000), min_size=3, max_size=6),
    traded=st.lists(st.floats(-0.9, 5), min_size=6, max_size=6),
    fee=st.floats(0, 0.05),
)
def test_held_values_find_the_price_returns_whatever_is_traded_at_whatever_fee(prices, traded, fee) -> None:
    units, rows, trades = 10.0, [], []
    for cycle, price in enumerate(prices):
        rows.append({"cycle": cycle, "pair_id": 1, "old_value": units * price})
        change = units * traded[cycle]
        if cycle % 2 == 0:
            filled = {"executed_quantity": change, "executed_price": price * (1 + np.sign(change) * fee)}
            paid = {"fees": abs(change) * price * fee, "side": "buy" if change > 0 else "sell"}
            trades.append({"cycle": cycle, "pair_id": 1, "value": 1.0, **filled, **paid})
            units += change
    found = next_returns(make_history(rows, [{"trade_count": 1}] * len(prices), trades=trades))
    expected = [after / before - 1 for before, after in pairwise(prices)]
    assert found["next_return"][:-1].tolist() == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert found["source"][:-1].eq("held values").all()
