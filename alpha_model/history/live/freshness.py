"""How fresh is a history that is being written, and when should its next cycle come?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

Clock = Callable[[], datetime]
"""Tells the time, aware."""

RECENT_CYCLES = 50
"""The usual distance between cycles is that of so many last ones."""

GRACE_SHARE = 0.1
_WEEK, _WEEKS = timedelta(days=7), 4
"""Breaks are learnt from so many weeks back."""
LEAST_GRACE = timedelta(minutes=1)


def utc_now() -> datetime:
    """The time, as the machine has it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the last news is; None is "not known".

    Args:
        read_at: When the source was last looked at.
        changed_at: When the source last changed.
        last_cycle_at: Time of the last cycle.
        interval: Median time between the last cycles.
        due_at: When the next cycle is due: one interval after the last, or the break that followed it a week before.
        is_overdue: It is later than that, by more than a tenth of an interval and more than a minute.
    """

    read_at: datetime | None
    changed_at: datetime | None
    last_cycle_at: datetime | None
    interval: timedelta | None
    due_at: datetime | None
    is_overdue: bool


def freshness_of(
    timestamps: pd.DatetimeIndex, now: datetime, *, changed_at: datetime | None = None, read_at: datetime | None = None
) -> Freshness:
    """How fresh a history with these cycles is.

    Args:
        timestamps: Times of the cycles, UTC, in order; `history.timestamps`.
        now: The present, aware.
        changed_at: When the source last changed.
        read_at: When it was last looked at.
    """
    recent = timestamps[-RECENT_CYCLES:]
    last = None if recent.empty else recent[-1].to_pydatetime()
    gaps = np.diff(recent.as_unit("us").asi8)
    interval = timedelta(microseconds=int(np.median(gaps))) if gaps.size else None
    due = None if last is None or interval is None else last + max(interval, _break_after(timestamps, interval))
    grace = LEAST_GRACE if interval is None else max(LEAST_GRACE, GRACE_SHARE * interval)
    return Freshness(
        read_at=read_at,
        changed_at=changed_at,
        last_cycle_at=last,
        interval=interval,
        due_at=due,
        is_overdue=due is not None and now > due + grace,
    )


def _break_after(timestamps: pd.DatetimeIndex, interval: timedelta) -> timedelta:
    """The shortest time that passed after a cycle of this time of the week in the weeks before: nights, weekends.

    Strategies whose cycles lie days apart have no such breaks.
    """
    moments, half = timestamps.as_unit("us").asi8, interval // timedelta(microseconds=2)
    earlier = moments[-1] - np.arange(1, _WEEKS + 1) * (_WEEK // timedelta(microseconds=1))
    places = np.searchsorted(moments, earlier + half, side="right") - 1
    same = (places >= 0) & (np.abs(moments[places] - earlier) <= half)
    if interval >= _WEEK / 2 or not same.any():
        return timedelta(0)
    return timedelta(microseconds=int((moments[places + 1] - moments[places])[same].min()))
