"""What happened to each pair, and what did it weigh?"""

from alpha_model.analysis.pairs.capacity import capacity_by_pair
from alpha_model.analysis.pairs.history import pair_history
from alpha_model.analysis.pairs.movers import moved, movers, moves, moves_are_usd
from alpha_model.analysis.pairs.shares import (
    allocation,
    held_shares,
    is_locked,
    moves_usd,
    pair_shares,
    target_shares,
    whole_exceptions,
    whole_words,
)
from alpha_model.analysis.pairs.weights import normalised_weights, raw_shares, sides, weight_diffs

__all__ = [
    "allocation",
    "capacity_by_pair",
    "held_shares",
    "is_locked",
    "moved",
    "movers",
    "moves",
    "moves_are_usd",
    "moves_usd",
    "normalised_weights",
    "pair_history",
    "pair_shares",
    "raw_shares",
    "sides",
    "target_shares",
    "weight_diffs",
    "whole_exceptions",
    "whole_words",
]
