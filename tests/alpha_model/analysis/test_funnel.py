"""Signals narrow down to trades and dollars to targets: by hand, and in agreement with the ledger everywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders import make_manager, make_model
from histories import EVERY, kept_by_framework, make_history

from alpha_model import FixedSizeRiskModel
from alpha_model.analysis import cycle_funnel, cycle_outcomes, dollar_waterfall, ledger
from alpha_model.analysis.explain import FUNNEL_STEPS
from alpha_model.history import History, read_history
from alpha_model.values.errors import HistoryError


@pytest.fixture
def limited() -> History:
    """$1,000 over signals of 5, 3 and 2, at most 40 % each, at most $350 each by size risk; $100 of the second held."""
    manager = make_manager({1: 50.0, 2: 10.0, 3: 1.0}, cash=1000, held={2: 31})
    model = make_model({1: 5.0, 2: 3.0, 3: 2.0})
    risk = FixedSizeRiskModel(manager.pricing_model, per_position_cap=350)
    model.normalise_weights(0.4, investable_equity=1000.0, size_risk_model=risk)
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager)
    model.generate_rebalance_trades_and_triggers(manager, 10, 60)
    return kept_by_framework(model)


def test_funnel_counts_pairs_and_dollars_and_says_what_was_lost(limited: History) -> None:
    frame = cycle_funnel(limited)
    assert tuple(frame["step"]) == FUNNEL_STEPS
    assert frame["pair_count"].tolist() == [3, 3, 3, 3, 2, 0]
    assert frame["usd"].round(6).tolist()[1:-1] == [1000, 875, 565, 560]  # changes of 350 + 5 + 210, the 5 too small
    assert frame["lost"].tolist() == [[], [], [], [], [("trade_too_small", 1)], [("awaiting", 2)]]


def test_pair_whose_signal_is_not_known_is_not_counted_as_one() -> None:
    frame = cycle_funnel(
        make_history([{"pair_id": 1, "signal": 2.0}, {"pair_id": 2, "signal": None, "old_value": 5.0}])
    )
    assert frame["pair_count"].tolist()[0] == 1


def test_steps_that_the_source_does_not_record_are_left_out() -> None:
    shares = {"normalised_weight": 0.5, "old_weight": 0.5}
    silent = {"pair_id": 3, "signal": 0.0, "selected": False}
    frame = cycle_funnel(make_history([{"pair_id": 1, **shares}, {"pair_id": 2, **shares}, silent]))
    assert frame[["step", "pair_count"]].to_numpy().tolist() == [["signals", 2], ["selected", 2]]
    assert frame["lost"].tolist() == [[], []]
    told = cycle_funnel(make_history([{"pair_id": 1, "position_target": 5.0, **shares}]))
    assert told["step"].tolist() == ["signals", "selected", "with a target"]


def test_waterfall_of_a_cycle_leads_from_what_was_wanted_to_the_targets(limited: History) -> None:
    frame = dollar_waterfall(limited)
    assert frame["stage"].tolist() == ["wanted", "concentration", "redistribution", "size_risk", "target"]
    assert frame["usd"].round(6).tolist() == [1000, -100, 25, -50, 875]
    assert frame["is_total"].tolist() == [True, False, False, False, True]


def test_waterfall_of_a_pair_leads_on_to_its_trade(limited: History) -> None:
    frame = dollar_waterfall(limited, 2)
    assert frame["stage"].tolist() == [
        "wanted", "redistribution", "target", "old_value", "change", "threshold", "traded",
    ]  # fmt: skip
    assert frame["usd"].round(6).tolist() == [300, 15, 315, -310, 5, -5, 0]
    with pytest.raises(HistoryError, match="no pair 9 in this cycle"):
        dollar_waterfall(limited, 9)


def test_an_empty_cycle_has_an_empty_funnel() -> None:
    frame = cycle_funnel(make_history(cycles=1))
    assert frame["pair_count"].tolist() == [0] * len(FUNNEL_STEPS)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_steps_agree_with_ledger_and_outcome(path: Path) -> None:
    history = read_history(path)
    frame = cycle_funnel(history).set_index("step")
    book = ledger(history)
    chosen = book[book["chosen"]]
    assert frame.loc["selected", "pair_count"] == len(chosen)
    assert frame.loc["planned", "pair_count"] == (book["traded"].fillna(0) != 0).sum()
    outcomes = cycle_outcomes(history)
    assert frame.loc["planned", "usd"] == pytest.approx(outcomes["planned_usd"].sum())
    if outcomes["execution"].isin(["executed", "nothing_planned"]).all():
        assert frame.loc["executed", "usd"] == pytest.approx(outcomes["traded_usd"].sum())
    steps = dollar_waterfall(history)
    moves = steps.loc[~steps["is_total"], "usd"].sum(skipna=False)
    ends = steps.set_index("stage")["usd"]
    gap = ends["wanted"] + moves - ends["target"]
    assert np.isnan(gap) or abs(gap) <= 0.01 * len(chosen) + 1e-9 * abs(ends["wanted"])
