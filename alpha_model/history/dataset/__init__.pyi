from alpha_model.history.dataset.compaction import Compaction, compact
from alpha_model.history.dataset.query import QueryLimits, query_dataset
from alpha_model.history.dataset.read import dataset_versions, read_dataset

__all__ = [
    "Compaction",
    "QueryLimits",
    "compact",
    "dataset_versions",
    "query_dataset",
    "read_dataset",
]
