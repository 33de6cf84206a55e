"""Are the columns that matter most in view where the window is narrow? They come first."""

from __future__ import annotations

import pandas as pd
import pytest
from apps import OpenApp
from histories import SAMPLES

from dashboard.charts.theme import LIGHT
from dashboard.views.compare import settings_shown
from dashboard.views.health import finding_columns

GROWS = next(path for path in SAMPLES if path.name.startswith("momentum_outgrows"))
MIXED = next(path for path in SAMPLES if path.name.startswith("threshold_holds"))


@pytest.mark.parametrize(
    ("page", "query", "key", "first"),
    [
        ("pair", {}, "Every cycle of the pair", ["timestamp", "decision", "position_adjust_usd", "flags"]),
        (
            "compare",
            {"with": MIXED.name.removesuffix(".jsonl.gz")},
            "The stages of the decision and how many cycles differ at each",
            ["stage", "first_count", "cycle_count", "pair_count", "largest_usd"],
        ),
    ],
)
def test_table_begins_with_what_matters_most(
    open_app: OpenApp, page: str, query: dict[str, str], key: str, first: list[str]
) -> None:
    app = open_app(GROWS, MIXED, page=page, **query)
    orders = {table.proto.alt: list(table.proto.column_order) for table in app.dataframe}
    assert orders[key][: len(first)] == first


def test_finding_comes_before_its_pair_which_most_sentences_name() -> None:
    order = list(finding_columns(LIGHT))
    assert order.index("sentence") < order.index("pair")


def test_setting_comes_with_its_values_before_the_step_it_belongs_to() -> None:
    found = pd.DataFrame(
        [
            ("trade.min_trade_threshold", "20.0", "30.0", 3, True, "2 % of investable equity in both"),
            ("select_top_signals.count", "6", "10", 2, False, None),
            ("normalise_weights#2.max_weight", "0.5", None, 1, False, None),
            ("normalise_weights", '"done"', None, 1, False, None),
        ],
        columns=["setting", "a", "b", "cycles", "derived", "shares"],
    )
    shown = settings_shown(found)
    assert list(shown) == ["setting", "a", "b", "changed", "step", "cycles"]
    assert shown.to_numpy().tolist() == [
        ["count", "6", "10", "yes", "select_top_signals", 2],
        ["max_weight", "0.5", "not given", "yes", "normalise_weights#2", 1],
        ["normalise_weights", '"done"', "not given", "yes", "", 1],
        ["min_trade_threshold", "20.0", "30.0", "no: 2 % of investable equity in both", "trade", 3],
    ]
