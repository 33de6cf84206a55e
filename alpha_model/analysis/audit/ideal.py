"""What would the recorded settings have asked of every market, and handed out if each had taken all of it?

`alpha_model.allocation` for all cycles at once.
"""

import numpy as np

from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.columns import Numbers, Truths


def handed_out_without_limits(sheet: Sheet) -> Numbers:
    """USD a cycle; NaN where the settings are not recorded, or pairs had largest shares of their own."""
    settings = sheet.settings
    equity = sheet.of_cycle("investable_equity")
    known = settings.weighted & settings.sized & ~settings.own_caps & sheet.whole
    queued = (sheet.column("selected") != 0) | ~np.isnan(sheet.column("asked"))
    amount = np.where(settings.waterfall, _waterfall(sheet, equity, queued), _sequential(sheet, equity))
    in_turn = known & ~settings.waterfall & ~np.isnan(settings.max_positions)
    if in_turn.any():
        amount[in_turn] = _positions(sheet, equity, queued & sheet.spread(in_turn))[in_turn]
    return np.where(known, amount, np.nan)


def _sequential(sheet: Sheet, equity: Numbers) -> Numbers:
    """Nothing is refused, so each pair takes its share of equity or its cap."""
    share = np.minimum(sheet.raw_shares, sheet.spread(sheet.settings.max_weight))
    return sheet.total(share) * equity


def _waterfall(sheet: Sheet, equity: Numbers, queued: Truths) -> Numbers:
    """Each pair takes its cap until no more than epsilon is left."""
    settings = sheet.settings
    places = np.bincount(sheet.places[queued], minlength=sheet.cycle_count).astype(np.float64)
    places = np.fmin(places, settings.max_positions)
    largest = settings.max_weight * equity
    full = np.floor(equity / np.where(largest > 0, largest, np.nan) * (1 + 1e-12))
    rest = equity - full * largest
    enough = np.where(rest > settings.epsilon_usd, equity, full * largest)
    taken: Numbers = np.where(places <= full, places * largest, enough)
    return taken


def _positions(sheet: Sheet, equity: Numbers, queued: Truths) -> Numbers:
    """Each pair takes its share among the pairs to come, or its cap: one turn for all cycles at a time."""
    settings, raw = sheet.settings, sheet.column("raw_weight")
    rows = np.flatnonzero(queued & ~np.isnan(raw))
    rows = rows[np.lexsort((-raw[rows], sheet.places[rows]))]
    places, weights = sheet.places[rows], raw[rows]
    counts = np.bincount(places, minlength=sheet.cycle_count)
    starts = np.cumsum(counts) - counts
    left, to_come = equity.copy(), sheet.total(np.where(queued, raw, 0.0))
    taken = np.zeros(sheet.cycle_count)
    for turn in range(int(counts.max(initial=0))):
        asks = (counts > turn) & (turn < settings.max_positions) & (left > settings.epsilon_usd)
        here = np.flatnonzero(asks)
        if not here.size:
            break
        weight = weights[starts[here] + turn]
        offered = np.divide(weight, to_come[here], out=np.zeros(here.size), where=to_come[here] > 0) * left[here]
        usd = np.minimum(offered, settings.max_weight[here] * equity[here])
        left[here] -= usd
        taken[here] += usd
        to_come[here] -= weight
    return taken


def sequential_asks(sheet: Sheet) -> Numbers:
    """What each row was to ask for when what others refused is offered to the smaller ones, USD.

    NaN where the settings are not recorded or share out in another way, and outside the queue. The refusals of the
    larger pairs are taken as recorded.
    """
    settings, asked = sheet.settings, sheet.column("asked")
    in_turn = ~np.isnan(settings.max_positions) | settings.waterfall
    known = settings.weighted & settings.sized & ~settings.own_caps & ~in_turn & sheet.whole
    known &= ~sheet.any((sheet.column("selected") != 0) & np.isnan(asked))
    rows = np.flatnonzero(sheet.spread(known) & ~np.isnan(asked))
    raw, strength = sheet.column("raw_weight")[rows], np.abs(sheet.column("signal_in_selection")[rows])
    rows = rows[np.lexsort((-strength, -raw, sheet.places[rows]))]
    refused = (asked - np.nan_to_num(sheet.column("accepted")))[rows]
    earlier = np.cumsum(refused) - refused
    starts = np.searchsorted(sheet.places[rows], sheet.places[rows])
    equity = sheet.of_cycle("investable_equity")[sheet.places[rows]]
    largest = settings.max_weight[sheet.places[rows]]
    share = np.minimum(sheet.raw_shares[rows], largest)
    expected = np.full(len(asked), np.nan)
    expected[rows] = np.minimum(share * (equity + earlier - earlier[starts]), largest * equity)
    return expected
