"""How well did signals, choice and limits do?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click
import numpy as np
import pandas as pd

from alpha_model.analysis import cycle_metrics, metric_summary, near_misses, pair_labels
from alpha_model.analysis.metrics import (
    COVERAGE,
    METRICS,
    Gate,
    constraint_effect_totals,
    describe_streak,
    forecast_quality,
    outcome_streaks,
    return_coverage,
    rolling_metrics,
)
from alpha_model.commands.output import json_option, plain_text, show_json, show_table
from alpha_model.commands.sources import opened, source_argument
from alpha_model.history import History

Row: TypeAlias = dict[Any, Any]

_FORMS: dict[str, Callable[[float], str]] = {
    "share": lambda value: f"{value:,.2%}",
    "number": lambda value: f"{value:,.2f}",
    "correlation": lambda value: f"{value:+.3f}",
    "signal": lambda value: f"{value:,.6g}",
    "USD": lambda value: f"${value:,.2f}" if value >= 0 else f"−${-value:,.2f}",
}
"""How a person reads each unit."""

_GATE_UNITS = {
    Gate.rebalance_threshold: "USD",
    Gate.individual_threshold: "USD",
    Gate.selection: "signal",
    Gate.signal_threshold: "signal",
    Gate.max_weight: "share",
    Gate.size_cap: "USD",
    Gate.closing_weight: "share",
}

_NEAR = 0.1
"""The part of its limit within which a number is near it."""

_NUMBERS = ("mean", "median", "last")


@click.command("metrics")
@source_argument
@click.option("--rolling", type=click.IntRange(min=1), metavar="N", help="Show means of the last N cycles instead.")
@json_option
def metrics_command(source: Path | str, rolling: int | None, *, as_json: bool) -> None:
    """Turnover, concentration, transfer, forecasts, near misses, streaks and constraint effects of SOURCE.

    Example: alpha-model metrics state.json --rolling 12
    """
    history = opened(source)
    metrics = cycle_metrics(history)
    summary, streaks, effects = metric_summary(metrics), outcome_streaks(history), constraint_effect_totals(history)
    if as_json:
        shown = {
            "cycles": metrics,
            "summary": summary,
            "constraints": effects,
            "near_misses": near_misses(history),
            "streaks": streaks,
            "returns": return_coverage(history),
        }
        show_json(shown if rolling is None else {"rolling": rolling_metrics(metrics, rolling), **shown})
        return
    if rolling is None:
        show_table(_readable(summary))
    else:
        show_table(_last_window(rolling_metrics(metrics, rolling)))
    for paragraph in (_coverage_words(history), _effect_words(effects), _miss_words(history), _streak_words(streaks)):
        if paragraph:
            click.echo("\n" + "\n".join(map(plain_text, paragraph.split("\n"))))


def _readable(summary: pd.DataFrame) -> pd.DataFrame:
    """The metrics that are known at all, as text."""
    known = summary[summary["n"] > 0]
    shown = {
        name: [_FORMS[unit](value) for unit, value in zip(known["unit"], known[name], strict=True)] for name in _NUMBERS
    }
    counts = [f"{n:,} of {cycles:,}" for n, cycles in zip(known["n"], known["cycles"], strict=True)]
    tests = ["" if np.isnan(t) else f"{t:+.1f}" for t in known["t"]]
    return pd.DataFrame({"metric": known["metric"], **shown, "t": tests, "cycles": counts})


def _last_window(rolling: pd.DataFrame) -> pd.DataFrame:
    """The newest rolling means, beside those one window earlier."""
    if rolling.empty:
        return pd.DataFrame({"metric": []})
    now = rolling.iloc[-1]
    earlier = rolling.iloc[max(len(rolling) - 1 - int(now["cycles"]), 0)]
    names = [name for name in METRICS if now[f"{name}_n"] or earlier[f"{name}_n"]]

    def text(row: pd.Series[float], name: str) -> str:
        return _FORMS[METRICS[name].unit](row[name]) if row[f"{name}_n"] else "–"

    return pd.DataFrame(
        {
            "metric": names,
            "now": [text(now, name) for name in names],
            "known": [f"{now[f'{name}_n']} of {now['cycles']}" for name in names],
            f"by {earlier['timestamp']:%Y-%m-%d}": [text(earlier, name) for name in names],
        }
    )


def _coverage_words(history: History) -> str:
    counts = return_coverage(history)[["pairs", "known", "recorded_prices", "trade_prices", "held_values"]].sum()
    if not counts["known"]:
        return "No return until the next cycle is known: forecasts and constraints cannot be judged."
    sources = [
        f"{counts[name]:,} from {name.replace('_', ' ')}"
        for name in ("recorded_prices", "trade_prices", "held_values")
        if counts[name]
    ]
    words = f"Returns until the next cycle: {counts['known']:,} of {counts['pairs']:,} are known, {', '.join(sources)}."
    return f"{words}\n{_survivor_words(forecast_quality(history))}"


def _survivor_words(forecast: pd.DataFrame) -> str:
    """Of how many expected returns are known on both sides, and what is blank for it."""
    sides = {"signals": "", "chosen pairs": "chosen_", "others": "others_"}
    counts = {
        words: (int(forecast[f"{side}with_return"].sum()), int(forecast[f"{side}expected"].sum()))
        for words, side in sides.items()
    }
    told = ", ".join(f"{known:,} of {expected:,} {words}" for words, (known, expected) in counts.items() if expected)
    text = f"Of those that the decisions promised: {told}."
    if all(known >= COVERAGE * expected for known, expected in counts.values()):
        return text
    return f"{text} Below {COVERAGE:.0%} a mean would be that of the pairs that were seen again, so it is blank."


def _effect_words(effects: pd.DataFrame) -> str:
    """One line for each constraint that did something."""
    return "\n".join(_effect_line(row) for row in effects[effects["cycles"] > 0].to_dict("records"))


def _effect_line(row: Row) -> str:
    usd, cycles = _FORMS["USD"], row["cycles"]
    name = row["constraint"].replace("_", " ")
    where = "1 cycle" if cycles == 1 else f"a mean one of {cycles:,} cycles"
    did = f"{name}: made a difference of {usd(row['mean_moved_usd'])} in {where}"
    part = row["judged_usd_cycles"] / (row["moved_usd_cycles"] or 1.0)
    if np.isnan(row["effect_usd"]):
        if row["judged_usd_cycles"] > 0:
            return f"{did}; the next return is known for {part:.1%} of it only: too little to judge by."
        return f"{did}; what that did until the next cycle is not known."
    judged = "" if part == 1 else f" (judged: {part:.1%} of it)"
    verdict = "earned" if row["effect_usd"] >= 0 else "cost"
    in_all = "" if cycles == 1 else " in all"
    return f"{did}{judged}; until the next cycle that {verdict} {usd(abs(row['effect_usd']))}{in_all}."


def _miss_words(history: History) -> str:
    """The closest each gate ever came to the other outcome, where that was near."""
    found, labels = near_misses(history), pair_labels(history)
    found = found[found["relative"].abs() <= _NEAR]
    closest = found.iloc[np.argsort(found["margin"].abs().to_numpy(), kind="stable")].drop_duplicates("gate")
    lines = []
    for row in closest.sort_values("gate").to_dict("records"):
        form = _FORMS[_GATE_UNITS[Gate(row["gate"])]]
        whose = "" if pd.isna(row["pair_id"]) else f" of {labels[int(row['pair_id'])]}"
        side = "at or above" if row["reached"] else "below"
        where = f"cycle {row['cycle']}, {row['timestamp']:%Y-%m-%d}"
        name = row["gate"].replace("_", " ")
        lines.append(f"Closest to its {name}: {form(row['value'])}{whose}, {side} {form(row['limit'])} ({where}).")
    return "\n".join(lines)


def _streak_words(streaks: pd.DataFrame) -> str:
    """The longest streak, and the one that goes on."""
    if streaks.empty:
        return ""
    longest, latest = streaks.iloc[int(streaks["cycles"].argmax())], streaks.iloc[-1]
    return f"Longest streak: {describe_streak(longest)}\nLatest: {describe_streak(latest)}"
