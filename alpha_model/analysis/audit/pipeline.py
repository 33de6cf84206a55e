"""Under which settings was each cycle decided, as far as the record says?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.columns import Numbers, Truths
from alpha_model.analysis.steps import Step, plain_setting, steps_of
from alpha_model.history import History


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the steps, one entry a cycle; NaN is not recorded or not given.

    Args:
        top_n: At most so many signals are selected.
        signal_threshold: Least strength of a selected signal.
        names_method: The weighting method is recorded.
        position_cap: USD or share of TVL that the size-risk model allows a position.
        of_tvl: That cap is a share of the TVL.
        min_trade: USD below which the whole rebalance is held.
        equity: USD that the targets are shares of.
        weighted: The settings of `normalise_weights` are recorded.
        max_weight: Largest share of equity in one pair.
        own_caps: Pairs had largest shares of their own, which the record does not keep.
        sized: A size-risk model was used.
        waterfall: What is left is offered to each pair in turn, up to its largest share.
        max_positions: At most so many pairs are sized.
        epsilon_usd: Sizing stops when no more USD than this are left.
        chain_capped: Chains had a largest share.
        rebalanced: The settings of the rebalance are recorded.
        individual: USD below which a single change is skipped.
        individual_sell: The same for decreases.
    """

    top_n: Numbers
    signal_threshold: Numbers
    names_method: Truths
    position_cap: Numbers
    of_tvl: Truths
    min_trade: Numbers
    equity: Numbers
    weighted: Truths
    max_weight: Numbers
    own_caps: Truths
    sized: Truths
    waterfall: Truths
    max_positions: Numbers
    epsilon_usd: Numbers
    chain_capped: Truths
    rebalanced: Truths
    individual: Numbers
    individual_sell: Numbers


def settings_of(history: History) -> Settings:
    """The settings of every cycle."""
    steps = [steps_of(text) for text in history.tables.cycles["pipeline"].to_pylist()]
    weights = [step.get("normalise_weights") for step in steps]
    rebalances = [step.get("generate_rebalance_trades_and_triggers") for step in steps]
    individual = _numbers(rebalances, "individual_rebalance_min_threshold")
    selling = _numbers(rebalances, "sell_rebalance_min_threshold")
    selecting = [step.get("select_top_signals") for step in steps]
    models = [_size_risk(each) for each in weights]
    return Settings(
        top_n=_numbers(selecting, "count"),
        signal_threshold=_numbers(selecting, "threshold"),
        names_method=_truths(["assign_weights" in step for step in steps]),
        position_cap=_numbers(models, "per_position_cap"),
        of_tvl=_truths([bool(each) and "TVL" in str(each["name"]) for each in models]),
        min_trade=_numbers(rebalances, "min_trade_threshold"),
        equity=_numbers([step.get("calculate_target_positions") for step in steps], "investable_equity"),
        weighted=_truths([each is not None for each in weights]),
        max_weight=_numbers(weights, "max_weight"),
        own_caps=_truths([bool(each and each.get("max_weight_function")) for each in weights]),
        sized=_truths([bool(each and each.get("size_risk_model")) for each in weights]),
        waterfall=_truths([bool(each and each.get("waterfall")) for each in weights]),
        max_positions=_numbers(weights, "max_positions"),
        epsilon_usd=_numbers(weights, "epsilon_usd"),
        chain_capped=_truths(["cap_chain_allocation" in step for step in steps]),
        rebalanced=_truths([each is not None for each in rebalances]),
        individual=individual,
        individual_sell=np.where(np.isnan(selling), individual, selling),
    )


def _size_risk(step: Step | None) -> Step:
    model = None if step is None else step.get("size_risk_model")
    return model if isinstance(model, dict) and "name" in model else {}


def _truths(values: list[bool]) -> Truths:
    return np.array(values, dtype=np.bool_)


def _numbers(steps: Sequence[Step | None], name: str) -> Numbers:
    found = [np.nan if step is None else plain_setting(step.get(name)) for step in steps]
    return np.array(found, dtype=np.float64)
