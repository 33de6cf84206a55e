"""The paper broker and the cycle loop: money is conserved, triggers fire, nobody sees the future."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from builders import MONDAY, make_manager, make_model, make_pair
from hypothesis import given
from hypothesis import strategies as st

from alpha_model import HistoryError, TradeError, TradeExecution, TradeType, weight_equal
from alpha_model.history import HistoryRecorder, read_history
from alpha_model.paper import PaperBroker, PaperCycle, PaperMarket, make_pairs, run_paper


def hold_everything(cycle: PaperCycle) -> list[TradeExecution]:
    """Equal weights of all tickers, nearly all equity, a stop 20 % below."""
    model = cycle.model
    for ticker in cycle.prices.columns:
        model.set_signal(cycle.pairs[ticker], 1.0, stop_loss=0.8)
    model.select_top_signals(len(cycle.pairs))
    model.assign_weights(weight_equal)
    model.normalise_weights()
    model.update_old_weights(cycle.portfolio)
    model.calculate_target_positions(cycle.position_manager, cycle.portfolio.get_total_equity() * 0.9)
    cycle.report(f"holding {len(cycle.pairs)}")
    return model.generate_rebalance_trades_and_triggers(cycle.position_manager)


def daily(**columns: list[float]) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.date_range(MONDAY, periods=length, freq="D"), dtype=float)


class TestBroker:
    def test_buy_moves_cash_into_the_position(self) -> None:
        manager = make_manager({1: 10.0}, cash=1000, fee=0.01)
        PaperBroker(manager.portfolio).execute([manager.open_spot(make_pair(1), 505)])
        (position,) = manager.portfolio.open_positions.values()
        assert manager.get_current_cash() == 495
        assert (float(position.quantity), position.entry_price) == (pytest.approx(50), pytest.approx(10.1))
        assert manager.portfolio.get_total_equity() == pytest.approx(995)  # the fee is gone

    def test_fill_is_written_on_the_trade(self) -> None:
        manager = make_manager({1: 10.0}, fee=0.01)
        trade = manager.open_spot(make_pair(1), 101)
        PaperBroker(manager.portfolio).execute([trade], datetime(2026, 1, 6))
        assert (trade.executed_at, trade.executed_quantity) == (datetime(2026, 1, 6), trade.planned_quantity)
        assert trade.fees_usd == pytest.approx(1.0)
        assert trade.get_value() == pytest.approx(101)

    def test_increase_averages_the_entry_price(self) -> None:
        manager = make_manager({1: 30.0}, cash=1000)
        manager.portfolio.add_position(make_pair(1), Decimal(10), 10.0, 30.0)
        PaperBroker(manager.portfolio).execute([manager.adjust_position(make_pair(1), 300)])
        assert manager.portfolio.open_positions[1].entry_price == 20  # 10 units at 10 and 10 at 30

    def test_selling_everything_closes_the_position(self) -> None:
        manager = make_manager({1: 10.0}, cash=0, held={1: 50})
        PaperBroker(manager.portfolio).execute([manager.close_position(manager.portfolio.open_positions[1])], MONDAY)
        assert manager.portfolio.open_positions == {}
        assert manager.portfolio.closed_positions[1].closed_at == MONDAY
        assert manager.get_current_cash() == 500

    def test_trades_beyond_the_cash_change_nothing(self) -> None:
        manager = make_manager({1: 10.0, 2: 10.0}, cash=100)
        trades = [manager.open_spot(make_pair(1), 60), manager.open_spot(make_pair(2), 60)]
        with pytest.raises(TradeError, match=r"not enough cash: trade #2 in T2-USDC \(pair 2\) leaves -20\.00 USD"):
            PaperBroker(manager.portfolio).execute(trades)
        assert (manager.get_current_cash(), manager.portfolio.open_positions) == (100, {})

    def test_trade_is_filled_once(self) -> None:
        manager = make_manager({1: 10.0})
        trade = manager.open_spot(make_pair(1), 60)
        broker = PaperBroker(manager.portfolio)
        broker.execute([trade])
        with pytest.raises(TradeError, match="was filled before"):
            broker.execute([trade])

    def test_short_gains_when_the_price_falls(self) -> None:
        manager = make_manager({1: 10.0}, cash=1000)
        PaperBroker(manager.portfolio).execute([manager.open_short(make_pair(1), 400)])
        (short,) = manager.portfolio.open_positions.values()
        assert (manager.get_current_cash(), short.quantity, short.collateral) == (600, -40, 800)
        short.mark_price = 9.0
        assert short.get_value() == 440
        assert short.get_unrealised_profit_usd() == 40

    def test_closing_a_short_brings_its_value_back(self) -> None:
        manager = make_manager({1: 10.0}, cash=1000)
        broker = PaperBroker(manager.portfolio)
        broker.execute([manager.open_short(make_pair(1), 400)])
        (short,) = manager.portfolio.open_positions.values()
        broker.execute([manager.close_position(short)])
        assert (manager.get_current_cash(), manager.portfolio.open_positions) == (1000, {})

    @given(
        st.dictionaries(st.integers(1, 9), st.floats(0.05, 100), min_size=1, max_size=5),
        st.dictionaries(st.integers(1, 9), st.integers(1, 100), max_size=5),
    )
    def test_rebalance_without_fees_conserves_money_and_reaches_the_targets(self, signals, held) -> None:
        manager = make_manager(dict.fromkeys(range(1, 10), 10.0), cash=1000, held=held)
        portfolio = manager.portfolio
        before = portfolio.get_total_equity()
        model = make_model(signals, close_position_weight_epsilon=0.0)
        model.normalise_weights()
        model.update_old_weights(portfolio)
        model.calculate_target_positions(manager, before)
        PaperBroker(portfolio).execute(model.generate_rebalance_trades_and_triggers(manager, min_trade_threshold=0.0))
        assert portfolio.get_total_equity() == pytest.approx(before)
        values = {position.pair.internal_id: position.get_value() for position in portfolio.open_positions.values()}
        wanted = {
            pair_id: signal.position_target for pair_id, signal in model.signals.items() if signal.position_target
        }
        assert values == pytest.approx(wanted, abs=1e-6)


class TestTriggers:
    def test_stop_loss_sells_at_the_price_of_the_day(self) -> None:
        prices = daily(A=[10, 9, 7.5, 12], B=[10, 10, 10, 10])
        portfolio = run_paper(hold_everything, PaperMarket(prices, fee=0), [MONDAY, prices.index[3]], 1000)
        # A bought for 450 at 10 and sold at 7.5 = 337.5; on day 3 equity is 100 + 337.5 + 450 = 887.5
        assert len(portfolio.closed_positions) == 1
        assert portfolio.get_total_equity() == pytest.approx(887.5)

    @pytest.mark.parametrize(
        ("price", "reason"), [(8.01, None), (8.0, "stop_loss"), (14.99, None), (15.0, "take_profit")]
    )
    def test_trigger_is_reached_at_its_price(self, price, reason) -> None:
        position = make_manager({1: 10.0}, held={1: 1}).portfolio.open_positions[1]
        position.stop_loss, position.take_profit = 8.0, 15.0
        assert position.update_triggers(price) == reason

    def test_trailing_stop_follows_the_price_up_only(self) -> None:
        position = make_manager({1: 10.0}, held={1: 1}).portfolio.open_positions[1]
        position.trailing_stop_loss = 0.9
        assert [position.update_triggers(price) for price in (10, 20, 18.5)] == [None, None, None]
        assert position.stop_loss == 18
        assert position.update_triggers(18) == "stop_loss"


class TestLoop:
    def test_strategy_never_sees_the_future(self) -> None:
        prices = daily(A=[1, 2, 3, 4])
        seen = []

        def look(cycle: PaperCycle) -> list[TradeExecution]:
            seen.append(list(cycle.prices["A"]))
            return []

        run_paper(look, PaperMarket(prices), prices.index[1:3], 100)
        assert seen == [[1, 2], [1, 2, 3]]

    def test_gaps_are_traded_at_the_last_price_and_seen_as_gaps(self) -> None:
        prices = daily(A=[10, np.nan], B=[10, 10])

        def look(cycle: PaperCycle) -> list[TradeExecution]:
            assert np.isnan(cycle.prices["A"].iloc[-1]) == (cycle.number == 1)
            assert cycle.pricing_model.prices[1] == 10
            return []

        run_paper(look, PaperMarket(prices), prices.index, 100)

    def test_cycle_without_prices_names_its_time(self) -> None:
        with pytest.raises(HistoryError, match="no prices at cycle time 2030-01-01"):
            run_paper(lambda _cycle: [], PaperMarket(daily(A=[1])), [datetime(2030, 1, 1)], 100)

    def test_prices_out_of_order_are_refused(self) -> None:
        with pytest.raises(HistoryError, match="ascending DatetimeIndex"):
            PaperMarket(daily(A=[1, 2]).iloc[::-1])

    @pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
    def test_times_of_any_zone_are_brought_to_utc(self, zone: str) -> None:
        prices = daily(A=[100.0, 110.0], B=[100.0, 100.0]).tz_localize(zone)
        seen: list[datetime] = []
        run_paper(lambda cycle: seen.append(cycle.timestamp) or [], PaperMarket(prices), prices.index, 1_000)
        assert seen == [when.tz_convert("UTC").tz_localize(None).to_pydatetime() for when in prices.index]

    @pytest.mark.parametrize(
        ("columns", "told"),
        [
            (pd.MultiIndex.from_product([["Close", "Volume"], ["A"]]), r'prices\["Close"\]'),
            (pd.Index(["A", "A"]), "'A' twice. Rename or drop one"),
        ],
    )
    def test_columns_that_are_no_tickers_are_refused(self, columns: pd.Index, told: str) -> None:
        with pytest.raises(HistoryError, match=told):
            PaperMarket(daily(A=[1.0], B=[1.0]).set_axis(columns, axis=1))

    def test_price_below_zero_is_refused_where_it_stands(self) -> None:
        with pytest.raises(HistoryError, match=r"got -37 for B at 2026-01-06.* Put NaN where there is no price"):
            PaperMarket(daily(A=[1.0, 1.0], B=[1.0, -37.0]))

    def test_cycle_times_must_ascend(self) -> None:
        prices = daily(A=[1.0, 1.0])
        with pytest.raises(HistoryError, match=r"cycle times must ascend.* Use sorted\(set\(times\)\)"):
            run_paper(hold_everything, PaperMarket(prices), [prices.index[1], prices.index[0]], 1_000)

    def test_venue_that_is_closed_is_not_bought_and_recorded_as_closed(self, tmp_path) -> None:
        prices = daily(A=[100.0, 100.0], B=[50.0, 50.0])
        market = PaperMarket(prices, can_deposit=pd.DataFrame({"A": [False, True]}, index=prices.index))
        path = tmp_path / "history.jsonl"
        with HistoryRecorder(path) as recorder:
            run_paper(hold_everything, market, prices.index, 1_000, recorder)
        history = read_history(path)
        bought = history.trades[["cycle", "pair_id"]].to_numpy().tolist()
        assert [0, 1] not in bought
        assert [1, 1] in bought
        closed = history.market[history.market["can_deposit"] == False]  # noqa: E712 - a column with nulls
        assert closed[["cycle", "pair_id"]].to_numpy().tolist() == [[0, 1]]

    def test_whole_rows_of_prices_are_recorded(self, tmp_path) -> None:
        def only_the_first(cycle: PaperCycle) -> list[TradeExecution]:
            cycle.model.set_signal(cycle.pairs["A"], 1.0)
            return []

        prices = daily(A=[100.0, 110.0], B=[50.0, 60.0])
        path = tmp_path / "history.jsonl"
        with HistoryRecorder(path) as recorder:
            run_paper(only_the_first, PaperMarket(prices, tvl=prices * 1_000), prices.index, 1_000, recorder)
        market = read_history(path).market
        assert market.pivot_table(values="price", index="cycle", columns="pair_id").to_numpy().tolist() == [
            [100.0, 50.0],
            [110.0, 60.0],
        ]
        assert market["tvl"].tolist() == [100_000.0, 50_000.0, 110_000.0, 60_000.0]

    def test_pairs_are_the_same_in_every_run(self) -> None:
        once, again = make_pairs(["A", "B"]), make_pairs(["A", "B"])
        assert once == again
        assert [pair.internal_id for pair in once.values()] == [1, 2]

    def test_history_has_what_was_decided_held_and_traded(self, tmp_path) -> None:
        prices = daily(A=[10, 9, 7.5, 12], B=[10, 10, 10, 10])
        path = tmp_path / "run.jsonl"
        with HistoryRecorder(path, strategy="hold everything") as recorder:
            run_paper(hold_everything, PaperMarket(prices, fee=0), [MONDAY, prices.index[3]], 1000, recorder)
        history = read_history(path)
        assert list(history.cycles["message"]) == ["holding 2", "holding 2"]
        assert history.wide("price").tolist() == [[10, 10], [12, 10]]
        assert history.equity["total_equity"].tolist() == pytest.approx([1000, 887.5])
        assert np.nan_to_num(history.wide("old_quantity")).tolist() == [[0, 0], [0, 45]]
        stop = history.trades[history.trades["kind"] == TradeType.stop_loss]
        assert stop["timestamp"].tolist() == [pd.Timestamp(prices.index[2], tz="UTC")]
        assert stop["cycle"].tolist() == [0]
        assert history.cycles["trade_count"].tolist() == [2, 2]
