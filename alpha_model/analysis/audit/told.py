"""Do the settings and reasons that a cycle wrote down agree with its numbers?"""

import numpy as np
import pyarrow.compute as pc

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows, unusual
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import HALF_A_CENT, MOST_LEVERAGE, SELDOM, UNITS, USUAL, differ, exceeds
from alpha_model.analysis.facts import Numbers, Places, Truths, numbers
from alpha_model.history.tables import FLAG_BITS
from alpha_model.values import Stage


def _threshold(sheet: Sheet) -> Found:
    setting, recorded = sheet.settings.number("min_trade_threshold"), sheet.of_cycle("position_adjust_threshold_usd")
    return of_cycles(~np.isnan(setting) & ~np.isnan(recorded), differ(recorded, setting), setting, recorded)


def _equity(sheet: Sheet) -> Found:
    setting, recorded = sheet.settings.equity, sheet.of_cycle("investable_equity")
    return of_cycles(~np.isnan(setting) & ~np.isnan(recorded), differ(recorded, setting), setting, recorded)


_NUMBERS = (
    *("investable_equity", "accepted_investable_equity", "size_risk_discarded_value", "max_position_adjust_usd"),
    *("position_adjust_threshold_usd", "close_position_weight_epsilon"),
)


def _negative(sheet: Sheet) -> Found:
    lowest = np.full(sheet.cycle_count, np.nan)
    for name in _NUMBERS[:-1]:
        lowest = np.fmin(lowest, sheet.of_cycle(name))
    return of_cycles(~np.isnan(lowest), lowest < -HALF_A_CENT, 0.0, lowest)


def _epsilon(sheet: Sheet) -> Found:
    epsilon = sheet.of_cycle("close_position_weight_epsilon")
    return of_cycles(~np.isnan(epsilon), (epsilon < 0) | (epsilon >= 1), None, epsilon)


def _left_out(sheet: Sheet) -> Found:
    every, missing = np.ones(sheet.cycle_count, dtype=np.bool_), np.zeros(sheet.cycle_count)
    for name in _NUMBERS:
        absent = np.isnan(sheet.of_cycle(name))
        if absent.any():
            missing += unusual(every, absent, SELDOM)
    return of_cycles(every, missing > 0, 0.0, missing)


def _setting(sheet: Sheet) -> Found:
    """A threshold or closing weight that is the same in nearly all cycles, and another one here."""
    expected, got = np.full(sheet.cycle_count, np.nan), np.full(sheet.cycle_count, np.nan)
    known = ~np.isnan(sheet.of_cycle("close_position_weight_epsilon"))
    for name in ("position_adjust_threshold_usd", "close_position_weight_epsilon"):
        values = sheet.of_cycle(name)
        told = ~np.isnan(values)
        usual = float(np.median(values[told])) if told.any() else np.nan
        other = unusual(told, told & (values != usual), SELDOM)
        expected[other], got[other] = usual, values[other]
    return of_cycles(known, ~np.isnan(got), expected, got)


def _triggers(sheet: Sheet) -> Found:
    stop, profit, trailing = (sheet.column(name) for name in ("stop_loss", "take_profit", "trailing_stop_loss"))
    known = ~(np.isnan(stop) & np.isnan(profit) & np.isnan(trailing))
    wrong = (stop <= 0) | (stop >= 1) | (trailing <= 0) | (trailing >= 1) | (profit <= 1)
    return of_rows(sheet, known, wrong, None, np.fmax(np.fmax(stop, trailing), profit))


def _leverage(sheet: Sheet) -> Found:
    """Out of all bounds, or another than nearly all have."""
    leverage = sheet.column("leverage")
    known = ~np.isnan(leverage)
    if not known.any():
        return of_rows(sheet, known, known)
    usual = float(np.median(leverage[known]))
    other = unusual(known, known & (leverage != usual), SELDOM)
    return of_rows(sheet, known, (leverage <= 0) | (leverage > MOST_LEVERAGE) | other, usual, leverage)


def _carries(sheet: Sheet) -> Numbers:
    """What the market carries of each pair as far as its answer tells: the cap, or what it accepted of more."""
    asked, accepted, cap = (sheet.column(name) for name in ("asked", "accepted", "size_cap_usd"))
    return np.where(np.isnan(cap), np.where(exceeds(asked, accepted), accepted, np.nan), cap)


