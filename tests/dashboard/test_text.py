"""Numbers and strangers' words on their way to the screen."""

from __future__ import annotations

import pandas as pd
import pytest

from alpha_model.history import csv_bytes
from dashboard.text import figure_text, humanised, moment, plural, share, shortened, usd


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (12_400, "$12.4k"),
        (-310.2, "-$310"),
        (7.842, "$7.84"),
        (0.0, "$0"),
        (999.7, "$1k"),
        (99.999, "$100"),
        (1_250_000, "$1.25M"),
        (3e9, "$3B"),
        (2e12, "$2,000B"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_usd_is_short(amount: float | None, words: str) -> None:
    assert usd(amount) == words


def test_share_moment_and_plural() -> None:
    assert share(0.0314) == "3.1 %"
    assert share(None) == "–"
    assert moment(pd.Timestamp("2024-04-09T08:00Z")) == "9 Apr 2024, 08:00"
    assert (plural(1, "cycle"), plural(1200, "cycle"), plural(2, "oddity", "oddities")) == (
        "1 cycle",
        "1,200 cycles",
        "2 oddities",
    )
    assert humanised("max_adjust_too_small") == "max adjust too small"


def test_long_names_end_in_an_ellipsis() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"


def test_html_reaches_figures_as_text() -> None:
    assert figure_text("<b>A</b> & <img src=x>") == "&lt;b&gt;A&lt;/b&gt; &amp; &lt;img src=x&gt;"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "|calc"])
def test_formulas_reach_spreadsheets_as_text(formula: str) -> None:
    frame = pd.DataFrame({formula: [1.0], "name": [formula], "flags": [[formula]]})
    lines = csv_bytes(frame).decode().splitlines()
    assert all(cell.strip('"').startswith("'") for cell in (lines[0].split(",")[0], *lines[1].split(",")[1:]))


def test_numbers_stay_numbers_and_times_are_iso() -> None:
    frame = pd.DataFrame({"x": [-1.5, None]}, index=pd.date_range("2026-01-05", periods=2, tz="UTC", name="timestamp"))
    assert csv_bytes(frame).decode() == "timestamp,x\n2026-01-05T00:00:00Z,-1.5\n2026-01-06T00:00:00Z,\n"
