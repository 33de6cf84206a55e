"""What tests of the app ask it."""

from __future__ import annotations

from typing import Protocol

from streamlit.testing.v1 import AppTest


class OpenApp(Protocol):
    """The fixture `open_app`."""

    def __call__(self, *files: object, samples: object = None, page: str = "overview", **query: str) -> AppTest: ...


def texts(app: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = (app.title, app.header, app.markdown, app.caption, app.text, app.error, app.warning, app.info)
    said = [str(element.value) for kind in kinds for element in kind]
    return "\n".join([*said, *(str(element.proto.body) for element in app.get("html"))])
