"""Were the right signals selected and weighted, and are they counted right?"""

from collections.abc import Iterator

import numpy as np

from alpha_model.analysis.audit.rule import Found, Rule, Severity, Unit, of_cycles, of_rows, unusual
from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.audit.tolerances import SELDOM, differ
from alpha_model.analysis.facts import Numbers, Truths
from alpha_model.analysis.settings import fit_methods
from alpha_model.values import TradingPairSignalFlags as Flags

_BLOCKED = (
    Flags.cannot_redeem,
    Flags.cannot_deposit,
    Flags.settlement_pending,
    Flags.parked_in_queue_vault,
    Flags.promoted_from_queue_vault,
)
"""Flags of a pair that could not be chosen freely."""


def _strength(sheet: Sheet) -> Numbers:
    return np.abs(sheet.column("signal"))


def _selected(sheet: Sheet) -> Truths:
    return sheet.chosen


def _strongest_left_out(sheet: Sheet) -> tuple[Numbers, Numbers]:
    """The weakest selected and the strongest signal left out that was free to be chosen, one a cycle each."""
    free = ~sheet.flagged(*_BLOCKED) & (sheet.column("carry_forward") == 0) & (_strength(sheet) > 0)
    selected = _selected(sheet) & free
    return sheet.least(_strength(sheet), selected), sheet.largest(_strength(sheet), free & ~_selected(sheet))


def _as_set(sheet: Sheet) -> Found:
    """As many as the settings take, the strongest of those that reach the threshold."""
    settings = sheet.settings
    if np.isnan(settings.number("top_n")).all():
        return Found(0, sheet.cycle_count)
    weakest, strongest = _strongest_left_out(sheet)
    room = sheet.of_cycle("selected_count") < settings.number("top_n")
    limit = np.where(room, settings.number("signal_threshold"), np.fmax(weakest, settings.number("signal_threshold")))
    known = ~np.isnan(settings.number("top_n")) & ~np.isnan(limit) & sheet.whole & (settings.number("top_n") > 0)
    broken = np.where(room, strongest >= limit, strongest > limit)
    return of_cycles(known, broken, limit, strongest)


def _usually(sheet: Sheet) -> Found:
    if not np.isnan(sheet.settings.number("top_n")).any():
        return Found(0, sheet.cycle_count)
    weakest, strongest = _strongest_left_out(sheet)
    known = ~np.isnan(weakest) & np.isnan(sheet.settings.number("top_n")) & sheet.whole
    return of_cycles(known, unusual(known, strongest > weakest), weakest, strongest)


def _too_many(sheet: Sheet) -> Found:
    count = sheet.total(_selected(sheet).astype(np.float64))
    known = ~np.isnan(sheet.settings.number("top_n")) & sheet.whole
    return of_cycles(known, count > sheet.settings.number("top_n"), sheet.settings.number("top_n"), count)


def _below(sheet: Sheet) -> Found:
    threshold = sheet.spread(sheet.settings.number("signal_threshold"))
    known = _selected(sheet) & ~np.isnan(threshold)
    return of_rows(sheet, known, _strength(sheet) < threshold, threshold, _strength(sheet))


def _twins(sheet: Sheet) -> Found:
    raw, chosen = sheet.column("signal"), sheet.column("signal_in_selection")
    known = _selected(sheet) & ~np.isnan(raw)
    return of_rows(sheet, known, differ(chosen, raw, 0.0), raw, chosen)


def _method(sheet: Sheet) -> Found:
    """Asked where settings name the method, or where the framework's weights show it."""
    named = sheet.settings.ran("assign_weights") | sheet.framework
    if not named.any():
        return of_cycles(named, named)
    fit = fit_methods(sheet.history, named)
    known = ~np.isnan(fit.share) & sheet.whole
    return of_cycles(known, unusual(known, fit.share < 1), 1.0, fit.share)


def _raw_count(sheet: Sheet) -> Found:
    """Raw signals come first in a cycle; what comes after them is held and not selected."""
    count, rows = sheet.of_cycle("raw_count"), sheet.total(np.ones(len(sheet.places)))
    silent = (sheet.column("signal_in_selection") == 0) & (sheet.column("signal") == 0)
    least = rows - sheet.total(silent.astype(np.float64))
    tells = (not sheet.narrowed) and bool(np.any(count < rows))
    known = np.full(sheet.cycle_count, not sheet.narrowed)
    broken = (count < least) | (count > rows) | (unusual(known, count != least) & tells)
    return of_cycles(known, broken, least, count)


