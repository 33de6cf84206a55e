"""Were the planned trades executed, and what proves it?

A fill on record decides. Without one, what the next cycle found held decides: units where they are known, dollars only
where no price could have moved them so far. Nothing else is taken for a trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from alpha_model.analysis.facts.columns import (
    UNKNOWN_TIME,
    Numbers,
    Places,
    Truths,
    cycle_frame,
    is_in,
    microseconds,
    numbers,
)
from alpha_model.analysis.facts.holdings import Holdings, holdings_around, unmoved
from alpha_model.analysis.facts.plan import Plan, rebalance_recorded, rebalance_trades, rows_of_trades
from alpha_model.history import History

Codes = npt.NDArray[np.int8]

WEIGHTS_TABLE = "weights table"
"""The source of cycles that are rows of a table of weights."""
DONE = ("executed", "repaired")
"""The statuses of a trade of which a fill is on record."""
FAILED = ("failed", "expired")
"""The statuses of a trade that was planned and never made."""

WHOLE: Final = 0.95
"""From this share of what was planned on, in units and in dollars, a fill is whole: prices slip."""
MOVED: Final = 0.05
"""From this share of the planned units on, the next holdings show some of the trade."""
MOSTLY: Final = 0.5
"""From this share on they show the trade, whatever interest or redemption came beside it."""
PRICE_MOVE: Final = 2.0
"""A factor by which no price is taken to move between two cycles, where only dollars are known."""


class Execution(StrEnum):
    """What became of planned trades, as far as the record proves it."""

    executed = "executed"
    executed_in_part = "executed_in_part"
    awaiting = "awaiting"
    unconfirmed = "unconfirmed"
    contradicted = "contradicted"
    failed = "failed"
    nothing_planned = "nothing_planned"
    unknown = "unknown"


EXECUTION_MEANINGS: dict[Execution, str] = {
    Execution.executed: "every planned trade was executed: a fill is on record, or the next holdings show it",
    Execution.executed_in_part: "some of what was planned was executed",
    Execution.awaiting: "no fill is on record yet, and the decision is the newest",
    Execution.unconfirmed: "no fill is on record, and the next holdings do not tell",
    Execution.contradicted: "no fill is on record, and the next holdings show that the trade was not made",
    Execution.failed: "the planned trades failed or expired",
    Execution.nothing_planned: "no trade was planned",
    Execution.unknown: "the source does not record whether trades were planned",
}
"""One clause for people about each."""

DOING: Final = (Execution.executed, Execution.executed_in_part)
"""Only of these it may be said that something was bought, sold, opened or closed."""

NOT_DONE: Final = tuple(word for word in Execution if word not in (*DOING, Execution.nothing_planned))
"""Of these there is a plan, and nothing that was done."""

_ORDER: Final = tuple(Execution)
_CODE: Final = {word: np.int8(place) for place, word in enumerate(_ORDER)}
_WORST_FIRST: Final = (
    Execution.contradicted,
    Execution.failed,
    Execution.unconfirmed,
    Execution.awaiting,
    Execution.unknown,
)


@dataclass(frozen=True, slots=True, eq=False)
class Executed:
    """What became of the plans of a history.

    Args:
        code: The place in `Execution` of each row of `signals`.
        share: How much of each row's plan was executed, 0...1 and beyond where more was; NaN where it is not known.
        planned_usd: Σ |quantity| × price of each row's planned trades; 0 where none was planned.
        executed_usd: The same of what was executed; NaN where it is not known.
        seen_in_holdings: The next holdings decided it, and not a fill.
        confirmed: How much of each row's plan the next holdings show, fill or not; NaN where they do not tell.
        unmoved: A change was wanted, no trade is known of, and the next cycle held the same.
        cycles: Sums a cycle: `execution` (a place in `Execution`), and count and USD of the trades planned, executed,
            failed, awaiting, unconfirmed and contradicted; the count of those whose next holdings are known, and of
            those that these show, as `told_count` and `confirmed_count`.
    """

    code: Codes
    share: Numbers
    planned_usd: Numbers
    executed_usd: Numbers
    seen_in_holdings: Truths
    confirmed: Numbers
    unmoved: Truths
    cycles: dict[str, npt.NDArray[np.generic]]

    def part(self, rows: Places | slice, cycles: slice) -> Executed:
        """The same of some rows of `signals` and some cycles, by their places."""
        return Executed(
            self.code[rows],
            self.share[rows],
            self.planned_usd[rows],
            self.executed_usd[rows],
            self.seen_in_holdings[rows],
            self.confirmed[rows],
            self.unmoved[rows],
            {name: values[cycles] for name, values in self.cycles.items()},
        )

    def done(self) -> Truths:
        """Which rows have a trade that was executed, be it in part."""
        return self.of(*DOING)

    def of(self, *words: Execution) -> Truths:
        """Which rows have one of the words."""
        return np.isin(self.code, [_CODE[word] for word in words])

    def words(self) -> list[Execution]:
        """The word of each row."""
        return [_ORDER[place] for place in self.code.tolist()]

    def cycle_words(self) -> npt.NDArray[np.object_]:
        """The word of each cycle."""
        names = np.array([str(word) for word in _ORDER], dtype=object)
        found: npt.NDArray[np.object_] = names[self.cycles["execution"].astype(np.int64)]
        return found


def execution_frame(history: History, found: Executed) -> pd.DataFrame:
    """What became of the planned trades of each cycle.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); execution (an `Execution` value); then count and
        USD (Σ |quantity| × price) of the trades planned, executed, failed, awaiting, unconfirmed and contradicted, as
        `planned_count`, `planned_usd` …; told_count and confirmed_count of those whose next holdings are known, and of
        those that these show; NaN where the source does not tell.
    """
    return cycle_frame(history, {**found.cycles, "execution": found.cycle_words()})


def executed_of(history: History, plan: Plan) -> Executed:
    """What became of every plan of a whole history.

    Args:
        history: The record; not a part of one, which does not know what came after.
        plan: Its `plan_of`.
    """
    trades = _Trades.of(history)
    rows = _Rows.of(history, plan, trades)
    code, share = _by_fills(rows)
    seen = np.zeros(len(code), dtype=np.bool_)
    confirmed = np.full(len(code), np.nan)
    asked = np.flatnonzero(rows.planned)
    if asked.size:
        found, confirmed[asked] = _by_holdings(history, holdings_around(history, asked), rows, asked)
        unfilled = code[asked] == _CODE[Execution.unconfirmed]
        open_rows, found = asked[unfilled], found[unfilled]
        code[open_rows] = found
        share[open_rows] = confirmed[open_rows]
        seen[open_rows] = np.isin(found, [_CODE[Execution.executed], _CODE[Execution.executed_in_part]])
    known = np.where(seen, np.clip(share, 0.0, 1.0) * rows.planned_usd, rows.executed_usd)
    code = np.where(rows.planned & _implied(history), _CODE[Execution.unknown], code).astype(np.int8)
    blind = np.isin(code, [_CODE[word] for word in (Execution.awaiting, Execution.unconfirmed, Execution.unknown)])
    executed = np.where(blind, np.nan, known)
    cycles = {**_cycles(history, rows, trades, code, known), **_confirmed_counts(history, rows, confirmed)}
    left = _left_alone(history, plan)
    return Executed(code, share, rows.planned_usd, executed, seen, confirmed, left, cycles)


def _left_alone(history: History, plan: Plan) -> Truths:
    """Undecided changes of which the next holdings show nothing."""
    left = np.zeros(history.tables.signals.num_rows, dtype=np.bool_)
    rows = np.flatnonzero(plan.undecided)
    if rows.size:
        left[rows] = unmoved(history, rows)
    return left


@dataclass(frozen=True, slots=True)
class _Trades:
    """The trades that cycles decided, one entry each.

    Args:
        row: The row of `signals`; -1 where the cycle has no signal of the pair.
        place: The place of the cycle.
        units: Planned, signed.
        filled: Executed, signed; 0 without a fill.
        planned_usd: |quantity| × price as planned.
        filled_usd: The same as executed; 0 without a fill.
        done: A fill is on record.
        failed: It failed or expired.
    """

    row: Places
    place: Places
    units: Numbers
    filled: Numbers
    planned_usd: Numbers
    filled_usd: Numbers
    done: Truths
    failed: Truths

    @classmethod
    def of(cls, history: History) -> _Trades:
        table = rebalance_trades(history)
        done, failed = is_in(table["status"], DONE), is_in(table["status"], FAILED)
        units, filled = numbers(table, "planned_quantity"), numbers(table, "executed_quantity")
        price, paid = numbers(table, "planned_price"), numbers(table, "executed_price")
        value = np.nan_to_num(numbers(table, "value"))
        planned_usd = np.abs(units * price)
        return cls(
            row=rows_of_trades(history, table),
            place=np.searchsorted(history.cycle_numbers, table["cycle"].to_numpy()).astype(np.int64),
            units=units,
            filled=np.where(done, np.where(np.isnan(filled), np.nan_to_num(units), filled), 0.0),
            planned_usd=np.where(np.isnan(planned_usd), value, planned_usd),
            filled_usd=np.where(done, np.where(np.isnan(filled * paid), value, np.abs(filled * paid)), 0.0),
            done=done,
            failed=failed,
        )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Plans and their trades, one entry a row of `signals`.

    Args:
        planned: A trade was planned.
        trades: How many.
        units: Planned in all, signed; NaN where they are not known.
        planned_usd: |quantity| × price as planned; where the source keeps no trade, what the change comes to.
        executed_usd: Of the fills.
        part: The least share of its plan that a fill has, in units or dollars, whichever is more; NaN without a fill.
        done: Trades with a fill.
        failed: Trades that failed.
    """

    planned: Truths
    trades: Places
    units: Numbers
    planned_usd: Numbers
    executed_usd: Numbers
    part: Numbers
    done: Places
    failed: Places

    @classmethod
    def of(cls, history: History, plan: Plan, trades: _Trades) -> _Rows:
        count = history.tables.signals.num_rows
        own = trades.row >= 0
        row = trades.row[own]

        def total(values: Numbers | Truths) -> Numbers:
            return np.bincount(row, weights=values[own], minlength=count).astype(np.float64)

        known = np.bincount(row, minlength=count).astype(np.int64)
        adjust, price = (numbers(history.tables.signals, name) for name in ("position_adjust_usd", "price"))
        by_price = np.where(plan.of_short, -adjust, adjust) / np.where(price > 0, price, np.nan)
        units = np.where(known > 0, total(np.nan_to_num(trades.units)), by_price)
        with np.errstate(divide="ignore", invalid="ignore"):
            in_units, in_usd = np.abs(trades.filled / trades.units), trades.filled_usd / trades.planned_usd
        share = np.where(trades.done, np.fmax(in_units, in_usd), np.nan)
        part = np.full(count, np.nan)
        np.fmin.at(part, row, share[own])
        return cls(
            planned=plan.planned | (known > 0),
            trades=np.where(known > 0, known, plan.trades),
            units=units,
            planned_usd=np.where(known > 0, total(trades.planned_usd), plan.planned_usd),
            executed_usd=total(trades.filled_usd),
            part=part,
            done=total(trades.done).astype(np.int64),
            failed=total(trades.failed).astype(np.int64),
        )


