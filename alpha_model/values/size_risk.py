"""How much of a pair may be bought, sold or held without moving its market?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from dataclasses_json import config

from alpha_model.values.errors import PricingError, WeightError
from alpha_model.values.pair import TradingPairIdentifier
from alpha_model.values.pricing import PricingModel
from alpha_model.values.serialisation import TIME_FIELD, Extra, JsonDataclass, finite, plain_number
from alpha_model.values.units import Usd


class SizingType(StrEnum):
    """What is being sized."""

    buy = "buy"
    sell = "sell"
    hold = "hold"


@dataclass
class SizeRisk(JsonDataclass):
    """What was asked of the market for one pair, and how much of it the model allows.

    Args:
        timestamp: When, naive UTC.
        pair: For which pair.
        sizing_type: Whether a buy, a sell or a whole position was asked for.
        path: The pairs that the trade would go through.
        capped: Whether something was refused.
        block_number: The block that the answer is about, where the model looks at a chain.
        mid_price: USD per unit, without fees.
        avg_price: USD per unit that the accepted size would trade at.
        asked_quantity: Units asked, where units were asked for; a decimal as text.
        asked_size: USD asked.
        accepted_quantity: Units allowed; a decimal as text.
        accepted_size: USD allowed, at most `asked_size`.
        tvl: USD locked in the pool, where the model looks at it.
        size_cap_usd: The most that the model would have allowed, USD; None is no limit.
        diagnostics_data: What the model based its answer on.
        extra: Fields of the file that this class does not know.
    """

    timestamp: datetime | None = field(metadata=TIME_FIELD)
    pair: TradingPairIdentifier
    sizing_type: SizingType | str = field(metadata=config(encoder=str))
    path: list[TradingPairIdentifier] = field(default_factory=list)
    capped: bool = False
    block_number: int | None = None
    mid_price: float | None = None
    avg_price: float | None = None
    asked_quantity: str | float | None = None
    asked_size: Usd | None = None
    accepted_quantity: str | float | None = None
    accepted_size: Usd | None = None
    diagnostics_data: dict[str, Any] | None = None
    tvl: Usd | None = None
    size_cap_usd: Usd | None = None
    extra: Extra = field(default_factory=dict)

    def get_relative_capped_amount(self) -> float:
        """What was accepted as a share of what was asked for, 0...1; 1 where nothing was asked."""
        return (self.accepted_size or 0.0) / self.asked_size if self.asked_size else 1.0


class SizeRiskModel(ABC):
    """Answers how much of an asked size the market can carry.

    Every method takes the decision time (naive UTC), the spot pair and the USD asked for, and answers with a `SizeRisk`
    whose `accepted_size` lies between 0 and what was asked. It raises `PricingError` where it does not know the market.

    Args:
        pricing_model: Prices, and the TVL of pools.
    """

    def __init__(self, pricing_model: PricingModel) -> None:
        self.pricing_model = pricing_model

    @abstractmethod
    def get_acceptable_size_for_buy(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, asked_size: Usd
    ) -> SizeRisk:
        """How much of a single buy is acceptable."""

    @abstractmethod
    def get_acceptable_size_for_sell(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, asked_size: Usd
    ) -> SizeRisk:
        """How much of a single sell is acceptable."""

    @abstractmethod
    def get_acceptable_size_for_position(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, asked_value: Usd
    ) -> SizeRisk:
        """How large the whole position may be."""


def _check_cap(name: str, cap: Any) -> None:
    if cap is not None and (not finite(cap) or cap < 0):
        raise WeightError(f"{name} must be a number >= 0, got {cap!r}. None is no limit.", name=name, cap=cap)


class _CappedSizeRiskModel(SizeRiskModel):
    """A model whose answer is the smaller of what is asked and a cap in USD."""

    def __init__(
        self, pricing_model: PricingModel, per_trade_cap: float | None, per_position_cap: float | None
    ) -> None:
        super().__init__(pricing_model)
        _check_cap("per_trade_cap", per_trade_cap)
        _check_cap("per_position_cap", per_position_cap)
        self.per_trade_cap = per_trade_cap
        self.per_position_cap = per_position_cap

    @abstractmethod
    def _limit(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, cap: float | None
    ) -> tuple[Usd | None, Usd | None, dict[str, Any]]:
        """The largest size in USD (None: no limit), the TVL that it rests on, and what it was made from."""

    def _accept(
        self,
        timestamp: datetime | None,
        pair: TradingPairIdentifier,
        sizing_type: SizingType,
        asked: Usd,
        cap: float | None,
    ) -> SizeRisk:
        asked = float(asked)
        limit, tvl, data = self._limit(timestamp, pair, cap)
        accepted = asked if limit is None else min(asked, limit)
        return SizeRisk(
            timestamp=timestamp,
            pair=pair,
            sizing_type=sizing_type,
            path=[pair],
            capped=accepted < asked,
            asked_size=asked,
            accepted_size=accepted,
            diagnostics_data=data,
            tvl=tvl,
            size_cap_usd=limit,
        )

    def get_acceptable_size_for_buy(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, asked_size: Usd
    ) -> SizeRisk:
        return self._accept(timestamp, pair, SizingType.buy, asked_size, self.per_trade_cap)

    def get_acceptable_size_for_sell(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, asked_size: Usd
    ) -> SizeRisk:
        return self._accept(timestamp, pair, SizingType.sell, asked_size, self.per_trade_cap)

    def get_acceptable_size_for_position(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, asked_value: Usd
    ) -> SizeRisk:
        return self._accept(timestamp, pair, SizingType.hold, asked_value, self.per_position_cap)


class FixedSizeRiskModel(_CappedSizeRiskModel):
    """Caps at a fixed number of US dollars.

    Args:
        pricing_model: Not asked by this model; kept for strategies that read it.
        per_trade_cap: USD per trade; None is no limit.
        per_position_cap: USD per position; None is no limit.
    """

    def __init__(
        self, pricing_model: PricingModel, per_trade_cap: Usd | None = None, per_position_cap: Usd | None = None
    ) -> None:
        super().__init__(pricing_model, per_trade_cap, per_position_cap)

    def _limit(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, cap: float | None
    ) -> tuple[Usd | None, Usd | None, dict[str, Any]]:
        del timestamp, pair
        limit: Usd | None = plain_number(cap)
        return limit, None, {"cap": limit}


class USDTVLSizeRiskModel(_CappedSizeRiskModel):
    """Caps at a share of the USD that is locked in the pair's pool.

    Args:
        pricing_model: Knows the TVL of each pair.
        per_trade_cap: Share of the TVL per trade; 0.05 is 5 %.
        per_position_cap: Share of the TVL per position.
        missing_tvl_placeholder_usd: The TVL to take where none is known; None raises an error there.
    """

    def __init__(
        self,
        pricing_model: PricingModel,
        per_trade_cap: float | None = 0.05,
        per_position_cap: float | None = 0.05,
        missing_tvl_placeholder_usd: Usd | None = None,
    ) -> None:
        super().__init__(pricing_model, per_trade_cap, per_position_cap)
        _check_cap("missing_tvl_placeholder_usd", missing_tvl_placeholder_usd)
        self.missing_tvl_placeholder_usd = missing_tvl_placeholder_usd

    def _limit(
        self, timestamp: datetime | None, pair: TradingPairIdentifier, cap: float | None
    ) -> tuple[Usd | None, Usd | None, dict[str, Any]]:
        tvl = self.pricing_model.get_usd_tvl(timestamp, pair)
        if tvl is None:
            tvl = self.missing_tvl_placeholder_usd
        if not finite(tvl) or tvl < 0:  # type: ignore[operator] # finite() refuses None
            raise PricingError(
                f"size risk needs the TVL of {pair} at {timestamp}, got {tvl!r}. "
                "Give the pricing model a TVL for the pair, or leave the pair out before normalise_weights().",
                pair=pair,
                timestamp=timestamp,
            )
        known, share = float(cast("Usd", tvl)), plain_number(cap)
        return (None if share is None else share * known), known, {"tvl": known, "cap_pct": share}
