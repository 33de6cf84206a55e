"""What does one snapshot of an alpha model say: its cycle, its signals and its pairs?

This is the patient way: value by value, whatever their types, every oddity reported. `decoder` has the fast way for
the snapshots that need no patience; both give the same `Snapshot`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeGuard

from msgspec import Raw

from alpha_model.history.tables import coerce
from alpha_model.history.tables.coerce import Micros, OddValueError, ProblemKind
from alpha_model.history.tables.pairs import Identity, pair_id_of
from alpha_model.history.tables.problems import PAIR_TWICE
from alpha_model.history.tables.schema import pack_flags
from alpha_model.values import PairId

PARTS = ("raw_signals", "signals")
"""The two dictionaries of a snapshot: every signal of the cycle, and the selection."""

CYCLE_NUMBERS = (
    "investable_equity",
    "accepted_investable_equity",
    "size_risk_discarded_value",
    "max_position_adjust_usd",
    "position_adjust_threshold_usd",
    "close_position_weight_epsilon",
)
"""Numbers of the cycle, in a snapshot as in `cycles`."""

SIGNAL_NUMBERS = (
    "raw_weight",
    "normalised_weight",
    "old_weight",
    "old_value",
    "position_target",
    "position_adjust_usd",
    "position_adjust_quantity",
    "leverage",
    "stop_loss",
    "take_profit",
    "trailing_stop_loss",
    "profit_before_trades",
    "profit_before_trades_pct",
)
"""Numbers of a signal that have the same name in a snapshot and in `signals`."""

SIZE_NUMBERS = {
    "asked": "asked_size",
    "accepted": "accepted_size",
    "size_cap_usd": "size_cap_usd",
    "tvl": "tvl",
    "price": "mid_price",
}
"""Columns of `signals`, and the number of `position_size_risk` that each holds."""

_NOTHING = Raw(b"null")
_KNOWN_CYCLE = frozenset({"timestamp", "pipeline", *PARTS, *CYCLE_NUMBERS})
_KNOWN_RISK = frozenset({"timestamp", "pair", "path", "sizing_type", "capped", *SIZE_NUMBERS.values()})
_KNOWN_SIGNAL = frozenset(
    {
        *("pair", "signal", "signal_id", "old_pair", "synthetic_pair", "position_id", "position_adjust_ignored"),
        *("carry_forward_position", "position_size_risk", "trade_size_risk", "other_data", "flags", "reasons"),
        *SIGNAL_NUMBERS,
    }
)
QUIET = {"redemption_check_results": (None, []), "override_stop_loss": (None, False)}
"""Fields that every snapshot of some frameworks has, and the values that say nothing."""


_REASON = {
    **dict.fromkeys(("stage", "code"), coerce.text),
    **dict.fromkeys(("before_usd", "after_usd", "limit"), coerce.number),
}
"""What a reason consists of."""


class Report(Protocol):
    """Takes an oddity of a snapshot: a problem for a reader, an error for the recorder."""

    def __call__(self, kind: ProblemKind, message: str, path: Sequence[str]) -> None:
        """Report what is wrong; `path` leads to the value: part, pair key, field …, or just a field of the cycle."""


@dataclass(slots=True)
class Snapshot:
    """One cycle, taken apart into what the tables hold.

    Args:
        timestamp: Decision time; None when the snapshot has none.
        numbers: The cycle's numbers, by column of `cycles`.
        raw_count: How many of the signals, the first ones, are raw signals.
        signals: Columns of `signals` without cycle and timestamp, all of the same length.
        pairs: What the snapshot says of its pairs.
        pipeline: Settings of the steps, JSON.
        extra: Fields that the schema does not know, JSON.
    """

    timestamp: Micros | None
    numbers: dict[str, float | None]
    raw_count: int
    signals: dict[str, Sequence[Any]]
    pairs: dict[PairId, Identity] = field(default_factory=dict)
    pipeline: str | None = None
    extra: str | None = None

    def __len__(self) -> int:
        return len(self.signals["pair_id"])


def is_alpha_model(snapshot: object) -> bool:
    """Is this a snapshot of an alpha model, and not something else that a strategy noted down?

    A cycle without signals is one. Where there is something under `signals`, some of it must look like a signal.
    """
    if not isinstance(snapshot, Mapping):
        return False
    parts = [snapshot[part] for part in PARTS if isinstance(snapshot.get(part), (Mapping, list))]
    entries = [signal for part in parts for _, signal in members_of(part)]
    return bool(parts) and (not entries or any(map(_is_signal, entries)))


def _is_signal(entry: object) -> bool:
    return isinstance(entry, Mapping) and ("signal" in entry or isinstance(entry.get("pair"), Mapping))


def members_of(part: object) -> list[tuple[str, Any]]:
    """The signals of one part with their keys; a list of signals has their places, as `[0]`."""
    if isinstance(part, Mapping):
        return [(str(key), value) for key, value in part.items()]
    return [(f"[{place}]", value) for place, value in enumerate(part)] if isinstance(part, list) else []


def read_snapshot(
    snapshot: Mapping[str, Any],
    report: Report,
    parts: Mapping[str, list[tuple[str, Any]]] | None = None,
) -> Snapshot:
    """Take a snapshot apart, value by value.

    Args:
        snapshot: As an alpha model's `to_dict` gives it, in plain values.
        report: Called for each oddity.
        parts: The members of each part, where the snapshot's dictionaries would hide some of the same key.
    """
    reader = _Reader(report)
    signals = {
        part: reader.keyed(part, parts[part] if parts and part in parts else members_of(snapshot.get(part)))
        for part in PARTS
    }
    raw, chosen = signals["raw_signals"], signals["signals"]
    pair_ids = [*raw, *(pair_id for pair_id in chosen if pair_id not in raw)]
    rows = [reader.row(pair_id, raw.get(pair_id), chosen.get(pair_id)) for pair_id in pair_ids]
    pairs: dict[PairId, Identity] = {}
    for part in PARTS:
        for pair_id, (_key, signal) in signals[part].items():
            pair = signal.get("pair")
            pairs[pair_id] = pair if isinstance(pair, Mapping) else pairs.get(pair_id, {})
    extra = unknown_fields(snapshot, _KNOWN_CYCLE)
    return Snapshot(
        timestamp=reader.value(coerce.moment, snapshot, "timestamp", ()),
        numbers={name: reader.value(coerce.number, snapshot, name, ()) for name in CYCLE_NUMBERS},
        raw_count=len(raw),
        signals={name: [row[name] for row in rows] for name in _ROW_NAMES},
        pairs=pairs,
        pipeline=reader.value(pipeline_text, snapshot, "pipeline", ()),
        extra=reader.value(extra_text, {"extra": extra}, "extra", ()),
    )


def unknown_fields(fields: Mapping[str, Any], known: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields that we do not know, without those that are known to say nothing."""
    if known.issuperset(fields):
        return {}
    return {
        str(name): value
        for name, value in fields.items()
        if name not in known and not (name in QUIET and value in QUIET[name])
    }


