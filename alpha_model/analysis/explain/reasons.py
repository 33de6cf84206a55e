"""Why did each pair end up where it did: in one code and its numbers?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import (
    Codes,
    Execution,
    Facts,
    Numbers,
    Places,
    Truths,
    facts_of,
    has_flags,
    numbers,
    rank_in_cycle,
)
from alpha_model.analysis.ledger import LIMITS
from alpha_model.history import History
from alpha_model.values import Code, Stage
from alpha_model.values import TradingPairSignalFlags as Flags


class ReasonCode(StrEnum):
    """What was decided about one pair in one cycle; what became of it is its `Execution`."""

    below_signal_threshold = "below_signal_threshold"
    not_in_top = "not_in_top"
    not_selected = "not_selected"
    opened = "opened"
    increased = "increased"
    reduced = "reduced"
    closed = "closed"
    flipped = "flipped"
    held_below_threshold = "held_below_threshold"
    trade_too_small = "trade_too_small"
    quantity_too_small = "quantity_too_small"
    weight_too_small = "weight_too_small"
    frozen = "frozen"
    skipped = "skipped"
    undecided = "undecided"
    carried_forward = "carried_forward"
    nothing_allowed = "nothing_allowed"
    not_reached = "not_reached"
    no_change = "no_change"


REASON_MEANINGS: dict[ReasonCode, str] = {
    ReasonCode.below_signal_threshold: "the signal is weaker than selection asks; the amount is what it would have had",
    ReasonCode.not_in_top: "others are stronger, and no more were taken; the amount is what it would have had",
    ReasonCode.not_selected: "not selected, and no step wrote down why; the amount is what it would have had",
    ReasonCode.opened: "a position was to be opened; the amount is that of the trade",
    ReasonCode.increased: "the position was to be increased; the amount is that of the trade",
    ReasonCode.reduced: "the position was to be reduced; the amount is that of the trade",
    ReasonCode.closed: "the position was to be closed whole; the amount is that of the trade",
    ReasonCode.flipped: "the position was to change its kind or side; the amount is the new position",
    ReasonCode.held_below_threshold: "the whole rebalance was held below its threshold; the amount is the change",
    ReasonCode.trade_too_small: "the change was below the threshold of a single trade; the amount is the change",
    ReasonCode.quantity_too_small: "the change was too few units to trade; the amount is the change",
    ReasonCode.weight_too_small: "not opened for its small weight; the amount is the change",
    ReasonCode.frozen: "a failed trade has frozen the position; the amount is the change",
    ReasonCode.skipped: "the change was decided against, and the source does not say why; the amount is the change",
    ReasonCode.undecided: "the source does not say what became of the change; the amount is the change",
    ReasonCode.carried_forward: "the position cannot be traded now and keeps its value; the amount is what is held",
    ReasonCode.nothing_allowed: "limits left nothing of what was wanted; the amount is what was wanted",
    ReasonCode.not_reached: "sharing stopped before its turn; the amount is what was wanted",
    ReasonCode.no_change: "the position was where it should be already; the amount is the target",
}
"""One clause for people about each code."""

NOT_SELECTED = (ReasonCode.below_signal_threshold, ReasonCode.not_in_top, ReasonCode.not_selected)
"""The codes of a pair that was neither selected nor held."""

_STAGES = {
    **dict.fromkeys(NOT_SELECTED, "selection"),
    ReasonCode.carried_forward: "other",
    ReasonCode.not_reached: "redistribution",
}
GATES = (
    ReasonCode.held_below_threshold,
    ReasonCode.trade_too_small,
    ReasonCode.quantity_too_small,
    ReasonCode.weight_too_small,
    ReasonCode.frozen,
    ReasonCode.skipped,
    ReasonCode.undecided,
)
"""The codes of a change that was wanted and is not known to have been traded."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reason of each row of `signals`.

    Args:
        code: Its place in `ReasonCode`.
        limited_by: The place in `LIMITS` of the stage that took most of what was wanted; -1 = none.
        numbers: The numeric columns of `explain_pairs`.
    """

    code: Codes
    limited_by: Codes
    numbers: dict[str, Numbers | Places]


def explain_pairs(history: History | Facts) -> pd.DataFrame:
    """The reason of every pair and cycle, as numbers.

    Returns:
        RangeIndex, one row a signal, in the order of `history.signals`: cycle, timestamp, pair_id; code (a `ReasonCode`
        value); execution (an `Execution` value: what became of its planned trade); stage (of the ledger, where it was
        decided); amount_usd (>= 0, see `REASON_MEANINGS`); limit_usd (the threshold that the change had to reach, NaN =
        none or not recorded); signal_limit (the strength that the selection asked for, or how many it took, where the
        signal failed that; NaN = not recorded); limited_by (the stage that took most of what was wanted, absent = none)
        and limited_usd; size_cap_usd; rank (of the signal's strength in its cycle: 1 is the strongest, 0 = no signal)
        of signal_count, and selected_count; share (wanted, 0...1); wanted, ideal, target, old_value, change and traded
        as in `ledger`; planned_usd and executed_usd (Σ |quantity| × price of its trades, as planned and as executed);
        confirmed (how much of the plan the next holdings show, 0...1). NaN = unknown.
    """
    return facts_of(history).reason_frame.copy(deep=False)


def reasons_of(facts: Facts) -> Reasons:
    """`explain_pairs` as NumPy columns; `Facts.reasons` keeps them."""
    book, signals, count = facts.ledger, facts.history.tables.signals, len(facts.history)
    places, amounts, codes = book.place, book.amounts(), _codes(facts)
    limited_by, limited_usd = _limited(amounts, book.targets.chosen)
    strength = np.abs(numbers(signals, "signal"))
    some = strength > 0
    found = {
        "amount_usd": _amounts(facts, codes),
        "limit_usd": _gates(facts, codes),
        "signal_limit": facts.written.limits(Stage.selection),
        "limited_usd": limited_usd,
        "size_cap_usd": numbers(signals, "size_cap_usd"),
        "rank": np.where(some, rank_in_cycle(places, np.where(some, -strength, np.nan)), 0),
        "signal_count": np.bincount(places[some], minlength=count)[places],
        "selected_count": np.bincount(places[book.targets.chosen], minlength=count)[places],
        "share": book.targets.share,
        **{name: amounts[name] for name in ("wanted", "ideal", "target", "old_value", "change", "traded")},
    }
    return Reasons(codes, limited_by, found)


def reason_columns(facts: Facts) -> dict[str, Any]:
    """The columns of `explain_pairs`, each an array."""
    signals, reasons, executed = facts.history.tables.signals, facts.reasons, facts.executed
    found, undecided = dict(reasons.numbers), reasons.code == list(ReasonCode).index(ReasonCode.undecided)
    stages = np.array([_STAGE_NAMES.index(_stage(code)) for code in ReasonCode], dtype=np.int8)
    return {
        "cycle": signals["cycle"].to_numpy(),
        "timestamp": signals["timestamp"].to_pandas().array,
        "pair_id": signals["pair_id"].to_numpy(),
        "code": _words(reasons.code, [str(code) for code in ReasonCode]),
        "execution": pd.Categorical(executed.words(), [str(word) for word in Execution]),
        "stage": _words(stages[reasons.code], _STAGE_NAMES),
        **{name: found.pop(name) for name in ("amount_usd", "limit_usd", "signal_limit")},
        "limited_by": _words(reasons.limited_by, list(LIMITS)),
        **found,
        "planned_usd": np.where(undecided, np.nan, executed.planned_usd),
        "executed_usd": np.where(undecided, np.nan, executed.executed_usd),
        "confirmed": np.clip(executed.confirmed, 0.0, 1.0),
    }


def _words(codes: Codes, names: list[str]) -> pd.Categorical:
    kind = pd.CategoricalDtype(names, ordered=False)
    words: pd.Categorical = pd.Categorical.from_codes(codes, dtype=kind)
    return words


_STAGE_NAMES = ["selection", "redistribution", "other", "threshold", "traded"]


def _stage(code: ReasonCode) -> str:
    return _STAGES.get(code, "threshold" if code in GATES else "traded")


def _codes(facts: Facts) -> Codes:
    """The place in `ReasonCode` of each row: the first rule that holds."""
    history, plan, traded, targets = facts.history, facts.plan, facts.ledger.traded, facts.ledger.targets
    signals = history.tables.signals
    old, target = np.nan_to_num(traded.amounts["old_value"]), targets.amounts["target"]
    adjust = np.nan_to_num(numbers(signals, "position_adjust_usd"))
    inside = ~np.isnan(numbers(signals, "signal_in_selection"))
    planned, skipped, held = traded.planned, traded.skipped, old != 0
    nothing = targets.chosen & ~held & (target == 0) & (targets.amounts["ideal"] > 0) & (adjust == 0)
    rules: list[tuple[Truths, ReasonCode]] = [
        (planned & plan.flips, ReasonCode.flipped),
        (planned & held & (has_flags(history, Flags.closed) | (target == 0)), ReasonCode.closed),
        (planned & ~held, ReasonCode.opened),
        (planned & (adjust > 0), ReasonCode.increased),
        (planned, ReasonCode.reduced),
        (skipped & has_flags(history, Flags.max_adjust_too_small), ReasonCode.held_below_threshold),
        (skipped & has_flags(history, Flags.individual_trade_size_too_small), ReasonCode.trade_too_small),
        (skipped & has_flags(history, Flags.individual_trade_quantity_too_small), ReasonCode.quantity_too_small),
        (skipped & has_flags(history, Flags.close_position_weight_limit), ReasonCode.weight_too_small),
        (skipped & facts.written.says(Code.problematic_pair), ReasonCode.frozen),
        (skipped, ReasonCode.skipped),
        (traded.undecided, ReasonCode.undecided),
        (np.asarray(signals["carry_forward"].to_numpy()), ReasonCode.carried_forward),
        (~inside & facts.written.says(Code.below_signal_threshold), ReasonCode.below_signal_threshold),
        (~inside & facts.written.says(Code.not_in_top), ReasonCode.not_in_top),
        (~inside, ReasonCode.not_selected),
        (nothing & targets.sized & ~targets.reached, ReasonCode.not_reached),
        (nothing, ReasonCode.nothing_allowed),
        (np.isnan(target), ReasonCode.undecided),
    ]
    order = list(ReasonCode)
    default = order.index(ReasonCode.no_change)
    places = [np.int8(order.index(code)) for _, code in rules]
    return np.select([rule for rule, _ in rules], places, np.int8(default)).astype(np.int8)


def _amounts(facts: Facts, codes: Codes) -> Numbers:
    """The amount that each code is about, USD >= 0; of a trade what was executed, else what was planned."""
    executed, book = facts.executed, facts.ledger
    amounts = book.amounts()
    worth = np.where(executed.done(), executed.executed_usd, executed.planned_usd)
    order = list(ReasonCode)

    def those(*wanted: ReasonCode) -> Truths:
        found: Truths = np.isin(codes, [order.index(code) for code in wanted])
        return found

    before_gate = amounts["change"] + amounts["flip"] + amounts["unexplained"] + amounts["cash"]
    usd = np.abs(before_gate)
    flips = codes == order.index(ReasonCode.flipped)
    usd = np.where(book.traded.planned, np.where(flips, np.abs(amounts["target"]), worth), usd)
    wanted = those(*NOT_SELECTED, ReasonCode.not_reached, ReasonCode.nothing_allowed)
    usd = np.where(wanted, amounts["wanted"], usd)
    usd = np.where(those(ReasonCode.carried_forward), np.abs(amounts["old_value"]), usd)
    return np.where(those(ReasonCode.no_change), amounts["target"], usd)


def _limited(amounts: dict[str, Numbers], chosen: Truths) -> tuple[Codes, Numbers]:
    """The stage that took most of what was wanted, -1 = none, and how much."""
    worst, where = np.zeros(len(chosen)), np.full(len(chosen), -1, dtype=np.int8)
    for place, name in enumerate(LIMITS):
        taken = -amounts[name]
        more = chosen & (taken > worst)
        where[more] = place
        worst = np.where(more, taken, worst)
    return where, np.where(where >= 0, worst, np.nan)


def _gates(facts: Facts, codes: Codes) -> Numbers:
    """The USD that the change had to reach: recorded by the step, else by the settings."""
    order, places = list(ReasonCode), facts.ledger.place
    held = codes == order.index(ReasonCode.held_below_threshold)
    small = codes == order.index(ReasonCode.trade_too_small)
    whole = facts.of_cycle("position_adjust_threshold_usd")[places]
    gate = np.where(held, whole, np.nan)
    if not small.any():
        return gate
    falls = np.nan_to_num(facts.column("position_adjust_usd")) < 0
    own = facts.recorded.least(falls, places)
    written = facts.written.limits(Stage.threshold)
    return np.where(small, np.where(np.isnan(written), own, written), gate)
