"""How does a dataclass become JSON and come back, quickly and without loss?

`JsonDataclass` keeps the contract of dataclasses-json (`to_dict`, `from_dict`, `to_json`, `from_json`, `schema`, and
the field encoders and decoders declared with `dataclasses_json.config`), but works from a plan made once per class
instead of inspecting every object. The generic functions of dataclasses-json give the same result on the same classes;
a test holds the two together.
"""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from dataclasses_json import CatchAll, DataClassJsonMixin, Undefined, config

from alpha_model.values.errors import ArgumentError, HistoryError
from alpha_model.values.schema_view import schema_class

if TYPE_CHECKING:
    Extra: TypeAlias = dict[str, Any] | None
else:
    Extra = CatchAll
"""Type of the one field that collects what a file has beyond our fields."""

_Convert = Callable[[Any], Any]
_SCALARS = frozenset({str, int, float, bool, NoneType})


def to_unix(when: datetime | None) -> int | float | None:
    """Naive UTC to UNIX seconds: an int, or a float when there is a fraction of a second.

    Exact for every whole second, in any time zone of the machine.
    """
    if when is None:
        return None
    seconds = when.replace(tzinfo=UTC).timestamp()
    return seconds if when.microsecond else round(seconds)


def from_unix(seconds: float | str | datetime | None) -> datetime | None:
    """UNIX seconds, or ISO 8601 text, to naive UTC.

    Raises:
        HistoryError: Neither a finite number nor a time.
    """
    if seconds is None:
        return None
    try:
        if isinstance(seconds, str):
            return naive_utc(datetime.fromisoformat(seconds))
        if isinstance(seconds, datetime):
            return naive_utc(seconds)
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise HistoryError(
            f"expected a time, UNIX seconds or ISO 8601, got {seconds!r}. Write times as UTC seconds since 1970.",
            got=seconds,
        ) from error


def naive_utc(when: datetime) -> datetime:
    """The same moment as a naive UTC datetime of Python's own, also where it was a pandas.Timestamp.

    A naive one is taken to be UTC already.

    Raises:
        ArgumentError: It is pandas.NaT, which is no moment.
    """
    own = when if type(when) is datetime else _own_datetime(when)
    return own if own.tzinfo is None else own.astimezone(UTC).replace(tzinfo=None)


def _own_datetime(when: datetime) -> datetime:
    try:
        return datetime.combine(when.date(), when.timetz())
    except ValueError as error:
        raise ArgumentError(f"expected a time, got {when!r}. None says that it is not known.", got=when) from error


def finite(value: Any) -> bool:
    """Is this a number that can be traded on: neither NaN nor an infinity, nor something else altogether?"""
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def plain_number(value: Any) -> Any:
    """A number as Python's own int or float, which JSON can take, whatever library it came from; others as they are."""
    if value.__class__ in _SCALARS or not isinstance(value, (numbers.Real, Decimal)) or isinstance(value, bool):
        return value
    return int(value) if isinstance(value, numbers.Integral) else float(value)


TIME_FIELD = config(encoder=to_unix, decoder=from_unix)
"""Field metadata for a time that is UNIX seconds in JSON."""


class _Slot(NamedTuple):
    """One field of the plan: where it stands and how it is converted."""

    name: str
    encode: _Convert | None
    decode: _Convert | None
    required: bool


class _Plan(NamedTuple):
    slots: tuple[_Slot, ...]
    names: frozenset[str]
    catch_all: str | None


