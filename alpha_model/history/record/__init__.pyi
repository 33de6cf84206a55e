from alpha_model.history.record.beside import Quote
from alpha_model.history.record.growing import OPEN_CYCLES, GrowingHistory
from alpha_model.history.record.json_schema import record_schema
from alpha_model.history.record.lines import (
    RUN_OBJECTS,
    CycleKey,
    Line,
    cycle_key,
    cycle_line,
    is_record,
    is_whole,
    lines_of,
)
from alpha_model.history.record.reader import read_record
from alpha_model.history.record.recorder import HistoryRecorder
from alpha_model.history.record.recording import EquityPoint, Receipt
from alpha_model.history.record.run import Run, fingerprint_of
from alpha_model.history.record.transfer import BESIDE, RECORD_SUFFIXES, record_history, write_record

__all__ = [
    "BESIDE",
    "OPEN_CYCLES",
    "RECORD_SUFFIXES",
    "RUN_OBJECTS",
    "CycleKey",
    "EquityPoint",
    "GrowingHistory",
    "HistoryRecorder",
    "Line",
    "Quote",
    "Receipt",
    "Run",
    "cycle_key",
    "cycle_line",
    "fingerprint_of",
    "is_record",
    "is_whole",
    "lines_of",
    "read_record",
    "record_history",
    "record_schema",
    "write_record",
]
