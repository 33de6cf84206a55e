"""How is it told when a stranger's bytes lead to an error that nobody foresaw?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pyarrow as pa

from alpha_model.values import AlphaModelError, HistoryError

MISHAPS = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError),
    *(msgspec.MsgspecError, pa.ArrowException),
)
"""What Python and the libraries raise over values that are not what they should be."""


@contextmanager
def one_sentence(name: str) -> Iterator[None]:
    """Let nothing but a HistoryError out of a reader.

    Args:
        name: What is read, for people.
    """
    try:
        yield
    except AlphaModelError:
        raise
    except MISHAPS as error:
        raise HistoryError(
            f"{name} cannot be read, it holds something that no history does: {type(error).__name__}, {error}. "
            "Copy it again, or let its writer check it.",
            path=name,
        ) from error
