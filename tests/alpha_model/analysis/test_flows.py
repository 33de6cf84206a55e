"""What came or went without a trade is named beside both cycles that it lies between."""

from __future__ import annotations

from histories import make_history, moment

from alpha_model.analysis.explain import moved_around
from alpha_model.history import History


def redeemed() -> History:
    """Of 10 units at $2, one is gone at the second of three cycles."""
    positions = [
        {"cycle": cycle, "timestamp": moment(cycle), "pair_id": 1, "quantity": units, "mark": 2.0, "value": 2 * units}
        for cycle, units in enumerate((10.0, 9.0, 9.0))
    ]
    rows = [{"pair_id": 1, "cycle": cycle, "old_value": 20.0} for cycle in range(3)]
    return make_history(rows, 3, trades=[], positions=positions)


def test_moves_without_a_trade_are_told_of_the_cycles_on_both_sides() -> None:
    history = redeemed()
    told = [moved_around(history.cycle(cycle)) for cycle in range(3)]
    assert told[0].endswith(": until the next cycle T1-USDC (-10.00 %, -$2.00).")
    assert told[1].endswith(": since the cycle before T1-USDC (-10.00 %, -$2.00).")
    assert not told[2]
