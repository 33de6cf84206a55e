"""What does the reference framework do to its own numbers, for those who replay what it recorded?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compat:
    """Habits of the reference framework; all off for what this library records.

    Args:
        signed_selection: Signals are ranked by signed value, so that the strongest short comes last.
        ascending_rank: `weight_by_1_slash_n` gives the weakest signal the most.
        clipped_weights: Weights are summed from left to right, the largest takes the difference to 1, and 1e-5 less
            where the sum is above 1 still.
        no_second_cap: With sequential sharing an ask is not held to the max weight of all equity once more.
        strict_caps: Whatever is above its cap is flagged as cut, rounding too.
        unflagged_caps: Without size risk a cut is not flagged.
        skipped_not_ignored: A trade that is skipped as small is not marked as ignored.
        no_zero_sell_threshold: A sell threshold of 0 counts as not given.
    """

    signed_selection: bool = False
    ascending_rank: bool = False
    clipped_weights: bool = False
    no_second_cap: bool = False
    strict_caps: bool = False
    unflagged_caps: bool = False
    skipped_not_ignored: bool = False
    no_zero_sell_threshold: bool = False


OURS = Compat()
"""No habit of another framework."""
