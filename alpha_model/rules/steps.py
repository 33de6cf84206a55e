"""Which steps lead from the inputs of a cycle to its trades, and which flags belong to each?

The one table of steps. Whatever lists them elsewhere derives from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from alpha_model.rules.gates import Gate
from alpha_model.values import Code
from alpha_model.values import TradingPairSignalFlags as Flags

FlagBits = npt.NDArray[np.uint32]
"""(batch × pairs) flags as bits, in the order of `TradingPairSignalFlags`."""


class Sum(StrEnum):
    """A sum of dollars that steps lead through."""

    target = "target"
    """From what was wanted to the target."""
    traded = "traded"
    """From the change to what was traded."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the decision.

    Args:
        name: In records and columns.
        call: The method of `AlphaModel` that runs it.
        label: What people call it, or what it did to their dollars.
        words: What it does, for people.
        flags: What it may flag.
        enters: The sum that its dollars belong to; None where it takes and gives none.
    """

    name: str
    call: str
    label: str
    words: str
    flags: tuple[Flags, ...] = ()
    enters: Sum | None = None


_SHARE, _TRADE = "normalise_weights", "generate_rebalance_trades_and_triggers"

STEPS: tuple[Step, ...] = (
    Step("inputs", "set_signal", "inputs", "what the cycle started from: pairs, signals, prices, holdings, equity"),
    Step(
        "carry_forward",
        "carry_forward_non_redeemable_positions",
        "carried forward",
        "positions that cannot be traded now keep their value",
        (Flags.cannot_redeem, Flags.settlement_pending),
    ),
    Step("selection", "select_top_signals", "not selected", "which pairs were chosen", enters=Sum.target),
    Step("raw_weight", "assign_weights", "weighting", "what the weighting method made of the signals"),
    Step(
        "concentration",
        _SHARE,
        "cap per pair",
        "the largest share of one pair",
        (Flags.capped_by_concentration,),
        Sum.target,
    ),
    Step("redistribution", _SHARE, "offered again", "what others could not take was offered on", (), Sum.target),
    Step(
        "protocol",
        _SHARE,
        "cap per protocol",
        "the largest share of one protocol",
        (Flags.capped_by_protocol_allocation,),
        Sum.target,
    ),
    Step("size_risk", _SHARE, "size risk", "what the markets can carry", (Flags.capped_by_pool_size,), Sum.target),
    Step(
        "chain",
        "cap_chain_allocation",
        "cap per chain",
        "the largest share of one chain",
        (Flags.capped_by_chain_allocation,),
        Sum.target,
    ),
    Step("target", "calculate_target_positions", "target", "USD wanted and USD to change"),
    Step(
        "flip",
        "calculate_target_positions",
        "old side",
        "another kind of position is closed first",
        enters=Sum.traded,
    ),
    Step(
        "cash",
        _TRADE,
        "cash at hand",
        "the cash at hand carries the purchases",
        (Flags.capped_by_sync_cash,),
        Sum.traded,
    ),
    Step(
        "threshold",
        _TRADE,
        "thresholds",
        "which changes were held back, and by which thresholds",
        (
            Flags.max_adjust_too_small,
            Flags.individual_trade_size_too_small,
            Flags.individual_trade_quantity_too_small,
            Flags.close_position_weight_limit,
            Flags.cannot_redeem,
            Flags.cannot_deposit,
            Flags.settlement_pending,
        ),
        Sum.traded,
    ),
    Step("close", _TRADE, "closed whole", "what is not worth holding is closed whole", (Flags.closed,), Sum.traded),
    Step("trade", _TRADE, "traded", "what was traded"),
)
"""In their order."""

STEP_OF: dict[str, Step] = {step.name: step for step in STEPS}
"""By name."""


def steps_into(total: Sum) -> tuple[str, ...]:
    """The names of the steps whose dollars a sum leads through, in their order."""
    return tuple(step.name for step in STEPS if step.enters is total)


def flags_into(total: Sum) -> tuple[Flags, ...]:
    """The flags of those steps."""
    return tuple(flag for step in STEPS if step.enters is total for flag in step.flags)


FLAG_OF_GATE: dict[int, Flags] = {
    Gate.rebalance_too_small: Flags.max_adjust_too_small,
    Gate.settling: Flags.settlement_pending,
    Gate.trade_too_small: Flags.individual_trade_size_too_small,
    Gate.dust: Flags.individual_trade_quantity_too_small,
    Gate.weight_too_small: Flags.close_position_weight_limit,
    Gate.cannot_redeem: Flags.cannot_redeem,
    Gate.cannot_deposit: Flags.cannot_deposit,
}
"""What a gate flags; the others flag nothing."""

CLOSED_FLAGS: frozenset[Flags] = frozenset({Flags.closed, Flags.close_position_weight_limit})
"""What a position is flagged with that is closed for its weight."""

CODE_OF_GATE: dict[int, str] = {**FLAG_OF_GATE, Gate.problematic: Code.problematic_pair}
"""The reason that a gate writes down: its flag, or a code of its own."""


def flags_of(calls: str) -> frozenset[Flags]:
    """The flags of every step that a method of `AlphaModel` runs."""
    return frozenset(flag for step in STEPS if step.call == calls for flag in step.flags)


BIT: dict[str, int] = {flag: 1 << place for place, flag in enumerate(Flags)}
"""The bit of each flag in a record."""


def bits(*where: tuple[Flags, npt.NDArray[np.bool_]]) -> FlagBits:
    """Flags as bits, from where each one is set."""
    found = [np.where(holds, np.uint32(BIT[flag]), np.uint32(0)) for flag, holds in where]
    total: FlagBits = np.bitwise_or.reduce(found)
    return total


_BITS_OF_GATE = np.array([BIT[FLAG_OF_GATE[gate]] if gate in FLAG_OF_GATE else 0 for gate in Gate], dtype=np.uint32)


def gate_bits(gates: npt.NDArray[np.int8]) -> FlagBits:
    """The flag of each gate as a bit."""
    found: FlagBits = _BITS_OF_GATE[gates]
    return found
