"""The app: which history, which page, and what happens when something goes wrong."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from alpha_model.values import AlphaModelError
from dashboard import data
from dashboard.components.back import keep_history
from dashboard.cursor import GO_TO, show_dock
from dashboard.live import lateness, show_live
from dashboard.opened import OpenHistory
from dashboard.plotly_js import is_served
from dashboard.selection import Selection, asked_in_vain, choose, choose_source, open_source
from dashboard.settings import Settings, load_settings
from dashboard.views import (
    compare,
    cycle,
    cycles,
    flags,
    health,
    moves,
    overview,
    pair,
    size_risk,
    thresholds,
    unreadable,
    weights,
    welcome,
)
from dashboard.waiting import shown_progress

log = logging.getLogger("dashboard")

ASSETS = Path(__file__).parent / "assets"
UPLOADS = "uploads"
NO_SUCH_HISTORY = (
    "this server has no history of that name. The link may be to an upload of somebody else, or to a file that the "
    "server was started with then. Choose one from the list, or open the file."
)

Page: TypeAlias = Callable[[OpenHistory, Selection], None]
Contents: TypeAlias = dict[str, Callable[[], None]]
"""What each page draws, by its address."""

PAGES: dict[str, tuple[str, Page]] = {
    "overview": ("Overview", overview.render),
    "cycle": ("Cycle", cycle.render),
    "cycles": ("Cycles", cycles.render),
    "pair": ("Pair", pair.render),
    "weights": ("Weights", weights.render),
    "moves": ("Moves", moves.render),
    "size_risk": ("Size risk", size_risk.render),
    "thresholds": ("Thresholds", thresholds.render),
    "flags": ("Flags", flags.render),
    "health": ("Health", health.render),
}
"""Every page by its address: its name, and what draws it. A new page is one file in `views` and one line here."""

TITLES = {**{path: title for path, (title, _) in PAGES.items()}, "compare": "Compare"}
"""The name of every page; Compare is drawn with a second history."""

MOVED = {"weight_diffs": "moves"}
"""Pages by the address that they had before: links to it still open them."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What is to be drawn beside the sidebar.

    Args:
        contents: What each page draws.
        dock: What lies at the foot of every page.
        live: What is said above every page while the record grows.
        native: Nothing of our own runs in the browser.
    """

    contents: Contents
    dock: Callable[[], None] = lambda: None
    live: Callable[[], None] = lambda: None
    native: bool = False


def main() -> None:
    """Draw the app once."""
    st.set_page_config(page_title="Alpha model", page_icon=ASSETS / "icon.svg", layout="wide")
    st.logo(ASSETS / "wordmark.svg", icon_image=ASSETS / "icon.svg", size="medium")
    st.html(f"<style>{(ASSETS / 'page.css').read_text()}</style>")
    desk = Desk(on_every_page(unreadable.render_nothing))
    place = st.empty()
    with st.sidebar, boundary(), shown_progress(place) as progress:
        desk = sidebar(load_settings(), progress)
    pages = {
        path: st.Page(desk.contents[path], title=title, url_path=path, default=path == "overview")
        for path, title in TITLES.items()
    }
    former = [
        st.Page(desk.contents[path], title=TITLES[path], url_path=old, visibility="hidden")
        for old, path in MOVED.items()
    ]
    page = st.navigation([*pages.values(), *former], position="top")
    if GO_TO in st.session_state:  # the query is named because some widgets are bound to it
        st.switch_page(pages[st.session_state.pop(GO_TO)], query_params={})
    if not desk.native:
        keep_history(page.url_path)
    with boundary():
        desk.dock()
    with boundary():
        desk.live()
    with boundary():
        page.run()


def sidebar(settings: Settings, progress: data.Progress) -> Desk:
    """Draw the widgets that pages share; gives what is to be drawn then."""
    chooser = st.container()
    uploads = st.file_uploader(
        "Open a file",
        accept_multiple_files=True,
        key=UPLOADS,
        on_change=partial(choose_newest_upload, settings),
        max_upload_size=settings.max_upload_mb,
        help="A state file or a recorder file (.json or .jsonl, also with .gz or .zst), or a table of weights (.csv, "
        "also with .gz or .zst, or .parquet). It is held in memory; name larger ones on the command line.",
    )
    listed = data.list_histories(settings, uploads)
    first = next((name for name, entry in listed.items() if entry.origin != "sample"), None)
    with chooser:
        name = choose_source(list(listed), first)
    missing = asked_in_vain(list(listed))
    if missing:
        return Desk(on_every_page(partial(unreadable.render, missing, NO_SUCH_HISTORY)))
    if name is None or name not in listed:
        samples = [entry.name for entry in listed.values() if entry.origin == "sample"]
        return Desk(on_every_page(partial(welcome.render, samples, data.sample_notes(settings))))
    try:
        opened = data.open_history(listed[name], settings, progress)
    except AlphaModelError as error:
        log.warning("%s cannot be opened: %s", name, error)
        uploaded = listed[name].origin == "upload"
        remedy = unreadable.REPAIRED_UPLOAD if uploaded else unreadable.REPAIRED_FILE
        return Desk(on_every_page(partial(unreadable.render, name, str(error), remedy)))
    style = opened.style
    with chooser:
        native = settings.native_charts or not is_served()
        selection = choose(opened.history, style.labels, style.ranks, name, native=native)
        selection = replace(selection, late=lateness(listed[name], opened.history))
    contents: Contents = {path: partial(draw, opened, selection) for path, (_, draw) in PAGES.items()}
    others = {other: listed[other] for other in listed if other != name}
    contents["compare"] = partial(compare.render, opened, selection, others, partial(open_other, others, settings))
    seen = opened.between(selection.start, selection.end)
    live = partial(show_live, listed[name], opened, settings, seen)
    return Desk(contents, partial(show_dock, seen, selection), live, native)


def open_other(others: Mapping[str, data.Listed], settings: Settings, name: str) -> OpenHistory:
    """A second history, to compare with the first."""
    return data.open_history(others[name], settings)


def choose_newest_upload(settings: Settings) -> None:
    """What was just uploaded is what the viewer wants to see (a callback)."""
    listed = data.list_histories(settings, st.session_state[UPLOADS])
    names = [name for name, entry in listed.items() if entry.origin == "upload"]
    if names:
        open_source(names[-1])


def on_every_page(draw: Callable[[], None]) -> Contents:
    """The same on every page."""
    return dict.fromkeys(TITLES, draw)


@contextmanager
def boundary() -> Iterator[None]:
    """Whatever goes wrong within is logged and said, and the rest of the app goes on working."""
    try:
        yield
    except (RerunException, StopException):
        raise  # how Streamlit itself leaves a script
    except Exception as error:
        log.exception("a part of the app failed")
        st.error("This part failed; the log has the details. Other pages and histories go on working.")
        st.text(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
