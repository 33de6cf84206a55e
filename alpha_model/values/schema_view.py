"""How do marshmallow's users load, dump and validate our dataclasses?

Gives the schema that dataclasses-json promises, built on the same encoders and decoders as `to_dict` and `from_dict`.
Its own derivation does not know unions written `X | None`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import marshmallow
from marshmallow import fields

Encode = Callable[[Any], Any]


class _Encoded(fields.Field):
    """A field that is dumped by its encoder; loading leaves the conversion to `from_dict`."""

    def __init__(self, encode: Encode, *, required: bool) -> None:
        super().__init__(required=required, allow_none=True)
        self.encode = encode

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return self.encode(value)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


@functools.cache
def schema_class(cls: Any, encoders: tuple[tuple[str, Encode, bool], ...], catch_all: str | None) -> Any:
    """The marshmallow schema of one dataclass.

    Args:
        cls: A dataclass with `from_dict`; loading gives an object of it.
        encoders: Name, encoder, and whether it is required, of each field.
        catch_all: The field that holds what the others do not know.
    """

    class DataclassSchema(marshmallow.Schema):
        class Meta:
            unknown = marshmallow.INCLUDE

        @marshmallow.post_load
        def make(self, data: dict[str, Any], **_: Any) -> Any:
            return cls.from_dict(data, infer_missing=bool(self.partial))

        @marshmallow.post_dump(pass_original=True)
        def add_unknown(self, data: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
            return data | (getattr(original, catch_all) or {}) if catch_all else data

    made = {name: _Encoded(encode, required=required) for name, encode, required in encoders}
    return type(f"{cls.__name__}Schema", (DataclassSchema,), made)
