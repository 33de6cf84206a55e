"""What somebody types into a terminal, and what comes back."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from alpha_model.cli import main


def run(*words: object, stdin: str | None = None) -> Result:
    """`alpha-model` with these words."""
    return CliRunner().invoke(main, [str(word) for word in words], input=stdin)


def told(*words: object, stdin: str | None = None) -> Any:
    """What a command says to machines."""
    result = run(*words, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
