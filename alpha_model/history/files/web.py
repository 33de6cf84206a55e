"""How does a document come from a web server: only from the host that was named, and within its time?

Every command asks here. A redirect to another host, or from https to http, is refused: whoever gave an address meant
its host. However slowly a server sends, its document, headers included, has a time by which it is there.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit
from weakref import WeakSet

from alpha_model.history.files.address import missing_package, shown_uri
from alpha_model.values import HistoryError

_MOST_REDIRECTS = 5
_CHUNK = 1 << 20
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, in seconds.

    Args:
        silence: Until it is there, and from one piece of its answer to the next.
        answer: Until the headers of its answer are there, redirects included.
        transfer: Then, until the whole document is there.
    """

    silence: float = 10.0
    answer: float = 30.0
    transfer: float = 300.0


class Web:
    """Asks for the document at an http(s) address, as often as it is wanted.

    Args:
        address: As the operator gave it.
        patience: How long its server is waited for.
        session: A `requests.Session`, or what behaves like one; None makes one.

    Raises:
        HistoryError: `requests` is not installed.
    """

    def __init__(self, address: str, patience: Patience | None = None, session: Any = None) -> None:
        self.name = shown_uri(address)
        self._address = address
        self._patience = patience or Patience()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._session = _session(address, self._sockets) if session is None else session

    @contextmanager
    def asked(self, headers: Mapping[str, str] | None = None) -> Iterator[Any]:
        """The server's answer; its `pieces` are to be taken within.

        Args:
            headers: Sent along.

        Raises:
            HistoryError: It leads elsewhere, or takes too long.
            OSError: It cannot be reached.
        """
        with contextlib.ExitStack() as afterwards:
            with self._within(self._patience.answer, "to answer"):
                response = afterwards.enter_context(contextlib.closing(self._response(headers or {})))
            with self._within(self._patience.transfer, "to send its document"):
                yield response

    def _response(self, headers: Mapping[str, str]) -> Any:
        address = self._address
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._session.get(
                address, headers=headers, timeout=self._patience.silence, stream=True, allow_redirects=False
            )
            if response.status_code not in _REDIRECTS:
                return response
            response.close()
            address = self._redirected(address, response.headers.get("Location", ""))
        raise HistoryError(f"{self.name} redirects more than {_MOST_REDIRECTS} times. Check the address.")

    def _redirected(self, address: str, location: str) -> str:
        target = urljoin(address, location)
        old, new = urlsplit(address), urlsplit(target)
        is_safe = new.scheme == "https" or new.scheme == old.scheme == "http"
        if not is_safe or new.hostname != old.hostname:
            raise HistoryError(
                f"{self.name} redirects to {new.scheme}://{new.hostname or ''}, which was not asked for. "
                "Give that address itself."
            )
        return target

    @contextmanager
    def _within(self, seconds: float, what: str) -> Iterator[None]:
        """Close every connection when the time is over: a timeout of a socket begins anew with every byte."""
        over = threading.Event()
        timer = threading.Timer(seconds, self._close, (over,))
        timer.daemon = True
        timer.start()
        late = HistoryError(f"{self.name} takes more than {seconds:g} s {what}. Try again, or copy the file here.")
        try:
            yield
        except Exception as error:
            if over.is_set():
                raise late from error
            raise
        finally:
            timer.cancel()
        if over.is_set():
            raise late

    def _close(self, over: threading.Event) -> None:
        over.set()
        for connected in list(self._sockets):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def pieces(response: Any) -> Iterator[bytes]:
    """What a server sends, unpacked, as it arrives.

    Raises:
        ConnectionError: It breaks off.
    """
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with requests, an extra

    try:
        while piece := response.raw.read1(_CHUNK, decode_content=True):
            yield piece
    except HTTPError as error:
        raise ConnectionError(type(error).__name__) from error


def _session(address: str, sockets: WeakSet[socket.socket]) -> Any:
    """A session that notes the sockets of its connections: a response may go on reading when its connection is gone."""
    try:
        import requests  # noqa: PLC0415 - an extra
        from requests.adapters import HTTPAdapter  # noqa: PLC0415 - the same
    except ImportError as error:
        raise missing_package(error, address) from error

    class Noting(HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **settings: Any) -> Any:
            pool = super().get_connection_with_tls_context(*args, **settings)
            pool.ConnectionCls = _noting(type(pool).ConnectionCls, sockets)
            return pool

    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, Noting())
    return session


def _noting(kind: Any, sockets: WeakSet[socket.socket]) -> Any:
    """The same kind of connection, that also notes its socket."""

    def connect(connection: Any) -> None:
        kind.connect(connection)
        sockets.add(connection.sock)

    return type(kind.__name__, (kind,), {"connect": connect})
