"""How is a well-formed snapshot taken apart quickly?

One pass of a typed decoder over the snapshot's bytes. The decoder accepts only the fields that it knows; those that a
file has beyond ours are learned once and then decoded at full speed. `Decoder.read` gives None for a snapshot that is
not quite as it should be, which `snapshot.read_snapshot` then reads value by value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from alpha_model.history.tables import (
    CYCLE_NUMBERS,
    MISHAPS,
    PARTS,
    QUIET,
    SIGNAL_NUMBERS,
    SIZE_NUMBERS,
    UNREADABLE,
    Snapshot,
    coerce,
    diagnosed,
    extra_text,
    key_id,
    pack_flags,
    trade_size_risk_extra,
    unknown_fields,
)
from alpha_model.values import PairId

_MOST_LEARNED = 100
_NOT_LEARNABLE = re.compile(r'[\x00-\x1f"\\]')
"""What msgspec does not accept in the name of a field."""
_NULL = Raw(b"null")
_NOTHING = b"null"
_Rows = tuple[tuple[Any, ...], ...]


class _Reason(Struct, forbid_unknown_fields=True, gc=False):
    stage: str
    code: str
    before_usd: float | None = None
    after_usd: float | None = None
    limit: float | None = None


class _Kind(Struct, gc=False):
    kind: str | None = None


_Numbers = [(name, float | None, None) for name in SIGNAL_NUMBERS]
_SIGNAL_FIELDS: list[tuple[str, Any, Any]] = [
    ("pair", Raw, _NULL),
    ("signal", float | None, None),
    *_Numbers,
    ("old_pair", _Kind | None, None),
    ("synthetic_pair", _Kind | None, None),
    ("position_adjust_ignored", bool | None, None),
    ("carry_forward_position", bool | None, None),
    ("position_id", Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None, None),
    ("flags", list[str] | None, None),
    ("reasons", list[_Reason] | None, None),
    ("trade_size_risk", dict[str, Raw] | None, None),
    ("other_data", Any, None),
    ("signal_id", Raw, _NULL),
]
_RISK_FIELDS: list[tuple[str, Any, Any]] = [
    *((name, float | None, None) for name in SIZE_NUMBERS.values()),
    ("capped", bool | None, None),
    *((name, Raw, _NULL) for name in ("timestamp", "pair", "path", "sizing_type")),
]
_CYCLE_FIELDS: list[tuple[str, Any, Any]] = [
    ("timestamp", float | str | None, None),
    ("pipeline", Raw, _NULL),
    *((name, float | None, None) for name in CYCLE_NUMBERS),
]
_RISK = "position_size_risk"
_PLACE = {name: place for place, name in enumerate([*(name for name, *_ in _SIGNAL_FIELDS), _RISK])}
_OURS = {
    "cycle": {*PARTS, *(name for name, *_ in _CYCLE_FIELDS)},
    "signal": set(_PLACE),
    "risk": {name for name, *_ in _RISK_FIELDS},
}
_ENCODER = msgspec.json.Encoder()
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_PART_FIELDS = msgspec.json.Decoder(dict[str, dict[str, Raw]])
_Part = dict[str, Any]
_Columns = dict[str, Sequence[Any]]
_Extras = defaultdict[int, dict[str, Any]]
_NO_FLAGS = (0, None)


class Decoder:
    """Reads snapshots; keeps what it learned of the file's fields from one to the next."""

    def __init__(self) -> None:
        self._beyond: dict[str, list[str]] = {level: [] for level in _OURS}
        self._flags: dict[tuple[str, ...], tuple[int, list[str] | None]] = {}
        self._ids: dict[str, PairId] = {}
        self._decoder = self._made()

    def read(self, raw: Raw) -> Snapshot | None:
        """The snapshot; None when it is not an alpha model or needs the patient way."""
        try:
            found = self._decoder.decode(raw)
        except UNREADABLE:
            if not self._learn(raw):
                return None
            try:
                found = self._decoder.decode(raw)
            except UNREADABLE:
                return None
        raw_signals, signals = (getattr(found, part) for part in PARTS)
        if raw_signals is UNSET and signals is UNSET:
            return None
        try:
            return self._snapshot(found, raw_signals or {}, signals or {})
        except MISHAPS:
            return None

    def _made(self) -> msgspec.json.Decoder[Any]:
        risk = _struct("Risk", _RISK_FIELDS, self._beyond["risk"], None)
        sized: list[tuple[str, Any, Any]] = [*_SIGNAL_FIELDS, (_RISK, risk | None, None)]
        signal = _struct("Signal", sized, self._beyond["signal"])
        part = dict[str, signal] | UnsetType  # type: ignore[valid-type]  # the class is made at run time
        fields = [*_CYCLE_FIELDS, *((name, part, UNSET) for name in PARTS)]
        return msgspec.json.Decoder(_struct("Cycle", fields, self._beyond["cycle"]))

    def _learn(self, raw: Raw) -> bool:
        """Add the snapshot's unknown fields to those that are decoded; False when there are none."""
        try:
            cycle = _FIELDS.decode(raw)
            signals = [
                signal for part in PARTS if part in cycle for signal in _PART_FIELDS.decode(cycle[part]).values()
            ]
            risks = [_FIELDS.decode(signal[_RISK]) for signal in signals if signal.get(_RISK, _NULL) != _NULL]
        except UNREADABLE:
            return False
        found = {"cycle": [cycle], "signal": signals, "risk": risks}
        learned = False
        for level, objects in found.items():
            beyond = self._beyond[level]
            names = dict.fromkeys(name for fields in objects for name in fields)
            new = [name for name in names if name not in _OURS[level] and name not in beyond]
            if new and len(beyond) + len(new) <= _MOST_LEARNED and not any(map(_NOT_LEARNABLE.search, new)):
                beyond += new
                learned = True
        if learned:
            self._decoder = self._made()
        return learned

    def _snapshot(self, found: Any, raw_signals: _Part, signals: _Part) -> Snapshot | None:
        only_chosen = [key for key in signals if key not in raw_signals]
        ids = self._pair_ids([*raw_signals, *only_chosen])
        if ids is None:
            return None
        chosen = [signals.get(key) for key in raw_signals] + [signals[key] for key in only_chosen]
        own = [signal.signal for signal in raw_signals.values()] + [None] * len(only_chosen)
        in_selection = [None if signal is None else signal.signal for signal in chosen]
        picked = [raw if signal is None else signal for signal, raw in zip(chosen, raw_signals.values(), strict=False)]
        rows = [msgspec.structs.astuple(signal) for signal in (*picked, *chosen[len(raw_signals) :])]
        if rows and not any(_is_signal(row) for row in rows):
            return None
        width = len(_PLACE) + len(self._beyond["signal"])
        transposed = tuple(zip(*rows, strict=True)) or ((),) * width
        columns: _Columns = {
            "pair_id": ids,
            "selected": list(map(bool, in_selection)),
            "signal": [inside if signal is None else signal for signal, inside in zip(own, in_selection, strict=True)],
            "signal_in_selection": in_selection,
            **self._columns(transposed),
        }
        beyond = {name: getattr(found, f"beyond_{place}") for place, name in enumerate(self._beyond["cycle"])}
        present = {name: value for name, value in beyond.items() if value is not UNSET}
        return Snapshot(
            timestamp=coerce.moment(found.timestamp),
            numbers={name: getattr(found, name) for name in CYCLE_NUMBERS},
            raw_count=len(raw_signals),
            signals=columns,
            pairs=dict(zip(ids, transposed[_PLACE["pair"]], strict=True)),
            pipeline=None if bytes(found.pipeline) == _NOTHING else coerce.json_text(found.pipeline),
            extra=extra_text(unknown_fields(present)),
        )

    def _pair_ids(self, keys: list[str]) -> list[PairId] | None:
        """The ids that the keys stand for; None when one stands for none, or two for the same."""
        ids = self._ids
        for key in keys:
            if key not in ids:
                pair_id = key_id(key)
                if pair_id is None:
                    return None
                ids[key] = pair_id
        found = [ids[key] for key in keys]
        return found if len(set(found)) == len(found) else None

    def _columns(self, rows: _Rows) -> _Columns:
        """The columns of signals; one that would be absent throughout is left out."""

        def column(name: str) -> tuple[Any, ...]:
            return rows[_PLACE[name]]

        packed = [self._packed(flags) if flags else _NO_FLAGS for flags in column("flags")]
        columns: _Columns = {
            **{name: column(name) for name in SIGNAL_NUMBERS},
            "old_kind": _kinds(column("old_pair")),
            "synthetic_kind": _kinds(column("synthetic_pair")),
            "ignored": list(map(bool, column("position_adjust_ignored"))),
            "carry_forward": list(map(bool, column("carry_forward_position"))),
            "position_id": column("position_id"),
            "other_data": _other_data(column("other_data")),
            "flag_bits": [bits for bits, _ in packed],
            "other_flags": [others for _, others in packed],
        }
        if not _all_absent(column("reasons")):
            columns["reasons"] = [_plain_reasons(reasons) for reasons in column("reasons")]
        beyond_risk = self._size_risk(column(_RISK), columns)
        if extras := self._extras(rows, beyond_risk):
            texts = dict(zip(extras, _extra_texts(extras.values()), strict=True))
            columns["extra"] = [texts.get(place) for place in range(len(packed))]
        return columns

    def _size_risk(self, risks: Sequence[Any], columns: _Columns) -> _Columns:
        """Add the columns of size risk, where there is some; gives those of the fields beyond ours, by name."""
        beyond = self._beyond["risk"]
        if _all_absent(risks):
            return {}
        nothing: tuple[Any, ...] = (None,) * len(_RISK_FIELDS) + (None,) * len(beyond)
        rows = [nothing if risk is None else msgspec.structs.astuple(risk) for risk in risks]
        transposed = list(zip(*rows, strict=True))
        columns |= dict(zip((*SIZE_NUMBERS, "capped"), transposed, strict=False))
        others: _Columns = dict(zip(beyond, transposed[len(_RISK_FIELDS) :], strict=True))
        for name, told in zip(("size_cap_usd", "tvl"), _diagnosed(others.get("diagnostics_data", ())), strict=True):
            columns[name] = [b if a is None else a for a, b in zip_longest(columns[name], told)]
        return others

    def _extras(self, rows: _Rows, beyond_risk: _Columns) -> _Extras:
        """What the signals say beyond our columns, by the signal's place."""
        found: _Extras = defaultdict(dict)
        for name, values in zip(self._beyond["signal"], rows[len(_PLACE) :], strict=True):
            for place, value in _told(values, QUIET.get(name, ())):
                found[place][name] = value
        for name in sorted(beyond_risk):
            for place, value in enumerate(beyond_risk[name]):
                if value is not None and value != {}:
                    found[place].setdefault(_RISK, {})[name] = value
        for place, risk in enumerate(rows[_PLACE["trade_size_risk"]]):
            if risk is not None and (beyond := trade_size_risk_extra(_unread(risk))):
                found[place]["trade_size_risk"] = beyond
        return found

    def _packed(self, flags: list[str]) -> tuple[int, list[str] | None]:
        key = tuple(flags)
        found = self._flags.get(key)
        if found is None:
            found = self._flags[key] = pack_flags(map(coerce.restored, flags))
        return found


