"""The same moment on the reader's own clock."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.local_time import words_in

NOON = pd.Timestamp("2024-07-01T12:00Z")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Helsinki", "1 Jul 2024, 15:00 in Europe/Helsinki"),
        ("America/Los_Angeles", "1 Jul 2024, 05:00 in America/Los_Angeles"),
        ("Asia/Kathmandu", "1 Jul 2024, 17:45 in Asia/Kathmandu"),
        ("UTC", None),
        ("Africa/Abidjan", None),  # on UTC all year
        ("Nowhere/At_All", None),
        ("../../etc/passwd", None),
        ("", None),
        (None, None),
    ],
)
def test_moment_is_said_in_the_zone_of_the_reader(zone: str | None, words: str | None) -> None:
    assert words_in(NOON, zone) == words
