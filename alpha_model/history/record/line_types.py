"""What does each line of a record hold, for whoever writes one and for whoever reads one?

The recorder decodes every line with these types before it writes it, and the reader decodes it with the same: what was
acknowledged can be read. The columns inside the parts are those of `schema`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from alpha_model.values import RecordError

FORMAT = "alpha-model-history"
VERSION = 1

Part = dict[str, list[Any]]
"""Columns of the same length, by name."""


class HeaderLine(Struct, kw_only=True):
    """The first line of a file.

    Args:
        format: Always `FORMAT`.
        version: Of the format.
        strategy: The strategy's name.
        code_version: Version of the strategy's code.
        created_at: When the file was made, UNIX seconds.
        origin: What tells the source that a follower takes the cycles from apart.
    """

    format: str = FORMAT
    version: int = VERSION
    strategy: str | None = None
    code_version: str | None = None
    created_at: float | None = None
    origin: str | None = None


class PairLine(Struct):
    """What a pair is, in the source's own words."""

    pair_id: int
    pair: Raw


class RunLine(Struct, kw_only=True):
    """Which run of the strategy the cycles after it are of, and what that run is; the columns are those of `runs`."""

    run_id: str
    started_at: float | None = None
    strategy: str | None = None
    code_version: str | None = None
    code_hash: str | None = None
    git_commit: str | None = None
    git_dirty: bool | None = None
    library: str | None = None
    python: str | None = None
    dependencies: dict[str, Any] | None = None
    seeds: dict[str, Any] | None = None
    data_fingerprint: str | None = None
    expected_interval_seconds: float | None = None
    extra: dict[str, Any] | None = None


class AccountLine(Struct):
    """What happened beside the cycles."""

    trades: Part = {}
    positions: Part = {}
    market: Part = {}
    equity: Part = {}
    messages: Part = {}


class LineProblem(Struct, omit_defaults=True, frozen=True):
    """What of a cycle could not be recorded.

    Args:
        kind: As in `problems`: skipped, patched or odd.
        message: What was expected, what was got, and what was done about it.
        pair: The pair's key in the model.
        field: The field.
    """

    kind: str
    message: str
    pair: str | None = None
    field: str | None = None


class CycleLine(Struct, forbid_unknown_fields=True):
    """One decision."""

    timestamp: float
    signals: Part
    fields: dict[str, Any] = {}
    pipeline: Raw = Raw(b"null")
    message: str | None = None
    extra: dict[str, Any] = {}
    trades: Part | None = None
    equity: dict[str, Any] | None = None
    problems: list[LineProblem] = []
    type: str = "cycle"
    revision: int = 0
    crc32: str = ""


HEADER, PAIR = msgspec.json.Decoder(HeaderLine), msgspec.json.Decoder(PairLine)
RUN = msgspec.json.Decoder(RunLine)
CYCLE, ACCOUNT = msgspec.json.Decoder(CycleLine), msgspec.json.Decoder(AccountLine)
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "header": HEADER,
    "run": RUN,
    "pair": PAIR,
    "cycle": CYCLE,
    "account": ACCOUNT,
}


def checked(kind: str, line: bytes) -> bytes:
    """A line that is to be written, if a reader can read it.

    Raises:
        RecordError: It cannot be read; what is recorded was not made plain enough before.
    """
    try:
        _DECODERS[kind].decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        message = f"cannot record a {kind} line that no reader could read: {error}. Leave the value out."
        raise RecordError(message, line=line) from error
    return line
