"""How is a well-formed snapshot taken apart quickly?

One pass of a typed decoder over the snapshot's bytes. The decoder accepts only the fields that it knows; those that a
file has beyond ours are learned once and then decoded at full speed. `Decoder.read` gives None for a snapshot that is
not quite as it should be, which `snapshot.read_snapshot` then reads value by value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from alpha_model.history import coerce
from alpha_model.history.coerce import OddValueError
from alpha_model.history.rawjson import UNREADABLE
from alpha_model.history.schema import pack_flags
from alpha_model.history.snapshot import (
    CYCLE_NUMBERS,
    PARTS,
    QUIET,
    SIGNAL_NUMBERS,
    SIZE_NUMBERS,
    Snapshot,
    extra_text,
    is_selected,
    key_id,
    other_data_text,
    size_risk_extra,
    trade_size_risk_extra,
    unknown_fields,
)
from alpha_model.units import PairId

_MOST_LEARNED = 100
_MOST_CACHED = 10_000
_NULL = Raw(b"null")
_NOTHING = b"null"
_EMPTY = (b"{}", _NOTHING)
_Rows = tuple[tuple[Any, ...], ...]


class _Reason(Struct, forbid_unknown_fields=True, gc=False):
    stage: str
    code: str
    before_usd: float | None = None
    after_usd: float | None = None
    limit: float | None = None


_Numbers = [(name, float | None, None) for name in SIGNAL_NUMBERS]
_SIGNAL_FIELDS: list[tuple[str, Any, Any]] = [
    ("pair", Raw, _NULL),
    ("signal", float | None, None),
    *_Numbers,
    ("old_pair", Raw, _NULL),
    ("synthetic_pair", Raw, _NULL),
    ("position_adjust_ignored", bool | None, None),
    ("carry_forward_position", bool | None, None),
    ("position_id", int | None, None),
    ("flags", list[str] | None, None),
    ("reasons", list[_Reason] | None, None),
    ("position_size_risk", Raw, _NULL),
    ("trade_size_risk", Raw, _NULL),
    ("other_data", Raw, _NULL),
    ("signal_id", Raw, _NULL),
]
_CYCLE_FIELDS: list[tuple[str, Any, Any]] = [
    ("timestamp", float | str | None, None),
    ("pipeline", Raw, _NULL),
    *((name, float | None, None) for name in CYCLE_NUMBERS),
]
_PLACE = {name: place for place, (name, _type, _default) in enumerate(_SIGNAL_FIELDS)}
_OURS = {"cycle": {*PARTS, *(name for name, *_ in _CYCLE_FIELDS)}, "signal": set(_PLACE)}
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_PART_FIELDS = msgspec.json.Decoder(dict[str, dict[str, Raw]])
_Part = dict[str, Any]


class Decoder:
    """Reads snapshots; keeps what it learned of the file's fields from one to the next."""

    def __init__(self) -> None:
        self._beyond: dict[str, list[str]] = {"cycle": [], "signal": []}
        self._kinds: dict[bytes, str | None] = {}
        self._flags: dict[tuple[str, ...], tuple[int, list[str] | None]] = {}
        self._ids: dict[str, PairId | None] = {}
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
        except (OddValueError, *UNREADABLE):
            return None

    def _made(self) -> msgspec.json.Decoder[Any]:
        signal = _struct("Signal", _SIGNAL_FIELDS, self._beyond["signal"])
        part = dict[str, signal] | UnsetType  # type: ignore[valid-type]  # the class is made at run time
        fields = [*_CYCLE_FIELDS, *((name, part, UNSET) for name in PARTS)]
        return msgspec.json.Decoder(_struct("Cycle", fields, self._beyond["cycle"]))

    def _learn(self, raw: Raw) -> bool:
        """Add the snapshot's unknown fields to those that are decoded; False when there are none."""
        try:
            cycle = _FIELDS.decode(raw)
            parts = [_PART_FIELDS.decode(cycle[part]) for part in PARTS if part in cycle]
        except UNREADABLE:
            return False
        if not parts:
            return False
        in_signals = dict.fromkeys(name for part in parts for signal in part.values() for name in signal)
        found = {"cycle": list(cycle), "signal": list(in_signals)}
        learned = False
        for level, names in found.items():
            beyond = self._beyond[level]
            new = [name for name in names if name not in _OURS[level] and name not in beyond]
            if new and len(beyond) + len(new) <= _MOST_LEARNED:
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
        width = len(_PLACE) + len(self._beyond["signal"])
        transposed = tuple(zip(*rows, strict=True)) or ((),) * width
        columns: dict[str, Sequence[Any]] = {
            "pair_id": ids,
            "selected": [is_selected(signal) for signal in in_selection],
            "signal": [inside if signal is None else signal for signal, inside in zip(own, in_selection, strict=True)],
            "signal_in_selection": in_selection,
            **self._columns(transposed),
        }
        beyond = {name: getattr(found, f"beyond_{place}") for place, name in enumerate(self._beyond["cycle"])}
        present = {name: msgspec.json.decode(value) for name, value in beyond.items() if value is not UNSET}
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
        found = []
        for key in keys:
            if key not in self._ids:
                self._ids[key] = key_id(key)
            pair_id = self._ids[key]
            if pair_id is None:
                return None
            found.append(pair_id)
        return found if len(set(found)) == len(found) else None

    def _columns(self, rows: _Rows) -> dict[str, Sequence[Any]]:
        """The columns of signals; one that would be absent throughout is left out."""

        def column(name: str) -> tuple[Any, ...]:
            return rows[_PLACE[name]]

        extras = self._extras(rows)
        columns: dict[str, Sequence[Any]] = {
            **{name: column(name) for name in SIGNAL_NUMBERS},
            "old_kind": [self._kind(pair) for pair in column("old_pair")],
            "synthetic_kind": [self._kind(pair) for pair in column("synthetic_pair")],
            "ignored": [value is True for value in column("position_adjust_ignored")],
            "carry_forward": [value is True for value in column("carry_forward_position")],
            "position_id": column("position_id"),
            "other_data": [_other_data(value) for value in column("other_data")],
        }
        packed = [self._packed(flags) for flags in column("flags")]
        columns["flag_bits"] = [bits for bits, _ in packed]
        columns["other_flags"] = [others for _, others in packed]
        if any(reasons is not None for reasons in column("reasons")):
            columns["reasons"] = [_plain_reasons(reasons) for reasons in column("reasons")]
        risks, trade_risks = list(map(bytes, column("position_size_risk"))), map(bytes, column("trade_size_risk"))
        columns |= _size_risk(risks, extras)
        for place, risk in enumerate(trade_risks):
            if risk != _NOTHING and (beyond := trade_size_risk_extra(_unread(risk))):
                extras[place]["trade_size_risk"] = beyond
        if extras:
            columns["extra"] = [extra_text(extras[place]) if place in extras else None for place in range(len(risks))]
        return columns

    def _extras(self, rows: _Rows) -> defaultdict[int, dict[str, Any]]:
        """The fields that we do not know, of the signals that have some, by the signal's place."""
        found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
        for name, values in zip(self._beyond["signal"], rows[len(_PLACE) :], strict=True):
            quiet = [msgspec.json.encode(value) for value in QUIET.get(name, ())]
            for place, value in enumerate(values):
                if value is not UNSET and (text := bytes(value)) not in quiet:
                    found[place] |= unknown_fields({name: msgspec.json.decode(text)})
        return found

    def _packed(self, flags: list[str] | None) -> tuple[int, list[str] | None]:
        if not flags:
            return 0, None
        key = tuple(flags)
        found = self._flags.get(key)
        if found is None:
            found = self._flags[key] = pack_flags(map(coerce.restored, flags))
        return found

    def _kind(self, pair: Raw) -> str | None:
        """The kind of a pair; the same few descriptions come again in every cycle."""
        text = bytes(pair)
        if text == _NOTHING:
            return None
        if text not in self._kinds:
            if len(self._kinds) >= _MOST_CACHED:
                self._kinds.clear()
            kind = _KIND.decode(text).kind
            self._kinds[text] = None if kind is None else coerce.restored(kind)
        return self._kinds[text]


