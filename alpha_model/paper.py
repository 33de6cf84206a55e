"""What would the strategy have done on these prices, and what would it hold now?

A dry run for strategy authors: a broker that fills every planned trade at its planned price, and a loop that walks a
price frame, asks the strategy at every cycle, executes, and records the history as it goes.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias, cast

import click
import pandas as pd

from alpha_model.history import EquityPoint, HistoryRecorder, Quote
from alpha_model.model import AlphaModel
from alpha_model.position_manager import PositionManager
from alpha_model.values import (
    AssetIdentifier,
    HistoryError,
    PairId,
    Portfolio,
    StaticPricing,
    TradeError,
    TradeExecution,
    TradeType,
    TradingPairIdentifier,
    TradingPosition,
    Usd,
    naive_utc,
)

PAPER_CHAIN_ID = 9999
"""Chain id of instruments that live on no chain, as the state files have it."""


class PaperBroker:
    """Fills every trade in full at its planned price.

    Args:
        portfolio: Whose cash and positions the fills change.
    """

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio

    def execute(self, trades: Iterable[TradeExecution], executed_at: datetime | None = None) -> None:
        """Fill the trades in their order.

        Args:
            trades: Planned trades, sells before buys.
            executed_at: Naive UTC; None takes the time that each trade was decided.

        Raises:
            TradeError: The cash does not reach for all of them, or one was filled before; nothing has changed.
        """
        planned = list(trades)
        when = executed_at and naive_utc(executed_at)
        self._check(planned)
        for trade in planned:
            self._fill(trade, when or trade.opened_at)

    def _check(self, trades: Sequence[TradeExecution]) -> None:
        for trade in trades:
            if trade.is_executed():
                raise TradeError(f"trade #{trade.trade_id} in {trade.pair} was filled before.", trade=trade)
        self.portfolio.check_enough_cash(trades)

    def _fill(self, trade: TradeExecution, when: datetime | None) -> None:
        portfolio = self.portfolio
        portfolio.reserve.quantity = max(portfolio.reserve.quantity + trade.get_cash_flow(), Decimal(0))
        position = portfolio.open_positions.get(trade.position_id)
        if position is None:
            _open(portfolio, trade, when)
        else:
            _change(portfolio, position, trade, when)
        trade.executed_at = when
        trade.executed_quantity = trade.planned_quantity
        trade.executed_price = trade.planned_price
        trade.fees_usd = abs(float(trade.planned_quantity)) * abs(trade.planned_price - trade.planned_mid_price)


def _open(portfolio: Portfolio, trade: TradeExecution, when: datetime | None) -> None:
    position = portfolio.add_position(
        trade.pair,
        trade.planned_quantity,
        trade.planned_price,
        trade.planned_mid_price,
        when,
        collateral=trade.planned_collateral,
        position_id=trade.position_id,
    )
    position.stop_loss = trade.stop_loss
    position.take_profit = trade.take_profit
    position.trailing_stop_loss = trade.trailing_stop_loss


def _change(portfolio: Portfolio, position: TradingPosition, trade: TradeExecution, when: datetime | None) -> None:
    before, change = position.quantity, trade.planned_quantity
    position.quantity = before + change
    position.collateral += trade.planned_collateral
    if position.quantity == 0:
        position.closed_at = when
        portfolio.closed_positions[position.position_id] = portfolio.open_positions.pop(position.position_id)
    elif trade.is_opening_or_increasing():
        paid = float(before) * position.entry_price + float(change) * trade.planned_price
        position.entry_price = paid / float(position.quantity)


@dataclass(frozen=True, slots=True)
class PaperCycle:
    """What a strategy sees when it decides.

    Args:
        number: 0, 1, 2 …
        timestamp: Decision time, naive UTC.
        prices: Prices up to and including now, one column a ticker; nothing later.
        pairs: The pair of each ticker.
        model: A new model for this cycle.
        position_manager: Plans trades for the portfolio at the prices of now.
        messages: The lines that `report` took.
    """

    number: int
    timestamp: datetime
    prices: pd.DataFrame
    pairs: Mapping[str, TradingPairIdentifier]
    model: AlphaModel
    position_manager: PositionManager
    messages: list[str] = field(default_factory=list)

    @property
    def portfolio(self) -> Portfolio:
        """What is held."""
        return self.position_manager.get_current_portfolio()

    @property
    def pricing_model(self) -> StaticPricing:
        """The prices, and the TVL where it was given, of now."""
        return cast("StaticPricing", self.position_manager.pricing_model)

    def report(self, text: str) -> None:
        """Add a line to the strategy's own report of this cycle, which is recorded with it."""
        self.messages.append(text)


Decide: TypeAlias = Callable[[PaperCycle], list[TradeExecution]]
"""A strategy: sets signals on `cycle.model`, runs its steps, returns the planned trades."""


