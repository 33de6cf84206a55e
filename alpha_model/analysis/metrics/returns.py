"""What did each pair earn from one cycle to the next?

The return is the pair's own, of one unit held long: a short earns its negative. It comes from the first of these that
the source has at both ends:

1. *recorded prices*: the mid price at this decision and at the next one, of a signal or of the market.
2. *trade prices*: the same, where one of the two is the mid price of a trade that was planned at the very time of the
   decision.
3. *held values*: value of the position before the next decision / value after this one's trades. Only where the units
   cannot have changed in between: the source keeps trades; every trade of the pair in the interval is this cycle's own
   rebalance, and filled or failed; what it added is known at its mid price, or with its fees, so that neither a trade
   nor its fee counts as return; and the position is long and not leveraged. A stop loss at the very time of a cycle
   happens before that cycle decides, so it belongs to the interval before.

   Some frameworks mark positions at the price at which they could be sold: what a trade added is then valued by the
   same mark, the median of value / (units x mid price) over the positions that were closed whole; 1 without any.

Assumed throughout: positions are marked at the time of the decision; dividends, interest and splits are in the price
or the value; the interval is whatever lies between two cycles, gaps included.

Whether a return is known must not depend on what came after: a pair that is recorded again only when it rose has known
returns that rose. So a statistic of returns is about the pairs of which the return could be expected at the decision,
because their price is recorded or they are held after the trades; and it is blank where more than one in a hundred of
those is missing in the end (`COVERAGE`), over all cycles together: single cycles in which none is missing are chosen
by what came after, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from alpha_model.analysis.facts import (
    LOST,
    REBALANCE_KIND,
    SETTLED,
    Facts,
    Places,
    Truths,
    cycle_frame,
    ends_with,
    facts_of,
    is_in,
    microseconds,
    numbers,
)
from alpha_model.analysis.metrics.board import Board
from alpha_model.analysis.metrics.correlation import Mask, Matrix, row_count
from alpha_model.history import History
from alpha_model.history.tables import places_of

RETURN_SOURCES = ("absent", "recorded prices", "trade prices", "held values")
"""Where a return comes from."""

_SOURCES = pd.CategoricalDtype(list(RETURN_SOURCES))
ABSENT, RECORDED, TRADED, HELD = (np.int8(place) for place in range(len(RETURN_SOURCES)))

COVERAGE = 0.99
"""The share of the expected returns that must be known. With fewer, choosing among noise showed t values beyond 5."""

DUST = 1e-6
"""Relative: a remainder this small beside what was held or traded has no return worth the name."""

_LEVERAGED = "lending_protocol_long"


@dataclass(frozen=True, slots=True)
class Returns:
    """Next-cycle returns, cycles × pairs.

    Args:
        value: Share of the price now; NaN where it is not known, and throughout the last cycle.
        source: Places in `RETURN_SOURCES`.
        expected: Where the decision already showed that there would be a return: priced, or held after the trades, and
            not in the last cycle.
    """

    value: Matrix
    source: npt.NDArray[np.int8]
    expected: Mask

    @property
    def known(self) -> Mask:
        """Where there is a return."""
        return np.asarray(self.source != ABSENT)

    @property
    def judged(self) -> Mask:
        """Where there is one that was expected: what statistics are about."""
        return self.known & self.expected

    def cover(self, where: Mask) -> bool:
        """Are enough of the expected returns known, over all cycles together?"""
        expected = np.count_nonzero(self.expected & where)
        return bool(np.count_nonzero(self.judged & where) >= COVERAGE * expected)


def next_returns(history: History | Facts) -> pd.DataFrame:
    """The return of every pair until the next cycle.

    Returns:
        RangeIndex, one row a signal, in the order of `history.signals`: cycle; timestamp (UTC); pair_id; next_return
        (share, of one unit held long; NaN = not known); expected (bool: the decision already promised one, which is
        what statistics are about); source (categorical: `recorded prices`, `trade prices`, `held values` or `absent`).
        See the module for the derivation and what it assumes.
    """
    facts = facts_of(history)
    returns, cells = facts.returns, (facts.board.places, facts.board.columns)
    signals = facts.history.tables.signals
    return pd.DataFrame(
        {
            "cycle": signals["cycle"].to_numpy(),
            "timestamp": signals["timestamp"].to_pandas(),
            "pair_id": signals["pair_id"].to_numpy(),
            "next_return": returns.value[cells],
            "expected": returns.expected[cells],
            "source": pd.Categorical.from_codes(returns.source[cells], dtype=_SOURCES),
        }
    )


def return_coverage(history: History | Facts) -> pd.DataFrame:
    """Of how many pairs is the return until the next cycle known?

    Returns:
        RangeIndex, one row a cycle, in order: cycle; timestamp (UTC); hours (until the next cycle, NaN for the last);
        pairs (with a row in the cycle); expected (of those, priced or held after the trades); known, recorded_prices,
        trade_prices, held_values (of the pairs, counts).
    """
    facts = facts_of(history)
    board, returns, history = facts.board, facts.returns, facts.history
    counts = {
        name.replace(" ", "_"): row_count(board.there & (returns.source == code))
        for code, name in enumerate(RETURN_SOURCES)
        if code != ABSENT
    }
    times = microseconds(history.tables.cycles)
    hours = np.append(np.diff(times) / 3.6e9, np.nan)[: len(history)]
    return cycle_frame(
        history,
        {
            "hours": hours,
            "pairs": row_count(board.there),
            "expected": row_count(board.there & returns.expected),
            "known": row_count(board.there & returns.known),
            **counts,
        },
    )


def returns_of(board: Board) -> Returns:
    """The returns as matrices."""
    value = np.full(board.shape, np.nan)
    source = np.full(board.shape, ABSENT, dtype=np.int8)
    expected = np.zeros(board.shape, dtype=np.bool_)
    if len(value) <= 1:
        return Returns(value, source, expected)
    price = _market_price(board)
    expected[:-1] = (board.there & (~np.isnan(price) | (board.holding != 0)))[:-1]
    value[:-1] = _growth(price)
    source[~np.isnan(value)] = RECORDED
    if (board.there & (source == ABSENT))[:-1].any():
        trades = _trades(board)
        with_trades = np.where(np.isnan(price), _trade_prices(board, trades), price)
        for code, found in ((TRADED, _growth(with_trades)), (HELD, _held(board, trades))):
            new = (source[:-1] == ABSENT) & ~np.isnan(found)
            value[:-1][new] = found[new]
            source[:-1][new] = code
    return Returns(value, source, expected)


def _market_price(board: Board) -> Matrix:
    """The recorded mid price of each pair at each decision, with a signal of it or not."""
    price, market = board.wide("price").copy(), board.history.tables.market
    market = market.filter(pc.equal(market["source"], "recorded"))
    place = places_of(board.history.cycle_numbers, market["cycle"].to_numpy())
    column = board.columns_of(market["pair_id"].to_numpy())
    known = (place >= 0) & (column >= 0)
    cells = place[known], column[known]
    price[cells] = np.where(np.isnan(price[cells]), numbers(market, "price")[known], price[cells])
    return np.where(price > 0, price, np.nan)


def _growth(price: Matrix) -> Matrix:
    return np.asarray(price[1:] / price[:-1] - 1)


@dataclass(frozen=True, slots=True)
class _Trades:
    """The trades of this history's cycles and pairs; one entry each.

    Args:
        row: Their rows in `trades`.
        interval: The cycle after whose decision they happened; -1 before the first.
        column: Of the pair.
        at_cycle: At the very time of the cycle.
        own: Decided by the cycle.
    """

    row: Places
    interval: Places
    column: Places
    at_cycle: Truths
    own: Truths


def _trades(board: Board) -> _Trades:
    """A trigger at the very time of a cycle is pulled before that cycle decides."""
    history, table = board.history, board.history.tables.trades
    place = places_of(history.cycle_numbers, pc.fill_null(table["cycle"], -1).to_numpy())
    column = board.columns_of(table["pair_id"].to_numpy())
    row = np.flatnonzero((place >= 0) & (column >= 0))
    place, column = place[row], column[row]
    at_cycle = microseconds(history.tables.cycles)[place] == microseconds(table)[row]
    own = is_in(table["kind"], (REBALANCE_KIND,))[row]
    return _Trades(row, place - (at_cycle & ~own), column, at_cycle, own)


def _trade_prices(board: Board, trades: _Trades) -> Matrix:
    """The mid price of each cycle at which its own trades were planned."""
    price = np.full(board.shape, np.nan)
    mid = numbers(board.history.tables.trades, "planned_mid_price")[trades.row]
    usable = trades.own & trades.at_cycle & (mid > 0)
    price[trades.interval[usable], trades.column[usable]] = mid[usable]
    return price


def _held(board: Board, trades: _Trades) -> Matrix:
    """Value before the next decision against value after this one's trades, less 1."""
    cells = np.prod(board.shape)
    key = trades.interval * board.shape[1] + trades.column
    inside = trades.interval >= 0
    added, clean = _added(board, trades)

    def per_cell(weights: npt.NDArray[np.float64]) -> Matrix:
        sums = np.bincount(key[inside], weights=weights[inside], minlength=int(cells))
        return np.asarray(sums, dtype=np.float64).reshape(board.shape)

    bought = per_cell(np.nan_to_num(added))
    unclear = per_cell((~clean).astype(np.float64)) > 0
    owned = per_cell(trades.own.astype(np.float64)) > 0
    planned = board.spread_truths(board.plan.planned | board.plan.undecided)
    odd = board.spread_truths(_not_plain(board))
    old = board.wide("old_value")
    begin, end = (np.nan_to_num(old) + bought * _mark(board, trades))[:-1], old[1:]
    kept = ~np.isnan(board.of_cycle("trade_count"))[:-1, None]
    usable = kept & ~unclear[:-1] & (owned | ~planned)[:-1] & ~odd[:-1] & ~odd[1:]
    usable &= (begin > DUST * np.fmax(np.nan_to_num(old[:-1]), np.abs(bought[:-1]))) & (end > 0)
    return np.where(usable, end / np.where(usable, begin, 1.0) - 1, np.nan)