def _by_fills(rows: _Rows) -> tuple[Codes, Numbers]:
    """What the fills on record say; a plan without any is unconfirmed until the holdings are asked."""
    whole = (rows.done > 0) & (rows.done >= rows.trades) & ~(rows.part < WHOLE)
    rules = [
        (~rows.planned, _CODE[Execution.nothing_planned]),
        (whole, _CODE[Execution.executed]),
        (rows.done > 0, _CODE[Execution.executed_in_part]),
        (rows.failed > 0, _CODE[Execution.failed]),
    ]
    code = np.select([rule for rule, _ in rules], [word for _, word in rules], _CODE[Execution.unconfirmed])
    with np.errstate(divide="ignore", invalid="ignore"):
        filled = np.where(rows.planned_usd > 0, rows.executed_usd / rows.planned_usd, np.nan)
    share = np.where(rows.done > 0, filled, np.where(rows.failed > 0, 0.0, np.nan))
    return code.astype(np.int8), share


def _by_holdings(history: History, held: Holdings, rows: _Rows, those: Places) -> tuple[Codes, Numbers]:
    """What the next holdings say of plans without a fill: their words, and how much of each plan they show."""
    moved = held.units_after - held.units_before
    units = rows.units[those]
    closed = held.is_closing & (held.units_after == 0)
    turned = np.sign(held.units_after) * np.sign(held.units_before) < 0
    with np.errstate(divide="ignore", invalid="ignore"):
        part = moved / np.where(units == 0, np.nan, units)
        part = np.where(np.isnan(part), np.sign(moved) == np.sign(held.change_usd), part)  # how many were planned?
        shown = np.where(closed | turned, 1.0, part)
    share = np.where(np.isnan(moved), _shown_in_usd(held), shown)
    awaiting = too_early(history)[history.signal_places[those]]
    rules = [
        (awaiting, Execution.awaiting),
        (np.isnan(share), Execution.unconfirmed),
        (share >= MOSTLY, Execution.executed),
        (share >= MOVED, Execution.executed_in_part),
    ]
    words = [_CODE[word] for _, word in rules]
    code = np.select([rule for rule, _ in rules], words, _CODE[Execution.contradicted]).astype(np.int8)
    return code, np.where(awaiting, np.nan, share)


