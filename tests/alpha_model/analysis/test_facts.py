"""What is derived from a history is derived once, and a part has it from the whole."""

from __future__ import annotations

import gc
import weakref
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from histories import EVERY, make_history

from alpha_model import analysis
from alpha_model.analysis import (
    allocation,
    audit_report,
    cycle_funnel,
    cycle_metrics,
    cycle_outcomes,
    cycle_settings,
    explain_pairs,
    facts_of,
    ledger,
)
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.metrics import turnover
from alpha_model.analysis.pairs import held_shares, moves_usd, target_shares
from alpha_model.history import History, read_history

ROW = {"signal": 1.0, "raw_weight": 1.0, "position_target": 100.0, "old_value": 0.0, "position_adjust_usd": 100.0}
MANY = [path for path in EVERY if "odd" not in path.name][:6]


@pytest.fixture
def history() -> History:
    rows = [ROW | {"cycle": cycle, "pair_id": pair} for cycle in (0, 1, 2) for pair in (1, 2)]
    return make_history([row | {"signal": float(row["pair_id"]), "raw_weight": row["cycle"] + 1.0} for row in rows], 3)


def test_facts_are_made_once_and_live_with_their_history(history: History) -> None:
    facts = facts_of(history)
    assert facts_of(facts) is facts
    for name in (
        "plan",
        "flips",
        "executed",
        "recorded",
        "settings",
        "ledger",
        "reasons",
        "outcomes",
        "book",
        "returns",
    ):
        assert getattr(facts, name) is getattr(facts_of(history), name), name
    assert facts.column("signal") is facts.board.row("signal") is Sheet(history).column("signal")
    assert facts.wide("signal") is facts.board.signal is facts_of(history).board.signal
    assert Sheet(history).raw_shares is Sheet(history).raw_shares
    assert facts_of(History(history.tables)).plan is not facts.plan


def test_history_that_is_dropped_takes_its_facts_along(history: History) -> None:
    part = history.between(history.timestamps[1], None)
    for question in (ledger, explain_pairs, cycle_metrics, audit_report):
        question(part)
    gone = weakref.ref(part)
    gc.collect()
    gc.disable()
    try:
        del part
        assert gone() is None
    finally:
        gc.enable()


def test_face_takes_a_history_or_its_facts(history: History) -> None:
    shares = (allocation, target_shares, held_shares, moves_usd)
    for question in (
        cycle_outcomes,
        cycle_settings,
        ledger,
        explain_pairs,
        turnover,
        cycle_metrics,
        cycle_funnel,
        *shares,
    ):
        pd.testing.assert_frame_equal(question(history), question(facts_of(history)))


def test_frame_that_a_caller_changes_is_the_callers_own(history: History) -> None:
    for question in (cycle_outcomes, cycle_settings, ledger, explain_pairs, cycle_metrics, moves_usd, allocation):
        before = question(history)
        changed = question(history)
        for name in changed.select_dtypes("number"):
            changed.loc[changed.index[0], name] = 77
        pd.testing.assert_frame_equal(question(history), before)


@pytest.mark.parametrize("path", MANY, ids=lambda path: path.name)
def test_part_has_the_facts_of_the_whole(path: Path) -> None:
    """One cycle, a window, one pair, and one pair in a window: shares, ranks, settings and fills are of the whole."""
    whole = read_history(path)
    window = whole.between(whole.timestamps[len(whole) // 3], whole.timestamps[-1])
    pair = int(whole.pair_ids[0])
    every = explain_pairs(whole).join(ledger(whole).add_suffix(" of ledger"))
    for part in (whole.cycle(int(whole.cycle_numbers[-1])), window, whole.pair(pair), window.pair(pair)):
        there = every["cycle"].isin(part.cycle_numbers) & every["pair_id"].isin(part.pair_ids)
        found = explain_pairs(part).join(ledger(part).add_suffix(" of ledger"))
        pd.testing.assert_frame_equal(found, every[there].reset_index(drop=True))
        settings = cycle_settings(whole)
        those = settings[settings["cycle"].isin(part.cycle_numbers)].reset_index(drop=True)
        pd.testing.assert_frame_equal(cycle_settings(part), those)


def test_part_keeps_views_of_the_whole_and_no_copies(history: History) -> None:
    part = facts_of(history.between(history.timestamps[1], history.timestamps[2]))
    whole = facts_of(history)
    for mine, its in ((part.executed, whole.executed), (part.settings, whole.settings)):
        arrays = [each.name for each in fields(mine) if isinstance(getattr(mine, each.name), np.ndarray)]
        assert arrays
        assert [name for name in arrays if not np.shares_memory(getattr(mine, name), getattr(its, name))] == []


def test_names_of_the_last_release_answer_with_a_warning(history: History) -> None:
    one = history.at(history.timestamps[0])
    for name, arguments, fact in (
        ("ledger_of", (history,), facts_of(history).ledger),
        ("ledger_within", (one, history), facts_of(one).ledger),
        ("settings_of", (history,), facts_of(history).settings),
        ("settings_within", (one, history), facts_of(one).settings),
    ):
        with pytest.warns(DeprecationWarning, match=rf"{name}\(\) is facts_of\(history\)\."):
            answers = getattr(analysis, name)
        assert answers(*arguments) is fact
    with pytest.raises(AttributeError, match="has no attribute 'ledgers'"):
        analysis.ledgers  # noqa: B018


def test_book_at_hand_is_taken_with_a_warning(history: History) -> None:
    book = facts_of(history).ledger
    for given in ({"book": book}, {"book": None}):
        with pytest.warns(DeprecationWarning, match=r"cycle_funnel\(\) needs no `book`"):
            pd.testing.assert_frame_equal(cycle_funnel(history, **given), cycle_funnel(history))
    with pytest.warns(DeprecationWarning, match=r"cycle_metrics\(\) needs no `book`"):
        pd.testing.assert_frame_equal(cycle_metrics(history, book), cycle_metrics(history))
