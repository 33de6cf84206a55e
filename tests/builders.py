"""Small things that tests are made of: pairs, portfolios, cycles, in round numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from alpha_model import (
    AlphaModel,
    AssetIdentifier,
    Portfolio,
    PositionManager,
    StaticPricing,
    TradingPairIdentifier,
    weight_passthrough,
)

MONDAY = datetime(2026, 1, 5)
USDC = AssetIdentifier(1, "0xc0ffee", "USDC", 6)


def make_pair(pair_id: int = 1, symbol: str | None = None, **settings: Any) -> TradingPairIdentifier:
    """A spot pair against USDC; its address follows from its id."""
    base = AssetIdentifier(settings.pop("chain_id", 1), f"0x{pair_id:040x}", symbol or f"T{pair_id}", 18)
    return TradingPairIdentifier(base, USDC, f"0xb{pair_id:039x}", "0xe", internal_id=pair_id, **settings)


def make_manager(
    prices: Mapping[int, float],
    cash: float = 1000,
    held: Mapping[int, str | int] | None = None,
    fee: float = 0.0,
    tvl: Mapping[int, float] | None = None,
) -> PositionManager:
    """A position manager over a portfolio that holds `{pair_id: units}`, bought and marked at today's prices."""
    portfolio = Portfolio.create(USDC, Decimal(str(cash)), MONDAY)
    for pair_id, quantity in (held or {}).items():
        portfolio.add_position(make_pair(pair_id), Decimal(quantity), prices[pair_id], prices[pair_id], MONDAY)
    return PositionManager(MONDAY, portfolio, StaticPricing(prices, fee=fee, tvl=tvl))


def make_model(signals: Mapping[int, float], **settings: Any) -> AlphaModel:
    """A model with these signals, longs only, all selected and weighted by their strength."""
    model = AlphaModel(MONDAY, **settings)
    for pair_id, signal in signals.items():
        model.set_signal(make_pair(pair_id), signal)
    model.select_top_signals(len(signals))
    model.assign_weights(weight_passthrough)
    return model
