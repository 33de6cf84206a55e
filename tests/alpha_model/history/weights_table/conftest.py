"""Reading small tables of weights, and looking at what they became."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from alpha_model.history import History, read_weights


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., History]:
    """The history of the text of a CSV file."""

    def reading(text: str, **settings: Any) -> History:
        path = tmp_path / "weights.csv"
        path.write_text(text)
        return read_weights(path, **settings)

    return reading


@pytest.fixture
def wanted() -> Callable[[History], dict[str, dict[str, float]]]:
    """By time and ticker, the weights that a history wants, negative for a short."""

    def looking(history: History) -> dict[str, dict[str, float]]:
        names = history.pairs.set_index("pair_id")["ticker"].str.removesuffix("-USD")
        found: dict[str, dict[str, float]] = {when.strftime("%Y-%m-%d %H:%M"): {} for when in history.timestamps}
        columns = ["timestamp", "pair_id", "normalised_weight", "synthetic_kind"]
        for when, pair, weight, kind in history.signals[columns].itertuples(index=False):
            side = -1 if kind == "lending_protocol_short" else 1
            found[when.strftime("%Y-%m-%d %H:%M")][names[pair]] = round(side * weight, 6)
        return found

    return looking


@pytest.fixture
def told() -> Callable[[History], list[tuple[str, str]]]:
    """What a history says was left out, or could have been meant otherwise."""

    def looking(history: History) -> list[tuple[str, str]]:
        problems: pd.DataFrame = history.problems
        return list(problems[["kind", "message"]].itertuples(index=False, name=None))

    return looking
