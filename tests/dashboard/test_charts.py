"""Fingerprints of the figures: what they draw, what they are called, which units they name."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from histories import make_history, make_long_history, moment

from alpha_model.analysis import CycleOutcome, pair_labels
from alpha_model.analysis.facts import pairs_by_weight
from alpha_model.analysis.pairs import moves_are_usd
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts import costs, decision, moves_map, pair, ranking, size_risk, sweep, thresholds, weights
from dashboard.charts.decision import funnel_figure, waterfall_figure
from dashboard.charts.equity import equity_figure
from dashboard.charts.flags import flags_figure
from dashboard.charts.house import cells, dressed
from dashboard.charts.moves_map import TITLE, moves_map_figure
from dashboard.charts.pair import pair_dollars_figure
from dashboard.charts.size_risk import size_risk_figure
from dashboard.charts.sweep import sweep_figure
from dashboard.charts.theme import DARK, LIGHT, PairStyle, Theme, outcome_mark, theme_named
from dashboard.charts.thresholds import thresholds_figure
from dashboard.charts.units import unit_of
from dashboard.charts.weights import weights_figure
from dashboard.drawing import Span

HOSTILE = "<b>=X</b><script>alert(1)</script>"


def style_of(history: History) -> PairStyle:
    return PairStyle.of(pair_labels(history), pairs_by_weight(history))


def draw_weights(history: History, theme: Theme = LIGHT) -> go.Figure:
    picture = pictures.weights_picture(history)
    frames = (picture.raw, picture.shares, picture.rest, picture.caps)
    return weights_figure(*frames, picture.merged, picture.whole, style_of(history), theme)


def draw_diffs(history: History, theme: Theme = LIGHT) -> go.Figure:
    picture, dollars = pictures.moves_picture(history), moves_are_usd(history)
    return moves_map_figure(picture.frame, TITLE, unit_of(dollars=dollars), style_of(history), theme)


def draw_size_risk(history: History, theme: Theme = LIGHT) -> go.Figure:
    return size_risk_figure(pictures.size_risk_picture(history).frame, theme)


def draw_thresholds(history: History, theme: Theme = LIGHT) -> go.Figure:
    return thresholds_figure(pictures.thresholds_picture(history).frame, theme)


def draw_flags(history: History, theme: Theme = LIGHT) -> go.Figure:
    return flags_figure(pictures.flags_picture(history).frame, theme)


DRAWN = [draw_weights, draw_diffs, draw_size_risk, draw_thresholds, draw_flags]


@pytest.fixture
def history() -> History:
    """Two days, two pairs, everything recorded."""
    gate = {"position_adjust_threshold_usd": 100.0, "investable_equity": 1000.0}
    return make_history(
        [
            {"pair_id": 1, "raw_weight": 3.0, "normalised_weight": 0.75, "position_adjust_usd": 500.0},
            {"pair_id": 2, "raw_weight": 1.0, "normalised_weight": 0.25, "flags": ["closed"], "signal": -1.0},
            {"pair_id": 1, "cycle": 1, "raw_weight": 1.0, "normalised_weight": 1.0, "old_weight": 0.75},
        ],
        [
            gate | {"max_position_adjust_usd": 500.0, "size_risk_discarded_value": 50.0},
            gate | {"max_position_adjust_usd": 10.0, "accepted_investable_equity": 900.0},
        ],
        {1: HOSTILE, 2: "B-USDC"},
    )


def fingerprint(figure: go.Figure) -> dict[str, Any]:
    layout = figure.layout
    return {
        "title": layout.title.text,
        "traces": [(trace.type, trace.name) for trace in figure.data],
        "axes": [layout[name].title.text for name in ("xaxis", "yaxis", "yaxis2") if name in layout],
    }


SAFE = "&lt;b&gt;=X&lt;/b&gt;&lt;script&gt;alert(…"


def test_weights_are_two_panels_of_stacked_bars(history: History) -> None:
    assert fingerprint(draw_weights(history)) == {
        "title": "Raw weights above, shares of the whole book below, stacked",
        "traces": [*[("bar", SAFE), ("bar", "B-USDC")] * 2, ("bar", "cash")],
        "axes": ["UTC", "% of Σ raw weight", "% of equity"],
    }


def test_cash_and_what_is_locked_are_bands_in_colours_of_no_pair() -> None:
    rows = [{"pair_id": 1, "position_target": 60.0, "old_value": 60.0, "carry_forward": True}, {"pair_id": 2}]
    figure = draw_weights(make_history(rows, [{"investable_equity": 40.0}]))
    bands = {trace.name: trace for trace in figure.data}
    assert (list(bands["locked"].y), list(bands["cash"].y)) == ([60.0], [40.0])
    assert bands["locked"].marker.pattern.shape == "/"
    assert not {bands["locked"].marker.color, bands["cash"].marker.color} & {*LIGHT.series, LIGHT.other}


def test_cap_is_read_against_the_largest_single_pair() -> None:
    cycle = {"investable_equity": 100.0, "pipeline": '[{"step": "normalise_weights", "max_weight": 0.25}]'}
    rows = [{"pair_id": pair, "raw_weight": 1.0, "position_target": usd} for pair, usd in ((1, 25.0), (2, 20.0))]
    made = make_history(rows, [cycle])
    figure = draw_weights(made)
    foot = {trace.name: list(trace.y) for trace in figure.data if trace.yaxis == "y3"}
    assert foot == {"largest single pair": [25.0], "cap of a single pair": [25.0]}
    assert "The cap is the max weight (recorded)" in pictures.weights_picture(made).note


def test_diffs_are_a_heatmap_centred_at_zero(history: History) -> None:
    figure = draw_diffs(history)
    assert fingerprint(figure)["traces"] == [("heatmap", None)]
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-500, 500)
    assert list(figure.data[0].y) == [SAFE]
    assert (figure.layout.title.text, figure.data[0].colorbar.tickformat) == (TITLE, "$~s")


def test_moves_without_dollars_are_points() -> None:
    figure = draw_diffs(make_history([{"pair_id": 1, "normalised_weight": 0.75}]))
    assert (figure.data[0].zmin, figure.data[0].colorbar.ticksuffix) == (-75, " pp")


def test_size_risk_is_two_lines_and_bars(history: History) -> None:
    assert fingerprint(draw_size_risk(history)) == {
        "title": "Investable and accepted equity above, discarded value below",
        "traces": [("scatter", "investable"), ("scatter", "accepted"), ("bar", "discarded")],
        "axes": ["UTC", "Equity, USD", "Discarded, USD"],
    }


@pytest.mark.parametrize(("amount", "name"), [(40.0, "offered again"), (-40.0, "sharing stopped")])
def test_stage_of_sharing_is_named_by_what_it_did(amount: float, name: str) -> None:
    frame = pd.DataFrame(
        {"stage": ["wanted", "redistribution", "target"], "usd": [100.0, amount, 100.0 + amount]}
    ).assign(is_total=[True, False, True])
    (bars,) = waterfall_figure(frame, LIGHT).data
    assert list(bars.x) == ["wanted", name, "target"]


def test_marks_tell_their_decision_and_fold_it() -> None:
    rows = [{"max_position_adjust_usd": amount, "position_adjust_threshold_usd": 100.0} for amount in (80.0, 500.0)]
    signals = [
        {"pair_id": 1, "cycle": place, "position_adjust_usd": row["max_position_adjust_usd"]}
        for place, row in enumerate(rows)
    ]
    figure = thresholds_figure(pictures.thresholds_picture(make_history(signals, rows)).frame, LIGHT)
    told = [mark[1] for trace in figure.data[1:] for mark in trace.customdata]
    assert all("<br>" in words and max(map(len, words.split("<br>"))) <= 60 for words in told)
    held, traded = sorted(words.replace("<br>", " ") for words in told)
    assert "stayed $20.00 below the threshold of $100.00." in held
    assert "rebalanced with 1 trade worth $500." in traded


def test_thresholds_mark_each_outcome_by_colour_and_shape(history: History) -> None:
    figure = draw_thresholds(history)
    assert fingerprint(figure) == {
        "title": "Largest change of any position, against the rebalance threshold",
        "traces": [("scatter", "threshold"), ("scatter", "rebalanced"), ("scatter", "held below threshold")],
        "axes": ["UTC", "USD, log scale"],  # 500 / 10 is a wide range
    }
    assert len({trace.marker.symbol for trace in figure.data}) == 3


def test_flags_are_stacked_bars(history: History) -> None:
    assert fingerprint(draw_flags(history)) == {
        "title": "Signals that carry each flag",
        "traces": [("bar", "closed")],
        "axes": ["UTC", "Signals"],
    }


def test_funnel_writes_each_number_beside_its_bar_and_leaves_room_for_it() -> None:
    steps = pd.DataFrame(
        {
            "step": ["signals", "selected", "traded"],
            "pair_count": [20, 4, 0],
            "usd": [np.nan, 1000.0, 0.0],
            "lost": [[], [("not_in_top", 16)], [("max_adjust_too_small", 4)]],
        }
    )
    figure = funnel_figure(steps, LIGHT)
    assert fingerprint(figure) == {"title": "Pairs left after each step", "traces": [("bar", None)], "axes": [None] * 2}
    bars = figure.data[0]
    assert list(bars.text) == ["20", "4 · $1k", "0 · $0"]
    assert (bars.textposition, bars.cliponaxis) == ("outside", False)  # within a bar of 0 there is no place
    assert figure.layout.xaxis.range == (0, 27)  # 1.35 × 20


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_empty_history_gives_a_titled_empty_figure(draw: Any, theme: Theme) -> None:
    figure = draw(make_history(cycles=0), theme)
    assert not figure.data
    assert figure.layout.title.text
    assert figure.layout.annotations[0].text.endswith(".")


@pytest.mark.parametrize("draw", [draw_size_risk, draw_thresholds, draw_flags])
def test_what_is_not_recorded_is_said_and_not_drawn(draw: Any) -> None:
    figure = draw(make_history([{"pair_id": 1, "normalised_weight": 1.0}]))
    assert not figure.data
    assert figure.layout.annotations[0].text.startswith("This history records n")


@pytest.mark.parametrize("draw", DRAWN)
def test_no_figure_carries_html_of_a_stranger(draw: Any, history: History) -> None:
    assert "<script" not in draw(history).to_json()


@pytest.mark.parametrize(("draw", "cycles", "pairs"), [(draw_weights, 601, 14), (draw_flags, 1201, 3)])
def test_long_histories_are_drawn_as_areas_within_the_limits(draw: Any, cycles: int, pairs: int) -> None:
    figure = draw(make_long_history(cycles, pairs))
    assert {trace.type for trace in figure.data} == {"scatter"}
    assert len(figure.data) <= 27  # two stacks of 12, what is in no pair
    assert max(len(trace.x) for trace in figure.data) <= 500


def test_merged_pairs_are_counted_and_said() -> None:
    history = make_long_history(2, 14)
    assert draw_weights(history).data[-2].name == "other (3 pairs)"  # 11 by name
    assert pictures.weights_picture(history).note.endswith("11 of 14 pairs named.")


def test_long_history_says_how_much_is_shown() -> None:
    assert (
        pictures.flags_picture(make_long_history(1000, 1)).note
        == "Showing 500 of 1,000 cycles: the sum of each group. Zoom in for more."
    )


def test_selected_pairs_alone_are_drawn(history: History) -> None:
    assert pictures.weights_picture(history, (2,)).shares.columns.tolist() == [2]
    assert pictures.diffs_picture(history, (2,)).frame.columns.tolist() == [2]
    assert pictures.flags_picture(history, (1,)).frame.empty


def test_shorts_point_down(history: History) -> None:
    assert pictures.weights_picture(history).shares[2].iloc[0] == -0.25


def test_pair_keeps_its_colour_in_a_window(history: History) -> None:
    style = style_of(history)
    assert style.colour(LIGHT, 1) == LIGHT.series[0]
    assert style.colour(LIGHT, 2) == LIGHT.series[1]


def test_long_names_stay_apart_when_they_are_cut() -> None:
    style = PairStyle.of({1: f"{'x' * 40} #1", 2: f"{'x' * 40} #2", 3: "y" * 40}, [1, 2, 3])
    assert [style.name(pair_id) for pair_id in (1, 2, 3)] == [f"{'x' * 20}… #1", f"{'x' * 20}… #2", f"{'y' * 23}…"]


def test_figures_send_arrays_and_not_lists() -> None:
    figure = draw_weights(make_long_history(20, 3))
    assert all(isinstance(trace.y, np.ndarray) for trace in figure.data)


@pytest.mark.parametrize(("name", "theme"), [("dark", DARK), ("light", LIGHT), (None, LIGHT), ("sepia", LIGHT)])
def test_theme_follows_the_browser(name: str | None, theme: Theme) -> None:
    assert theme_named(name) is theme


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_each_outcome_has_a_mark_of_its_own(theme: Theme) -> None:

    marks = [outcome_mark(theme, outcome) for outcome in CycleOutcome]
    assert len(set(marks)) == len(marks)


def test_one_cycle_is_labelled_and_needs_no_time_axis() -> None:
    figure = draw_weights(make_history([{"pair_id": 1, "normalised_weight": 1.0, "raw_weight": 1.0}]))
    assert figure.layout.xaxis.type == "category"
    assert list(figure.data[0].x) == ["5 Jan 2026, 00:00"]


@pytest.mark.parametrize(
    ("refused", "title", "panels"),
    [
        (5.0, "Value held and target above, refused by size risk below", ["UTC", "USD", "Refused, USD"]),
        (0.0, "Value held and target", ["UTC", "USD"]),
        (np.nan, "Value held and target", ["UTC", "USD"]),
    ],
)
def test_dollars_of_a_pair_have_a_panel_for_refusals_only_where_there_are_any(
    refused: float, title: str, panels: list[str]
) -> None:
    index = pd.date_range("2024-01-01", periods=2, tz="UTC")
    frame = pd.DataFrame({"old_value": [10.0, 20.0], "position_target": [20.0, 30.0], "refused": refused}, index)
    drawn = fingerprint(pair_dollars_figure(frame, LIGHT, LIGHT.series[0]))
    assert (drawn["title"], drawn["axes"]) == (title, panels)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(("name", "least"), [("text", 4.5), ("muted", 4.5), ("strong", 3), ("behind", 3)])
def test_words_and_lines_stand_out_from_the_page(theme: Theme, name: str, least: float) -> None:
    first, second = sorted((luminance(getattr(theme, name)), luminance(theme.surface)), reverse=True)
    assert (first + 0.05) / (second + 0.05) >= least  # WCAG 2.2, 1.4.3 and 1.4.11


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0...1, as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_a_pair_held_before_is_a_line_that_can_be_seen(history: History) -> None:
    frame = pd.DataFrame({"old_value": [1.0, 2.0], "position_target": 2.0, "refused": 0.0})
    frame.index = history.timestamps
    figure = pair_dollars_figure(frame, LIGHT, LIGHT.series[0])
    assert {trace.name: trace.line.color for trace in figure.data} == {
        "held before": LIGHT.behind,
        "target": LIGHT.series[0],
    }


@pytest.mark.parametrize(("count", "gap"), [(60, 1), (61, 0)])
def test_cells_of_many_cycles_have_no_gaps_that_would_eat_them(count: int, gap: int) -> None:
    assert cells(LIGHT, count, " %")["xgap"] == gap


def test_names_of_rows_keep_a_distance_from_what_is_drawn_and_have_no_dashes(history: History) -> None:
    layout = dressed(draw_diffs(history), LIGHT)["layout"]["template"]["layout"]
    assert (layout["xaxis"]["ticks"], layout["yaxis"]["ticks"]) == ("", "")  # Plotly draws dashes on heatmaps
    assert layout["yaxis"]["ticklabelstandoff"] > 0


@pytest.mark.parametrize("module", [costs, decision, pair, ranking, size_risk, sweep, thresholds, weights, moves_map])
def test_titles_fit_into_a_narrow_window(module: ModuleType) -> None:
    titles = [words for name, words in vars(module).items() if name.isupper() and isinstance(words, str)]
    assert titles
    assert all(len(words) <= 80 for words in titles)  # 440 pixels at 13; the page has 480 in a window of 800


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ([100.0, 150.0, 120.0], "Investable equity went from $100 to $120 (+20.0 %); the deepest fall was 20.0 %"),
        (
            [2.5, 5000.0, 4500.0],
            (
                "Investable equity went from $2.50 to $4.5k, with a leap as a deposit makes one; "
                "the deepest fall was 10.0 %"
            ),
        ),
        ([100.0], "Investable equity is $100"),
    ],
)
def test_growth_is_no_return_where_money_came_in(amounts: list[float], words: str) -> None:
    assert (
        pictures.equity_picture(make_history(cycles=[{"investable_equity": amount} for amount in amounts])).finding
        == words
    )


@pytest.mark.parametrize("recorded", [range(600), range(0, 600, 100)])
def test_zoom_into_the_time_between_two_cycles_leaves_marks_on_a_time_axis(recorded: range) -> None:
    row = {"max_position_adjust_usd": 20.0, "position_adjust_threshold_usd": 100.0}
    history = make_history(cycles=[row if place in recorded else {} for place in range(600)])
    start = pd.Timestamp(moment(250)) + pd.Timedelta(hours=2)
    picture = pictures.thresholds_picture(history, Span(start, start + pd.Timedelta(hours=1)))
    assert len(picture.frame) >= 2
    assert thresholds_figure(picture.frame, LIGHT).layout.xaxis.type == "date"


@pytest.mark.parametrize(("cycles", "tick", "counted"), [(1, 1, "1 cycle"), (5, 1, "5 cycles"), (6, None, "6 cycles")])
def test_sweep_of_few_cycles_has_whole_ticks(cycles: int, tick: int | None, counted: str) -> None:
    frame = pd.DataFrame(
        {
            "factor": [0.0, 0.5, 2.0],
            "rebalance_count": [cycles, cycles, 0],
            "rebalance_share": [1.0, 1.0, 0.0],
            "threshold_usd": [0.0, 50.0, 200.0],
        }
    )
    figure = sweep_figure(frame, LIGHT)
    assert figure.layout.yaxis.dtick == tick
    assert [facts[2] for facts in figure.data[0].customdata] == [counted, "0 cycles"]
    assert "%{customdata[2]} (" in figure.data[0].hovertemplate


def test_sweep_of_one_cycle_speaks_of_one_cycle() -> None:
    gate = {"position_adjust_threshold_usd": 100.0, "max_position_adjust_usd": 150.0}
    picture = pictures.sweep_picture(make_history([{"pair_id": 1, "raw_weight": 1.0}], [gate], {1: "A-USDC"}))
    assert picture.finding == "Half the threshold would be reached by 1 cycle, as it was by 1, twice by 0"


def test_a_book_without_any_signal_has_no_empty_panel() -> None:
    points = [{"timestamp": moment(0), "total_equity": 100.0, "cash": 5.0}]
    credit = {"cycle": 0, "timestamp": moment(0), "pair_id": 9, "value": 95.0, "state": "open"}
    figure = draw_weights(make_history(cycles=1, tickers={9: "aUSDC-USDC"}, equity=points, positions=[credit]))
    assert {trace.name: list(trace.y) for trace in figure.data} == {"beside the model": [95.0], "cash": [5.0]}
    assert figure.layout.title.text == "Shares of the whole book, stacked"
    assert (figure.layout.yaxis.visible, figure.layout.yaxis2.domain) == (False, (0.0, 1.0))


def test_where_the_curve_leaves_a_position_out_is_marked() -> None:
    index = pd.date_range("2026-01-05", periods=2, tz="UTC")
    breaks = pd.DataFrame({"timestamp": [index[1]], "value": [7.0]})
    figure = equity_figure(pd.DataFrame({"total_equity": [8.0, 1.0]}, index), breaks, LIGHT)
    assert [note.text for note in figure.layout.annotations] == ["frozen: $7.00 left the curve"]
    assert figure.layout.shapes[0].x0 == "2026-01-06T00:00:00"
