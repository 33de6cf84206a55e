"""What is meant by this JSON value, which should be a number, a flag, a time, and perhaps is not quite one?

Each function returns the value, None where it is absent, or raises `OddValueError`; the caller knows the cycle, the
pair and the field, and turns that into a problem of the history or an error of the recorder.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

Micros: TypeAlias = int
"""Microseconds since 1970, UTC: a moment as Arrow keeps it."""

ProblemKind: TypeAlias = Literal["skipped", "patched", "odd"]

NON_FINITE_TOKENS = {"\x7f": "NaN", "\x7fInfin": "Infinity", "\x7f-Infin": "-Infinity"}
"""What `rawjson.patch_non_finite` writes over bare tokens, as text, and the tokens. No strategy writes a DEL."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHOWN = 60
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = _SHOWN
_REPR.maxlist = _REPR.maxtuple = _REPR.maxdict = _SHOWN // 3
_YEARS = range(1678, 2262)
"""The whole years that a time of pandas can lie in, whatever its unit."""

LATEST = 9_214_646_400_000_000
"""Microseconds from 1970 to the end of them, in either direction nearly the same."""

MOST_LEVELS = 100
"""Levels of nesting that JSON kept as text has at most; whoever reads it later goes down one by one."""

_TOO_DEEP = f"expected at most {MOST_LEVELS} levels of nesting, got more"
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_OUR_DAYS = (0.9e9, 4.1e9)
"""UNIX seconds of the years 1998 to 2099."""
_SPELLINGS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}


class OddValueError(ValueError):
    """A value that is not what its field holds.

    Args:
        message: What was expected and what was got.
        kind: `patched` for a number that is not finite, else `odd`.
    """

    def __init__(self, message: str, kind: ProblemKind = "odd") -> None:
        super().__init__(message)
        self.kind: ProblemKind = kind


def shown(value: object) -> str:
    """A stranger's value, short enough for a message."""
    try:
        text = _shown_text(value) if isinstance(value, str) else _REPR.repr(value)
    except Exception:  # noqa: BLE001 - a stranger's __repr__() may raise anything
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _shown_text(value: str) -> str:
    return NON_FINITE_TOKENS.get(value) or repr(value[: _SHOWN + 1])


def restored(text: str) -> str:
    """The text with the tokens that `rawjson.patch_non_finite` wrote over put back, and without halves of letters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return NON_FINITE_TOKENS.get(text, text)


def number(value: object) -> float | None:
    """A finite number; numbers written as text count.

    Raises:
        OddValueError: Not a number, or NaN or infinite.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise OddValueError(f"expected a number, got {shown(value)}")
    if isinstance(value, str) and ("_" in value or not value.strip()):
        raise OddValueError(f"expected a number, got {shown(value)}")
    try:
        result = float(restored(value) if isinstance(value, str) else value)
    except OverflowError:
        result = math.inf
    except ValueError:
        raise OddValueError(f"expected a number, got {shown(value)}") from None
    if not math.isfinite(result):
        raise OddValueError(f"expected a finite number, got {shown(value)}", "patched")
    return result


def decimal(value: object) -> Decimal | None:
    """A finite decimal, exact where the value is text or an integer.

    Raises:
        OddValueError: As `number`.
    """
    if number(value) is None:
        return None
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:  # pragma: no cover - what float() reads, Decimal() reads
        raise OddValueError(f"expected a number, got {shown(value)}") from None


def whole(value: object) -> int | None:
    """A whole number that fits 64 bits; 12.0 and "12" count.

    Raises:
        OddValueError: Not a number, or a fraction, or too large.
    """
    found = decimal(value)
    if found is None:
        return None
    if found != found.to_integral_value() or not -(2**63) <= found < 2**63:
        raise OddValueError(f"expected a whole number, got {shown(value)}")
    return int(found)


def truth(value: object) -> bool | None:
    """True or false; 1, 0 and their names count.

    Raises:
        OddValueError: Anything else.
    """
    if value is None or isinstance(value, bool):
        return value
    found = _TRUTHS.get(str(value).strip().lower())
    if found is None:
        raise OddValueError(f"expected true or false, got {shown(value)}")
    return found


def text(value: object) -> str | None:
    """Text; a number becomes its digits.

    Raises:
        OddValueError: A list or an object.
    """
    if value is None:
        return None
    if isinstance(value, (list, tuple, Mapping)):
        raise OddValueError(f"expected text, got {shown(value)}")
    return restored(str(value))


