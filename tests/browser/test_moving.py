"""Moving among cycles and pairs in a real browser: cells, the strip of cycles, finer detail, Back, strange names."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from states import HOSTILE, signal, snapshot, write_state

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import dashboard_over, drag_across, press_until_changed, settle
from playwright.sync_api import Locator, Page, expect

from alpha_model.history import HistoryRecorder

expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong

pytestmark = pytest.mark.browser

FIRST = pd.Timestamp("2015-01-01", tz="UTC")
MANY = 50_000
"""Cycles, an hour apart."""


@pytest.fixture(scope="module")
def long_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over many cycles, of which every thousandth holds, and over strange names."""
    folder = tmp_path_factory.mktemp("states")
    start = int(FIRST.timestamp())
    cycles = (
        snapshot(
            start + 3600 * hour,
            signal(1, "A", 0.6),
            signal(2, "B", 0.4),
            max_position_adjust_usd=20.0 if hour % 1000 == 999 else 500.0,
            position_adjust_threshold_usd=100.0,
        )
        for hour in range(MANY)
    )
    long = write_state(folder / "long.json", *cycles)
    strange = [signal(place, symbol, 1 / len(HOSTILE)) for place, symbol in enumerate(HOSTILE, 1)]
    flagged = [one | {"flags": [symbol]} for one, symbol in zip(strange, HOSTILE, strict=True)]
    days = [snapshot(start + 86400 * day, *flagged) for day in range(3)]
    messages = {str(start): [" ".join(HOSTILE)]}
    with dashboard_over([long, write_state(folder / "strange.json", *days, messages=messages)]) as url:
        yield url


def cycle_of(page: Page) -> pd.Timestamp:
    """The cycle in the address."""
    return pd.Timestamp(parse_qs(urlsplit(page.url).query)["cycle"][0])


def where(page: Page) -> Locator:
    """What the dock says about the cursor's place."""
    return page.get_by_text(re.compile(r"^\d[\d,]* of \d")).first


def test_cell_of_a_heatmap_opens_the_very_cycle_under_the_pointer(page: Page, long_address: str) -> None:
    page.goto(f"{long_address}/weights?history=long&window=100+cycles")
    settle(page)
    plot = page.locator(".js-plotly-plot").nth(1)
    assert plot.evaluate("plot => plot.data[0].type") == "heatmap"
    drag = plot.locator(".nsewdrag").first
    drag.scroll_into_view_if_needed()
    box = drag.bounding_box()
    assert box is not None
    x = box["width"] * 0.3
    meant = pd.Timestamp(plot.evaluate("(plot, x) => plot._fullLayout.xaxis.p2d(x)", x), tz="UTC")
    page.mouse.click(box["x"] + x, box["y"] + box["height"] / 4)
    expect(page).to_have_url(re.compile(r"/cycle[?].*cycle="))
    assert abs(cycle_of(page) - meant) <= pd.Timedelta(minutes=30)
    expect(page.locator("h1").first).to_contain_text(f"{cycle_of(page):%-d %B %Y, %H:%M}")


def test_strip_reaches_each_of_many_cycles(page: Page, long_address: str) -> None:
    page.goto(f"{long_address}/cycle?history=long")
    settle(page)
    expect(where(page)).to_contain_text("50,000 of 50,000")
    strip = page.get_by_role("slider", name="Cycle")
    box = strip.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    expect(where(page)).to_contain_text(re.compile(r"^12,[45]\d\d of"))
    settle(page)
    for key, place in (("Home", "1"), ("PageDown", "1"), ("PageUp", "2,501"), ("ArrowUp", "2,502"), ("End", "50,000")):
        strip.press(key)
        expect(where(page)).to_contain_text(re.compile(f"^{place} of 50,000"))
    assert strip.get_attribute("aria-valuenow") == "50000"
    strip.press("Home")
    for _ in range(4):  # quicker than the server answers
        strip.press("ArrowUp")
    expect(where(page)).to_contain_text(re.compile("^5 of 50,000"))


def test_notable_cycles_are_a_click_away(page: Page, long_address: str) -> None:
    page.goto(f"{long_address}/cycle?history=long&cycle=2015-03-01T00:00Z")
    settle(page)
    page.locator(".st-key-step_skip_next button").first.click()
    expect(where(page)).to_contain_text("2,000 of 50,000")
    expect(where(page)).to_contain_text("notable")
    where(page).get_by_role("button", name="Help").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("a gate held that was open before")
    page.locator(".st-key-step_skip_previous button").first.click()
    expect(where(page)).to_contain_text("1,000 of 50,000")


def test_back_leads_through_the_cycles_that_were_looked_at(page: Page, long_address: str) -> None:
    page.goto(f"{long_address}/cycle?history=long&cycle=2015-03-01T00:00Z")
    settle(page)
    title = page.locator("h1").first
    press_until_changed(page, "ArrowRight", title, title.inner_text())
    expect(title).to_contain_text("1 March 2015, 01:00")
    page.go_back()
    expect(title).to_contain_text("1 March 2015, 00:00")


