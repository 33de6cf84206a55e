"""Whatever a strategy tells is recorded: what can be kept is read back equal, the rest is absent with a word."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import make_pair
from disks import QuickDisk
from hypothesis import given
from hypothesis import strategies as st

from alpha_model.history import EquityPoint, History, HistoryRecorder, Quote, Receipt, read_history
from alpha_model.history.record.plain import plain
from alpha_model.values.errors import RecordError
from alpha_model.values.portfolio import Portfolio

MONDAY = 1_767_571_200
WEEK = 7 * 86_400

Append = Callable[..., tuple[Receipt, History]]


@pytest.fixture(scope="module")
def append(tmp_path_factory: pytest.TempPathFactory) -> Append:
    """Record one cycle twice in a file of its own; what the first `append` said, and the history."""

    def recorded(model: Any, **told: Any) -> tuple[Receipt, History]:
        path = tmp_path_factory.mktemp("recording") / "history.jsonl"
        with HistoryRecorder(path, disk=QuickDisk()) as recorder:
            receipt = recorder.append(model, **told)
            assert recorder.append(model, **told).is_new is False
        return receipt, read_history(path)

    return recorded


class Kind(Enum):
    vault = "vault"


class Failing:
    def to_dict(self) -> dict[str, Any]:
        raise ZeroDivisionError


class Unspeakable(Failing):
    def __repr__(self) -> str:
        raise KeyError


@dataclass
class Signal:
    """Of a framework whose `to_dict` fails over one bad member."""

    pair: Any
    signal: float
    other_data: Any = field(default_factory=dict)


class Model(Failing):
    def __init__(self, *signals: Signal) -> None:
        self.timestamp = datetime(2026, 1, 5)
        self.raw_signals = self.signals = dict(enumerate(signals, 1))


WORDS = st.text(st.characters(exclude_characters="\x7f", exclude_categories=["Cs"]))
"""Texts as JSON in UTF-8 has them; a lone DEL is how readers spell a bare NaN."""
TEXTS = st.sampled_from(["a", "é", "\ud800", "\ud83d\ude00", "\x7f", "\x1f"]) | st.text(
    st.characters(categories=None), max_size=4
)
"""Texts as Python has them, halves of surrogate pairs and all."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**100), 2**100)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
TIMES = st.datetimes(timezones=st.just(UTC) | st.none(), min_value=datetime(1990, 1, 1), max_value=datetime(2240, 1, 1))
NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(10**400), 10**400),
    st.decimals(),
    st.floats(width=32).map(np.float32),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.floats().map(repr),
)
ODD = st.one_of(
    NUMBERS,
    TEXTS,
    TEXTS.map(np.str_),
    TIMES,
    TIMES.map(pd.Timestamp),
    st.binary(max_size=4),
    st.timedeltas(),
    st.just(5_000).map(lambda digits: 10**digits),
    st.sampled_from(
        [
            *(
                None,
                True,
                np.True_,
                pd.NaT,
                pd.NA,
                np.datetime64("NaT"),
                Kind.vault,
                Kind,
                object(),
                Failing(),
                len,
                1j,
            ),
            *(np.array([[1.5, math.nan]]), pd.Series([1]), Path("a"), make_pair(3)),
            *({(1, 2): 3}, {1: 1, "1": 2}),
        ]
    ),
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=2).map(tuple),
        st.frozensets(TEXTS | st.integers(), max_size=3),
        st.dictionaries(TEXTS | st.integers(), inner, max_size=3),
    ),
    max_leaves=6,
)


def problems_of(history: History) -> list[tuple[Any, ...]]:
    rows = history.tables.problems.select(["kind", "message", "pair", "field"]).to_pylist()
    return [tuple(row.values()) for row in rows]


def said(receipt: Receipt) -> list[tuple[Any, ...]]:
    return [(problem.kind, problem.message, problem.pair, problem.field) for problem in receipt.problems]


@given(told=st.dictionaries(WORDS, JSON, max_size=3), value=JSON)
def test_free_data_is_read_back_equal(append: Append, make: Any, told: dict[str, Any], value: Any) -> None:
    pair = make.pair(1, other_data={"k": value})
    model = make.snapshot({"1": make.signal(1, pair=pair, other_data={"k": value})}, pipeline=[value], mood=value)
    receipt, history = append(model, extra=told)
    assert problems_of(history) == said(receipt) == []
    assert json.loads(history.cycles.loc[0, "extra"]) == {"mood": value, **told}
    assert json.loads(history.cycles.loc[0, "pipeline"]) == [value]
    assert json.loads(history.signals.loc[0, "other_data"]) == {"k": value}
    assert json.loads(history.pairs.loc[0, "identity"])["other_data"] == {"k": value}


