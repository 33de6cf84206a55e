"""How much of the buys does the cash carry?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.rules.arrays import Numbers, Setting, Truths
from alpha_model.rules.compat import OURS, Compat
from alpha_model.rules.gates import Action, Changes, Decisions, Gate, Thresholds, pass_gates
from alpha_model.rules.weigh import is_cut


@dataclass(frozen=True, slots=True)
class CashCap:
    """What buys may take.

    Args:
        headroom: USD of cash to leave untouched.
    """

    headroom: Setting = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What the cash left of the decisions.

    Args:
        decisions: With shrunk buys, which have passed the gates again.
        shrunk: (batch × pairs) which ones were.
        available: (batch × 1) USD that the buys had.
    """

    decisions: Decisions
    shrunk: Truths
    available: Numbers


def fit_to_cash(
    decided: Decisions,
    changes: Changes,
    thresholds: Thresholds,
    cash: Numbers,
    settings: CashCap,
    compat: Compat = OURS,
) -> Fitted:
    """Shrink the buys in proportion so that they fit into the cash that arrives, and pass them through the gates again.

    Sells bring what they are worth, closes the whole position; no fee is deducted.

    Args:
        decided: Without regard to cash.
        changes: What they were decided on.
        thresholds: From which size on something is traded.
        cash: (batch × 1) USD at hand.
        settings: What to leave untouched.
        compat: Habits of another framework.

    Source: API of `generate_rebalance_trades_and_triggers`, `cap_buys_to_sync_cash`.
    """
    action, gate, adjust = decided.action, decided.gate, decided.adjust
    closes, sells = action == Action.close, (action == Action.trade) & (adjust < 0)
    arriving = np.where(closes, changes.old_value, np.where(sells, -adjust, 0.0)).sum(axis=1, keepdims=True)
    available = np.maximum(0.0, cash - settings.headroom + arriving)
    past_size = (gate == Gate.free) | (gate == Gate.dust) | (gate == Gate.weight_too_small)
    buys = past_size & ~closes & (adjust > 0)
    wanted = np.where(buys, adjust, 0.0).sum(axis=1, keepdims=True)
    short = is_cut(wanted, available)
    shrunk = buys & short
    if not shrunk.any():
        return Fitted(decided, shrunk, available)
    share = np.where(short, available, 1.0) / np.where(short, wanted, 1.0)
    again = pass_gates(
        np.where(shrunk, adjust * share, adjust),
        decided.stopped,
        decided.largest,
        changes,
        thresholds,
        decided.market,
        compat,
    )
    return Fitted(again, shrunk, available)
