"""Tables on a terminal: whole numbers, however narrow it is."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

PROGRAM = """
import pandas as pd
from alpha_model.commands.output import show_table
show_table(pd.DataFrame({
    "cycle": [150],
    "when": [pd.NaT],
    "traded": [1234567],
    "outcome": ["partly rebalanced"],
    "flags": [["max_adjust_too_small", "closed", "capped_by_pool_size"]],
}), {"when": lambda when: f"{when:%Y}", "traded": lambda amount: f"{amount:,}"})
"""


@pytest.mark.parametrize("width", [20, 60, 80, 100, 200])
def test_narrow_terminal_wraps_and_cuts_nothing(width: int) -> None:
    reader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {**os.environ, "COLUMNS": str(width), "TERM": "dumb"}
    subprocess.run([sys.executable, "-c", PROGRAM], stdout=terminal, env=environment, check=True)
    os.close(terminal)
    said = re.sub(r"\x1b\[[0-9;]*m", "", os.read(reader, 65_536).decode())
    os.close(reader)
    for word in ("150", "–", "1,234,567", "partly rebalanced", "max_adjust_too_small", "capped_by_pool_size"):
        assert word in said
