"""What did the strategy decide, cycle by cycle? Reading, recording and querying of histories."""

from alpha_model.history.history import History, Source

__all__ = ["History", "Source"]
