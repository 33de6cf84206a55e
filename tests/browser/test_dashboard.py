"""What only a browser shows: figures drawn, files uploaded, links followed, keys pressed."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from browsing import OUTPUT, drag_across, press_until_changed, settle, x_range
from histories import SAMPLES

from dashboard.data import stem

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, Page, expect  # noqa: E402 - only where playwright is there

expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not SAMPLES, reason="there are no sample histories to open"),
]

LEAST_FIGURES = 4
OPENED = re.compile("/cycle[?](?=.*history=).*cycle=20")


def test_sample_opens_with_its_figures(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    page.get_by_test_id("stMain").get_by_role("button", name="Open", exact=True).first.click()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=60_000)
    settle(page)
    titles = page.locator(".js-plotly-plot .gtitle").all_text_contents()
    assert len(titles) == page.locator(".js-plotly-plot").count()
    assert titles[0] == "Value of the portfolio"
    assert len(set(titles)) >= LEAST_FIGURES
    assert "history=" in page.url
    page.screenshot(path=OUTPUT / "overview.png", full_page=True)


def test_numbers_behind_a_figure_open(page: Page, address: str) -> None:
    page.goto(f"{address}/?history={SAMPLES[0].name.split('.')[0]}")
    settle(page)
    before = page.get_by_test_id("stDataFrame").count()
    page.get_by_text("Numbers", exact=True).first.click()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(before + 1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all as CSV").click()
    assert download.value.suggested_filename == "equity.csv"
    assert Path(download.value.path()).read_text().startswith("timestamp,")


def sample_page(address: str, name: str, **query: str) -> str:
    """The address of a page of the first sample."""
    asked = "&".join(f"{key}={value}" for key, value in {"history": stem(SAMPLES[0].name), **query}.items())
    return f"{address}/{name}?{asked}"


def moment_of(page: Page, where: str) -> pd.Timestamp:
    """The cycle that the title or the dock shows."""
    if where == "title":
        return pd.Timestamp(page.locator("h1").first.inner_text().removeprefix("What was decided on ").split(" UTC")[0])
    label = page.locator(".am-strip").get_attribute("aria-valuetext")
    assert label is not None
    return pd.Timestamp(label.split(" UTC")[0])


def draws(page: Page) -> str | None:
    """How often the first chart was drawn."""
    return page.locator(".am-chart").first.get_attribute("data-draws")


def test_link_leads_to_a_cycle_and_keys_step(page: Page, address: str) -> None:
    page.goto(sample_page(address, "cycle"))
    settle(page)
    title = page.locator("h1").first
    last = title.inner_text()
    press_until_changed(page, "ArrowLeft", title, last)
    expect(page).to_have_url(re.compile("cycle=20"))
    stepped, link = title.inner_text(), page.url
    page.goto(link)
    settle(page)
    expect(title).to_have_text(stepped)
    page.screenshot(path=OUTPUT / "cycle.png", full_page=True)


def test_row_of_the_table_opens_its_cycle(page: Page, address: str) -> None:
    page.goto(sample_page(address, "cycles"))
    settle(page)
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 38 + 3 * 30 + 15)  # the fourth row's box
    expect(page).to_have_url(OPENED)
    expect(page.locator("h1").first).to_contain_text("What was decided on")


def test_click_on_any_cycle_of_a_chart_opens_it_and_back_leads_back(page: Page, address: str) -> None:
    page.goto(sample_page(address, "moves"))
    settle(page)
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    before = page.evaluate("history.length")
    plot.click()
    expect(page).to_have_url(OPENED)
    expect(page.locator("h1").first).to_contain_text("What was decided on")
    settle(page)
    assert page.evaluate("history.length") == before + 1
    assert moment_of(page, "dock") == moment_of(page, "title")
    clicked = moment_of(page, "title")
    title = page.locator("h1").first
    press_until_changed(page, "ArrowLeft", title, title.inner_text())
    assert moment_of(page, "dock") == moment_of(page, "title")
    assert pd.Timedelta(days=5) <= clicked - moment_of(page, "title") <= pd.Timedelta(days=9)  # one week before
    page.go_back()
    settle(page)
    assert moment_of(page, "dock") == moment_of(page, "title") == clicked
    page.go_back()
    expect(page).to_have_url(re.compile("/moves"))
    expect(page.locator("h1").first).not_to_contain_text("What was decided on")


def test_zoom_stays_when_the_cursor_steps_and_no_chart_is_drawn_again(page: Page, address: str) -> None:
    page.goto(sample_page(address, "weights"))
    settle(page)
    whole = x_range(page)
    drag_across(page, 0.3, 0.6)
    settle(page)
    zoomed = x_range(page)
    assert zoomed != whole
    drawn = draws(page)
    place = page.get_by_text(re.compile(r"^\d[\d,]* of \d")).first
    press_until_changed(page, "ArrowLeft", place, place.inner_text())
    assert x_range(page) == zoomed
    assert draws(page) == drawn


def test_upload_is_shown_and_a_bad_one_gives_a_reason(page: Page, address: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"visualisation": {')
    page.goto(address)
    settle(page)
    page.locator('input[type="file"]').set_input_files(SAMPLES[-1])
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=60_000)
    settle(page)
    assert page.locator(".js-plotly-plot").count() >= LEAST_FIGURES
    page.locator('input[type="file"]').set_input_files(bad)
    expect(page.locator("h1")).to_have_text("This history cannot be opened", timeout=60_000)
    expect(page.get_by_text("bad.json").first).to_be_visible()
    page.screenshot(path=OUTPUT / "bad_upload.png")


def test_reload_of_an_upload_opens_no_other_history_however_often(page: Page, address: str) -> None:
    page.goto(f"{address}/cycle?history=an_upload_of_yesterday")
    for _ in range(3):
        expect(page.get_by_text("this server has no history of that name")).to_be_visible()
        settle(page)
        page.reload()
    box = page.get_by_role("combobox", name=re.compile("History"))
    box.click()
    page.get_by_role("option").first.click()
    expect(page.locator("h1").first).to_contain_text("What was decided")
    expect(page).not_to_have_url(re.compile("an_upload"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_follow_the_theme(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.goto(f"{address}/?history={SAMPLES[0].name.split('.')[0]}")
    settle(page)
    ink = page.locator(".js-plotly-plot .gtitle").first.evaluate("node => getComputedStyle(node).fill")
    assert ink == {"light": "rgb(90, 102, 117)", "dark": "rgb(152, 164, 179)"}[scheme]
    context.close()


def test_narrow_window_keeps_the_numbers_in_one_row_and_cuts_no_title(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 800, "height": 1000})
    page.goto(sample_page(address, "weights"))
    settle(page)
    tops = page.get_by_test_id("stMetric").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    assert len(tops) > 1
    assert len(set(tops)) == 1
    left = "node => node.getBoundingClientRect().left"
    assert page.locator(".st-key-dock").evaluate(left) == page.locator("h1").first.evaluate(left)
    for name in ("weights", "size_risk", "thresholds"):
        page.goto(sample_page(address, name))
        settle(page)
        inside = "all => all.every(one => one.getBBox().width <= one.ownerSVGElement.clientWidth)"
        assert page.locator(".js-plotly-plot .gtitle").evaluate_all(inside), name


def test_reader_elsewhere_sees_their_own_time_beside_utc(browser: Browser, address: str) -> None:
    context = browser.new_context(timezone_id="Asia/Kathmandu", viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.goto(sample_page(address, "weights"))
    settle(page)
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    plot.hover()
    expect(page.locator(".am-local").first).to_contain_text("GMT+5:45")
    page.goto(sample_page(address, "cycle"))
    settle(page)
    page.locator("h1").first.locator("xpath=..").get_by_role("button").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("05:45 in Asia")
    context.close()


@pytest.mark.parametrize("name", ["", "cycle", "cycles", "health"])
def test_whatever_can_be_pressed_has_a_name(page: Page, address: str, name: str) -> None:
    page.goto(sample_page(address, name))
    settle(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], [role="button"], [role="slider"]')]
            .filter((each) => each.checkVisibility() && !each.closest('[data-testid="stDataFrame"]'))
            .filter((each) => !(each.textContent.trim() || each.ariaLabel || each.title || each.querySelector('[alt]')))
            .map((each) => each.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


def test_another_history_starts_without_what_was_chosen_in_the_one_before(page: Page, address: str) -> None:
    page.goto(sample_page(address, "cycle", cycle="2010-06-28T00:00Z", window="1 year", pairs="KO-USD"))
    settle(page)
    page.get_by_role("combobox", name="History").click()
    page.get_by_role("option", name="threshold_holds_most_weeks").click()
    settle(page)
    assert page.url.endswith("/cycle?history=threshold_holds_most_weeks")
    expect(page.locator("h1").first).to_contain_text("26 December 2017")  # its newest cycle
    expect(page.locator(".st-key-dock")).to_contain_text("261 of 261")


def test_arrow_keys_step_after_a_jump_from_a_page_whose_window_was_just_chosen(page: Page, address: str) -> None:
    page.goto(sample_page(address, "weights"))
    settle(page)
    page.get_by_role("combobox", name="Window").click()
    page.get_by_role("option", name="1 year").click()
    settle(page)
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    plot.click()
    expect(page).to_have_url(OPENED)
    settle(page)
    title = page.locator("h1").first
    press_until_changed(page, "ArrowLeft", title, title.inner_text())


def test_selected_pair_shows_its_sentence_in_full_and_does_not_slip_to_another_pair(page: Page, address: str) -> None:
    page.goto(sample_page(address, "cycle"))
    settle(page)
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 18, box["y"] + 38 + 15)  # the first row's box
    expect(page.get_by_test_id("stText").filter(has_text=": wanted ")).to_be_visible()
    title = page.locator("h1").first
    title.click()
    press_until_changed(page, "ArrowLeft", title, title.inner_text())
    expect(page.get_by_text("Select a row to read its sentence in full.")).to_be_visible()


def test_thresholds_of_a_single_cycle_are_drawn_without_complaint(page: Page, address: str) -> None:
    page.goto(f"{address}/thresholds?history=reference_layout_last_cycle_only")
    settle(page)
    assert page.locator(".am-chart").count() > 0
