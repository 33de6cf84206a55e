"""What did the strategy want of each pair, and what did normalising leave of it?"""

import numpy as np

from alpha_model.analysis import normalised_weights, raw_shares
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.weights import weights_figure
from dashboard.charts.weights_map import weights_map_figure
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import plural, share
from dashboard.views.frames import PERCENT, TIME, both, named
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import panel

QUESTION = "Where did the strategy want to be?"


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: raw against normalised weights, stacked and as a heatmap."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    head(QUESTION, *opened.ask(answer))
    stacked(opened, selection)
    panel(
        "weights_map",
        opened,
        selection,
        draw_map,
        lambda: named(opened.ask(normalised_weights), opened.style),
        dict.fromkeys(opened.style.labels.values(), PERCENT) | {"timestamp": TIME},
    )


def stacked(opened: OpenHistory, selection: Selection) -> None:
    """Raw weights above normalised ones."""
    labels = opened.style.labels.values()
    shares = dict.fromkeys([*labels, *(f"{label}, raw" for label in labels)], PERCENT)
    panel(
        "weights",
        opened,
        selection,
        draw_stack,
        lambda: both(opened.ask(raw_shares), opened.ask(normalised_weights), opened.style),
        shares | {"timestamp": TIME},
    )


def answer(history: History) -> tuple[str, list[Number]]:
    """The page's answer and its numbers: the last cycle that wanted anything."""
    weights = np.abs(np.nan_to_num(history.wide("normalised_weight")))
    wanted = np.flatnonzero(weights.any(axis=1))
    if not wanted.size:
        return "No cycle of this window gave a weight to any pair.", []
    last = weights[wanted[-1]]
    held = int((last > 0).sum())
    invested = weights.sum(axis=1)
    concentration = np.divide(1.0, (weights**2).sum(axis=1), where=invested > 0, out=np.zeros(len(weights)))
    sentence = (
        f"The last cycle with a signal, on {history.timestamps[wanted[-1]]:%-d %B %Y}, put {share(float(last.sum()))} "
        f"into {plural(held, 'pair')}, the largest {share(float(last.max()))}."
    )
    return sentence, [
        Number(
            "Pairs", f"{held}", "Pairs with a weight in the last cycle with a signal.", _trend((weights > 0).sum(1))
        ),
        Number("Largest", share(float(last.max())), "The largest weight of that cycle.", _trend(weights.max(axis=1))),
        Number(
            "Effective pairs",
            f"{concentration[wanted[-1]]:.1f}",
            "1 / Σ weight²: with equal weights the number of pairs, with one dominant pair near 1.",
            _trend(concentration),
        ),
    ]


def draw_stack(history: History, look: Look) -> Drawing:
    """Raw and normalised weights, stacked."""
    picture = pictures.weights_picture(history, look.pair_ids, look.zoom)
    return Drawing(
        weights_figure(picture.raw, picture.normalised, picture.merged, picture.whole, look.style, look.theme),
        picture.finding,
        "Above what the signals asked for, below what normalising and caps left of it; shorts point down. "
        + picture.note,
        both(picture.raw, picture.normalised, look.style, picture.merged),
        look.theme,
        refines=picture.refines,
    )


def draw_map(history: History, look: Look) -> Drawing:
    """Normalised weights as a heatmap."""
    picture = pictures.weights_map_picture(history, look.pair_ids, look.zoom)
    return picture.drawn(
        weights_map_figure(picture.frame, look.style, look.theme),
        look,
        "One row a pair, one column a cycle: the stronger the colour, the heavier the weight.",
        named(picture.frame, look.style),
    )


def _trend(values: np.ndarray) -> tuple[float, ...]:
    places = np.linspace(0, len(values) - 1, min(len(values), 100)).astype(int)
    return tuple(float(value) for value in values[places])
