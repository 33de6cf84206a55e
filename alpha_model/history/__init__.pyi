from alpha_model.history.cache import HistoryCache, default_cache
from alpha_model.history.dataset import Compaction, QueryLimits, compact, dataset_versions, query_dataset
from alpha_model.history.export import TABLE_FORMATS, TableFormat, csv_bytes, write_tables
from alpha_model.history.files import Patience
from alpha_model.history.history import History, Matrix, Moment, Source, utc
from alpha_model.history.live import Folder, Follower, FollowEvent, Freshness, LiveHistory, RemoteHistory, freshness_of
from alpha_model.history.reader import read_history, read_history_bytes
from alpha_model.history.record import EquityPoint, HistoryRecorder, Quote, Receipt, Run, record_history, record_schema
from alpha_model.history.weights_table import is_table_name, read_weights, read_weights_bytes

__all__ = [
    "TABLE_FORMATS",
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
    "Matrix",
    "Moment",
    "Patience",
    "QueryLimits",
    "Quote",
    "Receipt",
    "RemoteHistory",
    "Run",
    "Source",
    "TableFormat",
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
    "utc",
    "write_tables",
]
