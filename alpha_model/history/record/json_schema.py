"""What does a line of a record look like, for a program in any language? A JSON Schema, made from our own schema.

docs/schema/record-v1.schema.json is this function's result; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import pyarrow as pa

from alpha_model.history.record.line_types import FORMAT, VERSION
from alpha_model.history.record.lines import JSON_COLUMNS, NOT_WRITTEN, RUN_OBJECTS, TIME_COLUMNS
from alpha_model.history.tables import CYCLE_NUMBERS, EQUITY, MARKET, MESSAGES, POSITIONS, RUNS, SIGNALS, TIME, TRADES

JsonSchema: TypeAlias = dict[str, Any]

_KINDS = ("header", "run", "pair", "cycle", "account")
_MARKET_KEYS = ("timestamp", "pair_id")
_EXACT = ("planned_quantity", "executed_quantity")
_TIME: JsonSchema = {"type": "number", "description": "UNIX seconds, UTC"}
_TEXT: JsonSchema = {"type": "string"}
_NAMES: JsonSchema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_TYPES: dict[pa.DataType, str] = {
    pa.float64(): "number",
    pa.int64(): "integer",
    pa.bool_(): "boolean",
    pa.string(): "string",
    TIME: "number",
}


def record_schema() -> JsonSchema:
    """The JSON Schema (2020-12) of one line of a record.

    It cannot say that the columns of a part are equally long and that the checksum holds; docs/recorded-format.md does.
    Members and columns that it does not name may come with later versions of this program and are allowed.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{FORMAT}:record:v{VERSION}",
        "title": f"One line of an {FORMAT} record, version {VERSION}",
        "type": "object",
        "required": ["type", "crc32"],
        "properties": {
            "type": {"enum": list(_KINDS)},
            "crc32": {"type": "string", "pattern": "^[0-9a-f]{8}$"},
        },
        "allOf": [
            {"if": {"properties": {"type": {"const": name}}}, "then": {"$ref": f"#/$defs/{name}"}} for name in _KINDS
        ],
        "$defs": {
            "header": _object(
                {
                    "format": {"const": FORMAT},
                    "version": {"const": VERSION},
                    "strategy": _optional({"type": "string"}),
                    "code_version": _optional({"type": "string"}),
                    "created_at": _optional(_TIME),
                    "origin": _optional({"type": "string"}),
                },
                required=("format", "version"),
            ),
            "run": _run(),
            "pair": _object({"pair_id": {"type": "integer"}, "pair": {"type": "object"}}, required=("pair_id", "pair")),
            "cycle": _cycle(),
            "account": _object(
                {
                    "trades": {"$ref": "#/$defs/trades"},
                    "positions": _columns(
                        (field for field in POSITIONS if field.name != "cycle"),
                        required=("timestamp", "pair_id", "state"),
                    ),
                    "market": _columns(
                        (
                            field.with_nullable(field.name not in _MARKET_KEYS)
                            for field in MARKET
                            if field.name != "cycle"
                        ),
                        required=_MARKET_KEYS,
                    ),
                    "equity": _columns(EQUITY, required=("timestamp",)),
                    "messages": _columns(MESSAGES, required=("timestamp", "message")),
                }
            ),
            "trades": {
                "description": "an empty object says that there were none",
                "anyOf": [
                    {"type": "object", "maxProperties": 0},
                    _columns(
                        (field for field in TRADES if field.name != "cycle"),
                        required=tuple(field.name for field in TRADES if not field.nullable),
                    ),
                ],
            },
        },
    }


def _run() -> JsonSchema:
    parts = {field.name: _value(field) if field.name not in RUN_OBJECTS else {"type": "object"} for field in RUNS}
    parts |= {name: _optional(kind) for name, kind in parts.items() if name != "run_id"}
    return _object(parts, required=("run_id",))


def _cycle() -> JsonSchema:
    numbers = {name: _optional({"type": "number"}) for name in CYCLE_NUMBERS}
    flags = {"type": "array", "items": _NAMES, "description": "names of the flags of each row"}
    signals = _columns((field for field in SIGNALS if field.name not in NOT_WRITTEN), required=("pair_id",))
    signals["properties"]["flags"] = flags
    return _object(
        {
            "timestamp": _TIME,
            "revision": {"type": "integer", "minimum": 0},
            "fields": _object({"raw_count": {"type": "integer", "minimum": 0}, **numbers}, required=("raw_count",)),
            "pipeline": {"description": "settings of the steps, any JSON"},
            "message": {"type": "string"},
            "extra": {"type": "object"},
            "signals": signals,
            "trades": {"$ref": "#/$defs/trades"},
            "equity": _object({name: _optional({"type": "number"}) for name in ("total_equity", "cash")}),
            "problems": {
                "type": "array",
                "items": _object(
                    {"kind": _TEXT, "message": _TEXT, "pair": _optional(_TEXT), "field": _optional(_TEXT)},
                    required=("kind", "message"),
                ),
                "description": "what of the cycle could not be recorded",
            },
        },
        required=("timestamp", "revision", "fields", "signals"),
    )


def _object(properties: JsonSchema, required: Iterable[str] = ()) -> JsonSchema:
    needed = list(required)
    return {"type": "object", "properties": properties, **({"required": needed} if needed else {})}


def _columns(fields: Iterable[pa.Field], required: Iterable[str]) -> JsonSchema:
    """An object of arrays, one a column."""
    return _object({field.name: _column(field) for field in fields}, required)


def _column(field: pa.Field) -> JsonSchema:
    meaning = (field.metadata or {}).get(b"meaning", b"").decode()
    items = _value(field)
    return {
        "type": "array",
        "items": _optional(items) if field.nullable else items,
        **({"description": meaning} if meaning else {}),
    }


def _value(field: pa.Field) -> JsonSchema:
    if field.name in TIME_COLUMNS:
        return _TIME
    if field.name in _EXACT:
        return {"type": ["string", "number"], "pattern": r"^[+-]?[0-9.]+([eE][+-]?[0-9]+)?$"}
    if field.name in JSON_COLUMNS:
        return {"description": "any JSON"}
    if field.name == "reasons":
        parts = {part.name: _optional({"type": _TYPES[part.type]}) for part in field.type.value_type}
        return {"type": "array", "items": _object(parts)}
    return {"type": _TYPES[field.type]}


def _optional(schema: JsonSchema) -> JsonSchema:
    """The same, or null."""
    if "type" not in schema:
        return schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*kinds, "null"]}
