"""What does a state at an address on the network say now?"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from alpha_model.history.extent import Extent
from alpha_model.history.files import Patience, Web, is_doubtful, pieces, shown_uri
from alpha_model.history.history import History
from alpha_model.history.live.freshness import Clock, Freshness, freshness_of, utc_now
from alpha_model.history.reader import read_history_bytes
from alpha_model.values import HistoryError

MAX_BYTES = 1 << 30
LONGEST_WAIT = timedelta(minutes=5)

_MEMORY = 5
"""A state takes up to so many times its size in memory while it is read."""
_OK, _NOT_MODIFIED = 200, 304


class RemoteHistory:
    """The history at an http(s) address, asked for again and again.

    The server is asked whether it changed (ETag, Last-Modified) before anything is sent. After a failure the pauses
    double, with some chance in them, up to five minutes, and the last good history stays.

    Args:
        address: As the operator gave it.
        interval: Usual pause between two questions.
        max_bytes: Most bytes of a document as it is sent; while it is read it may take five times as many.
        patience: How long the server is waited for.
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
        patience: Patience | None = None,
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
        self._clock = clock
        self._chance = chance
        self._web = Web(address, patience, session)
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
        with self._web.asked(self._tags) as response:
            if response.status_code == _NOT_MODIFIED:
                return None
            if response.status_code != _OK:
                raise HistoryError(f"{self.name} answers with status {response.status_code}; asked again later.")
            data = self._body(response)
            tags = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
            told = {ask: response.headers[tell] for ask, tell in tags.items() if tell in response.headers}
        digest = hashlib.blake2b(data).digest()
        if digest != self._digest:
            found = read_history_bytes(
                data, self.name.rsplit("/", 1)[-1] or self.name, max_bytes=_MEMORY * self._max_bytes
            )
            self._tags, self._digest = told, digest
            return found
        self._tags = told
        return None

    def _body(self, response: Any) -> bytes:
        data = bytearray()
        for piece in pieces(response):
            data += piece
            if len(data) > self._max_bytes:
                raise HistoryError(f"{self.name} sends more than {self._max_bytes:,} bytes, which is the limit.")
        return bytes(data)


def _told(error: Exception, address: str, name: str) -> str:
    """What went wrong, without what may be a secret."""
    if isinstance(error, HistoryError):
        return str(error)
    return f"{name} cannot be reached ({type(error).__name__}); asked again later.".replace(address, name)
