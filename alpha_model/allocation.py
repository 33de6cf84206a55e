"""How is equity shared out when every pair has a limit?

The size-risk side of `AlphaModel.normalise_weights`, as pure functions: the largest weight is served first, and what
one pair cannot take is offered to the next. Nothing here knows signals or flags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alpha_model.units import Usd, Weight

CAP_TOLERANCE = 1e-12
"""Relative: a weight that exceeds its cap by less is rounding and was not cut."""


class SharingMode(StrEnum):
    """Who is offered what is left."""

    sequential = "sequential"
    """Each pair its weight; what was refused is added for the smaller ones."""
    positions = "positions"
    """Each pair its share among the pairs still to come, at most `max_positions` of them."""
    waterfall = "waterfall"
    """Each pair as much as it may hold, until nothing is left."""

    @classmethod
    def of(cls, max_positions: int | None, *, waterfall: bool) -> SharingMode:
        """The mode that the settings of `normalise_weights` ask for."""
        if waterfall:
            return cls.waterfall
        return cls.sequential if max_positions is None else cls.positions


@dataclass(frozen=True, slots=True)
class Sharing:
    """How equity is shared out.

    Args:
        equity: USD to share.
        mode: Who is offered what is left.
        max_positions: At most so many pairs; None is no limit.
        epsilon_usd: Stop when no more than this is left.
    """

    equity: Usd
    mode: SharingMode = SharingMode.sequential
    max_positions: int | None = None
    epsilon_usd: Usd = 5.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One pair in the queue.

    Args:
        raw_weight: What the weighting method gave it.
        max_weight: The largest share of equity that it may hold.
    """

    raw_weight: float
    max_weight: Weight


@dataclass(frozen=True, slots=True)
class Ask:
    """What one pair asks for, in USD.

    Args:
        share_usd: Its share of the raw weights, of all equity.
        offered_usd: What it is offered, from what the pairs before it left.
        usd: What it asks for: what it is offered, under its max weight.
        cut_by_concentration: Whether `max_weight` made it smaller.
    """

    share_usd: Usd
    offered_usd: Usd
    usd: Usd
    cut_by_concentration: bool


def cap(wanted: float, limit: float) -> tuple[float, bool]:
    """The smaller of the two, and whether the limit cut something off beyond rounding."""
    return (limit, True) if wanted > limit * (1 + CAP_TOLERANCE) else (min(wanted, limit), False)


def share_out(queue: Sequence[Candidate], sharing: Sharing, accept: Callable[[int, Usd], Usd]) -> list[Ask | None]:
    """Ask for every pair in turn, and hand on what was refused.

    Args:
        queue: The pairs, largest weight first.
        sharing: Equity and mode.
        accept: What the market takes of an ask: (place in the queue, USD) -> USD.

    Returns:
        One ask a pair; None for a pair that was not reached.
    """
    asks: list[Ask | None] = [None] * len(queue)
    left = sharing.equity
    sequential = sharing.mode is SharingMode.sequential
    still_to_come = _suffix_sums([candidate.raw_weight for candidate in queue])
    reached = range(len(queue)) if sharing.max_positions is None else range(min(sharing.max_positions, len(queue)))
    for place in reached:
        if not sequential and left <= sharing.epsilon_usd:
            break
        ask = _ask(queue[place], still_to_come[0], still_to_come[place], left, sharing)
        accepted = accept(place, ask.usd)
        left += ask.usd - accepted if sequential else -accepted
        asks[place] = ask
    return asks


def _ask(candidate: Candidate, all_weights: float, weights_to_come: float, left: Usd, sharing: Sharing) -> Ask:
    share = candidate.raw_weight / all_weights if all_weights else 0.0
    largest = candidate.max_weight * sharing.equity
    share_usd = share * sharing.equity
    if sharing.mode is SharingMode.waterfall:
        return Ask(share_usd, left, *cap(left, largest))
    if sharing.mode is SharingMode.positions:
        offered = candidate.raw_weight / weights_to_come * left if weights_to_come else 0.0
        return Ask(share_usd, offered, *cap(offered, largest))
    capped_share, share_cut = cap(share, candidate.max_weight)
    usd, equity_cut = cap(capped_share * left, largest)
    return Ask(share_usd, share * left, usd, share_cut or equity_cut)


def _suffix_sums(values: Sequence[float]) -> list[float]:
    """Σ of each value and all later ones."""
    sums = [0.0] * (len(values) + 1)
    for place in range(len(values) - 1, -1, -1):
        sums[place] = sums[place + 1] + values[place]
    return sums


def shared_without_limits(queue: Sequence[Candidate], sharing: Sharing) -> Usd:
    """Σ of what the same sharing hands out when every ask is accepted in full, USD."""
    asks = share_out(queue, sharing, lambda _place, usd: usd)
    return sum(ask.usd for ask in asks if ask)