def _counts(sheet: Sheet) -> Found:
    """Readers count themselves, so that only tables that are kept as they are can break this."""
    held = (np.nan_to_num(sheet.column("old_value")) != 0) | (np.nan_to_num(sheet.column("old_weight")) != 0)
    counted = sheet.total(_selected(sheet).astype(np.float64))
    recorded = sheet.of_cycle("selected_count")
    holding = sheet.total(held.astype(np.float64))
    which = counted != recorded
    broken = which | (holding != sheet.of_cycle("held_count"))
    known = np.full(sheet.cycle_count, not sheet.narrowed) & (sheet.by_hand | broken)
    return of_cycles(
        known, broken, np.where(which, counted, holding), np.where(which, recorded, sheet.of_cycle("held_count"))
    )


def _left_out(sheet: Sheet) -> Found:
    """A number that nearly all other rows of the same kind have, or that the rest of the selection has."""
    missing = np.zeros(len(sheet.places))
    for names, rows in _kinds_of_rows(sheet):
        for name in filter(sheet.is_patchy, names):
            absent = np.isnan(sheet.column(name)) & rows
            if absent.any():
                missing += unusual(rows, absent, SELDOM)
    return of_rows(sheet, sheet.column("carry_forward") == 0, missing > 0, 0.0, missing)


def _kinds_of_rows(sheet: Sheet) -> Iterator[tuple[tuple[str, ...], Truths]]:
    """Columns, and the rows that have them in a source that keeps them."""
    yield ("raw_weight", "normalised_weight", "position_target", "position_adjust_usd"), sheet.inside
    yield ("signal", "price"), np.ones(len(sheet.places), dtype=np.bool_)
    held = np.nan_to_num(sheet.column("old_value")) != 0
    yield ("old_weight", "old_quantity", "profit_before_trades", "profit_before_trades_pct"), held
    sized = ~np.isnan(sheet.column("asked")) | ~np.isnan(sheet.column("accepted"))
    yield ("asked", "accepted", "capped", "size_cap_usd", "tvl"), sized
    yield ("position_adjust_quantity",), sheet.inside & (sheet.column("position_adjust_usd") < 0)
    yield ("stop_loss", "take_profit", "trailing_stop_loss"), _selected(sheet)
    yield ("leverage",), sheet.column("signal_in_selection") < 0
    yield ("position_id",), sheet.planned


RULES = (
    Rule(
        "stronger_signal_left_out",
        Severity.warning,
        "Were the strongest signals selected, as many as the settings take?",
        "One of them is not what was decided with, or the strategy chose by itself afterwards.",
        "A signal of {got} was left out, although {expected} was enough.",
        Unit.none,
        _as_set,
    ),
    Rule(
        "weaker_signal_preferred",
        Severity.warning,
        "Without settings, were the strongest signals selected wherever the source usually does so?",
        "The strategy knew something that is not recorded, or a signal is wrong.",
        "A signal of {got} was left out, and one of {expected} selected.",
        Unit.none,
        _usually,
    ),
    Rule(
        "more_selected_than_set",
        Severity.warning,
        "Were at most as many signals selected as the settings take?",
        "Selection and settings are of different cycles, or signals were added afterwards.",
        "{got} signals were selected; the settings take {expected}.",
        Unit.whole,
        _too_many,
    ),
    Rule(
        "selected_below_threshold",
        Severity.warning,
        "Does every selected signal reach the threshold of the settings?",
        "The signal was changed after the selection, or recorded from another moment.",
        "{pair} was selected with a strength of {got}; the settings ask for {expected}.",
        Unit.none,
        _below,
    ),
    Rule(
        "signal_changed",
        Severity.warning,
        "Does every selected pair have the signal that it came with?",
        "The strategy changed the signal after the selection, or one of the two is wrong.",
        "{pair} came with the signal {expected} and was selected with {got}.",
        Unit.none,
        _twins,
    ),
    Rule(
        "raw_weight_off_the_method",
        Severity.warning,
        "Are all raw weights what one weighting method makes of the signals, where they usually are?",
        "A signal or a raw weight is not the one that was decided with.",
        "Only {got} of the raw weights of this cycle follow from its signals.",
        Unit.share,
        _method,
    ),
    Rule(
        "raw_count_disagrees",
        Severity.warning,
        "Is the number of raw signals the number of pairs that came with one?",
        "A pair was lost or added, and averages over all signals are wrong.",
        "{got} raw signals are counted, and {expected} are there.",
        Unit.whole,
        _raw_count,
    ),
    Rule(
        "counts_disagree",
        Severity.error,
        "Are as many pairs selected and held as the cycle counts?",
        "Rows were lost or changed after the cycle was counted.",
        "The cycle counts {got} pairs, and {expected} are there.",
        Unit.whole,
        _counts,
    ),
    Rule(
        "number_left_out",
        Severity.warning,
        "Does every pair have the numbers that nearly all others of its kind have?",
        "A price, weight, amount or id is not recorded here, and whatever is summed from it goes without it.",
        "{pair} lacks {got} of the numbers that the others have.",
        Unit.whole,
        _left_out,
    ),
)
