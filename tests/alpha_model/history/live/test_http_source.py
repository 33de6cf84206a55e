"""A state at an address: asked politely, bounded in size and time, and never in the way. Against a real server."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from clocks import Clock

from alpha_model.history import Follower, History, LiveHistory, RemoteHistory, read_history
from alpha_model.history.files.web import Patience
from alpha_model.history.live.background import Background
from alpha_model.values.errors import HistoryError

MONDAY = 1_767_571_200
DAY = 86_400


@dataclass
class Answer:
    """What the server says once; `begin` says it instead of headers, `send` writes a body in its own way."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    send: Callable[[Any], object] | None = None
    begin: Callable[[Any], object] | None = None


class Server:
    """A server of one document; the last of its answers is repeated."""

    def __init__(self) -> None:
        self.script = [Answer(status=404)]
        self.asked: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append({name.lower(): value for name, value in self.headers.items()})
                answer = outer.script.pop(0) if len(outer.script) > 1 else outer.script[0]
                if answer.begin is not None:
                    answer.begin(self.wfile)
                    return
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                (answer.send or (lambda file: file.write(answer.body)))(self.wfile)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that hangs up is expected."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}/state.json"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def conditions(self) -> list[dict[str, str]]:
        """The conditional headers of every question."""
        return [{name: value for name, value in asked.items() if name.startswith("if-")} for asked in self.asked]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    pytest.importorskip("requests")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    made = Server()
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def document(make: Any) -> Callable[[int], bytes]:
    """A state that keeps its last cycle only, of a day."""

    def made(day: int) -> bytes:
        model = make.snapshot({"1": make.signal()}, timestamp=MONDAY + day * DAY)
        return json.dumps(make.state({}, discardable_data={"alpha_model": model}, name="S")).encode()

    return made


def remote(server: Server, clock: Clock, **settings: Any) -> RemoteHistory:
    address = settings.pop("address", server.address)
    return RemoteHistory(address, clock=clock, chance=lambda: 0.5, **settings)


def test_server_is_asked_whether_it_changed(server: Server, clock: Clock, document: Any) -> None:
    tags = {"ETag": '"1"', "Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT"}
    server.script = [Answer(document(0), headers=tags), Answer(status=304)]
    source = remote(server, clock)
    assert source.poll()
    assert source.freshness.changed_at == clock.now
    assert not source.poll()
    assert len(server.asked) == 1, "too early to ask again"
    changed = clock.now
    clock.ahead(seconds=1)
    assert not source.poll()
    conditions = {"if-none-match": '"1"', "if-modified-since": tags["Last-Modified"]}
    assert server.conditions() == [{}, conditions]
    assert source.problem is None
    assert (source.freshness.changed_at, source.freshness.read_at) == (changed, clock.now)


def test_same_document_without_tags_is_no_news(server: Server, clock: Clock, document: Any) -> None:
    server.script = [Answer(document(0))]
    source = remote(server, clock)
    assert source.poll()
    clock.ahead(seconds=1)
    assert not source.poll()
    assert len(server.asked) == 2


def test_pauses_double_after_failures_up_to_five_minutes(server: Server, clock: Clock) -> None:
    server.script = [Answer(status=503)]
    source = remote(server, clock)
    pauses = []
    for count in range(1, 13):
        before = clock.now
        while len(server.asked) < count:
            source.poll()
            clock.ahead(seconds=0.5)
        pauses.append((clock.now - before).total_seconds())
    assert pauses[1:6] == [2, 4, 8, 16, 32]
    assert 300 <= max(pauses) <= 300.5


def test_success_ends_the_long_pauses(server: Server, clock: Clock, document: Any) -> None:
    server.script = [*[Answer(status=500)] * 5, Answer(document(0)), Answer(status=500), Answer(document(1))]
    source = remote(server, clock)
    for _ in range(6):
        source.poll()
        clock.ahead(minutes=5)
    assert source.history is not None
    assert not source.poll()
    clock.ahead(seconds=2)
    assert source.poll(), "after one failure the pause is two seconds, as after the very first"


def test_server_that_is_down_is_a_problem_without_secrets(server: Server, clock: Clock) -> None:
    server.close()
    source = remote(server, clock, address=f"http://user:secret@127.0.0.1:{server.port}/s.json?token=secret")
    assert not source.poll()
    assert f"http://127.0.0.1:{server.port}/s.json cannot be reached" in (source.problem or "")
    assert "secret" not in (source.problem or "") + source.name


