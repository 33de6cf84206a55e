"""Faults to plant, one at a time: the rule that must find each, the sound history, and what is changed in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from planting import Record, Row, State


class Fault(NamedTuple):
    """One wrong thing in a sound history.

    Args:
        rule: The rule that must find it.
        base: Makes the history.
        plant: Makes the fault in it.
        name: Of the case.
    """

    rule: str
    base: Callable[[], Any]
    plant: Callable[[Any], Any]
    name: str


PLACE = 20
"""The cycle with the fault, where nothing else is said."""
WEEK = 7 * 86_400


def held(row: Row) -> bool:
    return bool(row["old_value"]) and bool(row["signal_in_selection"])


def bought(row: Row) -> bool:
    return not row["old_value"] and bool(row["position_adjust_usd"])


def closing(row: Row) -> bool:
    return bool(row["old_value"]) and not row["signal_in_selection"]


def unheld(row: Row) -> bool:
    return not row["old_value"] and row["signal_in_selection"] is None


def reduced(row: Row) -> bool:
    return held(row) and row["position_adjust_usd"] < 0 and not row["ignored"]


def left_alone(row: Row) -> bool:
    return held(row) and row["ignored"]


def refused(row: Row) -> bool:
    return row["asked"] is not None and row["accepted"] < row["asked"] * 0.99


def buying(row: Row) -> bool:
    return row["side"] == "buy"


def selling(row: Row) -> bool:
    return row["side"] == "sell"


def times(factor: float) -> Callable[[float], float]:
    return lambda value: value * factor


def plus(usd: float) -> Callable[[float], float]:
    return lambda value: value + usd


def sized() -> Record:
    return Record("momentum")


def unsized() -> Record:
    return Record("concentrated")


def long_short() -> Record:
    return Record("long_short")


def signals(rule: str, which: Callable[[Row], bool], place: int = PLACE, base: Any = sized, **changes: Any) -> Fault:
    return Fault(rule, base, lambda b: b.edit("signals", place, which, **changes), _name(rule, which, changes))


def trades(rule: str, which: Callable[[Row], bool], place: int = PLACE, base: Any = sized, **changes: Any) -> Fault:
    named = _name(rule, which, changes)
    return Fault(rule, base, lambda b: b.edit("trades", place, which, **changes), named)


def cycle(rule: str, part: str = "fields", place: int = PLACE, base: Any = sized, **changes: Any) -> Fault:
    return Fault(rule, base, lambda b: b.edit_cycle(place, part, **changes), "-".join([rule, part, *changes]))


def whole(rule: str, plant: Callable[[Any], Any], base: Any = sized) -> Fault:
    return Fault(rule, base, plant, f"{rule}-whole")


def _name(rule: str, which: Callable[[Row], bool], changes: dict[str, Any]) -> str:
    return f"{rule}-{which.__name__}-{'-'.join(changes)}"


def _twice(base: Record) -> list[Row]:
    columns = base.cycles[PLACE]["trades"]
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [*rows, {**rows[0], "trade_id": 10_000}]


def _only_planned(columns: Row) -> None:
    for name, value in {"status": "planned", "executed_quantity": None, "executed_at": None}.items():
        columns[name] = [value] * len(columns.get("pair_id", []))


def _risk(share: float) -> Row:
    return {"name": "USDTVLSizeRiskModel", "per_trade_cap": 0.05, "per_position_cap": share}


def _without_quantities(base: Record) -> None:
    for each in base.cycles:
        each["signals"].pop("old_quantity", None)
    for name in base.cycles[PLACE]["trades"]:
        base.cycles[PLACE]["trades"][name] = []


IN_RECORDS = [
    signals("price_jumped", unheld, price=times(1000)),
    signals("price_jumped", unheld, place=39, price=times(1000)),
    signals("price_jumped", unheld, place=0, price=times(0.001)),
    signals("trade_not_at_price", bought, price=times(1.1)),
    signals("mark_stale", held, price=times(1.1)),
    signals("price_not_positive", unheld, price=times(-1)),
    signals("size_cap_off_its_share", held, tvl=times(1.5)),
    signals("size_cap_off_its_share", held, size_cap_usd=times(2)),
    signals("tvl_jumped", held, tvl=times(1000)),
    signals("old_weight_not_the_share", held, old_weight=times(1.1)),
    signals("old_weight_not_the_share", held, old_value=times(1.1)),
    signals("adjust_not_target_less_old", held, old_value=times(1.1)),
    signals("stronger_signal_left_out", unheld, signal=9.0),
    signals("raw_weight_off_the_method", held, signal_in_selection=times(1.2)),
    signals("raw_weight_off_the_method", held, raw_weight=times(1.2)),
    signals("asked_not_offered", held, raw_weight=times(1.2)),
    signals("signal_changed", held, signal=times(1.2)),
    signals("side_contradicts_signal", held, signal_in_selection=times(-1)),
    signals("weight_not_share_of_accepted", held, normalised_weight=times(1.1)),
    signals("weight_negative", held, normalised_weight=times(-1)),
    signals("asked_not_offered", held, asked=times(1.1)),
    signals("target_not_accepted", held, accepted=times(0.9)),
    signals("target_not_accepted", held, position_target=times(0.9)),
    signals("accepted_not_sum_of_targets", held, position_target=times(0.9)),
    signals("adjust_not_target_less_old", held, position_adjust_usd=times(-1)),
    signals("quantity_not_at_price", reduced, position_adjust_quantity=times(2)),
    signals("quantity_sign", reduced, position_adjust_quantity=times(-1)),
    signals("position_jumped", held, old_quantity=times(1.1)),
    signals("held_side_contradicts_quantity", held, old_quantity=times(-1)),
    signals("profit_of_other_sign", held, profit_before_trades=times(-1)),
    signals("profit_of_other_sign", held, profit_before_trades_pct=times(-1)),
    signals("profit_not_the_share", held, profit_before_trades=times(2)),
    signals("profit_not_the_share", held, profit_before_trades_pct=times(2)),
    signals("profit_jumped", left_alone, 12, profit_before_trades=times(-1), profit_before_trades_pct=times(-1)),
    signals("trade_of_other_position", bought, position_id=plus(1000)),
    signals("refusal_not_capped", refused, capped=False),
    signals("refusal_without_pool_flag", refused, flags=[], reasons=None),
    signals("reason_without_flag", refused, flags=[]),
    signals("flag_without_reason", refused, reasons=None),
    signals("reason_of_other_amount", refused, accepted=times(0.9)),
    signals("closed_nothing", bought, flags=["closed"]),
    signals("dust_not_closed", closing, flags=[], reasons=None),
    signals("size_flag_above_threshold", held, flags=["individual_trade_size_too_small"]),
    signals("held_flag_without_reason", held, flags=["max_adjust_too_small"]),
    signals("blocked_but_traded", bought, flags=["cannot_deposit"]),
    signals("carried_not_kept", reduced, carry_forward=True),
    signals("ignored_without_reason", bought, ignored=True),
    signals("number_left_out", held, raw_weight=None),
    signals("number_left_out", held, position_target=None),
    signals("amount_negative", held, tvl=times(-1)),
    signals("trigger_unlikely", bought, base=unsized, stop_loss=95.0),
    signals("weight_not_the_share", held, base=unsized, normalised_weight=times(0.9)),
    signals("target_not_weight", held, base=unsized, position_target=times(1.1)),
    signals("leverage_unlikely", held, base=long_short, leverage=-1.0),
    signals("selected_below_threshold", held, base=long_short, signal=0.001),
    signals("flag_unknown", held, flags=["moonshot"]),
    trades("fee_unusual", buying, fees=times(5)),
    trades("fee_unusual", buying, fees=times(0)),
    trades("fee_unusual", buying, fees=times(-1)),
    trades("side_contradicts_quantity", buying, side="sell"),
    trades("trade_of_other_side", buying, side="sell", planned_quantity=times(-1), executed_quantity=times(-1)),
    trades("executed_other_way", buying, executed_quantity=times(-1)),
    trades("trade_value_disagrees", buying, value=times(1.5)),
    trades("trade_price_off_mid", buying, planned_price=times(1.1)),
    trades("trade_price_off_mid", buying, planned_mid_price=times(1.1)),
    trades("trade_not_at_price", buying, planned_mid_price=times(1.1), planned_price=times(1.1)),
    trades("trade_slippage", buying, executed_price=times(1.1)),
    trades("trade_partial", buying, executed_quantity=times(0.9)),
    trades("position_jumped", buying, executed_quantity=times(0.9)),
    trades("trade_of_other_size", buying, planned_quantity=times(1.5)),
    trades("close_of_other_size", lambda row: row["closing"], planned_quantity=times(0.5)),
    trades("trade_late", buying, executed_at=plus(2 * WEEK)),
    trades("trade_before_decision", buying, executed_at=plus(-60)),
    trades("trade_of_other_kind", buying, pair_kind="lending_protocol_short"),
    trades("trade_of_other_position", buying, position_id=1000),
    trades("trade_lost", buying, status="failed"),
    trades("trade_unconfirmed", buying, status="planned"),
    trades("trade_missing", buying, kind="test_trade"),
    trades("trade_unplanned", buying, pair_id=3),
    whole("trade_twice", lambda b: b.put("trades", PLACE, _twice(b))),
    whole("trades_not_kept", lambda b: [each.update(trades={}) for each in b.cycles]),
    whole("trades_only_planned", lambda b: [_only_planned(each["trades"]) for each in b.cycles]),
    whole("source_odd", lambda b: b.put("signals", PLACE, b.signals(PLACE) + b.signals(PLACE)[:1])),
    cycle("raw_count_disagrees", raw_count=plus(-1)),
    cycle("raw_count_disagrees", raw_count=plus(1)),
    cycle("threshold_not_as_set", position_adjust_threshold_usd=plus(10)),
    cycle("equity_not_as_set", investable_equity=times(1.01)),
    cycle("investable_jumped", investable_equity=times(10)),
    cycle("accepted_not_sum_of_targets", accepted_investable_equity=times(1.01)),
    cycle("discarded_disagrees", size_risk_discarded_value=plus(100)),
    cycle("largest_change_disagrees", max_position_adjust_usd=times(1.01)),
    cycle("cycle_amount_negative", size_risk_discarded_value=-100.0),
    cycle("closing_weight_unlikely", close_position_weight_epsilon=5.0),
    cycle("cycle_number_left_out", investable_equity=None),
    cycle("setting_unusual", close_position_weight_epsilon=times(1.3)),
    trades("trade_without_price", buying, executed_price=0.0),
    trades("trade_number_left_out", buying, executed_at=None),
    cycle("account_disagrees", "equity", total_equity=times(1.1)),
    cycle("account_disagrees", "equity", cash=times(2)),
    cycle("total_jumped", "equity", total_equity=times(1000)),
    cycle("cash_negative", "equity", cash=times(-1)),
    cycle("equity_negative", "equity", total_equity=times(-1)),
    whole("cycles_missing", lambda b: b.cycles.pop(PLACE)),
    whole("cycles_out_of_order", lambda b: b.move(PLACE, -2 * WEEK + 3600)),
    whole("time_unlikely", lambda b: b.move(0, -35 * 365 * 86_400)),
    whole("time_unlikely", lambda b: b.move(39, 120 * 365 * 86_400)),
    whole("more_selected_than_set", lambda b: b.set_up(PLACE, "select_top_signals", count=3)),
    whole("size_cap_off_its_share", lambda b: [b.set_up(PLACE, "normalise_weights", size_risk_model=_risk(0.03))]),
    whole("position_without_trade", _without_quantities),
]


def unheld_raw(row: Row) -> bool:
    return not row["old_value"] and not row["raw_weight"]


def sold(row: Row) -> bool:
    return float(row["planned_quantity"]) < 0


def purchased(row: Row) -> bool:
    return float(row["planned_quantity"]) > 0


def unlimited(row: Row) -> bool:
    return row["signal"] > 0 and not row["flags"]


def kept(row: Row) -> bool:
    return bool(row["old_value"]) and row["signal"] > 0 and row["position_adjust_usd"] < 0


def of_state(rule: str, part: str, which: Callable[[Row], bool], place: int = PLACE, **changes: Any) -> Fault:
    named = f"{part}-{_name(rule, which, changes)}"
    return Fault(rule, State, lambda b: b.edit(part, place, which, **changes), named)


def _drop_trades(base: State) -> None:
    for kind in ("open_positions", "closed_positions"):
        for position in base.state["portfolio"][kind].values():
            position["trades"] = {}


def _plan_only(base: State) -> None:
    for trade in base.trades():
        trade.update(executed_at=None, executed_quantity=None, executed_price=None)


def _copy_trade(base: State) -> None:
    position = next(each for each in base.state["portfolio"]["open_positions"].values())
    trade = next(iter(position["trades"].values()))
    position["trades"]["9999"] = {**trade, "trade_id": 9999}


def _forget_raw(base: State) -> None:
    raw = base.cycle(PLACE)["raw_signals"]
    del raw[next(key for key, signal in base.cycle(PLACE)["signals"].items() if signal["signal"] and key in raw)]


IN_STATES = [
    of_state("weaker_signal_preferred", "raw_signals", unheld_raw, signal=9.0),
    of_state("weight_above_share", "signals", kept, normalised_weight=times(1.2)),
    of_state("weight_cut_without_flag", "signals", unlimited, normalised_weight=times(0.8)),
    of_state("target_not_weight", "signals", kept, normalised_weight=times(0.8)),
    of_state("target_not_weight", "signals", kept, position_target=times(0.8)),
    of_state("raw_weight_off_the_method", "signals", kept, raw_weight=times(1.2)),
    of_state("signal_changed", "signals", kept, signal=times(1.2)),
    of_state("side_contradicts_signal", "signals", kept, signal=times(-1)),
    of_state("old_weight_not_the_share", "signals", kept, old_weight=times(1.2)),
    of_state("old_weight_not_the_share", "signals", kept, old_value=times(1.2)),
    of_state("adjust_not_target_less_old", "signals", kept, old_value=times(1.2)),
    of_state("adjust_not_target_less_old", "signals", kept, position_adjust_usd=times(-1)),
    of_state("quantity_sign", "signals", kept, position_adjust_quantity=times(-1)),
    of_state("profit_of_other_sign", "signals", kept, profit_before_trades=times(-1)),
    of_state("profit_not_the_share", "signals", kept, profit_before_trades_pct=times(2)),
    of_state("trade_of_other_position", "signals", kept, position_id=plus(1000)),
    of_state("ignored_without_reason", "signals", kept, position_adjust_ignored=True),
    of_state("trade_unplanned", "signals", kept, position_adjust_ignored=True),
    of_state("closed_nothing", "signals", bought, place=0, flags=["closed"]),
    of_state("held_flag_without_reason", "signals", kept, flags=["max_adjust_too_small"]),
    of_state("trade_flagged_too_small", "signals", kept, flags=["individual_trade_size_too_small"]),
    of_state("blocked_but_traded", "signals", kept, flags=["cannot_redeem"]),
    of_state("number_left_out", "signals", kept, raw_weight=None),
    of_state("number_left_out", "signals", kept, old_weight=None),
    of_state("trigger_unlikely", "signals", kept, stop_loss=95.0),
    of_state("leverage_unlikely", "signals", kept, leverage=-1.0),
    of_state("carried_not_kept", "signals", kept, carry_forward_position=True),
    of_state("trade_of_other_side", "trades", sold, planned_quantity=times(-1), executed_quantity=times(-1)),
    of_state("executed_other_way", "trades", sold, executed_quantity=times(-1)),
    of_state("trade_of_other_size", "trades", sold, planned_quantity=times(0.5)),
    of_state("trade_partial", "trades", sold, executed_quantity=times(0.5)),
    of_state("trade_price_off_mid", "trades", sold, planned_price=times(1.2)),
    of_state("trade_price_off_mid", "trades", sold, planned_mid_price=times(1.2)),
    of_state("trade_slippage", "trades", sold, executed_price=times(1.2)),
    of_state("fee_unusual", "trades", purchased, lp_fees_paid=times(5)),
    of_state("fee_unusual", "trades", purchased, lp_fees_paid=times(-1)),
    of_state("trade_late", "trades", purchased, executed_at=plus(2 * WEEK)),
    of_state("trade_before_decision", "trades", purchased, executed_at=plus(-60)),
    of_state("trade_lost", "trades", purchased, failed_at=1_590_000_000, executed_quantity="0"),
    of_state("trade_unconfirmed", "trades", purchased, executed_at=None, executed_quantity=None),
    of_state("trade_missing", "trades", purchased, trade_type="stop_loss"),
    of_state("trade_number_left_out", "trades", purchased, lp_fees_paid=None),
    cycle("target_not_weight", base=State, investable_equity=times(1.01)),
    cycle("investable_jumped", base=State, investable_equity=times(10)),
    cycle("largest_change_disagrees", base=State, max_position_adjust_usd=times(1.01)),
    cycle("trade_in_held_cycle", base=State, position_adjust_threshold_usd=times(10)),
    cycle("closing_weight_unlikely", base=State, close_position_weight_epsilon=5.0),
    cycle("account_disagrees", "equity", base=State, total_equity=times(1.1)),
    cycle("total_jumped", "equity", base=State, total_equity=times(1000)),
    cycle("cash_negative", "equity", base=State, free_cash=times(-1)),
    whole("raw_count_disagrees", _forget_raw, State),
    whole("trades_not_kept", _drop_trades, State),
    whole("trades_only_planned", _plan_only, State),
    whole("trade_twice", _copy_trade, State),
    whole("cycles_missing", lambda b: b.calculations.pop(list(b.calculations)[PLACE]), State),
    whole("cycles_out_of_order", lambda b: b.move(PLACE, -2 * WEEK + 3600), State),
    whole("time_unlikely", lambda b: b.move(0, -49 * 365 * 86_400), State),
]