@given(lines=st.lists(WORDS, min_size=1))
def test_report_is_read_back_equal_as_a_text_or_a_list(append: Append, make: Any, lines: list[str]) -> None:
    for message in (lines, "\n".join(lines)):
        assert append(make.snapshot({}), message=message)[1].cycles.loc[0, "message"] == "\n".join(lines)


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (5, "5"),
        (True, "true"),
        ({"a": 1}, '{"a":1}'),
        (["a", 5, ["b"]], 'a\n5\n["b"]'),
        (b"abc\xff", "abc\ufffd"),
        (Path("x"), "x"),
        (np.str_("x"), "x"),
        ("", ""),
        ([], None),
        (None, None),
        ("\ud83d\ude00 \ud800", "😀 \ufffd"),
    ],
)
def test_report_of_another_kind_is_told_as_text(append: Append, make: Any, message: Any, read: str | None) -> None:
    assert append(make.snapshot({}), message=message)[1].tables.cycles["message"].to_pylist() == [read]


@given(value=NUMBERS | st.none() | st.sampled_from([pd.NA, object(), "much", True]))
def test_number_is_read_back_equal_or_is_absent_and_named(append: Append, make: Any, value: Any) -> None:
    try:
        kept = None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        kept = None
    kept = kept if kept is not None and math.isfinite(kept) else None
    model = make.snapshot({"1": make.signal(1, value, raw_weight=value)}, investable_equity=value)
    receipt, history = append(model, prices={1: value}, quantities={1: value}, equity=EquityPoint(value, value))
    signals = history.signals.astype(object).where(history.signals.notna(), None)
    assert signals.loc[0, ["signal", "raw_weight", "price", "old_quantity"]].tolist() == [kept] * 4
    assert history.cycles["investable_equity"].dropna().tolist() == [kept] * (kept is not None)
    assert history.equity[["total_equity", "cash"]].dropna().to_numpy().tolist() == [[kept] * 2] * (kept is not None)
    fields = {
        *("signal", "raw_weight", "prices", "quantities"),
        *("investable_equity", "equity.total_equity", "equity.cash"),
    }
    assert {problem.field for problem in receipt.problems} == (fields if kept is None and value is not None else set())


TRADES = st.fixed_dictionaries(
    {"pair": st.sampled_from([make_pair(1), make_pair(2).to_dict()])},
    optional=dict.fromkeys(("opened_at", "planned_quantity", "planned_price", "notes", "closing", "flags"), VALUES)
    | {"trade_id": VALUES, "executed_at": VALUES | TIMES, "executed_quantity": NUMBERS, "fees_usd": NUMBERS},
)
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            "signal",
            "raw_weight",
            "old_value",
            "position_id",
            "position_adjust_ignored",
            "flags",
            "other_data",
            "mood",
            "old_pair",
            "synthetic_pair",
            "position_size_risk",
            "trade_size_risk",
            "reasons",
            "leverage",
        ]
    ),
    VALUES,
    max_size=4,
)
CYCLES = st.dictionaries(st.sampled_from(["investable_equity", "pipeline", "regime"]), VALUES, max_size=2)
BESIDE = st.fixed_dictionaries(
    {},
    optional={
        "trades": VALUES | st.lists(TRADES | VALUES, max_size=3),
        "message": VALUES,
        "prices": VALUES | st.dictionaries(st.integers(0, 9) | TEXTS, VALUES, max_size=3),
        "quantities": VALUES
        | st.dictionaries(st.sampled_from([1, "2", np.int64(2), make_pair(1)]), NUMBERS, max_size=3),
        "equity": VALUES | st.builds(EquityPoint, VALUES, VALUES),
        "extra": VALUES | st.dictionaries(TEXTS, VALUES, max_size=3),
    },
)


@given(signals=st.lists(FIELDS, max_size=2), cycle=CYCLES, beside=BESIDE)
def test_recording_never_stops_a_strategy_and_names_what_is_left_out(
    append: Append, make: Any, signals: list[dict[str, Any]], cycle: dict[str, Any], beside: dict[str, Any]
) -> None:
    raw = {n: make.signal(n, **settings) for n, settings in enumerate(signals, 1)}
    receipt, history = append(make.snapshot(raw, **cycle), **beside)
    assert len(history) == 1
    assert history.signals["pair_id"].tolist() == list(raw)
    assert problems_of(history) == said(receipt)
    if "regime" in cycle and "extra" not in beside:
        kept = plain(cycle["regime"], lambda kind, message, path: None)  # noqa: ARG005 - a Report
        assert json.loads(history.cycles.loc[0, "extra"])["regime"] == spelled(kept)


