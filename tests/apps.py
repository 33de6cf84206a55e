"""What tests of the app ask it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.app import TITLES
from dashboard.settings import APP
from dashboard.views.cycle import TABS

PLACES = [*((page, {}) for page in TITLES), *(("cycle", {"tab": tab}) for tab in list(TABS)[1:])]
"""Every page, and every tab of the page Cycle: the page, and what stands behind the question mark of its address."""


class OpenApp(Protocol):
    """The fixture `open_app`."""

    def __call__(self, *files: object, samples: object = None, page: str = "overview", **query: str) -> AppTest: ...


def environment(files: Sequence[Path], samples: Path) -> dict[str, str]:
    """What the environment says to an app over these files."""
    return {
        "ALPHA_MODEL_DASHBOARD_FILES": json.dumps([str(path) for path in files]),
        "ALPHA_MODEL_DASHBOARD_SAMPLES": str(samples),
        "ALPHA_MODEL_DASHBOARD_NATIVE_CHARTS": "true",
    }


def run_app(page: str, query: Mapping[str, str]) -> AppTest:
    """The app at this address, over what the environment says."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    if page != "overview":
        app._page_hash = page_hash(page)
    return app.run()


def forget_histories() -> None:
    """Open every history anew."""
    st.cache_resource.clear()


def page_hash(url_path: str) -> str:
    """How Streamlit knows a page that is a function; AppTest itself only switches to pages that are files."""
    return calc_hash(url_path)


def is_sound(app: AppTest) -> bool:
    """Did every part of the page work?"""
    return not app.exception and "This part failed" not in texts(app)


def texts(app: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = (app.title, app.header, app.markdown, app.caption, app.text, app.error, app.warning, app.info)
    said = [str(element.value) for kind in kinds for element in kind]
    return "\n".join([*said, *(str(element.proto.body) for element in app.get("html"))])
