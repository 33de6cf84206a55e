"""Weighting methods by hand, and what holds for all of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpha_model import (
    BadWeightsError,
    BadWeightsException,
    WeightError,
    check_normalised_weights,
    normalise_weights,
    weight_by_1_slash_n,
    weight_by_1_slash_n_ascending,
    weight_by_1_slash_signal,
    weight_by_blend,
    weight_by_log,
    weight_by_softmax,
    weight_equal,
    weight_passthrough,
    weight_passthrouh,
)

METHODS = [
    weight_by_1_slash_n,
    weight_by_1_slash_n_ascending,
    weight_by_1_slash_signal,
    weight_equal,
    weight_passthrough,
    weight_by_softmax,
    weight_by_blend,
    weight_by_log,
]

SIGNALS = {7: 0.5, 3: -2.0, 5: 1.0}

strengths = st.floats(1e-6, 1e6)
signals = st.dictionaries(st.integers(1, 1000), st.builds(math.copysign, strengths, st.sampled_from([1.0, -1.0])))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (weight_by_1_slash_n, {7: 1 / 3, 3: 1.0, 5: 1 / 2}),
        (weight_by_1_slash_n_ascending, {7: 1.0, 3: 1 / 3, 5: 1 / 2}),
        (weight_by_1_slash_signal, {7: 2.0, 3: 0.5, 5: 1.0}),
        (weight_equal, {7: 1.0, 3: 1.0, 5: 1.0}),
        (weight_passthrough, {7: 0.5, 3: 2.0, 5: 1.0}),
        (weight_by_log, {7: math.log(1.5), 3: math.log(3), 5: math.log(2)}),
        # exp(0.25) = 1.2840254, exp(1) = 2.7182818, exp(0.5) = 1.6487213; sum 5.6510285
        (weight_by_softmax, {7: 0.2272198, 3: 0.4810242, 5: 0.2917560}),
        # half of 1/3 each, and half of the shares 1/7, 4/7, 2/7 of the strengths
        (weight_by_blend, {7: 1 / 6 + 1 / 14, 3: 1 / 6 + 4 / 14, 5: 1 / 6 + 2 / 14}),
    ],
)
def test_method_gives_the_documented_weights(method, expected) -> None:
    assert method(SIGNALS) == pytest.approx(expected, rel=1e-5)


def test_ties_rank_in_the_given_order() -> None:
    assert weight_by_1_slash_n({9: 1.0, 2: -1.0, 4: 1.0}) == {9: 1.0, 2: 1 / 2, 4: 1 / 3}


def test_misspelt_name_is_the_same_method() -> None:
    assert weight_passthrouh is weight_passthrough
    assert BadWeightsException is BadWeightsError


@pytest.mark.parametrize("method", METHODS)
@given(signals)
def test_weights_are_finite_and_keep_the_pairs(method, drawn) -> None:
    weights = method(drawn)
    assert list(weights) == list(drawn)
    assert all(math.isfinite(weight) and weight >= 0 for weight in weights.values())


@pytest.mark.parametrize("method", METHODS)
@given(signals)
def test_side_of_a_signal_does_not_change_its_weight(method, drawn) -> None:
    assert method(drawn) == method({pair_id: -signal for pair_id, signal in drawn.items()})


@pytest.mark.parametrize("method", [weight_by_1_slash_n, weight_passthrough, weight_by_1_slash_signal, weight_by_blend])
@given(signals, st.floats(0.001, 1000))
def test_scale_of_the_signals_does_not_change_the_shares(method, drawn, factor) -> None:
    once = normalise_weights(method(drawn))
    scaled = normalise_weights(method({pair_id: signal * factor for pair_id, signal in drawn.items()}))
    assert scaled == pytest.approx(once, rel=1e-9)


@given(st.dictionaries(st.integers(), st.floats(0, 1e300)))
def test_normalised_weights_sum_to_one_or_nothing(raw) -> None:
    weights = normalise_weights(raw)
    assert list(weights) == list(raw)
    assert math.fsum(weights.values()) == pytest.approx(1 if any(raw.values()) else 0)
    check_normalised_weights(weights)


def test_softmax_survives_huge_signals() -> None:
    assert weight_by_softmax({1: 1e9, 2: 1.0}) == {1: 1.0, 2: 0.0}


def test_inverse_of_nothing_names_the_pair() -> None:
    with pytest.raises(WeightError, match=r"got 0 for pairs \[4\]") as caught:
        weight_by_1_slash_signal({4: 0.0, 5: 1.0})
    assert caught.value.pair_ids == [4]


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_softmax_needs_a_temperature(temperature) -> None:
    with pytest.raises(WeightError, match="temperature"):
        weight_by_softmax(SIGNALS, temperature)


def test_blend_mixes_equal_weights_with_strength() -> None:
    assert weight_by_blend({1: 3.0, 2: 1.0}, 0.2) == pytest.approx({1: 0.1 + 0.8 * 0.75, 2: 0.1 + 0.8 * 0.25})
    assert weight_by_blend({1: 3.0, 2: 1.0}, 1.0) == {1: 0.5, 2: 0.5}


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_blend_needs_a_share(share) -> None:
    with pytest.raises(WeightError, match="blend_alpha"):
        weight_by_blend(SIGNALS, share)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({1: 0.6, 2: 0.5}, "sum to at most 1, got 1.1 over 2 pairs"),
        ({1: -0.1}, "got -0.1 for pair 1"),
        ({1: math.nan}, "got nan for pair 1"),
        ({1: math.inf}, "got inf for pair 1"),
    ],
)
def test_bad_weights_say_what_is_wrong(weights, says) -> None:
    with pytest.raises(BadWeightsError, match=says):
        check_normalised_weights(weights)


@pytest.mark.parametrize("weights", [{}, {1: 0.0}, {1: 0.3}, {1: 1.0}, {1: 0.5, 2: 0.50005}])
def test_anything_up_to_everything_is_a_portfolio(weights) -> None:
    check_normalised_weights(weights)
