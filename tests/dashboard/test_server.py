"""How the server answers, apart from what its pages are."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard import server


def test_connections_send_small_messages_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "get_ready", lambda: None)

    async def start() -> None:
        async with server.readiness(server.app):
            pass

    with socket.socket() as listening:  # as Streamlit makes it: without a protocol
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with ThreadPoolExecutor() as threads:  # a browser test in this process may hold a loop in this thread
            threads.submit(lambda: asyncio.run(start())).result()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
