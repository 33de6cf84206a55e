"""How does a report become one file? A template that escapes every word, and everything it needs inside it.

The page carries a policy for the browser: only the two scripts whose hashes it names may run, and nothing may be
fetched, so that not even a word that slipped through could do or load anything.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from dashboard.report.charts import Chart
from dashboard.report.tables import Table

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading.

    Args:
        title: The heading.
        table: What is there.
        empty: What is said where the table has no rows.
    """

    title: str
    table: Table
    empty: str


@dataclass(frozen=True, slots=True)
class Message:
    """The strategy's own words.

    Args:
        when: The time that they are about, UTC.
        text: As they are.
    """

    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is on the page; plain text, strangers' words as they are.

    Args:
        title: What it is about.
        paragraph: The answer.
        numbers: Labels and values that a reader wants first.
        first: Charts above the tables.
        sections: The tables.
        context: What the later charts cover.
        later: Charts below the tables.
        messages: The strategy's own words, in order of time.
        unsaid: How many of them were left out; empty when none was.
        facts: How it was made: labels and values.
    """

    title: str
    paragraph: str
    numbers: Sequence[tuple[str, str]]
    first: Sequence[Chart]
    sections: Sequence[Section]
    context: str
    later: Sequence[Chart]
    messages: Sequence[Message]
    unsaid: str
    facts: Sequence[tuple[str, str]]


def page(report: Report) -> str:
    """The report as HTML that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plotly, script = get_plotlyjs(), (_FOLDER / "report.js").read_text(encoding="utf-8")
    return environment.get_template("report.html").render(
        report=report,
        policy=_policy(plotly, script),
        style=Markup((_FOLDER / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        plotly=Markup(plotly),  # noqa: S704 - of the installed package
        script=Markup(script),  # noqa: S704 - our own file
        figures=Markup(_figures([*report.first, *report.later])),  # noqa: S704 - no letter that HTML knows is left in it
    )


def _figures(charts: Sequence[Chart]) -> str:
    """Every figure as JSON by its chart's name, without a character that could end the script it stands in."""
    parts = (f'"{chart.name}":{{"light":{chart.light},"dark":{chart.dark}}}' for chart in charts)
    content = "{" + ",".join(parts) + "}"
    return content.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(*scripts: str) -> str:
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
