"""How the server answers, apart from what its pages are."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit import config

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


def test_uploads_keep_to_the_limit_of_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = config.get_option("server.maxUploadSize")
    monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_MAX_UPLOAD_MB", "7")
    try:
        server.limit_uploads()
        assert config.get_option("server.maxUploadSize") == 7
        monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_MAX_UPLOAD_MB", "much")
        server.limit_uploads()
        assert config.get_option("server.maxUploadSize") == 7
    finally:
        config.set_option("server.maxUploadSize", usual)
