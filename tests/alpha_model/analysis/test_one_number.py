"""A position that changes its kind: the model, the outcome, the funnel, the ledger and the audit tell one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from builders import MONDAY, make_manager, make_pair
from histories import make_history

from alpha_model import AlphaModel, TradeExecution, weight_passthrough
from alpha_model.analysis import audit, cycle_funnel, cycle_outcomes, ledger
from alpha_model.history import History, HistoryRecorder, read_history

LEVERAGED = "lending_protocol_long"
SPOT = "spot_market_hold"


def recorded(path: Path, signals: Mapping[int, float], *thresholds: float) -> tuple[Sequence[TradeExecution], History]:
    """$500 of pair 1 held as spot and wanted with twice the leverage; what is planned, and what is recorded."""
    manager = make_manager({1: 50.0, 2: 10.0}, cash=1000, held={1: 10})
    model = AlphaModel(MONDAY)
    for pair_id, signal in signals.items():
        model.set_signal(make_pair(pair_id), signal, leverage=2.0 if pair_id == 1 else None)
    model.select_top_signals(5)
    model.assign_weights(weight_passthrough)
    model.normalise_weights()
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager, 1000.0)
    trades = model.generate_rebalance_trades_and_triggers(manager, *thresholds, use_spot_for_long=False)
    with HistoryRecorder(path) as recorder:
        recorder.append(model, trades=trades)
    return trades, read_history(path)


@pytest.mark.parametrize(
    ("signals", "thresholds", "count", "usd"),
    [
        # the spot of $500 is sold, and $1,000 with twice the leverage buys $2,000
        ({1: 1.0}, (), 2, 500 + 2 * 1000),
        # single trades from $10: the new position of $8 is made, for the old one of $500 is the larger side
        ({1: 0.008, 2: 0.992}, (1.0, 10.0), 3, 500 + 2 * 8 + 992),
    ],
)
def test_change_of_kind_is_one_number_everywhere(
    tmp_path: Path, signals: dict[int, float], thresholds: tuple[float, ...], count: int, usd: float
) -> None:
    trades, history = recorded(tmp_path / "run.jsonl", signals, *thresholds)
    outcome, funnel = cycle_outcomes(history).iloc[0], cycle_funnel(history).set_index("step")
    assert (len(trades), outcome["planned_count"]) == (count, count)
    assert [outcome["planned_usd"], funnel.loc["planned", "usd"]] == pytest.approx([usd, usd])
    assert funnel.loc["planned", "pair_count"] == len(signals)
    row = ledger(history).iloc[0]
    assert (row["flip"], row["unexplained"], row["traded"]) == pytest.approx((500, 0, 1000 * signals[1]))
    assert audit(history)["rule"].tolist() == ["trades_only_planned"]


@pytest.mark.parametrize(
    ("held", "wanted", "signal", "trades"),
    [
        (SPOT, LEVERAGED, 1.0, 2),
        (SPOT, "lending_protocol_short", -1.0, 2),
        (SPOT, "vault", 1.0, 1),  # a share of a vault is spot, too
        (LEVERAGED, None, 1.0, 1),  # not recorded: a long stays a long
        (LEVERAGED, None, -1.0, 2),
        (SPOT, LEVERAGED, 0.0, 1),  # only closed
        (None, LEVERAGED, 1.0, 2),  # whatever is held without a kind is spot
    ],
)
def test_kinds_say_whether_a_position_flips(held: str | None, wanted: str | None, signal: float, trades: int) -> None:
    row = {
        "pair_id": 1,
        "signal": signal,
        "normalised_weight": 0.5,
        "old_kind": held,
        "synthetic_kind": wanted,
        "old_value": 300.0,
        "position_target": 500.0,
        "position_adjust_usd": 500.0 if trades > 1 else 200.0,
    }
    history = make_history(
        [row], [{"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 10.0}], trades=[]
    )
    assert cycle_outcomes(history)["planned_count"].iloc[0] == trades
    assert ledger(history)["flip"].iloc[0] == 300 * (trades - 1)
    assert "adjust_not_target_less_old" not in audit(history)["rule"].tolist()