def size_risk_extra(risk: object) -> dict[str, Any]:
    """What a size risk says beyond our columns: diagnostics, quantities, fields that we do not know."""
    found = risk if isinstance(risk, Mapping) else {}
    return {name: found[name] for name in sorted(set(found) - _KNOWN_RISK) if found[name] not in (None, {})}


def diagnosed(data: object) -> tuple[float | None, float | None]:
    """The size cap and the TVL, USD, that the diagnostics of a size risk tell: a cap, or a share of the TVL."""
    found = data if isinstance(data, Mapping) else {}
    cap, tvl, share = (found.get(name) for name in ("cap", "tvl", "cap_pct"))
    pool = float(tvl) if is_amount(tvl) else None
    if is_amount(cap):
        return float(cap), pool
    return (share * pool if pool is not None and is_amount(share) else None), pool


def is_amount(value: Any) -> TypeGuard[float]:
    """Is it a finite number, not below 0?"""
    return type(value) in (int, float) and 0 <= value < float("inf")


def trade_size_risk_extra(risk: object) -> dict[str, Any]:
    """What the size risk of the single trade says, without its pair."""
    if not isinstance(risk, Mapping):
        return {}
    return {name: value for name, value in risk.items() if name not in ("pair", "path") and value not in (None, {})}


