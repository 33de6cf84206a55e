"""What does a flag mean, and what did it do in this cycle?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alpha_model.analysis.cycles import flag_names
from alpha_model.analysis.facts import Facts, facts_of, pair_labels
from alpha_model.analysis.former import without_book
from alpha_model.analysis.ledger import CENT
from alpha_model.analysis.words import count, usd
from alpha_model.history import History
from alpha_model.values import TradingPairSignalFlags as Flags

FLAG_MEANINGS: dict[Flags, str] = {
    Flags.capped_by_pool_size: "The market is too small: size risk allowed less than was asked.",
    Flags.capped_by_concentration: "The pair wanted more than the largest share that one pair may hold.",
    Flags.capped_by_chain_allocation: "The pairs of its chain together wanted more than one chain may hold.",
    Flags.capped_by_protocol_allocation: "The pairs of its protocol together wanted more than one protocol may hold.",
    Flags.capped_by_sync_cash: "There was not enough cash for all purchases, so they were shrunk to fit.",
    Flags.capped_by_pending_settlement_cash: "Cash that is still being settled could not be spent.",
    Flags.max_adjust_too_small: "No change of the cycle reached the rebalance threshold, so nothing was traded.",
    Flags.individual_trade_size_too_small: "The change of this pair was below the threshold of a single trade.",
    Flags.individual_trade_quantity_too_small: "The change was too few units to be traded.",
    Flags.close_position_weight_limit: "The weight is below the closing weight: a position is closed, none is opened.",
    Flags.closed: "The position was to be closed whole.",
    Flags.cannot_redeem: "The vault does not pay out now, so the position cannot be sold.",
    Flags.cannot_deposit: "The vault takes no deposits now, so the position cannot be bought.",
    Flags.settlement_pending: "An earlier deposit or redemption is not settled yet.",
    Flags.parked_in_queue_vault: "The money waits in another vault until this one takes deposits.",
    Flags.promoted_from_queue_vault: "Money that had waited in another vault was moved to this one.",
}
"""What each known flag means in general."""

_STAGE_OF = {
    Flags.capped_by_pool_size: ("size_risk", "size risk refused {}"),
    Flags.capped_by_concentration: ("concentration", "the cap per pair cut off {}"),
    Flags.capped_by_chain_allocation: ("chain", "the cap per chain cut off {}"),
    Flags.capped_by_protocol_allocation: ("protocol", "the cap per protocol cut off {}"),
    Flags.capped_by_sync_cash: ("cash", "the cash at hand cut off {} of purchases"),
    Flags.capped_by_pending_settlement_cash: ("cash", "unsettled cash cut off {} of purchases"),
    Flags.max_adjust_too_small: ("threshold", "changes of {} were held back"),
    Flags.individual_trade_size_too_small: ("threshold", "changes of {} were skipped"),
    Flags.individual_trade_quantity_too_small: ("threshold", "changes of {} were skipped"),
}


_ZERO: dict[str, str] = {
    Flags.capped_by_concentration: "; the cap per pair cut off nothing of what was wanted, only of what was offered"
}
"""What a flag did whose stage took nothing of its own."""


def flag_meaning(name: str) -> str:
    """What a flag means in general; a sentence also for one that we do not know.

    The name of an unknown flag was written by strangers: escape the sentence before it becomes HTML or Markdown.
    """
    if name in FLAG_MEANINGS:
        return FLAG_MEANINGS[Flags(name)]
    return f"The strategy or a newer framework raised {name!r}; this version does not know what it means."


@without_book
def explain_flags(history: History | Facts) -> pd.DataFrame:
    """What each flag did.

    Args:
        history: Mostly of one cycle.

    Returns:
        RangeIndex, one row a flag that occurs, the most frequent first: flag; pair_count (rows that carry it);
        amount_usd (Σ|USD| that its stage took from them; NaN where the flag has no amount or one of them is unknown);
        meaning (in general); effect (here; plain text with strangers' tickers in it).
    """
    facts = facts_of(history)
    history, amounts = facts.history, facts.ledger.amounts()
    labels = pair_labels(history)
    pair_ids = history.tables.signals["pair_id"].to_numpy()
    rows_of: dict[str, list[int]] = {}
    for row, names in enumerate(flag_names(history)):
        for name in names:
            rows_of.setdefault(name, []).append(row)
    found = []
    for name, rows in sorted(rows_of.items(), key=lambda item: (-len(item[1]), item[0])):
        stage, words = _STAGE_OF.get(Flags(name), (None, "")) if name in FLAG_MEANINGS else (None, "")
        amount = np.nan if stage is None else float(np.sum(np.abs(amounts[stage][rows])))
        who = sorted({labels[int(pair_ids[row])] for row in rows})
        shown = ", ".join(who[:3]) + (f" and {len(who) - 3} more" if len(who) > 3 else "")  # noqa: PLR2004 - three names
        did = f"; {words.format(usd(amount))}" if words and amount >= CENT else _ZERO.get(name, "")
        effect = f"On {count(len(rows), 'pair')} ({shown}){did}."
        found.append((name, len(rows), amount, flag_meaning(name), effect))
    frame = pd.DataFrame(found, columns=["flag", "pair_count", "amount_usd", "meaning", "effect"])
    texts = dict.fromkeys(("flag", "meaning", "effect"), "str")
    return frame.astype({**texts, "pair_count": np.int64, "amount_usd": np.float64})