class _Kind(Struct):
    kind: str | None = None


class _Risk(Struct, gc=False):
    asked_size: float | None = None
    accepted_size: float | None = None
    size_cap_usd: float | None = None
    tvl: float | None = None
    mid_price: float | None = None
    capped: bool | None = None


_KIND = msgspec.json.Decoder(_Kind)
_NO_RISK = _Risk()
_RISK = msgspec.json.Decoder(_Risk)


def _struct(name: str, fields: list[tuple[str, Any, Any]], beyond: list[str]) -> type[Struct]:
    learned = [(f"beyond_{place}", Raw | UnsetType, UNSET) for place in range(len(beyond))]
    rename = {f"beyond_{place}": field for place, field in enumerate(beyond)}
    return msgspec.defstruct(name, [*fields, *learned], forbid_unknown_fields=True, rename=rename, gc=False)


def _unread(risk: bytes) -> dict[str, Any]:
    """A size risk without the pairs in it, which are most of its bytes."""
    fields = _FIELDS.decode(risk)
    return {name: msgspec.json.decode(value) for name, value in fields.items() if name not in ("pair", "path")}


def _other_data(value: Raw) -> str:
    return "{}" if bytes(value) in _EMPTY else other_data_text(msgspec.json.decode(value))


def _plain_reasons(reasons: list[_Reason] | None) -> list[dict[str, Any]] | None:
    if reasons is None:
        return None
    texts = ({"stage": coerce.restored(reason.stage), "code": coerce.restored(reason.code)} for reason in reasons)
    return [msgspec.structs.asdict(reason) | text for reason, text in zip(reasons, texts, strict=True)]


def _size_risk(risks: Sequence[bytes], extras: defaultdict[int, dict[str, Any]]) -> dict[str, Sequence[Any]]:
    """The columns of size risk; what lies beyond them is added to `extras`."""
    if all(risk == _NOTHING for risk in risks):
        return {}
    found = [_NO_RISK if risk == _NOTHING else _RISK.decode(risk) for risk in risks]
    for place, risk in enumerate(risks):
        if risk != _NOTHING and (beyond := size_risk_extra(_unread(risk))):
            extras[place]["position_size_risk"] = beyond
    columns = {column: [getattr(risk, name) for risk in found] for column, name in SIZE_NUMBERS.items()}
    return {**columns, "capped": [risk.capped for risk in found]}
