from alpha_model.history.state.document import (
    Progress,
    SnapshotReader,
    check_entries,
    decode_state,
    read_messages,
    read_state,
)
from alpha_model.history.state.portfolio import read_equity, read_trades
from alpha_model.history.state.positions import GROUPS, read_positions
from alpha_model.history.state.salvage import MOST_CUTS, PATIENCE_SECONDS, Cut, cut_out, replace_bad_text
from alpha_model.history.state.trade_rows import TRADE_FIELDS, read_trade

__all__ = [
    "GROUPS",
    "MOST_CUTS",
    "PATIENCE_SECONDS",
    "TRADE_FIELDS",
    "Cut",
    "Progress",
    "SnapshotReader",
    "check_entries",
    "cut_out",
    "decode_state",
    "read_equity",
    "read_messages",
    "read_positions",
    "read_state",
    "read_trade",
    "read_trades",
    "replace_bad_text",
]
