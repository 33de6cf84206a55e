"""The share of one more signal: all at once is what weighing each one beside the chosen ones gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.rules import BUILT_IN, Method, normalise, share_beside

NAMES = st.sampled_from(sorted(BUILT_IN))
SIGNALS = st.lists(st.tuples(st.sampled_from([0.0, 0.25, -1.0, 1.0, 2.0, 3.5]), st.booleans()), min_size=1, max_size=7)


@pytest.mark.parametrize(
    ("name", "share"),
    [
        # beside 4 and 1 a signal of 3 is second of three: 1/2 of 1 + 1/2 + 1/3
        ("weight_by_1_slash_n", 3 / 11),
        ("weight_by_1_slash_n_ascending", 3 / 11),
        ("weight_passthrough", 3 / 8),
        ("weight_equal", 1 / 3),
        ("weight_by_blend", (1 / 3 + 3 / 8) / 2),
        ("weight_by_1_slash_signal", (1 / 3) / (1 / 4 + 1 + 1 / 3)),
    ],
)
def test_share_of_one_more_signal(name: str, share: float) -> None:
    found = share_beside(Method(name), np.array([[4.0, 1.0, -3.0, 0.0]]), np.array([[True, True, False, False]]))
    assert found[0, 2] == pytest.approx(share)
    assert np.isnan(found[0, 3])


@given(NAMES, SIGNALS)
def test_share_beside_is_weighing_each_one_beside_the_chosen(name: str, row: list[tuple[float, bool]]) -> None:
    signals = np.array([[signal for signal, _ in row]])
    chosen = np.array([[taken and signal != 0 for signal, taken in row]])
    found = share_beside(Method(name), signals, chosen)
    for place in np.flatnonzero((signals[0] != 0) & ~chosen[0]):
        there = chosen.copy()
        there[0, place] = True
        assert found[0, place] == pytest.approx(normalise(Method(name).weigh(signals, there))[0, place], rel=1e-12)


def test_share_beside_is_unknown_under_a_method_of_somebody_else() -> None:
    found = share_beside(Method("mine", source="abc"), np.array([[1.0, 2.0]]), np.array([[True, False]]))
    assert np.isnan(found).all()
