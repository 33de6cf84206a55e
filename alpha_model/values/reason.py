"""What did one step do to one signal, in dollars?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dataclasses_json import config

from alpha_model.values.serialisation import Extra, JsonDataclass
from alpha_model.values.units import Usd


class Stage(StrEnum):
    """The steps that can hold a signal back or give it more, in their order."""

    selection = "selection"
    concentration = "concentration"
    redistribution = "redistribution"
    protocol = "protocol"
    size_risk = "size_risk"
    chain = "chain"
    threshold = "threshold"
    cash = "cash"


class Code(StrEnum):
    """What happened, where no flag of `TradingPairSignalFlags` says it."""

    below_signal_threshold = "below_signal_threshold"
    """The signal is weaker than the selection asks; the limit is the least strength."""
    not_in_top = "not_in_top"
    """Others are stronger; the limit is how many are taken."""
    offered_more = "offered_more"
    """What others could not take was offered to this pair."""
    not_reached = "not_reached"
    """Money or places were gone before this pair's turn."""
    problematic_pair = "problematic_pair"
    """A position in the pair is frozen by a failed trade."""


@dataclass
class Reason(JsonDataclass):
    """What one step did to one signal.

    Args:
        stage: The step of the cycle, one of `Stage`.
        code: What happened there: one of `Code`, or the name of the flag that was set.
        before_usd: The amount that entered the step: a target until the targets are known, then an adjust. None where
            dollars are not known yet.
        after_usd: The amount that left it.
        limit: What it was measured against: a share for weights, USD for size risk and thresholds, a count for places.
        extra: Fields of a file that this class does not know.
    """

    stage: Stage | str = field(metadata=config(encoder=str))
    code: str = field(metadata=config(encoder=str))
    before_usd: Usd | None = None
    after_usd: Usd | None = None
    limit: float | None = None
    extra: Extra = field(default_factory=dict)
