"""What of a live model, and of what is told beside it, goes into the record, and what is left out with a word?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from alpha_model.history.assemble import Trade
from alpha_model.history.record.beside import Book, Quote, held_rows, pair_id_of_key
from alpha_model.history.record.line_types import LineProblem, RunLine
from alpha_model.history.record.lines import ACCOUNT_COLUMNS, TIME_COLUMNS, AccountRow, cycle_content, identity_text
from alpha_model.history.record.notes import Notes
from alpha_model.history.record.plain import plain
from alpha_model.history.state import TRADE_FIELDS, read_trade
from alpha_model.history.tables import (
    Identity,
    Micros,
    OddValueError,
    ProblemKind,
    Report,
    Snapshot,
    coerce,
    extra_text,
    is_alpha_model,
    read_snapshot,
)
from alpha_model.values import PairId, RecordError, Usd, UsdPrice

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """What the portfolio is worth at one moment.

    Args:
        total_equity: Cash + positions, USD.
        cash: USD.
    """

    total_equity: Usd | None = None
    cash: Usd | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What a strategy tells beside its model; `HistoryRecorder.append` describes each.

    Whatever else is to be told one day is a field here, and a line in `recorded`.
    """

    trades: Iterable[Any] | None = None
    message: str | Sequence[str] | None = None
    prices: Mapping[Any, UsdPrice | Quote] | None = None
    tvl: Mapping[Any, Usd] | None = None
    quantities: Mapping[PairId, Decimal | float] | None = None
    positions: Any = None
    equity: EquityPoint | None = None
    state: Any = None
    extra: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A cycle as `records` writes it.

    Args:
        timestamp: Decision time.
        content: As `records.cycle_content` gives it.
        pairs: Identities of pairs as JSON; those that are on file already are not written again.
        traded: The same of pairs that only stand beside it: written where the file does not know the pair at all.
        account: What happened beside the cycle.
        run: Which run of the strategy it is of; None where that is not known.
    """

    timestamp: Micros
    content: bytes
    pairs: Mapping[PairId, str]
    traded: Mapping[PairId, str] = field(default_factory=dict)
    account: Sequence[AccountRow] = ()
    run: RunLine | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a cycle that was appended.

    Args:
        timestamp: Its time, naive UTC.
        revision: 0, or how many times the cycle had been written before.
        is_new: False when the very same cycle was on file already and nothing was written.
        problems: What of the cycle could not be recorded.
    """

    timestamp: datetime
    revision: int
    is_new: bool
    problems: tuple[LineProblem, ...] = ()


def recorded(model: Any, beside: Beside, notes: Notes, earlier: Iterable[Micros] = ()) -> Entry:
    """A cycle as it is recorded.

    Args:
        model: An `AlphaModel`, any object with `to_dict()` of the same layout, or such a dictionary.
        beside: What is told with it.
        notes: Told what is left out.
        earlier: The times of the cycles that are on file.

    Raises:
        RecordError: It is no alpha model, or has no time; or, if the notes are strict, anything that is left out.
    """
    snapshot, timestamp = _taken_apart(_plain_model(model, notes), notes)
    known = set(snapshot.signals["pair_id"])
    _fill(snapshot, "old_quantity", _by_pair("quantities", beside.quantities, known, notes))
    book = Book(notes)
    book.take("prices", "price", beside.prices)
    book.take("tvl", "tvl", beside.tvl)
    book.fill(snapshot)
    holdings, held = held_rows(beside.positions, timestamp, notes)
    _add_extra(snapshot, beside.extra, notes)
    happened, named = _happened(beside.state, timestamp, earlier, notes)
    told = [] if beside.trades is None and beside.state is not None else beside.trades
    trades, traded = _trades(told, timestamp, notes)
    message, equity = _message(beside.message, notes), _equity(beside.equity, notes)
    content = cycle_content(snapshot, message=message, trades=trades, equity=equity, problems=notes.problems())
    own = {pair_id: identity_text(identity) for pair_id, identity in snapshot.pairs.items()}
    beyond = book.pairs | held | traded
    others = {pair_id: text for pair_id, text in named.items() if pair_id not in own}
    others |= {pair_id: identity_text(identity) for pair_id, identity in beyond.items() if pair_id not in own}
    return Entry(timestamp, content, own, others, [*happened, *holdings, *book.rows(timestamp, snapshot.signals)])


