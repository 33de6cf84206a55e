"""What do the columns of a line of a record say, as columns of our tables?

The one place where what a line holds becomes a value that a table can hold; what cannot is null, and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from alpha_model.history.record.lines import JSON_COLUMNS
from alpha_model.history.tables import REASON, TIME, OddValueError, ProblemKind, coerce, pack_flags, read_reasons

_REASONS = pa.list_(REASON)
_NO_FLAGS = frozenset({list, type(None)})
_WRITTEN: dict[pa.DataType, frozenset[type]] = {
    pa.float64(): frozenset({float, int, type(None)}),
    pa.int64(): frozenset({int}),
    pa.bool_(): frozenset({bool}),
    pa.string(): frozenset({str, type(None)}),
}
"""How our own recorder writes the values of a column."""
_EXACT = {pa.float64(): range(-(2**53), 2**53 + 1), pa.int64(): range(-(2**63), 2**63)}
"""The whole numbers that a column takes as they are."""
_CONVERT: dict[pa.DataType, Callable[[object], Any]] = {
    pa.float64(): coerce.number,
    pa.int64(): coerce.whole,
    pa.bool_(): coerce.truth,
    pa.string(): coerce.text,
    TIME: coerce.moment,
}


class Report(Protocol):
    """Takes an oddity of a line."""

    def __call__(self, kind: ProblemKind, message: str, field: str | None = None) -> None:
        """Report what is wrong with a field."""


class ColumnReader:
    """Reads the columns of lines.

    Args:
        report: Told of each oddity.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told: set[str] = set()

    def once(self, what: str, message: str) -> None:
        """Report something that is left out, the first time only."""
        if what not in self._told:
            self._told.add(what)
            self._report("skipped", message, field=what)

    def columns(
        self, part: str, given: Mapping[str, Any], fields: Mapping[str, pa.Field]
    ) -> tuple[dict[str, Sequence[Any]], int]:
        """The columns of a part by our names, all of the same length, and that length."""
        odd = [name for name, values in given.items() if not isinstance(values, list)]
        for name in odd:
            self._report("odd", f"expected a list, got {coerce.shown(given[name])}; left out", field=f"{part}.{name}")
        given = {name: values for name, values in given.items() if name not in odd}
        count = len(given.get("pair_id", given.get("timestamp", ())))
        columns: dict[str, Sequence[Any]] = {}
        for name in (*fields, *(("flags",) if part == "signals" else ())):
            values = given.get(name, [None] * count)
            if len(values) != count:
                self._report("odd", f"{part}.{name} has {len(values)} values, not {count}; left out", field=name)
                values = [None] * count
            columns[name] = self._converted(values, fields.get(name))
        for name in given:
            if name not in columns:
                self.once(f"{part}.{name}", f"column {name} of {part} is not known to this version; left out")
        return columns, count

    def rows(
        self, part: str, given: Mapping[str, Any], fields: Mapping[str, pa.Field], keys: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The rows of a part that have a value for each of the keys."""
        columns, count = self.columns(part, given, fields)
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        whole = [row for row in rows if all(row[name] is not None for name in keys)]
        if len(whole) < count:
            self._report("skipped", f"{count - len(whole)} {part} lack one of {', '.join(keys)}; skipped")
        return whole

    def of_pairs(self, columns: dict[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        """The signals that are of a pair, one of each: the later where there are two."""
        ids = columns["pair_id"]
        if None not in ids and len(set(ids)) == len(ids):
            return columns
        places = {pair_id: place for place, pair_id in enumerate(ids) if pair_id is not None}
        if none := ids.count(None):
            self._report("skipped", f"{none} signals are of no pair; skipped", field="pair_id")
        if twice := len(ids) - none - len(places):
            self._report("odd", f"{twice} pairs appear twice; kept the later signal", field="pair_id")
        return {name: [values[place] for place in sorted(places.values())] for name, values in columns.items()}

    def value(self, convert: Callable[[object], Any], value: object, name: str) -> Any:
        """One value; None where it is odd, which is reported."""
        try:
            return convert(value)
        except OddValueError as error:
            self._report(error.kind, f"{error}; left out", field=name)
            return None

    def packed_flags(self, flags: Any) -> tuple[int, list[str] | None]:
        """The bits and the other names of a signal's flags; most signals have none, or the same as many others."""
        if not flags and type(flags) in _NO_FLAGS:
            return 0, None
        return pack_flags(self.value(coerce.names, flags, "flags") or [])

    def _converted(self, values: list[Any], field: pa.Field | None) -> list[Any]:
        """The values as the field has them; most are already."""
        if field is None:
            return values
        if field.name in JSON_COLUMNS:
            absent = "{}" if field.name == "other_data" else None
            texts = (None if value is None else self.value(coerce.json_text, value, field.name) for value in values)
            return [absent if text is None else text for text in texts]
        if _is_as_written(values, field):
            return values
        convert = self._reasons if field.type == _REASONS else _CONVERT[field.type]
        converted = [None if value is None else self.value(convert, value, field.name) for value in values]
        return converted if field.type != pa.bool_() or field.nullable else [value is True for value in converted]

    def _reasons(self, value: object) -> list[dict[str, Any]] | None:
        def part(convert: Callable[[object], Any], reason: Mapping[str, Any], name: str) -> Any:
            return self.value(convert, reason.get(name), "reasons")

        return read_reasons(value, part)


def _is_as_written(values: list[Any], field: pa.Field) -> bool:
    """Are all values as our own recorder writes them, so that there is nothing to convert?"""
    types = set(map(type, values))
    if not values or not types <= _WRITTEN.get(field.type, frozenset()):
        return False
    if int in types:
        numbers, exact = [value for value in values if value is not None], _EXACT[field.type]
        return bool(exact[0] <= min(numbers) and max(numbers) <= exact[-1])
    return field.type != pa.string() or coerce.NON_FINITE_TOKENS.keys().isdisjoint(values)
