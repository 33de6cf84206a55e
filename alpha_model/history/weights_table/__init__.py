"""How do users of any other back-tester come in? By a plain table of weights, read step by step.

`cells` reads a file into a `Sheet` of cells, `roles` says which column is what, with the help of `times`, `numbers` and
`names`; `layout` lays it out as one row a time and pair, `beside` takes cash and totals out of it, `scale` makes
shares of percentages and amounts, `checks` refuses what cannot be right, and `read` makes cycles of it (`cycle`).
"""

from alpha_model.history.weights_table.read import (
    TABLE_SUFFIXES,
    is_table,
    is_table_name,
    read_weights,
    read_weights_bytes,
)

__all__ = ["TABLE_SUFFIXES", "is_table", "is_table_name", "read_weights", "read_weights_bytes"]
