"""Pictures of every page, light and dark, wide and narrow: `python tests/browser/screenshots.py [HISTORY …]`.

Without arguments it takes the samples. The pictures go to `test-output/screenshots`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from browsing import OUTPUT, dashboard_over, find_chromium, launch, settle
from histories import SAMPLES

from dashboard.data import stem

PAGES = ("", "cycles")
WIDTHS = (1600, 800)
TALLEST = 6_000


def take(browser: Browser, address: str, name: str, page_name: str, width: int, scheme: str) -> Path:
    """One page as one tall picture."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 1000})
    page = context.new_page()
    page.goto(f"{address}/{page_name}?history={name}" if name else address)
    settle(page)
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(height + 60, 1000), TALLEST)})
    settle(page)
    path = OUTPUT / "screenshots" / f"{name or 'welcome'}_{page_name or 'overview'}_{width}_{scheme}.png"
    page.screenshot(path=path)
    context.close()
    return path


def main(files: list[Path]) -> None:
    (OUTPUT / "screenshots").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            sys.exit("no Chromium: install one, or name one in the environment variable CHROMIUM")
        browser = launch(playwright, chromium)
        with dashboard_over(files) as address:
            click.echo(take(browser, address, "", "", 1600, "light"))
            for path in files or SAMPLES:
                for page_name in PAGES:
                    for width in WIDTHS:
                        for scheme in ("light", "dark"):
                            click.echo(take(browser, address, stem(path.name), page_name, width, scheme))
        browser.close()


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
