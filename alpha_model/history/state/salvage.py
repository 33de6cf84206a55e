"""Which part of a damaged JSON document keeps the rest from being read, and how is it cut out?

The damage is a byte that the parser does not accept, an end in the middle, or nesting beyond reason. What is cut out is
the smallest member around it that is one cycle, one position, one point or larger, so that every other one can be read.
Bytes are replaced in place, so that the offsets of everything else stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from alpha_model.history.files import MappedFile
from alpha_model.history.tables import Buffer

MOST_CUTS = 50
"""Damaged places in one document that are cut out; with more of them it is not a document any more."""

DEEPEST = 500
"""Levels of nesting beyond which a member is taken for damage; the parser gives up at about twice as many."""

A_TRAP = 100_000
"""Levels that no damage makes: such a document is not looked at any further."""

PATIENCE_SECONDS = 60.0
"""How long a document is mended and read again; each time costs as much as reading it whole."""

LEVELS = 3
"""How deep the member lies that is cut out: a cycle in `calculations`, a position, a point of the equity curve."""

_CHUNK = 1 << 21
"""Bytes that are looked at together; each takes up to forty in memory."""
_QUOTE, _OPEN, _CLOSE, _COMMA = 1, 2, 3, 4
_CLOSERS = {ord("{"): b"}", ord("["): b"]"}
_KEY = re.compile(rb'\s*"((?:[^"\\]|\\.){0,80})"\s*:')
_MEMBER = re.compile(rb'\s*"(?:[^"\\]|\\.)*"\s*:')
_VALUE = re.compile(rb'\s*[{\["\-0-9tfn]')
_AFTER = re.compile(rb"\s*(?:[,}\]]|\Z)")
_SOMETHING = re.compile(rb"\S")
_LONGEST_KEY = 200
_ESCAPE = ord("\\")
_CLASSES = np.zeros(256, dtype=np.uint8)
for _letters, _class in ((b'"', _QUOTE), (b"{[", _OPEN), (b"}]", _CLOSE), (b",", _COMMA)):
    _CLASSES[list(_letters)] = _class

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut out.

    Args:
        start: The first byte.
        stop: The byte after the last.
        key: The key of the member, where it is one.
        at_end: The document ends within it.
    """

    start: int
    stop: int
    key: str | None
    at_end: bool


@dataclass(slots=True)
class _State:
    """Where a scan stands: how deep, in a string or not, and what is open."""

    depth: int = 0
    inside: bool = False
    openers: dict[int, int] = field(default_factory=dict)
    commas: dict[int, int] = field(default_factory=dict)


def cut_out(document: MappedFile, position: int | None) -> tuple[Cut, MappedFile] | None:
    """Replace the member around a damaged place by blanks, and close what is open where the document ends in it.

    Args:
        document: The bytes; they are changed.
        position: The damaged byte; None where it is not known, as when the nesting is too deep.

    Returns:
        What was cut out, and the document: a copy where there was no room for what closes it. None when nothing would
        be left.
    """
    end = len(document)
    if position is None:
        position = _too_deep(document)
        if position is None:
            return None
    state = _State()
    for _ in _scan(document, 0, min(position, end), state):
        pass
    level = min(state.depth, 1 if bytes(document[:64]).lstrip()[:1] == b"[" else LEVELS)
    if level < 1:
        return _end_here(document, position, state)
    first = max(state.openers[level], state.commas.get(level, -1)) + 1
    stop = _end_of_member(document, position, state, level)
    seen = _SOMETHING.search(document, first)
    shown = end if seen is None else seen.start()
    key = _KEY.match(bytes(document[shown : shown + _LONGEST_KEY]))
    name = None if key is None else key[1].decode(errors="replace")
    if stop is None:
        return Cut(shown, end, name, at_end=True), _closed(document, first, state, level)
    is_first = first == state.openers[level] + 1
    if document[stop] == ord(","):
        begin, stop = first, stop + 1
    else:
        begin = first if is_first else first - 1
    _blank(document, begin, stop)
    return Cut(shown, stop, name, at_end=False), document


def replace_bad_text(document: MappedFile) -> list[int]:
    """Write a question mark over every byte that is not UTF-8 text; gives their places."""
    places: list[int] = []
    start = 0
    while start < len(document):
        piece = bytes(document[start : start + _CHUNK])
        try:
            piece.decode()
        except UnicodeDecodeError as error:
            if error.end == len(piece) and start + len(piece) < len(document) and error.start:
                start += error.start  # the letter goes on in the next piece
                continue
            bad = start + error.start
            document[bad : bad + 1] = b"?"
            places.append(bad)
            start = bad + 1
        else:
            start += len(piece)
    return places


def _end_here(document: MappedFile, position: int, state: _State) -> tuple[Cut, MappedFile] | None:
    """Drop what follows a document that is complete."""
    if 1 not in state.openers:
        return None
    _blank(document, position, len(document))
    return Cut(position, len(document), None, at_end=False), document


