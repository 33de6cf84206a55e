"""Which numbers are compared, and to which stage of the decision does each belong?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_

from alpha_model.history.tables import FLAG_BITS
from alpha_model.rules import STEP_OF, STEPS, Step
from alpha_model.values import Stage
from alpha_model.values import TradingPairSignalFlags as Flags


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


_S = CompareStage

PART_OF: dict[str, CompareStage] = {
    "carry_forward": _S.inputs,
    "redistribution": _S.size_risk,
    "protocol": _S.concentration,
    "chain": _S.concentration,
    "flip": _S.target,
    "cash": _S.threshold,
    "close": _S.threshold,
}
"""Steps of the decision that are compared together with another one; each of the others is a stage of its own."""


def steps_of_stage(stage: CompareStage) -> tuple[Step, ...]:
    """The steps of the decision that a stage compares, its own first."""
    others = [step for step in STEPS if PART_OF.get(step.name) is stage]
    return STEP_OF[stage], *others


STAGE_MEANINGS: dict[CompareStage, str] = {
    stage: "; ".join(step.words for step in steps_of_stage(stage)) for stage in CompareStage
}
"""What people call each stage: what its steps do."""


class Kind(StrEnum):
    """How a field is measured and shown."""

    usd = "usd"
    market = "market"
    """USD of the market and not of the portfolio: a price, a TVL. Never ranked, and the same by its share only."""
    share = "share"
    number = "number"
    truth = "truth"
    flags = "flags"
    codes = "codes"
    word = "word"


@dataclass(frozen=True, slots=True)
class Field:
    """One number of a pair or of a cycle.

    Args:
        name: As in `signals` or `cycles`, or one that is made here.
        stage: Where it is written.
        kind: How it is measured.
        words: What people call it.
        late: The later stage that wrote it instead: `size_risk` in cycles with size risk, which shares out anew;
            `threshold` where buys were shrunk to the cash; `selection` where a pair is recorded because it was chosen.
        asked: The stage that asks for it; where one side has it and the other has not, that stage differs.
        derived: Made here from other columns, and compared only where both sides let it be known.
        mask: For flags: the bits that belong to this stage.
        steps: For codes: the steps whose reasons belong to this stage.
    """

    name: str
    stage: CompareStage
    kind: Kind
    words: str
    late: CompareStage | None = None
    asked: CompareStage | None = None
    derived: bool = False
    mask: int = 0
    steps: tuple[Stage, ...] = ()


def _bits(*flags: Flags) -> int:
    return reduce(or_, (FLAG_BITS[flag] for flag in flags))


def _flags_of(stage: CompareStage) -> int:
    return _bits(*(flag for step in steps_of_stage(stage) for flag in step.flags))


def _reasons_of(stage: CompareStage) -> tuple[Stage, ...]:
    return tuple(Stage(step.name) for step in steps_of_stage(stage) if step.name in set(Stage))


_LIMITS = _reasons_of(_S.concentration)
_CONCENTRATION, _SIZE_RISK = _flags_of(_S.concentration), _flags_of(_S.size_risk)
_OTHERS = sum(FLAG_BITS.values()) & ~_CONCENTRATION & ~_SIZE_RISK

PAIR_FIELDS: tuple[Field, ...] = (
    Field("present", _S.inputs, Kind.truth, "there", late=_S.selection),
    Field("signal", _S.inputs, Kind.number, "signal"),
    Field("leverage", _S.inputs, Kind.number, "leverage"),
    Field("stop_loss", _S.inputs, Kind.share, "stop loss"),
    Field("take_profit", _S.inputs, Kind.share, "take profit"),
    Field("trailing_stop_loss", _S.inputs, Kind.share, "trailing stop loss"),
    Field("price", _S.inputs, Kind.market, "price", asked=_S.size_risk),
    Field("tvl", _S.inputs, Kind.market, "TVL", asked=_S.size_risk),
    Field("old_kind", _S.inputs, Kind.word, "kind held"),
    Field("old_quantity", _S.inputs, Kind.number, "units held"),
    Field("old_value", _S.inputs, Kind.usd, "value held"),
    Field("old_weight", _S.inputs, Kind.share, "weight held"),
    Field("profit_before_trades", _S.inputs, Kind.usd, "open profit"),
    Field("profit_before_trades_pct", _S.inputs, Kind.share, "open profit as a share of cost"),
    Field("carry_forward", _S.inputs, Kind.truth, "pinned, as it cannot be traded"),
    Field("selected", _S.selection, Kind.truth, "selected"),
    Field("signal_in_selection", _S.selection, Kind.number, "signal in the selection"),
    Field("reasons", _S.selection, Kind.codes, "reason of the selection", steps=_reasons_of(_S.selection)),
    Field("raw_weight", _S.raw_weight, Kind.number, "raw weight"),
    Field("weight_limit", _S.concentration, Kind.share, "max weight", derived=True),
    Field("chain_limit", _S.concentration, Kind.share, "max weight of its chain", derived=True),
    Field("limited_share", _S.concentration, Kind.share, "share under the max weight", derived=True),
    Field("flag_bits", _S.concentration, Kind.flags, "flags of concentration", _S.size_risk, mask=_CONCENTRATION),
    Field("reasons", _S.concentration, Kind.codes, "reasons of concentration", _S.size_risk, steps=_LIMITS),
    Field("normalised_weight", _S.concentration, Kind.share, "weight", _S.size_risk),
    Field("asked", _S.size_risk, Kind.usd, "asked"),
    Field("size_cap_usd", _S.size_risk, Kind.market, "size cap"),
    Field("accepted", _S.size_risk, Kind.usd, "accepted"),
    Field("capped", _S.size_risk, Kind.truth, "refused a part"),
    Field("flag_bits", _S.size_risk, Kind.flags, "flags of size risk", mask=_SIZE_RISK),
    Field("reasons", _S.size_risk, Kind.codes, "reasons of size risk", steps=_reasons_of(_S.size_risk)),
    Field("position_target", _S.target, Kind.usd, "target"),
    Field("position_adjust_usd", _S.target, Kind.usd, "change", _S.threshold),
    Field("position_adjust_quantity", _S.target, Kind.number, "units to sell"),
    Field("synthetic_kind", _S.target, Kind.word, "kind wanted"),
    Field("ignored", _S.threshold, Kind.truth, "ignored"),
    Field("flag_bits", _S.threshold, Kind.flags, "flags", mask=_OTHERS),
    Field("other_flags", _S.threshold, Kind.word, "other flags"),
    Field("reasons", _S.threshold, Kind.codes, "reasons of the rebalance", steps=_reasons_of(_S.threshold)),
    Field("traded_quantity", _S.trade, Kind.number, "units traded"),
    Field("traded_usd", _S.trade, Kind.usd, "USD traded"),
)
"""Fields of a pair, in the order of the decision.

