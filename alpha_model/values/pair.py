"""What is traded: which asset against which, where, and under what id?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dataclasses_json import config

from alpha_model.values.errors import PairError
from alpha_model.values.serialisation import Extra, JsonDataclass, plain_number
from alpha_model.values.units import PairId


class TradingPairKind(StrEnum):
    """What holding the pair means; the values are those of the state files."""

    spot_market_hold = "spot_market_hold"
    spot_market_rebalancing_token = "spot_market_rebalancing_token"  # noqa: S105 - a kind of token
    lending_protocol_long = "lending_protocol_long"
    lending_protocol_short = "lending_protocol_short"
    credit_supply = "credit_supply"
    vault = "vault"


def read_kind(value: str) -> TradingPairKind | str:
    """The known kind of that name; a name we do not know stays text, so that it survives a round trip."""
    try:
        return TradingPairKind(value)
    except ValueError:
        return value


@dataclass(frozen=True)
class AssetIdentifier(JsonDataclass):
    """One token, as a chain and an address.

    Args:
        chain_id: EVM chain id; venues outside EVM have made-up numbers such as 9999.
        address: Contract address, lower case.
        token_symbol: Written by strangers: never trust it as HTML, a path or a formula.
        decimals: Digits after the point in the token's own unit.
        internal_id: The framework's number for the asset.
        info_url: A page about the asset, written by strangers.
        underlying: The token that a debt or collateral token stands for.
        type: Role of the token, for example `borrowed` or `collateral`.
        liquidation_threshold: Share of the collateral's value that may be borrowed before liquidation.
        other_data: Free data of the framework.
        extra: Fields of the file that this class does not know.
    """

    chain_id: int
    address: str
    token_symbol: str
    decimals: int | None = None
    internal_id: int | None = None
    info_url: str | None = None
    underlying: AssetIdentifier | None = None
    type: str | None = None
    liquidation_threshold: float | None = None
    other_data: dict[str, Any] = field(default_factory=dict)
    extra: Extra = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.chain_id, self.address))

    def __str__(self) -> str:
        return self.token_symbol


@dataclass(frozen=True)
class TradingPairIdentifier(JsonDataclass):
    """A market: base asset against quote asset in one pool, or a position made of them.

    Args:
        base: The asset whose price is wanted.
        quote: The asset that prices it.
        pool_address: The market's own address.
        exchange_address: Null for vaults.
        internal_id: The framework's number for the pair; what signals are keyed by.
        internal_exchange_id: The framework's number for the exchange.
        info_url: A page about the pair, written by strangers.
        fee: Trading fee as a share of the notional: 0.003 is 30 bps.
        kind: Spot, short, vault …; a kind that we do not know stays text.
        underlying_spot_pair: The spot pair under a synthetic one such as a short.
        exchange_name: For people.
        other_data: Free data of the framework, for example a vault's terms.
        reverse_token_order: Whether the pool stores the quote token first.
        extra: Fields of the file that this class does not know.
    """

    base: AssetIdentifier
    quote: AssetIdentifier
    pool_address: str
    exchange_address: str | None
    internal_id: PairId | None = None
    internal_exchange_id: int | None = None
    info_url: str | None = None
    fee: float | None = None
    kind: TradingPairKind | str = field(
        default=TradingPairKind.spot_market_hold, metadata=config(encoder=str, decoder=read_kind)
    )
    underlying_spot_pair: TradingPairIdentifier | None = None
    exchange_name: str | None = None
    other_data: dict[str, Any] = field(default_factory=dict)
    reverse_token_order: bool | None = None
    extra: Extra = field(default_factory=dict)

    def __post_init__(self) -> None:
        if type(self.internal_id) is not int:
            object.__setattr__(self, "internal_id", _own_id(self.internal_id))

    def __hash__(self) -> int:
        return hash((self.internal_id, self.pool_address, self.kind))

    def __str__(self) -> str:
        return f"{self.get_ticker()} (pair {self.internal_id})"

    def get_ticker(self) -> str:
        """The pair's name for people: `WETH-USDC`."""
        return f"{self.base.token_symbol}-{self.quote.token_symbol}"

    @property
    def chain_id(self) -> int:
        """The chain of the base asset."""
        return self.base.chain_id

    def is_spot(self) -> bool:
        """Is the asset itself held?"""
        return self.kind in (TradingPairKind.spot_market_hold, TradingPairKind.spot_market_rebalancing_token)

    def is_short(self) -> bool:
        """Does the position gain when the base asset falls?"""
        return self.kind == TradingPairKind.lending_protocol_short

    def is_leveraged_long(self) -> bool:
        """Is the base asset held with borrowed money?"""
        return self.kind == TradingPairKind.lending_protocol_long

    def is_vault(self) -> bool:
        """Is the base asset a share of a vault?"""
        return self.kind == TradingPairKind.vault

    def is_credit_supply(self) -> bool:
        """Is cash lent out for interest?"""
        return self.kind == TradingPairKind.credit_supply

    def get_vault_name(self) -> str | None:
        """The vault's own name, where there is one; written by strangers."""
        return self._named("vault_name")

    def get_chart_label(self) -> str:
        """The pair's name on a chart: the vault's, else the ticker."""
        return self.get_vault_name() or self.get_ticker()

    def get_protocol(self) -> str | None:
        """The protocol that keeps the money: the vault's, else the exchange; None where neither is known."""
        return self._named("vault_protocol") or self.exchange_name or self.exchange_address

    def _named(self, key: str) -> str | None:
        """A text of the framework's free data, where there is one."""
        text = (self.other_data or {}).get(key)
        return text if isinstance(text, str) and text else None

    def get_pricing_pair(self) -> TradingPairIdentifier:
        """The pair whose market gives the price: the spot pair under a synthetic one, else the pair itself."""
        return self.underlying_spot_pair or self

    def require_id(self) -> PairId:
        """The internal id.

        Raises:
            PairError: The pair has none.
        """
        if self.internal_id is None:
            raise PairError(
                f"a traded pair needs an internal_id, got None for {self.get_ticker()} "
                f"(pool {self.pool_address}). Set internal_id when you make the TradingPairIdentifier.",
                pair=self,
            )
        return self.internal_id


def _own_id(given: Any) -> Any:
    """A whole number as Python's int, be it NumPy's or the float of a column with gaps; anything else as it is."""
    number = plain_number(given)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def surrogate_pair_id(chain_id: int | None, pool: str | None, base: str | None, quote: str | None) -> PairId:
    """A stable, negative id for a pair that a file gives none.

    The negative of a 63-bit BLAKE2b of (chain, pool, base, quote), so that two such pairs in one file stay apart and
    the same pair has the same id in every file. Addresses are compared without regard to case.
    """
    identity = "\x1f".join(str(part if part is not None else "").lower() for part in (chain_id, pool, base, quote))
    digest = hashlib.blake2b(identity.encode(), digest_size=8).digest()
    return -((int.from_bytes(digest) >> 1) or 1)
