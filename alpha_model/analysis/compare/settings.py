"""Under which different settings were two cycles decided?"""

from __future__ import annotations

from typing import Any

import orjson
import pandas as pd

from alpha_model.analysis.columns import Places
from alpha_model.history import History

_NOT_A_SETTING = frozenset({"step", "investable_equity"})
"""Members of a step that name it, or that are inputs of the cycle."""


def settings_differences(a: History, b: History, rows: tuple[Places, Places]) -> pd.DataFrame:
    """Settings of the steps that are not the same, over the given rows of `cycles`.

    Returns:
        RangeIndex, one row a setting and pair of values: setting (`step.name`); before and after (as JSON; None = not
        given); cycles (int64, how many); first (UTC, the first of them, by the time of a). Cycles that do not record
        their settings on both sides are passed over.
    """
    texts = [history.tables.cycles["pipeline"].to_pylist() for history in (a, b)]
    found: dict[tuple[str, str | None, str | None], list[int]] = {}
    for left, right in zip(rows[0].tolist(), rows[1].tolist(), strict=True):
        mine, theirs = texts[0][left], texts[1][right]
        if mine is None or theirs is None or mine == theirs:
            continue
        one, other = flat_settings(mine), flat_settings(theirs)
        if one == other:
            continue
        for name in sorted(one.keys() | other.keys()):
            if one.get(name) != other.get(name):
                found.setdefault((name, one.get(name), other.get(name)), []).append(left)
    return pd.DataFrame(
        {
            "setting": pd.Series([name for name, _, _ in found], dtype=object),
            "before": pd.Series([before for _, before, _ in found], dtype=object),
            "after": pd.Series([after for _, _, after in found], dtype=object),
            "cycles": pd.Series([len(at) for at in found.values()], dtype="int64"),
            "first": a.timestamps[[at[0] for at in found.values()]],
        }
    )


def flat_settings(text: str) -> dict[str, str]:
    """Each setting of a recorded pipeline by `step.name`, as JSON; of a step that ran twice, the second has `#2`."""
    try:
        steps = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {"pipeline": text}
    if not isinstance(steps, list):
        return {"pipeline": text}
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for step in steps:
        if not isinstance(step, dict):
            continue
        name = str(step.get("step"))
        counts[name] = counts.get(name, 0) + 1
        label = name if counts[name] == 1 else f"{name}#{counts[name]}"
        found[label] = '"done"'
        found |= {f"{label}.{key}": _json(value) for key, value in step.items() if key not in _NOT_A_SETTING}
    return found


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
