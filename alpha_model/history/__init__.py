"""What did the strategy decide, cycle by cycle? Reading, recording and querying of histories."""

from alpha_model.history.cache import HistoryCache, default_cache
from alpha_model.history.history import History, Source
from alpha_model.history.reader import read_history, read_history_bytes
from alpha_model.history.recorder import EquityPoint, HistoryRecorder, Receipt

__all__ = [
    "EquityPoint",
    "History",
    "HistoryCache",
    "HistoryRecorder",
    "Receipt",
    "Source",
    "default_cache",
    "read_history",
    "read_history_bytes",
]
