"""How does a history get into a spreadsheet, a notebook or another program?"""

from __future__ import annotations

from pathlib import Path

import click

from alpha_model.commands.output import json_option, show_json
from alpha_model.commands.sources import LocalPath, opened, source_argument
from alpha_model.history import TABLE_FORMATS, TableFormat, write_tables
from alpha_model.history.tables import SCHEMAS


@click.command("export")
@source_argument
@click.argument("folder", type=LocalPath(file_okay=False))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(TABLE_FORMATS),
    default="parquet",
    show_default=True,
    help="CSV is safe for spreadsheets: text that looks like a formula gets an apostrophe.",
)
@click.option("--table", "names", multiple=True, type=click.Choice(list(SCHEMAS)), help="Only this; may be repeated.")
@json_option
def export_command(
    source: Path | str, folder: Path, file_format: TableFormat, names: tuple[str, ...], *, as_json: bool
) -> None:
    """Write the tables of SOURCE into FOLDER, one file each.

    Example: alpha-model export state.json tables --format csv --table signals --table trades
    """
    history = opened(source)
    files = write_tables(history, folder, file_format, names or None)
    rows = {path.stem: getattr(history.tables, path.stem).num_rows for path in files}
    if as_json:
        show_json([{"table": path.stem, "rows": rows[path.stem], "file": str(path)} for path in files])
        return
    for path in files:
        click.echo(f"{path}  {rows[path.stem]:,} rows")
