"""What should a cycle come to, in the plainest Python?

A second implementation of the long/short cycle, written from the description of the steps and not from the package:
dictionaries, one loop a rule, nothing shared with `alpha_model`. Tests hold the two together on random situations.
"""

from __future__ import annotations

import math
from typing import Any

Row = dict[str, Any]


def run_cycle(situation: Row) -> Row:
    """All steps of one cycle.

    Args:
        situation: `prices` and `tvl` and `chains` by pair; `fee`; `cash`; `held` {pair: (quantity, mark, collateral)},
            a short with a negative quantity; `frozen` pairs; `signals` in the order in which they are set; `params`.

    Returns:
        `rows` {pair: row}, `accepted`, `discarded`, `largest`, and `trades` as (pair, side, quantity, price).
    """
    params = situation["params"]
    rows = _select(situation["signals"], params)
    _weigh(rows, params["method"])
    accepted, discarded = _normalise(rows, situation)
    if params["cap_chain"] is not None:
        accepted, discarded = _cap_chains(rows, situation, accepted, discarded)
    _take_down_holdings(rows, situation)
    _set_targets(rows, situation, sized=accepted is not None)
    trades = _rebalance(rows, situation)
    largest = max((abs(row["planned_adjust"]) for row in rows.values()), default=0.0)
    return {"rows": rows, "accepted": accepted, "discarded": discarded, "largest": largest, "trades": trades}


def _select(signals: list[tuple[int, float]], params: Row) -> dict[int, Row]:
    latest: dict[int, float] = {}
    for pair, alpha in signals:
        if alpha == 0:
            latest.pop(pair, None)
        else:
            latest[pair] = alpha
    strong = [pair for pair, alpha in latest.items() if abs(alpha) >= params["top_threshold"]]
    strong.sort(key=lambda pair: -abs(latest[pair]))
    return {pair: _row(latest[pair]) for pair in strong[: params["top_count"]]}


def _row(signal: float) -> Row:
    return {"signal": signal, "raw": 0.0, "weight": 0.0, "target": None, "old_value": 0.0, "old_weight": 0.0,
            "old_side": None, "flags": set(), "ignored": False, "adjust": 0.0, "quantity": 0.0}  # fmt: skip


def _weigh(rows: dict[int, Row], method: str) -> None:
    strength = {pair: abs(row["signal"]) for pair, row in rows.items()}
    total, count = sum(strength.values()), len(rows)
    by_rank = sorted(rows, key=lambda pair: -strength[pair])
    by_rank_ascending = sorted(rows, key=lambda pair: strength[pair])
    for pair, row in rows.items():
        s = strength[pair]
        if method == "weight_by_1_slash_n":
            row["raw"] = 1 / (by_rank.index(pair) + 1)
        elif method == "weight_by_1_slash_n_ascending":
            row["raw"] = 1 / (by_rank_ascending.index(pair) + 1)
        elif method == "weight_by_1_slash_signal":
            row["raw"] = 1 / s
        elif method == "weight_equal":
            row["raw"] = 1.0
        elif method == "weight_passthrough":
            row["raw"] = s
        elif method == "weight_by_log":
            row["raw"] = math.log(1 + s)
        elif method == "weight_by_softmax":
            row["raw"] = math.exp(s / 2.0) / sum(math.exp(other / 2.0) for other in strength.values())
        else:
            row["raw"] = 0.5 / count + 0.5 * s / total


def _normalise(rows: dict[int, Row], situation: Row) -> tuple[float | None, float | None]:
    params, risk = situation["params"], situation["params"]["size_risk"]
    total = sum(row["raw"] for row in rows.values())
    if risk["kind"] == "none":
        for row in rows.values():
            share = row["raw"] / total if total else 0.0
            row["weight"] = min(share, params["max_weight"])
            if share > params["max_weight"] * (1 + 1e-12):
                row["flags"].add("capped_by_concentration")
        return None, None
    allowed = {pair: risk["cap"] if risk["kind"] == "fixed" else risk["cap"] * situation["tvl"][pair] for pair in rows}
    accepted = _hand_out(rows, allowed, params, write=True)
    without_limits = _hand_out(rows, dict.fromkeys(rows, math.inf), params, write=False)
    for row in rows.values():
        row["weight"] = row["target"] / accepted if accepted else 0.0
    return accepted, max(0.0, without_limits - accepted)


def _hand_out(rows: dict[int, Row], allowed: dict[int, float], params: Row, *, write: bool) -> float:
    risk, equity = params["size_risk"], params["investable_equity"]
    most = params["max_weight"] * equity
    queue = sorted(rows, key=lambda pair: -rows[pair]["raw"])
    total, left, accepted_sum = sum(row["raw"] for row in rows.values()), equity, 0.0
    for place, pair in enumerate(queue):
        row, asked, wanted = rows[pair], None, 0.0
        if risk["mode"] == "sequential":
            share = row["raw"] / total if total else 0.0
            wanted = max(share * left, share * equity) if share > params["max_weight"] else share * left
            asked = min(min(share, params["max_weight"]) * left, most)
        elif (risk["max_positions"] is None or place < risk["max_positions"]) and left > 5.0:
            later = sum(rows[other]["raw"] for other in queue[place:])
            wanted = left if risk["mode"] == "waterfall" else row["raw"] / later * left
            asked = min(wanted, most)
        accepted = 0.0 if asked is None else min(asked, allowed[pair])
        if asked is not None:
            left += asked - accepted if risk["mode"] == "sequential" else -accepted
        accepted_sum += accepted
        if write:
            row["target"] = accepted
            if asked is not None and wanted > asked * (1 + 1e-12):
                row["flags"].add("capped_by_concentration")
            if asked is not None and accepted < asked:
                row["flags"].add("capped_by_pool_size")
    return accepted_sum


