"""How far is the reading of a large history? A bar where the page will be."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streamlit.delta_generator import DeltaGenerator

EVERY = 0.2
"""Seconds between two looks at the bar; it first appears after so long, so that quick reads do not flicker."""


@contextmanager
def shown_progress(place: DeltaGenerator) -> Iterator[Callable[[float], None]]:
    """A bar in an empty place while something is read; the place is empty again when it is done.

    Args:
        place: `st.empty()`.

    Yields:
        To be told the share that is done, 0...1.
    """
    looked, drawn = time.monotonic(), False

    def told(share: float) -> None:
        nonlocal looked, drawn
        now = time.monotonic()
        if now - looked >= EVERY:
            looked, drawn = now, True
            place.progress(min(share, 1.0), text=f"Reading the history: {100 * share:.0f} %")

    try:
        yield told
    finally:
        if drawn:
            place.empty()