def executed_rows(trades: Any, timestamp: Micros, notes: Report) -> tuple[list[AccountRow], dict[PairId, str]]:
    """What became of trades, as rows beside the cycles, and the pairs that they name."""
    rows, pairs = _trades(trades, timestamp, notes)
    names = ACCOUNT_COLUMNS["trades"]
    told = [row | {name: _seconds_of(row[name]) for name in TIME_COLUMNS if name in row} for row in rows or ()]
    made = [("trades", tuple(_as_text(row.get(name)) for name in names)) for row in told]
    return made, {pair_id: identity_text(pair) for pair_id, pair in pairs.items()}


def _seconds_of(when: Micros | None) -> float | None:
    return None if when is None else coerce.to_seconds(when)


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _happened(
    state: Any, timestamp: Micros, earlier: Iterable[Micros], notes: Report
) -> tuple[list[AccountRow], dict[PairId, str]]:
    """What a state tells of the time since the cycle before."""
    if state is None:
        return [], {}
    from alpha_model.history.record.working_state import happened  # noqa: PLC0415 - a reader, which most recorders never need

    before = max((when for when in earlier if when < timestamp), default=None)
    return happened(state, [timestamp] if before is None else [before, timestamp], notes)


def _plain_model(model: Any, notes: Report) -> dict[str, Any]:
    given = model if isinstance(model, Mapping) else _fields_of(model, notes)
    found = plain(given, notes)
    if not is_alpha_model(found):
        raise RecordError(
            f"expected an alpha model, got {coerce.shown(model)} without raw_signals and signals. "
            "Pass an AlphaModel, an object with to_dict(), or a snapshot dictionary.",
            got=model,
        )
    return dict(found)


def _fields_of(model: Any, notes: Report) -> Any:
    """What `to_dict()` gives; where it fails, the attributes that it would have told of."""
    if not hasattr(model, "to_dict"):
        return None
    try:
        return model.to_dict()
    except Exception as error:  # noqa: BLE001 - a stranger's to_dict() may raise anything
        notes(
            "odd", f"to_dict() of the model failed with {coerce.shown(error)}; its fields are read instead", ("model",)
        )
        return getattr(model, "__dict__", None)


def _taken_apart(model: Mapping[str, Any], notes: Report) -> tuple[Snapshot, Micros]:
    snapshot = read_snapshot(model, notes)
    if snapshot.timestamp is None:
        raise RecordError(
            f"a recorded cycle needs a time, got a model whose timestamp is {coerce.shown(model.get('timestamp'))}. "
            "Set model.timestamp."
        )
    return snapshot, _as_read(snapshot.timestamp)


def _as_read(when: Micros) -> Micros:
    """The time as it will be read back: UNIX seconds far from today have no room for every microsecond."""
    try:
        found = coerce.moment(coerce.to_seconds(when))
    except OddValueError:  # rounded up, past the last year
        found = None
    return when // _SECOND * _SECOND if found is None else found


def _by_pair(name: str, values: Any, known: AbstractSet[PairId], notes: Report) -> dict[PairId, float]:
    """Numbers by pair id; those of other pairs than the known ones are noted."""
    if values is not None and not hasattr(values, "items"):
        notes("odd", f"expected numbers by pair id, got {coerce.shown(values)}; left out", (name,))
        return {}
    found: dict[PairId, float] = {}
    for key, value in () if values is None else values.items():
        pair_id = pair_id_of_key(key)
        where = (name, coerce.shown(key) if pair_id is None else str(pair_id))
        number = _read(coerce.number, value, notes, where)
        if number is not None and pair_id is not None and pair_id in known:
            found[pair_id] = number
        elif number is not None:
            notes("skipped", f"expected the id of a pair with a signal, got {where[1]}; its value is left out", where)
    return found


def _fill(snapshot: Snapshot, column: str, values: Mapping[PairId, float]) -> None:
    """Put numbers into a column, over what the model says itself."""
    pair_ids = snapshot.signals["pair_id"]
    own = snapshot.signals.get(column, [None] * len(pair_ids))
    snapshot.signals[column] = [values.get(pair_id, old) for pair_id, old in zip(pair_ids, own, strict=True)]


