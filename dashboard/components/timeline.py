"""How does a reader move among 50,000 cycles? A strip of all of them with a playhead.

The browser gets at most a few hundred buckets, each in the colour of its most notable outcome, never the cycles
themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
KEY = "timeline"
SLIDER = "timeline_place"

_HTML = (
    '<div class="am-strip" tabindex="0" role="slider" aria-label="Cycle">'
    '<canvas aria-hidden="true"></canvas><div class="am-head"></div><div class="am-tip" hidden></div></div>'
)

_mount = st.components.v2.component(
    "alpha_model_timeline",
    html=_HTML,
    css=(HERE / "timeline.css").read_text(),
    js=(HERE / "timeline.js").read_text(),
    isolate_styles=False,
)


@dataclass(frozen=True, slots=True)
class Strip:
    """The cycles of a window, reduced to what a strip can show.

    Args:
        count: How many cycles there are.
        codes: One base-36 digit a bucket of neighbouring cycles: which of the colours.
        times: When the first cycle of each bucket was decided, UNIX seconds.
        marks: Places of notable cycles.
    """

    count: int
    codes: str
    times: tuple[int, ...]
    marks: tuple[int, ...]


def show_timeline(
    strip: Strip,
    place: int,
    time: str,
    label: str,
    standings: dict[str, str],
    zoom: dict[str, Any],
    on_place: Callable[[int], None],
    *,
    native: bool,
) -> None:
    """Put the strip on the page.

    Args:
        strip: What it shows.
        place: Of the cursor, from 0.
        time: Of the cursor, `YYYY-MM-DD HH:MM:SS` UTC; the charts of the page put their cursor there.
        label: The cursor for people, read out by screen readers.
        standings: What the codes mean: words, each with its colour.
        zoom: That of the charts of the page, `told_zoom`.
        on_place: What to do when the reader chooses another place.
        native: Use Streamlit's own slider.
    """
    if native:
        if strip.count > 1:
            st.session_state[SLIDER] = place
            st.slider(
                "Cycle",
                0,
                strip.count - 1,
                key=SLIDER,
                label_visibility="collapsed",
                on_change=lambda: on_place(st.session_state[SLIDER]),
            )
        return
    data: dict[str, Any] = {
        "count": strip.count,
        "place": place,
        "time": time,
        "label": label,
        "codes": strip.codes,
        "times": strip.times,
        "marks": strip.marks,
        "colours": list(standings.values()),
        "words": list(standings),
        "zoom": zoom,
    }
    _mount(key=KEY, data=data, height=36, on_place_change=lambda: _placed(strip.count, on_place))


def _placed(count: int, on_place: Callable[[int], None]) -> None:
    place = st.session_state[KEY].get("place")
    if isinstance(place, int) and 0 <= place < count:
        on_place(place)
