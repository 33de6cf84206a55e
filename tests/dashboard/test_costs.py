"""What limits and gates cost, as the page draws and says it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from histories import SAMPLES, make_history

from alpha_model.analysis.metrics import constraint_effect_totals
from alpha_model.analysis.metrics.effects import EFFECTS
from alpha_model.history import read_history
from dashboard.charts.costs import costs_figure
from dashboard.charts.theme import DARK, LIGHT, Theme
from dashboard.pictures import CONSTRAINT_NAMES, costs_picture

OUTGROWS = next(path for path in SAMPLES if path.name.startswith("momentum"))


def test_every_constraint_has_a_name_for_people() -> None:
    assert set(CONSTRAINT_NAMES) == set(EFFECTS)


def test_picture_has_every_constraint_that_moved_something_the_dearest_first() -> None:
    history = read_history(OUTGROWS)
    picture = costs_picture(history)
    totals = constraint_effect_totals(history)
    moved = totals[totals["mean_moved_usd"] > 0]
    assert set(picture.frame["constraint"]) == set(moved["constraint"])
    effects = picture.frame["effect_usd"].dropna()
    assert effects.is_monotonic_increasing
    assert effects.sum() == pytest.approx(moved["effect_usd"].sum())
    assert "cost $232k in all; the dearest: size risk, $209k" in picture.finding
    assert "The next return is known for 99.6 %" in picture.note


def test_total_is_that_of_the_limits_that_can_be_judged() -> None:
    """One of two capped pairs was not seen again: nothing is said of the caps. The gate skipped 500 that rose 10 %."""
    row = {"signal": 1.0, "raw_weight": 1.0, "old_value": 0.0, "price": 100.0}
    capped = row | {"flags": ["capped_by_concentration"], "position_target": 300.0, "position_adjust_usd": 300.0}
    skipped = row | {"ignored": True, "position_target": 500.0, "position_adjust_usd": 500.0}
    skipped["flags"] = ["individual_trade_size_too_small"]
    rows = [
        *({"pair_id": pair, **each} for pair, each in ((1, capped), (2, capped), (3, skipped))),
        *({"cycle": 1, "pair_id": pair, "selected": False, "price": 110.0} for pair in (1, 3)),
    ]
    cycle = {"investable_equity": 1500.0, "max_position_adjust_usd": 300.0, "position_adjust_threshold_usd": 10.0}
    history = make_history(rows, [cycle, {"investable_equity": 1500.0}])
    picture = costs_picture(history)
    assert picture.finding.startswith("The limits and gates that can be judged cost $50.00 in all")
    assert "not known where more than 1% of its dollars were not seen again" in picture.note


def test_history_without_limits_says_so() -> None:
    history = make_history([{"pair_id": 1}], 3)
    picture = costs_picture(history)
    assert picture.frame.empty
    assert "No limit or gate moved anything" in costs_figure(picture.frame, CONSTRAINT_NAMES, LIGHT).to_json()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_what_cost_goes_to_the_left_and_what_is_unknown_is_no_bar(theme: Theme) -> None:
    frame = pd.DataFrame(
        {
            "constraint": ["size_risk", "offered", "cash"],
            "cycles": [3, 2, 1],
            "mean_moved_usd": [1000.0, 500.0, 10.0],
            "effect_usd": [-20.0, 10.0, np.nan],
            "effect_share": [-0.02, 0.02, np.nan],
        }
    )
    figure = costs_figure(frame, CONSTRAINT_NAMES, theme)
    moved, effect = figure.data
    assert list(moved.x) == [1000.0, 500.0, 10.0]
    assert list(effect.x) == [-20.0, 10.0, 0.0]
    assert list(effect.text) == ["-$20.00", "$10.00", "not known"]
    assert list(effect.marker.color)[:2] == [theme.falling_softly, theme.rising_softly]
