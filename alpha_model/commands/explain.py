"""Why did the strategy do what it did in this cycle?"""

from __future__ import annotations

from pathlib import Path

import click

from alpha_model.analysis.flag_meanings import explain_flags
from alpha_model.analysis.sentences import explain_cycle
from alpha_model.analysis.summary import summarise_cycle
from alpha_model.commands.output import json_option, plain_text, show_json
from alpha_model.commands.sources import one_cycle, opened, source_argument
from alpha_model.errors import CycleNotFoundError


@click.command("explain")
@source_argument
@click.option(
    "--cycle",
    "which",
    default="last",
    show_default=True,
    help="Number of the cycle, its time as 2026-01-05T00:00Z, first or last.",
)
@click.option("--pair", "ticker", help="Only this pair: its name or id.")
@json_option
def explain_command(source: Path, which: str, ticker: str | None, *, as_json: bool) -> None:
    """Say why SOURCE decided as it did in one cycle, pair by pair, the largest amount first.

    Example: alpha-model explain state.json --cycle 12
    """
    one = one_cycle(opened(source), which)
    summary, pairs = summarise_cycle(one), explain_cycle(one)
    if ticker is not None:
        chosen = (pairs["pair"] == ticker) | (pairs["pair_id"].astype(str) == ticker)
        if not chosen.any():
            known = ", ".join(pairs["pair"][:10])
            raise CycleNotFoundError(f"no pair {ticker!r} in this cycle. There are {plain_text(known)} …", pair=ticker)
        pairs = pairs[chosen.to_numpy()].reset_index(drop=True)
    if as_json:
        show_json(
            {
                "headline": summary.headline,
                "paragraph": summary.paragraph,
                "outcome": str(summary.outcome),
                "pairs": pairs,
                "flags": explain_flags(one),
            }
        )
        return
    if ticker is None:
        click.echo(plain_text(summary.paragraph) + "\n")
    for sentence in pairs["sentence"]:
        click.echo(plain_text(sentence))
