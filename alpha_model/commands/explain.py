"""Why did the strategy do what it did in this cycle?"""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from alpha_model.analysis import explain_cycle, explain_flags, summarise_cycle
from alpha_model.analysis.explain import oldest_price, since_last
from alpha_model.commands.output import json_option, plain_text, show_json
from alpha_model.commands.sources import one_cycle, opened, source_argument
from alpha_model.values import HistoryError

_NAMED = 10
"""Pairs that an error names."""


@click.command("explain")
@source_argument
@click.option(
    "--cycle",
    "which",
    default="last",
    show_default=True,
    help="Its number, its time as 2026-01-05T00:00Z, `first` or `last`.",
)
@click.option("--pair", "wanted", help="Only this pair: its name or id.")
@json_option
def explain_command(source: Path | str, which: str, wanted: str | None, *, as_json: bool) -> None:
    """Say why SOURCE decided as it did in one cycle: a paragraph, a sentence for each pair, what each flag did.

    Example: alpha-model explain state.json --cycle last --pair WETH-USDC
    """
    history = opened(source)
    one = one_cycle(history, which)
    summary, pairs, flags = summarise_cycle(one), explain_cycle(one), explain_flags(one)
    if wanted is not None:
        pairs = _only(pairs, wanted)
    if as_json:
        words = {"headline": summary.headline, "paragraph": summary.paragraph, "outcome": str(summary.outcome)}
        words |= {"execution": str(summary.execution), "since_last": since_last(one), "oldest_price": oldest_price(one)}
        show_json({**words, "pairs": pairs, "flags": flags})
        return
    blocks = [list(pairs["sentence"])]
    if wanted is None:
        told = [f"{row.flag}: {row.meaning} {row.effect}" for row in flags.itertuples()]
        blocks = [[summary.paragraph, *filter(None, [since_last(one), oldest_price(one)])], *blocks, told]
    click.echo("\n\n".join("\n".join(map(plain_text, lines)) for lines in blocks if lines))


def _only(pairs: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """The rows of the pair of that name or id."""
    those = ((pairs["pair"] == wanted) | (pairs["pair_id"].astype(str) == wanted)).to_numpy()
    if not those.any():
        names = pairs["pair"].tolist()
        more = " …" if len(names) > _NAMED else ""
        have = f"It has {plain_text(', '.join(names[:_NAMED]))}{more}." if names else "It has no pairs."
        raise HistoryError(f"no pair {wanted!r} in this cycle. {have}", pair=wanted)
    return pairs[those].reset_index(drop=True)
