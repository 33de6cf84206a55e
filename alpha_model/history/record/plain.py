"""How does any value of a strategy become plain JSON, and what of it has no form there?

What has none is None afterwards, or left out of its dictionary, and is reported with the path to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import msgspec
import numpy as np

from alpha_model.history.tables import MOST_LEVELS, NON_FINITE_TOKENS, Report, coerce

_MOST_BITS = 4_096
"""A whole number longer than this is no number of a strategy; Python refuses to write those of 4,300 digits."""

_AS_THEY_ARE = frozenset({bool, float, type(None)})


def plain(value: Any, report: Report, path: Sequence[str] = ()) -> Any:
    """A value in JSON's types: keys as text, enums by value, decimals and times as text, NaN as it is.

    Args:
        value: Anything.
        report: Called for each thing in it that has no form in JSON.
        path: Where the value stands, for the reports.
    """
    return _Walk(report).plain(value, tuple(path))


class _Walk:
    """Goes through a value once.

    Args:
        report: Called for what has no form.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._around: set[int] = set()

    def plain(self, value: Any, path: tuple[str, ...]) -> Any:
        if _is_plain(value):
            return value
        if type(value) is str:
            return self._text(value, path)
        if type(value) is int:
            return self._absent("the number is too long", path)
        if id(value) in self._around or len(self._around) == MOST_LEVELS:
            return self._absent(f"it holds itself, or is nested more than {MOST_LEVELS} levels deep", path)
        self._around.add(id(value))
        try:
            return self._inside(value, path)
        finally:
            self._around.remove(id(value))

    def _inside(self, value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return self._members(value.items(), path)
        if isinstance(value, (list, tuple)):
            return [
                item if _is_plain(item) else self.plain(item, (*path, str(place))) for place, item in enumerate(value)
            ]
        try:
            nearer = _nearer(value)
        except Exception as error:  # noqa: BLE001 - a stranger's to_dict() may raise anything
            return self._absent(f"{type(value).__name__} has no form in JSON: {coerce.shown(error)}", path)
        return self.plain(nearer, path)

    def _members(self, members: Iterable[tuple[Any, Any]], path: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in members:
            name = key if type(key) is str and key.isascii() else self._name(key, path)
            if name is None:
                continue
            if name in found:
                self._report("odd", "two keys are the same as text; kept the later", (*path, name))
            found[name] = item if _is_plain(item) else self.plain(item, (*path, name))
        return found

    def _name(self, key: Any, path: tuple[str, ...]) -> str | None:
        """A key as text; None where it has no such form."""
        own = self.plain(key, (*path, coerce.shown(key)))
        if isinstance(own, str):
            return own
        if own is None or isinstance(own, (bool, int, float)):
            return msgspec.json.encode(own).decode() if own is not None or key is None else None
        self._report("odd", f"expected text or a number as a key, got {coerce.shown(key)}; left out", path)
        return None

    def _text(self, text: str, path: tuple[str, ...]) -> str:
        """The text, without what UTF-8 cannot hold, and what readers take for a token that was written over."""
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        whole = whole.replace("\x7f", "\ufffd") if whole in NON_FINITE_TOKENS else whole
        if whole != text:
            self._report("patched", f"expected Unicode text, got {text!a:.60}; bad letters are \ufffd", path)
        return whole

    def _absent(self, why: str, path: tuple[str, ...]) -> None:
        self._report("odd", f"{why}; left out", path)


def _is_plain(value: Any) -> bool:
    """Is this one of the values that most are: a scalar that JSON has as it is?"""
    kind = type(value)
    if kind is str:
        return value.isascii() and "\x7f" not in value
    return kind in _AS_THEY_ARE or (kind is int and value.bit_length() <= _MOST_BITS)


def _nearer(value: Any) -> Any:
    """A value one step nearer to JSON."""
    for kinds, step in _STEPS:
        if isinstance(value, kinds):
            return step(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    for name in ("to_dict", "tolist"):
        if hasattr(value, name):
            return getattr(value, name)()
    return msgspec.to_builtins(value)


_STEPS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (Enum, lambda value: value.value),
    (str, str.__str__),
    (int, int),
    ((float, np.floating), float),
    ((np.datetime64, np.timedelta64), lambda value: value.astype(f"{value.dtype.kind}8[us]").item()),
    (np.generic, lambda value: value.item()),
    (datetime, lambda value: msgspec.to_builtins(datetime.combine(value.date(), value.timetz()))),
    (timedelta, lambda value: msgspec.to_builtins(timedelta(value.days, value.seconds, value.microseconds))),
    (AbstractSet, lambda value: sorted(value, key=repr)),
    (Mapping, dict),
    (os.PathLike, os.fspath),
)
"""What is looked for first, as a subclass of Python's own types or a type of NumPy's, and the step that it takes."""
