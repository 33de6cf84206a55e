"""Columns of a history as arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from alpha_model.analysis.facts.columns import numbers, texts


def test_number_above_every_exact_float_becomes_the_nearest() -> None:
    table = pa.table({"position_id": pa.array([-(2**63), 2**53 + 1, None], pa.int64())})
    np.testing.assert_array_equal(numbers(table, "position_id"), [-(2.0**63), 2.0**53, np.nan])


def test_column_of_words_holds_words_where_there_are_none() -> None:
    assert texts([]).dtype == texts(["a"]).dtype == "str"
