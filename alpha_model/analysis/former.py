"""What was called otherwise until the last release, and still answers, with a warning?"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from alpha_model.analysis.facts import facts_of
from alpha_model.analysis.ledger import Ledger
from alpha_model.analysis.settings import Settings
from alpha_model.history import History

MOVED: Final = {
    name: room
    for room, names in {
        "facts": (
            "EXECUTION_MEANINGS OTHER OUTCOME_MEANINGS STANDING_WORDS WHOLE_MEANINGS Kept Provenance Whole "
            "curve_breaks cycle_buckets live_pairs merge_pairs most_moved moved_without_trade outcome_words "
            "pairs_by_weight reduce_cycles"
        ),
        "settings": ("Settings"),
        "ledger": ("CONSTRAINTS CONSTRAINT_LABELS STAGE_LABELS Ledger provenance_shares"),
        "explain": (
            "FLAG_MEANINGS FUNNEL_STEPS REASON_MEANINGS CycleSummary Headline decision_sentences "
            "describe_decision flag_meaning moved_around oldest_price sentences since_last"
        ),
        "cycles": (
            "INTEREST_MEANINGS Attention Concern Interest flag_co_occurrence flag_names flag_shifts overdue "
            "ranges_widely threshold_sweep"
        ),
        "pairs": (
            "held_shares is_locked moved movers moves moves_are_usd moves_usd pair_shares sides target_shares "
            "whole_exceptions whole_words"
        ),
        "audit": ("SEVERITY_MEANINGS AuditReport Severity audit_rules audit_summary finding_counts"),
        "metrics": (
            "EFFECTS GATE_MEANINGS METRICS PAIR_STREAKS RETURN_SOURCES Gate Metric concentration "
            "constraint_effect_totals constraint_effects describe_streak exposure forecast_quality next_returns "
            "outcome_streaks pair_streaks quantile_returns return_coverage rolling_metrics signal_stability "
            "transfer_coefficients turnover"
        ),
        "compare": ("STAGE_MEANINGS CompareStage CycleComparison HistoryComparison"),
    }.items()
    for name in names.split()
}
"""What `alpha_model.analysis` offered itself until the last release, and the room that offers it now."""

_FACT_OF = {"ledger_of": "ledger", "ledger_within": "ledger", "settings_of": "settings", "settings_within": "settings"}
"""What answered until the last release, and the fact that answers now."""

P = ParamSpec("P")
T = TypeVar("T")


def without_book(function: Callable[P, T]) -> Callable[P, T]:
    """A function that was given its history's ledger as `book`, and now finds it among the facts of the history."""

    @wraps(function)
    def answer(*args: Any, **kwargs: Any) -> T:
        if "book" in kwargs or any(isinstance(each, Ledger) for each in args):
            told = f"{function.__name__}() needs no `book`, and does without it: the history keeps its ledger"
            warnings.warn(told, DeprecationWarning, stacklevel=2)
            args, kwargs = tuple(each for each in args if not isinstance(each, Ledger)), {**kwargs}
            kwargs.pop("book", None)
        return function(*args, **kwargs)

    return answer


def ledger_of(history: History, settings: Settings | None = None) -> Ledger:  # noqa: ARG001 - as it was called
    """The ledger of a history: `facts_of(history).ledger`."""
    return facts_of(history).ledger


def ledger_within(part: History, whole: History) -> Ledger:  # noqa: ARG001 - as it was called
    """The ledger of a part of a history: `facts_of(part).ledger`."""
    return facts_of(part).ledger


def settings_of(history: History) -> Settings:
    """The settings of a history: `facts_of(history).settings`."""
    return facts_of(history).settings


def settings_within(part: History, whole: History) -> Settings:  # noqa: ARG001 - as it was called
    """The settings of a part of a history: `facts_of(part).settings`."""
    return facts_of(part).settings


def look_up(name: str) -> Any:
    """A name that `alpha_model.analysis` no longer offers, with a warning that says where it is.

    Raises:
        AttributeError: It never offered it.
    """
    house = __name__.rpartition(".")[0]
    if name in MOVED:
        room = f"{house}.{MOVED[name]}"
        warnings.warn(f"{house}.{name} is {room}.{name} now", DeprecationWarning, stacklevel=3)
        return getattr(importlib.import_module(room), name)
    if name in _FACT_OF:
        told = f"{house}.{name}() is facts_of(history).{_FACT_OF[name]} now"
        warnings.warn(told, DeprecationWarning, stacklevel=3)
        return globals()[name]
    raise AttributeError(f"module {house!r} has no attribute {name!r}")
