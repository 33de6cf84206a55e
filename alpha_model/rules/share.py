"""How is equity shared out when every pair has a limit?

The largest weight is served first, and what one pair cannot take is offered to the next: a walk over the ranks, each
step for all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from alpha_model.rules.arrays import Numbers, Places, Setting, Truths, gathered
from alpha_model.rules.compat import OURS, Compat
from alpha_model.rules.weigh import is_cut, ratio

Accept: TypeAlias = Callable[[int, float], float]
"""What the market takes of an ask: (column, USD) -> USD."""


class SharingMode(StrEnum):
    """Who is offered what is left."""

    sequential = "sequential"
    """Each pair its weight; what was refused is added for the smaller ones."""
    positions = "positions"
    """Each pair its share among the pairs still to come, at most `max_positions` of them."""
    waterfall = "waterfall"
    """Each pair as much as it may hold, until nothing is left."""

    @classmethod
    def of(cls, max_positions: float | None, *, waterfall: bool) -> SharingMode:
        """The mode that the settings of `normalise_weights` ask for."""
        if waterfall:
            return cls.waterfall
        return cls.sequential if max_positions is None else cls.positions


@dataclass(frozen=True, slots=True)
class Sharing:
    """How equity is shared out.

    Args:
        mode: Who is offered what is left.
        max_weight: The largest share of equity of one pair; (batch × pairs) where pairs differ.
        max_positions: At most so many pairs; None is no limit.
        epsilon_usd: Stop when no more than this is left; not asked by the sequential mode.
        max_protocol_weight: The largest share of equity of the pairs of one protocol together; None is no limit.
    """

    mode: SharingMode = SharingMode.sequential
    max_weight: Setting = 1.0
    max_positions: Setting | None = None
    epsilon_usd: Setting = 5.0
    max_protocol_weight: Setting | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What each pair was offered, asked for and got, in USD: (batch × pairs).

    Args:
        share: Its share of the raw weights, of all equity.
        offered: What it was offered, from what the pairs before it left.
        capped: What its max weight left of that.
        asked: What it asked for: what its protocol's share left of that.
        accepted: What the market took of that.
        reached: Whether its turn came.
        cut: Whether its max weight made the ask smaller.
        cut_by_protocol: Whether its protocol's did.
    """

    share: Numbers
    offered: Numbers
    capped: Numbers
    asked: Numbers
    accepted: Numbers
    reached: Truths
    cut: Truths
    cut_by_protocol: Truths

    @property
    def refused(self) -> Truths:
        """Whether the market took less than was asked for."""
        return self.accepted < self.asked


@dataclass(frozen=True, slots=True, eq=False)
class _Queue:
    """What the walk works on, by rank: (ranks × batch)."""

    factor: Numbers
    largest: Numbers
    open: Truths
    protocols: Places | None
    equity: Numbers
    settings: Sharing
    compat: Compat

    @property
    def plain(self) -> bool:
        """Is it walked in plain numbers, because there is one row and no budget beside it?"""
        return len(self.equity) == 1 and (self.protocols is None or self.settings.max_protocol_weight is None)

    @property
    def uncapped(self) -> bool:
        """Are asks not held to the max weight of all equity once more, after that of what is left?"""
        return self.compat.no_second_cap and self.settings.mode is SharingMode.sequential


@dataclass(frozen=True, slots=True, eq=False)
class _Walked:
    """What the walk left, by rank: (ranks reached × batch)."""

    left: Numbers
    wanted: Numbers
    asked: Numbers
    accepted: Numbers
    reached: Numbers


def share_out(
    raw: Numbers,
    equity: Numbers,
    settings: Sharing,
    limits: Numbers | Accept,
    protocols: npt.NDArray[np.intp] | None = None,
    compat: Compat = OURS,
) -> tuple[Shared, Numbers]:
    """Ask for every pair in turn, and hand on what was refused.

    Args:
        raw: Raw weights >= 0; NaN where a pair takes no part. Equal ones are served in the order of the columns.
        equity: (batch × 1) USD to share.
        settings: Who is offered what.
        limits: USD that each market takes, or, for a batch of one, a function that is asked for each pair in turn.
        protocols: (batch × pairs) or one number a pair, below 0 for none; needed with `max_protocol_weight`.
        compat: Habits of another framework.

    Returns:
        What each pair got; and (batch × 1) USD that the same sharing would have placed without limits, and now stays
        in cash.

    Source: API of `normalise_weights`, with size risk.
    """
    absent = np.isnan(raw)
    columns = np.where(absent, np.inf, -raw).argsort(axis=1, kind="stable")
    ranked = gathered(np.where(absent, 0.0, raw), columns).T
    ranked = ratio(ranked, ranked[:1])  # as parts of the largest, so that no sum overflows
    to_come = np.cumsum(ranked[::-1], axis=0)[::-1]
    share = ratio(ranked, to_come[:1])
    max_weight = gathered(np.broadcast_to(settings.max_weight, raw.shape), columns).T
    queue = _Queue(
        _offered(settings.mode, share, max_weight, ratio(ranked, to_come)),
        max_weight * equity.T,
        _may_be_reached(absent, columns, settings),
        None if protocols is None else gathered(np.broadcast_to(protocols, raw.shape), columns).T,
        equity[:, 0],
        settings,
        compat,
    )
    walked = _walk(queue, _taker(limits, columns, queue))
    shared = _in_columns(walked, queue, columns, share, max_weight)
    if not shared.refused.any():
        return shared, np.zeros_like(equity)
    without_limits = _walk(queue, lambda _rank, usd: usd).accepted.sum(axis=0)[:, None]
    return shared, np.maximum(0.0, without_limits - shared.accepted.sum(axis=1, keepdims=True))


