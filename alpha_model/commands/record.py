"""How does a cycle get into a record from a program that is not written in Python?"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from alpha_model.commands.output import json_option, show_json
from alpha_model.commands.sources import LocalPath
from alpha_model.history import HistoryRecorder
from alpha_model.values import RecordError


@click.command("record")
@click.argument("history", type=LocalPath(dir_okay=False))
@click.argument("snapshot", type=click.File("rb"), default="-")
@click.option("--message", help="The strategy's own report of the cycle.")
@click.option("--trades", type=click.File("rb"), help="The cycle's trades: a JSON list. Without it they are not known.")
@click.option("--strategy", help="Name of the strategy, for a new HISTORY.")
@click.option("--strict", is_flag=True, help="Refuse a cycle of which something cannot be recorded.")
@json_option
def record_command(
    history: Path,
    snapshot: BinaryIO,
    message: str | None,
    trades: BinaryIO | None,
    strategy: str | None,
    *,
    strict: bool,
    as_json: bool,
) -> None:
    """Append one cycle to HISTORY: the SNAPSHOT of an alpha model, JSON from a file or from standard input.

    The cycle is on disk when the command ends. One that is there already is recognised; one of the same time and other
    content becomes its next revision. What of it cannot be recorded is left out and said.

    Example: alpha-model record history.jsonl snapshot.json --message "as planned"
    """
    model, planned = _json(snapshot), None if trades is None else _json(trades)
    if planned is not None and not isinstance(planned, list):
        raise RecordError(f"--trades is a JSON list of trades, got {type(planned).__name__}.", got=planned)
    with HistoryRecorder(history, strategy=strategy, strict=strict) as recorder:
        receipt = recorder.append(model, trades=planned, message=message)
    for problem in receipt.problems:
        where = ", ".join(filter(None, (problem.pair and f"pair {problem.pair}", problem.field)))
        click.echo(f"{where}: {problem.message}", err=True)
    if as_json:
        told = {"timestamp": f"{receipt.timestamp.isoformat()}Z", "revision": receipt.revision, "new": receipt.is_new}
        show_json(told)
        return
    what = "was on file already" if not receipt.is_new else "recorded"
    revision = f" as revision {receipt.revision}" if receipt.revision else ""
    click.echo(f"{receipt.timestamp:%Y-%m-%d %H:%M:%S} UTC {what}{revision}.")


def _json(file: BinaryIO) -> object:
    try:
        return msgspec.json.decode(file.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        name = getattr(file, "name", "<stdin>")
        told = "standard input" if name == "<stdin>" else name
        raise RecordError(f"{told} is not valid JSON: {error}. Give one JSON document.", path=name) from error
