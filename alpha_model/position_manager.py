"""Which trades lead from what is held to what is wanted?

Plans trades; changes no cash and no holding. Whoever executes the plan, a broker or `alpha_model.paper.PaperBroker`,
changes the portfolio.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from alpha_model.values import (
    AssetIdentifier,
    Portfolio,
    PricingError,
    PricingModel,
    TradeError,
    TradeExecution,
    TradeType,
    TradingPairIdentifier,
    TradingPairKind,
    TradingPosition,
    Usd,
    UsdPrice,
    finite,
    naive_utc,
)

_LOGGER = logging.getLogger(__name__)

VIRTUAL_PAIR_OFFSET = 1 << 40
"""A synthetic pair's id is its spot pair's id plus a multiple of this, so that it cannot meet a real one."""


@dataclass(frozen=True, slots=True)
class Triggers:
    """When a position is to be closed between cycles.

    Args:
        stop_loss: Price, USD.
        take_profit: Price, USD.
        trailing_stop_loss: Share of the highest price since; for a short, of the lowest.
    """

    stop_loss: UsdPrice | None = None
    take_profit: UsdPrice | None = None
    trailing_stop_loss: float | None = None


NO_TRIGGERS = Triggers()
NOTHING = Decimal(0)


class PositionManager:
    """Plans trades for one portfolio at one moment.

    Every method that plans a trade raises `PricingError` where a price is missing or none that can be traded at.

    Args:
        timestamp: Decision time; kept as naive UTC.
        portfolio: What is held; its cash and holdings are never changed here.
        pricing_model: What things cost.
    """

    def __init__(self, timestamp: datetime | None, portfolio: Portfolio, pricing_model: PricingModel) -> None:
        self.timestamp = None if timestamp is None else naive_utc(timestamp)
        self.portfolio = portfolio
        self.pricing_model = pricing_model
        self._synthetic: dict[tuple[TradingPairKind, TradingPairIdentifier], TradingPairIdentifier] = {}

    def get_current_portfolio(self) -> Portfolio:
        """The portfolio that is planned for."""
        return self.portfolio

    def get_current_cash(self) -> Usd:
        """USD that is not in any position."""
        return self.portfolio.get_cash()

    def get_current_position_for_pair(self, pair: TradingPairIdentifier) -> TradingPosition | None:
        """The open position in exactly this pair; None when it is not held."""
        return self.portfolio.get_open_position_for_pair(pair)

    def get_pending_redemptions(self) -> Usd:
        """USD that investors are to be paid out; 0, because this library keeps no investors."""
        return 0.0

    def log(self, message: str, level: int = logging.INFO) -> None:
        """Write a line to the log of the strategy."""
        _LOGGER.log(level, "%s", message)

    def check_enough_cash(self, trades: Iterable[TradeExecution] = ()) -> None:
        """Does the cash reach for the plan?

        Args:
            trades: The planned trades, sells before buys.

        Raises:
            TradeError: It does not.
        """
        self.portfolio.check_enough_cash(trades)

    def is_problematic_pair(self, pair: TradingPairIdentifier) -> bool:
        """Is a position in the pair, or in a synthetic pair over it, frozen by a failed trade?"""
        if not self.portfolio.frozen_positions:
            return False
        spot_id = pair.get_pricing_pair().internal_id
        return any(
            frozen.pair.get_pricing_pair().internal_id == spot_id for frozen in self.portfolio.frozen_positions.values()
        )

    def can_deposit(self, pair: TradingPairIdentifier) -> bool:
        """Can the pair be bought now, as far as the pricing model knows?"""
        ask = getattr(self.pricing_model, "can_deposit", None)
        return ask is None or bool(ask(self.timestamp, pair))

    def can_redeem(self, pair: TradingPairIdentifier) -> bool:
        """Can what is held of the pair be sold now, as far as the pricing model knows?"""
        ask = getattr(self.pricing_model, "can_redeem", None)
        return ask is None or bool(ask(self.timestamp, pair))

    def get_mid_price(self, pair: TradingPairIdentifier) -> UsdPrice:
        """The price without fees; the spot price under a synthetic pair.

        Raises:
            PricingError: There is none, or it is no price that can be traded at.
        """
        market = pair.get_pricing_pair()
        return self._checked(self.pricing_model.get_mid_price(self.timestamp, market), market)

    def _get_buy_price(self, pair: TradingPairIdentifier) -> UsdPrice:
        market = pair.get_pricing_pair()
        return self._checked(self.pricing_model.get_buy_price(self.timestamp, market), market)

    def _get_sell_price(self, pair: TradingPairIdentifier) -> UsdPrice:
        market = pair.get_pricing_pair()
        return self._checked(self.pricing_model.get_sell_price(self.timestamp, market), market)

    def _checked(self, price: UsdPrice, pair: TradingPairIdentifier) -> UsdPrice:
        if not finite(price) or price <= 0:
            raise PricingError(
                f"a price must be a number above 0, got {price!r} for {pair} at {self.timestamp}. "
                "Leave the pair out while it has no price.",
                pair=pair,
                price=price,
            )
        return price

    def estimate_asset_quantity(self, pair: TradingPairIdentifier, usd: Usd) -> float:
        """How many units that many dollars are at the mid price, with the sign of the dollars.

        Raises:
            PricingError: There is no price.
        """
        return usd / self.get_mid_price(pair)

    def get_shorting_pair(self, pair: TradingPairIdentifier) -> TradingPairIdentifier:
        """The pair that a short over this spot pair is held in.

        A held short's own pair where there is one, so that a short opened elsewhere is recognised; else a synthetic
        pair made from the spot pair.
        """
        return self._synthetic_pair(pair, TradingPairKind.lending_protocol_short)

    def get_leveraged_long_pair(self, pair: TradingPairIdentifier) -> TradingPairIdentifier:
        """The pair that a leveraged long over this spot pair is held in; found and made as a short's is."""
        return self._synthetic_pair(pair, TradingPairKind.lending_protocol_long)

    def _synthetic_pair(self, pair: TradingPairIdentifier, kind: TradingPairKind) -> TradingPairIdentifier:
        spot = pair.get_pricing_pair()
        known = self._synthetic.get((kind, spot))
        if known is None:
            held = (found.pair for found in self.portfolio.iterate_held() if found.pair.kind == kind)
            known = next((found for found in held if found.get_pricing_pair().internal_id == spot.internal_id), None)
            known = known or _make_synthetic(spot, kind)
            self._synthetic[kind, spot] = known
        return known

    def open_spot(
        self, pair: TradingPairIdentifier, value: Usd, *, triggers: Triggers = NO_TRIGGERS, notes: str | None = None
    ) -> TradeExecution:
        """Plan to buy `value` dollars of a pair that is not held, fees included."""
        return self._buy(pair, value, self.portfolio.allocate_position_id(), triggers, notes)

    def adjust_position(
        self,
        pair: TradingPairIdentifier,
        dollar_delta: Usd,
        *,
        position: TradingPosition | None = None,
        sell_all: bool = False,
        triggers: Triggers = NO_TRIGGERS,
        notes: str | None = None,
    ) -> TradeExecution:
        """Plan to change a held spot position by so many dollars; never sells more than is held.

        Args:
            pair: What is held.
            dollar_delta: USD; negative sells.
            position: The position in the pair, where the caller has it; None looks it up.
            sell_all: Sell exactly the holding, whatever the dollars and the mark say.
            triggers: Stop loss and take profit of the position from now on.
            notes: Why, for people.

        Raises:
            TradeError: The pair is not held.
        """
        position = position or self._require_position(pair)
        if dollar_delta > 0:
            return self._buy(pair, dollar_delta, position.position_id, triggers, notes)
        wanted = Decimal(-dollar_delta) / Decimal(self.get_mid_price(pair))
        sold = position.quantity if sell_all else min(wanted, position.quantity)
        return self._trade(position.pair, position.position_id, sold.copy_negate(), triggers=triggers, notes=notes)

    def close_position(
        self,
        position: TradingPosition,
        *,
        trade_type: TradeType = TradeType.rebalance,
        notes: str | None = None,
    ) -> TradeExecution:
        """Plan to end a position: sell exactly what is held, or buy back exactly what is owed."""
        return self._trade(
            position.pair,
            position.position_id,
            position.quantity.copy_negate(),
            collateral=position.collateral.copy_negate(),
            trade_type=trade_type,
            closing=True,
            notes=notes,
        )

    def open_short(
        self,
        pair: TradingPairIdentifier,
        value: Usd,
        *,
        leverage: float = 1.0,
        triggers: Triggers = NO_TRIGGERS,
        notes: str | None = None,
    ) -> TradeExecution:
        """Plan to set aside `value` dollars and sell `leverage` times as much of the borrowed asset."""
        short = self.get_shorting_pair(pair)
        return self._grow(short, self.portfolio.allocate_position_id(), value, leverage, triggers, notes)

    def open_leveraged_long(
        self,
        pair: TradingPairIdentifier,
        value: Usd,
        *,
        leverage: float,
        triggers: Triggers = NO_TRIGGERS,
        notes: str | None = None,
    ) -> TradeExecution:
        """Plan to set aside `value` dollars and buy `leverage` times as much, the rest with borrowed cash."""
        long = self.get_leveraged_long_pair(pair)
        return self._grow(long, self.portfolio.allocate_position_id(), value, leverage, triggers, notes)

    def adjust_short(
        self,
        position: TradingPosition,
        dollar_delta: Usd,
        *,
        leverage: float = 1.0,
        triggers: Triggers = NO_TRIGGERS,
        notes: str | None = None,
    ) -> TradeExecution:
        """Plan to change the value of a short, or of a leveraged long, by so many dollars.

        A decrease pays back and releases the same share of everything, so that the leverage stays.
        """
        if dollar_delta > 0:
            return self._grow(position.pair, position.position_id, dollar_delta, leverage, triggers, notes)
        value = position.get_value()
        if -dollar_delta >= value:
            return self.close_position(position, notes=notes)
        share = Decimal(-dollar_delta / value)
        return self._trade(
            position.pair,
            position.position_id,
            -position.quantity * share,
            collateral=-position.collateral * share,
            triggers=triggers,
            notes=notes,
        )

    def _grow(
        self,
        pair: TradingPairIdentifier,
        position_id: int,
        value: Usd,
        leverage: float,
        triggers: Triggers,
        notes: str | None,
    ) -> TradeExecution:
        """Add `value` dollars, leveraged: sell borrowed units for a short, buy with borrowed cash for a long."""
        exposure = Decimal(value * leverage)
        if pair.is_short():
            units = -exposure / Decimal(self.get_mid_price(pair))
            proceeds = -units * Decimal(self._get_sell_price(pair))
            collateral = Decimal(value) + proceeds
        else:
            units = exposure / Decimal(self._get_buy_price(pair))
            collateral = Decimal(value) - exposure
        return self._trade(
            pair, position_id, units, collateral=collateral, reserve=Decimal(value), triggers=triggers, notes=notes
        )

    def _buy(
        self, pair: TradingPairIdentifier, value: Usd, position_id: int, triggers: Triggers, notes: str | None
    ) -> TradeExecution:
        usd, price = Decimal(value), self._get_buy_price(pair)
        return self._trade(
            pair, position_id, usd / Decimal(price), price=price, reserve=usd, triggers=triggers, notes=notes
        )

    def _trade(
        self,
        pair: TradingPairIdentifier,
        position_id: int,
        quantity: Decimal,
        *,
        price: UsdPrice | None = None,
        collateral: Decimal = NOTHING,
        reserve: Decimal | None = None,
        trade_type: TradeType = TradeType.rebalance,
        closing: bool = False,
        triggers: Triggers = NO_TRIGGERS,
        notes: str | None = None,
    ) -> TradeExecution:
        """A planned trade at the price of now; without `reserve` the cash that it brings, if any."""
        if price is None:
            price = self._get_buy_price(pair) if quantity > 0 else self._get_sell_price(pair)
        if reserve is None:
            reserve = max(-quantity * Decimal(price) - collateral, NOTHING)
        return TradeExecution(
            trade_id=self.portfolio.allocate_trade_id(),
            position_id=position_id,
            pair=pair,
            trade_type=trade_type,
            opened_at=self.timestamp,
            planned_quantity=quantity,
            planned_price=price,
            planned_mid_price=self.get_mid_price(pair),
            planned_reserve=reserve,
            planned_collateral=collateral,
            closing=closing,
            stop_loss=triggers.stop_loss,
            take_profit=triggers.take_profit,
            trailing_stop_loss=triggers.trailing_stop_loss,
            notes=notes,
        )

    def _require_position(self, pair: TradingPairIdentifier) -> TradingPosition:
        position = self.get_current_position_for_pair(pair)
        if position is None:
            raise TradeError(f"cannot adjust {pair}, which is not held. Open the position first.", pair=pair)
        return position


_SYNTHETIC_NAMES = {
    TradingPairKind.lending_protocol_short: ("v", "a", 1),
    TradingPairKind.lending_protocol_long: ("a", "v", 2),
}
"""Prefixes of base and quote, as lending venues name debt (v) and collateral (a), and the place of the ids."""


def _make_synthetic(spot: TradingPairIdentifier, kind: TradingPairKind) -> TradingPairIdentifier:
    base, quote, place = _SYNTHETIC_NAMES[kind]
    return TradingPairIdentifier(
        _lent(spot.base, base),
        _lent(spot.quote, quote),
        spot.pool_address,
        spot.exchange_address,
        internal_id=spot.require_id() + place * VIRTUAL_PAIR_OFFSET,
        fee=spot.fee,
        kind=kind,
        underlying_spot_pair=spot,
        exchange_name=spot.exchange_name,
    )


def _lent(asset: AssetIdentifier, prefix: str) -> AssetIdentifier:
    """The debt or collateral token that stands for an asset."""
    return AssetIdentifier(
        asset.chain_id,
        asset.address,
        prefix + asset.token_symbol,
        asset.decimals,
        underlying=asset,
        type="borrowed" if prefix == "v" else "collateral",
    )