def _diagnosed(column: Sequence[Any]) -> tuple[list[float | None], list[float | None]]:
    """Size caps and TVLs that the diagnostics of size risks tell."""
    found = [diagnosed(data) for data in column]
    return [cap for cap, _ in found], [tvl for _, tvl in found]


def _struct(name: str, fields: list[tuple[str, Any, Any]], beyond: list[str], absent: Any = UNSET) -> type[Struct]:
    """A class that knows our fields and those that were learned."""
    learned = [(f"beyond_{place}", Any, absent) for place in range(len(beyond))]
    rename = {f"beyond_{place}": field for place, field in enumerate(beyond)}
    return msgspec.defstruct(name, [*fields, *learned], forbid_unknown_fields=True, rename=rename, gc=False)


def _is_signal(row: tuple[Any, ...]) -> bool:
    """Does it say anything that only a signal says?"""
    return row[_PLACE["signal"]] is not None or bytes(row[_PLACE["pair"]]) != _NOTHING


def _all_absent(values: Sequence[Any]) -> bool:
    return values.count(None) == len(values)


def _kinds(pairs: Sequence[_Kind | None]) -> list[str | None]:
    kinds = [None if pair is None else pair.kind for pair in pairs]
    if coerce.NON_FINITE_TOKENS.keys().isdisjoint(kinds):
        return kinds
    return [None if kind is None else coerce.restored(kind) for kind in kinds]


