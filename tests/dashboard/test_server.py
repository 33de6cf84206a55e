"""How the server answers, apart from what its pages are."""

import asyncio
import socket

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
        asyncio.run(start())
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
