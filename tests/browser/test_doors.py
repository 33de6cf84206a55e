"""What a page of somebody else gets out of a browser that can reach the dashboard: nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from browsing import STRANGER  # noqa: E402 - only where playwright is there
from playwright.sync_api import Browser, Page  # noqa: E402 - the same

from dashboard.plotly_js import PATH  # noqa: E402 - the same

pytestmark = pytest.mark.browser

ASK = """async (address) => {
    const told = {};
    told.fetched = await fetch(address + '/_stcore/health').then(() => 'answered', () => 'refused');
    told.stream = await new Promise((resolve) => {
        const stream = new WebSocket(address.replace('http', 'ws') + '/_stcore/stream', ['streamlit']);
        stream.onopen = () => resolve('answered');
        stream.onerror = () => resolve('refused');
    });
    told.script = await new Promise((resolve) => {
        const script = document.createElement('script');
        script.onload = () => resolve('answered');
        script.onerror = () => resolve('refused');
        script.src = address + SCRIPT;
        document.head.append(script);
    });
    return told;
}""".replace("SCRIPT", repr(PATH))
REFUSED = {"fetched": "refused", "stream": "refused", "script": "refused"}


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A page of somebody else, under a name that leads to this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>stranger</title><body></body>")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://{STRANGER}:{server.server_address[1]}/")
    yield page
    context.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_dashboard_is_not_there_under_a_foreign_name(stranger: Page, address: str) -> None:
    answer = stranger.goto(f"http://{STRANGER}:{urlsplit(address).port}/")
    assert answer is not None
    assert answer.status == 403
    assert "--allow-host" in stranger.inner_text("body")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", STRANGER])
def test_page_of_a_stranger_reads_nothing(stranger: Page, address: str, host: str) -> None:
    assert stranger.evaluate(ASK, f"http://{host}:{urlsplit(address).port}") == REFUSED


def test_page_of_another_port_of_this_machine_reads_nothing(stranger: Page, address: str) -> None:
    stranger.goto(stranger.url.replace(STRANGER, "127.0.0.1"))
    assert stranger.evaluate(ASK, address) == REFUSED


def test_dashboard_is_not_shown_in_a_frame(stranger: Page, address: str) -> None:
    stranger.evaluate(
        "address => document.body.append(Object.assign(document.createElement('iframe'), {src: address}))", address
    )
    stranger.wait_for_timeout(1_000)
    (frame,) = stranger.frames[1:]
    assert frame.url.startswith("chrome-error:")
