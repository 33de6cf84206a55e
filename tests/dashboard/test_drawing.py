"""How a reader looks at a history is the key under which its drawings are remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from histories import make_history, moment

from alpha_model.history import History
from dashboard.charts.theme import DARK, LIGHT, PairStyle
from dashboard.drawing import Look, Span
from dashboard.opened import OpenHistory

LABELS = {1: "A-USDC", 2: "B-USDC"}
LOOK = Look(PairStyle.of(LABELS, [1, 2]), LIGHT, (1,), Span(moment(0), moment(1)))


def times_drawn(*looks: Look) -> int:
    """How often one history draws for these looks, asked one after the other."""
    drawn = []

    def draw(_: History, look: Look) -> None:
        drawn.append(look)

    opened = OpenHistory(make_history(cycles=2))
    for look in looks:
        opened.ask(draw, look)
    return len(drawn)


def test_the_same_look_is_drawn_once() -> None:
    again = Look(LOOK.style, LIGHT, (1,), Span(moment(0), moment(1)))
    assert times_drawn(LOOK, again) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"style": PairStyle.of(LABELS, [1, 2])},  # of another history, though it looks alike
        {"theme": DARK},
        {"pair_ids": (2,)},
        {"pair_ids": ()},
        {"zoom": None},
        {"zoom": Span(moment(0), moment(2))},
    ],
)
def test_another_look_is_drawn_anew(changed: dict[str, Any]) -> None:
    assert times_drawn(LOOK, replace(LOOK, **changed), LOOK) == 2


def test_a_look_is_of_all_pairs_and_unzoomed_unless_said() -> None:
    assert Look(LOOK.style, DARK) == Look(LOOK.style, DARK, (), None)
