"""The app under test, over files of the test's choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from apps import OpenApp, environment, forget_histories, run_app
from streamlit.testing.v1 import AppTest


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenApp:
    """Run the app over the files; without `samples` it has none."""
    forget_histories()

    def run(*files: Path, samples: Path | None = None, page: str = "overview", **query: str) -> AppTest:
        for name, value in environment(files, samples or tmp_path / "none").items():
            monkeypatch.setenv(name, value)
        return run_app(page, query)

    return run
