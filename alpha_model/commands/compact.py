"""How do records become a dataset?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from alpha_model.commands.output import json_option, plain_text, show_json
from alpha_model.commands.sources import HistorySource
from alpha_model.history import Compaction, compact


@click.command("compact")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…", type=HistorySource())
@click.option("--into", "dataset", required=True, metavar="DATASET", help="A folder, or an address such as s3://….")
@click.option("--strategy", help="The name to file them under, whatever they say.")
@json_option
def compact_command(sources: Sequence[Path | str], dataset: str, strategy: str | None, *, as_json: bool) -> None:
    """Put what is new in SOURCE into a Parquet dataset, a folder for each strategy and month.

    SOURCE is a record, or anything else that can be read. It may be written meanwhile, and the dataset may be read. The
    same again changes nothing, and nothing is ever taken out, so a record that is compacted and finished may be
    deleted.

    Example: alpha-model compact momentum.jsonl --into histories
    """
    told = []
    for source in sources:
        (done,) = compact([source], dataset, strategy=strategy)
        told.append(done)
        if not as_json:
            click.echo(_sentence(done))
    if as_json:
        show_json([_facts(done) for done in told])


def _facts(done: Compaction) -> dict[str, object]:
    return {
        "source": done.source,
        "strategy": done.strategy,
        "months": done.months,
        "cycles": done.cycle_count,
        "bytes": done.byte_count,
        "problems": done.problem_count,
    }


def _sentence(done: Compaction) -> str:
    name = plain_text(f"{done.source}: " + (done.strategy or "a strategy without a name"))
    if not done.months:
        return f"{name}, nothing new."
    span = done.months[0] if len(done.months) == 1 else f"{done.months[0]} to {done.months[-1]}"
    months = f"{len(done.months)} month{'s' * (len(done.months) > 1)} ({span})"
    problems = f"; {done.problem_count:,} problems, see alpha-model info" if done.problem_count else ""
    return f"{name}, {months} written, with {done.cycle_count:,} cycles in {done.byte_count:,} bytes{problems}."
