"""A post-mortem opens from the disk, draws its charts, and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from browsing import OUTPUT, settle
from histories import SAMPLES
from states import HOSTILE, signal, snapshot, write_state

from alpha_model.history import read_history
from dashboard.data import stem
from dashboard.report import Making, cycle_report, window_report

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, Page, expect  # noqa: E402 - only where playwright is there

pytestmark = pytest.mark.browser

MAKING = Making("a test", pd.Timestamp("2026-01-09", tz="UTC"))
WAIT = 60_000


@pytest.fixture(params=["light", "dark"])
def offline(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page without a network, that fails the test when the browser complains or asks for more than the one file."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, color_scheme=request.param, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: requests.append(asked.url))
    yield page
    context.close()
    assert [said for said in complaints if "MathJax" not in said] == []  # of a name between dollar signs
    assert len(requests) == 1


def open_file(page: Page, path: Path, html: str) -> None:
    path.write_text(html, encoding="utf-8")
    page.goto(path.as_uri())
    plots = page.locator(".plot")
    expect(page.locator(".plot .main-svg .layer-above").last).to_be_attached(timeout=WAIT)
    assert plots.count() >= 6
    for place in range(plots.count()):
        assert plots.nth(place).locator(".main-svg").count()


@pytest.mark.skipif(not SAMPLES, reason="there are no sample histories to open")
def test_report_opens_offline_with_its_charts(offline: Page, tmp_path: Path) -> None:
    history = read_history(SAMPLES[2])
    open_file(offline, tmp_path / "cycle.html", cycle_report(history, history.timestamps[-1], MAKING))
    dark = offline.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    text = offline.locator(".plot .gtitle").first.evaluate("node => getComputedStyle(node).fill")
    assert text == ("rgb(152, 164, 179)" if dark else "rgb(90, 102, 117)")
    offline.screenshot(path=OUTPUT / f"report_{'dark' if dark else 'light'}.png", full_page=True)
    offline.emulate_media(media="print")
    expect(offline.locator(".plot .gtitle").first).to_have_css("fill", "rgb(90, 102, 117)")
    offline.screenshot(path=OUTPUT / "report_print.png", full_page=True)


@pytest.mark.skipif(not SAMPLES, reason="there are no sample histories to open")
def test_window_report_sorts_its_tables(offline: Page, tmp_path: Path) -> None:
    history = read_history(SAMPLES[2]).between(None, "2010-06-01")
    open_file(offline, tmp_path / "window.html", window_report(history, None, None, MAKING))
    table = offline.locator("section", has=offline.get_by_role("heading", name="Cycles", exact=True))
    cycles = table.locator("tbody tr td:first-child")
    assert cycles.first.text_content() == "0"
    table.locator("thead button").first.click()
    expect(cycles.first).to_have_text(str(len(history) - 1))
    table.locator("thead button").first.click()
    expect(cycles.first).to_have_text("0")


def test_hostile_names_stay_text(offline: Page, tmp_path: Path) -> None:
    rows = [signal(number, f"{symbol}</script>", 0.2) for number, symbol in enumerate(HOSTILE, 1)]
    state = write_state(tmp_path / "state.json", *(snapshot(1704672000 + day * 86400, *rows) for day in range(3)))
    history = read_history(state)
    open_file(offline, tmp_path / "hostile.html", cycle_report(history, history.timestamps[-1], MAKING))
    assert offline.locator("img").count() == 0
    assert offline.locator("td", has_text=HOSTILE[0]).count()
    assert offline.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.skipif(not SAMPLES, reason="there are no sample histories to open")
@pytest.mark.parametrize(
    ("where", "file_name", "name"), [("cycle", "cycle_", "Cycle"), ("", "window_20090105_20101227", "Overview")]
)
def test_pages_give_the_report(page: Page, address: str, where: str, file_name: str, name: str) -> None:
    page.goto(f"{address}/{where}?history={stem(SAMPLES[0].name)}&from=2009-01-01&window=dates")
    settle(page)
    with page.expect_download(timeout=WAIT) as download:
        page.get_by_role("button", name="Download post-mortem").click()
    assert download.value.suggested_filename.startswith(file_name)
    html = Path(download.value.path()).read_text(encoding="utf-8")
    assert f"the dashboard&#39;s page {name}" in html
    shown = len(read_history(SAMPLES[0]).between("2009-01-01", None))
    assert where or f"{shown} of 209" in html  # the window, not the whole record
