"""What did each stage cost per cycle, per pair and per constraint, and how much of the ledger is certain?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Facts, Numbers, Places, Provenance, Truths, cycle_frame, facts_of, has_flags
from alpha_model.analysis.ledger.ledger import STAGE_LABELS, Ledger
from alpha_model.analysis.ledger.targets import TARGET_STAGES
from alpha_model.history import History
from alpha_model.values import TradingPairSignalFlags as Flags

OF_STAGE: dict[str, str] = {"redistribution": "not_reached", "other": "other_limits"}
"""Stages of the ledger that stand under another name among the constraints, for there they only take."""

LIMITS = (*TARGET_STAGES[1:], "cash")
"""The stages of the ledger that can take from what was wanted."""

CONSTRAINT_LABELS: dict[str, str] = {
    **{OF_STAGE.get(name, name): STAGE_LABELS[name] for name in LIMITS},
    "not_reached": "sharing stopped",
    "rebalance_threshold": "rebalance threshold",
    "individual_threshold": "threshold for single trades",
    "closing_weight": "closing weight",
    "other_skips": "other gates",
}
"""The columns of `constraint_costs`, limits on targets first, then gates before trades; and what people call them."""

CONSTRAINTS = tuple(CONSTRAINT_LABELS)
"""The columns of `constraint_costs`."""


def ledger_by_cycle(history: History | Facts) -> pd.DataFrame:
    """The ledger summed over the chosen and the held pairs of each cycle.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); every amount of `ledger` under its name, USD
        (`wanted` and `selection` of chosen pairs only: what the others would have had is not a sum); NaN where any of
        its pairs is unknown, 0 where the cycle has no pairs.
    """
    facts = facts_of(history)
    book, history = facts.ledger, facts.history
    return cycle_frame(
        history,
        {name: _strict_sum(book.place, usd, len(history)) for name, usd in _of_chosen(book).items()},
    )


def ledger_by_pair(history: History | Facts) -> pd.DataFrame:
    """The ledger summed over the cycles of each pair.

    Returns:
        RangeIndex, one row a pair, in the order of `history.pairs`: pair_id; cycles (in which the pair has a row),
        chosen_cycles; every amount of `ledger` as in `ledger_by_cycle`, in dollar-cycles: what is wanted or
        refused in one cycle is wanted or refused again in the next.
    """
    facts = facts_of(history)
    book, ids, column = facts.ledger, facts.history.pair_ids, facts.history.pair_places
    sums = {name: _strict_sum(column, usd, len(ids)) for name, usd in _of_chosen(book).items()}
    counts = {
        "cycles": np.bincount(column, minlength=len(ids)),
        "chosen_cycles": np.bincount(column[book.targets.chosen], minlength=len(ids)),
    }
    return pd.DataFrame({"pair_id": ids, **counts, **sums})


def constraint_costs(history: History | Facts) -> pd.DataFrame:
    """How many USD each constraint refused in each cycle.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); then USD >= 0, NaN where any amount of the cycle
        is unknown. Refused of what was wanted: concentration; not_reached (sharing had stopped or was short of money at
        the pair's turn); protocol; size_risk (of what was asked, so money offered again may be refused again); chain;
        other_limits. Held back of changes, Σ|USD|: cash; rebalance_threshold; individual_threshold; closing_weight (not
        opened for its small weight); other_skips (frozen pairs, dust, or not recorded why). A position that is carried
        forward asks for nothing.
    """
    facts = facts_of(history)
    place, history = facts.ledger.place, facts.history
    return cycle_frame(history, {name: _strict_sum(place, usd, len(history)) for name, usd in refused(facts).items()})


def refused(facts: Facts) -> dict[str, Numbers]:
    """The USD >= 0 that each of `CONSTRAINTS` refused, one number a row of `signals`; NaN = unknown."""
    history, amounts = facts.history, facts.ledger.amounts()
    held = np.abs(amounts["threshold"])
    rebalance = has_flags(history, Flags.max_adjust_too_small)
    individual = has_flags(history, Flags.individual_trade_size_too_small) & ~rebalance
    closing = has_flags(history, Flags.close_position_weight_limit) & ~rebalance & ~individual
    rest = ~rebalance & ~individual & ~closing

    def only(usd: Numbers, rows: Truths) -> Numbers:
        return np.where(rows, usd, 0.0)

    pinned = np.asarray(history.tables.signals["carry_forward"].to_numpy())

    def lost(name: str) -> Numbers:
        return np.where((amounts[name] > 0) | pinned, 0.0, -amounts[name] + 0.0)

    return {
        **{OF_STAGE.get(name, name): lost(name) for name in LIMITS},
        "rebalance_threshold": only(held, rebalance),
        "individual_threshold": only(held, individual),
        "closing_weight": only(held, closing),
        "other_skips": only(held, rest),
    }


def provenance_shares(history: History | Facts) -> pd.DataFrame:
    """How much of the ledger is recorded, derived, inferred and unknown.

    Returns:
        One row a stage (index `stage`, in order) and two column groups, `chosen` and `not chosen`, of recorded,
        derived, inferred and unknown: shares of the rows, 0...1; NaN where there are no such rows.
    """
    book = facts_of(history).ledger
    words = [str(each) for each in reversed(Provenance)]
    groups = {"chosen": book.targets.chosen, "not chosen": ~book.targets.chosen}
    rows = {}
    for stage, codes in book.provenance().items():
        counts = [
            np.bincount(codes[chosen], minlength=len(words))[::-1] / (np.count_nonzero(chosen) or np.nan)
            for chosen in groups.values()
        ]
        rows[stage] = np.concatenate(counts)
    columns = pd.MultiIndex.from_product([list(groups), words])
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("stage")


def _of_chosen(book: Ledger) -> dict[str, Numbers]:
    amounts = book.amounts()
    memo = {name: np.where(book.targets.chosen, amounts[name], 0.0) for name in ("wanted", "selection")}
    return {**amounts, **memo}


def _strict_sum(groups: Places, usd: Numbers, count: int) -> Numbers:
    """Sums by group; NaN where any of them is."""
    return np.bincount(groups, weights=usd, minlength=count).astype(np.float64)
