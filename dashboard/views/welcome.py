"""What can be opened here, and how?"""

import streamlit as st

from dashboard.selection import open_source
from dashboard.text import humanised
from dashboard.views.panel import small_print


def render(samples: list[str], notes: dict[str, str]) -> None:
    """The page that is shown while nothing is open."""
    st.title("What did the strategy decide, and why?", anchor=False)
    st.markdown(
        "Open the history of a portfolio strategy to see every rebalance decision taken apart: "
        "what each signal asked for, what caps and size risk left of it, and which threshold held the rest back."
    )
    st.header("Open a history", anchor=False)
    st.markdown(
        "- **Upload** a state file, a recorder file or a table of weights (CSV or Parquet) in the sidebar.\n"
        "- **Name it on the command line**, for files of any size: `alpha-model open state.json`"
    )
    if not samples:
        st.caption("No sample histories came along with this installation.")
        return
    st.header("Samples", anchor=False)
    for name in samples:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap="xxsmall"):
                st.text(humanised(name).capitalize())
                small_print(notes.get(name, ""))
            st.button("Open", key=f"open_{name}", on_click=open_source, args=(name,))
