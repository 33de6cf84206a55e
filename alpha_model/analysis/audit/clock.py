"""Is the record complete and in order: times, gaps, rewritten cycles, and what its reader could not take?"""

import numpy as np

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import EARLY, FEWEST_INTERVALS, GAP, REGULAR_SHARE
from alpha_model.analysis.facts import Numbers, Places, Truths, microseconds
from alpha_model.history import utc
from alpha_model.history.tables import EPOCH, OUT_OF_ORDER

_MICRO = 1e6
_FIRST, _LAST = (int((utc(day) - utc(EPOCH)).value // 1_000) for day in ("1980-01-01", "2101-01-01"))
_WEEK = 7 * 86_400


def _intervals(sheet: Sheet) -> Numbers:
    """Seconds since the cycle before, one a cycle; NaN for the first."""
    return np.append(np.nan, np.diff(sheet.moments) / _MICRO)[: sheet.cycle_count]


def _is_known(sheet: Sheet) -> Truths:
    """All cycles where there are enough of them to say what is usual, else none."""
    return np.full(sheet.cycle_count, sheet.cycle_count > FEWEST_INTERVALS)


def _usual(sheet: Sheet) -> tuple[float, float]:
    """The median interval, and the longest that is usual.

    That is one that occurs regularly (a daily strategy that rests on weekends has two), or that usually follows the
    same time of the week (the last hour of a Friday).
    """
    intervals = _intervals(sheet)[1:]
    if not intervals.size:
        return np.nan, np.nan
    median = float(np.median(intervals))
    lengths, counts = np.unique(np.round(intervals / median, 1) if median else intervals, return_counts=True)
    regular = lengths[(counts >= REGULAR_SHARE * intervals.size) & (counts > 1)]
    after = _longest_of_the_week(sheet.moments[:-1], intervals)
    return median, max(median, float(regular.max(initial=0.0)) * median, after)


def _longest_of_the_week(moments: Places, intervals: Numbers) -> float:
    """The longest that usually follows a time of the week, seconds; 0 where none occurs often enough to say."""
    order = np.lexsort((intervals, moments // 1_000_000 % _WEEK))
    slots, ordered = (moments // 1_000_000 % _WEEK)[order], intervals[order]
    _, first, counts = np.unique(slots, return_index=True, return_counts=True)
    medians = ordered[first + (counts - 1) // 2]
    return float(medians[counts >= FEWEST_INTERVALS].max(initial=0.0))


def _missing(sheet: Sheet) -> Found:
    intervals = _intervals(sheet)
    median, longest = _usual(sheet)
    missing = np.round(intervals / median) - 1 if median else np.zeros_like(intervals)
    return of_cycles(_is_known(sheet), (intervals > GAP * longest) & (missing >= 1), 0.0, missing)


def _early(sheet: Sheet) -> Found:
    intervals = _intervals(sheet)
    median, _ = _usual(sheet)
    return of_cycles(_is_known(sheet), intervals < EARLY * median, median, intervals)


def _disorder(sheet: Sheet) -> Found:
    """Readers sort, so that only tables made by hand can break this; a file is asked by `_out_of_order`."""
    intervals = _intervals(sheet)
    return of_cycles(sheet.by_hand | (intervals <= 0), intervals <= 0, None, intervals)


def _out_of_order(sheet: Sheet) -> Found:
    """What the reader said of the order before it sorted the cycles."""
    return _problems(sheet, "odd", OUT_OF_ORDER)


def _other_time(sheet: Sheet) -> Found:
    """Cycles with a signal of another time than their own."""
    strays = microseconds(sheet.history.tables.signals) != sheet.moments[sheet.places]
    counts = np.bincount(sheet.places[strays], minlength=sheet.cycle_count).astype(np.float64)
    return of_cycles(sheet.by_hand | (counts > 0), counts > 0, 0.0, counts)


def _twice(sheet: Sheet) -> Found:
    counts = np.bincount(sheet.keys, minlength=1)
    keys = np.flatnonzero(counts > 1)
    pairs = sheet.history.pair_ids
    return Found(
        sheet.cycle_count,
        sheet.cycle_count,
        keys // sheet.key_width,
        pairs[keys % sheet.key_width] if len(pairs) else keys,
        np.ones(len(keys)),
        counts[keys].astype(np.float64),
    )


def _unlikely(sheet: Sheet) -> Found:
    return of_cycles(np.ones(sheet.cycle_count, dtype=np.bool_), (sheet.moments < _FIRST) | (sheet.moments >= _LAST))


def _future(sheet: Sheet) -> Found:
    if sheet.now is None:
        return Found(0, sheet.cycle_count)
    ahead = sheet.moments / _MICRO - sheet.now.timestamp()
    return of_cycles(np.ones(sheet.cycle_count, dtype=np.bool_), ahead > 0, 0.0, ahead)


def _rewritten(sheet: Sheet) -> Found:
    revision = sheet.of_cycle("revision")
    return of_cycles(np.ones(sheet.cycle_count, dtype=np.bool_), revision > 0, 0.0, revision)


def _problems(sheet: Sheet, kind: str, message: str | None = None) -> Found:
    """The problems of a kind; those of one message where one is named, else those that no rule names."""
    table = sheet.history.tables.problems
    rows = [row for row in table.to_pylist() if row["kind"] == kind]
    rows = [row for row in rows if (row["message"] not in _NAMED if message is None else row["message"] == message)]
    keys = {key: place for place, key in enumerate(sheet.history.tables.cycles["source_key"].to_pylist()) if key}
    known = {int(pair_id) for pair_id in sheet.history.pair_ids}
    named = [int(row["pair"]) if _is_whole(row["pair"]) else None for row in rows]
    nothing = np.full(len(rows), np.nan)
    return Found(
        table.num_rows,
        table.num_rows,
        np.array([keys.get(row["cycle_key"], -1) for row in rows], dtype=np.int64),
        np.array([pair if pair in known else _NO_PAIR for pair in named], dtype=np.int64),
        nothing,
        nothing,
        [" · ".join(str(part) for part in (row["field"], row["message"]) if part is not None) for row in rows],
    )


_NAMED = frozenset({OUT_OF_ORDER})
"""Messages that have a rule of their own."""

_NO_PAIR = np.iinfo(np.int64).min


def _is_whole(text: str | None) -> bool:
    return text is not None and text.removeprefix("-").isdecimal() and len(text) < len(str(2**63))


def _patched(sheet: Sheet) -> Found:
    return _problems(sheet, "patched")


def _skipped(sheet: Sheet) -> Found:
    return _problems(sheet, "skipped")


def _odd(sheet: Sheet) -> Found:
    return _problems(sheet, "odd")


NO_PAIR: int = _NO_PAIR
"""Stands for no pair in a column of pair ids; a surrogate id is never so small."""

RULES = (
    Rule(
        "cycles_missing",
        Severity.warning,
        "Is there a cycle whenever one was due?",
        "The strategy did not run, or the record lost cycles. What is due is what is usual: intervals that occur "
        "regularly, or usually follow that time of the week, as over weekends, are no gaps.",
        "Cycles are missing before this one: about {got}.",
        Unit.whole,
        _missing,
    ),
    Rule(
        "cycle_early",
        Severity.note,
        "Does each cycle follow the one before at the usual interval?",
        "A cycle was started by hand, or the strategy was restarted.",
        "This cycle came {got} after the one before; {expected} is usual.",
        Unit.seconds,
        _early,
    ),
    Rule(
        "clock_disorder",
        Severity.error,
        "Is each cycle later than the one before?",
        "Nothing that looks at changes between cycles can be relied on.",
        "This cycle is {got} after the one before.",
        Unit.seconds,
        _disorder,
    ),
    Rule(
        "cycles_out_of_order",
        Severity.warning,
        "Does the source tell its cycles in the order of their times?",
        "They are sorted here. A clock went back, files were joined in the wrong order, or a time is wrong.",
        "This cycle stands after a later one in the source.",
        Unit.none,
        _out_of_order,
        "problems",
    ),
    Rule(
        "signal_of_other_time",
        Severity.error,
        "Do all signals of a cycle have its time?",
        "Signals of different cycles were mixed.",
        "{got} signals of this cycle have another time than the cycle.",
        Unit.whole,
        _other_time,
    ),
    Rule(
        "pair_twice",
        Severity.error,
        "Does each pair occur once in a cycle?",
        "Its amounts are counted more than once.",
        "{pair} occurs {got} times in this cycle.",
        Unit.whole,
        _twice,
    ),
    Rule(
        "time_unlikely",
        Severity.warning,
        "Does every cycle lie between the years 1980 and 2100?",
        "The time was not set, or is in another unit; unless the record really is of such a time.",
        "This time is hardly right.",
        Unit.none,
        _unlikely,
    ),
    Rule(
        "time_in_future",
        Severity.error,
        "Is every cycle in the past?",
        "The clock of the strategy is wrong, or the time is in another unit.",
        "This cycle lies {got} in the future.",
        Unit.seconds,
        _future,
    ),
    Rule(
        "cycle_rewritten",
        Severity.note,
        "Was each cycle written once?",
        "The last version is shown; the earlier ones are in `history.superseded`.",
        "This cycle was written again {got} times; the last version is shown.",
        Unit.whole,
        _rewritten,
    ),
    Rule(
        "source_patched",
        Severity.warning,
        "Is every number of the source finite, and every text whole?",
        "A NaN, an infinity or a broken text stood in the source and was left out.",
        "The source was patched: {word}.",
        Unit.none,
        _patched,
        "problems",
    ),
    Rule(
        "source_skipped",
        Severity.warning,
        "Could everything in the source be read?",
        "Something was left out: an entry of another kind, or a damaged one.",
        "Something was skipped: {word}.",
        Unit.none,
        _skipped,
        "problems",
    ),
    Rule(
        "source_odd",
        Severity.note,
        "Was everything in the source as expected?",
        "It was read, and something about it was strange.",
        "Something is strange: {word}.",
        Unit.none,
        _odd,
        "problems",
    ),
)
