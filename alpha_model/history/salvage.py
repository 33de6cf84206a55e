"""Which part of a damaged JSON document keeps the rest from being read, and how is it cut out?

The damage is a byte that the parser does not accept, an end in the middle, or nesting beyond reason. What is cut out is
the smallest member around it that is one cycle, one position, one point or larger, so that every other one can be read.
Bytes are replaced in place, so that the offsets of everything else stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from alpha_model.history.opening import MappedFile
from alpha_model.history.rawjson import Buffer

MOST_CUTS = 50
"""Damaged places in one document that are cut out; with more of them it is not a document any more."""

DEEPEST = 500
"""Levels of nesting beyond which a member is taken for damage; the parser gives up at about twice as many."""

_CHUNK = 1 << 24
_QUOTE, _OPEN, _CLOSE, _COMMA = 1, 2, 3, 4
_CLOSERS = {ord("{"): b"}", ord("["): b"]"}
_KEY = re.compile(rb'\s*"((?:[^"\\]|\\.){0,80})"\s*:')
_ESCAPE = ord("\\\\")
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


def cut_out(document: MappedFile, start: int, position: int | None) -> Cut | None:
    """Replace the member around a damaged place by blanks, and close what is open where the document ends in it.

    Args:
        document: The bytes; they are changed.
        start: Where the JSON begins.
        position: The damaged byte; None where it is not known, as when the nesting is too deep.

    Returns:
        What was cut out; None when nothing would be left.
    """
    end = len(document)
    if position is None:
        position = _too_deep(document, start)
        if position is None:
            return None
    state = _State()
    for _ in _scan(document, start, min(position, end), state):
        pass
    level = min(state.depth, 1 if document[start:start + 64].lstrip()[:1] == b"[" else 3)
    if level < 1:
        return None
    first = max(state.openers[level], state.commas.get(level, -1)) + 1
    stop = _end_of_member(document, position, state, level)
    key = _KEY.match(bytes(document[first : first + 200]))
    name = None if key is None else key[1].decode(errors="replace")
    if stop is None:
        return _close(document, first, state, level, name)
    is_first = first == state.openers[level] + 1
    if document[stop] == ord(","):
        begin, stop = first, stop + 1
    else:
        begin = first if is_first else first - 1
    _blank(document, begin, stop)
    return Cut(first, stop, name, at_end=False)


def _close(document: MappedFile, first: int, state: _State, level: int, key: str | None) -> Cut | None:
    """End the document before the member that begins at `first`."""
    closers = b"".join(_CLOSERS[document[state.openers[depth]]] for depth in range(level, 0, -1))
    begin = first if first == state.openers[level] + 1 else first - 1
    end = len(document)
    if begin + len(closers) > end:
        return None
    document[begin : begin + len(closers)] = closers
    _blank(document, begin + len(closers), end)
    return Cut(first, end, key, at_end=True)


def _blank(document: MappedFile, start: int, stop: int) -> None:
    while start < stop:
        end = min(start + _CHUNK, stop)
        document[start:end] = b" " * (end - start)
        start = end


def _end_of_member(document: MappedFile, position: int, state: _State, level: int) -> int | None:
    """The comma or closing bracket after the member, None where the document ends before."""
    for places, classes, depths in _scan(document, position, len(document), state):
        ends = (classes == _COMMA) & (depths == level) | (classes == _CLOSE) & (depths < level)
        if ends.any():
            return int(places[int(np.argmax(ends))])
    return None


def _too_deep(document: Buffer, start: int) -> int | None:
    """The first place that is nested beyond `DEEPEST` levels."""
    for places, _classes, depths in _scan(document, start, len(document), _State()):
        deep = depths > DEEPEST
        if deep.any():
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
        if places.size:
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
        last = others[np.searchsorted(others, before) - 1]
        last = np.where(np.searchsorted(others, before) == 0, -1, last)
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
    for level in (1, 2, 3):
        opened = places[(classes == _OPEN) & (depths == level)]
        if opened.size:
            state.openers[level] = int(opened[-1])
            state.commas.pop(level, None)
        commas = places[(classes == _COMMA) & (depths == level)]
        if commas.size and commas[-1] > state.openers.get(level, -1):
            state.commas[level] = int(commas[-1])
    state.depth = int(depths[-1])
