"""What deserves a look first?"""

import streamlit as st

from alpha_model.analysis import Concern, needs_attention
from dashboard.cursor import choose_time
from dashboard.opened import OpenHistory
from dashboard.views.panel import own_words

_ICONS = {
    Concern.held_in_a_row: "pause_circle",
    Concern.money_discarded: "block",
    Concern.flag_mix: "flag",
    Concern.gap: "event_busy",
    Concern.near_miss: "adjust",
}


def show_attention(opened: OpenHistory) -> None:
    """What stands out, a line each, with a way to the cycle; nothing where nothing does."""
    findings = opened.ask(needs_attention)
    if not findings:
        return
    with st.container(border=True, gap="xxsmall", key="attention"):
        for finding in findings:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f":material/{_ICONS[finding.concern]}: {own_words(finding.sentence)}", width="stretch")
                st.button(
                    "Look",
                    key=f"attention_{finding.concern}",
                    type="tertiary",
                    icon=":material/arrow_forward:",
                    icon_position="right",
                    help="Open the cycle",
                    on_click=choose_time,
                    args=(opened.history, finding.timestamp),
                    kwargs={"open_page": True},
                )
