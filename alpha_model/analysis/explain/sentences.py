"""Why did each pair end up where it did: in plain English?

Sentences are made from the numbers of one cycle only, and say nothing that these do not show. They are plain text and
hold tickers that strangers wrote: whoever puts them into HTML, Markdown or a spreadsheet escapes them first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alpha_model.analysis.explain.deeds import Deed, deed
from alpha_model.analysis.explain.reasons import NOT_SELECTED, ReasonCode, reason_columns
from alpha_model.analysis.facts import (
    SKIPPING,
    Facts,
    Numbers,
    Places,
    Truths,
    facts_of,
    has_flags,
    numbers,
    pair_labels,
    was_short,
)
from alpha_model.analysis.former import without_book
from alpha_model.analysis.ledger import CENT
from alpha_model.analysis.words import count, known, ordinal, percent, usd
from alpha_model.history import History
from alpha_model.values import TradingPairSignalFlags as Flags


@dataclass(frozen=True, slots=True)
class _Pair:
    """The numbers of one pair in one cycle; NaN = unknown."""

    label: str
    deed: Deed
    chosen: bool
    sized: bool
    reached: bool
    signal: float
    rank: int
    signal_count: int
    selected_count: int
    signal_limit: float
    share: float
    equity: float
    wanted: float
    cap_usd: float
    offer_capped: bool
    ideal: float
    concentration: float
    redistribution: float
    protocol: float
    size_risk: float
    chain: float
    other: float
    smaller: int
    cash_left: float
    unshared: float
    strongest: bool
    tied: bool


@without_book
def sentences(history: History | Facts) -> list[str]:
    """One sentence for every row of `signals`, in their order.

    Args:
        history: Of one cycle, or a few: `history.at(timestamp)`.

    Returns:
        Plain text with strangers' tickers in it; see the module.
    """
    return [f"{_sentence(pair)}." for pair in _pairs(facts_of(history))]


@without_book
def explain_cycle(history: History | Facts) -> pd.DataFrame:
    """`explain_pairs` of one cycle, with pair (its label) and sentence; the largest amount first.

    Args:
        history: Of one cycle, or a few.

    Returns:
        RangeIndex; pairs that were neither selected nor held come last.
    """
    facts = facts_of(history)
    columns, labels = reason_columns(facts), pair_labels(facts.history)
    keys = {name: columns.pop(name) for name in ("cycle", "timestamp", "pair_id")}
    names = np.array([labels[pair_id] for pair_id in keys["pair_id"].tolist()], dtype=object)
    words = np.array(sentences(facts), dtype=object)
    aside = np.isin(facts.reasons.code, [list(ReasonCode).index(code) for code in NOT_SELECTED])
    order = np.lexsort((columns["rank"], -np.nan_to_num(columns["amount_usd"]), aside))
    columns = {**keys, "pair": names, **columns, "sentence": words}
    ordered = {name: column[order] for name, column in columns.items()}
    ordered |= {name: pd.Series(ordered[name], dtype=object) for name in ("pair", "sentence")}  # also where all is text
    return pd.DataFrame(ordered, copy=False)


def _pairs(facts: Facts) -> Iterator[_Pair]:
    history, book, reasons, executed = facts.history, facts.ledger, facts.reasons, facts.executed
    signals, amounts, labels = history.tables.signals, book.amounts(), pair_labels(history)
    within = numbers(signals, "signal_in_selection")
    deeds = map(
        Deed,
        map(list(ReasonCode).__getitem__, reasons.code.tolist()),
        reasons.numbers["amount_usd"].tolist(),
        reasons.numbers["limit_usd"].tolist(),
        amounts["old_value"].tolist(),
        amounts["target"].tolist(),
        amounts["change"].tolist(),
        amounts["cash"].tolist(),
        (within < 0).tolist(),
        was_short(history).tolist(),
        executed.words(),
        executed.share.tolist(),
        executed.seen_in_holdings.tolist(),
        (book.traded.planned & has_flags(history, *SKIPPING)).tolist(),
        executed.unmoved.tolist(),
    )
    cash_left = book.targets.equity - np.bincount(book.place, amounts["target"], minlength=len(history))[book.place]
    columns = (
        [labels[pair_id] for pair_id in signals["pair_id"].to_pylist()],
        deeds,
        book.targets.chosen.tolist(),
        book.targets.sized.tolist(),
        book.targets.reached.tolist(),
        numbers(signals, "signal").tolist(),
        *(
            reasons.numbers[name].tolist()
            for name in ("rank", "signal_count", "selected_count", "signal_limit", "share")
        ),
        book.targets.equity.tolist(),
        amounts["wanted"].tolist(),
        facts.settings.max_usd[book.place].tolist(),
        has_flags(history, Flags.capped_by_concentration).tolist(),
        *(amounts[name].tolist() for name in ("ideal", "concentration", "redistribution", "protocol", "size_risk")),
        amounts["chain"].tolist(),
        amounts["other"].tolist(),
        _smaller(facts).tolist(),
        cash_left.tolist(),
        _unshared(facts).tolist(),
        _took_the_strongest(facts).tolist(),
        _tied(facts).tolist(),
    )
    return map(_Pair, *columns)


def _smaller(facts: Facts) -> Places:
    """How many smaller pairs of the cycle were offered more than their own share."""
    book, raw = facts.ledger, np.nan_to_num(facts.column("raw_weight"))
    more = book.targets.reached & (book.targets.amounts["redistribution"] > 0)
    found = np.zeros(len(raw), dtype=np.int64)
    for place in range(len(facts.history)):
        rows = np.flatnonzero(book.place == place)
        found[rows] = np.searchsorted(np.sort(raw[rows][more[rows]]), raw[rows], side="left")
    return found


def _unshared(facts: Facts) -> Numbers:
    """What was left of the equity when the sharing under size risk stopped in the row's cycle, USD."""
    book = facts.ledger
    accepted = np.where(book.targets.reached, facts.column("accepted"), 0.0)
    return book.targets.equity - np.bincount(book.place, accepted, minlength=len(facts.history))[book.place]


