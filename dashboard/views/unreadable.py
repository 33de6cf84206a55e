"""Why can this history not be shown?"""

import streamlit as st

from dashboard.views.panel import small_print


def render(name: str, reason: str) -> None:
    """The page that is shown in place of a history that cannot be read."""
    st.title("This history cannot be opened", anchor=False)
    small_print(name)
    with st.container(border=True):
        st.text(reason)
    st.caption("The other histories in the sidebar stay available. This one is read again when its file changes.")


def render_nothing() -> None:
    """The page that is shown when the sidebar could not say what to open."""
    st.title("No history is open", anchor=False)
    st.caption("The reason is in the sidebar. Choose another history there.")
