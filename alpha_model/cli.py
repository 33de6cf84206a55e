"""What can be done from the command line?

The commands are found through the entry-point group `alpha_model.commands`, so that a package which builds on this one,
such as the dashboard, brings its own without being imported here. A command is imported when it is used; lists of
commands take their words from the docstrings in the source.

Exit codes: 0 done, 1 it failed and one sentence says why, 2 the command line was not understood. Commands may add
others, which their help names.
"""

from __future__ import annotations

import ast
import errno
import importlib.util
import os
import re
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from alpha_model.values import AlphaModelError, plain_text, told

COMMANDS = "alpha_model.commands"

_ADDRESSES = "alpha_model.addresses"
"""Where a context keeps the addresses that the command line names."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(://|::)", re.IGNORECASE)

_EXTRAS = {"streamlit": "dashboard", "plotly": "dashboard", "requests": "remote", "duckdb": "sql"}


class _Commands(click.Group):
    """A group whose commands are looked up when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted({point.name for point in entry_points(group=COMMANDS)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        for point in entry_points(group=COMMANDS, name=cmd_name):
            try:
                command = point.load()
            except ImportError as error:
                extra = _EXTRAS.get((error.name or "").partition(".")[0], "dashboard")
                raise click.ClickException(
                    f"the command {cmd_name!r} needs {error.name}, which is not installed. "
                    f"Install it with: pip install 'alpha-model[{extra}]'"
                ) from error
            if isinstance(command, click.Command):
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_summaries().items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names of commands and options that may follow, without importing the commands."""
        commands = [
            CompletionItem(name, help=words) for name, words in _summaries().items() if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; the addresses among the arguments are kept, to keep their secrets from messages."""
        ctx.meta[_ADDRESSES] = [value for value in map(_value, args) if _is_address(value)]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of ours is one sentence and exit code 1, never a traceback."""
        try:
            return super().invoke(ctx)
        except AlphaModelError as error:
            raise click.ClickException(_told(str(error), ctx, is_ours=True)) from error
        except click.ClickException as error:
            vars(error)["message"] = told(_told(error.message, ctx, is_ours=True))  # click means it to be final
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            words = f"{_failure(error, ctx)}. Check the path and its permissions."
            raise click.ClickException(told(words)) from error


def _value(word: str) -> str:
    """A word of the command line without the option that it is joined to."""
    return word.partition("=")[2] if word.startswith("--") else word


def _is_address(word: str) -> bool:
    """Is a word an address, and not a sentence that has one in it?

    Neither its protocols nor its credentials have a blank; a file that lies there may.
    """
    credentials = word.rpartition("@")[0].rpartition("://")[2]
    return "://" in word and _SCHEME.match(word) is not None and not any(map(str.isspace, credentials))


def _failure(error: OSError, ctx: click.Context) -> str:
    """What the system said, and of which file; its own words quote nothing."""
    words = str(error.strerror or error)
    if error.errno is None or words != os.strerror(error.errno):
        words = _told(words, ctx, is_ours=False)
    if error.filename is None:
        return words
    named = str(error.filename)
    told = _told(named, ctx, is_ours=False)
    return f"{named}: {words}" if told == named else f"{words}: {told}"


def _told(words: str, ctx: click.Context, *, is_ours: bool) -> str:
    """What is said of the addresses on the command line, without their secrets.

    Args:
        words: What is said.
        ctx: Of the command line.
        is_ours: We said it, or click did: what they quote of an address is all of it, and becomes what may be shown.
    """
    for address in ctx.meta[_ADDRESSES]:
        from alpha_model.history.files import shown_uri, without_secrets  # noqa: PLC0415 - takes a moment

        if is_ours:
            for quoted in (address, str(Path(address)), plain_text(address)):
                words = words.replace(quoted, shown_uri(address))
        else:
            words = without_secrets(words, address)
    return words


def _summaries() -> dict[str, str]:
    """Each command and what it does, in a few words."""
    return {point.name: _summary(point) for point in sorted(entry_points(group=COMMANDS), key=lambda point: point.name)}


def _summary(point: EntryPoint) -> str:
    """The first sentence of the command's docstring, read from its source."""
    found = importlib.util.find_spec(point.module)
    if found is None or found.origin is None:
        return ""
    for node in ast.parse(Path(found.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == point.attr:
            first = (ast.get_docstring(node) or "").partition("\n\n")[0]
            return " ".join(first.split()).partition(". ")[0].rstrip(".")
    return ""


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("alpha-model"), prog_name="alpha-model")
def main() -> None:
    """Why did a portfolio strategy do what it did?

    Example: alpha-model cycles state.json --last 10
    """
