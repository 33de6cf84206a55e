"""Where did every dollar go, from what a signal wanted to what was traded?

Two sums hold for every pair and cycle, to the cent, wherever the amounts are known:

    wanted + selection + concentration + redistribution + protocol + size_risk + chain + other = target
    target − old_value + flip + unexplained + cash + threshold + close = traded

An amount that the source does not let us know is NaN, never 0, and then so is every sum that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import Codes, Facts, Numbers, Places, Truths, as_words, facts_of, part_of
from alpha_model.analysis.ledger.targets import TARGET_STAGES, Targets, targets_of
from alpha_model.analysis.ledger.trades import TRADE_STAGES, Traded, traded_of
from alpha_model.history import History
from alpha_model.rules import STEP_OF, Sum, steps_into

STAGE_LABELS: dict[str, str] = {
    **{name: STEP_OF[name].label for name in (*steps_into(Sum.target), *steps_into(Sum.traded))},
    "wanted": "wanted",
    "other": "other limits",
    "target": STEP_OF["target"].label,
    "old_value": "held before",
    "change": "change",
    "unexplained": "unexplained",
    "traded": STEP_OF["trade"].label,
}
"""What people call the amounts of the ledger."""

CENT = 0.005
"""USD; sums agree to the cent."""

RELATIVE_CENT = 1e-9
"""The same for amounts so large that floating-point numbers have no cents left."""


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The ledger as columns; one entry a row of `signals`. It equals itself only.

    Args:
        place: The row of its cycle in `cycles`.
        targets: From what was wanted to the target.
        traded: From what was held to the trade.
    """

    place: Places
    targets: Targets
    traded: Traded

    def amounts(self) -> dict[str, Numbers]:
        """Every amount by its name, in the order of the stages, USD."""
        return {**self.targets.amounts, **self.traded.amounts}

    def provenance(self) -> dict[str, Codes]:
        """How sure each stage is, by its name."""
        return {**self.targets.provenance, **self.traded.provenance}

    def part(self, rows: Places | slice, history: History) -> Ledger:
        """The same of some rows of `signals`, which are those of another history."""
        return Ledger(history.signal_places, part_of(self.targets, rows), part_of(self.traded, rows))


def ledger_of(facts: Facts) -> Ledger:
    """The ledger of every row of `signals`, as NumPy columns; `Facts.ledger` keeps it.

    Raises:
        AssertionError: The stages do not add up, which is an error of this module.
    """
    targets = targets_of(facts)
    book = Ledger(facts.history.signal_places, targets, traded_of(facts, targets.amounts["target"]))
    _check_sums(book)
    return book


def ledger(history: History | Facts) -> pd.DataFrame:
    """The USD of every pair and cycle after each stage.

    Returns:
        RangeIndex, one row a signal, in the order of `history.signals`: cycle, timestamp, pair_id, chosen (selected
        with a signal other than 0); then, in USD, NaN = unknown: wanted (raw share × investable equity; of a pair that
        was not chosen, what it would have had as one more of the chosen ones), selection (takes that away again),
        ideal (wanted + selection), concentration, redistribution, protocol, size_risk, chain, other (every other
        limit), target; old_value, change (target − old_value), flip (the old side, which a flip closes on its own),
        unexplained (what the recorded adjust differs by), cash, threshold (skipped, at whatever gate), close (more
        than the adjust, because the position is closed whole), traded (signed, position value). Each stage has
        STAGE_provenance: recorded, derived, inferred or unknown.
    """
    return facts_of(history).ledger_frame.copy(deep=False)


def ledger_frame_of(facts: Facts) -> pd.DataFrame:
    """`ledger`, on the very columns of `Facts.ledger`; `Facts.ledger_frame` keeps it."""
    book, signals = facts.ledger, facts.history.tables.signals
    keys = {
        "cycle": signals["cycle"].to_numpy(),
        "timestamp": signals["timestamp"].to_pandas(),
        "pair_id": signals["pair_id"].to_numpy(),
        "chosen": book.targets.chosen,
    }
    words = {f"{name}_provenance": as_words(codes) for name, codes in book.provenance().items()}
    return pd.DataFrame({**keys, **book.amounts(), **words}, copy=False)


def _check_sums(book: Ledger) -> None:
    """Both sums of the module's docstring, and which amounts are known."""
    targets, traded = book.targets.amounts, book.traded.amounts
    before = [targets["wanted"], *(targets[name] for name in TARGET_STAGES)]
    assert np.all(_agree(before, targets["target"])), "the stages do not lead from what was wanted to the target"
    after = [traded["change"], *(traded[name] for name in TRADE_STAGES)]
    assert np.all(_agree(after, traded["traded"])), "the stages do not lead from the change to what was traded"


def _agree(parts: list[Numbers], total: Numbers) -> Truths:
    """Where the parts add up to the total, or one of them is unknown."""
    summed, size = np.zeros(len(total)), np.abs(total)
    for part in parts:
        summed = summed + part
        size = np.fmax(size, np.abs(part))
    gap = np.abs(summed - total)
    agree: Truths = np.isnan(gap) | (gap <= CENT + RELATIVE_CENT * size)
    return agree
