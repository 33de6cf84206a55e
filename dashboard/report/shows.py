"""Which columns does each table of a report have, and how are they written?"""

from dashboard.report.tables import Show, dollars, number, percent, utc_time
from dashboard.text import humanised

PAIRS = {
    "pair": Show("Pair"),
    "became": Show("Became"),
    "sentence": Show("Why", wide=True),
    "flags": Show("Flags"),
    "signal": Show("Signal", number),
    "share": Show("Weight", percent),
    "wanted": Show("Wanted", dollars),
    "target": Show("Target", dollars),
    "old_value": Show("Held before", dollars),
    "change": Show("Change", dollars),
    "planned_usd": Show("Planned", dollars),
    "executed_usd": Show("Executed", dollars),
    "confirmed": Show("Confirmed", percent),
}

TRADES = {
    "timestamp": Show("Decided, UTC", utc_time),
    "pair": Show("Pair"),
    "side": Show("Side"),
    "kind": Show("Kind", humanised),
    "status": Show("Status"),
    "value": Show("Value", dollars),
    "planned_quantity": Show("Planned quantity", number),
    "executed_quantity": Show("Executed quantity", number),
    "planned_price": Show("Planned price, $", number),
    "executed_price": Show("Executed price, $", number),
    "slippage": Show("Price difference", lambda part: f"{part * 100:.3f} %"),
    "fees": Show("Fees", dollars),
    "notes": Show("Notes", wide=True),
}

FLAGS = {
    "flag": Show("Flag", humanised),
    "pair_count": Show("Pairs", number),
    "amount_usd": Show("Took", dollars),
    "meaning": Show("What it means", wide=True),
    "effect": Show("Here", wide=True),
}

FINDINGS = {
    "severity": Show("Severity"),
    "timestamp": Show("Cycle, UTC", utc_time),
    "sentence": Show("Finding", wide=True),
    "expected": Show("Expected", number),
    "got": Show("Recorded", number),
    "difference": Show("Difference", number),
    "unit": Show("Unit"),
    "rule": Show("Rule"),
}

CYCLES = {
    "cycle": Show("Cycle", lambda place: str(int(place))),
    "timestamp": Show("Decided, UTC", utc_time),
    "outcome": Show("Outcome", humanised),
    "execution": Show("Execution", humanised),
    "sentence": Show("In a sentence", wide=True),
    "max_position_adjust_usd": Show("Largest change", dollars),
    "position_adjust_threshold_usd": Show("Threshold", dollars),
    "equity_usd": Show("Investable", dollars),
    "planned_count": Show("Planned trades", number),
    "planned_usd": Show("Planned", dollars),
    "traded_usd": Show("Executed", dollars),
    "discarded_usd": Show("Discarded", dollars),
    "flags": Show("Flags"),
}

CAPACITY = {
    "pair": Show("Pair"),
    "asked_usd": Show("Asked a cycle", dollars),
    "accepted_usd": Show("Accepted a cycle", dollars),
    "refused_usd": Show("Refused a cycle", dollars),
    "refused_share": Show("Refused share", percent),
    "asked_count": Show("Cycles asked", number),
    "capped_count": Show("Cycles capped", number),
}

PROBLEMS = {
    "kind": Show("Kind", humanised),
    "cycle_key": Show("Where"),
    "pair": Show("Pair"),
    "field": Show("Field"),
    "position": Show("Byte", number),
    "message": Show("What is odd", wide=True),
}
