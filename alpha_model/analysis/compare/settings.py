"""Under which different settings were two cycles decided, and which amounts only followed from another equity?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import orjson
import pandas as pd

from alpha_model.analysis.compare.fields import SETTINGS_COLUMN
from alpha_model.analysis.facts import Numbers, Places, microseconds, numbers, steps_of
from alpha_model.history import History

Setting: TypeAlias = Any
"""A setting as JSON has it; None is not given."""

Change: TypeAlias = tuple[int, Setting, Setting]
"""The place of a cycle among those compared, and the values of A and B."""

IN_BOTH = " in both"

SAME = 1e-5
"""Relative: two shares of equity, or two numbers, this near are the same setting: authors write down six digits."""

_NOT_A_SETTING = frozenset({"step", "investable_equity"})
"""Members of a step that name it, or that are inputs of the cycle."""

_COLUMNS = ("close_position_weight_epsilon", "position_adjust_threshold_usd")
"""Settings that have a column of their own; the second is `min_trade_threshold` where the steps are recorded."""


def settings_differences(a: History, b: History, rows: tuple[Places, Places]) -> pd.DataFrame:
    """Settings that are not the same, over the given rows of `cycles`.

    Returns:
        RangeIndex, one row a setting: setting (`step.name`, or the column of `cycles`); a and b (as JSON, of the first
        cycle in which they differ; None = not given); cycles (int64, how many differ); first (UTC, the first of them,
        by the time of a); derived (bool: the amounts are the same share of equity on both sides, so that equity
        differs and the setting does not); shares (text: which shares of which equity; None = no fixed ones). Cycles
        that do not record their settings on both sides are passed over.
    """
    found: dict[str, list[Change]] = {}
    sides = [_settings(history, places) for history, places in zip((a, b), rows, strict=True)]
    for place, (mine, theirs) in enumerate(zip(*sides, strict=True)):
        for name, values in _changes(mine, theirs):
            found.setdefault(name, []).append((place, *values))
    bases = [
        (words, [equity[at] for equity, at in zip(map(column, (a, b)), rows, strict=True)])
        for words, column in (("investable equity", _investable), ("total equity", _total))
    ]
    shares = [_shares(name, values, bases) for name, values in found.items()]
    first = [values[0] for values in found.values()]
    return pd.DataFrame(
        {
            "setting": pd.Series(list(found), dtype=object),
            "a": pd.Series([_json(mine) for _, mine, _ in first], dtype=object),
            "b": pd.Series([_json(theirs) for _, _, theirs in first], dtype=object),
            "cycles": pd.Series([len(values) for values in found.values()], dtype="int64"),
            "first": a.timestamps[rows[0][[place for place, _, _ in first]]],
            "derived": pd.Series([text is not None and text.endswith(IN_BOTH) for text in shares], dtype=bool),
            "shares": pd.Series(shares, dtype=object),
        }
    )


def _settings(history: History, places: Places) -> Iterator[tuple[str | None, dict[str, Setting]]]:
    """The recorded steps of each cycle as text, and the settings that have a column."""
    cycles = history.tables.cycles
    columns = [numbers(cycles, name) for name in _COLUMNS]
    texts = cycles[SETTINGS_COLUMN].to_pylist()
    for place in places.tolist():
        yield texts[place], dict(zip(_COLUMNS, (float(column[place]) for column in columns), strict=True))


def _changes(
    mine: tuple[str | None, dict[str, Setting]], theirs: tuple[str | None, dict[str, Setting]]
) -> Iterator[tuple[str, tuple[Setting, Setting]]]:
    """The settings of one cycle that are not the same."""
    (one, columns), (other, other_columns) = mine, theirs
    for name in _COLUMNS if None in (one, other) else _COLUMNS[:1]:
        if not math.isnan(columns[name] + other_columns[name]) and not _same(columns[name], other_columns[name]):
            yield name, (columns[name], other_columns[name])
    if one is None or other is None or one == other:
        return
    left, right = flat_settings(one), flat_settings(other)
    for name in sorted(left.keys() | right.keys()):
        if not _same(left.get(name), right.get(name)):
            yield name, (left.get(name), right.get(name))


def flat_settings(text: str) -> dict[str, Setting]:
    """Each setting of a recorded pipeline by `step.name`; of a step that ran twice, the second has `#2`."""
    steps = steps_of(text)
    if steps is None:
        return {SETTINGS_COLUMN: text}
    found: dict[str, Setting] = {}
    counts: Counter[str] = Counter()
    for step in steps:
        name = str(step.get("step"))
        counts[name] += 1
        label = name if counts[name] == 1 else f"{name}#{counts[name]}"
        found[label] = "done"
        found |= _flat(label, {key: value for key, value in step.items() if key not in _NOT_A_SETTING})
    return found


def _flat(label: str, settings: dict[str, Setting]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for key, value in settings.items():
        found |= _flat(f"{label}.{key}", value) if isinstance(value, dict) else {f"{label}.{key}": value}
    return found


def _same(mine: Setting, theirs: Setting) -> bool:
    if _is_number(mine) and _is_number(theirs):
        return math.isclose(mine, theirs, rel_tol=SAME)
    return type(mine) is type(theirs) and bool(mine == theirs)


def _is_number(value: Setting) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shares(name: str, values: Sequence[Change], bases: Sequence[tuple[str, list[Numbers]]]) -> str | None:
    """Which fixed shares of equity the amounts of a setting are; None where they are none.

    An amount that is the same in every cycle is a share of an equity that never changes: that says nothing.
    """
    if not _is_usd(name) or not all(_is_number(mine) and _is_number(theirs) for _, mine, theirs in values):
        return None
    places = [place for place, _, _ in values]
    amounts = [np.array([value[side] for value in values], dtype=np.float64) for side in (1, 2)]
    apart = None
    for words, equities in bases:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = [usd / equity[places] for usd, equity in zip(amounts, equities, strict=True)]
        if _fixed(np.concatenate(ratios)):
            return f"{_percent(ratios[0])} of {words}{IN_BOTH}"
        if apart is None and all(map(_fixed, ratios)) and not any(map(_fixed, amounts)):
            apart = f"{_percent(ratios[0])} of {words} in A, {_percent(ratios[1])} in B"
    return apart


def _is_usd(name: str) -> bool:
    """Is it an amount? A signal threshold is a strength, and a cap of 1 or less would be a share."""
    return not name.startswith("select_top_signals") and name.endswith(("threshold", "_usd", "_cap"))


def _fixed(values: Numbers) -> bool:
    return bool(np.isfinite(values).all() and np.ptp(values) <= SAME * np.abs(values).max() and values.any())


def _percent(ratio: Numbers) -> str:
    return f"{100 * ratio[0]:.4g} %"


def _investable(history: History) -> Numbers:
    return numbers(history.tables.cycles, "investable_equity")


def _total(history: History) -> Numbers:
    """Total equity at each cycle: the last point at or before it."""
    times, points = microseconds(history.tables.equity), numbers(history.tables.equity, "total_equity")
    place = np.searchsorted(times, microseconds(history.tables.cycles), side="right") - 1
    return np.where(place >= 0, np.append(points, np.nan)[place], np.nan)


def _json(value: Setting) -> str | None:
    return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