def too_early(history: History) -> Truths:
    """In which cycles nobody can expect a fill yet: the last, and those that the source outlived by less than its lag.

    The usual lag is the median from a decision to its fill; where the source has no fill, only the last cycle is new.
    """
    count, trades = len(history), history.tables.trades
    early = np.arange(count) == count - 1
    lags = microseconds(trades, "executed_at") - microseconds(trades)
    lags = lags[microseconds(trades, "executed_at") != UNKNOWN_TIME]
    if not lags.size:
        return np.asarray(early, dtype=np.bool_)
    ends = [microseconds(table)[-1] for table in (trades, history.tables.equity) if table.num_rows]
    decided = microseconds(history.tables.cycles)
    return np.asarray(early | (max(ends) - decided < np.median(lags)), dtype=np.bool_)


def _shown_in_usd(held: Holdings) -> Numbers:
    """1 where the dollars of the next cycle show the trade, 0 where they show that it was not made, else NaN.

    Decided only where the position would be another by more than prices move: nothing became something, something
    nothing, or its size changed by `PRICE_MOVE`.
    """
    before, after, change = held.usd_before, held.usd_after, held.change_usd
    wanted = np.where(held.is_closing, 0.0, before + change)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_wanted, to_before = (np.abs(np.log(after / each)) for each in (wanted, before))
        apart = np.abs(np.log(wanted / before))
    # The logarithm of nothing is infinite: a position that comes or goes is always told apart.
    clear = (apart > np.log(PRICE_MOVE)) & ~np.isnan(after) & ~np.isnan(before)
    from_nothing, to_nothing = (before == 0) & (wanted != 0), (wanted == 0) & (before != 0)
    made = np.where(from_nothing, after != 0, np.where(to_nothing, after == 0, to_wanted < to_before))
    return np.where(clear, made.astype(np.float64), np.nan)


