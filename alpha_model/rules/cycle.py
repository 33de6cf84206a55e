"""What is decided in many cycles, or under many settings, at once?

All rules in their order, from signals to actions: one row a decision. `AlphaModel` runs the same rules step by step, as
a batch of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from alpha_model.rules.arrays import Codes, Numbers, Truths, gathered, scattered
from alpha_model.rules.cash import CashCap, Fitted, fit_to_cash
from alpha_model.rules.gates import Action, Changes, Gate, Market, Thresholds, decide
from alpha_model.rules.methods import Method
from alpha_model.rules.select import Chosen, Selected, Selection, select
from alpha_model.rules.settings import CycleSettings
from alpha_model.rules.share import Sharing, share_out
from alpha_model.rules.sized import Sized, with_risk, without_risk
from alpha_model.rules.steps import FlagBits, bits, gate_bits
from alpha_model.rules.target import targets
from alpha_model.values import ArgumentError, is_flip, wanted_kind
from alpha_model.values import TradingPairSignalFlags as Flags


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """What cycles decide on: (batch × pairs), or one number a row where that is said; None is that of no pair.

    Args:
        signals: Signed; NaN where a pair has none.
        equity: (batch × 1) USD that may be invested.
        cash: (batch × 1) USD at hand.
        price: USD per unit.
        old_value: USD held.
        held: As which `PositionKind`.
        leveraged: Whether the signal is to be followed with leverage.
        pinned: A position that cannot be traded now and keeps its value.
        problematic: A position in the pair is frozen.
        settling: A deposit or redemption is not settled yet.
        no_deposit: The pair cannot be bought now.
        no_redeem: What is held cannot be sold now.
        chains: The number of each pair's chain: 0, 1 …
        protocols: The number of its protocol; below 0 for none.
        size_limit: USD that the market of each pair can carry; infinite for no limit.
        max_weight: A largest share of each pair's own.
    """

    signals: Numbers
    equity: Numbers
    cash: Numbers
    price: Numbers
    old_value: Numbers
    held: Codes
    leveraged: Truths | None = None
    pinned: Truths | None = None
    problematic: Truths | None = None
    settling: Truths | None = None
    no_deposit: Truths | None = None
    no_redeem: Truths | None = None
    chains: npt.NDArray[np.intp] | None = None
    protocols: npt.NDArray[np.intp] | None = None
    size_limit: Numbers | None = None
    max_weight: Numbers | None = None

    def rows(self, chosen: npt.NDArray[np.intp]) -> Situation:
        """Some of the rows."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value[chosen] for name, value in found.items() if value is not None})

    def where(self, truths: Truths | None) -> Truths:
        """The truths, or False everywhere."""
        return np.zeros(self.signals.shape, dtype=np.bool_) if truths is None else truths


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What was decided: (batch × pairs), or (batch × 1) where that is said.

    Args:
        chosen: `Chosen`.
        raw_weight: What the weighting method made of the signal.
        weight: Share of equity, or of the accepted part with size risk.
        asked: USD asked of the market; 0 without size risk.
        accepted: USD that it took.
        target: USD wanted.
        adjust: USD to change; smaller where cash was short.
        action: `Action`.
        gate: `Gate` that held it back.
        ignored: Whether the change is marked as decided against.
        flags: As bits.
        largest: (batch × 1) the largest |USD change|.
        accepted_equity: (batch × 1) Σ accepted; NaN without size risk.
        discarded: (batch × 1) USD left uninvested because of size risk; NaN without it.
    """

    chosen: Codes
    raw_weight: Numbers
    weight: Numbers
    asked: Numbers
    accepted: Numbers
    target: Numbers
    adjust: Numbers
    action: Codes
    gate: Codes
    ignored: Truths
    flags: FlagBits
    largest: Numbers
    accepted_equity: Numbers
    discarded: Numbers


def decide_cycles(situation: Situation, settings: CycleSettings | Sequence[CycleSettings]) -> Decided:
    """Decide every row.

    Args:
        situation: What they decide on.
        settings: One for all rows, or one a row.

    Raises:
        ArgumentError: A weighting method is missing, or cannot be run again.
    """
    batch = len(situation.signals)
    given = [settings] * batch if isinstance(settings, CycleSettings) else list(settings)
    if len(given) != batch:
        raise ArgumentError(f"decide_cycles takes settings for each of {batch} rows, got {len(given)}.", value=given)
    groups: dict[str, list[int]] = {}
    for row, each in enumerate(given):
        method = None if each.method is None else each.method.written()
        groups.setdefault(repr((method, each.sharing, each.compat)), []).append(row)
    if len(groups) <= 1:
        return _Cycle(situation, given).decide()
    places = [np.array(rows, dtype=np.intp) for rows in groups.values()]
    parts = [_Cycle(situation.rows(rows), [given[row] for row in rows]).decide() for rows in places]
    back = np.argsort(np.concatenate(places))
    names = [field.name for field in fields(Decided)]
    return Decided(**{name: np.concatenate([getattr(part, name) for part in parts])[back] for name in names})


class _Cycle:
    """One batch whose rows share method, sharing mode and habits."""

    def __init__(self, situation: Situation, settings: Sequence[CycleSettings]) -> None:
        self.given = situation
        self.settings = settings
        self.alike = settings[0] if settings else CycleSettings(method=Method("weight_equal"))
        self.compat = self.alike.compat

    def _setting(self, name: str, otherwise: float) -> Numbers:
        """(batch × 1) a setting, and what counts where it is not given."""
        values = [getattr(each, name) for each in self.settings]
        given = [otherwise if value is None else value for value in values]
        return np.array(given, dtype=np.float64).reshape(-1, 1)

    def decide(self) -> Decided:
        """The steps in their order."""
        given, compat = self.given, self.compat
        chosen = select(
            given.signals,
            Selection(
                np.minimum(self._setting("top_n", np.inf), given.signals.shape[1]), self._setting("signal_threshold", 0)
            ),
            given.pinned,
            compat,
        )
        raw = self._weigh(chosen)
        sized = self._share(raw, chosen)
        leveraged = given.where(given.leveraged)
        codes = chosen.codes()
        taking_part = (codes == Chosen.chosen) | (codes == Chosen.pinned)
        kind = np.where(taking_part, wanted_kind(np.nan_to_num(given.signals), leveraged), 0)
        flips = is_flip(given.held, kind, sized.weight)
        wanted = targets(sized.target, given.old_value, flips, given.pinned)
        changes = Changes(
            wanted.adjust,
            sized.weight,
            given.old_value,
            given.held > 0,
            flips,
            given.where(given.problematic),
            given.where(given.settling),
        )
        fitted = self._gate(changes)
        there = taking_part | (given.held > 0)
        spread = scattered(chosen.columns, np.where(chosen.taken, raw, 0.0), given.signals.shape[1])
        return self._decided(codes, there, spread, sized, wanted.target, fitted)

    def _weigh(self, chosen: Selected) -> Numbers:
        """Raw weights by rank; NaN beyond the last one."""
        method = self.alike.method
        if method is None:
            raise ArgumentError("settings without a weighting method cannot be run. Set method=Method(name).")
        signals = gathered(self.given.signals, chosen.columns)
        raw = Method.weigh(method, np.where(chosen.taken, signals, 0.0), chosen.taken, self.compat)
        return np.where(chosen.taken, raw, np.nan)

    def _share(self, raw: Numbers, chosen: Selected) -> Sized:
        given, count = self.given, self.given.signals.shape[1]

        def by_rank(values: Any, otherwise: Any) -> Any:
            return (
                otherwise if values is None else gathered(np.broadcast_to(values, given.signals.shape), chosen.columns)
            )

        largest = np.minimum(self._setting("max_weight", 1.0), by_rank(given.max_weight, 1.0))
        protocols, chains = by_rank(given.protocols, None), by_rank(given.chains, np.zeros(1, dtype=np.intp))
        per_protocol, per_chain = (
            self._setting("max_protocol_weight", np.inf),
            self._setting("max_weight_per_chain", np.inf),
        )
        if self.alike.sharing is None:
            sized = without_risk(raw, given.equity, largest, protocols, per_protocol, chains, per_chain, self.compat)
        else:
            settings = Sharing(
                self.alike.sharing,
                largest,
                self._setting("max_positions", np.inf),
                self._setting("epsilon_usd", 5.0),
                per_protocol if np.isfinite(per_protocol).any() else None,
            )
            limits = by_rank(given.size_limit, np.full_like(raw, np.inf))
            shared, discarded = share_out(raw, given.equity, settings, limits, protocols, self.compat)
            sized = with_risk(shared, discarded, given.equity, chains, per_chain, self.compat)
        return sized.spread(chosen, count)

    def _gate(self, changes: Changes) -> Fitted:
        thresholds = Thresholds(
            self._setting("min_trade_threshold", 10.0),
            self._setting("individual_threshold", 0.0),
            self._setting("sell_threshold", np.nan),
            self._setting("close_weight_epsilon", 0.005),
        )
        given = self.given
        market = Market.known(given.price, ~given.where(given.no_deposit), ~given.where(given.no_redeem))
        decided = decide(changes, thresholds, market, self.compat)
        on = np.array([bool(each.cap_buys_to_cash or each.cash_buffer) for each in self.settings]).reshape(-1, 1)
        headroom = np.where(on, self._setting("cash_headroom", 0.0) + self._setting("cash_buffer", 0.0), -np.inf)
        return fit_to_cash(decided, changes, thresholds, given.cash, CashCap(headroom), self.compat)

    def _decided(
        self, codes: Codes, there: Truths, raw: Numbers, sized: Sized, target: Numbers, fitted: Fitted
    ) -> Decided:
        done = fitted.decisions
        closes = done.action == Action.close
        cash = bits((Flags.capped_by_sync_cash, fitted.shrunk), (Flags.closed, closes),
                    (Flags.close_position_weight_limit, closes))  # fmt: skip
        flags = np.where(there, sized.flags | gate_bits(done.gate) | cash, np.uint32(0))
        ignored = there & (done.action == Action.skip)
        if self.compat.skipped_not_ignored:
            ignored &= done.gate != Gate.trade_too_small
        return Decided(
            codes,
            raw,
            sized.weight,
            sized.asked,
            sized.accepted,
            target,
            done.adjust,
            done.action,
            done.gate,
            ignored,
            flags,
            done.largest,
            sized.accepted_equity,
            sized.discarded,
        )
