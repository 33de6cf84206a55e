"""What of the constraints' costs fits into a picture, and what does it say?"""

import pandas as pd

from alpha_model.analysis.ledger import CONSTRAINT_LABELS, STAGE_LABELS
from alpha_model.analysis.metrics import COVERAGE, OFFERED, constraint_effect_totals
from alpha_model.history import History
from dashboard.pictures.reduced import Picture
from dashboard.text import plural, share, usd

CONSTRAINT_NAMES = {**CONSTRAINT_LABELS, OFFERED: STAGE_LABELS["redistribution"]}
"""What people call each constraint of `constraint_effect_totals`."""

_CERTAIN = 0.999
"""From this share of the dollars on, their effect counts as known throughout."""


def costs_picture(history: History) -> Picture:
    """What each limit and gate moved, and what that earned or cost until the next cycle; the dearest first."""
    frame = constraint_effect_totals(history)
    frame = frame[frame["moved_usd_cycles"] > 0].sort_values("effect_usd", kind="stable", ignore_index=True)
    if frame.empty:
        return Picture(frame, "What did each limit cost?")
    judged = float(frame["judged_usd_cycles"].sum() / frame["moved_usd_cycles"].sum())
    blank = bool((frame["effect_usd"].isna() & (frame["judged_usd_cycles"] > 0)).any())
    unknown = int(frame["unknown_cycles"].max())
    notes = [
        f"The next return is known for {share(judged)} of the dollars." if judged < _CERTAIN else "",
        f"An effect is not known where more than {1 - COVERAGE:.0%} of its dollars were not seen again."
        if blank
        else "",
        f"{plural(unknown, 'cycle')} left out, whose amounts are not recorded." if unknown else "",
    ]
    return Picture(frame, _finding(frame), " ".join(each for each in notes if each))


def _finding(frame: pd.DataFrame) -> str:
    known = frame.dropna(subset=["effect_usd"])
    if known.empty:
        return "What the limits cost is not known: too few returns are recorded"
    total = float(known["effect_usd"].sum())
    dearest = known.iloc[0]
    who = "Limits and gates" if len(known) == len(frame) else "The limits and gates that can be judged"
    words = f"{who} {'cost' if total < 0 else 'earned'} {usd(abs(total))} in all"
    if dearest["effect_usd"] >= 0:
        return words
    return f"{words}; the dearest: {CONSTRAINT_NAMES[dearest['constraint']]}, {usd(-dearest['effect_usd'])}"
