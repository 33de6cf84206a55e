"""What is different since the decision before, in one line: signals, ranks, the selection, settings?"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import shorten
from typing import Any

import numpy as np

from alpha_model.analysis.facts import UNKNOWN_TIME, check_one_cycle, microseconds, numbers, pair_labels, steps_of
from alpha_model.analysis.words import count, duration, ordinal, printable
from alpha_model.history import History
from alpha_model.rules import last_runs
from alpha_model.values import PairId

FEW = 3
"""So many pairs are named."""
NEVER_THE_SAME = ("investable_equity",)
"""Settings that are amounts of the moment: that they move is no change of settings."""


def since_last(one: History) -> str:
    """What changed since the cycle before, in one line; empty for the first cycle, or where nothing did.

    Args:
        one: Of exactly one cycle, a part of a longer history: `history.at(timestamp)`.

    Returns:
        Plain text with strangers' tickers in it, to be escaped before it becomes HTML or Markdown.

    Raises:
        HistoryError: Not exactly one cycle.
    """
    check_one_cycle(one, "what changed")
    whole = one.whole
    place = int(np.searchsorted(whole.cycle_numbers, one.cycle_numbers[0]))
    if not place:
        return ""
    before = whole.cycle(int(whole.cycle_numbers[place - 1]))
    parts = [*_signals(before, one), *_settings(before, one), *_code(before, one)]
    return f"Since the cycle before: {'; '.join(parts)}." if parts else ""


def oldest_price(one: History) -> str:
    """How old the oldest price was on which the cycle decided; empty where the source does not tell.

    Args:
        one: Of exactly one cycle.

    Returns:
        Plain text with a stranger's ticker in it, to be escaped before it becomes HTML or Markdown.
    """
    market = one.tables.market
    made, decided = microseconds(market, "as_of"), microseconds(market)
    rows = np.flatnonzero(made != UNKNOWN_TIME)
    if not rows.size:
        return ""
    oldest = rows[np.argmax(decided[rows] - made[rows])]
    name = pair_labels(one)[int(market["pair_id"][int(oldest)].as_py())]
    age = duration((decided[oldest] - made[oldest]) / 1e6)
    return f"Its oldest price, of {name}, was made {age} before the decision."


def _code(before: History, now: History) -> Iterable[str]:
    """What of the strategy's code is another in the run that wrote this cycle."""
    old, new = (cycle.tables.cycles["run_id"][0].as_py() for cycle in (before, now))
    runs = {row["run_id"]: row for row in now.whole.tables.runs.to_pylist()}
    if old == new or old not in runs or new not in runs:
        return
    for name, words in _CODE.items():
        one, other = runs[old][name], runs[new][name]
        if one is not None and other is not None and one != other:
            yield f"another {words}: {_plain(str(one)[:12])} → {_plain(str(other)[:12])}"
            return


_CODE = {"git_commit": "commit of its code", "code_hash": "hash of its code", "code_version": "version of its code"}
"""What tells code apart, the most telling first."""


def _signals(before: History, now: History) -> Iterable[str]:
    labels = pair_labels(now.whole)
    old, new = _strengths(before), _strengths(now)
    unread = _unreadable(now)
    yield from _named("new signal", "new signals", [pair for pair in new if pair not in old], labels)
    silent = [pair for pair in old if pair not in new and pair not in unread]
    yield from _named("silent now", "silent now", silent, labels)
    yield from _named("signal not recorded", "signals not recorded", [pair for pair in unread if pair in old], labels)
    were, are = _selected(before), _selected(now)
    yield from _named("newly selected", "newly selected", [pair for pair in are if pair not in were], labels)
    yield from _named("no longer selected", "no longer selected", [pair for pair in were if pair not in are], labels)
    ranks = [_ranks(each) for each in (old, new)]
    moves = {pair: ranks[0][pair] - rank for pair, rank in ranks[1].items() if pair in ranks[0]}
    if moves:
        pair = max(moves, key=lambda each: (abs(moves[each]), -ranks[1][each]))
        if moves[pair]:
            said = f"{labels[pair]} from {ordinal(ranks[0][pair])} to {ordinal(ranks[1][pair])}"
            yield f"largest move of rank {said}"


def _ranks(strengths: dict[PairId, float]) -> dict[PairId, int]:
    """The place of each pair; equal strengths share the first of their places."""
    first: dict[float, int] = {}
    return {pair: first.setdefault(strength, place) for place, (pair, strength) in enumerate(strengths.items(), 1)}


def _named(one: str, several: str, pairs: list[PairId], labels: dict[PairId, str]) -> Iterable[str]:
    if pairs:
        more = f" and {len(pairs) - FEW:,} more" if len(pairs) > FEW else ""
        names = ", ".join(labels[pair] for pair in pairs[:FEW])
        yield f"{len(pairs):,} {one if len(pairs) == 1 else several} ({names}{more})"


def _strengths(cycle: History) -> dict[PairId, float]:
    """The pairs with a signal, the strongest first."""
    signals = cycle.tables.signals
    strength = np.abs(np.nan_to_num(numbers(signals, "signal")))
    pairs = signals["pair_id"].to_numpy()
    order = np.argsort(-strength, kind="stable")
    return {int(pairs[row]): float(strength[row]) for row in order if strength[row] > 0}


def _unreadable(cycle: History) -> list[PairId]:
    """The pairs with a signal that is no number; NaN is not nothing."""
    signals = cycle.tables.signals
    rows = np.flatnonzero(np.isnan(numbers(signals, "signal")))
    return [int(pair) for pair in signals["pair_id"].to_numpy()[rows]]


def _selected(cycle: History) -> list[PairId]:
    signals = cycle.tables.signals
    chosen = np.flatnonzero(signals["selected"].to_numpy())
    return [int(pair) for pair in signals["pair_id"].to_numpy()[chosen]]


def _settings(before: History, now: History) -> Iterable[str]:
    old, new = (_recorded(cycle) for cycle in (before, now))
    if not old or not new:
        return
    changed = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    if changed:
        told = [f"{name} {_plain(old.get(name))} → {_plain(new.get(name))}" for name in changed[:FEW]]
        more = f" and {len(changed) - FEW:,} more" if len(changed) > FEW else ""
        yield f"{count(len(changed), 'setting')} changed: {', '.join(told)}{more}"


def _recorded(cycle: History) -> dict[str, Any]:
    """The settings of a cycle by step and name, without amounts of the moment: a threshold may be a share of equity."""
    found = {}
    for step, settings in last_runs(steps_of(cycle.tables.cycles["pipeline"][0].as_py())).items():
        for name, value in settings.items():
            if name not in NEVER_THE_SAME and not name.endswith(("_threshold", "headroom_usd")):
                found[f"{step}.{name}"] = value
    return found


def _plain(value: Any) -> str:
    return "not set" if value is None else shorten(printable(str(value)), 40, placeholder=" …")