def _cap(sheet: Sheet) -> Found:
    """The cap is the share of TVL, or the USD, that the settings say; without settings the share that is usual."""
    tvl, carries, settings = sheet.column("tvl"), _carries(sheet), sheet.settings
    if not np.any(~np.isnan(carries)):
        return of_rows(sheet, ~np.isnan(carries), np.isnan(carries))
    position_cap = settings.position_cap
    limit = sheet.spread(position_cap)
    share = carries / np.where(tvl > 0, tvl, np.nan)
    usual = _usual(share[np.isnan(limit)])
    limit, of_tvl = (
        np.where(np.isnan(limit), usual, limit),
        sheet.spread(settings.capped_by_tvl | np.isnan(position_cap)),
    )
    expected = np.where(of_tvl, limit * tvl, limit)
    known = ~np.isnan(expected) & ~np.isnan(carries) | exceeds(sheet.column("accepted"), expected)
    amount = np.where(np.isnan(carries), sheet.column("accepted"), carries)
    return of_rows(sheet, known, differ(amount, expected, relative=UNITS), expected, amount)


def _usual(shares: Numbers) -> float:
    """The share that nearly all have; NaN where they differ."""
    known = shares[~np.isnan(shares)]
    middle = float(np.median(known)) if known.size else np.nan
    alike = np.count_nonzero(np.abs(known - middle) <= UNITS * np.abs(middle))
    return middle if known.size and alike >= USUAL * known.size else np.nan


def _unmarked(sheet: Sheet) -> Found:
    asked, accepted, capped = (sheet.column(name) for name in ("asked", "accepted", "capped"))
    known = ~np.isnan(asked) & ~np.isnan(accepted) & ~np.isnan(capped)
    return of_rows(sheet, known, (capped == 0) & exceeds(asked, accepted), asked, accepted)


def _flag_of_reason(sheet: Sheet) -> Found:
    """Every reason that is a flag is also there as one."""
    found = sheet.reasons
    if found is None:
        return of_rows(sheet, sheet.inside & False, sheet.inside)
    rows, table = found
    bits = np.zeros(len(rows), dtype=np.uint32)
    for name, bit in FLAG_BITS.items():
        bits[np.asarray(pc.equal(table["code"], name), dtype=np.bool_)] = bit
    missing = np.zeros(len(sheet.places), dtype=np.bool_)
    missing[rows[(sheet.flag_bits[rows] & bits) != bits]] = True
    has = np.zeros(len(sheet.places), dtype=np.bool_)
    has[rows] = True
    return of_rows(sheet, has, missing)


def _reason_of_flag(sheet: Sheet) -> Found:
    """Where reasons are written, a limit that is flagged has one."""
    found = sheet.reasons
    if found is None:
        return of_rows(sheet, sheet.inside & False, sheet.inside)
    rows, table = found
    told = np.zeros(len(sheet.places), dtype=np.uint32)
    limits = ("capped_by_concentration", "capped_by_pool_size", "capped_by_chain_allocation", "capped_by_sync_cash")
    for name in (*limits, "individual_trade_size_too_small", "max_adjust_too_small", "closed"):
        told[rows[np.asarray(pc.equal(table["code"], name), dtype=np.bool_)]] |= np.uint32(FLAG_BITS[name])
    mask = np.uint32(sum(FLAG_BITS[name] for name in limits))
    writes = sheet.spread(sheet.any(_marked(sheet, rows)))
    flagged = sheet.flag_bits & mask
    return of_rows(sheet, writes & (flagged != 0), (flagged & ~told) != 0)


def _marked(sheet: Sheet, rows: Places) -> Truths:
    found = np.zeros(len(sheet.places), dtype=np.bool_)
    found[rows] = True
    return found


def _reason_amount(sheet: Sheet) -> Found:
    """What size risk is said to have left is what it accepted."""
    found = sheet.reasons
    if found is None:
        return of_rows(sheet, sheet.inside & False, sheet.inside)
    rows, table = found
    sized = np.asarray(pc.equal(table["stage"], str(Stage.size_risk)), dtype=np.bool_)
    said = np.full(len(sheet.places), np.nan)
    said[rows[sized]] = numbers(table, "after_usd")[sized]
    accepted = sheet.column("accepted")
    return of_rows(sheet, ~np.isnan(said) & ~np.isnan(accepted), differ(said, accepted), accepted, said)