def extra_text(extra: Any) -> str | None:
    """The unknown fields, a mapping, as JSON, by name; None when there are none.

    Raises:
        OddValueError: As `coerce.json_text`.
    """
    return coerce.json_text({name: extra[name] for name in sorted(extra)}) if extra else None


def pipeline_text(value: object) -> str | None:
    """Settings of the steps as JSON; None when they are absent.

    Raises:
        OddValueError: As `coerce.json_text`.
    """
    return None if value is None or value == _NOTHING else coerce.json_text(value)


def other_data_text(value: object) -> str:
    """Free data of the strategy as JSON; what is absent is empty.

    Raises:
        OddValueError: As `coerce.json_text`.
    """
    return coerce.json_text(value) if value not in (None, {}) else "{}"


def key_id(key: str) -> PairId | None:
    """The pair id that a dictionary key stands for; None for `null` and other texts."""
    try:
        found = int(key)
    except ValueError:
        return None
    return found if -(2**63) <= found < 2**63 else None


def read_reasons(value: object, part: Callable[..., Any]) -> list[dict[str, Any]] | None:
    """What each step did to a signal.

    Args:
        value: A list of reasons; None is not known.
        part: Given a function of `coerce`, a reason and a name, the value of that name; reports an odd one as absent.

    Raises:
        OddValueError: Not a list of reasons.
    """
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or not all(isinstance(reason, Mapping) for reason in value):
        raise OddValueError(f"expected a list of reasons, got {coerce.shown(value)}")
    return [{name: part(convert, reason, name) for name, convert in _REASON.items()} for reason in value]


def is_selected(signal: float | None) -> bool:
    """Is a pair with this signal in the selection selected? Not when it is only held."""
    return signal is not None and signal != 0


_ROW_NAMES = (
    *("pair_id", "selected", "signal", "signal_in_selection", *SIGNAL_NUMBERS, "old_kind", "synthetic_kind"),
    *("ignored", "capped", *SIZE_NUMBERS, "flag_bits", "other_flags", "position_id", "carry_forward", "reasons"),
    *("other_data", "extra"),
)

_Keyed = dict[PairId, tuple[str, Mapping[str, Any]]]


