"""Does the page Compare offer what would let more be compared, and say which side is which?"""

from __future__ import annotations

from pathlib import Path

import pytest
from apps import OpenApp
from histories import SAMPLES

GROWS = next(path for path in SAMPLES if path.name.startswith("momentum_outgrows"))
STAGES = "The stages of the decision and how many cycles differ at each"


@pytest.fixture
def tables(tmp_path: Path) -> list[Path]:
    """Two tables of the same weights, of another quote and seven seconds apart."""
    paths = []
    for name, quote, seconds in (("live", "USDT", 7), ("back", "USDC", 0)):
        days = [f"2026-01-0{day}T00:00:{seconds:02}Z,0.{day},0.{9 - day}" for day in (5, 6, 7)]
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text("\n".join([f"timestamp,BTC-{quote},ETH-{quote}", *days]))
    return paths


def texts(app) -> str:
    return " ".join(each.value for each in app.text)


def test_what_would_let_more_be_compared_is_one_press_away(open_app: OpenApp, tables: list[Path]) -> None:
    app = open_app(*tables, page="compare", **{"with": "back"})
    assert "share no cycle" in texts(app)
    assert STAGES not in [table.proto.alt for table in app.dataframe]
    app.button(key="take_tolerance").click().run()
    assert app.text_input(key="tolerance").value == "10s"
    assert STAGES in [table.proto.alt for table in app.dataframe]
    app.button(key="take_match").click().run()
    assert "agree in all 3 cycles" in texts(app)
    assert "BTC-USDT with BTC-USDC" in texts(app)
    assert not [button for button in app.button if (button.key or "").startswith("take_")]


def test_tolerance_that_is_no_time_is_said(open_app: OpenApp, tables: list[Path]) -> None:
    app = open_app(*tables, page="compare", **{"with": "back", "tolerance": "soon"})
    assert "That is no tolerance. Write it as 10s, 5min or 1h." in [each.value for each in app.info]


def test_two_cycles_of_one_history_are_before_and_after(open_app: OpenApp) -> None:
    app = open_app(GROWS, page="compare", cycle="2017-05-30T00:00Z")
    assert any(each.value.startswith("Before: ") and " After: " in each.value for each in app.caption)
    assert " before and not after" in texts(app)
