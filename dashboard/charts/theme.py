"""Which colours and names do things have? The only source of both, the same in every figure and table."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from alpha_model.analysis import CycleOutcome, Execution
from alpha_model.analysis.facts import OTHER
from alpha_model.values import PairId, TradingPairSignalFlags
from dashboard.text import figure_text, shortened

ThemeName: TypeAlias = Literal["light", "dark"]

BAR_LIMIT = 1_200
"""The most rectangles in one figure; beyond it stacks are drawn as areas, which stay fast."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one mode; every series colour is told apart by the colour-blind too.

    Args:
        name: Which mode.
        text: Titles and numbers.
        muted: Axis labels and notes.
        grid: Grid lines.
        surface: The page behind the figure.
        series: Pairs, in order of importance, and other equal things.
        other: Everything merged.
        locked: What of the book cannot be traded; no pair has this colour, nor the next two.
        beside: What the model says nothing about.
        cash: Cash.
        falling: The negative end of a diverging scale.
        falling_softly: A quarter of the way to it.
        rising: The positive end.
        rising_softly: A quarter of the way to it.
        strong: The one line that matters.
        behind: A line for comparison, paler than what it is compared with.
    """

    name: ThemeName
    text: str
    muted: str
    grid: str
    surface: str
    series: tuple[str, ...]
    other: str
    locked: str
    beside: str
    cash: str
    falling: str
    falling_softly: str
    rising: str
    rising_softly: str
    strong: str
    behind: str

    def diverging(self) -> list[tuple[float, str]]:
        """A colour scale centred at 0, steeper near it, so that a quarter of the range is seen as more than half."""
        return [
            (0.0, self.falling),
            (0.375, self.falling_softly),
            (0.5, self.surface),
            (0.625, self.rising_softly),
            (1.0, self.rising),
        ]

    def sequential(self) -> list[tuple[float, str]]:
        """A colour scale from nothing to much, steeper near nothing."""
        return [(0.0, self.surface), (0.25, self.rising_softly), (1.0, self.rising)]


LIGHT = Theme(
    name="light",
    text="#1b2430",
    muted="#5a6675",
    grid="#e6eaef",
    surface="#ffffff",
    series=(
        "#4477aa", "#ee8866", "#44aa99", "#ddcc77", "#aa4499", "#88ccee",
        "#cc6677", "#117733", "#332288", "#999933", "#882255", "#77aadd",
    ),
    other="#c3c9d1",
    locked="#6b7686",
    beside="#b7a48a",
    cash="#eceadf",
    falling="#8c3f00",
    falling_softly="#eba25c",
    rising="#0f4c8a",
    rising_softly="#7fb0da",
    strong="#1b2430",
    behind="#89939f",
)  # fmt: skip

DARK = Theme(
    name="dark",
    text="#e3e8ee",
    muted="#98a4b3",
    grid="#262f3a",
    surface="#11161c",
    series=(
        "#5e93cc", "#ee8866", "#44bb99", "#ddcc77", "#c76cb8", "#99ddff",
        "#e07a8b", "#4fa45c", "#8f84e0", "#b5b54a", "#c2588a", "#a7c4e8",
    ),
    other="#56616e",
    locked="#8b97a8",
    beside="#85775f",
    cash="#3d3f37",
    falling="#ffb066",
    falling_softly="#9a5a22",
    rising="#8cc8ff",
    rising_softly="#2f6797",
    strong="#e3e8ee",
    behind="#6c7886",
)  # fmt: skip

_OUTCOME_MARKS: dict[CycleOutcome, tuple[int, str]] = {
    CycleOutcome.rebalanced: (0, "circle"),
    CycleOutcome.partly_rebalanced: (5, "circle"),
    CycleOutcome.held_below_threshold: (1, "diamond"),
    CycleOutcome.every_change_skipped: (3, "square"),
    CycleOutcome.refused_by_risk: (6, "x"),
    CycleOutcome.unchanged: (2, "circle-open"),
    CycleOutcome.no_signal: (-1, "circle-open"),
    CycleOutcome.unknown: (-1, "cross-thin-open"),
}


_NOT_WHOLE: dict[str, tuple[str, str, str]] = {
    Execution.executed_in_part: ("#5b8c5a", "#8fc28e", "triangle-up"),
    Execution.awaiting: ("#c9a400", "#ffd84d", "hourglass"),
    Execution.unconfirmed: ("#8d7b6c", "#b8a596", "circle-x-open"),
    Execution.contradicted: ("#b5179e", "#ff7ee2", "x-thin-open"),
    Execution.failed: ("#c1121f", "#ff6b6b", "x"),
}
"""Colour in light, in dark, and symbol of plans that were not executed whole; no outcome, pair or flag has them."""

_FLAG_ORDER = (
    TradingPairSignalFlags.individual_trade_size_too_small,
    TradingPairSignalFlags.capped_by_pool_size,
    TradingPairSignalFlags.max_adjust_too_small,
    TradingPairSignalFlags.capped_by_concentration,
    TradingPairSignalFlags.close_position_weight_limit,
    TradingPairSignalFlags.closed,
)
_FLAG_PLACES: dict[str, int] = {
    flag: place for place, flag in enumerate(dict.fromkeys([*_FLAG_ORDER, *TradingPairSignalFlags]))
}
"""The frequent ones first, so that they get the colours that are easiest to tell apart."""


def flag_colour(theme: Theme, flag: str, place: int) -> str:
    """A flag's colour, the same in every history; unknown flags take theirs by their place in the figure."""
    return theme.series[_FLAG_PLACES.get(flag, len(_FLAG_PLACES) + place) % len(theme.series)]


