"""With which settings was each cycle decided?

Our own model records them. For other files they are inferred, only where they reproduce what was recorded, and the
fit is shown beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import (
    DERIVED,
    INFERRED,
    RECORDED,
    UNKNOWN,
    Codes,
    Facts,
    Names,
    Numbers,
    Truths,
    as_words,
    cycle_frame,
    facts_of,
    numbers,
)
from alpha_model.analysis.settings.fit import Fit, fit_equity, fit_max_weight, fit_methods
from alpha_model.analysis.settings.gates import fit_top_n, individual_threshold_bounds
from alpha_model.analysis.settings.sharing_fit import fit_sharing
from alpha_model.history import History
from alpha_model.rules import Method


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """The settings that amounts follow from; one entry a cycle. They equal themselves only.

    Args:
        equity: What weights are shares of, USD.
        equity_from: How sure it is.
        method: Name of the weighting function; None = unknown.
        parameter: Its temperature or blend_alpha.
        method_from: How sure they are.
        method_fit: How well the inferred ones reproduce the record.
        max_weight: Largest share of equity of one pair.
        max_weight_from: How sure it is.
        max_weight_fit: Share of the cut pairs that lie at the inferred one.
    """

    equity: Numbers
    equity_from: Codes
    method: Names
    parameter: Numbers
    method_from: Codes
    method_fit: Fit
    max_weight: Numbers
    max_weight_from: Codes
    max_weight_fit: Numbers

    @property
    def max_usd(self) -> Numbers:
        """The most that one pair may hold, USD."""
        return self.max_weight * self.equity

    def methods(self) -> Iterator[tuple[Method, Truths]]:
        """Each weighting method with its setting, and the cycles that it weighed."""
        codes, named = pd.factorize(pd.MultiIndex.from_arrays([self.method, np.nan_to_num(self.parameter, nan=-1.0)]))
        for code, (name, parameter) in enumerate(named):
            if isinstance(name, str):
                yield Method.called(name, parameter if parameter >= 0 else None), codes == code


def settings_of(history: History) -> Settings:
    """The settings that amounts follow from, as NumPy columns; `Facts.settings` keeps them."""
    recorded = facts_of(history).recorded
    equity = numbers(history.tables.cycles, "investable_equity")
    equity, equity_from = _completed(equity, fit_equity(history) if np.isnan(equity).any() else equity)
    nameless = ~recorded.given("method")
    fit = fit_methods(history, nameless)
    own_caps = recorded.given("max_weight_function")
    max_weight = np.where(own_caps, np.nan, recorded.number("max_weight"))
    fitted, cap_fit = fit_max_weight(history, equity, np.isnan(max_weight) & ~own_caps)
    max_weight, max_weight_from = _completed(max_weight, fitted)
    return Settings(
        equity=equity,
        equity_from=equity_from,
        method=np.where(nameless, fit.name, recorded.method),
        parameter=np.where(nameless, fit.parameter, recorded.parameter),
        method_from=np.where(nameless, np.where(fit.known, INFERRED, UNKNOWN), RECORDED).astype(np.int8),
        method_fit=fit,
        max_weight=max_weight,
        max_weight_from=max_weight_from,
        max_weight_fit=cap_fit,
    )


def cycle_settings(history: History | Facts) -> pd.DataFrame:
    """The settings of each cycle, as recorded, else as they reproduce the record.

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC). As recorded, else inferred, each with its
        NAME_provenance: equity_usd (what weights are shares of); method (name of the weighting function, absent =
        unknown) with method_parameter (temperature or blend_alpha); top_n (at most so many signals were selected);
        max_weight (largest share of equity of one pair; NaN also where pairs have one of their own); sharing (how size
        risk was shared out: `none`, `sequential`, `positions`, `waterfall`). Of the inferred ones the fit:
        method_fit, max_weight_fit, sharing_fit (share of the rows reproduced, 0...1; NaN where recorded), method_error,
        sharing_error (largest relative error). As recorded only, NaN = not recorded: signal_threshold, max_positions,
        max_weight_per_chain, individual_threshold_usd, sell_threshold_usd, cash_headroom_usd. individual_above_usd and
        individual_at_most_usd bound the threshold of a single trade: above the largest change that was skipped for its
        size, at most the smallest that was traded (NaN = there was none).
    """
    return facts_of(history).settings_frame.copy(deep=False)


def settings_frame_of(history: History) -> pd.DataFrame:
    """`cycle_settings` of a whole history; `Facts.settings_frame` keeps it."""
    facts = facts_of(history)
    found, recorded, fit = facts.settings, facts.recorded, facts.settings.method_fit
    unshared = ~recorded.ran("normalise_weights")
    shared = fit_sharing(history, found.equity, found.max_weight, unshared)
    sharing_from = np.where(unshared, np.where(shared.known, INFERRED, UNKNOWN), RECORDED).astype(np.int8)
    top_n, top_n_from = _completed(recorded.number("top_n"), fit_top_n(history))
    return cycle_frame(
        history,
        {
            "equity_usd": found.equity,
            "equity_usd_provenance": as_words(found.equity_from),
            "method": pd.Series(found.method, dtype=object),
            "method_parameter": found.parameter,
            "method_provenance": as_words(found.method_from),
            "method_fit": fit.share,
            "method_error": fit.error,
            "top_n": top_n,
            "top_n_provenance": as_words(top_n_from),
            "max_weight": found.max_weight,
            "max_weight_provenance": as_words(found.max_weight_from),
            "max_weight_fit": found.max_weight_fit,
            "sharing": pd.Series(np.where(unshared, shared.name, recorded.sharing), dtype=object),
            "sharing_provenance": as_words(sharing_from),
            "sharing_fit": shared.share,
            "sharing_error": shared.error,
            "signal_threshold": recorded.number("signal_threshold"),
            "max_positions": recorded.number("max_positions"),
            "max_weight_per_chain": recorded.number("max_weight_per_chain"),
            "individual_threshold_usd": recorded.number("individual_threshold"),
            "sell_threshold_usd": recorded.number("sell_threshold"),
            "cash_headroom_usd": recorded.number("cash_headroom"),
            **individual_threshold_bounds(history),
        },
    )


def exactly(codes: Codes) -> Codes:
    """How sure an amount is that follows from a setting: derived where the setting is recorded."""
    certainty: Codes = np.minimum(codes, DERIVED)
    return certainty


def _completed(recorded: Numbers, fitted: Numbers) -> tuple[Numbers, Codes]:
    """The recorded numbers, the fitted ones where there is none, and how sure each is."""
    from_fit = np.where(np.isnan(fitted), UNKNOWN, INFERRED)
    absent = np.isnan(recorded)
    return np.where(absent, fitted, recorded), np.where(absent, from_fit, RECORDED).astype(np.int8)
