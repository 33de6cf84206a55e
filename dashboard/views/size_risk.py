"""How much money could not be invested, and which pairs turned it away?"""

from alpha_model.analysis import capacity_by_pair, size_risk_frame
from alpha_model.history import History
from dashboard import pictures
from dashboard.charts.costs import costs_figure
from dashboard.charts.ranking import capacity_figure
from dashboard.charts.size_risk import size_risk_figure
from dashboard.charts.theme import PairStyle
from dashboard.drawing import Drawing, Look
from dashboard.opened import OpenHistory
from dashboard.selection import Selection
from dashboard.text import plural, share, usd
from dashboard.views.frames import PERCENT, TIME, USD, with_pair
from dashboard.views.page import Number, head, no_cycles
from dashboard.views.panel import panel

QUESTION = "How much money found no place?"
NAMED = 3
"""So many pairs are named at the top."""
COSTS = ("mean_moved_usd", "moved_usd_cycles", "expected_usd_cycles", "judged_usd_cycles", "effect_usd")
AMOUNTS = ("investable_usd", "accepted_usd", "discarded_usd", "asked_usd", "allowed_usd", "refused_usd")


def render(whole: OpenHistory, selection: Selection) -> None:
    """The page: equity against what was accepted, and the pairs that eat capacity."""
    opened = whole.between(selection.start, selection.end)
    if not len(opened.history):
        head(QUESTION, "There is no cycle in this window.")
        no_cycles()
        return
    head(QUESTION, *opened.ask(answer), opened.ask(refusers, opened.style))
    equity(opened, selection)
    panel(
        "capacity",
        opened,
        selection,
        draw_capacity,
        lambda: with_pair(opened.ask(capacity_by_pair), opened.style),
        {**dict.fromkeys(AMOUNTS, USD), "refused_share": PERCENT},
    )
    panel(
        "constraint_costs",
        opened,
        selection,
        draw_costs,
        lambda: pictures.costs_picture(opened.history).frame,
        {
            **dict.fromkeys(COSTS, USD),
            "effect_share": PERCENT,
        },
    )


def equity(opened: OpenHistory, selection: Selection) -> None:
    """What size risk turned away."""
    panel(
        "size_risk",
        opened,
        selection,
        draw_equity,
        lambda: opened.ask(size_risk_frame),
        {"timestamp": TIME, "discarded_share": PERCENT, **dict.fromkeys(AMOUNTS, USD)},
    )


def answer(history: History) -> tuple[str, list[Number]]:
    """The page's answer and its numbers."""
    frame = size_risk_frame(history).dropna(subset=["discarded_usd"])
    if frame.empty:
        return "This history records no size risk: nothing says whether money was turned away.", []
    last = frame.iloc[-1]
    hit = frame[frame["discarded_usd"] > 0]
    trend = pictures.sparkline(frame["discarded_usd"])
    numbers = [
        Number("Discarded last", usd(last["discarded_usd"]), "In the last cycle that records it.", trend),
        Number(
            "Share of investable",
            share(last["discarded_share"]),
            "Discarded / investable equity in that cycle.",
            pictures.sparkline(frame["discarded_share"]),
        ),
        Number("Cycles hit", f"{len(hit):,} of {len(frame):,}", "Cycles in which money was discarded."),
    ]
    if hit.empty:
        return f"Nothing: in {plural(len(frame), 'cycle')} every dollar that was asked for was accepted.", numbers
    capacity = capacity_by_pair(history)
    refusing = int((capacity["refused_usd"] > 0).sum())
    return (
        (
            f"{usd(last['discarded_usd'])} of {usd(last['investable_usd'])} in the last cycle "
            f"({share(last['discarded_share'])}); {plural(refusing, 'pair')} refused money at least once."
        ),
        numbers,
    )


def refusers(history: History, style: PairStyle) -> str:
    """The pairs that cost most capacity, by name; empty where none does."""
    frame = capacity_by_pair(history)
    most = frame[frame["refused_usd"] > 0].head(NAMED)
    rows = zip(*(most[name].tolist() for name in ("pair_id", "refused_usd", "refused_share")), strict=True)
    names = [f"{style.labels[pair_id]} ({usd(amount)}, {share(part)} of all)" for pair_id, amount, part in rows]
    return f"Most was refused in a mean cycle by {', '.join(names)}." if names else ""


def draw_equity(history: History, look: Look) -> Drawing:
    """Investable, accepted and discarded."""
    picture = pictures.size_risk_picture(history, look.zoom)
    return picture.drawn(
        size_risk_figure(picture.frame, look.theme),
        look,
        "Below, on a scale of its own, what size risk left uninvested; any further gap between the lines is cash that "
        "the weights left.",
    )


def draw_costs(history: History, look: Look) -> Drawing:
    """What each limit and gate cost or earned."""
    picture = pictures.costs_picture(history)
    return picture.drawn(
        costs_figure(picture.frame, pictures.CONSTRAINT_NAMES, look.theme),
        look,
        "What the refused dollars and the changes that were not made would have returned until the next cycle; a loss "
        "that was avoided is earned.",
        timed=False,
    )


def draw_capacity(history: History, look: Look) -> Drawing:
    """The pairs that refused most."""
    picture = pictures.capacity_picture(history, look.pair_ids)
    return picture.drawn(
        capacity_figure(picture.frame, look.style, look.theme),
        look,
        "Means of the cycles in which size risk was asked: money refused in one is asked for again in the next. What "
        "one pair refuses is offered to another, so refusals add up to more than "
        "what stayed uninvested.",
        with_pair(picture.frame, look.style),
        timed=False,
    )
