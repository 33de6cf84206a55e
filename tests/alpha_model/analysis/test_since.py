"""What changed since the cycle before is one line."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from histories import make_history, moment

from alpha_model.analysis.explain import oldest_price, since_last
from alpha_model.values.errors import HistoryError


def settings(**select: object) -> dict[str, str]:
    return {"pipeline": json.dumps([{"step": "select_top_signals", **select}])}


def test_new_and_silent_pairs_ranks_selection_and_settings_are_named() -> None:
    first = [{"pair_id": pair, "signal": float(9 - pair), "selected": pair < 3} for pair in (1, 2, 3, 4)]
    second = [
        {"cycle": 1, "pair_id": pair, "signal": signal, "selected": pair != 5}
        for pair, signal in ((1, 1.0), (2, 7.0), (3, 6.0), (5, 0.5))
    ]
    history = make_history([*first, *second], [settings(count=2), settings(count=3)])
    assert since_last(history.cycle(1)) == (
        "Since the cycle before: 1 new signal (T5-USDC); 1 silent now (T4-USDC); 1 newly selected (T3-USDC); "
        "largest move of rank T1-USDC from 1st to 3rd; 1 setting changed: select_top_signals.count 2 → 3."
    )
    assert since_last(history.cycle(0)) == ""


def test_nothing_that_changed_is_nothing_said() -> None:
    same = [{"cycle": cycle, "pair_id": 1} for cycle in (0, 1)]
    assert since_last(make_history(same, 2).cycle(1)) == ""


def test_it_is_asked_of_one_cycle() -> None:
    with pytest.raises(HistoryError, match="got a history of 2"):
        since_last(make_history([{"pair_id": 1}], 2))


def test_another_commit_of_the_code_is_named() -> None:
    rows = [{"cycle": cycle, "pair_id": 1} for cycle in (0, 1)]
    runs = [{"run_id": run, "git_commit": commit} for run, commit in (("a", "1" * 40), ("b", "2" * 40))]
    history = make_history(rows, [{"run_id": "a"}, {"run_id": "b"}], runs=runs)
    assert since_last(history.cycle(1)) == (
        "Since the cycle before: another commit of its code: 111111111111 → 222222222222."
    )


def test_the_oldest_price_of_a_decision_is_told_with_its_age() -> None:
    rows = [
        {"cycle": 0, "timestamp": moment(0), "pair_id": pair, "price": 1.0, "source": "recorded"} for pair in (1, 2)
    ]
    market = [
        row | {"as_of": moment(0) - age}
        for row, age in zip(rows, (timedelta(seconds=20), timedelta(hours=3, minutes=30)), strict=True)
    ]
    signals = [{"pair_id": pair} for pair in (1, 2)]
    history = make_history(signals, market=market)
    assert oldest_price(history.cycle(0)) == "Its oldest price, of T2-USDC, was made 3.5 hours before the decision."
    assert oldest_price(make_history(signals)) == ""
