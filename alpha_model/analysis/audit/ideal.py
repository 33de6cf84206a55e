"""What would the recorded settings have asked of every market, and handed out if each had taken all of it?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from alpha_model.analysis.audit.sheet import Sheet
from alpha_model.analysis.facts import Numbers, Truths
from alpha_model.analysis.settings import Queue, asked_of_markets
from alpha_model.rules import Sharing, SharingMode


def handed_out_without_limits(sheet: Sheet) -> Numbers:
    """USD a cycle; NaN where the settings are not recorded, or pairs had limits of their own."""
    known, found = _known(sheet), np.zeros(sheet.cycle_count)
    for mode, queue in _queues(sheet, known):
        _, accepted = asked_of_markets(queue, mode, np.full(len(queue.raw), np.inf))
        found += sheet.total(accepted)
    return np.where(known, found, np.nan)


def expected_asks(sheet: Sheet) -> Numbers:
    """What each row was to ask for when every market before it took what is recorded, USD.

    NaN where the settings are not recorded, outside the queue, and where nothing was asked for.
    """
    asked, expected = sheet.column("asked"), np.full(len(sheet.places), np.nan)
    takes = np.where(asked > sheet.column("accepted"), sheet.column("accepted"), np.inf)
    for mode, queue in _queues(sheet, _known(sheet)):
        expected = np.fmax(expected, asked_of_markets(queue, mode, takes)[0])
    return np.where(np.isnan(asked), np.nan, expected)


def _known(sheet: Sheet) -> Truths:
    settings = sheet.settings
    own_limits = settings.given("max_weight_function") | settings.given("max_protocol_weight")
    known = settings.given("size_risk_model") & ~np.isnan(settings.number("max_weight"))
    return known & ~own_limits & sheet.whole


def _queues(sheet: Sheet, known: Truths) -> Iterator[tuple[SharingMode, Queue]]:
    """Who asks in the known cycles, mode by mode."""
    if not known.any():
        return
    settings, epsilon = sheet.settings, sheet.settings.number("epsilon_usd")
    queue = Queue(
        places=sheet.places,
        rows=np.flatnonzero(sheet.chosen | ~np.isnan(sheet.column("asked"))),
        raw=np.nan_to_num(sheet.column("raw_weight")),
        strength=np.abs(sheet.column("signal_in_selection")),
        equity=sheet.of_cycle("investable_equity"),
        max_weight=settings.number("max_weight"),
        max_positions=settings.number("max_positions"),
        epsilon_usd=np.where(np.isnan(epsilon), Sharing().epsilon_usd, epsilon),
    )
    for mode in SharingMode:
        cycles = known & (settings.sharing == str(mode))
        if cycles.any():
            yield mode, queue.within(cycles)
