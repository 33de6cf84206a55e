"""A position that leaves the equity curve is no loss; a loss is no position that left."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from histories import make_history, moment

from alpha_model.analysis import needs_attention
from alpha_model.analysis.cycles import Concern
from alpha_model.analysis.facts import curve_breaks
from alpha_model.history import History


def frozen(after: float) -> History:
    """A position of 70 whose sale failed an hour after the cycle; equity before it is 80."""
    failed = {
        "pair_id": 1,
        "side": "sell",
        "value": 70.0,
        "status": "failed",
        "failed_at": moment(0) + timedelta(hours=1),
    }
    points = [
        {"timestamp": moment(0) + timedelta(hours=hours), "total_equity": total, "cash": 10.0}
        for hours, total in ((0, 80.0), (2, after))
    ]
    position = {"cycle": 0, "timestamp": moment(0), "pair_id": 1, "value": 70.0, "state": "open"}
    row = {"pair_id": 1, "old_value": 70.0, "position_target": 0.0, "position_adjust_usd": -70.0}
    return make_history([row], 1, trades=[failed], equity=points, positions=[position])


def test_fall_of_a_frozen_position_is_told_as_that() -> None:
    history = frozen(after=10.0)
    (row,) = curve_breaks(history).to_dict("records")
    assert (row["pair_id"], row["value"], row["fall"], row["share"]) == (1, 70.0, 70.0, 0.875)
    assert row["timestamp"] == pd.Timestamp(moment(0) + timedelta(hours=2))
    (found,) = (each for each in needs_attention(history) if each.concern is Concern.frozen_positions)
    assert found.sentence == (
        "The equity curve leaves out 1 position worth $70.00 since a trade in it failed: its fall of 87.5 % on "
        "5 January 2026 is no loss."
    )


@pytest.mark.parametrize("after", [80.0, 40.0])
def test_any_other_fall_is_left_alone(after: float) -> None:
    assert curve_breaks(frozen(after)).empty
