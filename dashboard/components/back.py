"""Where does Back lead? To where the reader was before the last thing that they did.

Streamlit adds no entry to the browser's history when a reader changes a field that is bound to the address, and one for
every field that the server changes in answer; `back.js` makes it one for each click or key.
"""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "alpha_model_back", html="<span hidden></span>", js=(HERE / "back.js").read_text(), isolate_styles=False
)


def keep_history(page: str) -> None:
    """Put on every page what keeps the browser's history.

    Args:
        page: Address of the page.
    """
    with st.container(key="back"):
        _mount(key="entries", data={"page": page}, height=1)