def spelled(value: Any) -> Any:
    """The value with NaN and the infinities as the texts that free data has for them."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, list) else value


@given(when=TIMES | TIMES.map(pd.Timestamp) | st.floats(-9e9, 9e9))
def test_time_is_read_back_equal_to_the_microsecond(append: Append, make: Any, when: Any) -> None:
    receipt, history = append(make.snapshot({}, timestamp=when), trades=[make.trade(1, when, executed_at=when)])
    exact = receipt.timestamp
    assert type(exact) is datetime
    assert isinstance(when, float) or exact == when.replace(tzinfo=None)
    assert [*history.timestamps, *history.trades["executed_at"]] == [pd.Timestamp(exact, tz="UTC")] * 2


def test_time_far_from_today_is_rounded_before_it_is_acknowledged(tmp_path: Path, make: Any) -> None:
    """In the year 2260 a float of seconds has a place for every second microsecond only."""
    for is_new in (True, False):
        with HistoryRecorder(tmp_path / "history.jsonl") as recorder:
            receipt = recorder.append(make.snapshot({}, timestamp=datetime(2260, 1, 1, microsecond=1)))
            assert receipt.is_new is is_new
    assert list(read_history(tmp_path / "history.jsonl").timestamps) == [pd.Timestamp(receipt.timestamp, tz="UTC")]


def test_halves_of_letters_are_replaced_and_named(append: Append, make: Any) -> None:
    receipt, history = append(make.snapshot({}), message="x\ud800", extra={"\udfff": "\ud83d\ude00 \x7f", "b": "\x7f"})
    assert history.cycles.loc[0, "message"] == "x\ufffd"
    assert json.loads(history.cycles.loc[0, "extra"]) == {"\ufffd": "😀 \x7f", "b": "\ufffd"}
    assert [problem.kind for problem in receipt.problems] == ["patched"] * 4


@given(name=WORDS | st.integers(), version=WORDS | st.none())
def test_header_is_read_back_equal_and_lets_the_same_recorder_go_on(
    tmp_path_factory: pytest.TempPathFactory, make: Any, name: Any, version: Any
) -> None:
    path = tmp_path_factory.mktemp("header") / "history.jsonl"
    settings = {"strategy": name, "code_version": version, "created_at": pd.Timestamp(MONDAY, unit="s"), "origin": "x"}
    for day in range(2):
        with HistoryRecorder(path, **settings, disk=QuickDisk()) as recorder:
            recorder.append(make.snapshot({}, timestamp=MONDAY + day))
            assert (recorder.strategy, recorder.origin) == (str(name), "x")
    history = read_history(path)
    assert (len(history), history.source.strategy, len(history.problems)) == (2, str(name), 0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"strategy": ["a"]}, r"expected text, got \['a'\] as strategy"),
        ({"code_version": "\ud800"}, "expected Unicode text"),
        ({"created_at": pd.NaT}, "as created_at"),
    ],
)
def test_header_that_could_not_be_read_is_refused_before_there_is_a_file(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(RecordError, match=words):
        HistoryRecorder(tmp_path / "history.jsonl", **settings)
    assert list(tmp_path.iterdir()) == []


def test_value_that_fails_is_absent_and_the_rest_is_kept(append: Append, make: Any) -> None:
    signal = make.signal(1, math.nan, other_data={"bad": Unspeakable(), "good": [1, object()]})
    receipt, history = append(make.snapshot({"1": signal}))
    assert json.loads(history.signals.loc[0, "other_data"]) == {"bad": None, "good": [1, None]}
    assert pd.isna(history.signals.loc[0, "signal"])
    assert [(problem.pair, problem.field) for problem in receipt.problems] == [
        ("1", "other_data.bad"),
        ("1", "other_data.good.1"),
        ("1", "signal"),
    ]
    assert history.problems["position"].tolist() == [3, 3, 3], "the line of the cycle"


def test_model_whose_to_dict_fails_is_read_field_by_field(append: Append, make: Any) -> None:
    good, bad = Signal(make_pair(1), 0.5), Signal(make.pair(2), 2.0, {"lock": object()})
    receipt, history = append(Model(good, bad))
    assert history.signals[["pair_id", "signal"]].to_numpy().tolist() == [[1, 0.5], [2, 2.0]]
    assert [problem.field for problem in receipt.problems] == ["model", "other_data.lock"]


def test_sets_are_recorded_in_an_order_of_their_own(append: Append, make: Any) -> None:
    """Python's order of a set of texts is another in every process, and would make revisions."""
    names = [f"name {n}" for n in range(9)]
    history = append(make.snapshot({}, seen=set(names)))[1]
    assert json.loads(history.cycles.loc[0, "extra"]) == {"seen": names}


def test_endless_and_very_deep_values_are_cut(append: Append, make: Any) -> None:
    endless: dict[str, Any] = {}
    endless |= {"a": endless, "b": endless}
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    receipt, history = append(make.snapshot({}), extra={"endless": endless, "deep": deep})
    assert json.loads(history.cycles.loc[0, "extra"])["endless"] == {"a": None, "b": None}
    assert [problem.kind for problem in receipt.problems] == ["odd"] * 3


