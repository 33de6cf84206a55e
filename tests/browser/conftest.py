"""A browser, a dashboard over the samples, and a page that complains when the browser does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HARMLESS = re.compile(
    r"_stcore|404"  # a deep link makes Streamlit look for its own address first
    r"|Infinite extent"  # the sparkline of a number, before it has a width
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from browsing import find_chromium, launch  # noqa: PLC0415 - only where playwright is there

    with playwright_api.sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            pytest.skip("no Chromium: install one, or name one in the environment variable CHROMIUM")
        running = launch(playwright, chromium)
        yield running
        running.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    from browsing import dashboard_over  # noqa: PLC0415 - only where playwright is there

    with dashboard_over([]) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when the browser complains or asks another machine for something."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("request", lambda request: complaints.append(request.url) if _is_foreign(request.url) else None)
    yield page
    context.close()
    assert [said for said in complaints if not HARMLESS.search(said)] == []


def _is_foreign(url: str) -> bool:
    return not re.match(r"(https?|wss?)://127\.0\.0\.1:|data:|blob:", url)
