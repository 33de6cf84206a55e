"""What is drawn, and what is said about it? A figure, its words, and the numbers behind it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, TypeAlias

import pandas as pd
import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

from alpha_model.history import History
from alpha_model.values import PairId
from dashboard.charts.house import dressed
from dashboard.charts.theme import PairStyle, Theme
from dashboard.text import sentence

PairIds: TypeAlias = tuple[PairId, ...]
"""A selection of pairs; empty is all of them."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that a reader zoomed into, both ends included."""

    start: pd.Timestamp
    end: pd.Timestamp


@dataclass(frozen=True, slots=True)
class Look:
    """How a reader looks at a history; equal looks show the same, so that an answer can be remembered by it.

    Args:
        style: Names and colours of the pairs; every history has one of its own, equal only to itself.
        theme: Light or dark.
        pair_ids: The pairs to show.
        zoom: The stretch of the window that the reader looks at; None is all of it.
    """

    style: PairStyle
    theme: Theme
    pair_ids: PairIds = ()
    zoom: Span | None = None


@dataclass(frozen=True)
class Drawing:
    """One chart with everything that belongs to it.

    Args:
        figure: The figure.
        finding: What it says, in a line; our own words only, they are Markdown.
        reading: How to read it, and what was left out; our own words only.
        table: The numbers that it draws, under names for people.
        theme: Light or dark.
        timed: Its x axis is time: a click there leads to a cycle.
        refines: There is more detail than is drawn, so that zooming in is worth asking for it.
    """

    figure: go.Figure
    finding: str
    reading: str
    table: pd.DataFrame
    theme: Theme
    timed: bool = True
    refines: bool = False
    _contents: dict[tuple[str, ...], bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def dressed(self) -> dict[str, Any]:
        """The figure in the house layout, as Plotly's JSON has it."""
        return dressed(self.figure, self.theme)

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.figure.layout.height)

    @property
    def is_empty(self) -> bool:
        """Is there nothing to draw?"""
        return not self.figure.data

    @property
    def reason(self) -> str:
        """Why it is empty, in a sentence."""
        return str(self.figure.layout.annotations[0].text)

    @property
    def alt(self) -> str:
        """The chart in words."""
        return f"{sentence(self.finding)} {self.reading}".strip()

    def content(self, name: str, view: str, plotly: str) -> bytes:
        """What a browser needs to draw it, after a digest by which it knows what it has drawn already.

        Args:
            name: File name of pictures.
            view: What a reader did to it belongs to.
            plotly: Address of plotly.min.js.
        """
        key = (name, view, plotly)
        if key not in self._contents:
            facts = {
                "name": name,
                "view": view,
                "plotly": plotly,
                "alt": self.alt,
                "surface": self.theme.surface,
                "timed": self.timed and self.figure.layout.xaxis.type == "date",
            }
            words = f'{json.dumps(facts)[:-1]}, "figure": {to_json_plotly(self.dressed)}}}'.encode()
            self._contents[key] = hashlib.blake2b(words, digest_size=16).hexdigest().encode() + words
        return self._contents[key]


Draw: TypeAlias = Callable[Concatenate[History, Look, ...], Drawing]
"""How a view draws: a pure function of the cycles of a window, asked once for the same look and whatever it needs."""
