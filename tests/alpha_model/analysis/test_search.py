"""Which cycles a query finds: by hand, and against a slow and obvious search of every history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from histories import EVERY, make_history, moment

from alpha_model.analysis import CycleQuery, cycle_outcomes, find_cycles
from alpha_model.analysis.cycles import flag_names
from alpha_model.history import History, read_history

SIGNALS = [
    {"cycle": 0, "pair_id": 1, "position_adjust_usd": 900.0, "flags": ["capped_by_pool_size"]},
    {"cycle": 0, "pair_id": 2, "position_adjust_usd": -20.0, "flags": ["made_up_by_a_strategy"]},
    {"cycle": 1, "pair_id": 1, "position_adjust_usd": 5.0},
    {"cycle": 1, "pair_id": 2, "position_adjust_usd": -500.0},
    {"cycle": 2, "pair_id": 2, "selected": False, "position_adjust_usd": 0.0},
]
CYCLES: list[dict[str, Any]] = [{"message": "Too RISKY"}, {}, {"message": "100 % risk_free"}]
HISTORY = make_history(SIGNALS, CYCLES)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CycleQuery(), [0, 1, 2]),
        (CycleQuery(flags=("capped_by_pool_size",)), [0]),
        (CycleQuery(flags=("made_up_by_a_strategy", "closed")), [0]),
        (CycleQuery(flags=("never_raised",)), []),
        (CycleQuery(pair_ids=(2,)), [0, 1]),  # in the last cycle it was only looked at
        (CycleQuery(at_least_usd=500.0), [0, 1]),
        (CycleQuery(at_least_usd=500.0, pair_ids=(1,)), [0]),
        (CycleQuery(at_least_usd=500.0, pair_ids=(2,)), [1]),
        (CycleQuery(flags=("capped_by_pool_size",), pair_ids=(2,)), []),  # the flag is on the other pair
        (CycleQuery(words="risk"), [0, 2]),
        (CycleQuery(words="k_f"), [2]),  # neither a pattern nor a wildcard
        (CycleQuery(words="%"), [2]),
        (CycleQuery(words=".*"), []),
        (CycleQuery(words="risk", at_least_usd=1.0), [0]),
    ],
)
def test_query_finds_the_cycles_that_it_describes(query: CycleQuery, found: list[int]) -> None:
    assert find_cycles(HISTORY, query).tolist() == found


def test_report_between_two_cycles_belongs_to_the_one_before() -> None:
    late = pd.Timestamp(moment(1)) + pd.Timedelta(hours=3)
    early = pd.Timestamp(moment(0)) - pd.Timedelta(hours=3)
    messages = make_history(SIGNALS, CYCLES).tables.messages.from_pydict(
        {"timestamp": [early, late], "message": ["found early", "found late"]}, schema=HISTORY.tables.messages.schema
    )
    history = History(replace(HISTORY.tables, messages=messages), HISTORY.source)
    assert find_cycles(history, CycleQuery(words="found late")).tolist() == [1]
    assert find_cycles(history, CycleQuery(words="found early")).tolist() == []


def test_nothing_is_found_in_nothing() -> None:
    nothing = HISTORY.between("2030-01-01", None)
    assert find_cycles(nothing, CycleQuery(words="risk", flags=("closed",), at_least_usd=1.0)).tolist() == []


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_search_agrees_with_reading_every_row(path: Path) -> None:
    history = read_history(path)
    if not len(history.signals):
        return
    rows = history.signals.assign(flags=flag_names(history))
    pair_id = int(rows["pair_id"].mode().iloc[0])
    largest = float(rows["position_adjust_usd"].abs().median())
    names = sorted({name for names in rows["flags"] for name in names})[:1]
    outcome = str(cycle_outcomes(history)["outcome"].iloc[-1])
    query = CycleQuery((outcome,), tuple(names), (pair_id,), largest)
    outcomes = dict(zip(history.cycle_numbers.tolist(), cycle_outcomes(history)["outcome"], strict=True))

    def fits(row: Any) -> bool:
        there = row.selected or row.position_adjust_usd or (pd.notna(row.old_value) and row.old_value)
        has_flag = not names or names[0] in row.flags
        is_large = abs(row.position_adjust_usd) >= largest
        return bool(there and has_flag and is_large and row.pair_id == pair_id and outcomes[row.cycle] == outcome)

    wanted = {row.cycle for row in rows.itertuples() if fits(row)}
    assert set(history.cycle_numbers[find_cycles(history, query)].tolist()) == wanted