@dataclass(frozen=True, slots=True)
class PaperMarket:
    """The market of a paper run.

    Args:
        prices: DatetimeIndex, ascending, naive UTC or of any time zone, which is brought to naive UTC; one column a
            ticker; USD, 0 for what is worthless. Gaps are filled with the last price.
        fee: Share of the notional.
        tvl: The same shape as `prices`; USD locked in each market, for size risk. None where it is not looked at.
        pairs: The pair of each ticker; None makes them from the tickers.
        can_deposit: The same shape; False where a venue takes no deposits, and nothing can be bought. None is always.
        can_redeem: The same shape; False where what is held cannot be sold. None is always.

    Raises:
        HistoryError: The prices have no ascending DatetimeIndex without duplicates, a ticker occurs twice or has
            several levels, or a price is below 0.
    """

    prices: pd.DataFrame
    fee: float = 0.001
    tvl: pd.DataFrame | None = None
    pairs: Mapping[str, TradingPairIdentifier] | None = None
    can_deposit: pd.DataFrame | None = None
    can_redeem: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for name in ("prices", "tvl", "can_deposit", "can_redeem"):
            object.__setattr__(self, name, _in_utc(getattr(self, name)))
        self._check_times()
        self._check_tickers()
        below = (self.prices < 0).to_numpy().nonzero()
        if below[0].size:
            row, column = below[0][0], below[1][0]
            raise HistoryError(
                f"prices must be 0 or more, got {self.prices.iloc[row, column]:,.6g} for "
                f"{self.prices.columns[column]} at {self.prices.index[row]}. Put NaN where there is no price, and the "
                "last one is kept; or 0 for what is worthless.",
                timestamp=self.prices.index[row],
            )

    def _check_tickers(self) -> None:
        columns = self.prices.columns
        if isinstance(columns, pd.MultiIndex):
            levels = ", ".join(str(name) for name in columns.get_level_values(0).unique()[:5])
            raise HistoryError(
                f"prices need one column a ticker, got columns of {columns.nlevels} levels, the first {levels}. "
                'Choose one kind of price, such as prices["Close"].',
                columns=columns,
            )
        if not columns.is_unique:
            twice = columns[columns.duplicated()][0]
            raise HistoryError(f"prices need one column a ticker, got {twice!r} twice. Rename or drop one.", got=twice)

    def _check_times(self) -> None:
        index = self.prices.index
        if not isinstance(index, pd.DatetimeIndex) or not index.is_monotonic_increasing or not index.is_unique:
            raise HistoryError(
                f"prices need an ascending DatetimeIndex without duplicates, got {type(index).__name__}. "
                "Use prices.sort_index() and drop repeated times.",
                index=index,
            )


def _in_utc(frame: pd.DataFrame | None) -> pd.DataFrame | None:
    """The frame with naive UTC times, as everything here has them."""
    index = None if frame is None else frame.index
    if frame is None or not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        return frame
    return frame.set_axis(index.tz_convert("UTC").tz_localize(None))


def _ascending(times: Iterable[datetime]) -> list[datetime]:
    """The cycle times, as they are.

    Raises:
        HistoryError: One is not after the one before.
    """
    found = list(times)
    for before, after in pairwise(found):
        if naive_utc(after) <= naive_utc(before):
            raise HistoryError(
                f"cycle times must ascend, got {after} after {before}. Use sorted(set(times)).", timestamp=after
            )
    return found


def make_pairs(tickers: Iterable[str], quote: str = "USD", fee: float = 0.001) -> dict[str, TradingPairIdentifier]:
    """Pairs for instruments that have no address of their own; ids 1, 2, 3 … in the given order.

    The addresses are hashes of the names, so the same ticker is the same pair in every run.
    """
    cash = AssetIdentifier(PAPER_CHAIN_ID, _address(quote), quote, 6)
    return {
        ticker: TradingPairIdentifier(
            AssetIdentifier(PAPER_CHAIN_ID, _address(ticker), ticker, 18),
            cash,
            _address(f"{ticker}/{quote}"),
            _address("paper"),
            internal_id=number,
            fee=fee,
            exchange_name="paper",
        )
        for number, ticker in enumerate(tickers, start=1)
    }


def _address(name: str) -> str:
    return "0x" + hashlib.blake2b(name.encode(), digest_size=20).hexdigest()


def run_paper(
    decide: Decide,
    market: PaperMarket,
    cycle_times: Iterable[datetime],
    cash: Usd,
    recorder: HistoryRecorder | None = None,
    *,
    progress: bool = False,
) -> Portfolio:
    """Walk the prices, decide at every cycle, execute, and record.

    Between cycles, stop losses and take profits are looked at with every row of prices and executed at that row's
    price. A cycle decides on the prices of its own row and trades at them.

    Args:
        decide: The strategy.
        market: Prices and fees.
        cycle_times: Times of the price frame at which to decide, ascending.
        cash: USD at the start.
        recorder: Takes each cycle down, before the next begins; None keeps no record.
        progress: Show a bar on the terminal.

    Returns:
        The portfolio at the end.

    Raises:
        HistoryError: A cycle time has no row of prices, or is not after the one before.
        TradeError: The strategy's trades cost more cash than there is.
        RecordError: A cycle cannot be recorded.
    """
    run = _Run(market, cash)
    times = _ascending(cycle_times)
    with click.progressbar(times, label="cycles", hidden=not progress, file=sys.stderr) as watched:
        for number, when in enumerate(watched):
            row = run.row_of(when)
            triggered = run.advance(row)
            run.decide(decide, run.cycle(number, row), triggered, recorder)
    return run.broker.portfolio


