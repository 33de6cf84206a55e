"""How many dollars of each pair are wanted, and how many must change?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alpha_model.position_kind import is_flip
from alpha_model.rules.arrays import Codes, Numbers, Truths


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What is held before the cycle: (batch × pairs).

    Args:
        value: USD.
        kind: `PositionKind`.
        pinned: The position cannot be traded now and keeps its value; None where none is.
    """

    value: Numbers
    kind: Codes
    pinned: Truths | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What is wanted: (batch × pairs).

    Args:
        target: USD wanted.
        adjust: USD to change; for a flip the whole new position.
        flips: Whether what is held is closed first, because another kind of position is wanted.
    """

    target: Numbers
    adjust: Numbers
    flips: Truths


def targets(wanted_usd: Numbers, weight: Numbers, kind: npt.NDArray[np.integer], held: Held) -> Targets:
    """USD to change, from USD wanted.

    Args:
        wanted_usd: What size risk accepted, or weight × equity without it.
        weight: Share of equity that is wanted.
        kind: As which `PositionKind` it is wanted.
        held: What is there.

    Source: API of `calculate_target_positions`.
    """
    flips = is_flip(held.kind, kind, weight)
    adjust = np.where(flips, wanted_usd, wanted_usd - held.value)
    if held.pinned is None:
        return Targets(wanted_usd, adjust, flips)
    return Targets(
        np.where(held.pinned, held.value, wanted_usd), np.where(held.pinned, 0.0, adjust), flips & ~held.pinned
    )
