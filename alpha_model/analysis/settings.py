"""With which settings was each cycle decided?

Our own model records them. For other files they are inferred, only where they reproduce what was recorded, and the
fit is shown beside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pandas as pd

from alpha_model.analysis.columns import Numbers, cycle_frame, numbers
from alpha_model.analysis.provenance import DERIVED, INFERRED, RECORDED, UNKNOWN, Codes, as_words
from alpha_model.analysis.settings_fit import fit_equity, fit_max_weight, fit_methods
from alpha_model.history import History

_NUMBERS = {
    "top_n": ("select_top_signals", "count"),
    "signal_threshold": ("select_top_signals", "threshold"),
    "max_weight": ("normalise_weights", "max_weight"),
    "max_positions": ("normalise_weights", "max_positions"),
    "max_weight_per_chain": ("cap_chain_allocation", "max_weight_per_chain"),
    "individual_threshold_usd": ("generate_rebalance_trades_and_triggers", "individual_rebalance_min_threshold"),
    "sell_threshold_usd": ("generate_rebalance_trades_and_triggers", "sell_rebalance_min_threshold"),
    "cash_headroom_usd": ("generate_rebalance_trades_and_triggers", "sync_cash_headroom_usd"),
}
"""Our name of a recorded number: its step, and its name there."""


def cycle_settings(history: History) -> pd.DataFrame:
    """The settings of each cycle, as recorded, else as they reproduce the record.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); equity_usd (what weights are shares of), method
        (name of the weighting function, absent = unknown), method_parameter (temperature or blend_alpha), max_weight,
        each with NAME_provenance (method_parameter has the method's); method_fit (share of the selected signals whose
        raw weight the method reproduces; NaN where the method is recorded) and method_error (largest relative error);
        max_weight_fit (share of the capped pairs that lie at the cap). As recorded only, NaN = not recorded: top_n,
        signal_threshold, max_positions, sharing (`none`, `sequential`, `positions`, `waterfall`),
        max_weight_per_chain, individual_threshold_usd, sell_threshold_usd, cash_headroom_usd.
    """
    steps = [_steps(text) for text in history.tables.cycles["pipeline"].to_pylist()]
    recorded = {name: _column(steps, *where) for name, where in _NUMBERS.items()}
    own_methods = [_method(each.get("assign_weights", {}).get("method")) for each in steps]
    method = np.array([name for name, _ in own_methods], dtype=object)
    parameter = np.array([value for _, value in own_methods], dtype=np.float64)
    equity = numbers(history.tables.cycles, "investable_equity")
    equity_from = _where_known(equity, RECORDED)
    if np.isnan(equity).any():
        fitted = fit_equity(history)
        equity_from = np.where(np.isnan(equity), _where_known(fitted, INFERRED), equity_from)
        equity = np.where(np.isnan(equity), fitted, equity)

    nameless = np.array([name is None for name in method], dtype=np.bool_)
    fit = fit_methods(history, nameless)
    method_from = np.where(nameless, np.where(fit.known, INFERRED, UNKNOWN), RECORDED).astype(np.int8)
    method = np.where(nameless, fit.method, method)
    parameter = np.where(nameless, fit.parameter, parameter)

    own_caps = np.array(["max_weight_function" in each.get("normalise_weights", {}) for each in steps], dtype=np.bool_)
    max_weight = np.where(own_caps, np.nan, recorded["max_weight"])
    from_shares, cap_fit = fit_max_weight(history, equity, np.isnan(max_weight) & ~own_caps)
    max_weight_from = _where_known(max_weight, RECORDED)
    max_weight_from = np.where(np.isnan(max_weight), _where_known(from_shares, INFERRED), max_weight_from)
    sharing = pd.Series([_sharing(each.get("normalise_weights")) for each in steps], dtype=object)
    return cycle_frame(
        history,
        {
            "equity_usd": equity,
            "equity_usd_provenance": as_words(equity_from.astype(np.int8)),
            "method": pd.Series(method, dtype=object),
            "method_parameter": parameter,
            "method_provenance": as_words(method_from),
            "method_fit": fit.share,
            "method_error": fit.error,
            **recorded,
            "max_weight": np.where(np.isnan(max_weight), from_shares, max_weight),
            "max_weight_provenance": as_words(max_weight_from.astype(np.int8)),
            "max_weight_fit": cap_fit,
            "sharing": sharing,
        },
    )


def method_certainty(settings: pd.DataFrame) -> Codes:
    """How sure an amount is that follows from the method: derived where the method is recorded."""
    codes = settings["method_provenance"].cat.codes.to_numpy()
    certainty: Codes = np.minimum(codes, DERIVED).astype(np.int8)
    return certainty


def _steps(text: str | None) -> dict[str, dict[str, Any]]:
    """The last run of each step."""
    if text is None:
        return {}
    try:
        steps = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(steps, list):
        return {}
    return {str(step.get("step")): step for step in steps if isinstance(step, dict)}


def _column(steps: list[dict[str, dict[str, Any]]], step: str, name: str) -> Numbers:
    return np.array([_number(each.get(step, {}).get(name)) for each in steps], dtype=np.float64)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else np.nan


def _method(described: Any) -> tuple[str | None, float]:
    """A weighting method and its setting, as `AlphaModel.pipeline` describes it."""
    if isinstance(described, dict):
        name = described.get("name")
        value = _number(described.get("temperature", described.get("blend_alpha")))
        return (name, value) if isinstance(name, str) else (None, np.nan)
    defaults = {"weight_by_softmax": 2.0, "weight_by_blend": 0.5}
    return (described, defaults.get(described, np.nan)) if isinstance(described, str) else (None, np.nan)


def _sharing(step: dict[str, Any] | None) -> str | None:
    if step is None:
        return None
    if "size_risk_model" not in step:
        return "none"
    if step.get("waterfall"):
        return "waterfall"
    return "sequential" if step.get("max_positions") is None else "positions"


def _where_known(values: Numbers, code: np.int8) -> Codes:
    return np.where(np.isnan(values), UNKNOWN, code).astype(np.int8)