@pytest.mark.parametrize(
    ("location", "allowed"),
    [
        ("/other.json", True),
        ("?again", True),
        ("http://elsewhere.invalid/x.json", False),
        ("file:///etc/passwd", False),
        ("ftp://127.0.0.1/x.json", False),
        ("", True),
    ],
)
def test_redirects_stay_where_the_operator_pointed(
    server: Server, clock: Clock, document: Any, location: str, *, allowed: bool
) -> None:
    server.script = [Answer(status=302, headers={"Location": location}), Answer(document(0))]
    source = remote(server, clock)
    assert source.poll() is allowed
    assert len(server.asked) == (2 if allowed else 1)
    assert allowed or "which was not asked for" in (source.problem or "")


def test_redirect_from_https_to_http_is_refused(clock: Clock) -> None:
    class Session:
        def get(self, address: str, **_: object) -> Any:
            assert address == "https://host/state.json"
            answer = type("Response", (), {"status_code": 302, "headers": {"Location": "http://host/state.json"}})()
            answer.close = lambda: None
            return answer

    source = RemoteHistory("https://host/state.json", clock=clock, session=Session())
    assert not source.poll()
    assert "which was not asked for" in (source.problem or "")


def test_endless_redirects_end(server: Server, clock: Clock) -> None:
    server.script = [Answer(status=302, headers={"Location": "/again"})]
    assert not remote(server, clock).poll()
    assert len(server.asked) == 6


@pytest.mark.parametrize("packed", [False, True])
def test_documents_beyond_the_limit_are_refused(server: Server, clock: Clock, *, packed: bool) -> None:
    body = b" " * 5_000_000
    small = Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    server.script = [small if packed else Answer(body)]
    source = remote(server, clock, max_bytes=1_000_000)
    assert not source.poll()
    assert "sends more than 1,000,000 bytes" in (source.problem or "")


def test_half_sent_document_is_asked_for_whole_again(server: Server, clock: Clock, document: Any) -> None:
    half = Answer(document(0)[:100], headers={"Content-Length": "5000", "ETag": '"1"'})
    server.script = [half, Answer(document(0), headers={"ETag": '"1"'})]
    source = remote(server, clock)
    assert not source.poll()
    assert "cannot be reached" in (source.problem or "")
    clock.ahead(minutes=1)
    assert source.poll()
    assert server.conditions() == [{}, {}]


def test_silent_server_is_left_after_the_timeout(server: Server, clock: Clock, document: Any) -> None:
    heard, late = threading.Event(), document(0)
    server.script = [Answer(late, send=lambda file: (heard.wait(2), file.write(late)))]
    source = remote(server, clock, patience=Patience(silence=0.05))
    assert not source.poll()
    heard.set()
    assert "asked again later" in (source.problem or "")


def test_trickling_server_is_left_in_time(server: Server, clock: Clock) -> None:
    enough = threading.Event()

    def trickle(file: Any) -> None:
        while not enough.wait(0.005):
            file.write(b" ")
            file.flush()

    server.script = [Answer(headers={"Content-Length": "1000000"}, send=trickle)]
    source = remote(server, clock, patience=Patience(transfer=0.05))
    assert not source.poll()
    enough.set()
    assert "takes more than 0.05 s" in (source.problem or "")


def endless_headers(file: Any) -> None:
    file.write(b"HTTP/1.0 200 OK\r\n")
    for number in range(1_000):
        file.write(b"X: %d\r\n" % number if number % 2 else b"X")
        file.flush()
        time.sleep(0.01)


