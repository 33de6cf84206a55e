"""Which settings did the steps of each cycle write down?

The recorded pipeline is read here and nowhere else.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from alpha_model.analysis.columns import Numbers, Truths
from alpha_model.history import History
from alpha_model.rules import CycleSettings, Thresholds, columns

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


def last_runs(text: str | None) -> dict[str, Step]:
    """The settings of each step by its name, those of its last run."""
    return {str(step.get("step")): step for step in steps_of(text) or ()}


class Recorded:
    """The settings that the steps of a history wrote down; one entry a cycle. Ask `recorded_of` for them.

    Args:
        history: The record.
    """

    def __init__(self, history: History) -> None:
        texts = history.tables.cycles["pipeline"].to_pylist()
        place = {text: at for at, text in enumerate(dict.fromkeys(texts))}
        self._place = np.array([place[text] for text in texts], dtype=np.int64)
        self._steps = [last_runs(text) for text in place]
        self._settings = [CycleSettings.from_pipeline(steps.values()) for steps in self._steps]
        self._columns = columns(self._settings)

    def number(self, name: str) -> Numbers:
        """A setting that is a number, by its name in `CycleSettings`; NaN where none is recorded."""
        found: Numbers = self._columns[name][self._place]
        return found

    def given(self, name: str) -> Truths:
        """Where a setting is recorded and on."""
        return self._where([bool(getattr(each, name)) for each in self._settings])

    def ran(self, step: str) -> Truths:
        """Where a step is recorded."""
        return self._where([step in steps for steps in self._steps])

    @property
    def method(self) -> Names:
        """Name of the weighting function; None where none is recorded."""
        return self._words([None if each.method is None else each.method.name for each in self._settings])

    @property
    def parameter(self) -> Numbers:
        """Its temperature or blend_alpha."""
        return self._numbers([None if each.method is None else each.method.parameter for each in self._settings])

    @property
    def sharing(self) -> Names:
        """How equity is shared out under size risk: a `SharingMode`, or `none`; None where that is not recorded."""
        modes = [str(each.sharing or NOT_SHARED) for each in self._settings]
        return np.where(self.ran("normalise_weights"), self._words(modes), np.array(None, dtype=object))

    @property
    def equity(self) -> Numbers:
        """USD that targets are shares of."""
        found = [steps.get("calculate_target_positions", {}).get("investable_equity") for steps in self._steps]
        return self._numbers([each if isinstance(each, (int, float)) else None for each in found])

    def of_model(self, name: str) -> list[Any]:
        """What is recorded of the size-risk model under a name; None where there is no such model or setting."""
        found = [(each.size_risk_model or {}).get(name) for each in self._settings]
        return [found[place] for place in self._place]

    def least(self, falls: Truths, of_row: npt.NDArray[np.int64]) -> Numbers:
        """USD that a single change of each row has to reach; NaN where that is not recorded.

        Args:
            falls: Where it is a decrease.
            of_row: The cycle of each row.
        """
        own, sell = self.number("individual_threshold"), self.number("sell_threshold")
        return np.asarray(Thresholds(trade=own[of_row], sell=sell[of_row]).least(falls), dtype=np.float64)

    def _where(self, values: list[bool]) -> Truths:
        return np.array(values, dtype=np.bool_)[self._place]

    def _words(self, values: list[Any]) -> Names:
        return np.array(values, dtype=object)[self._place]

    def _numbers(self, values: list[Any]) -> Numbers:
        return np.array(values, dtype=np.float64)[self._place]


def recorded_of(history: History) -> Recorded:
    """The recorded settings of a history, which are kept as long as it is."""
    found = history.kept.get(Recorded)
    if found is None:
        found = history.kept[Recorded] = Recorded(history)
    assert isinstance(found, Recorded)
    return found
