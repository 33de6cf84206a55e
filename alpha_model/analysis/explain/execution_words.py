"""How is it said what became of planned trades?

Words of doing ("rebalanced", "closed") are kept for trades of which a fill is on record or the next holdings tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alpha_model.analysis.facts import DOING, Execution
from alpha_model.analysis.words import count, known, percent, usd

WHOLE_SHARE = 0.995
"""From this share on a part is not worth a word."""

_FATES = {
    Execution.failed: ("failed", "failed"),
    Execution.awaiting: ("has no fill on record yet", "have no fill on record yet"),
    Execution.unconfirmed: (
        "has no fill on record, and the next holdings do not tell",
        "have no fill on record, and the next holdings do not tell",
    ),
    Execution.contradicted: (
        "has no fill on record, and the next holdings show that it was not made",
        "have no fill on record, and the next holdings show that they were not made",
    ),
}
"""What is said of one such trade, and of several."""

_CLAUSES = {
    Execution.failed: ", but the trade failed",
    Execution.awaiting: "; no fill is on record yet",
    Execution.unconfirmed: "; no fill is on record, and the next holdings do not tell",
    Execution.contradicted: "; no fill is on record, and the next holdings show that it was not made",
    Execution.unknown: "; that trade is implied by the target, and none is recorded",
}

_AS_PLANS = {
    Execution.failed: "Planned, and failed",
    Execution.awaiting: "Planned, with no fill on record yet",
    Execution.unconfirmed: "Planned, with no fill on record",
    Execution.contradicted: "Planned, and not made as the next holdings show",
    Execution.unknown: "Implied by the targets",
}
"""What stands before a list of such plans."""


def planned_and_done(row: Mapping[Any, Any], verb: str) -> str:
    """What became of the planned trades of a cycle, as the rest of a sentence about the strategy.

    Args:
        row: Of `cycle_outcomes`, with planned trades.
        verb: What the strategy did where it did it, such as `rebalanced`.
    """
    execution = Execution(row["execution"])
    planned = f"{count(int(row['planned_count']), 'trade')} worth {usd(row['planned_usd'])}"
    if execution is Execution.executed:
        return f"{verb} with {count(int(row['traded_count']), 'trade')} worth {usd(row['traded_usd'])}"
    fates = _fates(row)
    if execution is Execution.executed_in_part:
        some = f"{row['traded_count']:,.0f} of {count(int(row['planned_count']), 'planned trade')}"
        told = f"; {', '.join(fates)}" if fates else ""
        return f"{verb} with {some}, worth {usd(row['traded_usd'])} of {usd(row['planned_usd'])}{told}"
    if execution not in _FATES or not fates:
        return f"had targets that imply {planned}; whether any was made is not recorded"
    if len(fates) == 1:
        single = int(row["planned_count"]) == 1
        words = _FATES[execution][0 if single else 1]
        if execution is Execution.failed:
            return f"planned {planned}, {'which failed' if single else 'which all failed'}"
        return f"planned {planned}; {'it' if single else 'they'} {words}"
    return f"planned {planned}: {', '.join(fates)}"


def _fates(row: Mapping[Any, Any]) -> list[str]:
    """Of the trades that were not executed: how many, and what is known of them."""
    told = []
    for execution, (one, several) in _FATES.items():
        number = row[f"{execution}_count"]
        if number > 0:
            told.append(f"{number:,.0f} {one if number == 1 else several}")
    return told


def fate_of(execution: Execution, share: float, *, seen_in_holdings: bool) -> str:
    """What is added to the plan or the deed of one pair; empty where the deed says it all.

    Args:
        execution: What became of it.
        share: How much of the plan was executed.
        seen_in_holdings: It is known by the next holdings only.
    """
    if execution is Execution.executed_in_part and known(share):
        return f", {percent(share)} of what was planned"
    if execution in DOING:
        return "; no fill is on record, the next holdings show it" if seen_in_holdings else ""
    return _CLAUSES.get(execution, "")


def as_plans(execution: Execution) -> str:
    """What stands before a list of plans that were not executed."""
    return _AS_PLANS.get(execution, "Planned")
