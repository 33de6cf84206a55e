"""Which sentences sum up what differs, and what to try where nothing could be compared?"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alpha_model.analysis.compare.align import Match, align_pairs, wider_tolerance
from alpha_model.analysis.compare.cells import Comparison
from alpha_model.analysis.compare.differences import NO_STAGE, difference_frame, strongest
from alpha_model.analysis.compare.fields import STAGES
from alpha_model.analysis.compare.frames import first_stages
from alpha_model.analysis.compare.words import IN_A_AND_B, Sides
from alpha_model.analysis.facts import Places
from alpha_model.analysis.words import count, printable
from alpha_model.history import History

_MOST_SETTINGS = 3
"""So many settings are named in a verdict."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What would let more be compared.

    Args:
        words: The same in a sentence or two.
        tolerance: The `tolerance` to ask for; None where it would not help.
        match: The `match` to ask for; None where it would not help.
    """

    words: str
    tolerance: str | None = None
    match: Match | None = None


def history_verdict(
    a: History, b: History, rows: tuple[Places, Places], found: Comparison, cycles: pd.DataFrame
) -> str:
    """What differs first, and how much does."""
    shared = len(rows[0])
    if not shared:
        return f"The histories share no cycle: nothing was compared. {_extent('A', a)} {_extent('B', b)}".strip()
    first = first_stages(found)
    differing = np.flatnonzero(first < NO_STAGE)
    if not differing.size:
        text = f"The histories agree in {_cycles_words(shared)} that they share."
    else:
        row = int(differing[0])
        stage = STAGES[first[row]]
        frame = difference_frame(a, b, found, row)
        moment = a.timestamps[rows[0][row]]
        told = strongest(frame, found, stage, row)
        text = (
            f"The first difference is at {moment:%Y-%m-%d %H:%M} UTC, stage {stage}: {told} "
            f"Of {shared:,} shared cycles, {differing.size:,} differ."
        )
    counts = cycles["result"].value_counts()
    for word in ("only in A", "only in B"):
        if word in counts:
            text += f" {_are(int(counts[word]), 'cycle')} {word}."
    return text


def settings_words(settings: pd.DataFrame, sides: Sides = IN_A_AND_B) -> str:
    """Which settings differ; those whose amounts only follow from equity are named apart."""
    changed, derived = settings[~settings["derived"]], settings[settings["derived"]]
    text = ""
    if len(changed):
        text = f" The settings differ: {_some([_setting_words(row, sides) for row in changed.to_dict('records')])}."
    if len(derived):
        amounts = [f"{row['setting'].rpartition('.')[2]} is {row['shares']}" for row in derived.to_dict("records")]
        text += f" Not changed, only of another equity: {_some(list(map(printable, amounts)))}."
    return text


def match_words(pairs: pd.DataFrame) -> str:
    """Which pairs were matched by their base alone."""
    alike = pairs[pairs["matched_by"] == "base"]
    if alike.empty:
        return ""
    one = alike.iloc[0]
    return printable(f" {_are(len(alike), 'pair')} matched by base alone, as {one.pair_a} with {one.pair_b}.")


def not_compared_words(not_compared: dict[str, str]) -> str:
    """Which columns were not compared, by the reason; empty where all were."""
    by_reason: dict[str, list[str]] = {}
    for name, why in not_compared.items():
        by_reason.setdefault(why, []).append(name)
    told = "; ".join(f"{', '.join(names)} ({why})" for why, names in by_reason.items())
    return f"Not compared: {told}." if told else ""


def next_step(a: History, b: History, shared: int, found: Comparison) -> NextStep | None:
    """What would let more be compared: a tolerance, or pairs matched by base; None where neither would."""
    words: list[str] = []
    tolerance: str | None = None
    match: Match | None = None
    wider = wider_tolerance(a, b, shared)
    if wider is not None:
        tolerance = _short(wider[0])
        words.append(f"With a tolerance of {tolerance}, {count(wider[1], 'cycle')} would be shared.")
    if {"only in A", "only in B"} <= set(found.pairs.matched_by):
        more = align_pairs(a, b, "base").matched_by.count("base") - found.pairs.matched_by.count("base")
        if more:
            match = "base"
            words.append(f"Matched by base, {count(more, 'more pair')} would be in both.")
    return NextStep(" ".join(words), tolerance, match) if words else None


def _short(time: pd.Timedelta) -> str:
    """`10s`, `5min`, `1h`, as an option takes it."""
    seconds = int(time.total_seconds())
    return next(f"{seconds // size}{unit}" for size, unit in ((3600, "h"), (60, "min"), (1, "s")) if not seconds % size)


def _some(words: list[str]) -> str:
    more = f", and {len(words) - _MOST_SETTINGS} more" if len(words) > _MOST_SETTINGS else ""
    return "; ".join(words[:_MOST_SETTINGS]) + more


def _setting_words(row: dict[Hashable, Any], sides: Sides) -> str:
    if row["shares"] is not None:
        return printable(f"{row['setting']} {row['shares']}")
    shown = ["not given" if row[side] is None else str(row[side]) for side in ("a", "b")]
    return printable(f"{row['setting']} {shown[0]} {sides[0]}, {shown[1]} {sides[1]}")


def _extent(name: str, history: History) -> str:
    if not len(history):
        return f"{name} has none."
    first, last = history.timestamps[[0, -1]]
    return f"{name} has {count(len(history), 'cycle')} from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC."


def _cycles_words(number: int) -> str:
    return "the one cycle" if number == 1 else f"all {number:,} cycles"


def _are(number: int, thing: str) -> str:
    return f"{count(number, thing)} {'is' if number == 1 else 'are'}"
