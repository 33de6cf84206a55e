"""How long does an analyst wait? A real browser over 10,000 cycles × 100 pairs, and over a record that grows.

`python benchmarks/bench_browser.py [CYCLES]`; it needs a Chromium, which CHROMIUM names. All times are wall clock, from
the key, click or write to the change on the screen; the floor is a key press over a history of five cycles.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from make_history import large_history
from playwright.sync_api import Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browsing import dashboard_over, find_chromium, launch, settle
from states import signal, snapshot

from alpha_model.history import HistoryRecorder
from alpha_model.history.record import write_record

STEPS = 15
PAGES = ("cycle", "cycles", "pair", "weights", "moves", "size_risk", "thresholds", "flags")
PLACE = re.compile(r"^[\d,]+ of [\d,]+")


def elapsed(work: Callable[[], None]) -> float:
    """Milliseconds that it takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def step(page: Page) -> None:
    """One cycle back, until the dock says so."""
    before = page.evaluate(_DOCK)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"before => {{ const now = ({_DOCK})(); return now && now !== before; }}", arg=before)


_DOCK = """() => [...document.querySelectorAll('.st-key-dock p')].map((p) => p.textContent)
    .find((text) => /^[\\d,]+ of [\\d,]+/.test(text))"""


def steps(page: Page, address: str, name: str, history: str) -> list[float]:
    """The times of some steps on one page."""
    page.goto(f"{address}/{name}?history={history}")
    settle(page)
    page.locator("h1").first.click()
    step(page)
    times = []
    for _ in range(STEPS):
        times.append(elapsed(lambda: step(page)))
        page.wait_for_timeout(200)
    return times


def drawn(page: Page) -> None:
    """Until every chart of the page is drawn."""
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            const ran = app && app.getAttribute('data-test-script-state') === 'notRunning';
            const charts = [...document.querySelectorAll('.am-chart')];
            return ran && !document.querySelector('[data-testid="stSkeleton"]') && charts.every((c) => c.dataset.draws);
        }"""
    )


def switch(page: Page, name: str) -> None:
    """To another page by its link, until its charts are drawn."""
    title = page.locator("h1").first.inner_text()
    page.locator(f'a[href*="/{name}"]').first.click()
    expect(page.locator("h1").first).not_to_have_text(title)
    drawn(page)


def line(name: str, times: list[float], floor: float) -> str:
    """One row of the table."""
    ordered = sorted(times)
    median, late = statistics.median(ordered), ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{name:<34}{median:>9,.0f} ms{late:>11,.0f} ms{median / floor:>9.1f}"


def growing(page: Page, folder: Path) -> list[float]:
    """From the write of a cycle to its number on the screen."""
    path, hour, times = folder / "growing.jsonl", int(time.time()) // 3600 * 3600, []
    with HistoryRecorder(path) as recorder:
        for back in range(60, 0, -1):
            recorder.append(snapshot(hour - 3600 * back, signal(1, "A", 0.5), signal(2, "B", 0.5)))
        with dashboard_over([path]) as address:
            page.goto(f"{address}/weights?history=growing")
            settle(page)
            place = page.get_by_text(PLACE).first
            for count in range(61, 69):
                page.wait_for_timeout(150 * (count % 7))

                def appear(count: int = count) -> None:
                    recorder.append(snapshot(hour + count, signal(1, "A", 0.5), signal(2, "B", 0.5)))
                    expect(place).to_contain_text(f"{count} of {count}", timeout=20_000)

                times.append(elapsed(appear))
            page.goto("about:blank")
    return times


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made)
        os.environ["ALPHA_MODEL_CACHE"] = str(folder / "cache")
        write_record(large_history(count), folder / "large.jsonl.zst")
        write_record(large_history(5), folder / "small.jsonl.zst")
        chromium = find_chromium(playwright)
        if chromium is None:
            sys.exit("no Chromium: install one, or name one in the environment variable CHROMIUM")
        browser = launch(playwright, chromium)
        page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
        page.set_default_timeout(300_000)
        with dashboard_over([folder / "small.jsonl.zst", folder / "large.jsonl.zst"]) as address:
            page.goto(f"{address}/cycles?history=small")
            settle(page)
            forward = ["ArrowLeft", "ArrowRight"]
            floor_times = []
            for number in range(STEPS):
                before = page.evaluate(_DOCK)
                start = time.perf_counter()
                page.keyboard.press(forward[number % 2])
                page.wait_for_function(f"before => ({_DOCK})() !== before", arg=before)
                floor_times.append((time.perf_counter() - start) * 1e3)
                page.wait_for_timeout(200)
            floor = statistics.median(floor_times)
            print(f"{count:,} cycles × 100 pairs\n{'':<34}{'median':>12}{'95th':>14}{'× floor':>9}")
            print(line("floor: a step over five cycles", floor_times, floor))
            first = elapsed(lambda: (page.goto(f"{address}/?history=large"), drawn(page)))  # type: ignore[func-returns-value]
            print(line("first opening, all charts", [first], floor))
            again = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
            number = elapsed(lambda: (again.goto(f"{address}/?history=large"), again.wait_for_selector("h1")))  # type: ignore[func-returns-value]
            print(line("another viewer, first number", [number], floor))
            print(line("another viewer, all charts", [number + elapsed(lambda: drawn(again))], floor))
            for name in PAGES:
                elapsed(lambda name=name: switch(page, name))
            print(line("page switch, visited before", [elapsed(lambda n=n: switch(page, n)) for n in PAGES], floor))
            for name in PAGES:
                print(line(f"cycle step on {name}", steps(page, address, name, "large"), floor))
        print(line("write to screen, recorder file", growing(page, folder), floor))
        browser.close()


if __name__ == "__main__":
    main()
