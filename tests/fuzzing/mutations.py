"""How does a good input become an odd one? Seeded changes of bytes, of JSON values, and of tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, TypeAlias

import pyarrow as pa

Json: TypeAlias = Any
Place: TypeAlias = tuple[Any, Any]
"""A container of a document, and the key or index within it."""

ASIDE = 0.1
"""So often the form of a table changes beside its content."""

LETTERS = b"{}[]\",:\\ \n\r\x00\xff#-0e\x7fN;='\t"
"""Bytes that a parser trips over, and some that it does not."""

WORDS = (
    *("", " ", "a", "0", "-1", "1e400", "nan", "Infinity", "null", "true", "None", "0x1f", "1_000", "1,5", "50 %"),
    *("2026-01-05", "2026-01-05T00:00Z", "2026-13-45", "05.01.2026", "20260105", "1767571200", "1767571200000", "1e18"),
    *("\x00", "\x1b[31m", "\u202eabc", "é" * 40, "😀", "\ud800", "a\nb", "a\\b", 'a"b', "<b>", "=1+1", "../../x"),
    *("timestamp", "pair_id", "cash", "Total", "signals", "__class__", "short", "A" * 3_000),
)
NUMBERS = (
    *(0, 0.0, -0.0, 1, -1, 2, 0.5, -0.5, 1e-12, -1.2e-17, 1e-320, 1e9, 1e15, 1e18, -1e18, 1e300, -1e300, 1e400),
    *(-1e400, float("nan"), 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64, 2**200),
    *(1767571200, 1767571200000, -62135596801, 253402300800),
)
FLAGS = ("closed", "capped_by_pool_size", "max_adjust_too_small", "a stranger's", "")
DEEP = "a value that is nested deeper than any parser goes"
"""Stands for one: Python itself could not write it."""
_DEEPEST = b"[" * 1_500 + b"]" * 1_500
ODD: tuple[Callable[[], Json], ...] = (
    lambda: None,
    lambda: True,
    lambda: False,
    list,
    dict,
    lambda: [None],
    lambda: [[]],
    lambda: [1, "a", None, {}],
    lambda: {"": None},
    lambda: {"a": {"b": [1]}},
    lambda: {"0": 0, "1": 1},
    lambda: DEEP,
    lambda: [0] * 2_000,
)
"""Values of other kinds than the one that stands there."""


def bent_bytes(data: bytes, dice: Random) -> bytes:
    """One to three places overwritten, lost, doubled, zeroed, filled, or cut off."""
    for _ in range(dice.randint(1, 3)):
        place, size = dice.randrange(len(data) + 1), dice.choice((1, 1, 2, 8, 30, 512))
        noise = bytes(dice.choices(LETTERS, k=min(size, 8)))
        before, part, after = data[:place], data[place : place + size], data[place + size :]
        data = dice.choice(
            (
                before,
                before + noise + after,
                before + noise + part + after,
                before + after,
                before + part + part + after,
                before + bytes(len(part)) + after,
                before + bytes(letter ^ 1 << dice.randrange(8) for letter in part[:1]) + part[1:] + after,
                before + after[: size * 4] + part + after,
            )
        )
    return data


def bent_document(document: Json, dice: Random) -> Json:
    """A JSON value in which a few members are replaced, lost, doubled, exchanged, or renamed."""
    whole = [document]
    for _ in range(dice.choice((1, 1, 2, 3, 6))):
        places = list(_places(whole))
        _bend(dice.choice(places), dice.choice(places), dice)
    return whole[0]


def dumped(document: Json, **form: Any) -> bytes:
    """The bytes of a JSON value, its NaN, its infinities and its half characters too."""
    try:
        written = json.dumps(document, ensure_ascii=False, **form).encode()
    except UnicodeEncodeError:
        written = json.dumps(document, **form).encode()
    return written.replace(f'"{DEEP}"'.encode(), _DEEPEST)


def bent_cells(text: str, dice: Random) -> bytes:
    """A table of text in which cells, rows, columns, its delimiter or its encoding are changed."""
    sign = max(",;\t|", key=text.count)
    rows = [line.split(sign) for line in text.splitlines()]
    for _ in range(dice.choice((1, 1, 2, 4))):
        _bend_rows(rows, dice)
    sign = dice.choice((",", ";", "\t", "|", "::")) if dice.random() < ASIDE else sign
    end = dice.choice(("\r\n", "\r", "\n\n")) if dice.random() < ASIDE else "\n"
    encoding = dice.choice(("utf-8-sig", "utf-16", "latin-1")) if dice.random() < ASIDE else "utf-8"
    return end.join(sign.join(row) for row in rows).encode(encoding, errors="replace")


def bent_table(table: pa.Table, dice: Random) -> pa.Table:
    """An Arrow table in which columns hold other values, other types, other names, or are doubled or gone."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        if not table.num_columns:
            break
        place = dice.randrange(table.num_columns)
        table = dice.choice(_TABLE_CHANGES)(table, place, dice)
    return table


def _places(value: Json) -> Iterator[Place]:
    """Every member of a document, however deep."""
    waiting = [value]
    while waiting:
        container = waiting.pop()
        for key in list(container) if isinstance(container, dict) else range(len(container)):
            yield container, key
            if isinstance(container[key], dict | list):
                waiting.append(container[key])


