"""A history is asked for a part of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alpha_model.history import History
from alpha_model.history.tables.schema import SCHEMAS, empty_tables, pack_flags, unpack_flags
from alpha_model.values.errors import CycleNotFoundError, HistoryError

MONDAY = 1_767_571_200
DAY = 86_400
TIMES = [pd.Timestamp("2026-01-05T00:00Z") + pd.Timedelta(days=n) for n in range(4)]


@pytest.fixture(scope="module")
def history(make: Any) -> History:
    """Four daily cycles; pair 7 is there in all, pair 3 in the first two; a trade, a point and a message a day."""
    calculations = {}
    for n in range(4):
        raw = {"7": make.signal(7, 1.0 + n, position_adjust_ignored=n == 1)}
        if n < 2:
            raw["3"] = make.signal(3, 10.0 + n, flags=["closed"] if n else ["brand_new", "cannot_redeem"])
        calculations[str(MONDAY + n * DAY)] = make.snapshot(raw, timestamp=MONDAY + n * DAY)
    trades = [make.trade(n, MONDAY + n * DAY + 60, pair=make.pair(7 if n else 3)) for n in range(4)]
    points = [{"calculated_at": MONDAY + n * DAY + 60, "total_equity": n, "free_cash": 0} for n in range(4)]
    messages = {str(MONDAY + n * DAY + 60): [f"day {n}"] for n in range(4)}
    return make.read(
        make.state(calculations, portfolio=make.portfolio(*trades), stats={"portfolio": points}, messages=messages)
    )


def test_empty_history_has_all_frames_and_no_cycles() -> None:
    history = History(empty_tables())
    assert len(history) == 0
    assert repr(history) == "<History of no cycles from memory>"
    for name, schema in SCHEMAS.items():
        assert list(getattr(history, name).columns) == schema.names
    assert list(history.flags.columns) == ["cycle", "timestamp", "pair_id", "flag"]
    assert history.wide("signal").shape == (0, 0)
    assert len(history.between("2026-01-01", "2027-01-01")) == len(history.superseded) == 0


def test_history_says_what_it_is(history: History) -> None:
    assert repr(history) == f"<History of 4 cycles, 2 pairs, {TIMES[0]} to {TIMES[3]}, state.json>"
    assert list(history.timestamps) == TIMES
    assert history.cycle_numbers.tolist() == [0, 1, 2, 3]
    assert history.pair_ids.tolist() == [7, 3]


def test_frames_have_steady_types(history: History) -> None:
    for frame in (history.signals, history.between("2030-01-01").signals):
        assert frame["cycle"].dtype == np.int64
        assert frame["signal"].dtype == np.float64
        assert frame["selected"].dtype == np.bool_
        assert frame["capped"].dtype == pd.BooleanDtype()
        assert frame["position_id"].dtype == pd.Int64Dtype()
        assert frame["timestamp"].dtype == pd.DatetimeTZDtype("us", "UTC")
    for name in SCHEMAS:
        frame = getattr(history, name)
        assert frame.index.equals(pd.RangeIndex(len(frame)))


def test_flags_are_long_in_the_order_of_cycles_and_bits(history: History) -> None:
    assert history.flags.drop(columns="timestamp").to_numpy().tolist() == [
        [0, 3, "cannot_redeem"],
        [0, 3, "brand_new"],
        [1, 3, "closed"],
    ]


def test_wide_is_cycles_by_pairs_with_nan_where_a_pair_is_not(history: History) -> None:
    np.testing.assert_array_equal(history.wide("signal"), [[1, 10], [2, 11], [3, np.nan], [4, np.nan]])
    np.testing.assert_array_equal(history.wide("ignored"), [[0, 0], [1, 0], [0, np.nan], [0, np.nan]])
    np.testing.assert_array_equal(history.wide("tvl"), np.full((4, 2), np.nan))


def test_wide_frame_has_times_and_pairs_as_labels(history: History) -> None:
    frame = history.wide_frame("signal")
    assert frame.index.equals(history.timestamps)
    assert frame.columns.tolist() == [7, 3]
    assert frame.columns.name == "pair_id"
    assert frame.loc[TIMES[1], 3] == 11


def test_wide_of_a_part_has_its_cycles_and_all_pairs(history: History) -> None:
    np.testing.assert_array_equal(history.between(TIMES[1], TIMES[2]).wide("signal"), [[2, 11], [3, np.nan]])
    np.testing.assert_array_equal(history.pair(3).wide("signal"), [[10], [11], [np.nan], [np.nan]])


@pytest.mark.parametrize("column", ["mood", "old_kind", "other_flags", "timestamp"])
def test_wide_of_what_is_no_number_names_the_columns(history: History, column: str) -> None:
    with pytest.raises(HistoryError, match=f"got '{column}'. Choose one of .*raw_weight"):
        history.wide(column)


@pytest.mark.parametrize(
    ("start", "end", "cycles"),
    [
        (None, None, [0, 1, 2, 3]),
        (TIMES[1], TIMES[2], [1, 2]),
        ("2026-01-06", None, [1, 2, 3]),
        (None, datetime(2026, 1, 6, 12), [0, 1]),
        (datetime(2026, 1, 7, tzinfo=UTC), "2026-01-07T01:00+01:00", [2]),
        ("2026-01-05T00:00:01", "2026-01-05T23:00", []),
        ("2026-01-08", "2026-01-05", []),
    ],
)
def test_between_includes_both_ends_and_keeps_cycle_numbers(
    history: History, start: Any, end: Any, cycles: list[int]
) -> None:
    part = history.between(start, end)
    assert part.cycle_numbers.tolist() == cycles
    assert sorted(set(part.signals["cycle"])) == cycles
    assert part.pairs.equals(history.pairs)


def test_between_takes_trades_equity_and_messages_of_the_window(history: History) -> None:
    part = history.between(TIMES[1], TIMES[2])
    assert part.trades["trade_id"].tolist() == [1]
    assert part.equity["total_equity"].tolist() == [1.0]
    assert part.messages["message"].tolist() == ["day 1"]


def test_cycle_has_what_happened_until_the_next(history: History) -> None:
    part = history.cycle(1)
    assert part.cycles["cycle"].tolist() == [1]
    assert part.signals["signal"].tolist() == [2.0, 11.0]
    assert part.trades["trade_id"].tolist() == [1]
    assert history.cycle(3).trades["trade_id"].tolist() == [3]


def test_cycle_of_a_part_goes_by_its_number(history: History) -> None:
    assert history.between(TIMES[2]).cycle(3).signals["signal"].tolist() == [4.0]


@pytest.mark.parametrize("number", [-1, 4])
def test_cycle_that_is_not_there_names_those_that_are(history: History, number: int) -> None:
    with pytest.raises(
        CycleNotFoundError, match=rf"no cycle {number} in state\.json, which has cycles 0 to 3"
    ) as caught:
        history.cycle(number)
    assert caught.value.cycle == number
    with pytest.raises(CycleNotFoundError, match="has no cycles"):
        History(empty_tables()).cycle(0)


@pytest.mark.parametrize("when", [TIMES[2], "2026-01-07", "2026-01-07T00:00:00Z", datetime(2026, 1, 7)])
def test_at_finds_the_cycle_of_a_time(history: History, when: Any) -> None:
    assert history.at(when).cycle_numbers.tolist() == [2]


def test_at_a_time_between_names_the_nearest(history: History) -> None:
    with pytest.raises(CycleNotFoundError, match=rf"nearest are {TIMES[1]} and {TIMES[2]}".replace("+", r"\+")):
        history.at("2026-01-06T12:00")
    with pytest.raises(CycleNotFoundError, match="history is empty"):
        History(empty_tables()).at("2026-01-06")


def test_at_something_that_is_no_time_says_how_to_write_one(history: History) -> None:
    with pytest.raises(HistoryError, match=r"expected a time, got 'soon'\. Write it as"):
        history.at("soon")


def test_pair_goes_through_all_cycles(history: History) -> None:
    part = history.pair(3)
    assert part.signals["cycle"].tolist() == [0, 1]
    assert part.pairs["pair_id"].tolist() == [3]
    assert part.trades["trade_id"].tolist() == [0]
    assert len(part) == 4
    with pytest.raises(CycleNotFoundError, match=r"no pair 99 in state\.json. See history\.pairs"):
        history.pair(99)


def test_history_without_revisions_has_nothing_superseded(history: History) -> None:
    assert len(history.superseded) == 0
    assert history.superseded.signals.empty
    assert history.superseded.trades.empty


def test_flags_pack_and_unpack() -> None:
    names = ["settlement_pending", "brand_new", "capped_by_pool_size", "another"]
    bits, others = pack_flags(names)
    assert (bits, others) == (1 | 1 << 13, ["another", "brand_new"])
    assert unpack_flags(bits, others) == sorted(names)
    assert pack_flags([]) == (0, None)


def test_every_column_says_what_it_means() -> None:
    for schema in SCHEMAS.values():
        assert len(set(schema.names)) == len(schema.names)
        assert all(b"meaning" in field.metadata for field in schema)
