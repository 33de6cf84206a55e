"""What of a cycle could not be recorded, and is that noted beside it or refused?"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from alpha_model.history.record.line_types import LineProblem
from alpha_model.history.tables import PARTS, ProblemKind
from alpha_model.values import RecordError, told

MOST_PROBLEMS = 100
"""So many problems of a cycle are recorded one by one; the rest are counted."""

BY_PAIR = {"prices": "price", "tvl": "tvl", "quantities": "old_quantity"}
"""What may be told beside a model pair by pair, and the column of `signals` that it fills."""


class Notes:
    """Takes down what of a cycle cannot be recorded; it is a `Report`.

    Args:
        strict: Whether that is an error instead.
        known: Problems of pairs that need not be said again.
    """

    def __init__(self, *, strict: bool, known: AbstractSet[LineProblem] = frozenset()) -> None:
        self._strict = strict
        self._known = known
        self._problems: dict[LineProblem, None] = {}

    def __call__(self, kind: ProblemKind, message: str, path: Sequence[str]) -> None:
        """Note a problem, or refuse the cycle for it."""
        problem = _problem(kind, message, path)
        if self._strict:
            raise _refusal(problem, path)
        if not (_is_said_once(problem) and problem in self._known):
            self._problems[problem] = None

    def problems(self) -> list[LineProblem]:
        """Each of them once, in the order of reporting; the last may say how many more there were."""
        found = list(self._problems)
        more = len(found) - MOST_PROBLEMS
        last = [LineProblem("odd", f"and {more:,} more problems of the cycle")] if more > 0 else []
        return found[:MOST_PROBLEMS] + last

    def said_once(self) -> set[LineProblem]:
        """Those that need not be said again, recorded or only counted."""
        return set(filter(_is_said_once, self._problems))


def _problem(kind: ProblemKind, message: str, path: Sequence[str]) -> LineProblem:
    """A problem at a path; the second part of one that leads to a pair is the pair's key."""
    if len(path) > 1 and path[0] in (*PARTS, *BY_PAIR):
        return LineProblem(kind, told(message), told(path[1]), told(".".join(path[2:]) or path[0]))
    return LineProblem(kind, told(message), None, told(".".join(path)) or None)


def _is_said_once(problem: LineProblem) -> bool:
    """Is this one that every cycle would repeat: a value of a pair that has no signal?"""
    return problem.kind == "skipped" and problem.field in BY_PAIR


def _refusal(problem: LineProblem, path: Sequence[str]) -> RecordError:
    field_name = problem.field or "model"
    where = field_name if problem.pair is None else f"pair {problem.pair}, {field_name}"
    part = f" (in {path[0]})" if path and path[0] in PARTS else ""
    return RecordError(
        f"cannot record the cycle: {problem.message.rsplit('; ', 1)[0]} at {where}{part}. "
        "Nothing was written; correct the value, or set it to None where it is not known.",
        pair=problem.pair,
        field=path[-1] if path else None,
        path=tuple(path),
    )
