"""Which cycles are there, and how did each end?"""

from __future__ import annotations

from pathlib import Path

import click

from alpha_model.analysis import CycleOutcome, CycleQuery, cycle_table, find_cycles
from alpha_model.analysis.facts import outcome_words
from alpha_model.commands.output import Format, json_option, says_something, show_json, show_table
from alpha_model.commands.sources import opened, pair_named, source_argument

_SHOWN = {
    "cycle": "cycle",
    "timestamp": "time, UTC",
    "outcome": "outcome",
    "execution": "execution",
    "planned_count": "planned trades",
    "planned_usd": "planned",
    "traded_usd": "traded",
    "max_position_adjust_usd": "largest change",
    "position_adjust_threshold_usd": "threshold",
    "equity_usd": "investable",
    "discarded_usd": "discarded",
    "selected_count": "selected",
    "flags": "flags",
}


def usd(amount: float) -> str:
    """An amount for people; cents are in --json."""
    return f"{amount:,.0f}"


def words(name: str) -> str:
    """`held_below_threshold` as words."""
    return name.replace("_", " ")


_FORMATS: dict[str, Format] = {
    "time, UTC": lambda when: f"{when:%Y-%m-%d %H:%M}",
    "outcome": words,
    "execution": words,
    **dict.fromkeys(
        ("planned trades", "planned", "traded", "largest change", "threshold", "investable", "discarded", "selected"),
        usd,
    ),
    "flags": lambda flags: words(", ".join(flags)),
}


@click.command("cycles")
@source_argument
@click.option("--from", "start", help="Only cycles at or after this time, as 2026-01-05 or 2026-01-05T08:00Z.")
@click.option("--to", "end", help="Only cycles at or before this time.")
@click.option(
    "--outcome", "outcomes", multiple=True, type=click.Choice([str(each) for each in CycleOutcome]), help="Only these."
)
@click.option("--flag", "flags", multiple=True, metavar="NAME", help="Only cycles in which a pair carries this flag.")
@click.option("--pair", "pairs", multiple=True, help="Only cycles that select, hold or change this pair: name or id.")
@click.option("--at-least", type=click.FloatRange(min=0), metavar="USD", help="Only with a pair's change of this size.")
@click.option("--words", default="", help="Only cycles in whose message the strategy says this.")
@click.option("--last", type=click.IntRange(min=1), help="Only so many, the last ones, after the other filters.")
@json_option
def cycles_command(
    source: Path | str,
    start: str | None,
    end: str | None,
    outcomes: tuple[str, ...],
    flags: tuple[str, ...],
    pairs: tuple[str, ...],
    at_least: float | None,
    words: str,
    last: int | None,
    *,
    as_json: bool,
) -> None:
    """List the cycles of SOURCE, one a line: time, outcome, amounts in USD, flags.

    Flag, pair and size are about one and the same pair; of several flags, outcomes or pairs one is enough.

    Examples: alpha-model cycles state.json --from 2026-01-01 --outcome held_below_threshold --last 20;
    alpha-model cycles state.json --flag capped_by_pool_size --at-least 10000
    """
    history = opened(source)
    pair_ids = tuple(pair_named(history, name) for name in pairs)
    seen = history.between(start, end)
    table = cycle_table(seen).iloc[find_cycles(seen, CycleQuery(outcomes, flags, pair_ids, at_least, words))]
    table = table.tail(last) if last is not None else table
    if as_json:
        show_json(table)
        return
    told = [outcome_words(*pair) for pair in zip(table["outcome"], table["execution"], strict=True)]
    shown = table.assign(outcome=told)[list(_SHOWN)].rename(columns=_SHOWN)
    show_table(shown.loc[:, [table.empty or says_something(shown[name]) for name in shown.columns]], _FORMATS)
    if table.empty:
        click.echo("No cycle matches.")
