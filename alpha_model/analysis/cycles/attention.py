"""What about this history deserves a look first? A few findings, the gravest on top."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import pandas as pd

from alpha_model.analysis import words
from alpha_model.analysis.audit import finding_counts
from alpha_model.analysis.cycles.flags import flag_counts
from alpha_model.analysis.cycles.size_risk import size_risk_frame
from alpha_model.analysis.facts import (
    CycleOutcome,
    Execution,
    curve_breaks,
    cycle_outcomes,
    facts_of,
    is_in,
    microseconds,
    numbers,
)
from alpha_model.analysis.words import count
from alpha_model.history import History, freshness_of

RUN = 5
"""From so many cycles in a row on, holding is worth a remark."""
DISCARDED = 0.1
"""From this share of the investable equity on, what size risk turns away is worth a remark."""
NEAR = 0.9
"""From this part of the threshold on, a held cycle was a near miss."""
RECENT = 20
"""How many of the last cycles make the recent mix of flags."""
_LATE = 2.5
_CLOSE = 0.05
"""A fall of the equity that differs by no more than this part from what a position is worth is that position."""


class Concern(StrEnum):
    """What kind of finding it is; the gravest first."""

    failed_trades = "failed_trades"
    contradicted_trades = "contradicted_trades"
    audit_errors = "audit_errors"
    overdue = "overdue"
    unconfirmed_trades = "unconfirmed_trades"
    frozen_positions = "frozen_positions"
    held_in_a_row = "held_in_a_row"
    money_discarded = "money_discarded"
    flag_mix = "flag_mix"
    gap = "gap"
    near_miss = "near_miss"


@dataclass(frozen=True, slots=True)
class Attention:
    """One finding.

    Args:
        concern: What kind.
        sentence: For people, in our own words.
        timestamp: The cycle to look at, UTC.
    """

    concern: Concern
    sentence: str
    timestamp: pd.Timestamp


def needs_attention(history: History, now: datetime | None = None) -> list[Attention]:
    """At most one finding of each kind, in the order of `Concern`; an empty list where nothing stands out.

    Args:
        history: The record.
        now: The present, aware, where the record still grows; None asks nothing of the clock.
    """
    if not len(history):
        return []
    found = (
        _not_made(history, Execution.failed),
        _not_made(history, Execution.contradicted),
        _audit_errors(history),
        None if now is None else overdue(history, now),
        _not_made(history, Execution.unconfirmed),
        _frozen(history),
        _held_in_a_row(history),
        _money_discarded(history),
        _flag_mix(history),
        _gap(history),
        _near_miss(history),
    )
    return [finding for finding in found if finding is not None]


def overdue(history: History, now: datetime) -> Attention | None:
    """That the next cycle is late; None where it is not, or where nobody knows when it is due."""
    fresh = freshness_of(history.timestamps, now)
    if not fresh.is_overdue or fresh.due_at is None:
        return None
    late = now - fresh.due_at
    days, hours, minutes = late.days, late.seconds // 3600, late.seconds // 60
    told = count(days, "day") if days else count(hours, "hour") if hours else count(minutes, "minute")
    last = history.timestamps[-1]
    return Attention(
        Concern.overdue,
        f"The next cycle is overdue by {told}: the last was decided on {last:%-d %B %Y, %H:%M} UTC.",
        last,
    )


_NOT_MADE = {
    Execution.failed: (Concern.failed_trades, "failed or expired"),
    Execution.contradicted: (
        Concern.contradicted_trades,
        "without a fill on record, and the next holdings show that nothing was traded",
    ),
    Execution.unconfirmed: (
        Concern.unconfirmed_trades,
        "without a fill on record, and the next holdings do not tell",
    ),
}


def _not_made(history: History, execution: Execution) -> Attention | None:
    sums = facts_of(history).executed.cycles
    counts, usd = (np.nan_to_num(sums[f"{execution}_{unit}"].astype(np.float64)) for unit in ("count", "usd"))
    places = np.flatnonzero(counts)
    if not places.size:
        return None
    concern, what = _NOT_MADE[execution]
    last = history.timestamps[int(places[-1])]
    number = int(counts.sum())
    trades = f"{count(number, 'planned trade')} worth {words.usd(float(usd.sum()))}"
    of = "the only one" if number == 1 else f"{count(len(places), 'cycle')}, the last"
    verb = what if execution is Execution.failed else f"{'is' if number == 1 else 'are'} {what}"
    return Attention(concern, f"{trades} {verb} ({of} of {last:%-d %B %Y}).", last)


def _audit_errors(history: History) -> Attention | None:
    counts = finding_counts(history)
    places = np.flatnonzero(counts)
    if not places.size:
        return None
    last = history.timestamps[int(places[-1])]
    return Attention(
        Concern.audit_errors,
        f"The audit finds {_errors(int(counts.sum()))} in {count(len(places), 'cycle')}, "
        f"the last of {last:%-d %B %Y}: see Health.",
        last,
    )


def _errors(number: int) -> str:
    return "1 error or warning" if number == 1 else f"{number:,} errors or warnings"


def _frozen(history: History) -> Attention | None:
    """Positions that cannot be traded any more, and the hole in the equity curve where it leaves them out."""
    breaks = curve_breaks(history)
    if len(breaks):
        last = breaks.iloc[-1]
        usd = float(breaks["value"].sum())
        number = len(breaks)
        return Attention(
            Concern.frozen_positions,
            f"The equity curve leaves out {count(number, 'position')} worth {words.usd(usd)} since a trade in "
            f"{'it' if number == 1 else 'each'} failed: {'its fall' if number == 1 else 'the last fall'} of "
            f"{words.percent(last['share'])} on {last['timestamp']:%-d %B %Y} is no loss.",
            history.timestamps[int(np.searchsorted(history.cycle_numbers, last["cycle"]))],
        )
    positions = history.tables.positions
    those = (positions["cycle"].to_numpy() == history.cycle_numbers[-1]) & is_in(positions["state"], ("frozen",))
    if not those.any():
        return _left_out(history)
    usd = float(np.nansum(numbers(positions, "value")[those]))
    return Attention(
        Concern.frozen_positions,
        f"{count(int(those.sum()), 'position')} worth {words.usd(usd)} cannot be traded since a trade failed; "
        "the equity curve may leave such positions out.",
        history.timestamps[-1],
    )


def _left_out(history: History) -> Attention | None:
    """Positions whose last trade failed, where the equity curve then fell by what they are worth."""
    tables, last = history.tables, len(history) - 1
    failed = facts_of(history).executed.of(Execution.failed) & (history.signal_places == last)
    pairs = tables.signals["pair_id"].to_numpy()[failed]
    those = (tables.positions["cycle"].to_numpy() == history.cycle_numbers[last]) & np.isin(
        tables.positions["pair_id"].to_numpy(), pairs
    )
    usd, total = float(np.nansum(numbers(tables.positions, "value")[those])), numbers(tables.equity, "total_equity")
    after = int(np.searchsorted(microseconds(tables.equity), microseconds(tables.cycles)[last], side="right"))
    if not usd or not 0 < after < len(total) or not abs(total[after - 1] - total[after] - usd) <= _CLOSE * usd:
        return None
    return Attention(
        Concern.frozen_positions,
        f"After the last decision the equity curve falls from {words.usd(total[after - 1])} to "
        f"{words.usd(total[after])}: it leaves out {count(int(those.sum()), 'position')} worth {words.usd(usd)} "
        "of which a trade failed.",
        history.timestamps[last],
    )


def _held_in_a_row(history: History) -> Attention | None:
    held = (cycle_outcomes(history)["outcome"] == CycleOutcome.held_below_threshold).to_numpy()
    length = len(held) if held.all() else int(np.argmin(held[::-1]))
    if length < RUN:
        return None
    first = history.timestamps[len(held) - length]
    return Attention(
        Concern.held_in_a_row,
        f"The last {length:,} cycles in a row were held below the rebalance threshold, since {first:%-d %B %Y}.",
        first,
    )


def _money_discarded(history: History) -> Attention | None:
    frame = size_risk_frame(history).dropna(subset=["discarded_share"])
    if frame.empty or float(frame["discarded_share"].iloc[-1]) < DISCARDED:
        return None
    last = frame.iloc[-1]
    return Attention(
        Concern.money_discarded,
        f"Size risk left {last['discarded_share'] * 100:.1f} % of the investable equity uninvested in the last cycle "
        f"that records it (${last['discarded_usd']:,.0f}).",
        last["timestamp"],
    )


def _near_miss(history: History) -> Attention | None:
    outcomes = cycle_outcomes(history)
    held = outcomes.dropna(subset=["shortfall_usd"])
    near = held[held["max_position_adjust_usd"] >= NEAR * held["position_adjust_threshold_usd"]]
    if near.empty:
        return None
    nearest = near.iloc[int(near["shortfall_usd"].argmin())]
    cycles = "1 cycle" if len(near) == 1 else f"{len(near):,} cycles"
    return Attention(
        Concern.near_miss,
        f"{cycles} missed the rebalance threshold by less than a tenth, "
        f"the nearest by ${nearest['shortfall_usd']:,.2f} on {nearest['timestamp']:%-d %B %Y}.",
        nearest["timestamp"],
    )


def _flag_mix(history: History) -> Attention | None:
    """A flag that is at least twice as frequent lately as before, and was raised in most of the recent cycles."""
    raised = flag_counts(history) > 0
    if len(raised) < 3 * RECENT or raised.empty:
        return None
    recent, before = raised.iloc[-RECENT:].mean(), raised.iloc[:-RECENT].mean()
    grown = (recent - before)[(recent >= 0.5) & (recent >= 2 * before)]  # noqa: PLR2004 - most cycles; twice
    if grown.empty:
        return None
    name = str(grown.idxmax())
    words = name.replace("_", " ") if name.isidentifier() else "a flag of the strategy's own"
    return Attention(
        Concern.flag_mix,
        f"The flag mix changed: {words} was raised in {recent[name] * 100:.0f} % of the last {RECENT} cycles, "
        f"against {before[name] * 100:.0f} % before.",
        history.timestamps[-RECENT],
    )


def _gap(history: History) -> Attention | None:
    """The longest pause between two cycles, where it is far longer than usual."""
    if len(history) <= RUN:
        return None
    seconds = np.diff(history.timestamps.as_unit("s").asi8).astype(np.float64)
    usual, longest = float(np.median(seconds)), int(seconds.argmax())
    if usual <= 0 or seconds[longest] < _LATE * usual:
        return None
    count = int((seconds >= _LATE * usual).sum())
    pauses = "one pause" if count == 1 else f"{count:,} pauses"
    return Attention(
        Concern.gap,
        f"Cycles are missing: {pauses} of more than {_LATE} times the usual interval, the longest "
        f"{seconds[longest] / 86400:,.1f} days before {history.timestamps[longest + 1]:%-d %B %Y}.",
        history.timestamps[longest + 1],
    )
