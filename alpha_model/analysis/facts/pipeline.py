"""Which settings did the steps of each cycle write down?

The recorded pipeline is read here and nowhere else.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from alpha_model.analysis.facts.columns import Numbers, Truths
from alpha_model.history import History
from alpha_model.rules import SharingMode, Thresholds, last_runs, recorded_settings

Step: TypeAlias = dict[str, Any]
Names: TypeAlias = npt.NDArray[np.object_]

NOT_SHARED = "none"
"""The sharing mode of a cycle without size risk."""


def steps_of(text: str | None) -> list[Step] | None:
    """The steps of one cycle with their settings; None for what is no list of them.

    Args:
        text: The column `pipeline` of `cycles`.
    """
    if text is None:
        return None
    try:
        steps = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else None


class RecordedSettings:
    """The settings that the steps of a history wrote down; one entry a cycle. `Facts.recorded` keeps them.

    Args:
        history: The record.
    """

    def __init__(self, history: History) -> None:
        texts = history.tables.cycles["pipeline"].to_pylist()
        place = {text: at for at, text in enumerate(dict.fromkeys(texts))}
        self._place = np.array([place[text] for text in texts], dtype=np.int64)
        self._steps = [last_runs(steps_of(text)) for text in place]
        self._read: dict[str, list[Any]] = {}

    def number(self, name: str) -> Numbers:
        """A setting that is a number, by its name in `CycleSettings`; NaN where none is recorded."""
        return self._numbers(self._values(name))

    def given(self, name: str) -> Truths:
        """Where a setting is recorded and on."""
        return self._where([bool(value) for value in self._values(name)])

    def ran(self, step: str) -> Truths:
        """Where a step is recorded."""
        return self._where([step in steps for steps in self._steps])

    @property
    def method(self) -> Names:
        """Name of the weighting function; None where none is recorded."""
        return self._words([None if method is None else method.name for method in self._values("method")])

    @property
    def parameter(self) -> Numbers:
        """Its temperature or blend_alpha."""
        return self._numbers([None if method is None else method.parameter for method in self._values("method")])

    @property
    def sharing(self) -> Names:
        """How equity is shared out under size risk: a `SharingMode`, or `none`; None where that is not recorded."""
        found = zip(*map(self._values, ("size_risk_model", "max_positions", "waterfall")), strict=True)
        modes = [
            str(SharingMode.of(most, waterfall=bool(filled))) if model else NOT_SHARED for model, most, filled in found
        ]
        return np.where(self.ran("normalise_weights"), self._words(modes), np.array(None, dtype=object))

    @property
    def equity(self) -> Numbers:
        """USD that targets are shares of."""
        found = [steps.get("calculate_target_positions", {}).get("investable_equity") for steps in self._steps]
        return self._numbers(found)

    @property
    def position_cap(self) -> Numbers:
        """USD, or share of TVL, that the size-risk model allows a position."""
        return self._numbers([(model or {}).get("per_position_cap") for model in self._values("size_risk_model")])

    @property
    def capped_by_tvl(self) -> Truths:
        """Where that cap is a share of TVL."""
        return self._where(["TVL" in str((model or {}).get("name")) for model in self._values("size_risk_model")])

    def least(self, falls: Truths, of_row: npt.NDArray[np.int64]) -> Numbers:
        """USD that a single change of each row has to reach; NaN where that is not recorded.

        Args:
            falls: Where it is a decrease.
            of_row: The cycle of each row.
        """
        own, sell = self.number("individual_threshold"), self.number("sell_threshold")
        return np.asarray(Thresholds(trade=own[of_row], sell=sell[of_row]).least(falls), dtype=np.float64)

    def _values(self, name: str) -> list[Any]:
        if name not in self._read:
            self._read[name] = recorded_settings(name, self._steps)
        return self._read[name]

    def _where(self, values: list[bool]) -> Truths:
        return np.array(values, dtype=np.bool_)[self._place]

    def _words(self, values: list[Any]) -> Names:
        return np.array(values, dtype=object)[self._place]

    def _numbers(self, values: list[Any]) -> Numbers:
        plain = [value if type(value) in (int, float) else None for value in values]
        return np.array(plain, dtype=np.float64)[self._place]
