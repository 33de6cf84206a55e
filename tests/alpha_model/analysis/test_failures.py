"""Trades that were planned and never made are told as such."""

from __future__ import annotations

from typing import Any

import pytest
from histories import make_history, moment

from alpha_model.analysis import (
    Concern,
    cycle_outcomes,
    describe_decision,
    headline,
    needs_attention,
    sentences,
    summarise_cycle,
)
from alpha_model.history import History

GATE = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0, "investable_equity": 1000.0}


def traded(*statuses: str, cycles: int = 1) -> History:
    """One cycle, in which each pair bought and its trade ended like this."""
    signals = [
        {"pair_id": pair, "position_adjust_usd": 100.0, "position_target": 100.0, "old_value": 0.0}
        for pair in range(1, len(statuses) + 1)
    ]
    trades: list[dict[str, Any]] = [
        {"cycle": 0, "timestamp": moment(0), "pair_id": pair, "status": status, "kind": "rebalance", "value": 100.0}
        for pair, status in enumerate(statuses, 1)
    ]
    return make_history(signals, [GATE, *[{}] * (cycles - 1)], trades=trades)


@pytest.mark.parametrize(
    ("statuses", "count", "words"),
    [
        (("executed", "executed"), 0, "the strategy rebalanced with 2 trades worth $200."),
        (("executed", "failed"), 1, "the strategy rebalanced with 2 trades worth $200, of which 1 failed."),
        (("failed", "expired"), 2, "the strategy planned 2 trades worth $200, which all failed."),
        (("failed",), 1, "the strategy planned 1 trade worth $100, which failed."),
        (("planned",), 0, "the strategy rebalanced with 1 trade worth $100."),
    ],
)
def test_failed_trades_are_not_told_as_made(statuses: tuple[str, ...], count: int, words: str) -> None:
    history = traded(*statuses)
    assert cycle_outcomes(history)["failed_count"].tolist() == [count]
    assert describe_decision(cycle_outcomes(history).iloc[0]).endswith(words)
    assert headline(history).last_decision.endswith(words)
    assert [sentence.endswith("; the trade failed.") for sentence in sentences(history)] == [
        status in {"failed", "expired"} for status in statuses
    ]


def test_paragraph_does_not_claim_what_failed_altogether() -> None:
    assert "It would have opened" in summarise_cycle(traded("failed")).paragraph
    assert "It opened" in summarise_cycle(traded("failed", "executed")).paragraph


def test_failed_trades_deserve_a_look() -> None:
    (found,) = [each for each in needs_attention(traded("failed", "expired")) if each.concern == Concern.failed_trades]
    assert found.sentence == "2 planned trades failed or expired, the last of 5 January 2026."
    assert not [each for each in needs_attention(traded("executed")) if each.concern == Concern.failed_trades]


def test_cycle_after_the_failure_is_not_blamed() -> None:
    assert failed_counts(traded("failed", cycles=3)).tolist() == [1, 0, 0]
