"""How does a command open what the user named, and which part of it is meant?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from alpha_model.analysis import pair_labels
from alpha_model.commands.output import plain_text
from alpha_model.commands.waiting import shown_progress
from alpha_model.history import History, dataset_versions, default_cache, read_history, read_weights, utc
from alpha_model.history.files import Place, is_uri, is_web, local_path, shown, shown_uri
from alpha_model.history.weights_table import is_table
from alpha_model.values import CycleNotFoundError, HistoryError, PairId

Command = TypeVar("Command", bound=Callable[..., Any])

_ENDS = {"first": 0, "last": -1}
_NAMED = 10
"""Pairs that an error names."""


class HistorySource(click.Path):
    """The path of a history, or an address such as `s3://bucket/state.json`; `file://` addresses become paths."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A path as a Path, an address as text."""
        if is_uri(value):
            return local_path(value) or value
        return super().convert(value, param, ctx)


class LocalPath(click.Path):
    """A path to write to; an address is refused, and not taken for a folder of that name."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(path_type=Path, file_okay=file_okay, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A Path."""
        if is_uri(value):
            path = local_path(value)
            if path is None:
                self.fail(
                    f"expected a path on this machine, got {shown_uri(value)}. Write here, then copy.", param, ctx
                )
            value = path
        return super().convert(value, param, ctx)


def source_argument(command: Command) -> Command:
    """The argument SOURCE: a history in a file, a folder, or at an address."""
    return click.argument("source", type=HistorySource())(command)


def opened(source: Path | str) -> History:
    """The history in a file, in a table of weights, or in a dataset of one strategy, here or at an address.

    Raises:
        HistoryError: It cannot be read.
    """
    if _is_folder(source):
        _choose_nothing(source)
        return History.open(source)
    if isinstance(source, Path) and not source.exists() and source.name in _strategies(source.parent):
        return History.open(source.parent, strategy=source.name)
    with shown_progress(source) as progress:
        if is_table(source):
            return read_weights(source, progress=progress)
        return read_history(source, progress=progress, cache=default_cache())


def _choose_nothing(folder: Path | str) -> None:
    """Complain where a dataset holds several strategies: a command is about one."""
    names = _strategies(folder)
    if len(names) > 1:
        told = shown(folder)
        some = ", ".join(f"{told}/{name}" for name in names[:_NAMED])
        more = " …" if len(names) > _NAMED else ""
        raise HistoryError(f"{told} holds several strategies. Name one of them: {plain_text(some)}{more}.")


def _strategies(folder: Path | str) -> list[str]:
    """The strategies of a dataset; none where there is no dataset."""
    if isinstance(folder, Path) and not folder.is_dir():
        return []
    return list(dataset_versions(folder))


def _is_folder(source: Path | str) -> bool:
    if isinstance(source, Path):
        return source.is_dir()
    if is_web(source):
        return False
    try:
        return Place(source).is_folder()
    except Exception:  # noqa: BLE001 - every protocol has errors of its own; whoever reads the file says which it is
        return False


def pair_named(history: History, name: str) -> PairId:
    """The pair of that name or id.

    Raises:
        HistoryError: The history has no such pair; the message names some that it has.
    """
    labels = pair_labels(history)
    found = [pair_id for pair_id, label in labels.items() if name in (label, str(pair_id))]
    if not found:
        names = list(labels.values())
        more = " …" if len(names) > _NAMED else ""
        have = f"It has {plain_text(', '.join(names[:_NAMED]))}{more}." if names else "It has no pairs."
        raise HistoryError(f"no pair {name!r} in {history.source.name}. {have}", pair=name)
    return found[0]


def one_cycle(history: History, which: str) -> History:
    """The cycle of that number or time; `first` and `last` are cycles too.

    Raises:
        CycleNotFoundError: There is no such cycle.
        HistoryError: Neither a number nor a time.
    """
    if which in _ENDS and len(history):
        return history.cycle(int(history.cycle_numbers[_ENDS[which]]))
    if which in _ENDS:
        raise CycleNotFoundError(f"{history.source.name} has no cycles.", cycle=which)
    try:
        number = int(which)
    except ValueError:
        return history.at(utc(which))
    return history.cycle(number)
