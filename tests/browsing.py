"""A real server and a real browser, for the tests and the screenshots of the dashboard."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from dashboard.commands import server_command

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
STRANGER = "stranger.example"
"""A host name of somebody else that leads to this machine."""
RESOLVED = f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", RESOLVED]
OUTPUT = Path(__file__).parents[1] / "test-output"


def find_chromium(playwright: Playwright) -> str | None:
    """A Chromium: the one that CHROMIUM names, one on the path, one that playwright installed; None where none is."""
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [*([named] if named else []), *NAMES])), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).is_file() else None)


def launch(playwright: Playwright, executable: str) -> Browser:
    """The browser, without a window."""
    return playwright.chromium.launch(executable_path=executable, args=OPTIONS)


@contextmanager
def dashboard_over(files: Sequence[Path], **environment: str) -> Iterator[str]:
    """The address of a dashboard that shows these files."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = server_command(list(files), port, "127.0.0.1", headless=True)
    command[0] = sys.executable
    OUTPUT.mkdir(exist_ok=True)
    with (OUTPUT / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def settle(page: Page) -> None:
    """Wait until the script has run, nothing is a grey placeholder any more, and every chart is drawn."""
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            const ran = app && app.getAttribute('data-test-script-state') === 'notRunning';
            const waiting = document.querySelector('[data-testid="stSkeleton"]');
            const charts = [...document.querySelectorAll('.am-chart')];
            return ran && !waiting && charts.every((chart) => chart.dataset.draws);
        }""",
        timeout=60_000,
    )
    page.wait_for_timeout(700)  # the tables and what follows a zoom are drawn after that


def press_until_changed(page: Page, key: str, place: Locator, before: str) -> None:
    """Press a key until the page answers: the first press may come before the page listens."""
    for _ in range(3):
        page.keyboard.press(key)
        try:
            expect(place).not_to_have_text(before, timeout=10_000)
        except AssertionError:
            continue
        break
    expect(place).not_to_have_text(before)
    settle(page)


def x_range(page: Page, place: int = 0) -> list[str]:
    """What the figure at that place shows of time."""
    shown: list[str] = page.locator(".js-plotly-plot").nth(place).evaluate("plot => plot._fullLayout.xaxis.range")
    return shown


def drag_across(page: Page, start: float, end: float, button: Literal["left", "right"] = "left") -> None:
    """Drag across a part of the first chart's width, which zooms into it."""
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down(button=button)
    page.mouse.move(box["x"] + box["width"] * end, middle, steps=5)
    page.mouse.up(button=button)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the dashboard did not start; see {OUTPUT / 'server.log'}")