def _cycles(
    history: History, rows: _Rows, trades: _Trades, code: Codes, executed_usd: Numbers
) -> dict[str, npt.NDArray[np.generic]]:
    """Everything summed over the plans of each cycle: rows of `signals`, and trades of pairs without one."""
    planned, alone, size = rows.planned, trades.row < 0, len(history)
    place = np.concatenate([history.signal_places[planned], trades.place[alone]])
    word = np.concatenate([code[planned], _words_alone(trades, too_early(history))[alone]])
    count = np.concatenate([rows.trades[planned], np.ones(np.count_nonzero(alone), dtype=np.int64)])
    usd = np.concatenate([rows.planned_usd[planned], trades.planned_usd[alone]])
    filled = np.concatenate([np.nan_to_num(executed_usd[planned]), trades.filled_usd[alone]])
    fills = np.concatenate([np.where(rows.done > 0, rows.done, rows.trades)[planned], trades.done[alone]])

    def total(weights: Numbers | Places | Truths, *words: Execution) -> Numbers:
        those = np.isin(word, [_CODE[each] for each in words]) if words else np.ones(len(word), dtype=np.bool_)
        return np.bincount(place[those], weights=weights[those], minlength=size).astype(np.float64)

    found = {
        "planned_count": total(count),
        "planned_usd": total(usd),
        "executed_count": total(fills, *DOING),
        "executed_usd": total(filled, *DOING),
        "failed_count": np.bincount(trades.place, weights=trades.failed, minlength=size),
        "failed_usd": np.bincount(trades.place, weights=trades.planned_usd * trades.failed, minlength=size),
    }
    for each in (Execution.awaiting, Execution.unconfirmed, Execution.contradicted):
        found |= {f"{each}_count": total(count, each), f"{each}_usd": total(usd, each)}
    counts = {each: total(np.ones(len(word)), each) for each in Execution}
    told = rebalance_recorded(history) | ~np.isnan(numbers(history.tables.cycles, "trade_count"))
    execution = _cycle_code(counts, told)
    unknown = (execution == _CODE[Execution.unknown]) & (total(count) == 0)
    return {"execution": execution, **{name: np.where(unknown, np.nan, sums) for name, sums in found.items()}}


