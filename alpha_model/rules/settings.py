"""With which settings is a cycle decided, and how are they written down?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from alpha_model.rules.compat import OURS, Compat
from alpha_model.rules.methods import Method
from alpha_model.rules.share import SharingMode


@dataclass(frozen=True, slots=True)
class CycleSettings:
    """The settings of all steps of one cycle; None is what was not recorded, or not asked for.

    Args:
        top_n: How many signals are selected at most.
        signal_threshold: The least strength of a selected signal.
        method: How signals become raw weights.
        max_weight: Largest share of equity of one pair.
        max_weight_function: The function that gives pairs a max weight of their own; its answers are not recorded.
        size_risk_model: Name and plain settings of the model; None is no size risk.
        max_positions: With size risk, how many pairs are filled at most.
        waterfall: With size risk, whether each pair is filled as far as it goes before the next.
        epsilon_usd: With size risk, stop when no more than this is left, USD.
        max_protocol_weight: Largest share of equity of the pairs of one protocol.
        max_weight_per_chain: Largest share of equity on one chain.
        ignore_credit: Whether cash that is lent out counts as no position.
        min_trade_threshold: USD; below it the largest change holds back the whole rebalance.
        individual_threshold: USD that a single change must reach.
        sell_threshold: The same for decreases, where it differs.
        use_spot_for_long: Whether leveraged longs are refused.
        cap_buys_to_cash: Whether buys are shrunk to the cash that arrives.
        cash_headroom: USD of cash that they leave untouched then.
        cash_buffer: USD of cash that they leave untouched in any case.
        close_weight_epsilon: Weight below which a position is closed, or not opened.
        override_stop_loss: Whether a signal's stop loss replaces the one that its position has.
        compat: Habits of another framework, for what that has recorded.
    """

    top_n: int | None = None
    signal_threshold: float | None = None
    method: Method | None = None
    max_weight: float | None = None
    max_weight_function: str | None = None
    size_risk_model: Mapping[str, Any] | None = None
    max_positions: int | None = None
    waterfall: bool | None = None
    epsilon_usd: float | None = None
    max_protocol_weight: float | None = None
    max_weight_per_chain: float | None = None
    ignore_credit: bool | None = None
    min_trade_threshold: float | None = None
    individual_threshold: float | None = None
    sell_threshold: float | None = None
    use_spot_for_long: bool | None = None
    cap_buys_to_cash: bool | None = None
    cash_headroom: float | None = None
    cash_buffer: float | None = None
    close_weight_epsilon: float | None = None
    override_stop_loss: bool | None = None
    compat: Compat = OURS

    @property
    def sharing(self) -> SharingMode | None:
        """How equity is shared out under size risk; None without it."""
        if self.size_risk_model is None:
            return None
        return SharingMode.of(self.max_positions, waterfall=bool(self.waterfall))

    @classmethod
    def from_pipeline(cls, steps: Any, **others: Any) -> CycleSettings:
        """The settings that the steps of a cycle wrote down, those of the last run of each.

        Args:
            steps: `AlphaModel.pipeline`, or what a file has in its place; what is no setting is left out.
            **others: Fields that a record keeps elsewhere, such as `close_weight_epsilon`.
        """
        last = [last_runs(steps)]
        return cls(**({name: recorded_settings(name, last)[0] for name in _RECORDED} | others))

    def to_pipeline(self) -> list[dict[str, Any]]:
        """The steps with the settings that are known, as `AlphaModel.pipeline` has them."""
        written: dict[str, dict[str, Any]] = {}
        for name, (step, setting) in _RECORDED.items():
            value = getattr(self, name)
            if value is not None:
                written.setdefault(step, {"step": step})[setting] = (
                    value.written() if isinstance(value, Method) else value
                )
        return list(written.values())

    @classmethod
    def from_dict(cls, values: Any) -> CycleSettings:
        """From what `to_dict` wrote."""
        return msgspec.convert(values, cls)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of `to_dict`."""
        return msgspec.json.schema(cls)


_RECORDED: dict[str, tuple[str, str]] = {
    "top_n": ("select_top_signals", "count"),
    "signal_threshold": ("select_top_signals", "threshold"),
    "method": ("assign_weights", "method"),
    "max_weight": ("normalise_weights", "max_weight"),
    "size_risk_model": ("normalise_weights", "size_risk_model"),
    "max_positions": ("normalise_weights", "max_positions"),
    "waterfall": ("normalise_weights", "waterfall"),
    "max_weight_function": ("normalise_weights", "max_weight_function"),
    "epsilon_usd": ("normalise_weights", "epsilon_usd"),
    "max_protocol_weight": ("normalise_weights", "max_protocol_weight"),
    "max_weight_per_chain": ("cap_chain_allocation", "max_weight_per_chain"),
    "ignore_credit": ("update_old_weights", "ignore_credit"),
    "min_trade_threshold": ("generate_rebalance_trades_and_triggers", "min_trade_threshold"),
    "individual_threshold": ("generate_rebalance_trades_and_triggers", "individual_rebalance_min_threshold"),
    "use_spot_for_long": ("generate_rebalance_trades_and_triggers", "use_spot_for_long"),
    "sell_threshold": ("generate_rebalance_trades_and_triggers", "sell_rebalance_min_threshold"),
    "cap_buys_to_cash": ("generate_rebalance_trades_and_triggers", "cap_buys_to_sync_cash"),
    "cash_headroom": ("generate_rebalance_trades_and_triggers", "sync_cash_headroom_usd"),
    "cash_buffer": ("generate_rebalance_trades_and_triggers", "same_cycle_cash_buffer_usd"),
}
"""Field -> (step, its setting), in the order in which steps write them down."""

_KINDS = {field.name: str(field.type).partition(" ")[0] for field in fields(CycleSettings)}


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _name(value: Any) -> str | None:
    method = Method.read(value)
    return None if method is None else method.name


def _model(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None


_READ: dict[str, Callable[[Any], Any]] = {
    "bool": lambda value: value if isinstance(value, bool) else None,
    "int": lambda value: int(value) if _is_number(value) else None,
    "float": lambda value: float(value) if _is_number(value) else None,
    "str": _name,
    "Method": Method.read,
    "Mapping[str,": _model,
}
"""How each kind of setting is read; None for what is none of it, for files are written by strangers."""


def last_runs(steps: Any) -> dict[str, dict[str, Any]]:
    """The settings of each recorded step by its name, those of its last run; what is no step is left out."""
    return {str(step.get("step")): step for step in steps if isinstance(step, dict)} if _is_list(steps) else {}


def recorded_settings(name: str, cycles: Iterable[Mapping[str, Mapping[str, Any]]]) -> list[Any]:
    """One setting of `CycleSettings` from the record of each cycle; None where that has none, or no such setting.

    Args:
        name: Its name.
        cycles: The settings of the steps of each: `last_runs`.
    """
    (step, setting), read = _RECORDED[name], _READ[_KINDS[name]]
    found = [steps[step].get(setting) if step in steps else None for steps in cycles]
    return [None if value is None else read(value) for value in found]


def columns(settings: Sequence[CycleSettings]) -> dict[str, npt.NDArray[Any]]:
    """Settings as columns, one entry each: numbers with NaN for None, everything else as objects."""
    found = {}
    for name, kind in _KINDS.items():
        values = [getattr(each, name) for each in settings]
        numeric = kind in {"int", "float"}
        found[name] = np.array(values, dtype=np.float64 if numeric else object)
    return found
