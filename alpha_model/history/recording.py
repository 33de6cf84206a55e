"""What of a live model and its trades goes into the record, and what must be refused?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from alpha_model.errors import RecordError
from alpha_model.history import coerce
from alpha_model.history.assemble import Trade
from alpha_model.history.coerce import Micros, OddValueError, ProblemKind
from alpha_model.history.pairs import Identity
from alpha_model.history.snapshot import PARTS, Snapshot, extra_text, is_alpha_model, read_snapshot
from alpha_model.history.trade_rows import TRADE_FIELDS, read_trade
from alpha_model.units import PairId, UsdPrice


def plain_model(model: Any) -> Mapping[str, Any]:
    """A model as plain values: the dictionary itself, or what `to_dict()` gives.

    Raises:
        RecordError: Neither, or no alpha model.
    """
    found = plain(model if isinstance(model, Mapping) else _as_dict(model), "the model")
    if not is_alpha_model(found):
        raise RecordError(
            f"expected an alpha model, got {coerce.shown(model)} without raw_signals and signals. "
            "Pass an AlphaModel, an object with to_dict(), or a snapshot dictionary.",
            got=model,
        )
    return dict(found)


def taken_apart(
    model: Mapping[str, Any],
    prices: Mapping[PairId, UsdPrice],
    quantities: Mapping[PairId, Decimal | float],
    extra: Mapping[str, Any],
) -> tuple[Snapshot, Micros]:
    """A model as the columns of the record, and its time.

    Raises:
        RecordError: The model has no time, or a value that cannot be recorded.
    """
    snapshot = read_snapshot(model, _refuse)
    if snapshot.timestamp is None:
        raise RecordError("a recorded cycle needs a time, got a model whose timestamp is None. Set model.timestamp.")
    pair_ids = snapshot.signals["pair_id"]
    for column, values in (("price", prices), ("old_quantity", quantities)):
        given = [_number(column, pair_id, values.get(pair_id)) for pair_id in pair_ids]
        own = snapshot.signals.get(column, [None] * len(pair_ids))
        snapshot.signals[column] = [old if new is None else new for new, old in zip(given, own, strict=True)]
    if extra:
        own_extra = {} if snapshot.extra is None else msgspec.json.decode(snapshot.extra)
        snapshot.extra = extra_text(own_extra | plain(dict(extra), "extra"))
    return snapshot, snapshot.timestamp


def recorded_trades(
    trades: Iterable[Any] | None, timestamp: Micros
) -> tuple[list[Trade] | None, dict[PairId, Identity]]:
    """Trades as rows, and the pairs that they are filed under; None stays None.

    Args:
        trades: `TradeExecution`, or objects or dictionaries with the same names.
        timestamp: The time of a trade that does not say when it was opened.

    Raises:
        RecordError: A trade has a value that cannot be recorded.
    """
    if trades is None:
        return None, {}
    rows: list[Trade] = []
    pairs: dict[PairId, Identity] = {}
    for place, trade in enumerate(trades):
        fields = plain(_trade_fields(trade), f"trade {place}")
        if not isinstance(fields.get("pair"), Mapping):
            raise RecordError(f"trade {place} needs a pair, got {coerce.shown(fields.get('pair'))}.", got=trade)
        found = read_trade(fields, _Refusal(("trade", str(place))), otherwise=timestamp)
        assert found is not None
        row, pair = found
        rows.append(row)
        pairs[row["pair_id"]] = pair
    return rows, pairs


def plain(value: Any, what: str) -> Any:
    """A value in JSON's types, with keys as text; enums by value, decimals and times as text.

    Raises:
        RecordError: It holds an object that JSON has no form for.
    """
    try:
        return msgspec.to_builtins(value, str_keys=True, enc_hook=_plain_object)
    except (TypeError, ValueError, RecursionError) as error:
        raise RecordError(
            f"cannot record {what}: {error}. Use numbers, text, lists and dictionaries.", got=value
        ) from error


def _plain_object(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _as_dict(value: Any) -> Any:
    return value.to_dict() if hasattr(value, "to_dict") else None


def _trade_fields(trade: Any) -> dict[str, Any]:
    is_mapping = isinstance(trade, Mapping)
    fields = {name: trade.get(name) if is_mapping else getattr(trade, name, None) for name in TRADE_FIELDS}
    pair = fields["pair"]
    return fields | ({} if isinstance(pair, Mapping) else {"pair": _as_dict(pair)})


def _number(column: str, pair_id: PairId, value: object) -> float | None:
    try:
        return coerce.number(plain(value, column))
    except OddValueError as error:
        raise RecordError(
            f"{error} as {column} of pair {pair_id}. Leave out what is not known.", pair_id=pair_id, field=column
        ) from None


class _Refusal:
    """A `Report` that raises: what a reader would note down, a recorder does not write.

    Args:
        prefix: Where the value is, before the path that is reported.
    """

    def __init__(self, prefix: Sequence[str] = ()) -> None:
        self._prefix = prefix

    def __call__(self, kind: ProblemKind, message: str, path: Sequence[str]) -> None:
        """Refuse the value."""
        del kind
        whole = [*self._prefix, *path]
        in_part = len(path) > 1 and path[0] in PARTS
        where = f"pair {path[1]}, {'.'.join(path[2:])} (in {path[0]})" if in_part else " ".join(whole)
        raise RecordError(
            f"cannot record the cycle: {message.rsplit('; ', 1)[0]} at {where}. "
            "Nothing was written; correct the value, or set it to None where it is not known.",
            pair=path[1] if in_part else None,
            field=path[-1],
            path=tuple(whole),
        )


_refuse = _Refusal()
