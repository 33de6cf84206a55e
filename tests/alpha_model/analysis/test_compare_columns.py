"""Is every column compared at the stage that writes it, or named, whatever the two sources record?"""

from __future__ import annotations

import pytest
from histories import make_history

from alpha_model.analysis import compare_cycles, compare_histories
from alpha_model.analysis.compare import CompareStage
from alpha_model.analysis.compare.fields import (
    CYCLE_FIELDS,
    KEYS,
    PAIR_FIELDS,
    SETTINGS_COLUMN,
    UNCOMPARED,
)
from alpha_model.history.tables.schema import SCHEMAS

MADE_HERE = {"present", "weight_limit", "chain_limit", "limited_share", "traded_quantity", "traded_usd"}
COMPARED = {"signals": {field.name for field in PAIR_FIELDS} - MADE_HERE, "cycles": {f.name for f in CYCLE_FIELDS}}
VALUES = {
    "double": (1.0, 2.0),
    "int64": (1, 2),
    "bool": (False, True),
    "string": ("one", "two"),
    "uint32": (0, 1 << 6),
}
GIVEN = {"flag_bits": ([], ["closed"]), "other_flags": ([], ["moonshot"])}
EFFECTS = {
    "selected": ("signal_in_selection", "selected_count"),
    "signal": ("signal_in_selection",),
    "old_value": ("held_count",),
}
"""What follows from a column where these histories are made."""
REASON = {"stage": "selection", "code": "not_in_top", "before_usd": None, "after_usd": None, "limit": 4.0}


def values_of(table: str, name: str) -> tuple[object, object]:
    if name == "reasons":
        return [REASON], [REASON | {"code": "below_signal_threshold"}]
    return GIVEN.get(name) or VALUES[str(SCHEMAS[table].field(name).type)]


def made(table: str, name: str, value: object):
    """One cycle of two pairs, with a value in one column."""
    key = "flags" if name in GIVEN else name
    first = {"pair_id": 1, **({key: value} if table == "signals" else {})}
    cycle = {"pipeline": "[]", "trade_count": 0, **({key: value} if table == "cycles" else {})}
    return make_history([first, {"pair_id": 2}], [cycle])


@pytest.mark.parametrize("table", ["signals", "cycles"])
def test_every_column_is_compared_or_named_with_the_reason(table) -> None:
    known = [*COMPARED[table], *KEYS[table], *(name for name in UNCOMPARED if name in SCHEMAS[table].names)]
    assert sorted(known) == sorted(
        name for name in SCHEMAS[table].names if name != SETTINGS_COLUMN or table != "cycles"
    )


@pytest.mark.parametrize(("table", "name"), [(table, name) for table in COMPARED for name in sorted(COMPARED[table])])
def test_difference_in_any_column_is_found_and_is_the_only_one(table, name) -> None:
    one, other = values_of(table, name)
    found = compare_cycles(made(table, name, one), made(table, name, other))
    shown = "flags" if name == "flag_bits" else name
    fields = set(found.differences["field"])
    assert shown in fields
    assert fields <= {shown, *EFFECTS.get(name, ())}
    stages = {field.stage for field in (*PAIR_FIELDS, *CYCLE_FIELDS) if field.name == name}
    assert found.first_stage in stages


@pytest.mark.parametrize("name", [name for name in UNCOMPARED if name in SCHEMAS["signals"].names])
def test_column_that_is_never_compared_says_why(name) -> None:
    found = compare_cycles(*(made("signals", name, value) for value in values_of("signals", name)))
    assert (found.first_stage, found.not_compared[name]) == (None, UNCOMPARED[name])


@pytest.mark.parametrize("name", ["stop_loss", "take_profit", "trailing_stop_loss", "leverage"])
def test_what_a_strategy_did_not_give_is_a_difference_from_what_another_gave(name) -> None:
    a, b = (make_history([{"pair_id": 1, **given}]) for given in ({}, {name: 0.9}))
    assert compare_histories(a, b).first_stage == CompareStage.inputs
    assert name not in compare_histories(a, b).not_compared


@pytest.mark.parametrize(
    ("name", "stage"), [("tvl", "size_risk"), ("price", "size_risk"), ("size_cap_usd", "size_risk")]
)
def test_what_a_later_step_asked_for_is_its_effect_where_one_side_has_none(name, stage) -> None:
    rows = [{"pair_id": 1, "selected": False}, {"pair_id": 2, name: 5.0}]
    one, both = (make_history([rows[0] | given, rows[1]]) for given in ({}, {name: 7.0}))
    assert compare_histories(one, both).first_stage == stage
    other = make_history([rows[0] | {name: 8.0}, rows[1]])
    assert compare_histories(both, other).first_stage == ("size_risk" if name == "size_cap_usd" else "inputs")


