"""What does the strategy think of one pair in one cycle, and what became of it?"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from dataclasses_json import config

from alpha_model.values.pair import TradingPairIdentifier
from alpha_model.values.position_kind import is_flip, kind_of, wanted_kind
from alpha_model.values.reason import Reason, Stage
from alpha_model.values.serialisation import Extra, JsonDataclass
from alpha_model.values.size_risk import SizeRisk
from alpha_model.values.units import Usd, Weight


class TradingPairSignalFlags(StrEnum):
    """Why a signal was not followed in full; the order is the bit order of recorded histories and never changes."""

    capped_by_pool_size = "capped_by_pool_size"
    capped_by_concentration = "capped_by_concentration"
    capped_by_chain_allocation = "capped_by_chain_allocation"
    capped_by_protocol_allocation = "capped_by_protocol_allocation"
    capped_by_sync_cash = "capped_by_sync_cash"
    capped_by_pending_settlement_cash = "capped_by_pending_settlement_cash"
    max_adjust_too_small = "max_adjust_too_small"
    individual_trade_size_too_small = "individual_trade_size_too_small"
    individual_trade_quantity_too_small = "individual_trade_quantity_too_small"
    close_position_weight_limit = "close_position_weight_limit"
    closed = "closed"
    cannot_redeem = "cannot_redeem"
    cannot_deposit = "cannot_deposit"
    settlement_pending = "settlement_pending"
    parked_in_queue_vault = "parked_in_queue_vault"
    promoted_from_queue_vault = "promoted_from_queue_vault"


Flag: TypeAlias = TradingPairSignalFlags | str
"""A known flag, or the name of one that a newer framework wrote."""


def read_flags(names: Iterable[str]) -> set[Flag]:
    """Flags from their names; a name that we do not know stays text, so that it survives a round trip."""
    return {TradingPairSignalFlags(name) if name in TradingPairSignalFlags.__members__ else name for name in names}


def write_flags(flags: Iterable[Flag]) -> list[str]:
    """Sorted names, so that the same flags give the same JSON."""
    return sorted(map(str, flags))


@dataclass
class TradingPairSignal(JsonDataclass):
    """One pair's signal in one cycle, with everything that the steps made of it.

    The fields are those of the state files. Absent numbers are None; the old values of a pair that was not held are 0.

    Args:
        pair: The spot or vault pair, also when the signal is short.
        signal: Any real number; its sign is the side, its size the strength.
        signal_id: Position in the cycle; means nothing across cycles.
        stop_loss: Share of the mid price at the decision at which to close: 0.98 is 2 % below; for a short, above.
        take_profit: Share of the mid price at the decision at which to take the gain: 1.02 is 2 % above; for a short,
            below.
        trailing_stop_loss: Share of the highest price since, or for a short, of the lowest, on the other side of it.
        leverage: For shorts and leveraged longs; None is spot.
        raw_weight: What the weighting method made of the signal, >= 0.
        normalised_weight: Share of investable equity, or of the accepted part when size risk is on.
        old_weight: Share of the counted positions before the cycle, no cash.
        old_value: USD held before the cycle.
        old_pair: What was held: the spot pair or a synthetic one.
        position_target: USD wanted.
        position_adjust_usd: USD to change, signed; for a flip the whole new position.
        position_adjust_quantity: Units to sell or cover, negative; 0 for increases.
        position_id: The position that a planned trade changes.
        position_adjust_ignored: Whether the adjust was decided against.
        profit_before_trades: Unrealised profit of the held position in USD.
        profit_before_trades_pct: The same as a share of what the position cost.
        synthetic_pair: What is traded: the spot pair, or the short or leveraged pair over it.
        carry_forward_position: The position cannot be traded now and keeps its value.
        position_size_risk: What the size-risk model allowed for the position.
        trade_size_risk: What it allowed for the single trade.
        other_data: Free data of the strategy.
        flags: Why the signal was not followed in full.
        reasons: What each step did to the signal, where the steps recorded it.
        extra: Fields of the file that this class does not know.
    """

    pair: TradingPairIdentifier
    signal: float
    signal_id: int | None = None
    stop_loss: float | None = None
    take_profit: float | None = None
    trailing_stop_loss: float | None = None
    leverage: float | None = None
    raw_weight: float = 0.0
    normalised_weight: Weight = 0.0
    old_weight: Weight = 0.0
    old_value: Usd = 0.0
    old_pair: TradingPairIdentifier | None = None
    position_target: Usd | None = None
    position_adjust_usd: Usd = 0.0
    position_adjust_quantity: float = 0.0
    position_id: int | None = None
    position_adjust_ignored: bool = False
    profit_before_trades: Usd = 0.0
    profit_before_trades_pct: float = 0.0
    synthetic_pair: TradingPairIdentifier | None = None
    carry_forward_position: bool = False
    position_size_risk: SizeRisk | None = None
    trade_size_risk: SizeRisk | None = None
    other_data: dict[str, Any] = field(default_factory=dict)
    flags: set[Flag] = field(default_factory=set, metadata=config(encoder=write_flags, decoder=read_flags))
    reasons: list[Reason] | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def strength(self) -> float:
        """How strong the signal is, whatever its side: |signal|."""
        return abs(self.signal)

    def set_flag(self, flag: Flag, *, on: bool) -> None:
        """Set a flag, or take it back."""
        (self.flags.add if on else self.flags.discard)(flag)

    def add_reason(self, reason: Reason) -> None:
        """Take down what a step did to the signal."""
        if self.reasons is None:
            self.reasons = []
        self.reasons.append(reason)

    def forget_reasons(self, *stages: Stage) -> None:
        """Drop what these stages took down, because they are run again."""
        if self.reasons:
            self.reasons = [reason for reason in self.reasons if reason.stage not in stages]

    def get_tvl(self) -> Usd | None:
        """USD locked in the pair's pool at the decision, where size risk asked for it."""
        return self.position_size_risk.tvl if self.position_size_risk else None

    def has_trades(self) -> bool:
        """Was a trade planned for the pair in this cycle?"""
        return self.position_adjust_usd != 0 and not self.position_adjust_ignored

    def is_short(self) -> bool:
        """Does the strategy want to gain from a falling price?"""
        return self.signal < 0

    def is_spot(self) -> bool:
        """Does the strategy want to hold the asset, unleveraged?"""
        return self.signal > 0 and self.leverage is None

    def is_held(self) -> bool:
        """Was there a position in the pair before the cycle?"""
        return self.old_pair is not None

    def is_new(self) -> bool:
        """Would this open a position where none was held?"""
        return not self.is_held() and self.signal != 0 and self.normalised_weight > 0

    def is_closing(self) -> bool:
        """Does the pair leave the portfolio?"""
        return self.is_held() and (self.signal == 0 or self.normalised_weight == 0)

    def is_flipping(self) -> bool:
        """Must what is held be closed first, because another kind of position is wanted?

        Between long and short, and between a plain and a leveraged long. Two trades are planned then.
        """
        wanted = wanted_kind(self.signal, self.leverage is not None)
        return bool(is_flip(kind_of(self.old_pair), wanted, self.normalised_weight))

    def changes_position_kind(self, wanted: TradingPairIdentifier | None = None) -> bool:
        """The same as `is_flipping`, by its earlier name, which goes with the next release."""
        del wanted
        warnings.warn("changes_position_kind() is is_flipping() now", DeprecationWarning, stacklevel=2)
        return self.is_flipping()

    def get_flip_label(self) -> str:
        """How the side changes: `none -> spot`, `spot -> short`, `short -> close` … or `no flip`.

        Between a plain and a leveraged long, which are of one side: `spot -> leveraged`, `leveraged -> spot`.
        """
        old = "none" if self.old_pair is None else "short" if self.old_pair.is_short() else "spot"
        if self.signal == 0:
            return "no flip" if old == "none" else f"{old} -> close"
        new = "short" if self.signal < 0 else "spot"
        if old == new and self.is_flipping():
            return "spot -> leveraged" if self.leverage is not None else "leveraged -> spot"
        only_closes = old != "none" and self.normalised_weight == 0
        return "no flip" if old == new or only_closes else f"{old} -> {new}"
