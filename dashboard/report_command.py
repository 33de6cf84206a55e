"""How does a post-mortem come out of the command line? A command that `alpha-model` finds by its entry point."""

import importlib.util
import os
import shlex
import tempfile
from pathlib import Path

import click
import pandas as pd

from alpha_model.commands import LocalPath, one_cycle, opened, plain_text, source_argument
from alpha_model.history.files import name_of
from dashboard.text import byte_size


@click.command("report")
@source_argument
@click.option("--cycle", "which", help="Its number, its time as 2026-01-05T00:00Z, `first` or `last`.")
@click.option("--from", "start", help="Instead of one cycle: all from this time, as 2026-01-05 or 2026-01-05T00:00Z.")
@click.option("--to", "end", help="And all to this time, included.")
@click.option("-o", "--output", required=True, type=LocalPath(dir_okay=False), help="The HTML file.")
def report_command(source: Path | str, which: str | None, start: str | None, end: str | None, output: Path) -> None:
    """Write a post-mortem of SOURCE into one HTML file that opens offline: charts, tables, and why in sentences.

    It is about one cycle or about all cycles of a window. A file that is there is replaced.

    Example: alpha-model report state.json --cycle last -o out.html
    """
    if (which is None) == (start is None and end is None):
        raise click.UsageError("Say what it is about: either --cycle, or a window with --from, --to or both.")
    if any(importlib.util.find_spec(name) is None for name in ("plotly", "jinja2")):
        raise click.ClickException("the charts are not installed. Run: pip install 'alpha-model[dashboard]'")
    from dashboard.report import Making, cycle_report, file_hash, window_report  # noqa: PLC0415 - it needs Plotly

    history = opened(source)
    making = Making(
        _command(source, which, start, end, output),
        pd.Timestamp.now("UTC"),
        file_hash(source) if isinstance(source, Path) and source.is_file() else None,
    )
    if which is None:
        content = window_report(history, start, end, making)
    else:
        content = cycle_report(history, one_cycle(history, which).timestamps[0], making)
    size = _write(output, content)
    click.echo(f"{plain_text(str(output))}: {byte_size(size)}; it opens in any browser, without a network.")


def _command(source: Path | str, which: str | None, start: str | None, end: str | None, output: Path) -> str:
    """The command as it can be given again; files by their names, since folders are nobody else's business."""
    options = {"--cycle": which, "--from": start, "--to": end}
    given = [part for name, value in options.items() if value is not None for part in (name, value)]
    return shlex.join(["alpha-model", "report", name_of(source), *given, "-o", output.name])


def _write(path: Path, content: str) -> int:
    """Put the whole file there, or leave what was there; how many bytes it has."""
    data = content.encode("utf-8", errors="replace")
    descriptor, draft = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
    return len(data)
