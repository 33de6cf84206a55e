"""A history in which a cycle, or every cycle, chose nothing: its answers have the same form as any other's."""

from __future__ import annotations

from importlib.metadata import entry_points

import pandas as pd
import pytest
from fuzzing.asking import COMMANDS, IN_THEIR_OWN_WAY, NOT_OF_A_HISTORY, OF_ONE_CYCLE, functions, kinds, questions
from histories import make_history

from alpha_model.cli import COMMANDS as ENTRY_POINTS
from alpha_model.history import History

CHOSEN = {"raw_weight": 1.0, "normalised_weight": 1.0, "old_weight": 0.0, "position_target": 100.0, "flags": ["new"]}
TOTALS = {"investable_equity": 100.0, "max_position_adjust_usd": 100.0, "position_adjust_threshold_usd": 10.0}
HISTORIES = {
    "first": make_history([{"cycle": 1, "pair_id": 1, **CHOSEN}], [TOTALS] * 2),
    "middle": make_history([{"cycle": cycle, "pair_id": 1, **CHOSEN} for cycle in (0, 2)], [TOTALS] * 3),
    "last": make_history([{"cycle": 0, "pair_id": 1, **CHOSEN}], [TOTALS] * 2),
    "all": make_history((), [TOTALS] * 3),
    "the only one": make_history((), [TOTALS]),
    "none, for there is none": History.empty(),
}
"""By which of its cycles are empty."""


def form_of_answers(history: History) -> dict[str, dict[str, str]]:
    answers = {name: ask() for name, ask in questions(history)}
    return {name: kinds(answer) for name, answer in answers.items() if isinstance(answer, pd.DataFrame)}


FULL = form_of_answers(make_history([{"pair_id": 1, **CHOSEN}, {"pair_id": 2, **CHOSEN}], [TOTALS]))


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_columns_hold_the_same_kind_of_value_where_a_cycle_is_empty(history: History) -> None:
    for name, columns in form_of_answers(history).items():
        differing = {column for column, kind in columns.items() if FULL[name].get(column, kind) != kind}
        assert not differing, name


def test_every_function_and_every_command_is_asked() -> None:
    assert {*IN_THEIR_OWN_WAY, *OF_ONE_CYCLE} <= functions().keys()
    assert {point.name for point in entry_points(group=ENTRY_POINTS)} == {
        *NOT_OF_A_HISTORY,
        *(words[0] for words in COMMANDS),
    }
