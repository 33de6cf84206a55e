"""Why did each pair end up where it did: in plain English?

Sentences are made from the numbers of one cycle only, and say nothing that these do not show. They are plain text and
hold tickers that strangers wrote: whoever puts them into HTML, Markdown or a spreadsheet escapes them first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alpha_model.analysis.columns import numbers
from alpha_model.analysis.explain import ReasonCode, explain_ledger
from alpha_model.analysis.ledger import Ledger, ledger_of
from alpha_model.analysis.pairs import pair_labels
from alpha_model.analysis.words import count, known, ordinal, percent, usd
from alpha_model.history import History


@dataclass(frozen=True, slots=True)
class _Pair:
    """The numbers of one pair in one cycle; NaN = unknown."""

    label: str
    facts: dict[str, Any]
    amounts: dict[str, float]
    chosen: bool
    sized: bool
    short: bool
    has_raw_signal: bool
    later_asks: int
    max_share: float

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]


def sentences(history: History) -> list[str]:
    """One sentence for every row of `signals`, in their order.

    Args:
        history: Of one cycle, or a few: `history.at(timestamp)`.

    Returns:
        Plain text with strangers' tickers in it; see the module.
    """
    return [_sentence(each) for each in _pairs(history)]


def explain_cycle(history: History) -> pd.DataFrame:
    """`explain_pairs` of one cycle, with pair (its label) and sentence; the largest amount first.

    Args:
        history: Of one cycle, or a few.
    """
    frame = explain_ledger(history, ledger_of(history))
    labels = pair_labels(history)
    frame.insert(3, "pair", [labels[int(pair_id)] for pair_id in frame["pair_id"]])
    frame["sentence"] = pd.Series(sentences(history), dtype=object)
    aside = (frame["code"] == ReasonCode.not_selected).to_numpy()
    order = np.lexsort((frame["rank"], -np.nan_to_num(frame["amount_usd"].to_numpy()), aside))
    return frame.iloc[order].reset_index(drop=True)


def _pairs(history: History) -> list[_Pair]:
    book = ledger_of(history)
    frame = explain_ledger(history, book)
    signals = history.tables.signals
    labels = pair_labels(history)
    within = numbers(signals, "signal_in_selection")
    raw = numbers(signals, "raw_weight")
    names = list(frame.columns)
    columns = [frame[name].astype(object).tolist() for name in names]
    amounts = book.amounts()
    stages = [values.tolist() for values in amounts.values()]
    later = _later_asks(history, book, raw)
    signal = numbers(signals, "signal")
    return [
        _Pair(
            label=labels[facts["pair_id"]],
            facts=facts,
            amounts=dict(zip(amounts, stage, strict=True)),
            chosen=chosen,
            sized=sized,
            short=wish < 0,
            has_raw_signal=strength != 0 and not np.isnan(strength),
            later_asks=asks,
            max_share=cap / equity if equity else np.nan,
        )
        for facts, stage, chosen, sized, wish, strength, asks, cap, equity in zip(
            (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)),
            zip(*stages, strict=True),
            book.targets.chosen.tolist(),
            book.targets.sized.tolist(),
            within.tolist(),
            signal.tolist(),
            later,
            (amounts["ideal"] + amounts["concentration"]).tolist(),
            book.targets.equity.tolist(),
            strict=True,
        )
    ]


def _later_asks(history: History, book: Ledger, raw: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    """How many smaller pairs of the cycle were offered more than their own share."""
    more = book.targets.reached & (book.targets.amounts["redistribution"] > 0)
    found = []
    for place in range(len(history)):
        rows = book.place == place
        weights = np.sort(raw[rows & more])
        found.append(np.searchsorted(weights, raw[rows], side="left"))
    return [int(number) for numbers_ in found for number in numbers_]


def _sentence(pair: _Pair) -> str:
    parts = [part for part in (_wish(pair), *_limits(pair), _deed(pair)) if part]
    return f"{pair.label}: {'; '.join(parts)}."


def _wish(pair: _Pair) -> str:
    """What the signal asked for, or why it asked for nothing."""
    if pair["code"] == ReasonCode.not_selected or (not pair.chosen and pair.has_raw_signal):
        return _not_selected(pair)
    if not pair.chosen:
        return "no signal in this cycle" if known(pair["target"]) else ""
    share = percent(pair["share"]) if known(pair["share"]) else ""
    side = "a short of " if pair.short else ""
    if not known(pair["wanted"]):
        return f"wanted {side}{share} of the equity, which is not recorded" if share else "wanted an unknown amount"
    return f"wanted {side}{usd(pair['wanted'])} ({share})"


def _not_selected(pair: _Pair) -> str:
    if not pair.has_raw_signal:
        return "no signal in this cycle"
    rank, number, selected = pair["rank"], pair["signal_count"], pair["selected_count"]
    place = f"ranked {ordinal(rank)} of {number}"
    if selected == 0:
        chosen = "none selected"
    elif rank > selected:
        chosen = f"{selected} selected"
    else:
        chosen = f"{selected} selected, this one not, for a reason that the numbers do not show"
    if not known(pair["share"], pair["wanted"]):
        return f"{place}, {chosen}"
    return f"{place}, {chosen}; its {percent(pair['share'])} would have been {usd(pair['wanted'])}"


def _limits(pair: _Pair) -> list[str]:
    """Which limits changed what was wanted, in their order."""
    if not pair.chosen:
        return []
    amounts, parts = pair.amounts, []
    cut, more, refused = amounts["concentration"], amounts["redistribution"], amounts["size_risk"]
    if cut < 0:
        cap = amounts["ideal"] + cut
        share = f" ({percent(pair.max_share)})" if known(pair.max_share) else ""
        stays = "" if pair.sized else f", {usd(cut)} stayed in cash"
        parts.append(f"the cap per pair allowed {usd(cap)}{share}{stays}")
    if more > 0:
        parts.append(f"was offered {usd(more)} that others left")
    elif more < 0:
        asked = amounts["ideal"] + cut + more
        gone = "money or places were gone before its turn"
        parts.append(gone if asked == 0 else f"only {usd(asked)} was left when its turn came")
    if refused < 0:
        parts.append(_refusal(pair, refused))
    if amounts["chain"] < 0:
        parts.append(f"the cap of its chain took {usd(amounts['chain'])}")
    other = amounts["other"]
    if other and known(other) and pair["code"] != ReasonCode.carried_forward:
        parts.append(f"another limit took {usd(other)}" if other < 0 else f"another step added {usd(other)}")
    return parts


def _refusal(pair: _Pair, refused: float) -> str:
    allowed = pair.amounts["ideal"] + pair.amounts["concentration"] + pair.amounts["redistribution"] + refused
    words = f"size risk allowed {usd(allowed)} and refused {usd(refused)}"
    if pair.later_asks:
        return f"{words}, which was offered to {count(pair.later_asks, 'smaller signal')}"
    return words


def _deed(pair: _Pair) -> str:
    """What was done."""
    code, amount = ReasonCode(pair["code"]), pair["amount_usd"]
    held, target = pair["old_value"], pair["target"]
    money = usd(amount) if known(amount) else "an unknown amount"
    cash = pair.amounts["cash"]
    short = f"; the cash at hand cut the purchase by {usd(cash)}" if cash < 0 else ""
    kind = "short of " if pair.short else ""
    if code is ReasonCode.opened:
        return f"opened a {kind}{money} position".replace("short of ", "short ") + short
    if code is ReasonCode.increased:
        return f"increased by {money} from {usd(held)}{short}"
    if code is ReasonCode.reduced:
        return f"reduced by {money} from {usd(held)}"
    if code is ReasonCode.closed:
        why = f", as its target of {usd(target)} is below the closing weight" if target > 0 else ""
        return f"closed the {money} held{why}"
    if code is ReasonCode.flipped:
        old, new = ("long", "short") if pair.short else ("short", "long")
        return f"closed the {old} of {usd(held)} and opened a {new} of {money}"
    if code is ReasonCode.carried_forward:
        return f"cannot be traded now and keeps its {money}" if known(amount) and amount else "cannot be traded now"
    return _gate(pair, code, money)


def _gate(pair: _Pair, code: ReasonCode, money: str) -> str:
    """Why nothing was done."""
    gate, amount = pair["limit_usd"], pair["amount_usd"]
    missing = f", {usd(gate - amount)} below the" if known(gate, amount) and gate > amount else ", below the"
    of = f" of {usd(gate)}" if known(gate) else ""
    adjust = "the change" if not pair["old_value"] else "the sale" if pair["change"] < 0 else "the purchase"
    if code is ReasonCode.held_below_threshold:
        return f"{adjust} of {money} was not made, because no change of the cycle reached the rebalance threshold{of}"
    if code is ReasonCode.trade_too_small:
        return f"{adjust} of {money} was skipped{missing} threshold{of} for a single trade"
    if code is ReasonCode.quantity_too_small:
        return f"{adjust} of {money} was skipped, too few units to trade"
    if code is ReasonCode.weight_too_small:
        return f"not opened with {money}, a weight below the closing weight"
    if code is ReasonCode.skipped:
        return f"{adjust} of {money} was decided against; the source does not say why"
    if code is ReasonCode.undecided:
        return f"whether the change of {money} was traded is not recorded" if known(amount) else "no target is recorded"
    if code is ReasonCode.nothing_allowed:
        return "nothing of it was allowed"
    if code is ReasonCode.no_change and pair["old_value"] > 0:
        return f"already held {usd(pair['old_value'])}, no change needed"
    return "nothing to change" if code is ReasonCode.no_change else ""
