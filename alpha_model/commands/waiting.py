"""How far is the reading of a large file?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from alpha_model.commands.output import plain_text
from alpha_model.history.files import name_of

LARGE = 20_000_000
"""Bytes of a file from which on people wait for it."""


@contextmanager
def shown_progress(source: Path | str) -> Iterator[Callable[[float], None] | None]:
    """A bar on the terminal while a large file is read, gone when it is done; standard output stays clean.

    Args:
        source: The file; or its address, of which nobody knows the size beforehand, so that it counts as large.

    Yields:
        To be told the share that is done, 0...1; None where nobody would see it, or the file is small.
    """
    if not (sys.stderr.isatty() and _is_large(source)):
        yield None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"reading {plain_text(name_of(source))}", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _is_large(source: Path | str) -> bool:
    return not isinstance(source, Path) or (source.is_file() and source.stat().st_size >= LARGE)
