"""The app: which history, which page, and what happens when something goes wrong."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import streamlit as st

from alpha_model.errors import AlphaModelError
from dashboard import data
from dashboard.opened import OpenHistory
from dashboard.selection import Selection, choose, choose_source, open_source
from dashboard.settings import Settings, load_settings
from dashboard.views import cycles, overview, unreadable, welcome

log = logging.getLogger("dashboard")

ASSETS = Path(__file__).parent / "assets"
UPLOADS = "uploads"

Page: TypeAlias = Callable[[OpenHistory, Selection], None]
Contents: TypeAlias = dict[str, Callable[[], None]]
"""What each page draws, by its address."""

PAGES: dict[str, tuple[str, Page]] = {
    "overview": ("Overview", overview.render),
    "cycles": ("Cycles", cycles.render),
}


def main() -> None:
    """Draw the app once."""
    st.set_page_config(page_title="Alpha model", page_icon=ASSETS / "icon.svg", layout="wide")
    st.logo(ASSETS / "wordmark.svg", icon_image=ASSETS / "icon.svg", size="medium")
    st.html(f"<style>{(ASSETS / 'page.css').read_text()}</style>")
    contents = on_every_page(unreadable.render_nothing)
    with st.sidebar, boundary():
        contents = sidebar(load_settings())
    page = st.navigation(
        [
            st.Page(contents[path], title=title, url_path=path, default=path == "overview")
            for path, (title, _) in PAGES.items()
        ],
        position="top",
    )
    with boundary():
        page.run()


def sidebar(settings: Settings) -> Contents:
    """Draw the widgets that pages share; gives what the pages draw then."""
    chooser = st.container()
    uploads = st.file_uploader(
        "Open a file",
        accept_multiple_files=True,
        key=UPLOADS,
        on_change=partial(choose_newest_upload, settings),
        max_upload_size=settings.max_upload_mb,
        help="A state file or a recorder file: .json or .jsonl, also with .gz or .zst. It is held in memory; "
        "name larger ones on the command line.",
    )
    listed = data.list_histories(settings, uploads)
    first = next((name for name, entry in listed.items() if entry.origin != "sample"), None)
    with chooser:
        name = choose_source(list(listed), first)
    if name is None or name not in listed:
        samples = [entry.name for entry in listed.values() if entry.origin == "sample"]
        return on_every_page(partial(welcome.render, samples, data.sample_notes(settings)))
    try:
        opened = data.open_history(listed[name], settings)
    except AlphaModelError as error:
        log.warning("%s cannot be opened: %s", name, error)
        return on_every_page(partial(unreadable.render, name, str(error)))
    style = opened.style
    with chooser:
        selection = choose(opened.history, style.labels, style.ranks)
    return {path: partial(render, opened, selection) for path, (_, render) in PAGES.items()}


def choose_newest_upload(settings: Settings) -> None:
    """What was just uploaded is what the viewer wants to see (a callback)."""
    listed = data.list_histories(settings, st.session_state[UPLOADS])
    names = [name for name, entry in listed.items() if entry.origin == "upload"]
    if names:
        open_source(names[-1])


def on_every_page(draw: Callable[[], None]) -> Contents:
    """The same on every page."""
    return dict.fromkeys(PAGES, draw)


@contextmanager
def boundary() -> Iterator[None]:
    """Whatever goes wrong within is logged and said, and the rest of the app goes on working."""
    try:
        yield
    except Exception as error:
        log.exception("a part of the app failed")
        st.error("This part failed; the log has the details. Other pages and histories go on working.")
        st.text(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
