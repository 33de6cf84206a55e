"""How many dollars of each pair are wanted, and how many must change?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.rules.arrays import Numbers, Truths


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What is wanted: (batch × pairs).

    Args:
        target: USD wanted.
        adjust: USD to change; for a flip the whole new position.
    """

    target: Numbers
    adjust: Numbers


def targets(wanted_usd: Numbers, old_value: Numbers, flips: Truths, pinned: Truths | None = None) -> Targets:
    """USD to change, from USD wanted.

    Args:
        wanted_usd: What size risk accepted, or weight × equity without it.
        old_value: USD held.
        flips: Whether what is held is closed first, because another kind of position is wanted.
        pinned: Whether the position cannot be traded now and keeps its value; None where none is.

    Source: API of `calculate_target_positions`.
    """
    adjust = np.where(flips, wanted_usd, wanted_usd - old_value)
    if pinned is None:
        return Targets(wanted_usd, adjust)
    return Targets(np.where(pinned, old_value, wanted_usd), np.where(pinned, 0.0, adjust))
