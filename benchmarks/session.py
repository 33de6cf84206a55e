"""A viewer of the dashboard without a browser: what Streamlit's own client says over its socket, and nothing more."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

HELD_FOR = 2
"""A browser keeps what is large for so many runs, and is not sent it again."""


class Session:
    """One viewer.

    Args:
        address: Of the server, `http://host:port`.
    """

    def __init__(self, address: str) -> None:
        self._socket = connect(
            f"{address.replace('http', 'ws', 1)}/_stcore/stream", subprotocols=["streamlit"], max_size=None
        )
        self._ids: dict[str, str] = {}
        self._pages: dict[str, str] = {}
        self._page = ""
        self._query = ""
        self._held: dict[str, int] = {}
        self._runs = 0

    def close(self) -> None:
        """Leave; `contextlib.closing` does it."""
        self._socket.close()

    def visit(self, page: str, **query: str) -> float:
        """Go to a page; seconds until it is sent whole. Its first visit finds out the addresses of all pages."""
        self._query = urlencode(query)
        seconds = self._run(BackMsg(), page)
        if page and self._page != self._pages.get(page):
            self._page = self._pages[page]
            seconds = self._run(BackMsg())
        return seconds

    def press(self, button: str) -> float:
        """Press the button of that key; seconds until the answer is sent whole."""
        return self._say(button, trigger_value=True)

    def choose(self, widget: str, value: str) -> float:
        """Choose in the selectbox of that key; seconds until the answer is sent whole."""
        return self._say(widget, string_value=value)

    def choose_all(self, widget: str, values: list[str]) -> float:
        """Choose in the multiselect of that key; seconds until the answer is sent whole."""
        return self._say(widget, string_array_value={"data": values})

    def _say(self, widget: str, **value: Any) -> float:
        said = BackMsg()
        said.rerun_script.widget_states.widgets.add(id=self._ids[widget], **value)
        return self._run(said)

    def _run(self, said: BackMsg, name: str = "") -> float:
        said.rerun_script.query_string = self._query
        said.rerun_script.page_script_hash = self._page
        said.rerun_script.page_name = "" if self._page else name
        said.rerun_script.cached_message_hashes.extend(self._held)
        self._runs += 1
        start = time.perf_counter()
        self._socket.send(said.SerializeToString())
        while not self._take(ForwardMsg.FromString(bytes(self._socket.recv()))):
            pass
        seconds = time.perf_counter() - start
        self._held = {name: run for name, run in self._held.items() if run > self._runs - HELD_FOR}
        return seconds

    def _take(self, message: ForwardMsg) -> bool:
        """Remember what is asked for later; True when the script has ended."""
        kind = message.WhichOneof("type")
        if message.metadata.cacheable or kind == "ref_hash":
            self._held[message.hash or message.ref_hash] = self._runs
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            widget = getattr(element, element.WhichOneof("type"))
            name = getattr(widget, "id", "")
            if name.startswith("$$ID-"):
                self._ids[name.split("-", 2)[2]] = name
        elif kind == "navigation":
            self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            self._page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        return kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
