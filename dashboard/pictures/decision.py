"""What of one cycle's decision fits into a picture, and what does it say?"""

import pandas as pd

from alpha_model.analysis import book_frame, cycle_funnel, dollar_waterfall
from alpha_model.history import History
from alpha_model.values import PairId
from dashboard.drawing import PairIds
from dashboard.pictures.reduced import Picture
from dashboard.text import humanised, plural, share, usd

_DOLLARS = ", and the dollars they stand for: wanted, targets, changes, plans, fills"


def funnel_picture(one: History) -> Picture:
    """From all signals of one cycle to its trades."""
    frame = cycle_funnel(one)
    counts = dict(zip(frame["step"], frame["pair_count"], strict=True))
    planned, done = counts.get("planned"), counts.get("executed")
    traded = "; trades are not recorded" if planned is None else f", {planned:,} planned, {done:,} executed"
    if planned and not done and pd.isna(frame["usd"].iloc[-1]):
        traded = f", {planned:,} planned, not known to be executed"
    finding = f"{plural(counts['signals'], 'signal')}, {counts['selected']:,} selected{traded}"
    lost = [(count, code) for row in frame["lost"] for code, count in row]
    known = frame["usd"].notna().any()
    reading = f"Pairs{_DOLLARS if known else '; their dollars are not recorded'}."
    note = f" Most of what is missing at the end: {humanised(max(lost)[1])}." if lost else ""
    return Picture(frame, finding, f"{reading}{note}")


def waterfall_picture(one: History, pair_ids: PairIds = ()) -> Picture:
    """The dollars of one cycle; of one pair where one is chosen."""
    pair_id = _only(one, pair_ids)
    frame = dollar_waterfall(one, pair_id)
    usd_of = dict(zip(frame["stage"], frame["usd"], strict=True))
    unknown = [stage for stage, amount in usd_of.items() if pd.isna(amount)]
    note = f"Not recorded: {', '.join(map(humanised, unknown))}." if unknown else ""
    if pair_id is not None:
        return Picture(frame, f"Wanted {usd(usd_of['wanted'])}, to be traded {usd(usd_of['traded'])}", note)
    wanted, target = usd_of["wanted"], usd_of["target"]
    if pd.isna(wanted) and pd.isna(target):
        return Picture(frame, "How many dollars were wanted, and how many allowed?", note)
    finding = f"Wanted {usd(wanted)}, targets of {usd(target)}"
    locked = float(book_frame(one)["locked_usd"].iloc[0])
    if locked > 0 and pd.notna(target):
        finding += f"; {usd(locked)} is locked"
    elif wanted and wanted > 0 and pd.notna(target):
        finding += f": {share(target / wanted)}"
    return Picture(frame, finding, note)


def _locked_usd(one: History) -> float:
    """Targets of positions that cannot be traded: nobody wanted them in this cycle."""
    signals = one.signals
    return float(signals.loc[signals["carry_forward"], "position_target"].sum())


def _only(one: History, pair_ids: PairIds) -> PairId | None:
    """The chosen pair, where it is exactly one and the cycle has it."""
    there = one.tables.signals["pair_id"].to_numpy()
    return pair_ids[0] if len(pair_ids) == 1 and (there == pair_ids[0]).any() else None