def _added(board: Board, trades: _Trades) -> tuple[npt.NDArray[np.float64], Truths]:
    """USD that each trade added to its position, fee apart; and whether that leaves no doubt."""
    table = board.history.tables.trades

    def of(name: str) -> npt.NDArray[np.float64]:
        return numbers(table, name)[trades.row]

    settled, lost = is_in(table["status"], SETTLED)[trades.row], is_in(table["status"], LOST)[trades.row]
    filled, planned = of("executed_quantity"), of("planned_quantity")
    units = np.where(np.isnan(filled), planned, filled)
    paid, quoted = of("executed_price"), of("planned_price")
    at_mid = units * of("planned_mid_price")
    less_fee = units * np.where(np.isnan(paid), quoted, paid) - of("fees")
    usd = np.where(np.isnan(at_mid), less_fee, at_mid)
    usd = np.where(lost, 0.0, np.where(settled, usd, np.nan))
    plain = ~ends_with(table["pair_kind"], "short") & ~ends_with(table["pair_kind"], _LEVERAGED)
    return usd, lost | (trades.own & plain[trades.row] & ~np.isnan(usd))


def _mark(board: Board, trades: _Trades) -> float:
    """At which part of the mid price the source marks its positions."""
    table = board.history.tables.trades
    closing = np.asarray(pc.fill_null(table["closing"], fill_value=False))[trades.row]
    closing = closing & trades.own & trades.at_cycle & ~ends_with(table["pair_kind"], "short")[trades.row]
    rows, interval, column = trades.row[closing], trades.interval[closing], trades.column[closing]
    at_mid = np.abs(numbers(table, "planned_quantity") * numbers(table, "planned_mid_price"))[rows]
    value = board.wide("old_value")[interval, column]
    usable = (at_mid > 0) & (value > 0)
    return float(np.median(value[usable] / at_mid[usable])) if usable.any() else 1.0


def _not_plain(board: Board) -> Truths:
    """Rows of `signals` whose position is short or leveraged: its value does not move as its price does."""
    kind = board.history.tables.signals["old_kind"]
    return board.was_short | ends_with(kind, _LEVERAGED)
