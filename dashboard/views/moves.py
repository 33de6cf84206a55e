"""What had to move, when, and in which direction?"""

from typing import Any

import numpy as np

from alpha_model.analysis import cycle_outcomes, weight_diffs
from alpha_model.analysis.pairs import moved, movers, moves, moves_are_usd
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.moved import moved_figure
from dashboard.charts.moves_map import DIFFS, TITLE, moves_map_figure
from dashboard.charts.ranking import movers_figure
from dashboard.charts.units import POINTS, unit_of
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import day, usd
from dashboard.views.frames import PERCENT, TIME, USD, named, with_pair
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import panel
from dashboard.views.table import time_column

QUESTION = "What had to move?"
ONLY_POINTS = "The source records no dollars, so moves are the API's weight diffs, in percentage points."


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: heatmap of moves, what moved in all, the biggest movers, and the API's weight diffs."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    head(QUESTION, *opened.ask(answer))
    dollars = moves_are_usd(whole.history)
    column = USD if dollars else PERCENT
    each = dict.fromkeys(opened.style.labels.values(), column) | {"timestamp": TIME}
    if dollars:
        panel("moves", opened, selection, draw_moves, lambda: named(opened.ask(moves), opened.style), each)
    else:
        differences(opened, selection)
    sides = dict.fromkeys(["grew", "shrank"], column)
    panel("moved", opened, selection, draw_moved, lambda: opened.ask(moved), {"timestamp": TIME, **sides})
    panel(
        "movers",
        opened,
        selection,
        draw_movers,
        lambda: with_pair(opened.ask(movers), opened.style),
        {**dict.fromkeys(["moved", "largest"], column), **sides, "largest_at": time_column("Largest at, UTC")},
    )
    if dollars:
        differences(opened, selection)


def differences(opened: OpenHistory, selection: Selection) -> None:
    """The API's weight diffs."""
    columns: dict[str, Any] = dict.fromkeys(opened.style.labels.values(), PERCENT)
    table = columns | {"timestamp": TIME}
    panel("weight_diffs", opened, selection, draw_diffs, lambda: named(opened.ask(weight_diffs), opened.style), table)


def answer(history: History) -> tuple[str, list[Number]]:
    """The page's answer and its numbers."""
    frame, dollars = moved(history), moves_are_usd(history)
    total = (frame["grew"] - frame["shrank"]).fillna(0.0).to_numpy()
    if not total.any():
        return "Nothing had to move in this window.", []
    most, words = int(total.argmax()), "position" if dollars else "weight"

    def told(move: float) -> str:
        return pictures.amount(move, dollars=dollars)

    numbers = [
        Number("Last cycle", told(float(total[-1])), f"Σ|change| of every {words} in the last cycle, before any gate."),
        Number("Typical cycle", told(float(np.median(total[total > 0]))), "Median of the cycles that had to move."),
        Number("Most", told(float(total[most])), f"On {day(history.timestamps[most])}."),
        Number("Cycles that had to move", f"{int((total > 0).sum()):,} of {len(total):,}"),
    ]
    if not total[-1]:
        return "The last cycle wanted what was held already.", numbers
    up, down = float(np.nan_to_num(frame["grew"].iloc[-1])), float(np.nan_to_num(frame["shrank"].iloc[-1]))
    wanted = f"In the last cycle {words}s had to grow by {told(up)} and to shrink by {told(-down)}"
    return f"{wanted}{_became(history) if dollars else ''}. {'' if dollars else ONLY_POINTS}".strip(), numbers


def _became(history: History) -> str:
    """What of the last cycle's moves was planned and executed, as far as that is known."""
    row = cycle_outcomes(history).iloc[-1]
    if np.isnan(row["planned_usd"]):
        return ""
    if not row["planned_usd"]:
        return "; no trade was planned"
    executed = row["traded_usd"]
    done = "what was executed is not known" if np.isnan(executed) else f"{usd(executed)} executed"
    return f"; trades worth {usd(row['planned_usd'])} were planned, {done}"


def draw_moves(history: History, look: Look) -> Drawing:
    """Pair × cycle, in dollars."""
    picture = pictures.moves_picture(history, look.pair_ids, look.zoom)
    return picture.drawn(
        moves_map_figure(picture.frame, TITLE, unit_of(dollars=True), look.style, look.theme),
        look,
        "One row a pair, one column a cycle: in blue positions were to grow, a short too, in orange to shrink; of a "
        "flip the whole new position. Before any gate: what was planned and executed is on the page Cycle.",
        named(picture.frame, look.style),
    )


def draw_diffs(history: History, look: Look) -> Drawing:
    """Pair × cycle, as the API has it."""
    picture = pictures.diffs_picture(history, look.pair_ids, look.zoom)
    return picture.drawn(
        moves_map_figure(picture.frame, DIFFS, POINTS, look.style, look.theme),
        look,
        f"The API's weight diff: the normalised weight, a share of {pictures.whole_of(history)}, less the weight held "
        "before, a share of the held positions. The two wholes differ, so that its sign may not be that of the move.",
        named(picture.frame, look.style),
    )


def draw_moved(history: History, look: Look) -> Drawing:
    """All pairs together."""
    picture = pictures.moved_picture(history, look.zoom)
    return picture.drawn(
        moved_figure(picture.frame, unit_of(dollars=moves_are_usd(history)), look.theme),
        look,
        "The moves of all pairs added up: above the axis what was to grow, below what was to shrink.",
    )


def draw_movers(history: History, look: Look) -> Drawing:
    """The pairs that moved most."""
    picture = pictures.movers_picture(history, look.pair_ids)
    return picture.drawn(
        movers_figure(picture.frame, unit_of(dollars=moves_are_usd(history)), look.style, look.theme),
        look,
        "The mean of all cycles of the window: a change that is wanted and not traded is wanted again in the next.",
        with_pair(picture.frame, look.style),
        timed=False,
    )
