"""What does the server answer beside the app itself? `streamlit run` finds `app` here and serves it.

The pages are in `app.py`, which also runs alone (`streamlit run app.py`); without the routes of this module it draws
the charts natively.
"""

import streamlit as st

from dashboard.plotly_js import plotly_route
from dashboard.settings import APP

app = st.App(APP, routes=[plotly_route()])