def _closed(document: MappedFile, first: int, state: _State, level: int) -> MappedFile:
    """The document, ended before the member that begins at `first`."""
    closers = b"".join(_CLOSERS[document[state.openers[depth]]] for depth in range(level, 0, -1))
    begin = first if first == state.openers[level] + 1 else first - 1
    if begin + len(closers) > len(document):
        return bytearray(document[:begin]) + closers
    document[begin : begin + len(closers)] = closers
    _blank(document, begin + len(closers), len(document))
    return document


def _blank(document: MappedFile, start: int, stop: int) -> None:
    while start < stop:
        end = min(start + _CHUNK, stop)
        document[start:end] = b" " * (end - start)
        start = end


def _end_of_member(document: MappedFile, position: int, state: _State, level: int) -> int | None:
    """The comma or closing bracket after the member, None where the document ends before.

    A damaged quote turns strings inside out, so both ways to go on are tried. An end counts only where what follows it
    looks like JSON, which brackets inside strings hardly ever do.
    """
    opener = document[state.openers[level]]
    ends = [
        end
        for inside in (state.inside, not state.inside)
        if (end := _first_end(document, position, replace(state, inside=inside, openers={}, commas={}), level, opener))
        is not None
    ]
    return min(ends, default=None)


def _first_end(document: MappedFile, position: int, state: _State, level: int, opener: int) -> int | None:
    follows = {_COMMA: _MEMBER if opener == ord("{") else _VALUE, _CLOSE: _AFTER}
    closer = _CLOSERS[opener][0]
    for places, classes, depths in _scan(document, position, len(document), state):
        after = (classes == _CLOSE) & (depths < level)
        for which in np.flatnonzero(after | ((classes == _COMMA) & (depths == level))):
            place = int(places[which])
            if after[which] and (depths[which] < level - 1 or document[place] != closer):
                return None
            if follows[int(classes[which])].match(document, place + 1):
                return place
    return None


def _too_deep(document: Buffer) -> int | None:
    """The first place that is nested beyond `DEEPEST` levels; None also where it is no damage but a trap."""
    for places, _classes, depths in _scan(document, 0, len(document), _State()):
        deep = depths > DEEPEST
        if deep.any():
            if depths.max() > A_TRAP:
                return None
            return int(places[int(np.argmax(deep))])
    return None


def _scan(
    document: Buffer, start: int, stop: int, state: _State
) -> Iterator[tuple[_Ints, npt.NDArray[np.uint8], _Ints]]:
    """The brackets and commas outside strings, piece by piece; `state` follows.

    Yields:
        Their places, their classes, and the depth after each.
    """
    while start < stop:
        end = min(start + _CHUNK, stop)
        while end < stop and document[end - 1] == _ESCAPE:
            end += 1
        piece = np.frombuffer(bytes(document[start:end]), dtype=np.uint8)
        places, classes = _tokens(piece, state)
        depths = state.depth + np.cumsum((classes == _OPEN).astype(np.int64) - (classes == _CLOSE))
        places += start
        yield places, classes, depths
        _follow(places, classes, depths, state)
        start = end


def _tokens(piece: npt.NDArray[np.uint8], state: _State) -> tuple[_Ints, npt.NDArray[np.uint8]]:
    """The brackets and commas of a piece that lie outside strings."""
    found = _CLASSES[piece]
    places = np.flatnonzero(found)
    classes = found[places]
    quotes = places[classes == _QUOTE]
    before = quotes[(quotes > 0) & (piece[quotes - 1] == _ESCAPE)]
    if before.size:
        others = np.flatnonzero(piece != _ESCAPE)
        place = np.searchsorted(others, before)
        last = np.where(place == 0, -1, others[place - 1]) if others.size else np.full(before.size, -1)
        escaped = before[(before - last - 1) % 2 == 1]
        kept = ~np.isin(places, escaped)
        places, classes = places[kept], classes[kept]
    is_quote = classes == _QUOTE
    odd = np.cumsum(is_quote) % 2 == 1
    inside = odd != state.inside
    state.inside ^= bool(is_quote.sum() % 2)
    outside = ~is_quote & ~inside
    return places[outside].astype(np.int64), classes[outside]


def _follow(places: _Ints, classes: npt.NDArray[np.uint8], depths: _Ints, state: _State) -> None:
    """Note the depth and, for the outer levels, what was opened and separated last."""
    for level in range(1, LEVELS + 1):
        opened = places[(classes == _OPEN) & (depths == level)]
        if opened.size:
            state.openers[level] = int(opened[-1])
            state.commas.pop(level, None)
        commas = places[(classes == _COMMA) & (depths == level)]
        if commas.size and commas[-1] > state.openers.get(level, -1):
            state.commas[level] = int(commas[-1])
    if depths.size:
        state.depth = int(depths[-1])
