"""Does docs/dashboard.md name every page, window, setting and limit that the dashboard has?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alpha_model.analysis.cycles import INTEREST_MEANINGS, Interest
from alpha_model.analysis.cycles.interesting import QUIET
from dashboard.app import TITLES
from dashboard.cursor import BUCKETS, MARKS
from dashboard.data import LIVE_LIMIT, SUFFIXES
from dashboard.live import LIVE_FOR
from dashboard.opened import AUDITED
from dashboard.selection import WINDOWS
from dashboard.settings import Settings
from dashboard.views import compare, cycles, flags, health, moves, pair, size_risk, thresholds, weights
from dashboard.views.cycle import TABS

PAGE = (Path(__file__).parents[1] / "docs" / "dashboard.md").read_text()
WORDS = " ".join(PAGE.split())
ROWS = dict(re.findall(r"^\| ([^|`]+?) \| (.+) \|$", PAGE, re.MULTILINE))


def test_every_page_is_listed_in_the_order_of_the_app() -> None:
    assert [name for name in ROWS if name in TITLES.values()] == list(TITLES.values())


@pytest.mark.parametrize(
    "view",
    [compare, cycles, flags, health, moves, pair, size_risk, thresholds, weights],
    ids=lambda view: view.__name__,
)
def test_page_answers_the_question_that_it_shows(view) -> None:
    name = TITLES[view.__name__.rpartition(".")[2]]
    assert ROWS[name].startswith(view.QUESTION)


def test_every_tab_of_a_cycle_is_named() -> None:
    told = ROWS["Cycle"].lower().replace("every pair", "pairs")
    assert [tab for tab in TABS if tab.lower() not in told] == []


def test_every_window_is_named() -> None:
    assert [name for name in WINDOWS if f"`{name}`" not in ROWS["Window"]] == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_listed_with_its_variable_and_default(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    assert f"`ALPHA_MODEL_DASHBOARD_{name.upper()}`" in row
    default = Settings.model_fields[name].default
    assert not isinstance(default, int) or f"| {str(default).lower()} |" in row


def test_limits_are_those_of_the_program() -> None:
    assert f"more than {BUCKETS}, a stripe" in WORDS
    assert f"at most {MARKS}." in WORDS
    assert f"in the {QUIET} cycles before" in WORDS
    assert f"more than {AUDITED:,} signals" in WORDS
    assert f"up to {LIVE_LIMIT // 1_000_000} MB only the new lines" in WORDS
    assert LIVE_FOR.days == 7
    assert f"up to {Settings.model_fields['max_upload_mb'].default} MB" in WORDS
    assert all(suffix in WORDS for suffix in {part for name in SUFFIXES for part in re.findall(r"[.]\w+", name)})


def test_what_makes_a_cycle_notable_is_told_in_full() -> None:
    told = WORDS[WORDS.index("A cycle is notable when") : WORDS.index("The mark at the end of the dock")]
    assert told.count(" when ") == len(INTEREST_MEANINGS) == len(Interest)
