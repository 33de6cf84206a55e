"""From what was held to what was traded: which gate held back how much?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.facts import DERIVED, RECORDED, UNKNOWN, Codes, Facts, Numbers, Truths, has_flags, numbers
from alpha_model.rules import Sum, steps_into
from alpha_model.values import TradingPairSignalFlags as Flags

_FIRST, *_LATER = steps_into(Sum.traded)

TRADE_STAGES = (_FIRST, "unexplained", *_LATER)
"""The stages between the change and the trade, in their order."""

ROUNDING = 1e-9
"""Relative: a smaller difference between two recorded amounts is rounding and no stage."""


@dataclass(frozen=True, slots=True)
class Traded:
    """From what was held to the trade; one entry a row of `signals`.

    Args:
        planned: A trade was planned.
        skipped: A change was wanted and decided against.
        undecided: A change was wanted, and the source does not say what became of it.
        flips: The position changes its kind, so the old side is closed beside.
        amounts: `old_value`, `change`, the stages and `traded`, USD.
        provenance: Of each.
    """

    planned: Truths
    skipped: Truths
    undecided: Truths
    flips: Truths
    amounts: dict[str, Numbers]
    provenance: dict[str, Codes]


def traded_of(facts: Facts, target: Numbers) -> Traded:
    """The second half of the ledger."""
    history, plan = facts.history, facts.plan
    signals = history.tables.signals
    old, adjust = numbers(signals, "old_value"), numbers(signals, "position_adjust_usd")
    change = target - old
    scale = ROUNDING * np.fmax(np.abs(target), np.abs(old))
    turned = facts.flips & (np.abs(adjust - target) <= scale + ROUNDING)  # some sources size it otherwise
    flip = np.where(turned, old, 0.0)
    gap = adjust - change - flip
    gap = np.where(np.abs(gap) <= scale + ROUNDING, 0.0, gap)
    by_cash = has_flags(history, Flags.capped_by_sync_cash, Flags.capped_by_pending_settlement_cash) & (gap < 0)
    cash, unexplained = np.where(by_cash, gap, 0.0), np.where(by_cash, 0.0, gap)

    threshold = np.where(plan.skipped, -adjust, np.where(plan.undecided, np.nan, 0.0))
    threshold = np.where(np.isnan(adjust), np.nan, threshold)
    closes = plan.planned & has_flags(history, Flags.closed)
    close = np.where(closes, -old - adjust, 0.0)
    close = np.where(np.abs(close) <= scale + ROUNDING, 0.0, close)
    traded = np.where(plan.planned, adjust + close, np.where(np.isnan(threshold), np.nan, 0.0))
    amounts = {
        "old_value": old,
        "change": change,
        "flip": flip,
        "unexplained": unexplained,
        "cash": cash,
        "threshold": threshold,
        "close": close,
        "traded": traded,
    }
    provenance = {name: _known(usd, DERIVED) for name, usd in amounts.items()}
    provenance["old_value"] = _known(old, RECORDED)
    return Traded(plan.planned, plan.skipped, plan.undecided, turned, amounts, provenance)


def _known(usd: Numbers, code: np.int8) -> Codes:
    return np.where(np.isnan(usd), UNKNOWN, code).astype(np.int8)
