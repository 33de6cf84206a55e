"""How does the shell learn to complete our commands?"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands and options.

    \b
    Add to ~/.bashrc:  eval "$(alpha-model completion bash)"
    Add to ~/.zshrc:   eval "$(alpha-model completion zsh)"
    For fish, once:    alpha-model completion fish > ~/.config/fish/completions/alpha-model.fish

    Example: alpha-model completion bash
    """  # noqa: D301 - click's own mark for lines that stay as they are
    made = get_completion_class(shell)
    assert made is not None
    name = "alpha-model"
    click.echo(made(context.find_root().command, {}, name, "_ALPHA_MODEL_COMPLETE").source())
