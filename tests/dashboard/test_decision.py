"""What the page of a cycle and its report both show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from histories import make_history

from alpha_model.history import History
from dashboard import decision, pictures
from dashboard.charts.theme import PairStyle
from dashboard.views.cycle_tables import pairs_of

STYLE = PairStyle.of({1: "A-USDC", 2: "B-USDC"}, [1, 2])


@pytest.fixture
def one() -> History:
    """A cycle that bought the first of two pairs at 1 % above the plan."""
    return make_history(
        [
            {"pair_id": 1, "raw_weight": 2.0, "normalised_weight": 1.0, "position_adjust_usd": 500.0, "signal": 0.5},
            {"pair_id": 2, "selected": False, "signal": -1.0, "flags": ["closed"]},
        ],
        [
            {
                "investable_equity": 1000.0,
                "max_position_adjust_usd": 500.0,
                "position_adjust_threshold_usd": 100.0,
                "size_risk_discarded_value": 50.0,
            }
        ],
        {1: "A-USDC", 2: "B-USDC"},
        [{"pair_id": 1, "value": 500.0, "planned_price": 100.0, "executed_price": 101.0}],
    )


def test_numbers_are_short_amounts_with_what_they_mean(one: History) -> None:
    assert decision.numbers(one, dollars=True) == [
        ("Outcome", "Rebalanced", "What was decided."),
        (
            "Execution",
            "Executed",
            "Every planned trade was executed: a fill is on record, or the next holdings show it.",
        ),
        ("Investable", "$1k", "What the cycle might invest, of $1k investable equity and what is locked."),
        ("Largest change", "$500", "Largest |USD change| of any position."),
        ("Threshold", "$100", "What the largest change has to reach."),
        ("Planned", "$500", "Σ |quantity| × price of the planned trades."),
        ("Executed", "$500", "The same of those that were executed, as far as the record proves it."),
        (
            "Confirmed",
            "–",
            "Planned trades that the holdings before the next cycle show, fill or not: no next holdings are on record.",
        ),
        ("Discarded", "$50.00", "Left uninvested because of size risk."),
    ]


def test_trade_that_failed_is_not_told_as_made(one: History) -> None:
    status = pa.chunked_array([pa.array(["failed"])])
    place = one.tables.trades.schema.get_field_index("status")
    broken = History(replace(one.tables, trades=one.tables.trades.set_column(place, "status", status)), one.source)
    values = {label: value for label, value, _ in decision.numbers(broken, dollars=True)}
    assert "Traded" not in values
    assert (values["Planned"], values["Executed"], values["Execution"]) == ("$500", "$0", "Failed")
    assert pictures.funnel_picture(broken).finding.endswith("1 planned, 0 executed")
    table = pairs_of(broken).set_index("pair")
    assert table.loc["A-USDC", ["became", "group"]].tolist() == ["open, failed", "failed"]
    assert "failed" not in table.loc["B-USDC", "became"]


def test_numbers_that_are_not_recorded_are_dashes() -> None:
    values = {label: value for label, value, _ in decision.numbers(make_history(cycles=1), dollars=True)}
    assert values["Investable"] == values["Threshold"] == values["Discarded"] == "–"


def test_cycle_without_dollars_is_told_by_its_weights() -> None:
    shares = ({"pair_id": 1, "normalised_weight": 0.75}, {"pair_id": 2, "normalised_weight": 0.25, "old_weight": 0.5})
    one = make_history(shares)
    assert not decision.tells_dollars(one)
    values = {label: value for label, value, _ in decision.numbers(one, dollars=False)}
    assert values == {"Outcome": "Unknown", "Pairs": "2", "Largest weight": "75.0 %", "Moved": "100.0 pp"}


@pytest.mark.parametrize("rows", [(), ({"pair_id": 1, "normalised_weight": 1.0},)])
def test_what_was_held_before_a_first_cycle_of_weights_is_not_recorded(rows: tuple[dict[str, object], ...]) -> None:
    values = {label: value for label, value, _ in decision.numbers(make_history(rows), dollars=False)}
    assert values["Moved"] == "–"
    assert values["Pairs"] == str(len(rows))


@pytest.mark.parametrize(
    "tables", [{"signals": [{"pair_id": 1, "old_value": 5.0}]}, {"cycles": [{"investable_equity": 1.0}]}]
)
def test_any_amount_of_a_decision_tells_dollars(tables: dict[str, Any]) -> None:
    assert decision.tells_dollars(make_history(**tables))


def test_each_pair_has_its_own_signal_and_flags_and_a_sentence_without_its_name(one: History) -> None:
    frame = decision.pairs(one).set_index("pair")
    assert frame["signal"].to_dict() == {"A-USDC": 0.5, "B-USDC": -1.0}
    assert frame["flags"].map(list).to_dict() == {"A-USDC": [], "B-USDC": ["closed"]}
    assert not frame["became"].str.contains("_").any()
    assert not frame["sentence"].str.contains("-USDC").any()
    assert frame["sentence"].str[:1].ne(" ").all()


def test_trades_have_their_pair_and_how_far_the_price_was_from_the_plan(one: History) -> None:
    row = decision.trades(one, STYLE).iloc[0]
    assert row["pair"] == "A-USDC"
    assert row["slippage"] == pytest.approx(0.01)  # 101 / 100 - 1
    assert "pair" not in one.trades
