"""Sound histories to plant a fault in, as records and as states of the reference framework, read as files are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
from histories import REPOSITORY

from alpha_model.history import History, read_history_bytes
from alpha_model.history.record.lines import seal

Row = dict[str, Any]
Which = Callable[[Row], bool]
"""Is this the row to change?"""


@cache
def _sample(name: str) -> bytes:
    return gzip.decompress(next((REPOSITORY / "sample_states").glob(f"{name}*.gz")).read_bytes())


def changed(row: Row, changes: dict[str, Any]) -> None:
    """Change values; a function is given the old one. Exact quantities are texts and stay so."""
    for name, change in changes.items():
        old = row.get(name)
        if not callable(change):
            row[name] = change
        else:
            row[name] = str(change(float(old))) if isinstance(old, str) else change(old)


class Record:
    """The first cycles of a sample record.

    Args:
        name: How the sample's name begins.
        count: How many cycles.
    """

    def __init__(self, name: str, count: int = 40) -> None:
        lines = _sample(name).splitlines()
        cycles = [line for line in lines if line.startswith(b'{"type":"cycle"')][:count]
        self.head = [line for line in lines if not line.startswith(b'{"type":"cycle"')]
        self.cycles: list[Row] = [json.loads(line) for line in cycles]

    def signals(self, place: int) -> list[Row]:
        """The pairs of a cycle."""
        return _rows(self.cycles[place]["signals"])

    def edit(self, part: str, place: int, which: Which, **changes: Any) -> None:
        """Change the first such row of `signals` or `trades` of a cycle."""
        rows = _rows(self.cycles[place][part])
        changed(next(row for row in rows if which(row)), changes)
        self.put(part, place, rows)

    def put(self, part: str, place: int, rows: list[Row]) -> None:
        """Replace `signals` or `trades` of a cycle."""
        names = list(dict.fromkeys([*self.cycles[place][part], *(name for row in rows for name in row)]))
        self.cycles[place][part] = {name: [row.get(name) for row in rows] for name in names}

    def edit_cycle(self, place: int, part: str = "fields", **changes: Any) -> None:
        """Change numbers of a cycle: its `fields` or its `equity`."""
        changed(self.cycles[place][part], changes)

    def set_up(self, place: int, step: str, **settings: Any) -> None:
        """Change the settings of a step."""
        next(each for each in self.cycles[place]["pipeline"] if each["step"] == step).update(settings)

    def move(self, place: int, seconds: int) -> None:
        """Change the time of a cycle."""
        self.cycles[place]["timestamp"] += seconds

    def history(self) -> History:
        """As the reader of files takes it."""
        told = [{name: value for name, value in line.items() if name != "crc32"} for line in self.cycles]
        lines = [*(line + b"\n" for line in self.head), *(seal(msgspec.json.encode(line)) for line in told)]
        return read_history_bytes(b"".join(lines), "planted.jsonl")


class State:
    """The sample state of the reference framework."""

    def __init__(self) -> None:
        self.state = json.loads(_sample("reference_layout_2020"))
        self.calculations: dict[str, Row] = self.state["visualisation"]["calculations"]

    def cycle(self, place: int) -> Row:
        """One calculation."""
        return self.calculations[list(self.calculations)[place]]

    def edit(self, part: str, place: int, which: Which, **changes: Any) -> None:
        """Change the first such row of `signals`, `raw_signals` or `trades` of a cycle."""
        changed(next(row for row in self.rows(part, place) if which(row)), changes)

    def rows(self, part: str, place: int) -> Iterator[Row]:
        """Those of a cycle."""
        cycle = self.cycle(place)
        yield from cycle[part].values() if part != "trades" else self.trades(cycle["timestamp"])

    def trades(self, when: int | None = None) -> Iterator[Row]:
        """All trades, or those of a time."""
        for kind in ("open_positions", "closed_positions", "frozen_positions"):
            for position in self.state["portfolio"][kind].values():
                yield from (t for t in position["trades"].values() if when in (None, t["opened_at"]))

    def edit_cycle(self, place: int, part: str = "fields", **changes: Any) -> None:
        """Change numbers of a cycle: its `fields` or its point of the equity curve."""
        when = self.cycle(place)["timestamp"]
        points = (point for point in self.state["stats"]["portfolio"] if point["calculated_at"] == when)
        changed(self.cycle(place) if part == "fields" else next(points), changes)

    def move(self, place: int, seconds: int) -> None:
        """Change the time of a cycle; its trades and its place in the file stay."""
        cycles = list(self.calculations.items())
        key, cycle = cycles[place]
        cycle["timestamp"] += seconds
        cycles[place] = str(int(key) + seconds), cycle
        self.state["visualisation"]["calculations"] = self.calculations = dict(cycles)

    def history(self) -> History:
        """As the reader of files takes it."""
        return read_history_bytes(json.dumps(self.state).encode(), "planted.json")


def _rows(columns: dict[str, list[Any]]) -> list[Row]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
