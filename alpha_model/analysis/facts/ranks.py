"""Which place has each row within its cycle?"""

import numpy as np

from alpha_model.analysis.facts.columns import Numbers, Places

_DENSE_LIMIT = 8
"""Largest size of the padded matrix, in multiples of the rows, before sorting the rows themselves is cheaper."""


def rank_in_cycle(places: Places, keys: Numbers) -> Places:
    """The place of each row in its cycle, smallest key first; ties in the given order, NaN last.

    Args:
        places: The cycle of each row, ascending.
        keys: What to sort by.

    Returns:
        1, 2, 3 …, one a row.
    """
    rows = len(places)
    if not rows:
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(np.diff(places, prepend=places[0] - 1))
    lengths = np.diff(np.append(first, rows))
    widest = int(lengths.max())
    group = np.repeat(np.arange(len(first)), lengths)
    within = np.arange(rows) - first[group]
    ranks = np.empty(rows, dtype=np.int64)
    if widest * len(first) > _DENSE_LIMIT * rows:
        order = np.lexsort((keys, group))
        ranks[order] = within + 1
        return ranks
    padded = np.full((len(first), widest), np.nan)
    padded[group, within] = keys
    order = np.argsort(padded, axis=1, kind="stable")
    found = np.empty_like(order)
    np.put_along_axis(found, order, np.broadcast_to(np.arange(1, widest + 1), order.shape), axis=1)
    ranks[:] = found[group, within]
    return ranks
