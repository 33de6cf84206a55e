"""How does a reader take a decision, or a stretch of them, away? One HTML file, made when somebody downloads it."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.report import Making


def offer_report(key: str, file_name: str, make: Callable[[Making], str], page: str) -> None:
    """A button that downloads a post-mortem.

    Args:
        key: Unique on the page.
        file_name: Of the download, without its ending.
        make: Makes the report.
        page: Where the button is, as the report says it.
    """
    st.download_button(
        "Download post-mortem",
        data=lambda: make(Making(f"the dashboard's page {page}", pd.Timestamp.now("UTC"))),
        file_name=f"{file_name}.html",
        mime="text/html",
        help="Charts, tables and sentences in one HTML file that opens without a network.",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        key=key,
    )
