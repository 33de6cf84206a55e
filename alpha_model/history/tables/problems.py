"""What in a source was skipped, patched or odd?"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa

from alpha_model.history.tables.coerce import ProblemKind
from alpha_model.history.tables.schema import table_of
from alpha_model.values import told

MOST_OF_A_KIND = 1_000
"""So many problems of the same kind and field are kept one by one; the rest are counted."""

_LONGEST = 200
"""Letters of a key, pair or field that are kept."""


OUT_OF_ORDER = "the cycles are not in time order; they are sorted here"
"""What is said of a source that tells a later cycle before an earlier one."""

PAIR_TWICE = "the pair appears twice; kept the later signal"
"""What is said of a cycle with two signals of one pair."""


class Problems:
    """Collects what a reader could not take as it was."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._counts: Counter[tuple[str, str | None]] = Counter()

    def __len__(self) -> int:
        return len(self._rows)

    def copy(self) -> Problems:
        """The same problems, to which others may be added."""
        copied = Problems()
        copied._rows, copied._counts = list(self._rows), Counter(self._counts)
        return copied

    def extend(self, others: Problems) -> None:
        """Report all of these too."""
        for row in others._rows:
            self.add(**row)

    def has_room(self, kind: ProblemKind, field: str | None = None) -> bool:
        """Will the next such problem be kept one by one?"""
        return self._counts[kind, field] < MOST_OF_A_KIND

    def add(
        self,
        kind: ProblemKind,
        message: str,
        *,
        cycle_key: str | None = None,
        pair: str | None = None,
        field: str | None = None,
        position: int | None = None,
    ) -> None:
        """Report one.

        Args:
            kind: Whether the thing was left out, replaced, or only strange.
            message: What is wrong and what was done about it.
            cycle_key: The cycle's key in the source.
            pair: The pair's key there.
            field: The field.
            position: Byte offset, or line number of a recorder file.
        """
        if self.has_room(kind, field):
            where = {"cycle_key": cycle_key, "pair": pair, "field": field}
            plain = {name: None if words is None else told(words, _LONGEST) for name, words in where.items()}
            self._rows.append({"kind": kind, **plain, "position": position, "message": told(message)})
        self._counts[kind, field] += 1

    def table(self) -> pa.Table:
        """All of them, in the order of reporting; a last row per kind and field says how many more there were."""
        rows = list(self._rows)
        for (kind, field), count in self._counts.items():
            if count > MOST_OF_A_KIND:
                message = f"and {count - MOST_OF_A_KIND:,} more of the same kind"
                rows.append({"kind": kind, "field": field, "message": message})
        names = ("kind", "cycle_key", "pair", "field", "position", "message")
        return table_of("problems", {name: [row.get(name) for row in rows] for name in names})
