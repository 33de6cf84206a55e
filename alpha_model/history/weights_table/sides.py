"""Which side does a cell of a column of sides say: long or short?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.history.weights_table.names import key_of
from alpha_model.history.weights_table.sheet import Numbers

_SIDES = {
    **dict.fromkeys(("long", "buy", "up", "spot", "1", "+1", "1.0"), 1.0),
    **dict.fromkeys(("short", "sell", "down", "-1", "-1.0"), -1.0),
    **dict.fromkeys(("flat", "none", "neutral", "0", "0.0", ""), 0.0),
}
_ARE_SHORTS = {"true": -1.0, "1": -1.0, "1.0": -1.0, "false": 1.0, "0": 1.0, "0.0": 1.0, "": 0.0}


def sides_of(cells: pd.Series) -> Numbers:
    """1 for a long, -1 for a short, 0 for neither; NaN where a cell says something else."""
    said = cells.astype("string").str.strip().str.lower().fillna("")
    if key_of(str(cells.name)) == "is_short":
        return np.asarray(said.map(_ARE_SHORTS), dtype=np.float64)
    return np.asarray(said.str.replace(r".*[.:](?=[a-z])", "", regex=True).map(_SIDES), dtype=np.float64)
