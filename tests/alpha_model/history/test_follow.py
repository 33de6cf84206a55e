"""A source that forgets becomes a record that has every cycle once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from histories import differing_tables

from alpha_model.errors import RecordError
from alpha_model.history import (
    Folder,
    Follower,
    HistoryRecorder,
    LiveHistory,
    RemoteHistory,
    read_history,
    read_history_bytes,
)
from alpha_model.history.extent import common_extent

MONDAY = 1_767_571_200
DAY = 86_400


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 2, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "kept.jsonl"


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))


def last_only(make: Any, day: int, value: float = 1.0, **settings: Any) -> Any:
    """A state that keeps its last cycle only."""
    when = MONDAY + day * DAY
    model = make.snapshot({"1": make.signal(1, value)}, timestamp=when)
    messages = {str(when): [f"day {day}"]}
    return make.state({}, discardable_data={"alpha_model": model}, messages=messages, name="S", **settings)


def kinds(events: Any) -> list[str]:
    return [event.event for event in events]


def test_last_cycle_only_state_becomes_a_whole_history(state: Path, target: Path, make: Any) -> None:
    with Follower([LiveHistory(state)], target) as follower:
        assert kinds(follower.poll()) == ["problem"]
        for day in range(5):
            write(state, last_only(make, day))
            events = follower.poll()
            assert kinds(events) == (["recorded", "recovered"] if day == 0 else ["recorded"])
            assert events[0].timestamp == datetime(2026, 1, 5 + day)
            assert follower.poll() == []
    history = read_history(target)
    assert history.cycles["message"].tolist() == [f"day {day}" for day in range(5)]
    assert history.source.strategy == "S"


def test_restart_records_nothing_twice(state: Path, target: Path, make: Any) -> None:
    write(state, last_only(make, 0))
    for expected in (["recorded"], []):
        with Follower([LiveHistory(state)], target) as follower:
            assert kinds(follower.poll()) == expected
    assert len(read_history(target)) == 1


def test_cycle_that_is_rewritten_after_its_trades_is_the_next_revision(state: Path, target: Path, make: Any) -> None:
    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0, portfolio=make.portfolio()))
        follower.poll()
        write(state, last_only(make, 0, portfolio=make.portfolio(make.trade(7, MONDAY))))
        events = follower.poll()
    assert [(event.event, event.revision) for event in events] == [("recorded", 1)]
    history = read_history(target)
    assert history.trades["trade_id"].tolist() == [7]
    assert history.cycles["trade_count"].tolist() == [1]
    assert history.superseded.cycles["trade_count"].tolist() == [0]


def test_equity_and_stop_losses_between_cycles_are_kept(state: Path, target: Path, make: Any) -> None:
    def points(count: int) -> Any:
        return {
            "portfolio": [
                {"calculated_at": MONDAY + n * 60, "total_equity": 100.0 + n, "free_cash": 1.0} for n in range(count)
            ]
        }

    stop = make.trade(9, MONDAY + 3_600, trade_type="stop_loss")
    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0, stats=points(2), portfolio=make.portfolio()))
        follower.poll()
        write(state, last_only(make, 0, stats=points(4), portfolio=make.portfolio(stop)))
        assert follower.poll() == []
    history = read_history(target)
    assert history.equity["total_equity"].tolist() == [100.0, 101.0, 102.0, 103.0]
    assert history.trades[["cycle", "kind"]].to_numpy().tolist() == [[0, "stop_loss"]]


@pytest.mark.parametrize("content", [b"", b'{"visualisation": {"calc', b"\x00\x01", b'{"visualisation":{}}', b"[]"])
def test_unreadable_moments_pass(state: Path, target: Path, make: Any, content: bytes) -> None:
    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0))
        follower.poll()
        state.write_bytes(content)
        assert kinds(follower.poll()) == ["problem"]
        assert follower.poll() == []
        state.unlink()
        assert set(kinds(follower.poll())) <= {"problem"}
        write(state, last_only(make, 1))
        assert kinds(follower.poll()) == ["recorded", "recovered"]


def test_source_that_shrinks_loses_nothing(state: Path, target: Path, make: Any) -> None:
    cycles = {str(MONDAY + n * DAY): make.snapshot({"1": make.signal()}, timestamp=MONDAY + n * DAY) for n in range(5)}
    with Follower([LiveHistory(state)], target) as follower:
        write(state, make.state(cycles))
        assert len(follower.poll()) == 5
        write(state, make.state(dict(list(cycles.items())[3:])))
        assert follower.poll() == []
        write(state, make.state(cycles))
        assert follower.poll() == []
    assert len(read_history(target)) == 5


def test_recorder_file_is_followed_with_its_revisions(tmp_path: Path, target: Path, make: Any) -> None:
    source = tmp_path / "h.jsonl"
    with Follower([LiveHistory(source, open_cycles=3)], target) as follower:
        for day in range(12):
            with HistoryRecorder(source, strategy="S") as recorder:
                for value in (1.0, 2.0):
                    snapshot = make.snapshot({"1": make.signal(1, value)}, timestamp=MONDAY + day * DAY)
                    recorder.append(snapshot, trades=[make.trade(day, MONDAY + day * DAY)] if value > 1 else None)
            events = follower.poll()
            assert [(event.timestamp.day, event.revision) for event in events] == [(5 + day, 0), (5 + day, 1)]
    one, other = read_history(source), read_history(target)
    assert differing_tables(one, other, "source", "source_key") == []
    assert differing_tables(one.superseded, other.superseded, "source", "source_key") == []


def test_folder_takes_files_that_come_later_and_not_the_record(tmp_path: Path, make: Any) -> None:
    target = tmp_path / "kept.jsonl"
    with Follower([Folder(tmp_path, left_out=target)], target) as follower:
        assert follower.poll() == []
        for day in range(3):
            write(tmp_path / f"cycle-{day}.json", make.snapshot({"1": make.signal()}, timestamp=MONDAY + day * DAY))
            (tmp_path / ".hidden.json").write_text("half")
            (tmp_path / "notes.txt").write_text("nothing")
            assert kinds(follower.poll()) == ["recorded"]
    assert len(read_history(target)) == 3


def test_other_strategy_is_not_mixed_in(tmp_path: Path, target: Path, make: Any) -> None:
    for name in ("A", "B"):
        with HistoryRecorder(tmp_path / f"{name}.jsonl", strategy=name) as recorder:
            recorder.append(make.snapshot({"1": make.signal()}))
    with Follower([LiveHistory(tmp_path / f"{name}.jsonl") for name in ("A", "B")], target) as follower:
        events = follower.poll()
        assert kinds(events) == ["recorded", "problem"]
        assert "'B'" in (events[1].message or "")


def test_full_disk_is_told_and_tried_again(
    state: Path, target: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RecordError("no space")

    with Follower([LiveHistory(state)], target) as follower:
        write(state, last_only(make, 0))
        follower.poll()
        write(state, last_only(make, 1))
        with monkeypatch.context() as patch:
            patch.setattr(HistoryRecorder, "_write", full)
            assert kinds(follower.poll()) == ["problem"]
        assert kinds(follower.poll()) == ["recorded", "recovered"]
    assert len(read_history(target)) == 2


def test_unchanged_cycles_are_not_written_down_again(make: Any) -> None:
    def history(*values: float, trades: Any = ()) -> Any:
        cycles = {
            str(MONDAY + n * DAY): make.snapshot({"1": make.signal(1, value)}, timestamp=MONDAY + n * DAY)
            for n, value in enumerate(values)
        }
        return make.read(make.state(cycles, portfolio=make.portfolio(*trades)))

    old = history(1, 2, 3, 4)
    assert common_extent(old, history(1, 2, 3, 4, 5)).cycles == 4
    assert common_extent(old, history(1, 2, 9, 4)).cycles == 2
    assert common_extent(old, history(1, 2)).cycles == 2
    assert common_extent(old, history(9)).cycles == 0
    traded = history(1, 2, 3, 4, trades=[make.trade(1, MONDAY + DAY)])
    assert common_extent(old, traded).cycles == 1
    assert common_extent(traded, old).cycles == 1


class Session:
    """A server of one document; `script` has the answers, the last of which is repeated."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, address: str, *, headers: dict[str, str], **settings: Any) -> Any:
        assert settings == {"timeout": 10.0, "stream": True, "allow_redirects": False}
        self.asked.append((address, dict(headers)))
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        status, body, told = answer

        class Response(SimpleNamespace):
            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                self.close()

        return Response(
            status_code=status, headers=told, close=lambda: None, iter_content=lambda _: [body[:9], body[9:]]
        )