def _offered(mode: SharingMode, share: Numbers, max_weight: Numbers, share_to_come: Numbers) -> Numbers:
    """What part of what is left each pair is offered."""
    if mode is SharingMode.sequential:
        return np.minimum(share, max_weight)
    return share_to_come if mode is SharingMode.positions else np.ones_like(share)


def _may_be_reached(absent: Truths, columns: Places, settings: Sharing) -> Truths:
    present = ~absent[np.arange(len(absent))[:, None], columns].T
    if settings.max_positions is None:
        return present
    first: Truths = np.arange(len(present))[:, None] < np.asarray(settings.max_positions).T
    return present & first


def _taker(limits: Numbers | Accept, columns: Places, queue: _Queue) -> Callable[[int, Any], Any]:
    """The market, asked by rank."""
    if callable(limits):
        (order,) = columns.tolist()
        if queue.plain:
            return lambda rank, usd: limits(order[rank], usd)
        return lambda rank, usd: np.array([limits(order[rank], usd.item())])
    ranked = gathered(limits, columns).T
    if queue.plain:
        numbers = ranked[:, 0].tolist()
        return lambda rank, usd: min(usd, numbers[rank])
    return lambda rank, usd: np.minimum(usd, ranked[rank])


def _walk(queue: _Queue, take: Callable[[int, Any], Any]) -> _Walked:
    """One rank after the other. A batch of one is walked in plain numbers, which is the same text and faster."""
    sequential = queue.settings.mode is SharingMode.sequential
    least: Any = -np.inf if sequential else np.ravel(queue.settings.epsilon_usd)
    of_rank: tuple[Any, ...] = (queue.factor, queue.largest, queue.open)
    factor, largest, may = of_rank
    left: Any = queue.equity
    smaller, some, budgets = (min, bool, None) if queue.plain else (np.minimum, np.any, _budgets(queue))
    if queue.plain:
        factor, largest, may = factor[:, 0].tolist(), largest[:, 0].tolist(), may[:, 0].tolist()
        left, least = left.item(), least if sequential else least.item()
    steps = []
    for rank in range(len(factor)):
        reached = may[rank] & (left > least)
        if not some(reached):
            break
        wanted = factor[rank] * left
        asked = reached * (wanted if queue.uncapped else smaller(wanted, largest[rank]))
        if budgets is not None:
            asked = budgets.asked(rank, asked)
        accepted = take(rank, asked)
        if budgets is not None:
            budgets.spend(rank, accepted)
        steps.append((left, wanted, asked, accepted, reached))
        left = left + asked - accepted if sequential else left - accepted
    found = np.array(steps, dtype=np.float64).reshape(-1, 5, len(queue.equity)).swapaxes(0, 1)
    return _Walked(*found)


class _Budgets:
    """What is left of each protocol's share of equity, USD."""

    def __init__(self, protocols: Places, usd: Numbers) -> None:
        self.protocols = protocols
        self.rows = np.arange(len(usd))
        self.left = np.tile(usd[:, None], (1, int(protocols.max(initial=-1)) + 2))
        self.left[:, -1] = np.inf  # what belongs to no protocol; its number is -1

    def asked(self, rank: int, usd: Numbers) -> Numbers:
        """What of an ask the protocol has room for."""
        room: Numbers = np.maximum(self.left[self.rows, self.protocols[rank]], 0.0)
        return np.minimum(usd, room)

    def spend(self, rank: int, usd: Numbers) -> None:
        """Take what was accepted off the protocol's budget."""
        self.left[self.rows, self.protocols[rank]] -= usd


def _budgets(queue: _Queue) -> _Budgets | None:
    limit = queue.settings.max_protocol_weight
    if limit is None or queue.protocols is None:
        return None
    capped = np.isfinite(np.ravel(limit))
    usd = np.where(capped, np.where(capped, np.ravel(limit), 0.0) * queue.equity, np.inf)
    return _Budgets(queue.protocols, usd)


def _in_columns(walked: _Walked, queue: _Queue, columns: Places, share: Numbers, max_weight: Numbers) -> Shared:
    count, compat = len(walked.left), queue.compat
    sequential = queue.settings.mode is SharingMode.sequential
    largest = np.full_like(walked.wanted, np.inf) if queue.uncapped else queue.largest[:count]
    capped = np.minimum(walked.wanted, largest)
    cut = is_cut(walked.wanted, largest, compat)
    if sequential:
        cut |= is_cut(share[:count], max_weight[:count], compat)
    offered = share[:count] * walked.left if sequential else walked.wanted
    by_protocol = is_cut(capped, walked.asked)
    found = np.array([offered, capped, walked.asked, walked.accepted, cut, by_protocol, np.ones_like(capped)])
    by_column = np.zeros((len(found) + 1, *columns.shape))
    rows = np.arange(len(columns))[:, None]
    by_column[0, rows, columns] = (share * queue.equity).T
    by_column[1:, rows, columns[:, :count]] = (found * walked.reached).swapaxes(1, 2)
    shares, offered, capped, asked, accepted, *truths = by_column
    cut, by_protocol, reached = (truth > 0 for truth in truths)
    return Shared(shares, offered, capped, asked, accepted, reached, cut, by_protocol)
