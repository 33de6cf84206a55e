"""Can this record be trusted: does it contradict itself, what could not be checked, and where does it come from?"""

from typing import Any

import pandas as pd
import streamlit as st

from alpha_model.analysis import audit_report, pair_labels
from alpha_model.analysis.audit import SEVERITY_MEANINGS, AuditReport, Severity, audit_rules
from alpha_model.history import History
from dashboard.charts.theme import Theme
from dashboard.cursor import choose_time
from dashboard.opened import OpenHistory
from dashboard.selection import SEVERITIES, Selection
from dashboard.text import byte_size, humanised, moment, plural
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import downloads, small_print
from dashboard.views.problems import show_problems
from dashboard.views.table import ROW_HEIGHT, TINT, number_column, time_column

QUESTION = "Can this record be trusted?"
TABLE = "findings_table"


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: the audit's verdict, its findings, every rule with its result, and the source."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        show_problems(whole.history)
        return
    report = opened.ask(report_of)
    head(QUESTION, answer(report), numbers(report))
    small_print(source_facts(whole.history))
    findings, rules, source = st.tabs(
        [
            f"Findings ({int(report.summary['findings'].sum()):,})",
            f"Rules ({len(report.summary):,})",
            f"Source ({plural(whole.history.tables.problems.num_rows, 'note')})",
        ]
    )
    with findings:
        _findings(opened, report, selection)
    with rules:
        _rules(opened, selection.theme)
    with source:
        _source(whole.history)


def report_of(history: History) -> AuditReport:
    """The audit at this hour, with the findings of each rule that have the largest differences."""
    return audit_report(history, now=pd.Timestamp.now("UTC").ceil("h"))


def answer(report: AuditReport) -> str:
    """The verdict in a sentence or two."""
    errors, warnings = report.count(Severity.error), report.count(Severity.warning)
    results = report.summary["result"].value_counts()
    checked = len(report.summary) - int(results.get("not recorded", 0))
    scope = f"{checked} of {len(report.summary)} rules could be checked, {int(results.get('holds', 0))} of them hold."
    if errors:
        return f"It contradicts itself in {plural(errors, 'place')}: read those before its other numbers. {scope}"
    if warnings:
        verb = "deserves" if warnings == 1 else "deserve"
        return f"It does not contradict itself, but {plural(warnings, 'warning')} {verb} a look. {scope}"
    return f"Nothing in it contradicts anything else. {scope}"


def numbers(report: AuditReport) -> list[Number]:
    """How many findings of each severity, and what was left unchecked."""
    unchecked = int((report.summary["result"] == "not recorded").sum())
    return [
        *(
            Number(f"{str(severity).capitalize()}s", f"{report.count(severity):,}", SEVERITY_MEANINGS[severity])
            for severity in Severity
        ),
        Number("Rules not checked", f"{unchecked:,}", "The source does not record what these rules need."),
    ]


def source_facts(history: History) -> str:
    """The source in a line of a stranger's words."""
    source = history.source
    size = None if source.byte_count is None else byte_size(source.byte_count)
    count = plural(len(history), "cycle")
    when = f"{moment(history.timestamps[0])} to {moment(history.timestamps[-1])} UTC" if len(history) else None
    return " · ".join(part for part in (source.name, source.strategy, source.kind, size, count, when) if part)


def findings_of(history: History, severities: tuple[str, ...]) -> pd.DataFrame:
    """The findings as shown: with the pair's name, of these severities only (none: all)."""
    found = report_of(history).findings
    shown = found[found["severity"].isin(severities)] if severities else found
    labels = pair_labels(history)
    pairs = shown["pair_id"].map(labels, na_action="ignore")
    severity = shown["severity"].map(lambda name: [name])
    return shown.assign(pair=pairs, severity=severity).reset_index(drop=True)


def rules_of(history: History) -> pd.DataFrame:
    """Every rule with its result, the broken ones first."""
    table = report_of(history).summary.merge(audit_rules()[["rule", "meaning"]], on="rule")
    place = table["result"].map({"broken": 0, "holds": 1, "not recorded": 2})
    table = table.assign(severity=table["severity"].map(lambda name: [name]))
    return table.iloc[place.argsort(kind="stable")].reset_index(drop=True)


