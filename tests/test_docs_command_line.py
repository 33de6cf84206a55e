"""Do docs/command-line.md and docs/tables.md say what the program says? The lists in them are made here."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import click
import pytest

from alpha_model.cli import main
from alpha_model.history.tables.schema import describe_tables

DOCS = Path(__file__).parents[1] / "docs"
MARK = "<!-- made by tests/test_docs_command_line.py; pytest --update-goldens writes it anew -->\n"


def assert_list(page: Path, lines: Iterable[str], *, update: bool) -> None:
    """What follows the mark on a page is these lines."""
    head, mark, tail = page.read_text().partition(MARK)
    assert mark
    expected = "\n" + "\n".join(lines).rstrip() + "\n"
    if update:
        page.write_text(head + mark + expected)
        return
    assert tail == expected, "pytest --update-goldens writes the list anew"


def command_lines() -> Iterable[str]:
    """Every command, its help, its arguments and options, as the program has them."""
    context = click.Context(main, info_name="alpha-model")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        usage = command.collect_usage_pieces(click.Context(command, parent=context, info_name=name))
        yield from (f"### {name}", "", f"`alpha-model {name} {' '.join(usage)}`", "")
        yield from (escaped(line) for line in inspect.cleandoc(command.help or "").splitlines())
        options = [option_line(option) for option in command.params if isinstance(option, click.Option)]
        yield from ("", *(("| option | meaning |", "|---|---|", *options, "") if options else ()))


def option_line(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    choices = f" One of {', '.join(option.type.choices)}." if isinstance(option.type, click.Choice) else ""
    shown = option.show_default if isinstance(option.show_default, str) else option.default
    default = f" Default: {shown}." if option.show_default else ""
    return escaped(f"| {names} | {option.help or ''}{choices}{default} |")


def escaped(line: str) -> str:
    return line.replace("<", "&lt;").replace("\b", "")


def table_lines() -> Iterable[str]:
    for table, columns in groupby(describe_tables(), key=lambda column: column["table"]):
        yield from (f"## {table}", "", "| column | type | always there | meaning |", "|---|---|---|---|")
        for column in columns:
            kind = column["type"].replace("|", "\\|").replace("<", "&lt;")
            yield f"| `{column['column']}` | {kind} | {'yes' if column['always'] else ''} | {column['meaning']} |"
        yield ""


def test_page_has_every_command_and_option(request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("--update-goldens")
    assert_list(DOCS / "command-line.md", command_lines(), update=update)


def test_page_has_every_table_and_column(request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("--update-goldens")
    assert_list(DOCS / "tables.md", table_lines(), update=update)
