"""What is held at one moment, and what is it worth?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from alpha_model.values.errors import TradeError
from alpha_model.values.pair import AssetIdentifier, TradingPairIdentifier
from alpha_model.values.pricing import PricingModel
from alpha_model.values.serialisation import naive_utc
from alpha_model.values.trade import TradeExecution
from alpha_model.values.units import PairId, Usd, UsdPrice

CASH_TOLERANCE = Decimal("0.000001")
"""USD that the cash may fall below 0 for rounding."""


@dataclass
class ReservePosition:
    """The cash of the portfolio.

    Args:
        asset: The stablecoin or currency.
        quantity: How much of it, taken to be worth 1 USD a unit.
        last_sync_at: When the quantity was known, naive UTC.
    """

    asset: AssetIdentifier
    quantity: Decimal
    last_sync_at: datetime | None = None

    def __post_init__(self) -> None:
        self.last_sync_at = self.last_sync_at and naive_utc(self.last_sync_at)

    def get_value(self) -> Usd:
        """The cash in USD."""
        return float(self.quantity)


@dataclass
class TradingPosition:
    """One holding.

    Args:
        position_id: Number within the portfolio.
        pair: What is held; a short has the synthetic pair.
        quantity: Units of the base asset; negative for a short.
        entry_price: Average price paid, USD.
        mark_price: The price that it is valued at, USD.
        opened_at: Naive UTC.
        collateral: USD behind a short: what was set aside and what the borrowed units were sold for. Negative for a
            leveraged long: what it owes.
        stop_loss: Price at which to close, USD.
        take_profit: Price at which to take the gain, USD.
        trailing_stop_loss: Share of the highest price since; for a short, of the lowest.
        closed_at: Naive UTC; None while it is held.
        pending_deposit_usd: USD that were paid in and are not settled yet; they count to the value.
        pending_redemption: Whether units were given back and are not paid out yet; they are held until then.
    """

    position_id: int
    pair: TradingPairIdentifier
    quantity: Decimal
    entry_price: UsdPrice
    mark_price: UsdPrice
    opened_at: datetime | None
    collateral: Decimal = Decimal(0)
    stop_loss: UsdPrice | None = None
    take_profit: UsdPrice | None = None
    trailing_stop_loss: float | None = None
    closed_at: datetime | None = None
    pending_deposit_usd: Usd = field(default=0.0, kw_only=True)
    pending_redemption: bool = field(default=False, kw_only=True)

    def is_settling(self) -> bool:
        """Does a deposit or a redemption wait for its settlement? The position cannot be traded until then."""
        return self.pending_redemption or self.pending_deposit_usd != 0

    def __post_init__(self) -> None:
        self.opened_at = self.opened_at and naive_utc(self.opened_at)
        self.closed_at = self.closed_at and naive_utc(self.closed_at)

    def is_short(self) -> bool:
        """Does it gain when the price falls?"""
        return self.pair.is_short()

    def is_leveraged(self) -> bool:
        """Is something borrowed for it?"""
        return self.pair.is_short() or self.pair.is_leveraged_long()

    def get_value(self) -> Usd:
        """USD at the mark: quantity × price; a short's collateral less what it costs to cover; a leveraged long's
        holding less its debt; and what was paid in and is not settled yet.
        """
        return float(self.collateral) + float(self.quantity) * self.mark_price + self.pending_deposit_usd

    def has_triggers(self) -> bool:
        """Is there a price at which it is to be closed between cycles?"""
        return self.stop_loss is not None or self.take_profit is not None or self.trailing_stop_loss is not None

    def update_triggers(self, price: UsdPrice) -> str | None:
        """Mark the position at a new price, move a trailing stop after it, and say which trigger it has reached.

        Returns:
            `stop_loss`, `take_profit`, or None. For a short the stop lies above the price and the profit below.
        """
        self.mark_price = price
        side = -1 if self.is_short() else 1
        if self.trailing_stop_loss is not None:
            trailing = price * (1 - side * (1 - self.trailing_stop_loss))
            tighter = max if side > 0 else min
            self.stop_loss = trailing if self.stop_loss is None else tighter(self.stop_loss, trailing)
        if self.stop_loss is not None and side * price <= side * self.stop_loss:
            return "stop_loss"
        if self.take_profit is not None and side * price >= side * self.take_profit:
            return "take_profit"
        return None

    def get_quantity(self) -> Decimal:
        """Units held; negative for a short."""
        return self.quantity

    def get_unrealised_profit_usd(self) -> Usd:
        """USD gained since entry on what is held now."""
        return float(self.quantity) * (self.mark_price - self.entry_price)

    def get_unrealised_profit_pct(self) -> float:
        """The same as a share of what the units cost at entry; 0 for a position that cost nothing."""
        cost = abs(float(self.quantity)) * self.entry_price
        return self.get_unrealised_profit_usd() / cost if cost else 0.0


@dataclass
class Portfolio:
    """Cash and positions.

    Args:
        reserve: The cash.
        open_positions: By position id.
        frozen_positions: Positions whose last trade failed: held, and not to be touched.
        closed_positions: What was held before.
        next_position_id: The id of the next position that is planned.
        next_trade_id: The id of the next trade that is planned.
    """

    reserve: ReservePosition
    open_positions: dict[int, TradingPosition] = field(default_factory=dict)
    frozen_positions: dict[int, TradingPosition] = field(default_factory=dict)
    closed_positions: dict[int, TradingPosition] = field(default_factory=dict)
    next_position_id: int = 1
    next_trade_id: int = 1

    @classmethod
    def create(cls, reserve_asset: AssetIdentifier, cash: Decimal, timestamp: datetime | None = None) -> Portfolio:
        """A portfolio that holds cash only.

        Args:
            reserve_asset: The stablecoin or currency, taken to be worth 1 USD a unit.
            cash: How much of it.
            timestamp: When that was known, naive UTC.
        """
        return cls(ReservePosition(reserve_asset, Decimal(cash), timestamp))

    def add_position(
        self,
        pair: TradingPairIdentifier,
        quantity: Decimal,
        entry_price: UsdPrice,
        mark_price: UsdPrice,
        opened_at: datetime | None = None,
        *,
        collateral: Decimal = Decimal(0),
        position_id: int | None = None,
    ) -> TradingPosition:
        """Open a position as it stands; cash does not change.

        Args:
            pair: What is held.
            quantity: Units; negative for a short.
            entry_price: USD.
            mark_price: USD.
            opened_at: Naive UTC.
            collateral: USD behind a short; what a leveraged long owes, negative.
            position_id: The id that was planned for it; None takes the next one.

        Raises:
            TradeError: The quantity has the wrong sign for the pair.
        """
        if quantity == 0 or (quantity < 0) != pair.is_short():
            raise TradeError(
                f"a {pair.kind} position needs a {'negative' if pair.is_short() else 'positive'} quantity, "
                f"got {quantity} for {pair}.",
                pair=pair,
                quantity=quantity,
            )
        number = self.next_position_id if position_id is None else position_id
        position = TradingPosition(number, pair, Decimal(quantity), entry_price, mark_price, opened_at, collateral)
        self.open_positions[number] = position
        self.next_position_id = max(self.next_position_id, number + 1)
        return position

    def get_cash(self) -> Usd:
        """USD that is not in any position."""
        return self.reserve.get_value()

    def get_total_equity(self) -> Usd:
        """Cash and all held positions in USD, frozen ones too."""
        return self.get_cash() + self.get_position_equity_and_loan_nav()

    def calculate_total_equity(self) -> Usd:
        """The same as `get_total_equity`, by the reference framework's name."""
        return self.get_total_equity()

    def get_position_equity_and_loan_nav(self) -> Usd:
        """All held positions in USD, without the cash; shorts and leveraged longs less what they owe."""
        return sum(position.get_value() for position in self.iterate_held())

    def iterate_held(self) -> Iterable[TradingPosition]:
        """Open and frozen positions."""
        yield from self.open_positions.values()
        yield from self.frozen_positions.values()

    def get_open_position_for_pair(self, pair: TradingPairIdentifier) -> TradingPosition | None:
        """The open position in exactly this pair: a short over it is another pair."""
        return next((found for found in self.open_positions.values() if _same(found.pair, pair)), None)

    def get_position_by_trading_pair(self, pair: TradingPairIdentifier) -> TradingPosition | None:
        """The same as `get_open_position_for_pair`, by the reference framework's name."""
        return self.get_open_position_for_pair(pair)

    def get_open_quantities(self) -> dict[PairId, Decimal]:
        """Units held by spot pair id; negative for shorts."""
        return {
            position.pair.get_pricing_pair().require_id(): position.quantity
            for position in self.open_positions.values()
        }

    def revalue(self, timestamp: datetime | None, pricing_model: PricingModel) -> None:
        """Mark every held position at its current mid price.

        Raises:
            PricingError: A position has no price; no mark has changed.
        """
        marks = [(held, pricing_model.get_mid_price(timestamp, held.pair)) for held in self.iterate_held()]
        for position, price in marks:
            position.mark_price = price

    def check_enough_cash(self, trades: Iterable[TradeExecution]) -> None:
        """Does the cash reach for these trades, one after the other?

        Raises:
            TradeError: It does not.
        """
        cash = self.reserve.quantity
        for trade in trades:
            cash += trade.get_cash_flow()
            if cash < -CASH_TOLERANCE:
                raise TradeError(
                    f"not enough cash: trade #{trade.trade_id} in {trade.pair} leaves {cash:,.2f} USD. Allocate less "
                    "than the total equity, so that fees are covered, or pass cap_buys_to_sync_cash=True.",
                    trade=trade,
                    cash=cash,
                )

    def allocate_position_id(self) -> int:
        """The id for a position that is planned."""
        self.next_position_id += 1
        return self.next_position_id - 1

    def allocate_trade_id(self) -> int:
        """The id for a trade that is planned."""
        self.next_trade_id += 1
        return self.next_trade_id - 1

    @contextmanager
    def untouched_on_error(self) -> Iterator[None]:
        """Planning allocates ids; give them back when it fails, so that nothing has changed."""
        saved = self.next_position_id, self.next_trade_id
        try:
            yield
        except BaseException:
            self.next_position_id, self.next_trade_id = saved
            raise


def _same(held: TradingPairIdentifier, wanted: TradingPairIdentifier) -> bool:
    return held.kind == wanted.kind and (held.get_pricing_pair().internal_id == wanted.get_pricing_pair().internal_id)
