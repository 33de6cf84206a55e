"""How does a click lead to another page, so that Back leads to where the reader was?

`st.switch_page` writes the address anew for every widget that is bound to it, which leaves several entries in the
browser's history for one click; here the browser itself goes there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import streamlit as st

HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "alpha_model_travel", html="<span hidden></span>", js=(HERE / "travel.js").read_text(), isolate_styles=False
)


@dataclass(frozen=True, slots=True)
class Journey:
    """Where to go.

    Args:
        page: Address of the page.
        asked: What is to change in the query of the address; the rest of it stays.
        turn: Tells one journey from the next to the same place.
    """

    page: str
    asked: Mapping[str, str]
    turn: str = field(default_factory=lambda: uuid4().hex)


def show_traveller(journey: Journey | None) -> None:
    """Put on every page what goes to another one; None goes nowhere."""
    going = journey and {"turn": journey.turn, "page": journey.page, "asked": dict(journey.asked)}
    with st.container(key="traveller"):
        _mount(key="travel", data=going, height=1)
