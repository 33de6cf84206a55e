"""What do the rules of the audit look at in the trades, as columns?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np

from alpha_model.analysis.facts.columns import Numbers, Places, Truths, is_in, microseconds, numbers
from alpha_model.analysis.facts.plan import REBALANCE_KIND
from alpha_model.history import History

SETTLED = ("executed", "repaired")
"""Trades that changed a position."""

LOST = ("failed", "expired")
"""Trades that did not."""


@dataclass(frozen=True, slots=True)
class Trades:
    """The trades, one entry a row of `trades`.

    Args:
        places: Row of the cycle that they follow; -1 before the first.
        pair_ids: The spot pair.
        keys: Cycle and pair as one number, as in `Sheet.keys`; -1 where the cycle or the pair is not in the history.
        moved_keys: The same with the cycle that the trade came after: a trigger at the very time of a cycle is pulled
            before that cycle decides, so that it changes what the cycle finds.
        moments: When they were decided, microseconds.
        at_cycle: Decided at the very time of the cycle.
        rebalance: Decided by a cycle, as against stop losses and other triggers.
        settled: They changed the position.
        lost: They failed or expired.
        quantity: Units that changed hands, signed; 0 where nothing did, NaN where nobody knows.
    """

    places: Places
    pair_ids: Places
    keys: Places
    moved_keys: Places
    moments: Places
    at_cycle: Truths
    rebalance: Truths
    settled: Truths
    lost: Truths
    quantity: Numbers

    def __len__(self) -> int:
        return len(self.places)


def trades_of(
    history: History, cycle_moments: Places, key_width: int, pair_places_of: Callable[[Places], Places]
) -> Trades:
    """The trades of a history.

    Args:
        history: The record.
        cycle_moments: The time of each cycle, microseconds.
        key_width: How many keys a cycle has.
        pair_places_of: The place of each pair in `pairs`; one beyond the last where it is not there.
    """
    table = history.tables.trades
    numbers_of = history.cycle_numbers
    cycle = numbers(table, "cycle")
    places = np.searchsorted(numbers_of, np.nan_to_num(cycle, nan=-1.0)).astype(np.int64)
    found = places < len(numbers_of)
    found[found] = numbers_of[places[found]] == cycle[found]
    places = np.where(found, places, -1)
    pair_ids, moments = cast("Places", table["pair_id"].to_numpy()), microseconds(table)
    at_cycle = found.copy()
    at_cycle[found] = cycle_moments[places[found]] == moments[found]
    stranger = len(history.pair_ids)
    pair_places = pair_places_of(pair_ids)
    settled, lost = is_in(table["status"], SETTLED), is_in(table["status"], LOST)
    executed, planned = numbers(table, "executed_quantity"), numbers(table, "planned_quantity")
    moved = np.where(settled, np.where(np.isnan(executed), planned, executed), np.where(lost, 0.0, np.nan))
    rebalance = is_in(table["kind"], (REBALANCE_KIND,))
    after = np.where(at_cycle & ~rebalance, places - 1, places)
    known = found & (pair_places < stranger)
    return Trades(
        places=places,
        pair_ids=pair_ids,
        keys=np.where(known, places * key_width + pair_places, -1),
        moved_keys=np.where(known & (after >= 0), after * key_width + pair_places, -1),
        moments=moments,
        at_cycle=at_cycle,
        rebalance=rebalance,
        settled=settled,
        lost=lost,
        quantity=moved,
    )