def _told(values: tuple[Any, ...], quiet: Collection[Any]) -> list[tuple[int, Any]]:
    """The values that say something, each with its place."""
    if values and values.count(values[0]) == len(values) and (values[0] is UNSET or values[0] in quiet):
        return []  # as in most columns, and counting is quick
    return [(place, value) for place, value in enumerate(values) if value is not UNSET and value not in quiet]


def _extra_texts(extras: Collection[dict[str, Any]]) -> list[str]:
    """`snapshot.extra_text` of each, all at once."""
    lines = _ENCODER.encode_lines([dict(sorted(extra.items())) if len(extra) > 1 else extra for extra in extras])
    return [coerce.checked(line) for line in lines.decode().split("\n")[: len(extras)]]


def _unread(risk: dict[str, Raw]) -> dict[str, Any]:
    """A size risk without the pairs in it, which are most of its bytes."""
    return {name: msgspec.json.decode(value) for name, value in risk.items() if name not in ("pair", "path")}


def _other_data(values: Sequence[Any]) -> list[str]:
    return ["{}" if value is None or value == {} else coerce.compact(value) for value in values]


def _plain_reasons(reasons: list[_Reason] | None) -> list[dict[str, Any]] | None:
    if reasons is None:
        return None
    texts = ({"stage": coerce.restored(reason.stage), "code": coerce.restored(reason.code)} for reason in reasons)
    return [msgspec.structs.asdict(reason) | text for reason, text in zip(reasons, texts, strict=True)]
