"""What does a cycle look like in a console or a notebook?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Protocol

import pandas as pd

from alpha_model.values import PairId, SignalError, TradingPairSignal, Usd, write_flags


class HasSignals(Protocol):
    """A cycle with raw and selected signals, such as an `AlphaModel`."""

    raw_signals: dict[PairId, TradingPairSignal]
    signals: dict[PairId, TradingPairSignal]


def format_signals(model: HasSignals, signal_type: Literal["chosen", "raw"] = "chosen") -> pd.DataFrame:
    """The signals of a cycle as a table for people.

    Args:
        model: The cycle.
        signal_type: `chosen` for the selected signals and what is held beside them, `raw` for every signal set.

    Returns:
        RangeIndex, one row a signal in the model's order. Columns: Pair, Signal, Raw weight, Weight, Old weight,
        Weight change (shares, 0...1), Target USD, Adjust USD (NaN before they are known), Size risk USD (refused,
        NaN without size risk), Traded, Flags (names, comma-separated).

    Raises:
        SignalError: Another signal type.
    """
    choices: Mapping[str, dict[PairId, TradingPairSignal]] = {"chosen": model.signals, "raw": model.raw_signals}
    if signal_type not in choices:
        raise SignalError(f"signal_type is 'chosen' or 'raw', got {signal_type!r}.", signal_type=signal_type)
    return signals_frame(choices[signal_type].values())


def signals_frame(signals: Iterable[TradingPairSignal]) -> pd.DataFrame:
    """The columns of `format_signals` for any signals."""
    rows = [{name: value(signal) for name, value in _COLUMNS.items()} for signal in signals]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype(dict.fromkeys(("Target USD", "Size risk USD"), float))


def _refused(signal: TradingPairSignal) -> float | None:
    risk = signal.position_size_risk
    if risk is None or risk.asked_size is None or risk.accepted_size is None:
        return None
    return risk.asked_size - risk.accepted_size


_COLUMNS: dict[str, Callable[[TradingPairSignal], Any]] = {
    "Pair": lambda signal: signal.pair.get_ticker(),
    "Signal": lambda signal: signal.signal,
    "Raw weight": lambda signal: signal.raw_weight,
    "Weight": lambda signal: signal.normalised_weight,
    "Old weight": lambda signal: signal.old_weight,
    "Weight change": lambda signal: signal.normalised_weight - signal.old_weight,
    "Target USD": lambda signal: signal.position_target,
    "Adjust USD": lambda signal: signal.position_adjust_usd,
    "Size risk USD": _refused,
    "Traded": lambda signal: signal.has_trades(),
    "Flags": lambda signal: ", ".join(write_flags(signal.flags)),
}


def debug_text(title: str, amounts: Mapping[str, Usd | None], signals: Iterable[TradingPairSignal]) -> str:
    """A cycle as text: a title, its amounts in USD line by line, and the table of its signals."""
    frame = signals_frame(signals)
    lines = [f"  {name}: {'-' if usd is None else f'{usd:,.2f} USD'}" for name, usd in amounts.items()]
    table = "  no signals" if frame.empty else frame.to_string(index=False, float_format="{:,.4f}".format, na_rep="-")
    return "\n".join([title, *lines, table])
