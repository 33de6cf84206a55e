"""Where in the file is this value, which members did an object hide, and how is a bare NaN made readable?

Tools over the bytes of a JSON document. `msgspec.Raw` values are views of those bytes, so that an address is a place.
"""

from __future__ import annotations

import json
import math
import mmap
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
import numpy as np
from msgspec import Raw

Buffer: TypeAlias = bytes | bytearray | memoryview | mmap.mmap
"""The bytes of a document."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON asked for."""

_TOKEN = re.compile(rb"-?Infinity|NaN")
_PATCHES = {b"NaN": b'"\x7f"', b"Infinity": b'"\x7fInfin"', b"-Infinity": b'"\x7f-Infin"'}
_ESCAPE = re.compile(rb"\\(?:\\|u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..))", re.DOTALL)
"""An escaped backslash, a whole letter of two halves, or a half of one: the first two are left alone."""
_REPLACED = rb"\ufffd"
_CHUNK = 1 << 24
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_OPENING = re.compile(rb"\s*\{")
_FIRST = re.compile(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\Z')
_SPACE = 256
_MOST_DIGITS = 400
_BETWEEN = re.compile(rb'\s*,?\s*"(?:[^"\\]|\\.)*"\s*:\s*')


def plain(raw: Raw | bytes) -> Any:
    """The value in plain Python; numbers beyond reason, which msgspec refuses, become infinite.

    Raises:
        UNREADABLE: It is not JSON.
    """
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError as error:
        try:
            return json.loads(bytes(raw), parse_int=_whole)
        except ValueError:
            raise error from None


def mended(raw: Raw | bytes) -> tuple[Any, str | None]:
    """The value in plain Python, also where some of its text is none; and what was done about it.

    Raises:
        UNREADABLE: It is not JSON.
    """
    try:
        return plain(raw), None
    except (UnicodeDecodeError, msgspec.DecodeError):
        text, note = mended_text(raw)
        return plain(text), note


def mended_text(raw: Raw | bytes) -> tuple[bytes, str]:
    """JSON with a replacement letter for what is no text in it; and what that was."""
    text = bytearray(bytes(raw).decode(errors="replace").encode())
    what = "half a letter" if patch_half_letters(text) else "bytes that are not valid UTF-8"
    return bytes(text), f"{what} in a text, shown as \ufffd"


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def members(raw: Raw) -> list[tuple[str, Raw]]:
    """Every member of an object in the order of the bytes, also those whose key appears again.

    Raises:
        msgspec.DecodeError: Not an object.
    """
    whole = memoryview(raw)
    start = address(raw)
    opening = _OPENING.match(whole)
    after = opening.end() if opening else 0
    found: list[tuple[str, Raw]] = []
    for place, key, value in _placed(_MEMBERS.decode(raw)):
        between = bytes(whole[after : place - start])
        if _BETWEEN.fullmatch(between) is None:
            found += members(Raw(_hidden(between)))
        found.append((key, value))
        after = place - start + _size(value)
    return found


def repeats_keys(document: Buffer, kept: dict[str, Raw]) -> bool:
    """Did the object, of which a dictionary keeps the last member of each key, have others?"""
    base = address(document)
    after = None
    for place, key, value in _placed(kept):
        begin = place - base - 6 * len(key) - _SPACE if after is None else after
        between = bytes(document[max(0, begin) : place - base])
        if (_FIRST.search(between) if after is None else _BETWEEN.fullmatch(between)) is None:
            return True
        after = place - base + _size(value)
    return False


def _placed(kept: dict[str, Raw]) -> list[tuple[int, str, Raw]]:
    return sorted((address(value), key, value) for key, value in kept.items())


def _size(raw: Raw) -> int:
    return len(memoryview(raw))


def _hidden(between: bytes) -> bytes:
    """The members that lie before the last key of a stretch between two values, as an object of their own."""
    last_key = re.search(rb',\s*"(?:[^"\\]|\\.)*"\s*:\s*$', between)
    cut = between[: last_key.start()] if last_key else b""
    return b"{" + cut.lstrip(b" \t\r\n,") + b"}"


def address(value: Buffer | Raw) -> int:
    """Where the first byte of a view lies in memory."""
    view = np.frombuffer(value, dtype=np.uint8)
    return int(view.__array_interface__["data"][0])


def locate(base: Buffer, raw: Raw, path: Sequence[str] = ()) -> int | None:
    """The byte offset in `base` of a value of `raw`, or of the nearest thing around it that can be found."""
    found = raw
    for key in path:
        try:
            found = _MEMBERS.decode(found)[key]
        except (*UNREADABLE, KeyError):
            break
    offset = address(found) - address(base)
    return offset if 0 <= offset <= len(base) else None


def patch_non_finite(buffer: bytearray | mmap.mmap) -> list[int]:
    """Write a text of the same length over every bare NaN, Infinity and -Infinity, so that byte offsets stay true.

    Tokens inside strings are left alone. `coerce.number` knows the texts and reports them where they stand.

    Returns:
        Offsets of the tokens.
    """
    places: list[int] = []
    at, inside = 0, False
    for match in _TOKEN.finditer(buffer):
        place = match.start()
        inside ^= _odd_quotes(buffer, at, place)
        at = place
        if not inside:
            buffer[place : match.end()] = _PATCHES[match.group()]
            places.append(place)
            at = match.end()
    return places


def patch_half_letters(buffer: bytearray | mmap.mmap) -> list[int]:
    """Write the replacement letter over every escaped half of a surrogate pair, which is no letter.

    Returns:
        Offsets of the escapes.
    """
    places = [match.start() for match in _ESCAPE.finditer(buffer) if match[1] is not None]
    for place in places:
        buffer[place : place + len(_REPLACED)] = _REPLACED
    return places


def _odd_quotes(buffer: bytearray | mmap.mmap, start: int, stop: int) -> bool:
    """Does a string begin or end between the two places, on balance?"""
    count = 0
    while start < stop:
        end = min(start + _CHUNK, stop)
        while end < stop and buffer[end - 1] == ord("\\"):
            end += 1
        piece = bytes(buffer[start:end]).replace(rb"\\", b"")
        count += piece.count(b'"') - piece.count(rb"\"")
        start = end
    return bool(count % 2)
