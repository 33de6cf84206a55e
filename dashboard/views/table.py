"""How do tables show times, money, shares, outcomes and flags? Column configurations that pages share."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from alpha_model.analysis.facts import STANDING_WORDS
from alpha_model.values import TradingPairSignalFlags
from dashboard.charts.theme import Theme, flag_colour, outcome_mark
from dashboard.text import humanised

ROW_HEIGHT = 30
TINT = "40"
"""Alpha of a badge: a quarter, so that the words stay easier to read than the colours."""


def time_column(label: str = "Time, UTC") -> Any:
    """A moment, to the minute."""
    return st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm", timezone="UTC", pinned=True)


def usd_column(label: str | None = None, meaning: str | None = None, width: int | None = None) -> Any:
    """Dollars and cents; a width where the first rows are empty and would make the column too narrow."""
    return st.column_config.NumberColumn(label, help=meaning, format="dollar", width=width)


def share_column(label: str | None = None, meaning: str | None = None) -> Any:
    """A share as a percentage."""
    return st.column_config.NumberColumn(label, help=meaning, format="percent")


def number_column(label: str, meaning: str | None = None, form: str = "localized") -> Any:
    """Any other number."""
    return st.column_config.NumberColumn(label, help=meaning, format=form)


def flags_column(theme: Theme, present: Iterable[str]) -> Any:
    """Flags as badges in the colours of the flags chart."""
    known = [str(flag) for flag in TradingPairSignalFlags]
    names = [*known, *sorted(set(present) - set(known))]
    return st.column_config.MultiselectColumn(
        "Flags",
        options=names,
        color=[f"{flag_colour(theme, name, place)}{TINT}" for place, name in enumerate(names)],
        format_func=humanised,
        width="medium",
    )


def outcome_column(theme: Theme) -> Any:
    """The outcome, or what became of its trades, as a badge in the colour of its mark."""
    return st.column_config.MultiselectColumn(
        "Outcome",
        options=list(STANDING_WORDS.values()),
        color=[f"{outcome_mark(theme, standing)[0]}{TINT}" for standing in STANDING_WORDS],
        format_func=humanised,
    )
