"""The app under test, and the files it is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.settings import APP

OpenApp = Callable[..., AppTest]


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenApp:
    """Run the app over the files, with or without samples, and choose one of them."""
    st.cache_resource.clear()

    def run(*files: Path, samples: Path | None = None, page: str | None = None, **query: str) -> AppTest:
        monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_FILES", json.dumps([str(path) for path in files]))
        monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_SAMPLES", str(samples or tmp_path / "none"))
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        if page is not None:
            app.switch_page(page).run()
        return app

    return run


def texts(app: AppTest) -> str:
    """Everything that the page says."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.text, app.error, app.warning, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind) + "\n".join(
        str(element.proto.body) for element in app.get("html")
    )