def remote(session: Session, clock: Clock, **settings: Any) -> RemoteHistory:
    address = settings.pop("address", "https://user:secret@host/state.json?token=secret")
    return RemoteHistory(address, session=session, clock=clock, chance=lambda: 0.5, **settings)


def test_server_is_asked_whether_it_changed(make: Any) -> None:
    clock, body = Clock(), json.dumps(last_only(make, 0)).encode()
    session = Session((200, body, {"ETag": '"1"', "Last-Modified": "then"}), (304, b"", {}))
    source = remote(session, clock)
    assert source.poll()
    assert source.freshness.changed_at == clock.now
    assert not source.poll(), "too early to ask again"
    clock.now += timedelta(seconds=1)
    assert not source.poll()
    assert [headers for _, headers in session.asked] == [{}, {"If-None-Match": '"1"', "If-Modified-Since": "then"}]
    assert source.problem is None
    assert source.freshness.read_at == clock.now


def test_same_document_without_tags_is_no_news(make: Any) -> None:
    clock, body = Clock(), json.dumps(last_only(make, 0)).encode()
    source = remote(Session((200, body, {})), clock)
    assert source.poll()
    clock.now += timedelta(seconds=1)
    assert not source.poll()


def test_pauses_double_after_failures_up_to_five_minutes() -> None:
    clock = Clock()
    session = Session(OSError("down"))
    source = remote(session, clock)
    pauses = []
    for _ in range(12):
        before = clock.now
        while len(session.asked) == len(pauses):
            source.poll()
            clock.now += timedelta(seconds=0.5)
        pauses.append((clock.now - before).total_seconds())
    assert source.problem is not None
    assert pauses[1:6] == [2, 4, 8, 16, 32]
    assert max(pauses) <= 300.5


