"""Which questions that come later can this record answer, and why not the others?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alpha_model.analysis.facts import LOST, SETTLED, is_in, numbers
from alpha_model.history import History
from alpha_model.history.tables import places_of

Answer: TypeAlias = Literal["yes", "partly", "no"]

_NEARLY_ALL = 0.99
"""The share of what is needed with which a question counts as answered."""


class Later(NamedTuple):
    """A question, whether the record answers it, and why, in words for people."""

    question: str
    answer: Answer
    why: str


def later_questions(history: History) -> list[Later]:
    """What can be asked of a record later: what came of its decisions, and what other settings would have done."""
    return [Later(question, *answer(history)) for question, answer in _QUESTIONS.items()]


def _executions(history: History) -> tuple[Answer, str]:
    trades = history.tables.trades
    told = int(is_in(trades["status"], (*SETTLED, *LOST)).sum())
    if not trades.num_rows:
        return "no", "it has no trades; append(trades=) tells of them"
    if told:
        return _of(told, trades.num_rows, "trades say what became of them")
    if history.tables.positions.num_rows or _known(history, "old_value"):
        return "partly", "its trades are plans, and only the holdings of the next cycle tell; append(state=) says more"
    return "no", "its trades are plans; append(state=) or executed() tells what became of them"


def _worth(history: History) -> tuple[Answer, str]:
    return _of(_cycles_with_equity(history), len(history), "cycles know the equity", "append(equity=)")


def _next_returns(history: History) -> tuple[Answer, str]:
    signals = history.tables.signals
    priced = _priced(history)
    return _of(priced, signals.num_rows, "signals have a price on record", "append(prices=) of every pair")


def _selection(history: History) -> tuple[Answer, str]:
    counts = history.tables.cycles
    raw, chosen = (int(numbers(counts, name).sum()) for name in ("raw_count", "selected_count"))
    if not raw:
        return "no", "it has no raw signals"
    if raw <= chosen:
        return "partly", "no pair is on record that was not selected, so only fewer could have been"
    return "yes", f"{raw - chosen:,} signals that were not selected are on record"


def _size_risk(history: History) -> tuple[Answer, str]:
    signals = history.tables.signals
    if not any(_known(history, name) for name in ("asked", "size_cap_usd", "tvl")):
        return "no", "no size risk was asked, and no caps or TVLs are on record; append(tvl=) keeps them"
    known = np.asarray(pc.or_(pc.is_valid(signals["size_cap_usd"]), pc.is_valid(signals["tvl"])))
    return _of(int(known.sum()), signals.num_rows, "signals have a size cap or a TVL", "append(tvl=) of every pair")


def _thresholds(history: History) -> tuple[Answer, str]:
    known = _known(history, "position_adjust_usd")
    return _of(known, history.tables.signals.num_rows, "signals say by how much they were to change")


def _again(history: History) -> tuple[Answer, str]:
    runs = history.tables.runs
    if not runs.num_rows:
        return "no", "it does not say which code and data it ran on; HistoryRecorder(run=Run.of(__file__)) does"
    coded = int(pc.count(pc.coalesce(runs["git_commit"], runs["code_hash"])).as_py())
    return _of(coded, runs.num_rows, "runs name their code", "HistoryRecorder(run=Run.of(__file__))")


_QUESTIONS: dict[str, Callable[[History], tuple[Answer, str]]] = {
    "what was executed": _executions,
    "what it was worth": _worth,
    "what each pair did next": _next_returns,
    "what if another number or threshold of signals were selected": _selection,
    "what if size caps were others": _size_risk,
    "what if trade thresholds were others": _thresholds,
    "which code and data to run again": _again,
}


def _of(known: int, whole: int, what: str, remedy: str | None = None) -> tuple[Answer, str]:
    """The answer where so many of all know what is needed."""
    answer: Answer = "no" if not known else "yes" if known >= _NEARLY_ALL * whole else "partly"
    told = f"{known:,} of {whole:,} {what}"
    return answer, told if answer == "yes" or remedy is None else f"{told}; {remedy} keeps it"


def _known(history: History, column: str) -> int:
    values = history.tables.signals[column]
    return len(values) - int(values.null_count)


def _priced(history: History) -> int:
    """How many signals have a price on record, of their own or in the market."""
    signals, market = history.tables.signals, history.tables.market
    market = market.filter(pc.is_valid(market["price"]))
    keys = [_keys(history, table) for table in (market, signals)]
    known = (places_of(np.unique(keys[0]), keys[1]) >= 0) | np.asarray(pc.is_valid(signals["price"]))
    return int(known.sum())


def _keys(history: History, table: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    column = places_of(history.pair_ids, table["pair_id"].to_numpy())
    return np.asarray(table["cycle"].to_numpy() * len(history.pair_ids) + column)


def _cycles_with_equity(history: History) -> int:
    """How many cycles have a point of the equity curve between the cycle before and themselves."""
    times = history.timestamps.asi8
    points = np.searchsorted(times, np.sort(history.tables.equity["timestamp"].cast(pa.int64()).to_numpy()))
    return int(np.unique(points[points < len(times)]).size)