RULES = (
    Rule(
        "threshold_not_as_set",
        Severity.error,
        "Is the threshold of the rebalance the one of the settings?",
        "What was held back, or not, was measured with another number than recorded.",
        "The threshold is recorded as {got}; the settings say {expected}.",
        Unit.usd,
        _threshold,
    ),
    Rule(
        "equity_not_as_set",
        Severity.error,
        "Is the investable equity the one of the settings?",
        "Shares of equity are of another equity than the targets were.",
        "{got} may be invested; the settings say {expected}.",
        Unit.usd,
        _equity,
    ),
    Rule(
        "cycle_amount_negative",
        Severity.error,
        "Are equity, discarded equity, largest change and threshold of every cycle 0 or more?",
        "These amounts have no side.",
        "The cycle has the amount {got} where none can be below 0.",
        Unit.usd,
        _negative,
    ),
    Rule(
        "closing_weight_unlikely",
        Severity.error,
        "Is the closing weight a share below 1?",
        "Every position would be closed, or none.",
        "The closing weight is {got}.",
        Unit.share,
        _epsilon,
    ),
    Rule(
        "cycle_number_left_out",
        Severity.warning,
        "Does every cycle have the numbers that nearly all others have?",
        "Equity, threshold or another amount is not recorded here, and the cycle is left out of what needs it.",
        "The cycle lacks {got} of the numbers that the others have.",
        Unit.whole,
        _left_out,
    ),
    Rule(
        "setting_unusual",
        Severity.warning,
        "Are threshold and closing weight those of nearly all other cycles?",
        "Somebody changed them for a single cycle, or the number is wrong.",
        "This cycle was decided with {got}, where nearly all others have {expected}.",
        Unit.none,
        _setting,
    ),
    Rule(
        "trigger_unlikely",
        Severity.warning,
        "Are stop losses shares below 1 of the price, and take profits above 1?",
        "The trigger is pulled at once, or never: it may be a price where a share was meant.",
        "{pair} has a trigger of {got} times the price.",
        Unit.none,
        _triggers,
    ),
    Rule(
        "leverage_unlikely",
        Severity.warning,
        "Is every leverage above 0, of a size that is lent, and the one that nearly all others have?",
        "The number is wrong, or in another unit.",
        "{pair} has a leverage of {got}, where {expected} is usual.",
        Unit.none,
        _leverage,
        needs=("leverage",),
    ),
    Rule(
        "size_cap_off_its_share",
        Severity.warning,
        "Is what each market carries the share of its liquidity, or the USD, that the settings or all others have?",
        "Cap and liquidity are of different moments, or one of them is wrong.",
        "{pair}: the market is said to carry {got}; its liquidity gives {expected}.",
        Unit.usd,
        _cap,
        needs=("asked",),
    ),
    Rule(
        "refusal_not_capped",
        Severity.warning,
        "Is `capped` true wherever size risk refused something?",
        "What reads it counts the pair as not limited.",
        "{pair}: size risk accepted {got} of {expected} and says that it did not cap.",
        Unit.usd,
        _unmarked,
        needs=("asked",),
    ),
    Rule(
        "reason_without_flag",
        Severity.error,
        "Is every reason that is a flag also flagged?",
        "Sentences and counts of flags contradict each other.",
        "{pair} has a reason that its flags do not show.",
        Unit.none,
        _flag_of_reason,
        needs=("reasons",),
    ),
    Rule(
        "flag_without_reason",
        Severity.error,
        "Where reasons are recorded, does every limit that is flagged have one?",
        "Sentences and counts of flags contradict each other.",
        "{pair} is flagged as limited, and no reason says so.",
        Unit.none,
        _reason_of_flag,
        needs=("reasons",),
    ),
    Rule(
        "reason_of_other_amount",
        Severity.error,
        "Do the reasons of size risk have the amounts of size risk?",
        "The sentence about the pair tells another amount than the tables.",
        "{pair}: the reason says that {got} was left; size risk accepted {expected}.",
        Unit.usd,
        _reason_amount,
        needs=("reasons",),
    ),
)
