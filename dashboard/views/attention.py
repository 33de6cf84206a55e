"""What deserves a look first?"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from alpha_model.analysis import needs_attention
from alpha_model.analysis.cycles import Attention, Concern
from alpha_model.history import History
from dashboard.cursor import choose_time
from dashboard.opened import OpenHistory
from dashboard.views.panel import own_words

_ICONS = {
    Concern.failed_trades: "error",
    Concern.contradicted_trades: "report",
    Concern.audit_errors: "rule",
    Concern.overdue: "alarm",
    Concern.unconfirmed_trades: "help",
    Concern.frozen_positions: "ac_unit",
    Concern.held_in_a_row: "pause_circle",
    Concern.money_discarded: "block",
    Concern.flag_mix: "flag",
    Concern.gap: "event_busy",
    Concern.near_miss: "adjust",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """A line about one cycle.

    Args:
        icon: Name of a Material symbol.
        sentence: Our own words only, they are Markdown.
        timestamp: The cycle that it is about, UTC.
    """

    icon: str
    sentence: str
    timestamp: pd.Timestamp


def show_attention(opened: OpenHistory, late: Attention | None = None) -> None:
    """What stands out, the gravest first; nothing where nothing does.

    Args:
        opened: The cycles of the window.
        late: That the next cycle is overdue, which only the clock knows.
    """
    order = list(Concern)
    findings = [*opened.ask(needs_attention), *([] if late is None else [late])]
    findings.sort(key=lambda finding: order.index(finding.concern))
    show_remarks(
        "attention", opened.history, [Remark(_ICONS[each.concern], each.sentence, each.timestamp) for each in findings]
    )


def show_remarks(key: str, history: History, remarks: Sequence[Remark]) -> None:
    """A line for each, with a way to its cycle; nothing where there is none.

    Args:
        key: Unique on the page.
        history: Where the cycles are.
        remarks: The lines.
    """
    if not remarks:
        return
    with st.container(border=True, gap="xxsmall", key=key):
        for number, remark in enumerate(remarks):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f":material/{remark.icon}: {own_words(remark.sentence)}", width="stretch")
                st.button(
                    "Look",
                    key=f"{key}_{number}",
                    type="tertiary",
                    icon=":material/arrow_forward:",
                    icon_position="right",
                    help="Open the cycle",
                    on_click=choose_time,
                    args=(history, remark.timestamp),
                    kwargs={"open_page": True},
                )