def names(value: object) -> list[str]:
    """A list of names, such as flags; absent is empty.

    Raises:
        OddValueError: Not a list of texts.
    """
    if value is None:
        return []
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise OddValueError(f"expected a list of names, got {shown(value)}")
    found = list(value)
    if not all(isinstance(name, str) for name in found):
        raise OddValueError(f"expected a list of names, got {shown(value)}")
    return [restored(name) for name in found]


def message(value: object) -> str | None:
    """A report of the strategy: text, or a list of texts; anything else as JSON.

    Raises:
        OddValueError: It is nested too deeply.
    """
    if value is None:
        return None
    lines = value if isinstance(value, list) else [value]
    return "\n".join(restored(line) if isinstance(line, str) else json_text(line) for line in lines)


def moment(value: object) -> Micros | None:
    """A time: UNIX seconds (a number, or its digits as text), ISO 8601 text, or a datetime; naive is UTC.

    Raises:
        OddValueError: Not a time, or outside the years 1678 to 2261.
    """
    if value is None:
        return None
    try:
        seconds = None if isinstance(value, datetime) else number(value)
    except OddValueError:
        seconds = None
    try:
        found = _datetime(value) if seconds is None else EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
        if found is not None and found.year in _YEARS:
            return int((found - EPOCH) // _MICROSECOND)  # of pandas, it is NumPy's
    except (ValueError, OverflowError, TypeError):  # pandas.NaT calls itself a datetime
        pass
    raise OddValueError(f"expected a time, UNIX seconds or ISO 8601, got {shown(value)}{_finer(seconds)}")


def _datetime(value: object) -> datetime | None:
    """A time that is no number; naive is UTC."""
    found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    if not isinstance(found, datetime):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _finer(number: float | None) -> str:
    """A hint where a number would be a time of our days in a finer unit; nothing is guessed from it."""
    for unit, parts in (("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)):
        if number is not None and _OUR_DAYS[0] <= number / parts <= _OUR_DAYS[1]:
            return f", which may be {unit}"
    return ""


def to_seconds(when: Micros) -> int | float:
    """UNIX seconds: an int, or a float when there is a fraction of a second."""
    seconds, fraction = divmod(when, 1_000_000)
    return seconds if not fraction else when / 1_000_000


def to_datetime(when: Micros) -> datetime:
    """The moment as an aware datetime, UTC."""
    return EPOCH + timedelta(microseconds=when)


def iso(when: Micros) -> str:
    """The moment for people: `2026-01-05T00:00Z`, with seconds only where there are some."""
    found = to_datetime(when)
    precision = "minutes" if when % 60_000_000 == 0 else "auto"
    return found.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _spelled(value: Any) -> Any:
    """The same plain value with NaN and the infinities as text, which JSON has no numbers for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else _SPELLINGS[str(value)]
    if isinstance(value, Mapping):
        return {name: _spelled(item) for name, item in value.items()}
    return [_spelled(item) for item in value] if isinstance(value, list) else value


def json_text(value: object) -> str:
    """Compact JSON of a plain value or of raw JSON, the same for the same content; NaN becomes text.

    Raises:
        OddValueError: It is nested too deeply, or has what JSON has no words for.
    """
    try:
        plain = msgspec.json.decode(value) if isinstance(value, (bytes, msgspec.Raw)) else _spelled(value)
        return compact(plain)
    except RecursionError:
        raise OddValueError(_TOO_DEEP) from None
    except (TypeError, OverflowError, UnicodeEncodeError) as error:
        raise OddValueError(f"expected what JSON can say, got {shown(value)}: {error}") from None


def compact(plain: object) -> str:
    """Compact JSON of a plain value that came from JSON, so that no number in it can be NaN.

    Raises:
        OddValueError: It is nested too deeply.
    """
    return checked(msgspec.json.encode(plain).decode())


def checked(document: str) -> str:
    """Compact JSON with the names of the tokens that `rawjson.patch_non_finite` wrote over.

    Raises:
        OddValueError: It is nested too deeply.
    """
    if _levels(document) > MOST_LEVELS:
        raise OddValueError(_TOO_DEEP)
    if "\x7f" in document:
        for token, name in NON_FINITE_TOKENS.items():
            document = document.replace(f'"{token}"', f'"{name}"')
    return document


def _levels(document: str) -> int:
    """How deep the JSON is nested, at most; few brackets need no look."""
    most = document.count("[") + document.count("{")
    if most <= MOST_LEVELS:
        return most
    letters = np.frombuffer(_QUOTED.sub("", document).encode(), dtype=np.uint8)
    steps = np.isin(letters, (ord("["), ord("{"))).astype(np.int64) - np.isin(letters, (ord("]"), ord("}")))
    return int(np.cumsum(steps).max(initial=0))
