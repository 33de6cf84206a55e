"""What does the server answer beside the app itself? `streamlit run` finds `app` here and serves it.

The pages are in `app.py`, which also runs alone (`streamlit run app.py`); without the routes of this module it draws
the charts natively.
"""

import asyncio
import gc
import importlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config, runtime
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from dashboard.commands import OWN_NAMES
from dashboard.guard import Guard
from dashboard.plotly_js import plotly_route, prepare_script
from dashboard.settings import APP, load_settings

CLOSED_SESSIONS = 8
"""Viewers who left and may come back to their page as it was."""


@asynccontextmanager
async def readiness(app: st.App) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG001 - as Streamlit calls it
    """Get ready while the browser still starts."""
    send_at_once()
    keep_few_closed_sessions()
    limit_uploads()
    getting_ready = asyncio.create_task(asyncio.to_thread(get_ready))
    yield {}
    await getting_ready


def keep_few_closed_sessions() -> None:
    """Let go of viewers who left, but for the last few, who may come back: their connection may only have broken.

    Streamlit keeps 128 of them, with three descriptors and all uploads each, and many systems allow a process 256
    descriptors: a page that was loaded 80 times in two minutes ended it.
    """
    if not runtime.exists():
        return
    kept = MemorySessionStorage(maxsize=CLOSED_SESSIONS, ttl_seconds=st.get_option("server.disconnectedSessionTTL"))
    runtime.get_instance()._session_mgr._session_storage = kept  # type: ignore[attr-defined]  # noqa: SLF001 - no setting


def limit_uploads() -> None:
    """Let the route of uploads keep to the operator's limit, too: the page alone could not hold anybody to it."""
    with suppress(ValueError):  # the page says what is wrong with the settings
        config.set_option("server.maxUploadSize", load_settings().max_upload_mb)


def send_at_once() -> None:
    """Let connections to this process send small messages at once; they take that over from the socket that listens.

    Streamlit makes that socket without naming its protocol, and asyncio then leaves Nagle's algorithm on: each answer
    would wait 40 ms for the browser to acknowledge the message before it.
    """
    for each in gc.get_objects():
        if type(each) is socket.socket and listens(each):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def listens(each: socket.socket) -> bool:
    """Does it wait for connections from the network?"""
    network = each.fileno() >= 0 and each.family in (socket.AF_INET, socket.AF_INET6)
    return network and bool(each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def get_ready() -> None:
    """Import what the pages are made of, so that no viewer waits for it, and no later collection looks at it again."""
    importlib.import_module("dashboard.app")
    prepare_script()
    gc.collect()
    gc.freeze()


app = st.App(
    APP,
    lifespan=readiness,
    routes=[plotly_route()],
    middleware=[Middleware(Guard, hosts=st.get_option("server.allowedHosts") or OWN_NAMES)],
)
