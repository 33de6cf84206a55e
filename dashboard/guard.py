"""Whom does the server answer, and what may its pages do in a browser?

A page of another site can make the browser of an analyst ask this server: by a host name of its own that leads to this
machine (DNS rebinding), or straight from its own origin. Neither is answered.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

INDEX = Path(st.__file__).parent / "static" / "index.html"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Guard:
    """Answers only who names the server by one of its own names, and not the pages of others.

    Args:
        app: What is guarded, its websocket included.
        hosts: The names; `*.example.org` is any name there, `*` any at all.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(_bare(host) for host in hosts)
        self._headers = {**HEADERS, "Content-Security-Policy": content_policy(_INLINE.findall(INDEX.read_text()))}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        reason = self._reason(Headers(scope=scope))
        send = partial(self._send, send)
        if reason:
            await PlainTextResponse(f"{reason}\n", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _reason(self, headers: Headers) -> str:
        """Why this is not answered; empty when it is."""
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if not self._hosts & set(_names(host)):
            return "This host name is not answered. Start the dashboard with: alpha-model open --allow-host NAME"
        if origin is not None and origin.lower().partition("://")[2] != host:
            return "Pages of other origins are not answered. Open the dashboard itself; a proxy has to pass on Host."
        return ""

    async def _send(self, send: Send, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            MutableHeaders(scope=message).update(self._headers)
        await send(message)


HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # an address names histories, pairs and times
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def content_policy(scripts: Iterable[str]) -> str:
    """The content security policy of a page with these scripts of its own in it."""
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    known = " ".join(f"'sha256-{known}'" for known in hashes)
    return (
        "default-src 'self'; "
        f"script-src 'self' blob: 'unsafe-eval' {known}; "  # components come as blobs; Vega compiles its expressions
        "style-src 'self' 'unsafe-inline'; "  # Streamlit and Plotly write their styles as they draw
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def _names(host: str) -> Iterator[str]:
    """The host of a `Host` header, and the wildcards that it meets; nothing where it is no host."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = _bare(parts.hostname or ""), parts.port
    except ValueError:
        return
    if not name or parts.username is not None or parts.path or parts.query or parts.fragment:
        return
    yield from ("*", name)
    labels = name.split(".")
    yield from ("*." + ".".join(labels[place:]) for place in range(1, len(labels)))


def _bare(host: str) -> str:
    """A name as it is compared."""
    return host.strip().lower().strip("[]").rstrip(".")
