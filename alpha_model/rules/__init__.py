"""By which rules is a cycle decided?

Each rule stands here once, on arrays of (batch × pairs), with its settings and its codes. Nothing here knows a signal
object, a portfolio or a history.
"""

from alpha_model.rules.arrays import Codes, Numbers, Truths
from alpha_model.rules.beside import share_beside
from alpha_model.rules.cash import CashCap, Fitted, fit_to_cash
from alpha_model.rules.compat import OURS, Compat
from alpha_model.rules.cycle import Decided, Situation, decide_cycles
from alpha_model.rules.gates import (
    DUST_QUANTITY,
    Action,
    Changes,
    Decisions,
    Gate,
    Market,
    Thresholds,
    decide,
    larger_side,
)
from alpha_model.rules.methods import BUILT_IN, Method, register
from alpha_model.rules.select import Chosen, Selected, Selection, select
from alpha_model.rules.settings import CycleSettings, columns, last_runs, recorded_settings
from alpha_model.rules.share import Shared, Sharing, SharingMode, share_out
from alpha_model.rules.steps import (
    BIT,
    CLOSED_FLAGS,
    CODE_OF_GATE,
    FLAG_OF_GATE,
    STEP_OF,
    STEPS,
    Step,
    Sum,
    flags_into,
    flags_of,
    steps_into,
)
from alpha_model.rules.target import Targets, targets
from alpha_model.rules.weigh import CAP_TOLERANCE, Capped, cap, cap_groups, clip_to_one, is_cut, normalise
from alpha_model.values import PositionKind, is_flip, kind_named, wanted_kind

__all__ = [
    "BIT",
    "BUILT_IN",
    "CAP_TOLERANCE",
    "CLOSED_FLAGS",
    "CODE_OF_GATE",
    "DUST_QUANTITY",
    "FLAG_OF_GATE",
    "OURS",
    "STEPS",
    "STEP_OF",
    "Action",
    "Capped",
    "CashCap",
    "Changes",
    "Chosen",
    "Codes",
    "Compat",
    "CycleSettings",
    "Decided",
    "Decisions",
    "Fitted",
    "Gate",
    "Market",
    "Method",
    "Numbers",
    "PositionKind",
    "Selected",
    "Selection",
    "Shared",
    "Sharing",
    "SharingMode",
    "Situation",
    "Step",
    "Sum",
    "Targets",
    "Thresholds",
    "Truths",
    "cap",
    "cap_groups",
    "clip_to_one",
    "columns",
    "decide",
    "decide_cycles",
    "fit_to_cash",
    "flags_into",
    "flags_of",
    "is_cut",
    "is_flip",
    "kind_named",
    "larger_side",
    "last_runs",
    "normalise",
    "recorded_settings",
    "register",
    "select",
    "share_beside",
    "share_out",
    "steps_into",
    "targets",
    "wanted_kind",
]
