"""Which numbers are compared, and to which stage of the decision does each belong?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_

from alpha_model.history.schema import FLAG_BITS
from alpha_model.signal import TradingPairSignalFlags as Flags


class CompareStage(StrEnum):
    """The stages of a decision, in their order: what differs at one may be the cause of what differs later."""

    inputs = "inputs"
    selection = "selection"
    raw_weight = "raw_weight"
    concentration = "concentration"
    size_risk = "size_risk"
    target = "target"
    threshold = "threshold"
    trade = "trade"


STAGE_MEANINGS: dict[CompareStage, str] = {
    CompareStage.inputs: "what the cycle started from: pairs, signals, prices, holdings, equity",
    CompareStage.selection: "which pairs were chosen",
    CompareStage.raw_weight: "what the weighting method made of the signals",
    CompareStage.concentration: "weights under the limits of concentration",
    CompareStage.size_risk: "what the markets can carry",
    CompareStage.target: "USD wanted and USD to change",
    CompareStage.threshold: "which changes were held back",
    CompareStage.trade: "what was traded",
}
"""One clause for people about each stage."""


class Kind(StrEnum):
    """How a field is measured and shown."""

    usd = "usd"
    share = "share"
    number = "number"
    truth = "truth"
    flags = "flags"
    word = "word"


@dataclass(frozen=True, slots=True)
class Field:
    """One number of a pair or of a cycle.

    Args:
        name: As in `signals` or `cycles`, or one that is made here.
        stage: Where it is decided.
        kind: How it is measured.
        words: What people call it.
        mask: For flags: the bits that belong to this stage.
    """

    name: str
    stage: CompareStage
    kind: Kind
    words: str
    mask: int = 0


def _bits(*flags: Flags) -> int:
    return reduce(or_, (FLAG_BITS[flag] for flag in flags))


_CONCENTRATION = _bits(
    Flags.capped_by_concentration, Flags.capped_by_chain_allocation, Flags.capped_by_protocol_allocation
)
_SIZE_RISK = _bits(Flags.capped_by_pool_size)
_OTHERS = sum(FLAG_BITS.values()) & ~_CONCENTRATION & ~_SIZE_RISK

_S = CompareStage
PAIR_FIELDS: tuple[Field, ...] = (
    Field("signal", _S.inputs, Kind.number, "signal"),
    Field("price", _S.inputs, Kind.usd, "price"),
    Field("tvl", _S.inputs, Kind.usd, "TVL"),
    Field("old_kind", _S.inputs, Kind.word, "kind held"),
    Field("old_quantity", _S.inputs, Kind.number, "units held"),
    Field("old_value", _S.inputs, Kind.usd, "value held"),
    Field("old_weight", _S.inputs, Kind.share, "weight held"),
    Field("leverage", _S.inputs, Kind.number, "leverage"),
    Field("selected", _S.selection, Kind.truth, "selected"),
    Field("raw_weight", _S.raw_weight, Kind.number, "raw weight"),
    Field("flag_bits", _S.concentration, Kind.flags, "flags of concentration", _CONCENTRATION),
    Field("normalised_weight", _S.concentration, Kind.share, "weight"),
    Field("asked", _S.size_risk, Kind.usd, "asked"),
    Field("size_cap_usd", _S.size_risk, Kind.usd, "size cap"),
    Field("accepted", _S.size_risk, Kind.usd, "accepted"),
    Field("flag_bits", _S.size_risk, Kind.flags, "flags of size risk", _SIZE_RISK),
    Field("position_target", _S.target, Kind.usd, "target"),
    Field("position_adjust_usd", _S.target, Kind.usd, "change"),
    Field("ignored", _S.threshold, Kind.truth, "ignored"),
    Field("flag_bits", _S.threshold, Kind.flags, "flags", _OTHERS),
    Field("other_flags", _S.threshold, Kind.word, "other flags"),
    Field("traded_quantity", _S.trade, Kind.number, "units traded"),
    Field("traded_usd", _S.trade, Kind.usd, "USD traded"),
)
"""Fields of a pair, in the order of the decision; `traded_…` are made from the rebalance trades of the cycle."""

CYCLE_FIELDS: tuple[Field, ...] = (
    Field("investable_equity", _S.inputs, Kind.usd, "investable equity"),
    Field("close_position_weight_epsilon", _S.inputs, Kind.share, "closing weight"),
    Field("accepted_investable_equity", _S.size_risk, Kind.usd, "accepted equity"),
    Field("size_risk_discarded_value", _S.size_risk, Kind.usd, "discarded equity"),
    Field("max_position_adjust_usd", _S.target, Kind.usd, "largest change"),
    Field("position_adjust_threshold_usd", _S.threshold, Kind.usd, "rebalance threshold"),
)
"""Fields of a whole cycle."""

STAGES: tuple[CompareStage, ...] = tuple(CompareStage)
STAGE_PLACE: dict[CompareStage, int] = {stage: place for place, stage in enumerate(STAGES)}