def test_secrets_of_an_address_are_not_told() -> None:
    source = remote(Session(OSError("https://user:secret@host/state.json?token=secret")), Clock())
    source.poll()
    assert "secret" not in source.name
    assert "secret" not in (source.problem or "")


@pytest.mark.parametrize(
    ("location", "allowed"),
    [
        ("/other.json", True),
        ("https://host/x.json", True),
        ("http://host/x.json", False),
        ("https://elsewhere/x.json", False),
        ("file:///etc/passwd", False),
        ("ftp://host/x.json", False),
    ],
)
def test_redirects_stay_where_the_operator_pointed(make: Any, location: str, allowed: bool) -> None:  # noqa: FBT001
    body = json.dumps(last_only(make, 0)).encode()
    session = Session((302, b"", {"Location": location}), (200, body, {}))
    source = remote(session, Clock())
    assert source.poll() is allowed
    assert len(session.asked) == (2 if allowed else 1)


def test_endless_redirects_end() -> None:
    session = Session((302, b"", {"Location": "/again"}))
    source = remote(session, Clock())
    assert not source.poll()
    assert len(session.asked) == 6


def test_documents_beyond_the_limit_are_refused(make: Any) -> None:
    body = json.dumps(last_only(make, 0)).encode()
    source = remote(Session((200, body, {})), Clock(), max_bytes=len(body) - 1)
    assert not source.poll()
    assert "limit" in (source.problem or "")


def test_error_pages_are_problems() -> None:
    source = remote(Session((503, b"<html>", {})), Clock())
    assert not source.poll()
    assert "status 503" in (source.problem or "")


def test_half_sent_document_is_asked_for_whole_again(make: Any) -> None:
    clock, body = Clock(), json.dumps(last_only(make, 0)).encode()
    session = Session((200, body[:100], {"ETag": '"1"'}), (200, body, {"ETag": '"1"'}))
    source = remote(session, clock)
    assert not source.poll()
    clock.now += timedelta(minutes=1)
    assert source.poll()
    assert session.asked[1][1] == {}


def test_remote_state_is_recorded(target: Path, make: Any) -> None:
    clock = Clock()
    bodies = [json.dumps(last_only(make, day)).encode() for day in range(3)]
    source = remote(Session(*((200, body, {}) for body in bodies)), clock)
    with Follower([source], target) as follower:
        for _ in bodies:
            assert kinds(follower.poll()) == ["recorded"]
            clock.now += timedelta(seconds=1)
    assert len(read_history(target)) == 3
    assert read_history_bytes(target.read_bytes(), "x").source.strategy == "S"
