"""What else is on record about one cycle: what changed since the one before, findings, the message, the JSON?"""

import json
from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis import audit_report, compare_cycles
from alpha_model.analysis.compare import CycleComparison
from alpha_model.history import History
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import moment as written
from dashboard.text import plural
from dashboard.views.differences import show_differences
from dashboard.views.table import ROW_HEIGHT, number_column

_JSON_LIMIT = 2_000_000


def show_changes(opened: OpenHistory, one: OpenHistory, selection: Selection) -> None:  # noqa: ARG001 - as every tab
    """What is different from the cycle before."""
    place = int(opened.history.timestamps.searchsorted(one.history.timestamps[0]))
    if not place:
        st.text("This is the first cycle of the window: there is none before it to compare with.")
        return
    found = opened.ask(changes_at, place)
    before = opened.history.timestamps[place - 1]
    st.caption(f"Against the cycle before, of {written(before)} UTC. The page Compare takes any other.")
    st.text(found.verdict)
    show_differences(found, f"changes_{one.history.timestamps[0]:%Y%m%dT%H%M}")


def changes_at(history: History, place: int) -> CycleComparison:
    """The cycle at that place against the one before."""
    times = history.timestamps
    return compare_cycles(history.at(times[place - 1]), history.at(times[place]))


def show_findings(opened: OpenHistory, one: OpenHistory, selection: Selection) -> None:  # noqa: ARG001 - as every tab
    """What the audit finds in this cycle."""
    table = opened.ask(findings_of_all)
    own = table[table["cycle"] == int(one.history.cycle_numbers[0])]
    if own.empty:
        st.text("The audit finds nothing in this cycle. The page Health says what was checked.")
        return
    st.caption(f"{plural(len(own), 'finding')}. The page Health has those of every cycle.")
    st.dataframe(
        own,
        hide_index=True,
        placeholder="–",
        row_height=ROW_HEIGHT,
        column_order=["severity", "sentence", "expected", "got", "difference", "unit", "rule"],
        column_config={
            "severity": "Severity",
            "sentence": st.column_config.TextColumn("Finding", width="large"),
            "expected": number_column("Expected", form="%.6g"),
            "got": number_column("Recorded", form="%.6g"),
            "difference": number_column("Difference", form="%.4g"),
            "unit": "Unit",
            "rule": "Rule",
        },
        key="cycle_findings",
        alt="Findings of the audit in this cycle",
    )


def findings_of_all(history: History) -> pd.DataFrame:
    """Every finding of the audit; rules about neighbours need the whole history."""
    return audit_report(history, limit=None).findings


def show_message(opened: OpenHistory, one: OpenHistory, selection: Selection) -> None:  # noqa: ARG001 - as every tab
    """The strategy's own words."""
    message = one.history.cycles["message"].iloc[0]
    others = one.history.messages["message"].tolist()
    words = [text for text in (message, *others) if isinstance(text, str) and text.strip()]
    if not words:
        st.text("The strategy left no message for this cycle.")
    for text in words:
        st.code(text, language=None, wrap_lines=True)


def show_json(opened: OpenHistory, one: OpenHistory, selection: Selection) -> None:  # noqa: ARG001 - as every tab
    """What is on record, number by number."""
    content = one.ask(json_of)
    moment = one.history.timestamps[0]
    st.download_button(
        "Download as JSON",
        data=content,
        file_name=f"cycle_{moment:%Y%m%dT%H%M}.json",
        mime="application/json",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )
    if len(content) > _JSON_LIMIT:
        st.text("It is too large to be shown here; download it.")
        return
    st.json(content, expanded=1)


def json_of(one: History) -> str:
    """The cycle's rows of every table as JSON; what is absent is left out."""
    parts: dict[str, Any] = {"cycle": _rows(one.cycles)[0]}
    for name in ("signals", "trades", "messages", "problems"):
        parts[name] = _rows(getattr(one, name))
    return json.dumps(parts, ensure_ascii=False, indent=1)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    text = frame.to_json(orient="records", date_format="iso", date_unit="s", double_precision=15)
    return [{key: value for key, value in row.items() if value not in (None, [])} for row in json.loads(text)]