def _cap_chains(
    rows: dict[int, Row], situation: Row, accepted: float | None, discarded: float | None
) -> tuple[float | None, float | None]:
    limit, equity = situation["params"]["cap_chain"], situation["params"]["investable_equity"]
    for chain in set(situation["chains"].values()):
        on_chain = [row for pair, row in rows.items() if situation["chains"][pair] == chain]
        share = sum(row["weight"] if accepted is None else row["target"] / (equity or 1) for row in on_chain)
        if share > limit * (1 + 1e-12):
            for row in on_chain:
                row["flags"].add("capped_by_chain_allocation")
                if accepted is None:
                    row["weight"] *= limit / share
                else:
                    row["target"] *= limit / share
    if accepted is None or discarded is None:
        return None, None
    total = sum(row["target"] for row in rows.values())
    for row in rows.values():
        row["weight"] = row["target"] / total if total else 0.0
    return total, discarded + accepted - total


def _take_down_holdings(rows: dict[int, Row], situation: Row) -> None:
    values = {pair: collateral + quantity * mark for pair, (quantity, mark, collateral) in situation["held"].items()}
    for pair, value in values.items():
        row = rows.setdefault(pair, _row(0.0))
        row["old_value"], row["old_weight"] = value, value / sum(values.values())
        row["old_side"] = "short" if situation["held"][pair][0] < 0 else "spot"


def _set_targets(rows: dict[int, Row], situation: Row, *, sized: bool) -> None:
    for pair, row in rows.items():
        if sized:
            row["target"] = row["target"] or 0.0
        else:
            row["target"] = row["weight"] * situation["params"]["investable_equity"]
        row["side"] = None if row["signal"] == 0 else "short" if row["signal"] < 0 else "spot"
        old, new = row["old_side"], row["side"]
        row["flips"] = old is not None and new is not None and old != new and row["weight"] != 0
        row["adjust"] = row["planned_adjust"] = row["target"] if row["flips"] else row["target"] - row["old_value"]
        row["quantity"] = row["adjust"] / situation["prices"][pair] if row["adjust"] < 0 else 0.0


def _rebalance(rows: dict[int, Row], situation: Row) -> list[tuple[int, str, float, float]]:
    params = situation["params"]
    if max((abs(row["adjust"]) for row in rows.values()), default=0.0) < params["min_trade_threshold"]:
        for row in rows.values():
            row["ignored"] = True
            row["flags"].add("max_adjust_too_small")
        return []
    waiting = {}
    for pair, row in rows.items():
        if row["adjust"] == 0 or pair in situation["frozen"]:
            row["ignored"] = True
        else:
            waiting[pair] = row
    if params["cap_buys_to_sync_cash"]:
        _fit_to_cash(waiting, situation)
    return [trade for pair, row in waiting.items() for trade in _decide(pair, row, situation)]


def _closes(row: Row, params: Row) -> bool:
    return bool(row["weight"] < params["epsilon"] and row["old_side"] is not None)


def _too_small(row: Row, params: Row) -> bool:
    sell, single = params["sell_rebalance_min_threshold"], params["individual_rebalance_min_threshold"]
    threshold = sell if row["adjust"] < 0 and sell is not None else single
    size = max(abs(row["adjust"]), row["old_value"]) if row["flips"] else abs(row["adjust"])
    return bool(size < threshold)


def _fit_to_cash(waiting: dict[int, Row], situation: Row) -> None:
    params = situation["params"]
    available, buys = situation["cash"] - params["sync_cash_headroom_usd"], []
    for pair, row in waiting.items():
        if _closes(row, params):
            available += row["old_value"]
        elif _too_small(row, params):
            continue
        elif row["adjust"] > 0:
            buys.append(row)
        elif abs(row["adjust"]) / situation["prices"][pair] >= 1e-10:
            available += abs(row["adjust"])
    wanted, available = sum(row["adjust"] for row in buys), max(available, 0.0)
    if wanted > available * (1 + 1e-12):
        for row in buys:
            row["adjust"] *= available / wanted
            row["flags"].add("capped_by_sync_cash")


def _decide(pair: int, row: Row, situation: Row) -> list[tuple[int, str, float, float]]:
    params, mid, fee = situation["params"], situation["prices"][pair], situation["fee"]
    held = situation["held"][pair][0] if pair in situation["held"] else 0.0
    close = (pair, row["old_side"], -held, mid * (1 - fee) if held > 0 else mid * (1 + fee))
    if _closes(row, params):
        row["flags"] |= {"close_position_weight_limit", "closed"}
        return [close]
    skip = None
    if _too_small(row, params):
        skip = "individual_trade_size_too_small"
    elif abs(row["adjust"]) / mid < 1e-10:
        skip = "individual_trade_quantity_too_small"
    elif row["weight"] < params["epsilon"]:
        skip = "close_position_weight_limit"
    if skip is not None:
        row["ignored"] = True
        row["flags"].add(skip)
        return []
    if row["flips"]:
        return [close, _opening(pair, row, mid, fee)]
    if row["adjust"] > 0:
        return [_opening(pair, row, mid, fee)]
    if row["old_side"] == "short":
        share = min(1.0, -row["adjust"] / row["old_value"])
        return [(pair, "short", -held * share, mid * (1 + fee))]
    return [(pair, "spot", -held if row["target"] == 0 else -min(held, -row["adjust"] / mid), mid * (1 - fee))]


def _opening(pair: int, row: Row, mid: float, fee: float) -> tuple[int, str, float, float]:
    if row["side"] == "short":
        return pair, "short", -row["adjust"] / mid, mid * (1 - fee)
    return pair, "spot", row["adjust"] / (mid * (1 + fee)), mid * (1 + fee)
