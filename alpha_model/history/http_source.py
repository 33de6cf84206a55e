"""What does a state at an address on the network say now?

Only the addresses that the operator gave are asked: a redirect to another host, or from https to http, is refused.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from alpha_model.errors import HistoryError
from alpha_model.history.address import is_doubtful, shown_uri
from alpha_model.history.extent import Extent
from alpha_model.history.freshness import Clock, Freshness, freshness_of, utc_now
from alpha_model.history.history import History
from alpha_model.history.reader import read_history_bytes

MAX_BYTES = 1 << 30
TIMEOUT_SECONDS = 10.0
TRANSFER_SECONDS = 300.0
LONGEST_WAIT = timedelta(minutes=5)

_MOST_REDIRECTS = 5
_CHUNK = 1 << 20
_OK, _NOT_MODIFIED, _REDIRECTS = 200, 304, (301, 302, 303, 307, 308)


class RemoteHistory:
    """The history at an http(s) address, asked for again and again.

    The server is asked whether it changed (ETag, Last-Modified) before anything is sent. After a failure the pauses
    double, with some chance in them, up to five minutes, and the last good history stays.

    Args:
        address: As the operator gave it.
        interval: Usual pause between two questions.
        max_bytes: Most bytes of a document, as it is sent and when unpacked.
        timeout_seconds: Longest silence of the server.
        transfer_seconds: Longest time for a whole document.
        clock: Tells the time.
        session: A `requests.Session`, or what behaves like one; None makes one.
        chance: Gives a number in [0, 1), for the pauses after failures.

    Raises:
        HistoryError: `requests` is not installed.
    """

    def __init__(
        self,
        address: str,
        *,
        interval: timedelta = timedelta(seconds=1),
        max_bytes: int = MAX_BYTES,
        timeout_seconds: float = TIMEOUT_SECONDS,
        transfer_seconds: float = TRANSFER_SECONDS,
        clock: Clock = utc_now,
        session: Any = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.history: History | None = None
        self.problem: str | None = None
        self.unchanged = Extent()
        self._address = address
        self._interval = interval
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds
        self._transfer_seconds = transfer_seconds
        self._clock = clock
        self._chance = chance
        self._session = _session() if session is None else session
        self._failures = 0
        self._next: datetime | None = None
        self._read_at: datetime | None = None
        self._changed_at: datetime | None = None
        self._tags: dict[str, str] = {}
        self._digest = b""

    @property
    def name(self) -> str:
        """The address without what may be a secret in it."""
        return shown_uri(self._address)

    @property
    def identity(self) -> str:
        """What tells the address apart from others: place, query and user name, not the password.

        Of an address that may have been cut within its password, only what may be shown.
        """
        if is_doubtful(self._address):
            return self.name
        parts = urlsplit(self._address)
        return f"{self.name}?{parts.query}#{parts.username or ''}"

    @property
    def freshness(self) -> Freshness:
        """How old the last news is, at this moment."""
        times = (self.history or History.empty()).timestamps
        return freshness_of(times, self._clock(), changed_at=self._changed_at, read_at=self._read_at)

    def poll(self) -> bool:
        """Ask the server, unless it is too early to ask again; is `history` a new one?"""
        now = self._clock()
        if self._next is not None and now < self._next:
            return False
        try:
            found = self._ask()
        except (HistoryError, OSError, ValueError) as error:  # requests' errors are OSErrors, but for a bad address
            self.problem = _told(error, self._address, self.name)
            self._failures += 1
            self._next = now + self._pause()
            return False
        self.problem, self._failures, self._next, self._read_at = None, 0, now + self._interval, now
        if found is None:
            return False
        self.history, self._changed_at = found, now
        return True

    def _pause(self) -> timedelta:
        doubled: timedelta = min(LONGEST_WAIT, self._interval * 2 ** min(self._failures, 20))
        return doubled * (0.5 + self._chance())

    def _ask(self) -> History | None:
        """The history, or None when the server has nothing new."""
        with self._response() as response:
            if response.status_code == _NOT_MODIFIED:
                return None
            if response.status_code != _OK:
                raise HistoryError(f"{self.name} answers with status {response.status_code}; asked again later.")
            data = self._body(response)
            tags = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
            told = {ask: response.headers[tell] for ask, tell in tags.items() if tell in response.headers}
        digest = hashlib.blake2b(data).digest()
        if digest != self._digest:
            found = read_history_bytes(data, self.name.rsplit("/", 1)[-1] or self.name, max_bytes=self._max_bytes)
            self._tags, self._digest = told, digest
            return found
        self._tags = told
        return None

    def _response(self) -> Any:
        address = self._address
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._session.get(
                address, headers=self._tags, timeout=self._timeout_seconds, stream=True, allow_redirects=False
            )
            if response.status_code not in _REDIRECTS:
                return response
            response.close()
            address = self._redirected(address, response.headers.get("Location", ""))
        raise HistoryError(f"{self.name} redirects more than {_MOST_REDIRECTS} times; asked again later.")

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

    def _body(self, response: Any) -> bytes:
        """What the server sends, taken as it arrives, so that one that trickles is left in time."""
        data, end = bytearray(), time.monotonic() + self._transfer_seconds
        while piece := _piece(response.raw):
            data += piece
            if len(data) > self._max_bytes:
                raise HistoryError(f"{self.name} sends more than {self._max_bytes:,} bytes, which is the limit.")
            if time.monotonic() > end:
                raise HistoryError(f"{self.name} takes more than {self._transfer_seconds:g} s to send its state.")
        return bytes(data)


def _piece(raw: Any) -> bytes:
    """The next bytes that have arrived, unpacked; none at the end."""
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with requests, an extra

    try:
        piece: bytes | None = raw.read1(_CHUNK, decode_content=True)
    except HTTPError as error:
        raise ConnectionError(type(error).__name__) from error
    return piece or b""


def _told(error: Exception, address: str, name: str) -> str:
    """What went wrong, without what may be a secret."""
    if isinstance(error, HistoryError):
        return str(error)
    return f"{name} cannot be reached ({type(error).__name__}); asked again later.".replace(address, name)


def _session() -> Any:
    try:
        import requests  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise HistoryError("following an address needs requests. Run: pip install 'alpha-model[remote]'") from error
    return requests.Session()
