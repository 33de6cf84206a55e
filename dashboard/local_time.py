"""What time is it where the reader sits? Times on screen are UTC; this says the same moment in the browser's zone."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from dashboard.text import moment


def local_words(when: pd.Timestamp) -> str | None:
    """`10 Apr 2024, 11:00 in Europe/Helsinki`; None where the reader's clock shows UTC, or is not known."""
    return words_in(when, st.context.timezone)


def words_in(when: pd.Timestamp, zone: str | None) -> str | None:
    """The moment in a zone; None where that is UTC, or no zone that this machine knows."""
    try:
        local = when.tz_convert(ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    if not local.utcoffset():
        return None
    return f"{moment(local)} in {zone}"
