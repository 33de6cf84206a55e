"""Back and Forward lead through what a reader did, one step for each thing, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import drag_across, settle
from histories import SAMPLES

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Page, expect  # noqa: E402 - only where playwright is there

expect.set_options(timeout=30_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not SAMPLES, reason="there are no sample histories to open"),
]

SAMPLE = "momentum_outgrows_its_market"


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(field)).click()
    page.get_by_role("option", name=option, exact=True).click()
    if field == "Pairs":  # the list of several stays open
        page.keyboard.press("Escape")


def view(page: Page) -> tuple[str, str]:
    """The address without the server, and the title of what it shows."""
    settle(page)
    return re.sub("https?://[^/]*", "", page.url), page.locator("h1").first.inner_text()


def test_back_and_forward_lead_through_everything_that_was_chosen(page: Page, address: str) -> None:
    page.goto(f"{address}/weights?history={SAMPLE}")
    views = [view(page)]
    start = page.evaluate("history.length")
    deeds: list[tuple[Callable[[], None], str]] = [
        (lambda: choose(page, "Window", "1 year"), "window=1"),
        (page.locator(".st-key-step_chevron_left button").first.click, "cycle=2019-12-23"),
        (lambda: choose(page, "Pairs", "AAPL-USD"), "pairs=AAPL"),
        (lambda: drag_across(page, 0.2, 0.6), "zoom=2019"),
        (page.get_by_role("link", name="Flags").click, "/flags"),
        (page.locator(".js-plotly-plot .nsewdrag").first.click, "/cycle"),
        (page.get_by_role("tab", name="Trades").click, "tab=Trades"),
        (lambda: choose(page, "History", "threshold_holds_most_weeks"), "history=threshold"),
    ]
    for deed, mark in deeds:
        deed()
        expect(page).to_have_url(re.compile(mark))
        views.append(view(page))
    assert page.evaluate("history.length") == start + len(deeds)
    for before in reversed(views[:-1]):
        page.go_back()
        expect(page).to_have_url(re.compile(re.escape(before[0]) + "$"))
        assert view(page) == before
    for after in views[1:]:
        page.go_forward()
        expect(page).to_have_url(re.compile(re.escape(after[0]) + "$"))
        assert view(page) == after


def test_window_of_dates_is_kept_by_a_click_and_there_again_after_back(page: Page, address: str) -> None:
    page.goto(f"{address}/flags?history={SAMPLE}&window=dates&from=2014-01-06&to=2014-12-29")
    before = view(page)
    page.locator(".js-plotly-plot .nsewdrag").first.click()
    expect(page).to_have_url(re.compile("/cycle.*from=2014-01-06"))
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/flags.*from=2014-01-06"))
    assert view(page)[1] == before[1]
    expect(page.get_by_text(re.compile("^52 of 52 · "))).to_be_visible()
