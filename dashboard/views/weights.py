"""What did the strategy want of each pair, and what of the whole book was it to be?"""

import numpy as np
import pandas as pd

from alpha_model.analysis import allocation, normalised_weights, raw_shares
from alpha_model.analysis.facts import WHOLE_MEANINGS, Whole
from alpha_model.analysis.pairs import target_shares
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.weights import weights_figure
from dashboard.charts.weights_map import weights_map_figure
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.pictures.weights import CAPS, REST
from dashboard.selection import Selection
from dashboard.text import plural, share
from dashboard.views.frames import PERCENT, TIME, both, named
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import panel

ROUNDING = 1e-9
QUESTION = "Where did the strategy want to be?"


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: raw weights and shares of the whole book, stacked, and normalised weights as a heatmap."""
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
    """Raw weights above, shares of the whole book below."""
    labels = opened.style.labels.values()
    columns = [*labels, *(f"{label}, raw" for label in labels), *REST.values(), *CAPS.values(), *REST, *CAPS]
    shares = dict.fromkeys([*columns, "gross", "net", "free"], PERCENT)
    panel(
        "weights",
        opened,
        selection,
        draw_stack,
        lambda: everything(opened),
        shares | {"timestamp": TIME},
    )


def everything(opened: OpenHistory) -> pd.DataFrame:
    """Of every cycle the shares of all pairs, raw and of the book, and how the whole book was divided."""
    stack = both(opened.ask(raw_shares), opened.ask(target_shares), opened.style)
    return pd.concat([stack, opened.ask(allocation)], axis=1)


def answer(history: History) -> tuple[str, list[Number]]:
    """The page's answer and its numbers: the last cycle that wanted anything."""
    parts = allocation(history)
    wanted = np.flatnonzero(parts["gross"] > 0)
    if not wanted.size:
        return _nothing(parts), []
    shares = np.abs(np.nan_to_num(target_shares(history).to_numpy()))
    counts, last = (shares > 0).sum(axis=1), parts.iloc[wanted[-1]]
    whole = WHOLE_MEANINGS[Whole(last["equity_whole"])]
    total = (shares**2).sum(axis=1)
    effective = np.divide(shares.sum(axis=1) ** 2, total, where=total > 0, out=np.zeros(len(shares)))
    can = f"The largest share of {whole} of a pair that can be traded. {_cap(last)}"
    alike = "(Σ|share|)² / Σ share²: with equal shares the number of pairs, with one dominant pair near 1."
    numbers = [
        Number("Pairs", f"{counts[wanted[-1]]}", "Pairs with a target in the last cycle that had any.", _trend(counts)),
        Number("Cash", share(last["cash"]), f"Share of {whole} that was to stay in cash.", _trend(parts["cash"])),
        Number("Effective pairs", f"{effective[wanted[-1]]:.1f}", alike, _trend(effective)),
    ]
    if pd.notna(last["largest"]):
        numbers.insert(1, Number("Largest", share(last["largest"]), can, _trend(parts["largest"])))
    if (parts["locked"] > 0).any():
        pinned = f"Share of {whole} that could not be traded: carried forward, frozen or pending."
        numbers.append(Number("Locked", share(last["locked"]), pinned, _trend(parts["locked"])))
    if (parts["gross"] - parts["net"] > ROUNDING).any():
        sides = "Longs and shorts added up, and longs less shorts."
        numbers.append(Number("Gross / net", f"{share(last['gross'])} / {share(last['net'])}", sides))
    return _sentence(last, int(counts[wanted[-1]]), whole), numbers


def _sentence(last: pd.Series, count: int, whole: str) -> str:
    rest = [f"{share(last[name])} {words}" for name, words in REST.items() if last[name] > 0]
    largest = "" if pd.isna(last["largest"]) else f"; the largest that can be traded has {share(last['largest'])}"
    cap = "" if pd.isna(last["cap"]) or not largest else f" under a cap of {share(last['cap'])}"
    shorts = f", net {share(last['net'])}" if last["gross"] - last["net"] > ROUNDING else ""
    return (
        f"The last cycle with a target, on {last.name:%-d %B %Y}, put {share(last['gross'])} of {whole} "
        f"into {plural(count, 'pair')}{shorts}{largest}{cap}. {_listed(rest)}"
    ).strip()


def _listed(rest: list[str]) -> str:
    return f"Of the whole: {', '.join(rest)}." if rest else ""


def _nothing(parts: pd.DataFrame) -> str:
    if parts["gross"].isna().all():
        return "This history records no weights."
    last = parts.iloc[-1]
    rest = [f"{share(last[name])} {words}" for name, words in REST.items() if last[name] > 0]
    return f"No cycle of this window gave a weight to any pair. {_listed(rest)}".strip()


def _cap(last: pd.Series) -> str:
    if pd.isna(last["cap"]):
        return "No max weight is recorded, and none can be inferred."
    known = f"max weight × investable / equity, {last['cap_provenance']}"
    return f"The most that one pair may have is {share(last['cap'])} ({known})."


def draw_stack(history: History, look: Look) -> Drawing:
    """Raw weights and shares of the book, stacked."""
    picture = pictures.weights_picture(history, look.pair_ids, look.zoom)
    return Drawing(
        weights_figure(
            picture.raw,
            picture.shares,
            picture.rest,
            picture.caps,
            picture.merged,
            picture.whole,
            look.style,
            look.theme,
        ),
        picture.finding,
        pictures.reading_of(picture),
        pd.concat([both(picture.raw, picture.shares, look.style, picture.merged), picture.rest, picture.caps], axis=1),
        look.theme,
        refines=picture.refines,
    )


def draw_map(history: History, look: Look) -> Drawing:
    """Normalised weights as a heatmap."""
    picture = pictures.weights_map_picture(history, look.pair_ids, look.zoom)
    return picture.drawn(
        weights_map_figure(picture.frame, look.style, look.theme),
        look,
        f"The API's `normalised_weight`, a share of {pictures.whole_of(history)} and not of the whole book: one row a "
        "pair, one column a cycle, the stronger the colour, the heavier the weight.",
        named(picture.frame, look.style),
    )


def _trend(values: np.ndarray | pd.Series) -> tuple[float, ...]:
    known = np.nan_to_num(np.asarray(values, dtype=np.float64))
    places = np.linspace(0, len(known) - 1, min(len(known), 100)).astype(int)
    return tuple(float(value) for value in known[places])
