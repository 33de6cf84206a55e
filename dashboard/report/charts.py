"""Which charts does a report have? Each drawn twice, for light and for dark readers, with its words and its numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

from alpha_model.analysis.facts import OTHER
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.costs import costs_figure
from dashboard.charts.decision import funnel_figure, stage_names, waterfall_figure
from dashboard.charts.equity import equity_figure
from dashboard.charts.flags import flags_figure
from dashboard.charts.house import dressed
from dashboard.charts.ranking import capacity_figure
from dashboard.charts.size_risk import size_risk_figure
from dashboard.charts.sweep import sweep_figure
from dashboard.charts.theme import DARK, LIGHT, PairStyle, Theme
from dashboard.charts.thresholds import thresholds_figure
from dashboard.charts.weights import weights_figure
from dashboard.report.tables import Table, numbers_of
from dashboard.text import sentence


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Args:
        name: Unique on the page.
        finding: What it says, in a line.
        reading: How to read it, and what was left out.
        light: Its figure as JSON.
        dark: The same for a dark page.
        height: Pixels.
        numbers: What it draws.
    """

    name: str
    finding: str
    reading: str
    light: str
    dark: str
    height: int
    numbers: Table

    @property
    def sentence(self) -> str:
        """The finding with its stop."""
        return sentence(self.finding)


def decision_charts(one: History) -> list[Chart]:
    """How one cycle came to its trades, in pairs and in dollars."""
    funnel, waterfall = pictures.funnel_picture(one), pictures.waterfall_picture(one)
    stages = waterfall.frame.assign(stage=stage_names(waterfall.frame))
    return [
        _chart(
            "funnel",
            funnel.finding,
            funnel.note,
            lambda theme: funnel_figure(funnel.frame, theme),
            funnel.frame,
        ),
        _chart(
            "waterfall",
            waterfall.finding,
            f"All pairs together. {waterfall.note}",
            lambda theme: waterfall_figure(waterfall.frame, theme),
            stages,
        ),
    ]


def context_charts(history: History, style: PairStyle) -> list[Chart]:
    """What the cycles of a history wanted, were refused and held back."""
    weights, gate = pictures.weights_picture(history), pictures.thresholds_picture(history)
    size_risk, flags = pictures.size_risk_picture(history), pictures.flags_picture(history)
    return [
        _chart(
            "weights",
            weights.finding,
            pictures.reading_of(weights),
            lambda theme: weights_figure(
                weights.raw, weights.shares, weights.rest, weights.caps, weights.merged, weights.whole, style, theme
            ),
            pd.concat([_named(weights.shares, style, weights.merged), weights.rest, weights.caps], axis=1),
        ),
        _chart(
            "thresholds",
            gate.finding,
            f"Marks below the dashed line held the portfolio as it was. {gate.note}",
            lambda theme: thresholds_figure(gate.frame, theme),
            gate.frame.drop(columns="sentence"),
        ),
        _chart(
            "size_risk",
            size_risk.finding,
            f"Below, on a scale of its own, what size risk left uninvested. {size_risk.note}",
            lambda theme: size_risk_figure(size_risk.frame, theme),
            size_risk.frame,
        ),
        _chart(
            "flags",
            flags.finding,
            f"A flag says why a signal was not followed in full; a signal may carry several. {flags.note}",
            lambda theme: flags_figure(flags.frame, theme),
            flags.frame,
        ),
    ]


def window_charts(history: History, style: PairStyle) -> list[Chart]:
    """What a window was worth, its context, and what another threshold or more capacity would have meant."""
    equity, sweep = pictures.equity_picture(history), pictures.sweep_picture(history)
    capacity, costs = pictures.capacity_picture(history), pictures.costs_picture(history)
    pairs = capacity.frame.drop(columns="pair_id")
    pairs.insert(0, "pair", [style.labels[int(pair_id)] for pair_id in capacity.frame["pair_id"]])
    return [
        _chart(
            "equity",
            equity.finding,
            equity.note,
            lambda theme: equity_figure(equity.frame, equity.breaks, theme),
            equity.frame,
        ),
        *context_charts(history, style),
        _chart(
            "threshold_sweep",
            sweep.finding,
            "Holdings are taken as recorded: trading more often would have left smaller changes, which this does not "
            "replay.",
            lambda theme: sweep_figure(sweep.frame, theme),
            sweep.frame,
        ),
        _chart(
            "capacity",
            capacity.finding,
            "Means of the cycles in which size risk was asked. What one pair refuses is offered to another, so "
            "refusals add up to more than what stayed uninvested. "
            f"{capacity.note}",
            lambda theme: capacity_figure(capacity.frame, style, theme),
            pairs,
        ),
        _chart(
            "constraint_costs",
            costs.finding,
            f"What refused dollars and changes not made would have returned until the next cycle. {costs.note}",
            lambda theme: costs_figure(costs.frame, pictures.CONSTRAINT_NAMES, theme),
            costs.frame,
        ),
    ]


def _chart(name: str, finding: str, reading: str, draw: Callable[[Theme], go.Figure], frame: pd.DataFrame) -> Chart:
    light = draw(LIGHT)
    return Chart(
        name,
        finding,
        reading.strip(),
        to_json_plotly(dressed(light, LIGHT)),
        to_json_plotly(dressed(draw(DARK), DARK)),
        int(light.layout.height),
        numbers_of(frame),
    )


def _named(frame: pd.DataFrame, style: PairStyle, merged: int) -> pd.DataFrame:
    return frame.rename(columns={OTHER: f"other ({merged} pairs)", **style.labels}).rename_axis(columns=None)
