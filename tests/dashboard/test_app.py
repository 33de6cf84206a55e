"""The app over every history there is, and over damaged ones."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenApp, texts
from histories import REAL, SAMPLES
from streamlit.testing.v1 import AppTest

PAGES = (None, "cycles")
FIGURES = 5
NO_ALPHA_MODEL = "no-alpha-model.json"


def snapshot(timestamp: int, **fields: Any) -> dict[str, Any]:
    """A cycle of the reference framework without signals."""
    return {"timestamp": timestamp, "raw_signals": {}, "signals": {}, "investable_equity": 1000.0, **fields}


def write_state(path: Path, *cycles: dict[str, Any]) -> Path:
    state = {"visualisation": {"calculations": {str(cycle["timestamp"]): cycle for cycle in cycles}}}
    path.write_text(json.dumps(state))
    return path


def assert_sound(app: AppTest) -> None:
    assert not app.exception
    assert "This page failed" not in texts(app)


@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_every_history_has_an_overview_and_cycles(open_app: OpenApp, path: Path) -> None:
    app = open_app(path)
    assert_sound(app)
    if path.name == NO_ALPHA_MODEL:
        assert "This history cannot be opened" in texts(app)
        assert "without an alpha model" in texts(app)
        return
    assert len(app.get("plotly_chart")) == FIGURES
    assert [metric.label for metric in app.metric][:2] == ["Cycles", "First decision"]
    specs = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert all(spec["layout"]["title"]["text"] for spec in specs)


@pytest.mark.parametrize("path", [*SAMPLES[:2], *REAL[:3]], ids=lambda path: path.name)
def test_cycles_page_takes_the_last_cycle_apart(open_app: OpenApp, path: Path) -> None:
    app = open_app(path, page="views/cycles.py") if False else open_app(path)
    app = go_to_cycles(app)
    assert_sound(app)
    assert app.title[0].value == "Cycles"
    assert len(app.dataframe) >= 2
    assert app.subheader[0].value.startswith("On ")


def go_to_cycles(app: AppTest) -> AppTest:
    """AppTest cannot switch to pages that are functions, so the page's hash is asked for."""
    from streamlit.util import calc_hash

    app._page_hash = calc_hash("cycles")
    return app.run()
