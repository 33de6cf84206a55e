"""A plan is told as a plan: what became of it is said as far as a fill or the next holdings prove it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from histories import make_history, moment

from alpha_model.analysis import Execution, cycle_outcomes, explain_pairs, headline, needs_attention, summarise_cycle
from alpha_model.analysis.cycles import Concern
from alpha_model.analysis.explain import describe_decision, sentences
from alpha_model.analysis.facts import moved_without_trade, outcome_words
from alpha_model.analysis.metrics import exposure, turnover
from alpha_model.history import History

GATE = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0, "investable_equity": 1000.0}
OPENS = {"position_adjust_usd": 100.0, "position_target": 100.0, "old_value": 0.0}


def traded(*statuses: str, cycles: int = 1, **trade: Any) -> History:
    """A first cycle, in which each pair bought $100 and its trade ended like this."""
    signals = [{"pair_id": pair, **OPENS} for pair in range(1, len(statuses) + 1)]
    trades: list[dict[str, Any]] = [
        {"pair_id": pair, "status": status, "value": 100.0, **trade} for pair, status in enumerate(statuses, 1)
    ]
    return make_history(signals, [GATE, *[{}] * (cycles - 1)], trades=trades)


def held_next(before: dict[str, Any], after: dict[str, Any] | None, **trade: Any) -> History:
    """A pair of which 10 units were to be bought for $100 and no fill is on record, and what the next cycle found."""
    first = {"pair_id": 1, "position_adjust_usd": 100.0, "position_target": 200.0, **before}
    second = [] if after is None else [{"cycle": 1, "pair_id": 1, "position_adjust_usd": 0.0, **after}]
    trades = [{"pair_id": 1, "status": "planned", "value": 100.0, "planned_quantity": 10.0, **trade}]
    return make_history([first, *second], [GATE, GATE], trades=trades)


def became(history: History, cycle: int = 0) -> str:
    return str(cycle_outcomes(history)["execution"].iloc[cycle])


@pytest.mark.parametrize(
    ("statuses", "execution", "words"),
    [
        (("executed", "executed"), "executed", "the strategy rebalanced with 2 trades worth $200."),
        (
            ("executed", "failed"),
            "executed_in_part",
            "the strategy rebalanced with 1 of 2 planned trades, worth $100 of $200; 1 failed.",
        ),
        (("failed", "expired"), "failed", "the strategy planned 2 trades worth $200, which all failed."),
        (("failed",), "failed", "the strategy planned 1 trade worth $100, which failed."),
        (("planned",), "awaiting", "planned 1 trade worth $100; it has no fill on record yet."),
        (("started", "planned"), "awaiting", "planned 2 trades worth $200; they have no fill on record yet."),
        (
            ("planned", "failed"),
            "failed",
            "planned 2 trades worth $200: 1 failed, 1 has no fill on record yet.",
        ),
        (("repaired",), "executed", "the strategy rebalanced with 1 trade worth $100."),
    ],
)
def test_a_cycle_is_told_by_what_became_of_its_trades(statuses: tuple[str, ...], execution: str, words: str) -> None:
    history = traded(*statuses)
    assert became(history) == execution
    assert describe_decision(cycle_outcomes(history).iloc[0]).endswith(words)
    assert headline(history).last_decision.endswith(words)
    assert headline(history).last_execution == execution
    assert [sentence.endswith(", but the trade failed.") for sentence in sentences(history)] == [
        status in {"failed", "expired"} for status in statuses
    ]


@pytest.mark.parametrize(
    ("before", "after", "execution"),
    [
        ({"old_value": 100.0, "old_quantity": 10.0}, {"old_value": 190.0, "old_quantity": 20.0}, "executed"),
        ({"old_value": 100.0, "old_quantity": 10.0}, {"old_value": 130.0, "old_quantity": 13.0}, "executed_in_part"),
        ({"old_value": 100.0, "old_quantity": 10.0}, {"old_value": 200.0, "old_quantity": 10.0}, "contradicted"),
        ({"old_value": 100.0, "old_quantity": 10.0}, {"old_value": 50.0, "old_quantity": 5.0}, "contradicted"),
        ({"old_value": 0.0}, {"old_value": 70.0}, "executed"),  # dollars alone: nothing became something
        ({"old_value": 0.0}, {"old_value": 0.0}, "contradicted"),
        ({"old_value": 100.0}, {"old_value": 150.0}, "unconfirmed"),  # a price could have done that
        ({"old_value": 10.0}, {"old_value": 108.0}, "executed"),  # and could not have done this
        ({"old_value": 10.0}, {"old_value": 11.0}, "contradicted"),
    ],
)
def test_without_a_fill_the_next_holdings_decide(before: dict[str, Any], after: dict[str, Any], execution: str) -> None:
    history = held_next(before, after)
    assert became(history) == execution
    assert became(history.cycle(0)) == execution  # a part of a history knows what came after
    assert became(history.pair(1)) == execution


def test_nothing_that_was_not_executed_is_told_as_done_or_counted() -> None:
    history = held_next({"old_value": 100.0, "old_quantity": 10.0}, {"old_value": 100.0, "old_quantity": 10.0})
    row = cycle_outcomes(history).iloc[0]
    assert (row["outcome"], row["standing"]) == ("rebalanced", "contradicted")
    assert (row["planned_usd"], row["traded_usd"], row["contradicted_usd"]) == (100, 0, 100)
    assert turnover(history)["traded_usd"].tolist() == [0, 0]
    assert exposure(history)["invested_share"].iloc[0] == pytest.approx(0.1)  # still 100 of 1,000
    (words,) = sentences(history.cycle(0))
    assert words == (
        "T1-USDC: wanted an unknown amount; planned to increase by $100 from $100; no fill is on record, and the next "
        "holdings show that it was not made."
    )
    paragraph = summarise_cycle(history.cycle(0)).paragraph
    assert "Planned, and not made as the next holdings show: to increase T1-USDC ($100)." in paragraph
    assert "increased" not in paragraph
    assert needs_attention(history)[0].concern is Concern.contradicted_trades


def test_an_execution_that_nobody_knows_is_no_turnover_of_zero() -> None:
    row = cycle_outcomes(traded("planned")).iloc[0]
    assert row["planned_usd"] == 100
    assert row["traded_usd"] != row["traded_usd"]


def test_a_fill_of_a_part_is_told_with_its_share() -> None:
    history = traded(
        "executed", planned_quantity=10.0, planned_price=10.0, executed_quantity=4.0, executed_price=10.0, cycles=2
    )
    assert became(history) == "executed_in_part"
    assert cycle_outcomes(history)["traded_usd"].iloc[0] == 40
    assert sentences(history.cycle(0))[0].endswith("opened with $40.00, 40.0 % of what was planned.")


def test_a_slipped_price_is_no_part() -> None:
    history = traded("executed", planned_quantity=10.0, planned_price=10.0, executed_quantity=9.3, executed_price=10.75)
    assert became(history) == "executed"  # fewer units for the same money


def test_a_close_is_worth_the_whole_position() -> None:
    sold = {"pair_id": 1, "position_adjust_usd": -90.0, "position_target": 10.0, "old_value": 100.0}
    history = make_history([sold | {"flags": ["closed"]}], [GATE])
    assert cycle_outcomes(history)["planned_usd"].tolist() == [100]
    assert explain_pairs(history)["amount_usd"].tolist() == [100]


def test_a_recorded_trade_outweighs_the_flag_that_contradicts_it_and_both_are_named() -> None:
    flagged = {"pair_id": 1, **OPENS, "flags": ["max_adjust_too_small"], "ignored": True}
    history = make_history([flagged], [GATE], trades=[{"pair_id": 1, "value": 100.0}])
    assert describe_decision(cycle_outcomes(history).iloc[0]).endswith(
        "rebalanced with 1 trade worth $100, although its flags say that the rebalance was held."
    )
    assert sentences(history)[0].endswith("opened with $100; its flags say that the change was skipped.")


def test_a_held_cycle_states_no_comparison_that_its_numbers_refute() -> None:
    flagged = {"pair_id": 1, **OPENS, "flags": ["max_adjust_too_small"], "ignored": True}
    words = describe_decision(cycle_outcomes(make_history([flagged], [GATE])).iloc[0])
    assert words.endswith("its flags say so, though its largest change of $500 reached the threshold of $100.")


def test_the_gravest_stands_first() -> None:
    concerns = [found.concern for found in needs_attention(traded("failed", "expired"))]
    assert concerns[0] is Concern.failed_trades
    assert list(Concern).index(Concern.near_miss) == len(Concern) - 1
    found = needs_attention(traded("failed", "expired"))[0]
    assert found.sentence == "2 planned trades worth $200 failed or expired (1 cycle, the last of 5 January 2026)."


def test_a_holding_that_moved_without_a_trade_is_named() -> None:
    signals = [{"cycle": cycle, "pair_id": 1, "old_value": 100.0} for cycle in range(3)]
    places = [
        {"cycle": cycle, "timestamp": moment(cycle), "pair_id": 1, "state": "open", "quantity": units, "mark": 10.0}
        for cycle, units in enumerate((10.0, 9.5, 12.5))
    ]
    bought = {
        "cycle": 1,
        "pair_id": 1,
        "value": 30.0,
        "executed_quantity": 3.0,
        "executed_at": moment(1),
        "status": "executed",
    }
    moves = moved_without_trade(make_history(signals, 3, trades=[bought], positions=places))
    assert moves[["cycle", "units", "usd"]].to_numpy().tolist() == [[0, -0.5, -5.0]]
    assert moves["share"].tolist() == [pytest.approx(-0.05)]


def test_weights_alone_leave_the_execution_unknown() -> None:
    history = make_history([{"cycle": cycle, "pair_id": 1, "normalised_weight": 0.5} for cycle in (0, 1)], 2)
    assert [became(history, cycle) for cycle in (0, 1)] == [Execution.unknown] * 2


def test_within_the_usual_lag_a_plan_is_awaiting_though_another_cycle_came() -> None:
    """Fills come a day and a half after their decision here, and the source ends a day after this one."""
    rows = [{"cycle": cycle, "pair_id": 1, **OPENS, "old_quantity": 0.0} for cycle in range(4)]
    late = {"pair_id": 1, "value": 100.0, "executed_at": moment(1) + timedelta(hours=12)}
    trades = [late, *({"cycle": cycle, "pair_id": 1, "status": "planned", "value": 100.0} for cycle in (1, 2, 3))]
    history = make_history(rows, [GATE] * 4, trades=trades)
    assert [became(history, cycle) for cycle in range(4)] == ["executed", "contradicted", "awaiting", "awaiting"]


@pytest.mark.parametrize(
    ("outcome", "execution", "words"),
    [
        ("rebalanced", "executed", "rebalanced"),
        ("partly_rebalanced", "executed_in_part", "partly rebalanced"),
        ("rebalanced", "awaiting", "rebalance planned"),
        ("partly_rebalanced", "failed", "rebalance planned in part"),
        ("held_below_threshold", "nothing_planned", "held below threshold"),
    ],
)
def test_an_outcome_is_shown_without_words_of_doing_where_nothing_was_done(
    outcome: str, execution: str, words: str
) -> None:
    assert outcome_words(outcome, execution) == words


def test_a_cycle_whose_positions_nobody_recorded_contradicts_nothing() -> None:
    """Positions stand beside the first cycle only, and the signals of the second say that something was held."""
    rows = [{"cycle": cycle, "pair_id": 1, **OPENS, "old_value": 50.0} for cycle in (0, 1)]
    first = {"cycle": 0, "timestamp": moment(0), "pair_id": 1, "state": "open", "quantity": 5.0, "value": 50.0}
    trades = [{"cycle": 0, "pair_id": 1, "status": "planned", "value": 100.0, "planned_quantity": 10.0}]
    history = make_history(rows, [GATE, GATE], trades=trades, positions=[first])
    assert became(history) == "unconfirmed"