class _Reader:
    """Reads values and reports those that are odd, with the path to them."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def value(self, convert: Callable[[object], Any], fields: Mapping[str, Any], name: str, path: Iterable[str]) -> Any:
        """One field; None when it is absent or odd."""
        try:
            return convert(fields.get(name))
        except OddValueError as error:
            self._report(error.kind, f"{error}; left out", (*path, name))
            return None

    def keyed(self, part: str, entries: list[tuple[str, Any]]) -> _Keyed:
        """The signals of a part by pair id."""
        found: _Keyed = {}
        for key, signal in entries:
            if not isinstance(signal, Mapping):
                self._report("skipped", f"expected a signal, got {coerce.shown(signal)}; skipped", (part, key))
                continue
            pair_id = self._pair_id(part, key, signal)
            if pair_id in found:
                self._report("odd", PAIR_TWICE, (part, key))
            found[pair_id] = key, signal
        return found

    def _pair_id(self, part: str, key: str, signal: Mapping[str, Any]) -> PairId:
        if (found := key_id(key)) is not None:
            return found
        pair = signal.get("pair")
        described = pair if isinstance(pair, Mapping) else {}
        stated = self.value(coerce.whole, described, "internal_id", (part, key, "pair"))
        return pair_id_of({**described, "internal_id": stated})

    def row(
        self,
        pair_id: PairId,
        raw: tuple[str, Mapping[str, Any]] | None,
        chosen: tuple[str, Mapping[str, Any]] | None,
    ) -> dict[str, Any]:
        """One row of `signals`: the raw signal's value, everything else from the selection where the pair is there."""
        values: dict[str, float | None] = {}
        for part, entry in zip(PARTS, (raw, chosen), strict=True):
            if entry is not None:
                values[part] = self.value(coerce.number, entry[1], "signal", (part, entry[0]))
        if raw and chosen and raw[1] != chosen[1]:
            self._own_fields(raw[1], ("raw_signals", raw[0]))  # not kept: a look for oddities
        part, (key, fields) = ("signals", chosen) if chosen else ("raw_signals", raw or ("", {}))
        in_selection = values.get("signals")
        signal = values.get("raw_signals")
        row = self._own_fields(fields, (part, key))
        row |= self._size_risk(fields, (part, key), row.pop("_extra"))
        return row | {
            "pair_id": pair_id,
            "selected": is_selected(in_selection),
            "signal": in_selection if signal is None else signal,
            "signal_in_selection": in_selection,
        }

    def _own_fields(self, fields: Mapping[str, Any], path: tuple[str, str]) -> dict[str, Any]:
        row: dict[str, Any] = {name: self.value(coerce.number, fields, name, path) for name in SIGNAL_NUMBERS}
        bits, others = pack_flags(self.value(coerce.names, fields, "flags", path) or [])
        inside = partial(self.value, path=(*path, "reasons"))
        return row | {
            "old_kind": self._kind(fields, "old_pair", path),
            "synthetic_kind": self._kind(fields, "synthetic_pair", path),
            "ignored": bool(self.value(coerce.truth, fields, "position_adjust_ignored", path)),
            "carry_forward": bool(self.value(coerce.truth, fields, "carry_forward_position", path)),
            "position_id": self.value(coerce.whole, fields, "position_id", path),
            "flag_bits": bits,
            "other_flags": others,
            "reasons": self.value(lambda found: read_reasons(found, inside), fields, "reasons", path),
            "other_data": self.value(other_data_text, fields, "other_data", path) or "{}",
            "_extra": unknown_fields(fields, _KNOWN_SIGNAL),
        }

    def _size_risk(self, fields: Mapping[str, Any], path: tuple[str, str], extra: dict[str, Any]) -> dict[str, Any]:
        risk = fields.get("position_size_risk")
        if risk is not None and not isinstance(risk, Mapping):
            message = f"expected a size risk, got {coerce.shown(risk)}; left out"
            self._report("odd", message, (*path, "position_size_risk"))
        known = risk if isinstance(risk, Mapping) else {}
        inside = (*path, "position_size_risk")
        row: dict[str, Any] = {
            column: self.value(coerce.number, known, name, inside) for column, name in SIZE_NUMBERS.items()
        }
        cap, tvl = diagnosed(known.get("diagnostics_data"))
        row["size_cap_usd"] = cap if row["size_cap_usd"] is None else row["size_cap_usd"]
        row["tvl"] = tvl if row["tvl"] is None else row["tvl"]
        row["capped"] = self.value(coerce.truth, known, "capped", inside)
        if beyond := size_risk_extra(risk):
            extra["position_size_risk"] = beyond
        if beyond := trade_size_risk_extra(fields.get("trade_size_risk")):
            extra["trade_size_risk"] = beyond
        row["extra"] = self.value(extra_text, {"extra": extra}, "extra", path)
        return row

    def _kind(self, fields: Mapping[str, Any], name: str, path: tuple[str, str]) -> str | None:
        pair = fields.get(name)
        if pair is None:
            return None
        if not isinstance(pair, Mapping):
            self._report("odd", f"expected a pair, got {coerce.shown(pair)}; left out", (*path, name))
            return None
        kind = self.value(coerce.text, pair, "kind", (*path, name))
        return None if kind is None else str(kind)