def theme_named(name: str | None) -> Theme:
    """The theme of the browser; light where it does not say."""
    return DARK if name == "dark" else LIGHT


def outcome_mark(theme: Theme, standing: str) -> tuple[str, str]:
    """Colour and marker symbol of how a cycle stands; the shape tells it without the colour."""
    if standing in _NOT_WHOLE:
        light, dark, symbol = _NOT_WHOLE[standing]
        return (dark if theme.name == "dark" else light), symbol
    place, symbol = _OUTCOME_MARKS[CycleOutcome(standing)]
    return (theme.other if place < 0 else theme.series[place]), symbol


@dataclass(frozen=True, slots=True, eq=False)
class PairStyle:
    """The name and colour of each pair of one history, the same on every page.

    Args:
        labels: A unique name for each pair.
        short: The same, short enough for a figure, and still unique.
        ranks: The place of each pair among the most important.
    """

    labels: dict[PairId, str]
    short: dict[PairId, str]
    ranks: dict[PairId, int]

    @classmethod
    def of(cls, labels: dict[PairId, str], order: Iterable[PairId]) -> "PairStyle":
        """From unique labels and the pairs in order of importance."""
        short = {pair_id: shortened(label) for pair_id, label in labels.items()}
        count = Counter(short.values())
        for pair_id, label in short.items():
            if count[label] > 1:
                mark = f" #{pair_id}"
                short[pair_id] = shortened(labels[pair_id].removesuffix(mark), 24 - len(mark)) + mark
        return cls(labels, short, {int(pair_id): rank for rank, pair_id in enumerate(order)})

    def colour(self, theme: Theme, pair_id: PairId) -> str:
        """The pair's colour; beyond the palette's end colours repeat."""
        return theme.other if pair_id == OTHER else theme.series[self.ranks.get(pair_id, 0) % len(theme.series)]

    def name(self, pair_id: PairId, merged: int = 0) -> str:
        """The pair's name, safe in a figure; `OTHER` says how many pairs it stands for."""
        if pair_id == OTHER:
            return f"other ({merged} pairs)"
        return figure_text(self.short.get(pair_id, f"#{pair_id}"))
