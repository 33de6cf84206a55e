"""What do weights and targets come to under all limits, for many decisions at once?

Amounts stand by rank, as they are weighed and shared out, and are brought back to their columns at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from alpha_model.rules.arrays import Numbers, scattered
from alpha_model.rules.compat import Compat
from alpha_model.rules.select import Selected
from alpha_model.rules.share import Shared
from alpha_model.rules.steps import FlagBits, bits
from alpha_model.rules.weigh import cap, cap_groups, clip_to_one, normalise
from alpha_model.values import TradingPairSignalFlags as Flags


@dataclass(frozen=True, slots=True, eq=False)
class Sized:
    """Weights and targets under limits; by rank, and then by column."""

    weight: Numbers
    asked: Numbers
    accepted: Numbers
    target: Numbers
    flags: FlagBits
    accepted_equity: Numbers
    discarded: Numbers

    def spread(self, chosen: Selected, count: int) -> Sized:
        """The same by column."""

        def put(values: Any) -> Any:
            return scattered(chosen.columns, np.where(chosen.taken, values, np.zeros(1, dtype=values.dtype)), count)

        return Sized(
            put(self.weight), put(self.asked), put(self.accepted), put(self.target), put(self.flags),
            self.accepted_equity, self.discarded,
        )  # fmt: skip


def without_risk(
    raw: Numbers,
    equity: Numbers,
    largest: Numbers,
    protocols: npt.NDArray[np.intp] | None,
    per_protocol: Numbers,
    chains: npt.NDArray[np.intp],
    per_chain: Numbers,
    compat: Compat,
) -> Sized:
    """Shares of the raw weights under the caps of pairs, protocols and chains; what is cut off stays in cash."""
    under_cap = cap(normalise(np.nan_to_num(raw), compat), largest, compat)
    none = np.full(1, -1, dtype=np.intp)
    in_protocol = cap_groups(under_cap.kept, none if protocols is None else protocols, per_protocol)
    on_chain = cap_groups(in_protocol.kept, chains, per_chain)
    flags = bits(
        (Flags.capped_by_concentration, under_cap.cut & (not compat.unflagged_caps)),
        (Flags.capped_by_protocol_allocation, in_protocol.cut),
        (Flags.capped_by_chain_allocation, on_chain.cut),
    )
    nothing, unknown = np.zeros_like(raw), np.full((len(raw), 1), np.nan)
    return Sized(on_chain.kept, nothing, nothing, on_chain.kept * equity, flags, unknown, unknown)


def with_risk(
    shared: Shared,
    discarded: Numbers,
    equity: Numbers,
    chains: npt.NDArray[np.intp],
    per_chain: Numbers,
    compat: Compat,
) -> Sized:
    """What was shared out, under the cap of chains."""
    on_chain = cap_groups(shared.accepted / np.where(equity > 0, equity, 1.0), chains, per_chain)
    target = np.where(on_chain.cut, on_chain.kept * equity, shared.accepted)
    total = target.sum(axis=1, keepdims=True)
    flags = bits(
        (Flags.capped_by_concentration, shared.cut),
        (Flags.capped_by_pool_size, shared.refused),
        (Flags.capped_by_protocol_allocation, shared.cut_by_protocol),
        (Flags.capped_by_chain_allocation, on_chain.cut),
    )
    freed = shared.accepted.sum(axis=1, keepdims=True) - total
    weight = target / np.where(total > 0, total, 1.0)
    if compat.clipped_weights:
        weight = clip_to_one(weight)
    return Sized(weight, shared.asked, shared.accepted, target, flags, total, discarded + freed)
