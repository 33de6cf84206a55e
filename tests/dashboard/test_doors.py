"""Who gets in where a dashboard listens? Against a real server, started in a folder that a stranger filled."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.commands import server_command
from dashboard.guard import INDEX, content_policy

websockets = pytest.importorskip("websockets.sync.client")
from websockets.exceptions import InvalidStatus  # noqa: E402 - only where it is there

DESCRIPTORS = 256
LOADS = 100
NAMED = "desk.example"


class Server:
    """A running dashboard."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.port, self.process, self.folder = port, process, folder

    def get(self, path: str, host: str = "", **headers: str) -> http.client.HTTPResponse:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{self.port}", **headers})
            with connection.getresponse() as response:
                response.read()
                return response

    def load(self, host: str = "127.0.0.1", origin: str | None = None) -> None:
        """Open the page as a browser does, wait until it is drawn, and leave."""
        with socket.create_connection(("127.0.0.1", self.port)) as wire:
            address = f"ws://{host}:{self.port}/_stcore/stream"
            with websockets.connect(address, sock=wire, origin=origin, subprotocols=["streamlit"], max_size=None) as ws:
                question = BackMsg()
                question.rerun_script.query_string = ""
                ws.send(question.SerializeToString())
                while ForwardMsg.FromString(ws.recv(timeout=30)).WhichOneof("type") != "script_finished":
                    pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("strange")
    for name in ("streamlit", "dashboard", "alpha_model", "plotly", "pyarrow"):
        (folder / f"{name}.py").write_text(
            f"open({str(folder / 'was_run')!r}, 'w').close(); raise SystemExit({name!r})"
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = server_command([], port, "127.0.0.1", (NAMED,), headless=True)
    command = ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh", *started]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        running = Server(port, process, folder)
        try:
            until_it_answers(running)
            yield running
        finally:
            process.terminate()


def until_it_answers(server: Server) -> None:
    for _ in range(300):
        try:
            server.get("/_stcore/health")
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail((server.folder / "log").read_text())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost", 200),
        ("LOCALHOST.", 200),
        ("[::1]", 200),
        (NAMED, 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        (f"{NAMED}.evil.example", 403),
        ("localhost@evil.example", 403),
        ("evil.example/localhost", 403),
        ("192.0.2.1", 403),
        ("0.0.0.0", 403),
        (" ", 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/cycle", "/_stcore/health", "/_stcore/host-config", "/media/x", "/assets/x.js"])
def test_only_own_names_are_answered(server: Server, host: str, status: int, path: str) -> None:
    for name in (host, f"{host}:{server.port}"):
        found = server.get(path, name).status
        assert (found == 403) is (status == 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9", "null", "", "http://localhost:9"])
def test_pages_of_other_origins_are_not_answered(server: Server, origin: str) -> None:
    assert server.get("/_stcore/health", Origin=origin).status == 403
    with pytest.raises(InvalidStatus, match="403"):
        server.load(origin=origin or "file://")


def test_own_page_is_answered(server: Server) -> None:
    own = f"http://127.0.0.1:{server.port}"
    assert server.get("/_stcore/health", Origin=own).status == 200
    server.load(origin=own)
    server.load(NAMED, f"http://{NAMED}:{server.port}")


def test_websocket_under_a_foreign_name_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        server.load("evil.example", f"http://evil.example:{server.port}")


@pytest.mark.parametrize("host", ["", "evil.example"])
def test_every_answer_says_what_a_page_may_do(server: Server, host: str) -> None:
    headers = server.get("/", host).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_scripts_in_a_page_are_known_by_their_content() -> None:
    assert "'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='" in content_policy(["hello"])
    assert "<script>" in INDEX.read_text()


def test_nothing_is_run_that_lies_in_the_current_folder(server: Server) -> None:
    assert server.process.poll() is None
    assert not (server.folder / "was_run").exists()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted under /proc")
def test_few_descriptors_suffice_for_many_page_loads(server: Server) -> None:
    for _ in range(LOADS):
        server.load()
    assert len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())) < 64
    assert server.get("/_stcore/health").status == 200
