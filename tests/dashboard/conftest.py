"""The app under test, over files of the test's choice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import streamlit as st
from apps import OpenApp
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.settings import APP


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenApp:
    """Run the app over the files; without `samples` it has none."""
    st.cache_resource.clear()

    def run(*files: Path, samples: Path | None = None, page: str = "overview", **query: str) -> AppTest:
        monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_FILES", json.dumps([str(path) for path in files]))
        monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_SAMPLES", str(samples or tmp_path / "none"))
        monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_NATIVE_CHARTS", "true")
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        if page != "overview":
            app._page_hash = page_hash(page)
        return app.run()

    return run


def page_hash(url_path: str) -> str:
    """How Streamlit knows a page that is a function; AppTest itself only switches to pages that are files."""
    return calc_hash(url_path)
