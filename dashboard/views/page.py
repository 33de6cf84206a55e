"""What do all pages look like? A question, its answer, the numbers, and then the charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.views.panel import own_words


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a reader wants first.

    Args:
        label: What it is.
        value: The number with its unit, as text.
        meaning: How it comes about; shown on demand.
        trend: The same number through time; drawn beside it where there are at least two.
    """

    label: str
    value: str
    meaning: str = ""
    trend: Sequence[float] = ()


def head(question: str, answer: str, numbers: Iterable[Number] = (), named: str = "") -> None:
    """The top of a page.

    Args:
        question: What the page answers; the title.
        answer: The answer in a sentence; our own words only, they are Markdown.
        numbers: The few that matter most.
        named: A second sentence, which may name pairs and is shown as it is.
    """
    st.title(question, anchor=False)
    st.markdown(f"{own_words(answer)}", width="stretch")
    if named:
        st.text(named, width="stretch")
    show_numbers(numbers)


def show_numbers(numbers: Iterable[Number]) -> None:
    """A row of numbers; it wraps where the window is narrow."""
    with st.container(horizontal=True, gap="medium", key="numbers"):
        for number in numbers:
            drawn = len(number.trend) > 1
            st.metric(
                number.label,
                number.value,
                chart_data=list(number.trend) if drawn else None,
                help=number.meaning or None,
                width=190 if drawn else "content",
            )


def no_cycles() -> None:
    """What a page says where the window is empty."""
    st.info("There is no cycle here. Widen the window in the sidebar, or choose another history.")