def _took_the_strongest(facts: Facts) -> Truths:
    """Whether no signal of the row's cycle that was left out is stronger than a selected one."""
    book, found = facts.ledger, facts.reasons.numbers
    late = book.targets.chosen & (found["rank"] > found["selected_count"])
    strongest: Truths = np.bincount(book.place, weights=late)[book.place] == 0
    return strongest


def _tied(facts: Facts) -> Truths:
    """Whether the signal is just as strong as the weakest selected one of its cycle."""
    book, strength = facts.ledger, np.abs(facts.column("signal"))
    weakest, chosen = np.full(len(facts.history), np.inf), book.targets.chosen
    np.minimum.at(weakest, book.place[chosen], strength[chosen])
    tied: Truths = strength == weakest[book.place]
    return tied


def _sentence(pair: _Pair) -> str:
    if pair.deed.code is ReasonCode.carried_forward:
        return f"{pair.label}: {deed(pair.deed)}"  # what its signal wanted was never asked for
    parts = [part for part in (_wish(pair), *_limits(pair), deed(pair.deed)) if part]
    return f"{pair.label}: {'; '.join(parts)}"


def _wish(pair: _Pair) -> str:
    """What the signal asked for, or why it asked for nothing."""
    if not pair.chosen:
        if not known(pair.signal):
            return "its signal is not recorded"
        return _not_selected(pair) if pair.signal else "no signal in this cycle"
    side = "a short of " if pair.deed.is_short else ""
    if not known(pair.share):
        return "wanted an unknown amount"
    if not known(pair.wanted):
        return f"wanted {side}{percent(pair.share)} of an equity that is not recorded"
    return f"wanted {side}{usd(pair.wanted)} ({percent(pair.share)})"


def _not_selected(pair: _Pair) -> str:
    weak = pair.deed.code is ReasonCode.below_signal_threshold
    if weak and known(pair.signal_limit):
        place = f"its strength of {abs(pair.signal):.3g} is below the {pair.signal_limit:.3g} that selection asks for"
    else:
        place = f"ranked {ordinal(pair.rank)} of {pair.signal_count}, {_selection(pair)}"
    if not known(pair.share, pair.wanted):
        return place
    if pair.wanted > pair.cap_usd:
        return f"{place}; its {percent(pair.share)} would have been {usd(pair.cap_usd)}, the cap per pair"
    return f"{place}; its {percent(pair.share)} would have been {usd(pair.wanted)}"


def _selection(pair: _Pair) -> str:
    """How many were selected, and as the strongest ones only where the numbers show it."""
    if not pair.selected_count:
        return "none selected"
    if pair.rank <= pair.selected_count:
        return f"{pair.selected_count} selected, this one not, for a reason that is not recorded"
    if pair.strongest:
        return f"top {pair.selected_count} selected{', tied with the last of them' if pair.tied else ''}"
    return f"{pair.selected_count} selected"


def _limits(pair: _Pair) -> Iterator[str]:
    """Which limits changed what was wanted, in their order."""
    if not pair.chosen:
        return
    if pair.concentration < 0:
        cap = pair.ideal + pair.concentration
        share = f" ({percent(cap / pair.equity)})" if pair.equity > 0 else ""
        stays = "" if pair.sized else f", {usd(pair.concentration)} stayed in cash"
        yield f"the cap per pair allowed {usd(cap)}{share}{stays}"
    if pair.redistribution > 0:
        cut = ", as far as the cap per pair goes" if pair.offer_capped and pair.concentration == 0 else ""
        yield f"was offered {usd(pair.redistribution)} more than its share{cut}"
    elif pair.redistribution < 0:
        asked = pair.ideal + pair.concentration + pair.redistribution
        yield f"only {usd(asked)} was left when its turn came" if pair.reached else _stopped(pair)
    if pair.protocol < 0:
        yield f"the cap of its protocol took {usd(pair.protocol)}"
    if pair.size_risk < 0:
        yield _refusal(pair)
    if pair.chain < 0:
        yield f"the cap of its chain took {usd(pair.chain)}, which stayed in cash"
    if pair.deed.code is not ReasonCode.carried_forward and known(pair.other) and pair.other:
        yield f"another limit took {usd(pair.other)}" if pair.other < 0 else f"another step added {usd(pair.other)}"


def _stopped(pair: _Pair) -> str:
    if not known(pair.unshared):
        return "sharing stopped before its turn"
    return f"sharing stopped before its turn, with {usd(pair.unshared) if pair.unshared >= CENT else 'nothing'} left"


def _refusal(pair: _Pair) -> str:
    asked = pair.ideal + pair.concentration + pair.redistribution + pair.protocol
    words = f"size risk allowed {usd(asked + pair.size_risk)} and refused {usd(pair.size_risk)}"
    offered = f", which was offered to {count(pair.smaller, 'smaller signal')}" if pair.smaller else ""
    stays = f"; in the whole cycle {usd(pair.cash_left)} stayed in cash" if pair.cash_left >= 1 else ""
    return f"{words}{offered}{stays}"
