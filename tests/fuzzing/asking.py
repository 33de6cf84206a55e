"""What can be asked of a history? Every function of `alpha_model.analysis`, every table, every command."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pandas as pd

from alpha_model import analysis
from alpha_model.analysis import cycles, explain, facts, metrics, pairs
from alpha_model.analysis.audit import audit_rules
from alpha_model.history import History, csv_bytes
from alpha_model.history.tables.schema import SCHEMAS

Question = Callable[[], Any]

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("info", "SOURCE"),
    ("info", "SOURCE", "--json"),
    ("cycles", "SOURCE"),
    ("cycles", "SOURCE", "--words", "a", "--at-least", "1", "--json"),
    ("cycle", "SOURCE", "last"),
    ("cycle", "SOURCE", "first", "--json"),
    ("explain", "SOURCE"),
    ("explain", "SOURCE", "--cycle", "first", "--json"),
    ("metrics", "SOURCE"),
    ("metrics", "SOURCE", "--rolling", "3", "--json"),
    ("audit", "SOURCE"),
    ("audit", "SOURCE", "--json"),
    ("compare", "SOURCE", "SOURCE"),
    ("compare", "SOURCE", "--cycle", "0", "--with", "1", "--json"),
    ("convert", "SOURCE", "FOLDER/converted.jsonl", "--force"),
    ("export", "SOURCE", "FOLDER/tables"),
    ("export", "SOURCE", "FOLDER/csv", "--format", "csv"),
    ("report", "SOURCE", "--cycle", "last", "-o", "FOLDER/cycle.html"),
    ("report", "SOURCE", "--from", "1900-01-01", "-o", "FOLDER/window.html"),
    ("compact", "SOURCE", "--into", "FOLDER/dataset"),
    ("sql", "select strategy, count(*) from signals group by strategy", "FOLDER/dataset", "--json"),
    ("follow", "SOURCE", "--into", "FOLDER/followed.jsonl", "--once"),
    ("record", "FOLDER/recorded.jsonl", "SOURCE"),
)
"""What is typed after `alpha-model`; SOURCE is the history, FOLDER an empty folder."""

_POSITIONAL = inspect.Parameter.POSITIONAL_ONLY

NOT_OF_A_HISTORY = frozenset({"completion", "open", "tables"})
"""Commands that say nothing of a history, or serve until they are stopped: the pages are asked instead."""

OF_ONE_CYCLE = (
    "cycle_funnel",
    "dollar_waterfall",
    "explain_cycle",
    "explain_flags",
    "moved_around",
    "sentences",
    "since_last",
    "summarise_cycle",
)
"""Asked of a cycle at a time, as the pages do."""

IN_THEIR_OWN_WAY: dict[str, Callable[[History], Any]] = {
    "audit_rules": lambda _: audit_rules(),
    "compare_cycles": lambda history: len(history) and analysis.compare_cycles(_cycle(history, 0), _cycle(history, -1)),
    "compare_histories": lambda history: analysis.compare_histories(history, history.between()),
    "cycle_buckets": lambda history: facts.cycle_buckets(len(history), 2),
    "describe_decision": lambda history: [
        explain.describe_decision(row) for _, row in analysis.cycle_outcomes(history).iterrows()
    ],
    "describe_streak": lambda history: [
        metrics.describe_streak(row) for row in metrics.outcome_streaks(history).itertuples()
    ],
    "find_cycles": lambda history: analysis.find_cycles(history, analysis.CycleQuery(words="a")),
    "flag_meaning": lambda history: [
        explain.flag_meaning(flag) for flags in cycles.flag_names(history) for flag in flags
    ],
    "live_pairs": lambda history: facts.live_pairs(facts.pairs_by_weight(history), analysis.weight_diffs(history)),
    "merge_pairs": lambda history: facts.merge_pairs(
        analysis.normalised_weights(history), facts.pairs_by_weight(history), 1
    ),
    "metric_summary": lambda history: analysis.metric_summary(analysis.cycle_metrics(history)),
    "most_moved": lambda history: facts.most_moved(analysis.weight_diffs(history), 1),
    "pair_history": lambda history: [analysis.pair_history(history, each) for each in history.pair_ids.tolist()],
    "outcome_words": lambda history: [
        facts.outcome_words(row.outcome, row.execution) for row in analysis.cycle_outcomes(history).itertuples()
    ],
    "oldest_price": lambda history: [explain.oldest_price(history.at(when)) for when in history.timestamps],
    "since_last": lambda history: [explain.since_last(history.at(when)) for when in history.timestamps],
    "overdue": lambda history: len(history) and cycles.overdue(history, datetime(2100, 1, 1, tzinfo=UTC)),
    "pair_shares": lambda history: [pairs.pair_shares(history, int(pair)) for pair in history.pair_ids[:1]],
    "ranges_widely": lambda history: cycles.ranges_widely(analysis.threshold_frame(history)),
    "reduce_cycles": lambda history: facts.reduce_cycles(analysis.raw_shares(history), 2, "last"),
    "rolling_metrics": lambda history: metrics.rolling_metrics(analysis.cycle_metrics(history), 2),
}
"""Functions that take more than a history."""


def functions() -> dict[str, Callable[..., Any]]:
    """What `alpha_model.analysis` and its rooms offer that takes a history, by name."""
    rooms = [import_module(f"{analysis.__name__}.{each.name}") for each in iter_modules(analysis.__path__)]
    offered = {name: getattr(room, name) for room in [analysis, *rooms] for name in getattr(room, "__all__", ())}
    return {name: value for name, value in offered.items() if inspect.isfunction(value) and _takes_a_history(value)}


def _takes_a_history(function: Callable[..., Any]) -> bool:
    first, *others = inspect.signature(function).parameters.values() or [inspect.Parameter("nothing", _POSITIONAL)]
    alone = all(each.default is not each.empty for each in others)
    return function.__name__ in IN_THEIR_OWN_WAY or ("History" in str(first.annotation) and alone)


def questions(history: History) -> Iterator[tuple[str, Question]]:
    """Every public function and every table, asked of the whole and, where that is what it is for, of single cycles."""
    ends = sorted({0, len(history) - 1}) if len(history) else []
    for name, function in functions().items():
        ask = IN_THEIR_OWN_WAY.get(name, function)
        if name not in OF_ONE_CYCLE:
            yield name, partial(ask, history)
        for place in ends if name in OF_ONE_CYCLE else ends[-1:]:
            yield name, partial(_of_cycle, ask, history, place)
    for name in SCHEMAS:
        yield name, partial(_table, history, name)


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    """Whether each column of a frame holds numbers, words, times or truths."""
    return {str(name): str(getattr(dtype, "kind", dtype)) for name, dtype in frame.dtypes.items()}


def _cycle(history: History, place: int) -> History:
    """The history of one cycle; of none where there is none."""
    return history.at(history.timestamps[place]) if len(history) else history


def _of_cycle(ask: Callable[[History], Any], history: History, place: int) -> Any:
    return ask(_cycle(history, place))


def _table(history: History, name: str) -> bytes:
    return csv_bytes(getattr(history, name))
