"""What can be done from the command line?

The commands are found through the entry-point group `alpha_model.commands`, so that a package which builds on this one,
such as the dashboard, brings its own without being imported here.
"""

from __future__ import annotations

from importlib.metadata import entry_points, version

import click

from alpha_model.errors import AlphaModelError

COMMANDS = "alpha_model.commands"


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
                raise click.ClickException(
                    f"the command {cmd_name!r} needs {error.name}, which is not installed. "
                    "Install it with: pip install 'alpha-model[dashboard]'"
                ) from error
            if isinstance(command, click.Command):
                return command
        return None

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of ours is one sentence and exit code 1, never a traceback."""
        try:
            return super().invoke(ctx)
        except AlphaModelError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("alpha-model"), prog_name="alpha-model")
def main() -> None:
    """Why did a portfolio strategy do what it did?"""
