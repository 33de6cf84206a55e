"""How would a sharing mode have shared out the equity of recorded cycles under size risk?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.facts import Numbers, Places, Truths, batches
from alpha_model.rules import Sharing, SharingMode, share_out


@dataclass(frozen=True, slots=True)
class Queue:
    """Who asks for money: columns of `signals`, or of `cycles` where that is said.

    Args:
        places: The cycle of each row.
        rows: Who asks, cycle by cycle.
        raw: Raw weights.
        strength: By which equal raw weights are served.
        equity: USD to share out, one number a cycle.
        max_weight: Largest share of one pair, one number a cycle.
        max_positions: At most so many pairs, one number a cycle; NaN is no limit.
        epsilon_usd: No more than this is left over, one number a cycle.
    """

    places: Places
    rows: Places
    raw: Numbers
    strength: Numbers
    equity: Numbers
    max_weight: Numbers
    max_positions: Numbers
    epsilon_usd: Numbers

    def within(self, cycles: Truths) -> Queue:
        """Those of some cycles only."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return Queue(**{**found, "rows": self.rows[cycles[self.places[self.rows]]]})


def asked_of_markets(queue: Queue, mode: SharingMode, limits: Numbers) -> tuple[Numbers, Numbers]:
    """What each pair asks for, and what it gets, when every market takes what its limit says, USD.

    Args:
        queue: Who asks.
        mode: Who is offered what is left.
        limits: What each market takes, USD; NaN takes everything.

    Returns:
        Two columns of `signals`; NaN outside the queue.
    """
    asked, accepted = np.full(len(queue.raw), np.nan), np.full(len(queue.raw), np.nan)
    order = queue.rows[np.lexsort((-queue.strength[queue.rows], queue.places[queue.rows]))]
    takes = np.where(np.isnan(limits), np.inf, limits)
    most = np.where(np.isnan(queue.max_positions), np.inf, queue.max_positions)
    for batch in batches(queue.places, order):
        settings = Sharing(mode, *map(batch.of_cycle, (queue.max_weight, most, queue.epsilon_usd)))
        shared, _ = share_out(batch.of(queue.raw), batch.of_cycle(queue.equity), settings, batch.of(takes, np.inf))
        batch.put(asked, np.where(shared.reached, shared.asked, np.nan))
        batch.put(accepted, shared.accepted)
    return asked, accepted