def test_headers_that_trickle_are_left_in_time(server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    server.script = [Answer(begin=endless_headers)]
    start = time.monotonic()
    source = remote(server, clock, patience=Patience(answer=0.1))
    assert not source.poll()
    assert "takes more than 0.1 s to answer" in (source.problem or "")
    monkeypatch.setattr("alpha_model.history.files.web.Patience", lambda: Patience(answer=0.1))
    with pytest.raises(HistoryError, match=r"takes more than 0\.1 s to answer"):
        read_history(server.address)
    assert time.monotonic() - start < 2


def test_body_that_trickles_is_left_in_time_by_every_command(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alpha_model.history.files.web.Patience", lambda: Patience(transfer=0.1))

    def trickle(file: Any) -> None:
        for _ in range(1_000):
            file.write(b" ")
            file.flush()
            time.sleep(0.005)

    server.script = [Answer(headers={"Content-Length": "1000000"}, send=trickle)]
    with pytest.raises(HistoryError, match=r"takes more than 0\.1 s to send its document"):
        read_history(server.address)


@pytest.mark.parametrize("address", ["ADDRESS", "zip://state.json::ADDRESS"])
def test_redirects_to_another_host_are_refused_by_every_command(server: Server, address: str) -> None:
    server.script = [Answer(status=302, headers={"Location": f"http://localhost:{server.port}/state.json"})]
    with pytest.raises(HistoryError, match="redirects to http://localhost, which was not asked for"):
        read_history(address.replace("ADDRESS", server.address))
    assert len(server.asked) == 1


def test_archive_at_an_address_is_read(server: Server, document: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("state.json", document(0))
    server.script = [Answer(packed.getvalue())]
    assert len(read_history(f"zip://state.json::{server.address}")) == 1


def test_no_dataset_is_looked_for_on_a_web_server(server: Server) -> None:
    with pytest.raises(HistoryError, match="is on a web server, where no dataset can be"):
        History.open(server.address)
    assert server.asked == []


def test_packed_document_is_read(server: Server, clock: Clock, document: Any) -> None:
    server.script = [Answer(gzip.compress(document(0)), headers={"Content-Encoding": "gzip"})]
    assert remote(server, clock).poll()


def test_remote_state_is_recorded(server: Server, clock: Clock, document: Any, tmp_path: Path) -> None:
    target = tmp_path / "kept.jsonl"
    server.script = [Answer(document(day)) for day in range(3)]
    with Follower([remote(server, clock)], target) as follower:
        for _ in range(3):
            assert [event.event for event in follower.poll()] == ["recorded"]
            clock.ahead(seconds=1)
    history = read_history(target)
    assert len(history) == 3
    assert history.source.strategy == "S"


def recorded_after_restart(server: Server, target: Path, make: Any, *addresses: str) -> list[list[str]]:
    """What becomes of a new cycle of a state without a name at each address, one follower after the other."""
    found = []
    for day, address in enumerate(addresses):
        model = make.snapshot({"1": make.signal()}, timestamp=MONDAY + day * DAY)
        server.script = [Answer(json.dumps(make.state({}, discardable_data={"alpha_model": model})).encode())]
        with Follower([remote(server, Clock(), address=address)], target) as follower:
            found.append([event.event for event in follower.poll()])
    return found


def test_addresses_that_differ_by_query_or_user_are_two_sources(server: Server, make: Any, tmp_path: Path) -> None:
    one, other = (f"{server.address}?strategy={name}" for name in "ab")
    user, elsewhere = (server.address.replace("//", f"//{name}:hunter2@") for name in ("ann", "bob"))
    for first, second in ((one, other), (user, elsewhere), (one, server.address)):
        target = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
        told = recorded_after_restart(server, target, make, first, second, first)
        assert told == [["recorded"], ["problem"], ["recorded"]]
        assert "hunter2" not in target.read_text()
        assert "strategy=a" not in target.read_text()


def test_address_with_a_new_password_is_the_same_source(server: Server, make: Any, tmp_path: Path) -> None:
    old, new = (server.address.replace("//", f"//ann:{word}@") for word in ("hunter2", "hunter3"))
    assert recorded_after_restart(server, tmp_path / "kept.jsonl", make, old, new) == [["recorded"], ["recorded"]]


def test_doubtful_address_is_told_apart_by_what_may_be_shown() -> None:
    address = "https://key:se#cret@host/a.json?strategy=b"
    assert RemoteHistory(address, session=object()).identity == "https://…@host/a.json"


def until(reached: Callable[[], bool]) -> None:
    """Wait for another thread."""
    for _ in range(3_000):
        if reached():
            return
        time.sleep(0.01)
    raise AssertionError


def test_server_that_hangs_does_not_hold_up_a_file(server: Server, clock: Clock, document: Any, tmp_path: Path) -> None:
    go_on = threading.Event()
    late = document(5)
    server.script = [Answer(late, send=lambda file: (go_on.wait(30), file.write(late)))]
    state = tmp_path / "state.json"
    slow = Background(remote(server, clock))
    with Follower([slow, LiveHistory(state)], tmp_path / "kept.jsonl") as follower:
        follower.poll()
        until(lambda: len(server.asked) == 1)
        for day in range(3):
            state.write_bytes(document(day))
            events = [event for event in follower.poll() if event.event == "recorded"]
            assert [event.timestamp for event in events] == [datetime(2026, 1, 5 + day)]
        assert slow.history is None
        go_on.set()
        until(lambda: bool(follower.poll()))
        assert follower.cycle_count == 4
        until(lambda: not slow.poll() and slow.problem is None)


def test_error_in_the_background_is_not_swallowed() -> None:
    class Broken:
        name, history, problem = "broken", None, None

        def poll(self) -> bool:
            raise ZeroDivisionError

    source = Background(Broken())
    with pytest.raises(ZeroDivisionError):
        until(source.poll)
