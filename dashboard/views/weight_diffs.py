"""Which weights had to move, when, and in which direction?"""

import numpy as np

from alpha_model.analysis import movers, weight_diffs, weight_moved
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.moved import moved_figure
from dashboard.charts.ranking import movers_figure
from dashboard.charts.weight_diffs import weight_diffs_figure
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import day
from dashboard.views.frames import PERCENT, TIME, named, with_pair
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import panel
from dashboard.views.table import time_column

QUESTION = "What had to move?"


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: heatmap of differences, what moved in all, the biggest movers."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    head(QUESTION, *opened.ask(answer))
    differences(opened, selection)
    panel("weight_moved", opened, selection, draw_moved, lambda: opened.ask(weight_moved), {"timestamp": TIME})
    panel(
        "movers",
        opened,
        selection,
        draw_movers,
        lambda: with_pair(opened.ask(movers), opened.style),
        {
            **dict.fromkeys(["moved", "grew", "shrank", "largest"], PERCENT),
            "largest_at": time_column("Largest at, UTC"),
        },
    )


def differences(opened: OpenHistory, selection: Selection) -> None:
    """Where the weights had to move."""
    panel(
        "weight_diffs",
        opened,
        selection,
        draw_differences,
        lambda: named(opened.ask(weight_diffs), opened.style),
        dict.fromkeys(opened.style.labels.values(), PERCENT) | {"timestamp": TIME},
    )


def answer(history: History) -> tuple[str, list[Number]]:
    """The page's answer and its numbers."""
    frame = weight_moved(history)
    moved = (frame["grew"] - frame["shrank"]).fillna(0.0).to_numpy()
    if not moved.any():
        return "No weight had to move in this window.", []
    last, most = float(moved[-1]) * 100, int(moved.argmax())
    numbers = [
        Number("Last cycle", f"{last:,.1f} pp", "Σ|weight difference| of all pairs in the last cycle."),
        Number(
            "Typical cycle", f"{float(np.median(moved[moved > 0])) * 100:,.1f} pp", "Median of the cycles that moved."
        ),
        Number("Most", f"{moved[most] * 100:,.0f} pp", f"On {day(history.timestamps[most])}."),
        Number("Cycles that moved", f"{int((moved > 0).sum()):,} of {len(moved):,}"),
    ]
    if not last:
        return "The last cycle wanted the weights that were held already.", numbers
    up, down = float(np.nan_to_num(frame["grew"].iloc[-1])), float(np.nan_to_num(frame["shrank"].iloc[-1]))
    return (
        (
            f"In the last cycle, weights of {up * 100:,.1f} percentage points had to be added "
            f"and {-down * 100:,.1f} taken away."
        ),
        numbers,
    )


def draw_differences(history: History, look: Look) -> Drawing:
    """Pair × cycle."""
    picture = pictures.diffs_picture(history, look.pair_ids, look.zoom)
    return picture.drawn(
        weight_diffs_figure(picture.frame, look.style, look.theme),
        look,
        "One row a pair, one column a cycle: blue grows, orange shrinks, blank is neither wanted nor held.",
        named(picture.frame, look.style),
    )


def draw_moved(history: History, look: Look) -> Drawing:
    """All pairs together."""
    picture = pictures.moved_picture(history, look.zoom)
    return picture.drawn(
        moved_figure(picture.frame, look.theme),
        look,
        "The differences of all pairs added up: above the axis what grew, below what shrank.",
    )


def draw_movers(history: History, look: Look) -> Drawing:
    """The pairs that moved most."""
    picture = pictures.movers_picture(history, look.pair_ids)
    return picture.drawn(
        movers_figure(picture.frame, look.style, look.theme),
        look,
        "Every move of the window added up, growing to the right and shrinking to the left.",
        with_pair(picture.frame, look.style),
        timed=False,
    )