def _bend(one: Place, other: Place, dice: Random) -> None:
    (container, key), (source, source_key) = one, other
    if _is_gone(container, key) or _is_gone(source, source_key):
        return
    kind = dice.choice(("value", "value", "value", "number", "lose", "copy", "swap", "rename", "add"))
    if kind == "value":
        container[key] = _odd(dice)
    elif kind == "number":
        container[key] = _nudged(container[key], dice)
    elif kind == "lose" and key != 0:
        del container[key]
    elif kind == "copy":
        container[key] = _copy(source[source_key])
    elif kind == "swap":
        container[key], source[source_key] = _copy(source[source_key]), _copy(container[key])
    elif isinstance(container, dict):
        value = container.pop(key) if kind == "rename" else _copy(container[key])
        container[dice.choice((str(source_key), dice.choice(WORDS), f"{key}0"))] = value
    else:
        container.insert(key, _copy(container[key]))


def _is_gone(container: Json, key: Any) -> bool:
    """Has an earlier change taken the place away?"""
    return key not in container if isinstance(container, dict) else key >= len(container)


def _copy(value: Json) -> Json:
    """As JSON copies it, so that nothing ever holds itself."""
    return json.loads(json.dumps(value))


def _odd(dice: Random) -> Json:
    return dice.choice((dice.choice(WORDS), dice.choice(NUMBERS), dice.choice(ODD)(), [dice.choice(FLAGS)]))


def _nudged(value: Json, dice: Random) -> Json:
    """A number near, far, or of another form; a text in a list, anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [value] if isinstance(value, str) else str(value)[:200]
    return dice.choice((-value, value * 1_000_000, value + 0.5, str(value), value * 1e-9, value + 1, [value]))


def _bend_rows(rows: list[list[str]], dice: Random) -> None:
    row, cell = dice.randrange(len(rows)), dice.randrange(max(map(len, rows)))
    kind = dice.choice(("cell", "cell", "cell", "cell", "header", "row", "lose", "column", "swap", "blank", "short"))
    if kind in ("cell", "header"):
        line = rows[0 if kind == "header" else row]
        line[cell : cell + 1] = [dice.choice((dice.choice(WORDS), str(dice.choice(NUMBERS)), dice.choice(rows[0])))]
    elif kind == "row":
        rows.insert(row, list(dice.choice(rows)))
    elif kind == "lose" and len(rows) > 1:
        del rows[row]
    elif kind == "column":
        times = dice.choice((0, 2))
        rows[:] = [[*line[:cell], *line[cell : cell + 1] * times, *line[cell + 1 :]] or [""] for line in rows]
    elif kind == "swap":
        other = dice.randrange(len(rows))
        rows[row], rows[other] = rows[other], rows[row]
    elif kind == "blank":
        rows[row] = [""] * dice.choice((1, len(rows[row])))
    else:
        rows[row] = rows[row][: max(1, cell)] + ["x"] * dice.choice((0, 0, 2))


def _retyped(table: pa.Table, place: int, dice: Random) -> pa.Table:
    """The column as one of another type, its values too where they allow it."""
    rows, column = table.num_rows, table.column(place)
    kinds = (
        *(pa.string(), pa.large_string(), pa.binary(), pa.int8(), pa.uint64(), pa.float32(), pa.float16(), pa.bool_()),
        *(pa.decimal128(38, 9), pa.date32(), pa.date64(), pa.time64("ns"), pa.duration("s"), pa.null(), pa.float64()),
        *(pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us", "UTC"), pa.timestamp("ns", "America/New_York")),
        *(pa.dictionary(pa.int8(), pa.string()), pa.list_(pa.float64()), pa.struct({"a": pa.int64()}), pa.int64()),
        pa.map_(pa.string(), pa.float64()),
    )
    kind = dice.choice(kinds)
    try:
        values = column.cast(kind, safe=False)
    except (pa.ArrowException, ValueError, TypeError):
        values = pa.nulls(rows, kind)
    return table.set_column(place, table.column_names[place], values)


def _holed(table: pa.Table, place: int, dice: Random) -> pa.Table:
    """Some values are absent."""
    values = [None if dice.random() < 0.5 else value for value in table.column(place).to_pylist()]
    return table.set_column(place, table.column_names[place], pa.array(values, table.schema.field(place).type))


def _bent_values(table: pa.Table, place: int, dice: Random) -> pa.Table:
    """One value is an odd one of its type."""
    kind = table.schema.field(place).type
    values = table.column(place).to_pylist()
    if not values:
        return table
    try:
        values[dice.randrange(len(values))] = dice.choice(WORDS if pa.types.is_string(kind) else NUMBERS)
        return table.set_column(place, table.column_names[place], pa.array(values, kind))
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return table


def _renamed(table: pa.Table, place: int, dice: Random) -> pa.Table:
    names = list(table.column_names)
    names[place] = dice.choice((*WORDS[:-1], *names)).encode(errors="replace").decode()
    return table.rename_columns(names)


def _without(table: pa.Table, place: int, _: Random) -> pa.Table:
    return table.remove_column(place)


def _doubled(table: pa.Table, place: int, dice: Random) -> pa.Table:
    return table.append_column(dice.choice((table.column_names[place], "again")), table.column(place))


def _shuffled(table: pa.Table, _: int, dice: Random) -> pa.Table:
    """Rows in another order, some of them twice, some of them gone."""
    return table.take([dice.randrange(table.num_rows) for _ in range(table.num_rows)]) if table.num_rows else table


def _emptied(table: pa.Table, _: int, dice: Random) -> pa.Table:
    return table.slice(0, dice.choice((0, 1)))


_TABLE_CHANGES = (
    _retyped,
    _retyped,
    _bent_values,
    _bent_values,
    _holed,
    _renamed,
    _without,
    _doubled,
    _shuffled,
    _emptied,
)
