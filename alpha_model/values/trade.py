"""What will be bought and sold, at which planned price, and what came of it?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from alpha_model.values.pair import TradingPairIdentifier
from alpha_model.values.serialisation import naive_utc
from alpha_model.values.size_risk import SizeRisk
from alpha_model.values.units import Usd, UsdPrice


class TradeType(StrEnum):
    """Why the trade is made."""

    rebalance = "rebalance"
    stop_loss = "stop_loss"
    take_profit = "take_profit"


@dataclass
class TradeExecution:
    """One trade, from plan to fill.

    Args:
        trade_id: Number within the run.
        position_id: The position that it changes or opens.
        pair: What is traded; a short has the synthetic pair.
        trade_type: Why.
        opened_at: When it was decided, naive UTC.
        planned_quantity: Units of the base asset; positive buys, negative sells.
        planned_price: USD per unit, fees included.
        planned_mid_price: USD per unit at the decision, without fees.
        planned_reserve: Cash that the plan takes (buys, openings) or brings (sells), never negative.
        planned_collateral: How a short's collateral changes, or, negative, a leveraged long's debt; 0 for spot.
        closing: The trade ends the position.
        stop_loss: Price at which to close, USD; set on openings and adjusts.
        take_profit: Price at which to take the gain, USD.
        trailing_stop_loss: Share of the highest price since; for a short, of the lowest.
        notes: Why, for people.
        executed_at: When it was filled; None while it is a plan.
        executed_quantity: Units, signed; None while it is a plan.
        executed_price: USD per unit, fees included; None while it is a plan.
        fees_usd: What the fill cost beyond the mid price; None while it is a plan.
        position_size_risk: What the size-risk model allowed for the position, where one was asked.
    """

    trade_id: int
    position_id: int
    pair: TradingPairIdentifier
    trade_type: TradeType
    opened_at: datetime | None
    planned_quantity: Decimal
    planned_price: UsdPrice
    planned_mid_price: UsdPrice
    planned_reserve: Decimal
    planned_collateral: Decimal = Decimal(0)
    closing: bool = False
    stop_loss: UsdPrice | None = None
    take_profit: UsdPrice | None = None
    trailing_stop_loss: float | None = None
    notes: str | None = None
    executed_at: datetime | None = field(default=None, kw_only=True)
    executed_quantity: Decimal | None = field(default=None, kw_only=True)
    executed_price: UsdPrice | None = field(default=None, kw_only=True)
    fees_usd: Usd | None = field(default=None, kw_only=True)
    position_size_risk: SizeRisk | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        self.opened_at = self.opened_at and naive_utc(self.opened_at)
        self.executed_at = self.executed_at and naive_utc(self.executed_at)

    def is_buy(self) -> bool:
        """Does it add units? Covering a short is a buy."""
        return self.planned_quantity > 0

    def is_sell(self) -> bool:
        """Does it take units away? Opening a short is a sell."""
        return self.planned_quantity < 0

    def is_executed(self) -> bool:
        """Was it filled?"""
        return self.executed_quantity is not None

    def is_planned(self) -> bool:
        """Is it a plan still?"""
        return self.executed_quantity is None

    def is_spot(self) -> bool:
        """Is the asset itself traded, unleveraged?"""
        return self.pair.is_spot()

    def is_opening_or_increasing(self) -> bool:
        """Does it take cash: a spot buy, or a short that is opened or increased?"""
        return self.is_buy() != self.pair.is_short()

    def get_value(self) -> Usd:
        """|USD| of the trade: as executed, else as planned."""
        if self.executed_quantity is not None and self.executed_price is not None:
            return abs(float(self.executed_quantity)) * self.executed_price
        return self.get_planned_value()

    def get_cash_flow(self) -> Decimal:
        """USD that the planned fill brings; negative where it costs."""
        return -self.planned_quantity * Decimal(self.planned_price) - self.planned_collateral

    def get_planned_value(self) -> Usd:
        """|USD| of the trade as planned."""
        return abs(float(self.planned_quantity)) * self.planned_price