def _implied(history: History) -> Truths:
    """Rows of a table of weights: its trades are those that its targets imply, and nobody recorded one."""
    told = is_in(history.tables.cycles["source"], (WEIGHTS_TABLE,))
    return np.asarray(told[history.signal_places], dtype=np.bool_)


def _confirmed_counts(history: History, rows: _Rows, confirmed: Numbers) -> dict[str, npt.NDArray[np.generic]]:
    """Of the planned trades of each cycle: of how many the next holdings are known, and how many they show."""
    groups = {"told": ~np.isnan(confirmed), "confirmed": np.nan_to_num(confirmed) >= MOSTLY}
    return {
        f"{name}_count": np.bincount(history.signal_places[those], weights=rows.trades[those], minlength=len(history))
        for name, those in groups.items()
    }


def _words_alone(trades: _Trades, early: Truths) -> Codes:
    """The word of each trade by itself, for those of pairs without a signal: their holdings are not asked."""
    waiting = np.where(early[trades.place], _CODE[Execution.awaiting], _CODE[Execution.unconfirmed])
    failed = np.where(trades.failed, _CODE[Execution.failed], waiting)
    return np.where(trades.done, _CODE[Execution.executed], failed).astype(np.int8)


def _cycle_code(counts: dict[Execution, Numbers], told: Truths) -> Codes:
    """The word of each cycle, from how many of its plans have which."""
    every = np.sum(list(counts.values()), axis=0)
    done = counts[Execution.executed] + counts[Execution.executed_in_part]
    rules = [
        ((every == 0) & ~told, Execution.unknown),
        (every == 0, Execution.nothing_planned),
        (counts[Execution.executed] == every, Execution.executed),
        (done > 0, Execution.executed_in_part),
        *((counts[word] > 0, word) for word in _WORST_FIRST),
    ]
    words = [_CODE[word] for _, word in rules]
    return np.select([rule for rule, _ in rules], words, _CODE[Execution.unknown]).astype(np.int8)
