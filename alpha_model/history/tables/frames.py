"""How does an Arrow table become a pandas frame whose dtypes do not depend on its values?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

_MASKED = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def frame_of(table: pa.Table) -> pd.DataFrame:
    """The table as a frame with a RangeIndex.

    Integers and booleans are NumPy's where the column is never null, and pandas' masked ones where it may be.
    """
    return pd.DataFrame({field.name: _series(table, field) for field in table.schema}, index=range(table.num_rows))


def _series(table: pa.Table, field: pa.Field) -> Any:
    column = table[field.name]
    masked = _MASKED.get(field.type) if field.nullable else None
    if masked is not None:
        return column.to_pandas(types_mapper={field.type: masked}.get)
    return column.to_pandas()
