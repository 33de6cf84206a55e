"""What does the server answer beside the app itself? `streamlit run` finds `app` here and serves it.

The pages are in `app.py`, which also runs alone (`streamlit run app.py`); without the routes of this module it draws
the charts natively.
"""

import asyncio
import gc
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

from dashboard.plotly_js import plotly_route, prepare_script
from dashboard.settings import APP


@asynccontextmanager
async def readiness(app: st.App) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG001 - as Streamlit calls it
    """Get ready while the browser still starts."""
    getting_ready = asyncio.create_task(asyncio.to_thread(get_ready))
    yield {}
    await getting_ready


def get_ready() -> None:
    """Import what the pages are made of, so that no viewer waits for it, and no later collection looks at it again."""
    importlib.import_module("dashboard.app")
    prepare_script()
    gc.collect()
    gc.freeze()


app = st.App(APP, lifespan=readiness, routes=[plotly_route()])