def _read(convert: Callable[[object], Any], value: Any, notes: Report, path: Sequence[str]) -> Any:
    """A value of a kind; None where it is absent or odd."""
    try:
        return convert(plain(value, notes, path))
    except OddValueError as error:
        notes(error.kind, f"{error}; left out", path)
        return None


def _add_extra(snapshot: Snapshot, extra: Any, notes: Report) -> None:
    told = plain(extra, notes, ("extra",))
    if told is not None and not isinstance(told, dict):
        notes("odd", f"expected a dictionary, got {coerce.shown(extra)}; left out", ("extra",))
    elif told:
        own = {} if snapshot.extra is None else msgspec.json.decode(snapshot.extra)
        snapshot.extra = extra_text(own | told)


def _message(message: Any, notes: Report) -> str | None:
    """A report as one text: a list has a line each, anything else that is no text is told as JSON."""
    given = message.decode(errors="replace") if isinstance(message, bytes) else message
    told = plain(given, notes, ("message",))
    return None if told == [] else _read(coerce.message, told, notes, ("message",))


def _equity(point: Any, notes: Report) -> dict[str, float | None] | None:
    if point is None:
        return None
    names = [part.name for part in fields(EquityPoint)]
    if not isinstance(point, EquityPoint):
        notes("odd", f"expected an EquityPoint, got {coerce.shown(point)}; left out", ("equity",))
        return None
    return {name: _read(coerce.number, asdict(point)[name], notes, ("equity", name)) for name in names}


def header_value(name: str, value: Any) -> Any:
    """A value for the header of a record: text, or UNIX seconds for a time; numbers become text.

    Raises:
        RecordError: It is neither.
    """
    convert = _seconds if name == "created_at" else coerce.text
    try:
        return convert(plain(value, _refuse))
    except OddValueError as error:
        raise RecordError(f"cannot begin a record: {error} as {name}. None says that it is not known.") from None


def _seconds(value: object) -> float | None:
    when = coerce.moment(value)
    return None if when is None else coerce.to_seconds(when)


def _refuse(kind: ProblemKind, message: str, path: Sequence[str]) -> None:
    del path
    raise OddValueError(message.rsplit("; ", 1)[0], kind)


_TradesAndPairs: TypeAlias = tuple[list[Trade] | None, dict[PairId, Identity]]


def _trades(trades: Any, timestamp: Micros, notes: Report) -> _TradesAndPairs:
    """Trades as rows, and the pairs that they are filed under; None stays None.

    Args:
        trades: `TradeExecution`, or objects or dictionaries with the same names.
        timestamp: The time of a trade that does not say when it was opened.
        notes: Told what is left out.
    """
    if trades is None:
        return None, {}
    if isinstance(trades, str) or not isinstance(trades, Iterable):
        notes("odd", f"expected a list of trades, got {coerce.shown(trades)}; they count as not known", ("trades",))
        return None, {}
    rows: list[Trade] = []
    pairs: dict[PairId, Identity] = {}
    for place, trade in enumerate(trades.values() if isinstance(trades, Mapping) else trades):
        for row, pair in _trade(trade, ("trades", str(place)), timestamp, notes):
            rows.append(row)
            pairs[row["pair_id"]] = pair
    return rows, pairs


def _trade(
    trade: Any, place: tuple[str, str], timestamp: Micros, notes: Report
) -> Iterator[tuple[Trade, Mapping[str, Any]]]:
    """A trade as a row and its pair, or nothing."""
    given = trade if isinstance(trade, Mapping) else {name: getattr(trade, name, None) for name in TRADE_FIELDS}
    told = plain({name: given.get(name) for name in TRADE_FIELDS}, notes, place)
    if not isinstance(told["pair"], Mapping):
        notes("skipped", f"expected a trade with a pair, got {coerce.shown(trade)}; skipped", (*place, "pair"))
        return

    def report(kind: ProblemKind, message: str, path: Sequence[str]) -> None:
        notes(kind, message, (*place, *path))

    found = read_trade(told, report, otherwise=timestamp)
    if found is not None:
        row, pair = found
        yield row | {name: _as_read(row[name]) for name in TIME_COLUMNS if row.get(name) is not None}, pair