def _findings(opened: OpenHistory, report: AuditReport, selection: Selection) -> None:
    if report.findings.empty:
        st.text(
            "Every rule that could be checked holds. The tab Rules lists them, and those the source left unchecked."
        )
        return
    wanted = st.multiselect(
        "Severity",
        [str(severity) for severity in Severity],
        format_func=str.capitalize,
        key=SEVERITIES,
        bind="query-params",
        placeholder="Every severity",
        label_visibility="collapsed",
        width=420,
    )
    table = opened.ask(findings_of, tuple(wanted))
    total = int(report.summary["findings"].sum())
    hidden = (
        "" if len(report.findings) == total else " Of each rule only those with the largest differences are listed."
    )
    st.caption(f"{len(table):,} of {plural(total, 'finding')}. Select a row to take its cycle apart.{hidden}")
    columns = finding_columns(selection.theme)
    st.dataframe(
        table,
        key=TABLE,
        hide_index=True,
        placeholder="–",
        height=min(620, 40 + ROW_HEIGHT * max(len(table), 1)),
        row_height=ROW_HEIGHT,
        on_select=lambda: _row_selected(table, opened.history),
        selection_mode="single-row",
        column_order=list(columns),
        column_config=columns,
        alt="Findings of the audit, the most severe first",
    )
    downloads("findings", lambda: audit_report(opened.history, limit=None).findings)


def finding_columns(theme: Theme) -> dict[str, Any]:
    """How the findings are shown, the columns in this order; most sentences name their pair themselves."""
    return {
        "severity": _severity_column(theme),
        "timestamp": time_column(),
        "sentence": st.column_config.TextColumn("Finding", width="large"),
        "pair": st.column_config.TextColumn("Pair"),
        "expected": number_column("Expected", form="%.6g"),
        "got": number_column("Recorded", form="%.6g"),
        "difference": number_column("Difference", "Recorded - expected", "%.4g"),
        "unit": st.column_config.TextColumn("Unit", width="small"),
        "rule": st.column_config.TextColumn("Rule"),
    }


def _rules(opened: OpenHistory, theme: Theme) -> None:
    table = opened.ask(rules_of)
    st.dataframe(
        table,
        key="rules_table",
        hide_index=True,
        placeholder="–",
        height=min(620, 40 + ROW_HEIGHT * len(table)),
        row_height=ROW_HEIGHT,
        column_order=["result", "severity", "question", "findings", "checked", "total", "scope", "meaning", "rule"],
        column_config={
            "result": st.column_config.TextColumn("Result", pinned=True),
            "severity": _severity_column(theme),
            "question": st.column_config.TextColumn("Question", width="large"),
            "findings": number_column("Findings"),
            "checked": number_column("Checked", "How many of them record what the rule needs"),
            "total": number_column("Of"),
            "scope": st.column_config.TextColumn("What is counted", width="small"),
            "meaning": st.column_config.TextColumn("What a finding means", width="large"),
            "rule": st.column_config.TextColumn("Rule"),
        },
        alt="Every rule of the audit with its result",
    )
    downloads("rules", lambda: table)


def _source(history: History) -> None:
    if not history.tables.problems.num_rows:
        st.text("Everything in the source was read; nothing was skipped, patched or odd.")
        return
    show_problems(history)


def _severity_column(theme: Theme) -> Any:
    colours = {Severity.error: theme.series[6], Severity.warning: theme.series[1], Severity.note: theme.muted}
    return st.column_config.MultiselectColumn(
        "Severity",
        options=[str(severity) for severity in Severity],
        color=[f"{colours[severity]}{TINT}" for severity in Severity],
        format_func=humanised,
        width="small",
    )


def _row_selected(table: pd.DataFrame, history: History) -> None:
    """The selected finding's cycle is opened on its own page (a callback)."""
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows and pd.notna(table["timestamp"].iloc[rows[0]]):
        choose_time(history, table["timestamp"].iloc[rows[0]], open_page=True)
