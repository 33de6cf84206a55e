"""Which settings did the steps of each cycle write down?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from alpha_model.analysis.columns import Numbers, Truths
from alpha_model.analysis.settings_fit import Names
from alpha_model.analysis.steps import Step, plain_setting, steps_of
from alpha_model.history import History
from alpha_model.rules import SharingMode

_DEFAULTS = {"weight_by_softmax": 2.0, "weight_by_blend": 0.5}
"""The settings of weighting methods that were called without."""

NOT_SHARED = "none"
"""The sharing mode of a cycle without size risk."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The recorded settings; one entry a cycle, NaN or None where none is recorded.

    Args:
        top_n: How many signals are selected at most.
        signal_threshold: The least strength of a selected signal.
        method: Name of the weighting function.
        parameter: Its temperature or blend_alpha.
        max_weight: Largest share of equity of one pair.
        own_caps: Pairs have a max weight of their own, which is not recorded.
        max_positions: How many pairs are filled at most.
        sharing: How equity is shared out under size risk: a `SharingMode`, or `none`.
        max_weight_per_chain: Largest share of equity on one chain.
        individual_threshold: USD that a single change must reach.
        sell_threshold: The same for decreases, where it differs.
        cash_headroom: USD of cash that purchases leave untouched.
    """

    top_n: Numbers
    signal_threshold: Numbers
    method: Names
    parameter: Numbers
    max_weight: Numbers
    own_caps: Truths
    max_positions: Numbers
    sharing: Names
    max_weight_per_chain: Numbers
    individual_threshold: Numbers
    sell_threshold: Numbers
    cash_headroom: Numbers


def pipeline_of(history: History) -> Pipeline:
    """The recorded settings of every cycle."""
    texts = history.tables.cycles["pipeline"].to_pylist()
    rows = [_values(steps_of(text)) for text in texts]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_TYPES)
    named = dict(zip(_TYPES, columns, strict=True))
    return Pipeline(**{name: np.array(values, dtype=_TYPES[name]) for name, values in named.items()})


_TYPES: dict[str, Any] = {
    "top_n": np.float64,
    "signal_threshold": np.float64,
    "method": object,
    "parameter": np.float64,
    "max_weight": np.float64,
    "own_caps": np.bool_,
    "max_positions": np.float64,
    "sharing": object,
    "max_weight_per_chain": np.float64,
    "individual_threshold": np.float64,
    "sell_threshold": np.float64,
    "cash_headroom": np.float64,
}


def _values(steps: dict[str, Step]) -> tuple[Any, ...]:
    """The settings in the order of `_TYPES`."""
    selecting = steps.get("select_top_signals", {})
    normalising = steps.get("normalise_weights", {})
    trading = steps.get("generate_rebalance_trades_and_triggers", {})
    method, parameter = _method(steps.get("assign_weights", {}).get("method"))
    return (
        plain_setting(selecting.get("count")),
        plain_setting(selecting.get("threshold")),
        method,
        parameter,
        plain_setting(normalising.get("max_weight")),
        "max_weight_function" in normalising,
        plain_setting(normalising.get("max_positions")),
        _sharing(normalising) if normalising else None,
        plain_setting(steps.get("cap_chain_allocation", {}).get("max_weight_per_chain")),
        plain_setting(trading.get("individual_rebalance_min_threshold")),
        plain_setting(trading.get("sell_rebalance_min_threshold")),
        plain_setting(trading.get("sync_cash_headroom_usd")),
    )


def _method(described: Any) -> tuple[str | None, float]:
    """A weighting method and its setting, as `AlphaModel.pipeline` describes it."""
    bound = described if isinstance(described, dict) else {"name": described}
    name = bound.get("name")
    if not isinstance(name, str):
        return None, np.nan
    return name, plain_setting(bound.get("temperature", bound.get("blend_alpha", _DEFAULTS.get(name))))


def _sharing(step: Step) -> str:
    if "size_risk_model" not in step:
        return NOT_SHARED
    return str(SharingMode.of(step.get("max_positions"), waterfall=bool(step.get("waterfall"))))