def _closed(is_open: pd.DataFrame | None, prices: pd.DataFrame) -> pd.DataFrame | None:
    """Where a venue is known to be closed; what is not said is open."""
    return None if is_open is None else is_open.reindex_like(prices).eq(other=False)


def _quotes(cycle: PaperCycle) -> dict[TradingPairIdentifier, Quote]:
    """What is known of every pair of the market, whether the cycle looked at it or not."""
    pricing = cycle.pricing_model
    known = {pair: pair.require_id() for pair in cycle.pairs.values() if pair.internal_id in pricing.prices}
    return {
        pair: Quote(
            pricing.prices[pair_id],
            tvl=pricing.tvl.get(pair_id),
            can_deposit=False if pair_id in pricing.no_deposits else None,
            can_redeem=False if pair_id in pricing.no_redemptions else None,
        )
        for pair, pair_id in known.items()
    }


class _Run:
    """The state of one paper run: the row of prices that it stands on, and the broker."""

    def __init__(self, market: PaperMarket, cash: Usd) -> None:
        self.seen = market.prices
        self.filled = market.prices.ffill()
        self.tvl = None if market.tvl is None else market.tvl.reindex_like(market.prices).ffill()
        self.closed = [_closed(frame, market.prices) for frame in (market.can_deposit, market.can_redeem)]
        self.fee = market.fee
        self.pairs = market.pairs or make_pairs(map(str, market.prices.columns), fee=market.fee)
        self.broker = PaperBroker(Portfolio.create(next(iter(self.pairs.values())).quote, Decimal(str(cash))))
        self.next_row = 0

    def row_of(self, when: datetime) -> int:
        place = int(self.filled.index.get_indexer(pd.DatetimeIndex([naive_utc(when)]))[0])
        if place < 0:
            raise HistoryError(f"no prices at cycle time {when}. Choose times from prices.index.", timestamp=when)
        return place

    def advance(self, row: int) -> list[TradeExecution]:
        """Look at the triggers in every row up to this one; returns the trades that they made."""
        trades = [trade for each in range(self.next_row, row + 1) for trade in self._fire_triggers(each)]
        self.next_row = row + 1
        return trades

    def cycle(self, number: int, row: int) -> PaperCycle:
        manager = self._manager(row)
        when = self._when(row)
        self.broker.portfolio.revalue(when, manager.pricing_model)
        seen = self.seen.iloc[: row + 1]
        return PaperCycle(number, when, seen, self.pairs, AlphaModel(timestamp=when), manager)

    def decide(
        self, strategy: Decide, cycle: PaperCycle, triggered: list[TradeExecution], recorder: HistoryRecorder | None
    ) -> None:
        """Ask the strategy, fill its trades, and take the cycle down as it was before them."""
        portfolio = cycle.portfolio
        equity = EquityPoint(portfolio.get_total_equity(), portfolio.get_cash())
        quantities = portfolio.get_open_quantities()
        trades = strategy(cycle)
        self.broker.execute(trades, cycle.timestamp)
        if recorder is not None:
            recorder.append(
                cycle.model,
                trades=[*triggered, *trades],
                message="\n".join(cycle.messages) or None,
                prices=_quotes(cycle),
                quantities=quantities,
                equity=equity,
            )

    def _when(self, row: int) -> datetime:
        return cast("datetime", self.filled.index[row].to_pydatetime())

    def _manager(self, row: int) -> PositionManager:
        tvl = None if self.tvl is None else self._by_pair(self.tvl, row)
        closed = [() if frame is None else self._closed_at(frame, row) for frame in self.closed]
        pricing = StaticPricing(self._by_pair(self.filled, row), self.fee, tvl, *closed)
        return PositionManager(self._when(row), self.broker.portfolio, pricing)

    def _closed_at(self, frame: pd.DataFrame, row: int) -> set[PairId]:
        return {self.pairs[str(ticker)].require_id() for ticker in frame.columns[frame.iloc[row].to_numpy()]}

    def _by_pair(self, frame: pd.DataFrame, row: int) -> dict[PairId, float]:
        values = frame.iloc[row].dropna()
        return {self.pairs[str(ticker)].require_id(): float(value) for ticker, value in values.items()}

    def _fire_triggers(self, row: int) -> list[TradeExecution]:
        watched = [held for held in self.broker.portfolio.open_positions.values() if held.has_triggers()]
        if not watched:
            return []
        manager = self._manager(row)
        fired = [(held, held.update_triggers(manager.get_mid_price(held.pair))) for held in watched]
        trades = [
            manager.close_position(held, trade_type=TradeType(reason), notes=f"{reason} at {held.mark_price:,.6g} USD")
            for held, reason in fired
            if reason
        ]
        self.broker.execute(trades, self._when(row))
        return trades
