"""What can go wrong, and what does the reader of the message do about it?

Every exception of the package. A message says what is wrong, what was got, where, and the remedy; the offending
values stay readable as attributes. Each class also derives from the built-in error that fits it, so that callers who
know nothing of this module can still catch it.
"""

from pathlib import Path
from typing import Any

MOST_LETTERS = 2_000
"""Letters that a message has at most; what it quotes may be of any length."""


def plain_text(words: str) -> str:
    """A stranger's words on one line, without anything that a terminal would obey."""
    return words if words.isprintable() else "".join(map(_plain_letter, words))


def _plain_letter(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}"


def told(message: str, most: int = MOST_LETTERS) -> str:
    """A message as it is shown: plain text of so many letters, without its middle where something long is quoted."""
    if len(message) > most:
        end = most // 4  # the remedy stands there
        message = f"{message[: most - end - 3]} … {message[-end:]}"
    return plain_text(message)


class AlphaModelError(Exception):
    """Base of every error that this package raises on purpose; whatever its message quotes, it stays one plain line.

    Args:
        message: What, got, where, remedy.
        **values: The offending values; each becomes an attribute.
    """

    def __init__(self, message: str, **values: Any) -> None:
        super().__init__(told(message))
        self.values = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None


class ArgumentError(AlphaModelError, TypeError):
    """An argument of a type that the call cannot work with."""


class SignalError(AlphaModelError, ValueError):
    """A signal that cannot be used: not finite, or on a pair that cannot carry it."""


class WeightError(AlphaModelError, ValueError):
    """Weights that break their bounds."""


class BadWeightsError(WeightError):
    """One side of the weight diffs is not a portfolio: negative, not finite, or more than everything."""


BadWeightsException = BadWeightsError
"""The reference framework's name for the same error."""


class StepOrderError(AlphaModelError, RuntimeError):
    """A step of the cycle was called before the steps that it builds on."""


class PairError(AlphaModelError, ValueError):
    """A trading pair that lacks what the step needs, or is of the wrong kind."""


class PricingError(AlphaModelError, LookupError):
    """No price, or no TVL, for a pair at a time."""


class TradeError(AlphaModelError, ValueError):
    """A trade that cannot be planned or executed."""


class HistoryError(AlphaModelError, ValueError):
    """A history that cannot be read or queried.

    Args:
        message: What, got, where, remedy.
        path: The file, where there is one.
        **values: Further offending values.
    """

    def __init__(self, message: str, *, path: Path | str | None = None, **values: Any) -> None:
        super().__init__(message, path=path, **values)


class NoHistoryError(HistoryError):
    """The file was read, and there is no alpha model in it."""


class RecordError(AlphaModelError, ValueError):
    """A cycle that cannot be recorded, or a recorder file that is not ours."""


class CycleNotFoundError(AlphaModelError, LookupError):
    """The history has no such cycle or pair."""
