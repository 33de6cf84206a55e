"""Which tables and columns does a history have, and what do they mean?"""

from __future__ import annotations

import click
import pandas as pd

from alpha_model import history
from alpha_model.commands.output import json_option, show_json, show_table
from alpha_model.history.tables import SCHEMAS, describe_tables


@click.command("tables")
@click.argument("name", required=False, type=click.Choice(list(SCHEMAS)), metavar="[TABLE]")
@click.option("--record-schema", is_flag=True, help="Print the JSON Schema of a line of a record instead.")
@json_option
def tables_command(name: str | None, *, record_schema: bool, as_json: bool) -> None:
    """List the columns of every table, or of TABLE: type, meaning, and which are always there.

    Example: alpha-model tables signals
    """
    if record_schema:
        show_json(history.record_schema())
        return
    frame = pd.DataFrame(describe_tables())
    if name is not None:
        frame = frame[frame["table"] == name].drop(columns="table")
    if as_json:
        show_json(frame)
        return
    show_table(frame.assign(always=["yes" if always else "" for always in frame["always"]]))