Made here: `present`; `weight_limit` and `chain_limit`, the limits of a pair that one of them cut;
`limited_share`, what its limit leaves of its raw share, however size risk shares out; `traded_…`, from the trades.
"""

CYCLE_FIELDS: tuple[Field, ...] = (
    Field("raw_count", _S.inputs, Kind.number, "pairs with a signal"),
    Field("held_count", _S.inputs, Kind.number, "pairs held"),
    Field("investable_equity", _S.inputs, Kind.usd, "investable equity", asked=_S.size_risk),
    Field("selected_count", _S.selection, Kind.number, "pairs selected"),
    Field("accepted_investable_equity", _S.size_risk, Kind.usd, "accepted equity"),
    Field("size_risk_discarded_value", _S.size_risk, Kind.usd, "discarded equity"),
    Field("max_position_adjust_usd", _S.target, Kind.usd, "largest change"),
    Field("position_adjust_threshold_usd", _S.threshold, Kind.usd, "rebalance threshold"),
    Field("close_position_weight_epsilon", _S.threshold, Kind.share, "closing weight"),
    Field("trade_count", _S.trade, Kind.number, "trades planned"),
)
"""Fields of a whole cycle."""

KEYS: dict[str, tuple[str, ...]] = {"signals": ("cycle", "timestamp", "pair_id"), "cycles": ("cycle", "timestamp")}
"""Columns by which the two sides are laid beside each other."""

SETTINGS_COLUMN = "pipeline"
"""The column of `cycles` that is compared setting by setting."""

UNCOMPARED: dict[str, str] = {
    "position_id": "each run numbers its positions",
    "other_data": "free data of the strategy, which no step reads",
    "extra": "fields that this version does not know, of no known step",
    "message": "the strategy's own words",
    "revision": "how often the source wrote the cycle",
    "run_id": "each run has a name of its own",
    "source": "where in the source it stands",
    "source_key": "where in the source it stands",
}
"""Columns of `signals` and `cycles` that are never compared, and why."""

STAGES: tuple[CompareStage, ...] = tuple(CompareStage)
STAGE_PLACE: dict[CompareStage, int] = {stage: place for place, stage in enumerate(STAGES)}
