"""Pictures of every page, light and dark, wide and narrow: `python tests/browser/screenshots.py [HISTORY …]`.

Without arguments it takes the samples. The pictures go to `test-output/screenshots`. With `--docs` it makes those
of the documentation instead, in `docs/images`: what one screen shows of a sample, and the answers to five questions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from browsing import OUTPUT, dashboard_over, find_chromium, launch, settle
from histories import SAMPLES

from dashboard.app import TITLES
from dashboard.data import stem

PAGES = ("", *(path for path in TITLES if path != "overview"))
IMAGES = Path(__file__).parents[2] / "docs" / "images"
OUTGROWS, HOLDS = "momentum_outgrows_its_market", "threshold_holds_most_weeks"
ANSWERS = {
    "last": f"cycle?history={OUTGROWS}",
    "held": f"cycle?history={HOLDS}&cycle=2017-05-30T00:00Z",
    "capacity": f"size_risk?history={OUTGROWS}",
    "threshold": f"thresholds?history={HOLDS}",
    "flags": f"flags?history={OUTGROWS}",
}
"""The views of `docs/answers.md`."""
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


def take_for_docs(browser: Browser, address: str, view: str, name: str, scheme: str) -> Path:
    """What one screen shows of a view, which is an address without its server."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.goto(f"{address}/{view}")
    settle(page)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    context.close()
    return path


def main(files: list[Path], *, docs: bool) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "screenshots").mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            sys.exit("no Chromium: install one, or name one in the environment variable CHROMIUM")
        browser = launch(playwright, chromium)
        with dashboard_over([] if docs else files) as address:
            if docs:
                for page_name in PAGES:
                    for scheme in ("light", "dark"):
                        view, name = f"{page_name}?history={OUTGROWS}", f"{page_name or 'overview'}-{scheme}-1600"
                        click.echo(take_for_docs(browser, address, view, name, scheme))
                for name, view in ANSWERS.items():
                    click.echo(take_for_docs(browser, address, view, f"answer-{name}", "light"))
                return
            click.echo(take(browser, address, "", "", 1600, "light"))
            for path in files or SAMPLES:
                for page_name in PAGES:
                    for width in WIDTHS:
                        for scheme in ("light", "dark"):
                            click.echo(take(browser, address, stem(path.name), page_name, width, scheme))
        browser.close()


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:] if argument != "--docs"], docs="--docs" in sys.argv)
