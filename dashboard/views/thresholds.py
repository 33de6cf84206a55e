"""Which cycles rebalanced, how near was the threshold, and is it too high?"""

import pandas as pd

from alpha_model.analysis import CycleOutcome, cycle_outcomes
from alpha_model.analysis.cycles import threshold_sweep
from alpha_model.analysis.metrics import constraint_effect_totals
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.sweep import sweep_figure
from dashboard.charts.thresholds import thresholds_figure
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import day, plural, share, usd
from dashboard.views.frames import PERCENT, TIME, USD
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import panel

QUESTION = "Is the threshold too high?"


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: the largest change against the threshold, and every other threshold."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    words, numbers = opened.ask(answer)
    head(QUESTION, words, [*numbers, *opened.ask(cost_of_holding)])
    gate(opened, selection)
    panel(
        "threshold_sweep",
        opened,
        selection,
        draw_sweep,
        lambda: opened.ask(threshold_sweep),
        {"threshold_usd": USD, "actual_usd": None, "rebalance_share": PERCENT},
    )


def gate(opened: OpenHistory, selection: Selection) -> None:
    """Which cycles reached the threshold."""
    panel(
        "thresholds",
        opened,
        selection,
        draw_gate,
        lambda: opened.ask(cycle_outcomes),
        {"timestamp": TIME, "max_adjust_usd": USD, "threshold_usd": USD},
    )


def answer(history: History) -> tuple[str, list[Number]]:
    """The page's answer and its numbers."""
    outcomes = cycle_outcomes(history)
    known = outcomes.dropna(subset=["position_adjust_threshold_usd", "max_position_adjust_usd"])
    if known.empty:
        return "This history records neither the largest change nor the threshold.", []
    held = known[known["outcome"] == CycleOutcome.held_below_threshold]
    threshold = float(known["position_adjust_threshold_usd"].iloc[-1])
    numbers = [
        Number("Last threshold", usd(threshold), "What the largest change has to reach, in the last cycle."),
        Number(
            "Last largest change",
            usd(float(known["max_position_adjust_usd"].iloc[-1])),
            "Largest |USD change| of any position in the last cycle.",
            pictures.sparkline(known["max_position_adjust_usd"]),
        ),
        Number("Held", f"{len(held):,} of {len(known):,}", "Cycles whose largest change stayed below the threshold."),
    ]
    if held.empty:
        return f"It held nothing back in {plural(len(known), 'cycle')}.", numbers
    nearest = held.iloc[int(held["shortfall_usd"].argmin())]
    numbers.append(
        Number(
            "Nearest miss",
            usd(float(nearest["shortfall_usd"])),
            f"Below the threshold on {day(nearest['timestamp'])}.",
        )
    )
    near = int((held["max_position_adjust_usd"] >= 0.9 * held["position_adjust_threshold_usd"]).sum())
    return (
        (
            f"It held back {share(len(held) / len(known))} of the cycles; {near:,} of these {len(held):,} came within "
            "a tenth of it."
        ),
        numbers,
    )


def cost_of_holding(history: History) -> tuple[Number, ...]:
    """What the changes that it held back would have earned; nothing where no cycle was held, or that is not known."""
    totals = constraint_effect_totals(history)
    (row,) = totals[totals["constraint"] == "rebalance_threshold"].to_dict("records")
    if not row["judged_usd_cycles"] > 0 or pd.isna(row["effect_usd"]):
        return ()
    held = f"{plural(row['cycles'], 'cycle')}, {usd(row['mean_moved_usd'])} in a mean one,"
    meaning = f"What the held changes of {held} would have returned until the next cycle; without trading costs."
    return (
        Number("Holding cost" if row["effect_usd"] < 0 else "Holding earned", usd(abs(row["effect_usd"])), meaning),
    )


def draw_gate(history: History, look: Look) -> Drawing:
    """The largest change of each cycle against the threshold."""
    picture = pictures.thresholds_picture(history, look.zoom)
    return picture.drawn(
        thresholds_figure(picture.frame, look.theme),
        look,
        "Marks below the dashed line held the portfolio as it was.",
        picture.frame.drop(columns="sentence").set_index("timestamp"),
    )


def draw_sweep(history: History, look: Look) -> Drawing:
    """How many cycles would have reached any other threshold."""
    picture = pictures.sweep_picture(history)
    return picture.drawn(
        sweep_figure(picture.frame, look.theme),
        look,
        "Holdings are taken as recorded: trading more often would have left smaller changes, which this does not "
        "replay.",
        timed=False,
    )
