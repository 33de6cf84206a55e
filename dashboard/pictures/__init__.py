"""What of a history fits into each picture, and what does it say?

Pure functions History → picture: frames of the size that a browser draws at once, a one-line finding, and a note on
what was left out. Nothing here draws.
"""

from dashboard.pictures.costs import CONSTRAINT_NAMES, costs_picture
from dashboard.pictures.decision import funnel_picture, waterfall_picture
from dashboard.pictures.flags import co_occurrence_picture, flag_in_words, flags_by_pair_picture, flags_picture
from dashboard.pictures.moves import amount, diffs_picture, moved_picture, movers_picture, moves_picture
from dashboard.pictures.overview import equity_line, equity_picture, sparkline
from dashboard.pictures.pair import DOLLARS as PAIR_DOLLARS
from dashboard.pictures.pair import WEIGHTS as PAIR_WEIGHTS
from dashboard.pictures.pair import pair_dollars_picture, pair_weights_picture
from dashboard.pictures.reduced import BUCKETS, Picture
from dashboard.pictures.size_risk import capacity_picture, size_risk_picture
from dashboard.pictures.thresholds import sweep_picture, thresholds_picture
from dashboard.pictures.weights import WeightsPicture, reading_of, weights_map_picture, weights_picture, whole_of

__all__ = [
    "BUCKETS",
    "CONSTRAINT_NAMES",
    "PAIR_DOLLARS",
    "PAIR_WEIGHTS",
    "Picture",
    "WeightsPicture",
    "amount",
    "capacity_picture",
    "co_occurrence_picture",
    "costs_picture",
    "diffs_picture",
    "equity_line",
    "equity_picture",
    "flag_in_words",
    "flags_by_pair_picture",
    "flags_picture",
    "funnel_picture",
    "moved_picture",
    "movers_picture",
    "moves_picture",
    "pair_dollars_picture",
    "pair_weights_picture",
    "reading_of",
    "size_risk_picture",
    "sparkline",
    "sweep_picture",
    "thresholds_picture",
    "waterfall_picture",
    "weights_map_picture",
    "weights_picture",
    "whole_of",
]
