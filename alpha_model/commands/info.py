"""What is in this history?"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pandas as pd

from alpha_model.analysis import flag_counts, headline, later_questions
from alpha_model.commands.output import json_option, plain_text, show_json
from alpha_model.commands.sources import opened, source_argument
from alpha_model.history import History, freshness_of
from alpha_model.history.live import utc_now
from alpha_model.history.record import RUN_OBJECTS
from alpha_model.values import told

_FEW = 5
_MEGABYTE = 1_000_000


@click.command("info")
@source_argument
@json_option
def info_command(source: Path | str, *, as_json: bool) -> None:
    """Say what SOURCE is and what is in it.

    Shows its kind, size and time span, how its cycles ended, the flags that were raised most often, the last decision
    in one sentence, and what in the file was odd.

    Example: alpha-model info state.json
    """
    history = opened(source)
    facts = _facts(history)
    if as_json:
        show_json(facts)
        return
    for name, value in facts.items():
        title = name.removesuffix("_seconds").removesuffix("_usd").replace("_", " ")
        click.echo(f"{title:16} {plain_text(_words(name, value))}")


def _facts(history: History) -> dict[str, Any]:
    facts, counts = headline(history), flag_counts(history).sum().sort_values(ascending=False, kind="stable")
    later = later_questions(history)
    rhythm = freshness_of(history.timestamps, utc_now())
    problems = Counter(history.tables.problems["kind"].to_pylist())
    return {
        "name": history.source.name,
        "kind": history.source.kind,
        "strategy": history.source.strategy,
        "bytes": history.source.byte_count,
        "cycles": facts.cycle_count,
        "pairs": facts.pair_count,
        "first": facts.first,
        "last": facts.last,
        "interval_seconds": None if rhythm.interval is None else rhythm.interval.total_seconds(),
        "outcomes": facts.standing_counts,
        "last_decision": facts.last_decision,
        "equity_usd": facts.equity_usd,
        "discarded_usd": facts.discarded_usd,
        "trades": history.tables.trades.num_rows,
        "equity_points": history.tables.equity.num_rows,
        "messages": int(history.cycles["message"].notna().sum()) + history.tables.messages.num_rows,
        "revisions": len(history.superseded),
        "flags": {str(flag): int(count) for flag, count in counts.items()},
        "runs": history.tables.runs.num_rows,
        "run": _run(history),
        "can_answer": {each.question: each.why for each in later if each.answer == "yes"},
        "can_answer_partly": {each.question: each.why for each in later if each.answer == "partly"},
        "cannot_answer": {each.question: each.why for each in later if each.answer == "no"},
        "problems": dict(problems),
        "problem_examples": [_problem(history, row) for row in history.tables.problems.slice(0, _FEW).to_pylist()],
    }


def _run(history: History) -> dict[str, Any]:
    """What is known of the last run."""
    rows = history.tables.runs.slice(max(0, history.tables.runs.num_rows - 1)).to_pylist()
    known = {name: value for row in rows for name, value in row.items() if value is not None}
    return {name: json.loads(value) if name in RUN_OBJECTS else _moment(value) for name, value in known.items()}


def _moment(value: Any) -> Any:
    return pd.Timestamp(value) if isinstance(value, datetime) else value


def _problem(history: History, row: dict[str, Any]) -> str:
    """What is wrong and where."""
    unit = "line" if history.source.kind == "recorder file" else "byte"
    where = {"cycle": row["cycle_key"], "pair": row["pair"], "field": row["field"], unit: row["position"]}
    if unit == "line":
        del where["cycle"]  # its key there is the line
    places = ", ".join(f"{name} {value}" for name, value in where.items() if value is not None)
    return told(f"{row['message']} ({places})" if places else str(row["message"]))


def _words(name: str, value: Any) -> str:
    """A fact for people."""
    if value is None:
        return "–"
    if isinstance(value, (dict, list)):
        return _listed(value) or "none"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if name == "interval_seconds":
        return _interval(value)
    if name == "bytes" and value >= _MEGABYTE:
        return f"{value / _MEGABYTE:,.1f} MB"
    return f"${value:,.2f}" if name.endswith("_usd") else f"{value:,}" if isinstance(value, int) else str(value)


def _interval(seconds: float) -> str:
    """`7 days`, `8 hours`: in the largest unit that divides it."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and not seconds % size:
            many = int(seconds // size)
            return f"{many:,} {name}{'' if many == 1 else 's'}"
    return f"{seconds:,.6g} seconds"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)


def _listed(value: dict[str, Any] | list[str]) -> str:
    if isinstance(value, list):
        return "; ".join(value)
    if any(not isinstance(each, int) for each in value.values()):
        return "; ".join(f"{key.replace('_', ' ')}: {_shown(each)}" for key, each in value.items())
    few = [f"{count:,} {key.replace('_', ' ')}" for key, count in list(value.items())[:_FEW]]
    return ", ".join(few) + (f", and {len(value) - _FEW} more" if len(value) > _FEW else "")
