"""One zoom for all time charts and pages, in the address."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from browsing import drag_across, settle, x_range
from histories import SAMPLES

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Page, expect  # noqa: E402 - only where playwright is there

expect.set_options(timeout=30_000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not SAMPLES, reason="there are no sample histories to open"),
]

SAMPLE = "momentum_outgrows_its_market"
ZOOMED = re.compile(r"zoom=20\d\d-")
MINUTE = pd.Timedelta(minutes=1)


def zoom_into(page: Page, address: str, name: str) -> tuple[list[str], list[str]]:
    """Open a page of the sample and drag across its first chart; what that shows of time before and after."""
    page.goto(f"{address}/{name}?history={SAMPLE}")
    settle(page)
    whole = x_range(page)
    drag_across(page, 0.3, 0.6)
    expect(page).to_have_url(ZOOMED)
    settle(page)
    return whole, x_range(page)


def test_zoom_is_that_of_all_charts_and_pages_and_part_of_the_link(page: Page, address: str) -> None:
    whole, zoomed = zoom_into(page, address, "moves")
    assert whole != zoomed == x_range(page, 1)
    page.get_by_role("link", name="Size risk").click()
    expect(page.locator("h1").first).to_have_text("How much money found no place?")
    expect(page).to_have_url(re.compile("/size_risk.*zoom=20"))
    settle(page)
    assert x_range(page) == zoomed
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    settle(page)
    for linked, drawn in zip(x_range(page), zoomed, strict=True):  # a link has whole minutes
        assert abs(pd.Timestamp(linked) - pd.Timestamp(drawn)) <= MINUTE


def test_every_drag_counts_also_after_a_link_and_on_another_page(page: Page, address: str) -> None:
    page.goto(f"{address}/moves?history={SAMPLE}&zoom=2013-01-01..2015-01-01")
    settle(page)
    for name, last in (("Moves", "2013-01-01"), ("Overview", "")):
        if name == "Overview":
            page.get_by_role("link", name=name).click()
            expect(page).not_to_have_url(re.compile("/moves"))
            settle(page)
        for _ in range(2):
            before = page.url
            drag_across(page, 0.3, 0.7)
            expect(page).not_to_have_url(before)
            settle(page)
            assert x_range(page) == x_range(page, 1)
            assert x_range(page)[0] > last
            assert f"zoom={x_range(page)[0][:10]}" in page.url


def test_zoom_ends_with_a_double_click_and_back_brings_it_again(page: Page, address: str) -> None:
    whole, zoomed = zoom_into(page, address, "weights")
    page.locator(".js-plotly-plot .nsewdrag").first.dblclick()
    expect(page).not_to_have_url(ZOOMED)
    settle(page)
    assert x_range(page) == whole
    page.go_back()
    expect(page).to_have_url(ZOOMED)
    settle(page)
    assert abs(pd.Timestamp(x_range(page)[0]) - pd.Timestamp(zoomed[0])) <= MINUTE
    page.locator(".js-plotly-plot .nsewdrag").first.click()
    expect(page).to_have_url(re.compile("/cycle[?].*zoom=20"))


def test_other_buttons_neither_zoom_nor_open_a_cycle(page: Page, address: str) -> None:
    page.goto(f"{address}/weights?history={SAMPLE}")
    settle(page)
    before = page.url
    for button in ("right", "middle"):
        page.locator(".js-plotly-plot .nsewdrag").first.click(button=button)
    drag_across(page, 0.3, 0.6, button="right")
    settle(page)
    assert page.url == before
    drag_across(page, 0.3, 0.6)
    expect(page).to_have_url(ZOOMED)


def test_zoom_is_typed_and_a_wrong_one_is_answered(page: Page, address: str) -> None:
    page.goto(f"{address}/weights?history={SAMPLE}&zoom=yesterday")
    settle(page)
    expect(page.get_by_text("That is no stretch of time")).to_be_visible()
    field = page.get_by_role("textbox", name="Zoom, UTC")
    field.fill("2014-03-01..2014-06-01")
    field.press("Enter")
    expect(page.get_by_text("That is no stretch of time")).to_have_count(0)
    settle(page)
    assert [shown[:10] for shown in x_range(page)] == ["2014-03-01", "2014-06-01"]
    field.fill("")
    field.press("Enter")
    expect(page).not_to_have_url(ZOOMED)
    settle(page)
    assert [shown[:10] for shown in x_range(page)] != ["2014-03-01", "2014-06-01"]


def test_zoom_is_forgotten_with_its_history(page: Page, address: str) -> None:
    page.goto(f"{address}/weights?history={SAMPLE}&zoom=2014-03-01..2014-06-01")
    settle(page)
    box = page.get_by_role("combobox", name=re.compile("History"))
    box.click()
    page.get_by_role("option").last.click()
    expect(page).not_to_have_url(ZOOMED)
