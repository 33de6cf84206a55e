"""What does a colleague see first?"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alpha_model.analysis.facts import curve_breaks
from alpha_model.history import History
from dashboard.drawing import Span
from dashboard.pictures.reduced import Picture, note, reduced
from dashboard.text import share, usd

DEPOSIT = 2.0
"""So many times from one record to the next, equity grows by a deposit rather than by trading: no return is told."""
POINTS = 100
"""The most points of a sparkline."""


@dataclass(frozen=True, slots=True)
class EquityPicture(Picture):
    """A `Picture` of the equity curve.

    Args:
        breaks: `curve_breaks`: where it leaves out a position that is still there.
    """

    breaks: pd.DataFrame = field(default_factory=pd.DataFrame)


def equity_picture(history: History, zoom: Span | None = None) -> EquityPicture:
    """Total equity and cash; where there is no equity curve, investable equity."""
    frame = history.equity.set_index("timestamp")[["total_equity", "cash"]].dropna(how="all")
    frame = frame[~frame.index.duplicated(keep="last")].sort_index()
    if frame.empty:
        frame = history.cycles.set_index("timestamp")[["investable_equity"]].dropna()
    frame = frame.astype(np.float64).dropna(axis="columns", how="all")
    drawn = reduced(frame, "last", zoom)
    breaks = curve_breaks(history)
    breaks = breaks[breaks["timestamp"].isin(frame.index)]
    words = note(drawn.kept, "the last one of each group")
    return EquityPicture(drawn.frame, _finding(frame, breaks), words, drawn.refines, breaks)


def sparkline(values: pd.Series) -> tuple[float, ...]:
    """At most 100 of the numbers that are there."""
    known = values.dropna().to_numpy(dtype=np.float64)
    places = np.linspace(0, len(known) - 1, min(len(known), POINTS)).astype(int)
    return tuple(float(value) for value in known[places])


def equity_line(history: History) -> tuple[float, ...]:
    """A sparkline of total equity; where there is no equity curve, of investable equity."""
    total = history.equity["total_equity"].dropna()
    return sparkline(history.cycles["investable_equity"] if total.empty else total)


def _finding(frame: pd.DataFrame, breaks: pd.DataFrame) -> str:
    if frame.empty:
        return "What was the portfolio worth?"
    column = frame.iloc[:, 0].dropna()
    what = "Equity" if frame.columns[0] == "total_equity" else "Investable equity"
    first, last = float(column.iloc[0]), float(column.iloc[-1])
    if len(column) == 1 or first <= 0:
        return f"{what} is {usd(last)}"
    highest = column.cummax()
    deepest = float((1 - column / highest).max())
    leaps = bool((column / column.shift() > DEPOSIT).any())
    if len(breaks):
        left = usd(float(breaks["value"].sum()))
        return f"{what} went from {usd(first)} to {usd(last)}, frozen positions worth {left} left out"
    change = ", with a leap as a deposit makes one" if leaps else f" ({(last / first - 1) * 100:+.1f} %)"
    return f"{what} went from {usd(first)} to {usd(last)}{change}; the deepest fall was {share(deepest)}"