def test_thousands_of_problems_are_counted(append: Append, make: Any) -> None:
    receipt, history = append(make.snapshot({}), extra={str(n): object() for n in range(150)})
    assert len(receipt.problems) == len(history.problems) == 101
    assert history.problems["message"].tolist()[-1] == "and 50 more problems of the cycle"


def test_price_of_a_pair_without_a_signal_is_a_row_of_the_market(append: Append, make: Any) -> None:
    told = {1: 10.0, make_pair(9): Quote(5.0, tvl=100.0, can_deposit=False, as_of=datetime(2026, 1, 4, tzinfo=UTC))}
    receipt, history = append(make.snapshot({"1": make.signal()}), prices=told, tvl={1: 50.0})
    assert not receipt.problems
    assert not len(history.problems)
    assert history.signals.loc[0, ["price", "tvl"]].tolist() == [10.0, 50.0]
    market = history.market.set_index("pair_id")
    assert market["price"].to_dict() == {1: 10.0, 9: 5.0}
    assert market["tvl"].to_dict() == {1: 50.0, 9: 100.0}
    assert market["can_deposit"].isna().tolist() == [True, False]
    assert not market.loc[9, "can_deposit"]
    assert market.loc[9, "as_of"] == datetime(2026, 1, 4, tzinfo=UTC)
    assert set(market["source"]) == {"recorded"}
    assert history.pairs.set_index("pair_id")["base"].to_dict()[9] == "T9"


def test_positions_are_recorded_as_a_portfolio_has_them(append: Append, make: Any) -> None:
    portfolio = Portfolio.create(make_pair(1).quote, Decimal(100))
    portfolio.add_position(make_pair(9), Decimal(3), 4.0, 5.0, datetime(2026, 1, 1))
    _, history = append(make.snapshot({"1": make.signal()}), positions=portfolio)
    names = ["pair_id", "position_id", "state", "quantity", "mark", "value", "profit"]
    assert history.positions[names].to_numpy().tolist() == [[9, 1, "open", 3.0, 5.0, 15.0, 3.0]]


def test_value_of_a_pair_without_a_signal_is_a_problem_said_once(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "history.jsonl"
    prices = [{1: 10.0, 9: 5.0}, {1: 10.0, 9: 6.0}, {9: 7.0, "X-USD": 1.0}, {9: 8.0, 1: 1.0}]
    for week, told in enumerate(prices):
        with HistoryRecorder(path) as recorder:
            recorder.append(make.snapshot({"1": make.signal()}, timestamp=MONDAY + week * WEEK), quantities=told)
    history = read_history(path)
    assert history.problems[["kind", "pair", "field"]].to_numpy().tolist() == [
        ["skipped", "9", "quantities"],
        ["skipped", "'X-USD'", "quantities"],
    ]
    assert history.signals["old_quantity"].fillna(0).tolist() == [10.0, 10.0, 0.0, 1.0]
    with HistoryRecorder(path, strict=True) as recorder, pytest.raises(RecordError, match="pair 9, quantities"):
        recorder.append(make.snapshot({}), quantities={9: 5.0})


def test_prices_may_be_a_series_by_pair_or_id(append: Append, make: Any) -> None:
    model = make.snapshot({"1": make.signal(1), "2": make.signal(2)})
    for prices in (pd.Series([10.0, 20.0], index=[1, 2]), {make_pair(1): 10.0, "2": Decimal(20)}):
        assert append(model, prices=prices)[1].signals["price"].tolist() == [10.0, 20.0]


@pytest.mark.parametrize("trades", ["buy", 5, [None], [{}], [{"pair": None}], ["buy"], {"1": {"pair_id": 1}}])
def test_what_is_no_trade_is_a_problem(append: Append, make: Any, trades: Any) -> None:
    receipt, history = append(make.snapshot({}), trades=trades)
    assert len(receipt.problems) == 1
    assert history.trades.empty


def test_same_trades_in_another_order_are_no_revision(tmp_path: Path, make: Any) -> None:
    trades = [make.trade(1), make.trade(2, planned_quantity="3"), make.trade(3, MONDAY + 5, notes="x")]
    for given_trades in (trades, trades[::-1], [trades[1], trades[2], trades[0]], trades[:2]):
        with HistoryRecorder(tmp_path / "history.jsonl") as recorder:
            receipt = recorder.append(make.snapshot({}), trades=given_trades, extra={"odd": object()})
            assert receipt.is_new is (given_trades is trades or len(given_trades) == 2)
    assert read_history(tmp_path / "history.jsonl").cycles["revision"].tolist() == [1]
