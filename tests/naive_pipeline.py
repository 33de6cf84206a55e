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
        situation: `prices`, `tvl`, `chains`, `protocols` and `own_max` by pair; `fee`; `cash`; `held` {pair: (quantity,
            mark, collateral)}, a short with a negative quantity, a leveraged long with a negative collateral; `frozen`
            pairs; `no_deposit`, `no_redeem` and `settling` pairs; pairs whose longs are `leveraged`; `signals` in the
            order in which they are set; `params`.

    Returns:
        `rows` {pair: row}, `accepted`, `discarded`, `largest`, and `trades` as (pair, side, quantity, price).
    """
    params = situation["params"]
    rows = _select(situation)
    _weigh(rows, params["method"])
    accepted, discarded = _normalise(rows, situation)
    if params["cap_chain"] is not None:
        accepted, discarded = _cap_chains(rows, situation, accepted, discarded)
    _take_down_holdings(rows, situation)
    _set_targets(rows, situation, sized=accepted is not None)
    trades = _rebalance(rows, situation)
    largest = max((abs(row["planned_adjust"]) for row in rows.values()), default=0.0)
    return {"rows": rows, "accepted": accepted, "discarded": discarded, "largest": largest, "trades": trades}


def _select(situation: Row) -> dict[int, Row]:
    params = situation["params"]
    latest: dict[int, float] = {}
    for pair, alpha in situation["signals"]:
        if alpha == 0:
            latest.pop(pair, None)
        else:
            latest[pair] = alpha
    pinned = _pinned(situation) if params["carry_forward"] else {}
    latest |= {pair: value for pair, (value, _) in pinned.items()}
    strong = [pair for pair, alpha in latest.items() if pair not in pinned and abs(alpha) >= params["top_threshold"]]
    strong.sort(key=lambda pair: -abs(latest[pair]))
    rows = {pair: _row(latest[pair]) for pair in strong[: params["top_count"]]}
    for pair in latest:
        if pair in pinned:
            rows[pair] = _row(latest[pair]) | {"pinned": True, "flags": {pinned[pair][1]}}
    return rows


def _pinned(situation: Row) -> dict[int, tuple[float, str]]:
    found = {}
    for pair, (quantity, mark, collateral) in situation["held"].items():
        if pair in situation["settling"]:
            found[pair] = (collateral + quantity * mark, "settlement_pending")
        elif pair in situation["no_redeem"]:
            found[pair] = (collateral + quantity * mark, "cannot_redeem")
    return found


def _row(signal: float) -> Row:
    return {"signal": signal, "raw": 0.0, "weight": 0.0, "target": None, "old_value": 0.0, "old_weight": 0.0,
            "old_side": None, "flags": set(), "ignored": False, "adjust": 0.0, "quantity": 0.0,
            "pinned": False, "missed": None}  # fmt: skip


def _weigh(everything: dict[int, Row], method: str) -> None:
    rows = _free(everything)
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


def _free(rows: dict[int, Row]) -> dict[int, Row]:
    return {pair: row for pair, row in rows.items() if not row["pinned"]}


def _most(pair: int, situation: Row) -> float:
    return float(min(situation["params"]["max_weight"], situation["own_max"].get(pair, 1.0)))


def _normalise(everything: dict[int, Row], situation: Row) -> tuple[float | None, float | None]:
    risk, rows = situation["params"]["size_risk"], _free(everything)
    total = sum(row["raw"] for row in rows.values())
    if risk["kind"] == "none":
        for pair, row in rows.items():
            share, most = row["raw"] / total if total else 0.0, _most(pair, situation)
            row["weight"] = min(share, most)
            if share > most * (1 + 1e-12):
                row["flags"].add("capped_by_concentration")
        _cap_protocols(rows, situation)
        return None, None
    allowed = {pair: risk["cap"] if risk["kind"] == "fixed" else risk["cap"] * situation["tvl"][pair] for pair in rows}
    accepted = _hand_out(rows, allowed, situation, write=True)
    without_limits = _hand_out(rows, dict.fromkeys(rows, math.inf), situation, write=False)
    for row in rows.values():
        row["weight"] = row["target"] / accepted if accepted else 0.0
    return accepted, max(0.0, without_limits - accepted)


def _cap_protocols(rows: dict[int, Row], situation: Row) -> None:
    limit = situation["params"]["max_protocol_weight"]
    for protocol in set(situation["protocols"].values()):
        inside = [row for pair, row in rows.items() if situation["protocols"][pair] == protocol]
        share = sum(row["weight"] for row in inside)
        if limit is not None and share > limit * (1 + 1e-12):
            for row in inside:
                row["flags"].add("capped_by_protocol_allocation")
                row["weight"] *= limit / share


def _hand_out(rows: dict[int, Row], allowed: dict[int, float], situation: Row, *, write: bool) -> float:
    params = situation["params"]
    risk, equity = params["size_risk"], params["investable_equity"]
    room = dict.fromkeys(situation["protocols"].values(), math.inf)
    if params["max_protocol_weight"] is not None:
        room = dict.fromkeys(room, params["max_protocol_weight"] * equity)
    queue = sorted(rows, key=lambda pair: -rows[pair]["raw"])
    total, left, accepted_sum = sum(row["raw"] for row in rows.values()), equity, 0.0
    for place, pair in enumerate(queue):
        row, asked, wanted, protocol = rows[pair], None, 0.0, situation["protocols"][pair]
        most = _most(pair, situation)
        if risk["mode"] == "sequential":
            share = row["raw"] / total if total else 0.0
            wanted = max(share * left, share * equity) if share > most else share * left
            asked = min(min(share, most) * left, most * equity)
        elif (risk["max_positions"] is None or place < risk["max_positions"]) and left > 5.0:
            later = sum(rows[other]["raw"] for other in queue[place:])
            wanted = left if risk["mode"] == "waterfall" else row["raw"] / later * left
            asked = min(wanted, most * equity)
        cut, under = asked is not None and wanted > asked * (1 + 1e-12), asked or 0.0
        if asked is not None:
            asked = min(asked, max(room[protocol], 0.0))
        accepted = 0.0 if asked is None else min(asked, allowed[pair])
        room[protocol] -= accepted
        if asked is not None:
            left += asked - accepted if risk["mode"] == "sequential" else -accepted
        accepted_sum += accepted
        if write:
            row["target"] = accepted
            _flag_limits(row, asked, accepted, cut=cut, under=under)
    return accepted_sum


def _flag_limits(row: Row, asked: float | None, accepted: float, *, cut: bool, under: float) -> None:
    if cut:
        row["flags"].add("capped_by_concentration")
    if asked is not None and under > asked * (1 + 1e-12):
        row["flags"].add("capped_by_protocol_allocation")
    if asked is not None and accepted < asked:
        row["flags"].add("capped_by_pool_size")


def _cap_chains(
    everything: dict[int, Row], situation: Row, accepted: float | None, discarded: float | None
) -> tuple[float | None, float | None]:
    rows = _free(everything)
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
        quantity, _, collateral = situation["held"][pair]
        row["old_side"] = "short" if quantity < 0 else "long" if collateral < 0 else "spot"


def _set_targets(rows: dict[int, Row], situation: Row, *, sized: bool) -> None:
    for pair, row in rows.items():
        if sized:
            row["target"] = row["target"] or 0.0
        else:
            row["target"] = row["weight"] * situation["params"]["investable_equity"]
        long = "long" if pair in situation["leveraged"] else "spot"
        row["side"] = None if row["signal"] == 0 else "short" if row["signal"] < 0 else long
        old, new = row["old_side"], row["side"]
        if row["pinned"]:
            row["target"] = row["old_value"]
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
        elif pair in situation["settling"] and row["old_side"] is not None:
            row["ignored"] = True
            row["flags"].add("settlement_pending")
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
            available += 0.0 if pair in situation["no_redeem"] else row["old_value"]
        elif _too_small(row, params):
            continue
        elif row["adjust"] > 0:
            nothing_else = row["weight"] >= params["epsilon"] and row["adjust"] / situation["prices"][pair] >= 1e-10
            if not (pair in situation["no_deposit"] and nothing_else):
                buys.append(row)
        elif abs(row["adjust"]) / situation["prices"][pair] >= 1e-10 and pair not in situation["no_redeem"]:
            available += abs(row["adjust"])
    wanted, available = sum(row["adjust"] for row in buys), max(available, 0.0)
    if wanted > available * (1 + 1e-12):
        for row in buys:
            row["adjust"] *= available / wanted
            row["flags"].add("capped_by_sync_cash")


def _decide(pair: int, row: Row, situation: Row) -> list[tuple[int, str, float, float]]:
    params, mid = situation["params"], situation["prices"][pair]
    closes, skip = _closes(row, params), None
    if not closes:
        if _too_small(row, params):
            skip = "individual_trade_size_too_small"
        elif abs(row["adjust"]) / mid < 1e-10:
            skip = "individual_trade_quantity_too_small"
        elif row["weight"] < params["epsilon"]:
            skip = "close_position_weight_limit"
    if skip is None:
        if (closes or row["flips"] or row["adjust"] < 0) and pair in situation["no_redeem"]:
            skip, row["missed"] = "cannot_redeem", abs(row["adjust"])
        elif not closes and row["adjust"] > 0 and pair in situation["no_deposit"]:
            skip, row["missed"] = "cannot_deposit", abs(row["adjust"])
    if skip is not None:
        row["ignored"] = True
        row["flags"].add(skip)
        return []
    if closes:
        row["flags"] |= {"close_position_weight_limit", "closed"}
    return _trades(pair, row, situation, closes=closes)


def _trades(pair: int, row: Row, situation: Row, *, closes: bool) -> list[tuple[int, str, float, float]]:
    mid, fee = situation["prices"][pair], situation["fee"]
    held = situation["held"][pair][0] if pair in situation["held"] else 0.0
    close = (pair, row["old_side"], -held, mid * (1 - fee) if held > 0 else mid * (1 + fee))
    if closes:
        return [close]
    if row["flips"]:
        return [close, _opening(pair, row, mid, fee)]
    if row["adjust"] > 0:
        return [_opening(pair, row, mid, fee)]
    if row["old_side"] in {"short", "long"}:
        share = min(1.0, -row["adjust"] / row["old_value"])
        return [(pair, row["old_side"], -held * share, mid * (1 + fee if held < 0 else 1 - fee))]
    return [(pair, "spot", -held if row["target"] == 0 else -min(held, -row["adjust"] / mid), mid * (1 - fee))]


def _opening(pair: int, row: Row, mid: float, fee: float) -> tuple[int, str, float, float]:
    if row["side"] == "short":
        return pair, "short", -row["adjust"] / mid, mid * (1 - fee)
    if row["side"] == "long":
        return pair, "long", row["adjust"] * 2.0 / (mid * (1 + fee)), mid * (1 + fee)
    return pair, "spot", row["adjust"] / (mid * (1 + fee)), mid * (1 + fee)
