"""Time for tests of what waits, expires or is overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that is set by hand; it begins on 1 February 2026."""

    def __init__(self) -> None:
        self.now = datetime(2026, 2, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def ahead(self, **time: float) -> None:
        self.now += timedelta(**time)
