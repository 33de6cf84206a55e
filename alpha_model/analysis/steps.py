"""Which settings did the steps of one cycle write down?"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import orjson

Step: TypeAlias = dict[str, Any]


def steps_of(text: str | None) -> dict[str, Step]:
    """The settings of each step by its name, those of its last run.

    Args:
        text: The column `pipeline` of `cycles`; what is no list of steps has none.
    """
    if text is None:
        return {}
    try:
        steps = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(steps, list):
        return {}
    return {str(step.get("step")): step for step in steps if isinstance(step, dict)}


def plain_setting(value: Any) -> float:
    """A setting that is a number; NaN where it is something else, or was not given."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else np.nan
