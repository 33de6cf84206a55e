"""Where does the browser get Plotly from? From this server, out of the installed package, once."""

import asyncio
import gzip
from functools import cache
from pathlib import Path
from threading import Event

import plotly
import streamlit as st
from plotly.offline import get_plotlyjs_version
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PATH = f"/assets/plotly-{get_plotlyjs_version()}.min.js"
"""The address names the version, so that a browser may keep for good what it once got."""

_served = Event()


def plotly_route() -> Route:
    """The route that serves the script; from now on it counts as served."""
    _served.set()
    return Route(_with_base(PATH), _script)


def is_served() -> bool:
    """Does this server have the route? It has not where the app runs without `dashboard.server`."""
    return _served.is_set()


def plotly_address() -> str:
    """The address of the script for a browser."""
    return _with_base(PATH)


def prepare_script() -> None:
    """Pack the script before a browser asks for it."""
    _content(packed=True)


async def _script(request: Request) -> Response:
    packed = "gzip" in request.headers.get("accept-encoding", "")
    content = await asyncio.to_thread(_content, packed=packed)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type="text/javascript", headers=headers)


@cache
def _content(*, packed: bool) -> bytes:
    content = SCRIPT.read_bytes()
    return gzip.compress(content, compresslevel=6) if packed else content


def _with_base(path: str) -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{path}" if base else path
