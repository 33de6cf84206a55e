"""From what a signal wanted to the target: which limit took how much?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpha_model.analysis.facts import (
    DERIVED,
    INFERRED,
    RECORDED,
    UNKNOWN,
    Codes,
    Facts,
    Numbers,
    Truths,
    clipped_share,
    has_flags,
    numbers,
)
from alpha_model.analysis.ledger.reasons import Recorded
from alpha_model.analysis.settings import FIT_TOLERANCE, exactly, share_if_selected
from alpha_model.history import History
from alpha_model.rules import Sum, steps_into
from alpha_model.values import Stage
from alpha_model.values import TradingPairSignalFlags as Flags

TARGET_STAGES = (*steps_into(Sum.target), "other")
"""The stages between what was wanted and the target, in their order."""

ROUNDING = 1e-9
"""Relative: a smaller difference between two recorded amounts is rounding and no stage."""


@dataclass(frozen=True, slots=True)
class Targets:
    """From what was wanted to the target; one entry a row of `signals`.

    Args:
        chosen: Selected with a signal other than 0.
        sized: Size risk was used in the row's cycle.
        reached: Size risk was asked about the pair.
        share: What was wanted as a share of the investable equity, 0...1.
        equity: Investable equity of the row's cycle, USD.
        amounts: `wanted`, the stages with `ideal` after the selection, and `target`, USD.
        provenance: Of `wanted`, each stage and `target`.
    """

    chosen: Truths
    sized: Truths
    reached: Truths
    share: Numbers
    equity: Numbers
    amounts: dict[str, Numbers]
    provenance: dict[str, Codes]


def targets_of(facts: Facts) -> Targets:
    """The first half of the ledger."""
    history, settings, reasons = facts.history, facts.settings, facts.written
    signals, places = history.tables.signals, history.signal_places
    chosen = np.asarray(signals["selected"].to_numpy())
    equity = settings.equity[places]
    equity_from = exactly(settings.equity_from)[places]
    share, share_from = share_if_selected(history, settings, chosen)
    share = share - clipped_share(history)  # the source's own rounding is no limit
    target, target_from = _targets(history, chosen, equity, equity_from)

    wanted = share * equity
    wanted_from = np.where(np.isnan(wanted), UNKNOWN, np.minimum(share_from, equity_from)).astype(np.int8)
    ideal = np.where(chosen, wanted, 0.0)
    selection = np.where(chosen, 0.0, -wanted)

    asked, accepted = numbers(signals, "asked"), numbers(signals, "accepted")
    reached = ~np.isnan(asked)
    count = np.bincount(places[reached], minlength=len(history))
    with_equity = ~np.isnan(numbers(history.tables.cycles, "accepted_investable_equity"))
    sized = ((count > 0) | with_equity)[places]

    limit = settings.max_usd[places]
    after_cap, by_limit = _after_concentration(history, ideal, target, limit, sized, reasons)
    offered, after_protocol, split = _around_protocol(
        history, np.where(reached, asked, np.where(sized & chosen, 0.0, after_cap)), after_cap, target, reasons
    )
    allowed = np.where(reached, accepted, after_protocol)
    on_chain = has_flags(history, Flags.capped_by_chain_allocation)
    after_chain = np.where(on_chain, target, allowed)
    steps = {
        "concentration": after_cap - ideal,
        "redistribution": offered - after_cap,
        "protocol": after_protocol - offered,
        "size_risk": allowed - after_protocol,
        "chain": after_chain - allowed,
        "other": target - after_chain,
    }
    scale = ROUNDING * np.fmax(np.abs(ideal), np.abs(target))
    steps = {name: np.where(np.abs(usd) <= scale, 0.0, usd) for name, usd in steps.items()}
    base = np.where(chosen, np.minimum(wanted_from, target_from), DERIVED).astype(np.int8)
    limit_from = settings.max_weight_from[places]
    base = np.where(by_limit, np.minimum(base, limit_from), base).astype(np.int8)
    provenance = {name: _certainty(usd, base) for name, usd in steps.items()}
    assumed = reached & has_flags(history, Flags.capped_by_concentration)  # how far the cap cut, and how far the offer
    for name, rows in (("concentration", assumed), ("redistribution", assumed | split), ("protocol", split)):
        provenance[name] = np.where(rows, np.minimum(provenance[name], INFERRED), provenance[name]).astype(np.int8)
    for name in set(Stage) & set(steps):
        wrote = reasons.has(Stage(name))
        provenance[name] = np.where(wrote & (provenance[name] > UNKNOWN), RECORDED, provenance[name]).astype(np.int8)
    always = np.where(chosen, DERIVED, wanted_from).astype(np.int8)
    return Targets(
        chosen=chosen,
        sized=sized,
        reached=reached,
        share=share,
        equity=equity,
        amounts={"wanted": wanted, "selection": selection, "ideal": ideal, **steps, "target": target},
        provenance={
            "wanted": wanted_from,
            "selection": np.where(np.isnan(selection), UNKNOWN, always).astype(np.int8),
            **provenance,
            "target": target_from,
        },
    )


def _targets(history: History, chosen: Truths, equity: Numbers, equity_from: Codes) -> tuple[Numbers, Codes]:
    """The target of each row; where the source has none, weight × equity; 0 for what is outside the selection."""
    signals = history.tables.signals
    target = numbers(signals, "position_target")
    code = np.where(np.isnan(target), UNKNOWN, RECORDED)
    outside = np.isnan(target) & ~chosen & np.isnan(numbers(signals, "signal_in_selection"))
    target = np.where(outside, 0.0, target)
    code = np.where(outside, DERIVED, code)
    weighted = np.isnan(target) & chosen & ~np.asarray(signals["carry_forward"].to_numpy())
    usable = weighted & np.isnan(numbers(history.tables.cycles, "accepted_investable_equity"))[history.signal_places]
    target = np.where(usable, numbers(signals, "normalised_weight") * equity, target)
    code = np.where(usable & ~np.isnan(target), equity_from, code)
    return target, code.astype(np.int8)


def _after_concentration(
    history: History, ideal: Numbers, target: Numbers, limit: Numbers, sized: Truths, reasons: Recorded
) -> tuple[Numbers, Truths]:
    """What is left after the concentration cap, and which rows rest on the max weight of the settings.

    With size risk a flagged pair asked for exactly its cap. Without, its target is its cap, unless a later step changed
    that: then the step itself wrote down its amounts, or the recorded or fitted max weight tells.
    """
    signals = history.tables.signals
    flagged = has_flags(history, Flags.capped_by_concentration)
    later = has_flags(history, Flags.capped_by_chain_allocation) | np.asarray(signals["carry_forward"].to_numpy())
    written, asked = reasons.after(Stage.concentration), numbers(signals, "asked")
    by_limit = flagged & later & np.isnan(asked) & np.isnan(written)
    capped = np.where(np.isnan(asked), target, asked)
    capped = np.where(by_limit, limit, capped)
    capped = np.where(np.isnan(written), capped, written)
    # The reference framework caps without a flag where it uses no size risk.
    at_limit = np.abs(target - limit) <= FIT_TOLERANCE * np.abs(limit)
    silent = ~sized & ~flagged & ~later & (target < ideal) & at_limit
    cut = np.where(flagged | silent, np.fmin(ideal, capped), ideal)
    unknown = np.isnan(ideal) | ((flagged | silent) & np.isnan(capped))
    return np.where(unknown, np.nan, cut), by_limit | silent


def _around_protocol(
    history: History, got: Numbers, after_cap: Numbers, target: Numbers, reasons: Recorded
) -> tuple[Numbers, Numbers, Truths]:
    """What the cap of a protocol was given and what it left, and where only its flag tells of it.

    With size risk it comes after the offers, so what was asked for is what it left; without, it comes before the cap of
    the chain. The step writes down both amounts; a flag alone is taken to have cut off all that is missing.
    """
    flagged = has_flags(history, Flags.capped_by_protocol_allocation)
    if not flagged.any():
        return got, got, flagged
    asked = ~np.isnan(numbers(history.tables.signals, "asked"))
    before, after = (usd(Stage.protocol) for usd in (reasons.before, reasons.after))
    told = flagged & ~np.isnan(before) & ~np.isnan(after)
    alone = flagged & ~told & (asked | ~has_flags(history, Flags.capped_by_chain_allocation))
    offered = np.where(asked & told, before, np.where(asked & alone, np.fmax(got, after_cap), got))
    left = np.where(asked, got, np.where(told, after, np.where(alone, target, got)))
    return offered, left, alone


def _certainty(usd: Numbers, base: Codes) -> Codes:
    return np.where(np.isnan(usd), UNKNOWN, np.clip(base, INFERRED, DERIVED)).astype(np.int8)
