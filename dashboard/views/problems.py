"""What in the source was skipped, patched or odd?"""

import streamlit as st

from alpha_model.history import History
from dashboard.text import plural


def show_problems(history: History) -> None:
    """A line with the number of problems that opens into their list; nothing where there are none."""
    count = history.tables.problems.num_rows
    if not count:
        return
    notes = plural(count, "note", "notes")
    with st.expander(f"{notes} on the source: what was skipped, patched or odd in it", icon=":material/info:"):
        st.dataframe(
            history.problems.dropna(axis="columns", how="all"),
            hide_index=True,
            placeholder="–",
            row_height=28,
            key="problems",
            alt="Problems found while reading the source",
            column_config={
                "kind": "Kind",
                "cycle_key": "Cycle",
                "pair": "Pair",
                "field": "Field",
                "position": st.column_config.NumberColumn("Byte or line", format="localized"),
                "message": st.column_config.TextColumn("What", width="large"),
            },
        )
