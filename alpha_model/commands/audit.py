"""Does this record contradict itself?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from alpha_model.analysis import audit_report
from alpha_model.analysis.audit import AuditReport, Severity
from alpha_model.commands.output import json_option, show_json, show_table
from alpha_model.commands.sources import opened, source_argument

ERRORS_FOUND = 3
"""Exit code of `--strict` when there are errors; 1 and 2 mean that the command itself failed."""

_SHOWN_OF_A_RULE = 10
"""So many findings of one rule are printed for people."""

_AT_LEAST = {severity: list(Severity)[: place + 1] for place, severity in enumerate(Severity)}


@click.command("audit")
@source_argument
@click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    default=str(Severity.note),
    show_default=True,
    help="Show findings of this severity and above.",
)
@click.option("--strict", is_flag=True, help=f"Exit with {ERRORS_FOUND} when there are errors.")
@json_option
@click.pass_context
def audit_command(context: click.Context, source: Path | str, severity: str, *, strict: bool, as_json: bool) -> None:
    """Check the record in SOURCE: sums, flags against numbers, gaps, trades against the plan.

    Example: alpha-model audit state.json --severity warning
    """
    history = opened(source)
    report = audit_report(history, now=datetime.now(UTC), limit=None if as_json else _SHOWN_OF_A_RULE)
    shown = report.findings[report.findings["severity"].isin([str(each) for each in _AT_LEAST[Severity(severity)]])]
    if as_json:
        show_json({"findings": shown, "summary": report.summary})
    else:
        if not shown.empty:
            columns = ["severity", "cycle", "timestamp", "rule", "sentence"]
            show_table(shown[columns], {"timestamp": lambda when: f"{when:%Y-%m-%d %H:%M}"})
            click.echo()
        click.echo(_closing_words(report))
    if strict and report.count(Severity.error):
        context.exit(ERRORS_FOUND)


def _closing_words(report: AuditReport) -> str:
    counts = [(report.count(severity), str(severity)) for severity in Severity]
    found = ", ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in counts)
    results = report.summary["result"].value_counts()
    lines = [f"{found}. {results.get('holds', 0)} of {len(report.summary)} rules hold."]
    hidden = int(report.summary["findings"].sum()) - len(report.findings)
    if hidden:
        lines.append(f"{hidden:,} further findings are counted and not shown; --json has them all.")
    missing = report.summary.loc[report.summary["result"] == "not recorded", "rule"]
    if len(missing):
        lines.append(f"Not recorded, so not checked ({len(missing)}): {', '.join(missing)}.")
    return "\n".join(lines)
