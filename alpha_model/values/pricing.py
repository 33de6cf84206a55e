"""What does a pair cost now, to buy and to sell, and how deep is its market?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from alpha_model.values.errors import PricingError
from alpha_model.values.pair import TradingPairIdentifier
from alpha_model.values.units import PairId, Usd, UsdPrice


class PricingModel(Protocol):
    """Where prices come from; the model and the trades ask nothing else of the market."""

    def get_mid_price(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> UsdPrice:
        """The price between buying and selling, USD per unit of the base asset."""

    def get_buy_price(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> UsdPrice:
        """What one unit costs, fees included."""

    def get_sell_price(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> UsdPrice:
        """What one unit brings, fees deducted."""

    def get_usd_tvl(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> Usd | None:
        """USD locked in the pair's pool; None when it is not known."""

    def can_deposit(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> bool:
        """Can the pair be bought now? Vaults may be closed. A model without this method says yes."""

    def can_redeem(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> bool:
        """Can what is held of the pair be sold now? A model without this method says yes."""


class StaticPricing:
    """Prices of one moment, the same at any time they are asked for.

    Args:
        prices: Mid price by internal pair id, USD.
        fee: Share of the notional: buys cost mid × (1 + fee), sells bring mid × (1 − fee).
        tvl: USD locked by internal pair id.
        no_deposits: Internal ids of pairs that cannot be bought now.
        no_redemptions: Internal ids of pairs of which nothing can be sold now.
    """

    def __init__(
        self,
        prices: Mapping[PairId, UsdPrice],
        fee: float = 0.0,
        tvl: Mapping[PairId, Usd] | None = None,
        no_deposits: Collection[PairId] = (),
        no_redemptions: Collection[PairId] = (),
    ) -> None:
        self.prices = prices
        self.fee = fee
        self.tvl = tvl or {}
        self.no_deposits = no_deposits
        self.no_redemptions = no_redemptions

    def get_mid_price(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> UsdPrice:
        """The price given for the pair, or for the spot pair under a synthetic one.

        Raises:
            PricingError: There is none.
        """
        pair_id = pair.get_pricing_pair().internal_id
        if pair_id is None or pair_id not in self.prices:
            raise PricingError(
                f"no price for {pair} at {timestamp}, got prices for {len(self.prices)} other pairs. "
                "Add the pair to the prices, or do not set a signal for it.",
                pair=pair,
                timestamp=timestamp,
            )
        return self.prices[pair_id]

    def get_buy_price(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> UsdPrice:
        """Mid × (1 + fee)."""
        return self.get_mid_price(timestamp, pair) * (1 + self.fee)

    def get_sell_price(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> UsdPrice:
        """Mid × (1 − fee)."""
        return self.get_mid_price(timestamp, pair) * (1 - self.fee)

    def get_usd_tvl(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> Usd | None:
        """The TVL given for the pair, or for the spot pair under a synthetic one; None when there is none."""
        del timestamp
        pair_id = pair.get_pricing_pair().internal_id
        return None if pair_id is None else self.tvl.get(pair_id)

    def can_deposit(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> bool:
        """Unless it is one of `no_deposits`."""
        del timestamp
        return pair.get_pricing_pair().internal_id not in self.no_deposits

    def can_redeem(self, timestamp: datetime | None, pair: TradingPairIdentifier) -> bool:
        """Unless it is one of `no_redemptions`."""
        del timestamp
        return pair.get_pricing_pair().internal_id not in self.no_redemptions
