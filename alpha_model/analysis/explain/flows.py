"""Which holdings moved without a trade around one cycle, in one line?"""

from __future__ import annotations

import numpy as np

from alpha_model.analysis.facts import check_one_cycle, moved_without_trade, pair_labels
from alpha_model.analysis.words import known, usd
from alpha_model.history import History

FEW = 3
"""So many pairs are named."""


def moved_around(one: History) -> str:
    """What came to or left the holdings without a trade, before and after one cycle; empty where nothing did.

    Args:
        one: Of one cycle, a part of a longer history: `history.at(timestamp)`.

    Returns:
        Plain text with strangers' tickers in it, to be escaped before it becomes HTML or Markdown.

    Raises:
        HistoryError: Not exactly one cycle.
    """
    check_one_cycle(one, "what moved beside")
    whole = one.whole
    place = int(np.searchsorted(whole.cycle_numbers, one.cycle_numbers[0]))
    between = {"since the cycle before": place - 1, "until the next cycle": place}
    found, labels = moved_without_trade(whole), pair_labels(whole)
    parts = []
    for words, after in between.items():
        moves = found[found["cycle"] == whole.cycle_numbers[after]] if after >= 0 else found.iloc[:0]
        told = [_told(labels[row["pair_id"]], row["share"], row["usd"]) for row in moves.head(FEW).to_dict("records")]
        more = f" and {len(moves) - FEW:,} more" if len(moves) > FEW else ""
        if told:
            parts.append(f"{words} {', '.join(told)}{more}")
    return (
        f"Moved without a trade on record, as redemptions, flows and interest do: {'; '.join(parts)}." if parts else ""
    )


def _told(label: str, share: float, amount: float) -> str:
    signed = [f"{number:+.2%}".replace("%", " %") for number in (share,) if known(number)]
    worth = [f"{'-' if amount < 0 else '+'}{usd(abs(amount))}"] if known(amount) else []
    told = ", ".join([*signed, *worth])
    return f"{label} ({told})" if told else label