def test_zooming_in_brings_finer_detail_and_keeps_the_range(page: Page, long_address: str) -> None:
    page.goto(f"{long_address}/weights?history=long")
    settle(page)
    plot = page.locator(".js-plotly-plot").first
    counted = "plot => { const axis = plot._fullLayout.xaxis, [from, to] = axis.range.map(axis.r2l);"
    counted += (
        " return Array.from(plot.data[0].x).map(axis.d2l ?? axis.d2c).filter(x => x >= from && x <= to).length; }"
    )
    coarse = 0.05 * plot.evaluate(counted)  # so many of the points lie in the twentieth that is zoomed into
    drag_across(page, 0.50, 0.55)
    zoomed = plot.evaluate("plot => plot._fullLayout.xaxis.range")
    chart = page.locator(".am-chart").first
    expect(chart).not_to_have_attribute("data-draws", "1")
    settle(page)
    assert plot.evaluate(counted) > 5 * coarse
    assert plot.evaluate("plot => plot._fullLayout.xaxis.range") == zoomed


def test_every_quick_key_counts_from_anywhere_on_the_page(page: Page, long_address: str) -> None:
    page.goto(f"{long_address}/cycle?history=long&cycle=2015-03-01T00:00Z")
    settle(page)
    title = page.locator("h1").first
    page.get_by_role("tab", name="Trades").click()
    settle(page)
    for _ in range(25):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(40)
    expect(title).to_contain_text("27 February 2015, 23:00")
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    expect(title).to_contain_text("1 March 2015, 00:00")
    page.get_by_role("tab", name="Pairs").click()
    page.get_by_test_id("stButtonGroup").get_by_role("button").first.click()
    settle(page)
    page.keyboard.press("ArrowRight")
    expect(title).to_contain_text("1 March 2015, 01:00")
    page.keyboard.press("ArrowLeft")
    expect(title).to_contain_text("1 March 2015, 00:00")
    field = page.get_by_role("textbox", name="Zoom, UTC")
    field.focus()
    page.keyboard.press("ArrowLeft")
    settle(page)
    expect(title).to_contain_text("1 March 2015, 00:00")


def test_pair_is_found_by_typing(page: Page, long_address: str) -> None:
    page.goto(f"{long_address}/weights?history=long&window=100+cycles")
    settle(page)
    box = page.get_by_role("combobox", name=re.compile("Pairs"))
    box.click()
    box.press_sequentially("b-us")
    expect(page.get_by_role("option")).to_have_count(1)
    box.press("Enter")
    expect(page).to_have_url(re.compile("pairs=B-USDC"))
    settle(page)
    names = page.locator(".js-plotly-plot").nth(1).evaluate("plot => plot.data[0].y")
    assert names == ["B-USDC"]


@pytest.mark.parametrize("name", ["overview", "cycle", "weights", "flags", "pair"])
def test_strange_names_appear_as_text(page: Page, long_address: str, name: str) -> None:
    address = "" if name == "overview" else name
    page.goto(f"{long_address}/{address}?history=strange&cycle=2015-01-01T00:00Z")
    settle(page)
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("a[href*='http://x']").count() == 0
    assert page.get_by_test_id("stMain").locator(".katex, em").count() == 0
    if name == "weights":
        drawn = page.locator(".js-plotly-plot").nth(1).locator(".yaxislayer-above").text_content() or ""
        assert "<img src=x onerror=al" in drawn
    if name == "cycle":
        page.get_by_role("tab", name="Message").click()
        expect(page.get_by_text(HOSTILE[0]).first).to_be_visible()


def test_a_new_cycle_appears_by_itself_and_moves_no_zoom(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    hour = int(time.time()) // 3_600 * 3_600
    with HistoryRecorder(path) as recorder:
        for back in range(30, 0, -1):
            recorder.append(snapshot(hour - 3_600 * back, signal(1, "A", 0.5), signal(2, "B", 0.5)))
    with dashboard_over([path]) as address:
        page.goto(f"{address}/weights?history=growing")
        settle(page)
        place = page.get_by_text(re.compile(r"^\d+ of \d+")).first
        expect(place).to_contain_text("30 of 30")
        with HistoryRecorder(path) as recorder:
            recorder.append(snapshot(hour, signal(1, "A", 0.5), signal(2, "B", 0.5)))
        expect(place).to_contain_text("31 of 31", timeout=15_000)
        press_until_changed(page, "ArrowLeft", place, place.inner_text())
        with HistoryRecorder(path) as recorder:
            recorder.append(snapshot(hour + 60, signal(1, "A", 0.5), signal(2, "B", 0.5)))
        expect(page.get_by_role("button", name="Jump to the newest")).to_be_visible(timeout=15_000)
        expect(place).to_contain_text("30 of 31")
        page.get_by_role("button", name="Jump to the newest").click()
        expect(place).to_contain_text("32 of 32", timeout=15_000)
        switch = page.get_by_test_id("stCheckbox").get_by_text("Follow the newest cycle")
        switch.click()
        expect(page).to_have_url(re.compile("cycle=20"))
        with HistoryRecorder(path) as recorder:
            recorder.append(snapshot(hour + 120, signal(1, "A", 0.5), signal(2, "B", 0.5)))
        expect(page.get_by_text("1 new cycle")).to_be_visible(timeout=15_000)
        expect(place).to_contain_text("32 of 32")
        switch.click()
        expect(place).to_contain_text("33 of 33", timeout=15_000)
        page.goto("about:blank")  # the server goes away now