class JsonDataclass(DataClassJsonMixin):
    """Base of the dataclasses that travel as JSON.

    A subclass may have one field of type `Extra`; what a file has beyond our fields goes there and is written back.
    """

    dataclass_json_config = config(undefined=Undefined.INCLUDE)["dataclasses_json"]

    def to_dict(self, encode_json: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - dataclasses-json's signature
        """The object as plain dictionaries, lists, strings and numbers; `encode_json` makes no difference here."""
        del encode_json
        plan = _plan(type(self))
        result = {
            slot.name: slot.encode(getattr(self, slot.name)) if slot.encode else _plain(getattr(self, slot.name))
            for slot in plan.slots
        }
        if plan.catch_all:
            result.update(_plain(getattr(self, plan.catch_all) or {}))
        return result

    @classmethod
    def from_dict(cls, kvs: Any, *, infer_missing: bool = False) -> Self:
        """An object from what `to_dict`, or the reference framework, wrote.

        Args:
            kvs: The dictionary, or an object of this class, which is returned as it is.
            infer_missing: Take None for a field that is absent and has no default.

        Raises:
            HistoryError: Not a dictionary, or a field is missing.
        """
        if isinstance(kvs, cls):
            return kvs
        if not isinstance(kvs, Mapping):
            raise HistoryError(f"expected a dictionary for {cls.__name__}, got {kvs!r:.80}.", got=kvs)
        plan = _plan(cls)
        values: dict[str, Any] = {}
        for slot in plan.slots:
            if slot.name in kvs:
                value = kvs[slot.name]
                values[slot.name] = slot.decode(value) if slot.decode and value is not None else value
            elif slot.required:
                if not infer_missing:
                    raise HistoryError(
                        f"{cls.__name__} needs {slot.name!r}, got only {sorted(map(str, kvs))}. "
                        "Pass infer_missing=True to read it as None.",
                        field=slot.name,
                    )
                values[slot.name] = None
        if plan.catch_all and not plan.names.issuperset(kvs):
            values[plan.catch_all] = {key: value for key, value in kvs.items() if key not in plan.names}
        return cls(**values)

    @classmethod
    def schema(cls, *, infer_missing: bool = False, partial: bool = False, **settings: Any) -> Any:
        """The marshmallow schema: `load`, `loads`, `dump`, `dumps`, `validate`, as dataclasses-json gives it.

        Args:
            infer_missing: Load objects that lack required fields; the fields are None.
            partial: The same, by marshmallow's name.
            **settings: Further settings of `marshmallow.Schema`, such as `many` and `only`.
        """
        plan = _plan(cls)
        encoders = tuple((slot.name, slot.encode or _plain, slot.required) for slot in plan.slots)
        return schema_class(cls, encoders, plan.catch_all)(partial=infer_missing or partial, **settings)


def _plain(value: Any) -> Any:
    kind = value.__class__
    if kind in _SCALARS:
        return value
    if isinstance(value, JsonDataclass):
        return value.to_dict()
    if isinstance(value, dict):
        return {_own_scalar(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return _own_scalar(value)


def _own_scalar(value: Any) -> Any:
    """A scalar of NumPy as Python's own, which JSON can take; anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


@functools.cache
def _plan(cls: type[JsonDataclass]) -> _Plan:
    hints = get_type_hints(cls)
    own = [field for field in fields(cast("Any", cls)) if hints[field.name] != CatchAll]
    catch_all = next((field.name for field in fields(cast("Any", cls)) if hints[field.name] == CatchAll), None)
    slots = tuple(_slot(field, hints[field.name]) for field in own)
    return _Plan(slots, frozenset(slot.name for slot in slots), catch_all)


def _slot(field: Field[Any], hint: Any) -> _Slot:
    overrides = field.metadata.get("dataclasses_json", {})
    required = field.default is MISSING and field.default_factory is MISSING
    return _Slot(field.name, overrides.get("encoder"), overrides.get("decoder") or _decoder(hint), required)


def _decoder(hint: Any) -> _Convert | None:
    """How a value of this type is read; None when JSON has it already."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        found = [decoder for decoder in map(_decoder, arguments) if decoder]
        return found[0] if found else None
    if isinstance(hint, type) and issubclass(hint, JsonDataclass):
        return hint.from_dict
    if origin is list and (item := _decoder(arguments[0])):
        return lambda values: [item(value) for value in values]
    if origin is dict and arguments[0] is int:
        value_of = _decoder(arguments[1]) or (lambda value: value)
        return lambda values: {int(key): value_of(value) for key, value in values.items()}
    return None
