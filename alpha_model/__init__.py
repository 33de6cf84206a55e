"""Portfolio construction that explains itself.

One `AlphaModel` per strategy cycle leads from signals to trades; what it leaves behind is data that can be recorded,
queried and explained.
"""

from alpha_model.analysis import (
    CycleOutcome,
    cycle_outcomes,
    cycle_signals,
    flag_counts,
    normalised_weights,
    raw_shares,
    size_risk_frame,
    threshold_frame,
    weight_diffs,
)
from alpha_model.errors import (
    AlphaModelError,
    ArgumentError,
    BadWeightsError,
    BadWeightsException,
    CycleNotFoundError,
    HistoryError,
    NoHistoryError,
    PairError,
    PricingError,
    RecordError,
    SignalError,
    StepOrderError,
    TradeError,
    WeightError,
)
from alpha_model.formatting import format_signals
from alpha_model.history import EquityPoint, History, HistoryRecorder, read_history, read_history_bytes
from alpha_model.model import AlphaModel
from alpha_model.pair import AssetIdentifier, TradingPairIdentifier, TradingPairKind
from alpha_model.paper import PaperBroker, PaperCycle, PaperMarket, make_pairs, run_paper
from alpha_model.portfolio import Portfolio, ReservePosition, TradingPosition
from alpha_model.position_manager import PositionManager
from alpha_model.pricing import PricingModel, StaticPricing
from alpha_model.reason import Reason
from alpha_model.signal import TradingPairSignal, TradingPairSignalFlags
from alpha_model.size_risk import FixedSizeRiskModel, SizeRisk, SizeRiskModel, SizingType, USDTVLSizeRiskModel
from alpha_model.trade import TradeExecution, TradeType
from alpha_model.weighting import (
    check_normalised_weights,
    normalise_weights,
    weight_by_1_slash_n,
    weight_by_1_slash_n_ascending,
    weight_by_1_slash_signal,
    weight_by_blend,
    weight_by_log,
    weight_by_softmax,
    weight_equal,
    weight_passthrough,
    weight_passthrouh,
)

__all__ = [
    "AlphaModel",
    "AlphaModelError",
    "ArgumentError",
    "AssetIdentifier",
    "BadWeightsError",
    "BadWeightsException",
    "CycleNotFoundError",
    "CycleOutcome",
    "EquityPoint",
    "FixedSizeRiskModel",
    "History",
    "HistoryError",
    "HistoryRecorder",
    "NoHistoryError",
    "PairError",
    "PaperBroker",
    "PaperCycle",
    "PaperMarket",
    "Portfolio",
    "PositionManager",
    "PricingError",
    "PricingModel",
    "Reason",
    "RecordError",
    "ReservePosition",
    "SignalError",
    "SizeRisk",
    "SizeRiskModel",
    "SizingType",
    "StaticPricing",
    "StepOrderError",
    "TradeError",
    "TradeExecution",
    "TradeType",
    "TradingPairIdentifier",
    "TradingPairKind",
    "TradingPairSignal",
    "TradingPairSignalFlags",
    "TradingPosition",
    "USDTVLSizeRiskModel",
    "WeightError",
    "check_normalised_weights",
    "cycle_outcomes",
    "cycle_signals",
    "flag_counts",
    "format_signals",
    "make_pairs",
    "normalise_weights",
    "normalised_weights",
    "raw_shares",
    "read_history",
    "read_history_bytes",
    "run_paper",
    "size_risk_frame",
    "threshold_frame",
    "weight_by_1_slash_n",
    "weight_by_1_slash_n_ascending",
    "weight_by_1_slash_signal",
    "weight_by_blend",
    "weight_by_log",
    "weight_by_softmax",
    "weight_diffs",
    "weight_equal",
    "weight_passthrough",
    "weight_passthrouh",
]