def test_market_amounts_are_not_ranked_among_dollars_of_the_portfolio() -> None:
    a, b = (
        make_history(
            [{"pair_id": 1, "tvl": 1e6 * more, "position_target": 100.0 * more}, {"pair_id": 2, "tvl": 9e6 / more}]
        )
        for more in (1, 2)
    )
    found = compare_histories(a, b)
    assert found.pairs[["pair_a", "first_stage", "cycles_differing"]].to_numpy().tolist() == [
        ["T1-USDC", "inputs", 1],
        ["T2-USDC", "inputs", 1],
    ]
    assert found.pairs["largest_usd"].fillna(-1).tolist() == [100.0, -1]
    assert found.cycles["largest_usd"].tolist() == [100.0]


def test_pairs_and_differences_come_by_dollars() -> None:
    a, b = (
        make_history([{"pair_id": n, "position_target": 10.0 * n * more, "raw_weight": more / n} for n in (1, 2, 3)])
        for more in (1, 2)
    )
    assert compare_histories(a, b).pairs["pair_a"].tolist() == ["T3-USDC", "T2-USDC", "T1-USDC"]
    found = compare_cycles(a, b)
    assert found.differences["pair"].tolist() == ["T3-USDC", "T2-USDC", "T1-USDC"] * 2
    assert "T3-USDC: raw weight" in found.verdict
    assert found.differences["pair_usd"].tolist() == [30.0, 20.0, 10.0] * 2


def table_of_weights(**weights: float):
    """As a table of weights is read: its signals are the weights themselves."""
    tickers = dict(enumerate(weights, start=1))
    rows = [
        {"pair_id": n, "signal": value, "raw_weight": value, "normalised_weight": value, "selected": value > 0}
        for n, value in enumerate(weights.values(), start=1)
    ]
    return make_history(rows, [{"source": "weights table"}], tickers=tickers)


def test_tables_of_weights_differ_in_weights_and_in_nothing_made_of_them() -> None:
    a, b = table_of_weights(A=0.5, B=0.5), table_of_weights(A=0.4, B=0.6)
    found = compare_cycles(a, b)
    assert found.differences[["stage", "field"]].drop_duplicates().to_numpy().tolist() == [
        ["concentration", "normalised_weight"]
    ]
    assert found.not_compared["signal"] == "made of the weights"
    assert compare_histories(a, table_of_weights(A=0.5, B=0.0)).first_stage == CompareStage.selection


def test_decisions_are_compared_with_a_table_of_weights_as_far_as_it_goes() -> None:
    """Flags and signals, and a pair that was neither chosen nor held, are not what such a table would record."""
    rows = [
        {"pair_id": 1, "signal": 7.0, "normalised_weight": 0.5, "flags": ["closed"], "ignored": True},
        {"pair_id": 2, "signal": 6.0, "normalised_weight": 0.5, "old_value": 9.0, "old_kind": "vault"},
        {"pair_id": 3, "signal": 5.0, "selected": False},
    ]
    live = make_history(rows, tickers={1: "A", 2: "B", 3: "C"})
    found = compare_histories(live, table_of_weights(A=0.5, B=0.5))
    assert found.first_stage is None, found.verdict
    assert found.not_compared["ignored"] == "recorded in A only"
    chosen = compare_histories(live, table_of_weights(A=1.0))
    assert chosen.first_stage == CompareStage.inputs  # B was held
    rows[1]["old_value"] = None
    assert compare_histories(
        make_history(rows, tickers={1: "A", 2: "B", 3: "C"}), table_of_weights(A=1.0)
    ).first_stage == (CompareStage.selection)


def test_reasons_are_compared_by_their_codes() -> None:
    a, b = (made("signals", "reasons", [REASON | {"limit": limit}]) for limit in (4.0, 5.0))
    assert compare_cycles(a, b).first_stage is None
    many = [REASON | {"code": f"code_{n}"} for n in range(80)]
    found = compare_cycles(made("signals", "reasons", many), made("signals", "reasons", many[:1]))
    assert found.differences["field"].tolist() == ["reasons"]
