"""Why can this history not be shown?"""

import streamlit as st

from dashboard.views.panel import small_print

REPAIRED_FILE = "This one is read again when its file changes."
REPAIRED_UPLOAD = "An upload is not read again by itself: open the file once more when it is repaired."


def render(name: str, reason: str, remedy: str = "") -> None:
    """The page that is shown in place of a history that cannot be read.

    Args:
        name: What the history is called.
        reason: Why it cannot be read.
        remedy: When it will be read again; nothing where there is no such history.
    """
    st.title("This history cannot be opened", anchor=False)
    small_print(name)
    with st.container(border=True):
        st.text(reason)
    st.caption(f"The other histories in the sidebar stay available. {remedy}")


def render_nothing() -> None:
    """The page that is shown when the sidebar could not say what to open."""
    st.title("No history is open", anchor=False)
    st.caption("The reason is in the sidebar. Choose another history there.")
