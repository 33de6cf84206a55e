"""How does a source that answers slowly not hold up the others?"""

from __future__ import annotations

import threading
from concurrent.futures import Future

from alpha_model.history.extent import Extent
from alpha_model.history.history import History
from alpha_model.history.live.follow import LiveSource
from alpha_model.history.live.freshness import Freshness


class Background:
    """A source that is looked at in a thread of its own; what it found is told at the next look.

    Args:
        source: Of nobody else.
    """

    def __init__(self, source: LiveSource) -> None:
        self.history: History | None = None
        self.problem: str | None = None
        self.unchanged = Extent()
        self._source = source
        self._look: Future[bool] | None = None

    @property
    def name(self) -> str:
        """As the source says."""
        return self._source.name

    @property
    def identity(self) -> str:
        """As the source says."""
        return self._source.identity

    @property
    def freshness(self) -> Freshness:
        """As the source says."""
        return self._source.freshness

    def poll(self) -> bool:
        """Take what the last look found, if it has ended, and begin another; is `history` a new one?

        Raises:
            Exception: What the look raised.
        """
        is_new = False
        if self._look is not None:
            if not self._look.done():
                return False
            is_new = self._look.result()
            self.history, self.problem = self._source.history, self._source.problem
            self.unchanged = self._source.unchanged
        self._look = Future()
        threading.Thread(target=self._work, args=(self._look,), name=self.name, daemon=True).start()
        return is_new

    def _work(self, look: Future[bool]) -> None:
        try:
            look.set_result(self._source.poll())
        except Exception as error:  # noqa: BLE001 - raised again by the next poll
            look.set_exception(error)
