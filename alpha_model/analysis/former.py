"""What was called otherwise until the last release, and still answers, with a warning?"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from alpha_model.analysis.facts import facts_of
from alpha_model.analysis.ledger import Ledger
from alpha_model.analysis.settings import Settings
from alpha_model.history import History

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
