"""What did the strategy decide, cycle by cycle? Reading, recording and querying of histories."""

from alpha_model.history.cache import HistoryCache, default_cache
from alpha_model.history.dataset import Compaction, QueryLimits, compact, dataset_versions, query_dataset
from alpha_model.history.export import csv_bytes, write_tables
from alpha_model.history.files import Patience
from alpha_model.history.history import History, Source
from alpha_model.history.live import Folder, Follower, FollowEvent, Freshness, LiveHistory, RemoteHistory, freshness_of
from alpha_model.history.reader import read_history, read_history_bytes
from alpha_model.history.record import EquityPoint, HistoryRecorder, Quote, Receipt, Run, record_history, record_schema
from alpha_model.history.weights_table import is_table_name, read_weights, read_weights_bytes

__all__ = [
    "Compaction",
    "EquityPoint",
    "Folder",
    "FollowEvent",
    "Follower",
    "Freshness",
    "History",
    "HistoryCache",
    "HistoryRecorder",
    "LiveHistory",
    "Patience",
    "QueryLimits",
    "Quote",
    "Receipt",
    "RemoteHistory",
    "Run",
    "Source",
    "compact",
    "csv_bytes",
    "dataset_versions",
    "default_cache",
    "freshness_of",
    "is_table_name",
    "query_dataset",
    "read_history",
    "read_history_bytes",
    "read_weights",
    "read_weights_bytes",
    "record_history",
    "record_schema",
    "write_tables",
]
