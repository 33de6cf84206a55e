"""How does a history of any kind become a record, or a folder of tables?"""

from __future__ import annotations

from pathlib import Path

import click

from alpha_model.commands.output import json_option, plain_text, show_json
from alpha_model.commands.sources import LocalPath, opened, source_argument
from alpha_model.history import TABLE_FORMATS, History, TableFormat, write_tables
from alpha_model.history.files import name_of
from alpha_model.history.record import RECORD_SUFFIXES, write_record


@click.command("convert")
@source_argument
@click.argument("target", type=LocalPath())
@click.option("--force", is_flag=True, help="Replace TARGET when it exists.")
@json_option
def convert_command(source: Path | str, target: Path, *, force: bool, as_json: bool) -> None:
    """Write the history in SOURCE to TARGET.

    SOURCE is anything that can be read: a state file, a record, or a table of weights (.csv or .parquet with the
    columns timestamp, pair and weight). TARGET is a record (.jsonl, .jsonl.gz or .jsonl.zst), which keeps everything
    but the notes about problems in SOURCE; or a folder of tables (NAME.parquet or NAME.csv).

    Examples: alpha-model convert state.json history.jsonl.zst; alpha-model convert weights.csv history.jsonl
    """
    form = next((form for form in TABLE_FORMATS if target.name.endswith(f".{form}")), None)
    if form is None and not target.name.endswith(RECORD_SUFFIXES):
        known = ", ".join((*RECORD_SUFFIXES, *(f".{each}" for each in TABLE_FORMATS)))
        raise click.UsageError(f"TARGET ends in one of {known}, got {target.name!r}.")
    if target.exists() and not force:
        raise click.ClickException(f"{target} exists. Choose another name, or replace it with --force.")
    history = opened(source)
    _write(history, target, form)
    told = {"target": str(target), "cycles": len(history), "problems": history.tables.problems.num_rows}
    if as_json:
        show_json(told)
        return
    click.echo(f"{target}: {len(history):,} cycles.")
    if told["problems"]:
        click.echo(
            f"{told['problems']:,} problems in {plain_text(name_of(source))} are not written; see alpha-model info.",
            err=True,
        )


def _write(history: History, target: Path, form: TableFormat | None) -> None:
    if form is None:
        write_record(history, target)
    else:
        write_tables(history, target, form)
