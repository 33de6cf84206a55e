"""Is a batch of cycles decided as each of them alone, and as the naive program says?"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from naive_pipeline import Row, run_cycle
from situations import make_situation, slack_of

from alpha_model import rules
from alpha_model.rules import Action, CycleSettings, Decided, Method, PositionKind, Situation


def settings_of(situation: Row) -> CycleSettings:
    """The settings of a random cycle."""
    params, risk = situation["params"], situation["params"]["size_risk"]
    sized = risk["kind"] != "none"
    return CycleSettings(
        top_n=params["top_count"],
        signal_threshold=params["top_threshold"],
        method=Method(params["method"]),
        max_weight=params["max_weight"],
        size_risk_model={"name": risk["kind"]} if sized else None,
        max_positions=risk["max_positions"] if sized else None,
        waterfall=sized and risk["mode"] == "waterfall",
        max_protocol_weight=params["max_protocol_weight"],
        max_weight_per_chain=params["cap_chain"],
        min_trade_threshold=params["min_trade_threshold"],
        individual_threshold=params["individual_rebalance_min_threshold"],
        sell_threshold=params["sell_rebalance_min_threshold"],
        cap_buys_to_cash=params["cap_buys_to_sync_cash"],
        cash_headroom=params["sync_cash_headroom_usd"],
        close_weight_epsilon=params["epsilon"],
    )


def columns_of(situation: Row, width: int) -> tuple[list[int], dict[str, list[Any]]]:
    """One row of a `Situation`: its pairs in the order in which their signals were set, and their columns."""
    latest: dict[int, float] = {}
    for pair, alpha in situation["signals"]:
        latest.pop(pair, None) if alpha == 0 else latest.update({pair: alpha})
    worth = {pair: collateral + units * mark for pair, (units, mark, collateral) in situation["held"].items()}
    stuck = situation["settling"] | situation["no_redeem"]
    pinned = {pair for pair in worth if pair in stuck} if situation["params"]["carry_forward"] else set()
    pairs = list(dict.fromkeys([*latest, *worth, *situation["prices"]]))
    protocols = sorted(set(situation["protocols"].values()))
    risk = situation["params"]["size_risk"]
    by_tvl = risk["kind"] == "tvl"

    def per_pair(value: Any, otherwise: Any) -> list[Any]:
        return [value(pair) for pair in pairs] + [otherwise] * (width - len(pairs))

    return pairs, {
        "signals": per_pair(lambda pair: worth[pair] if pair in pinned else latest.get(pair, np.nan), np.nan),
        "price": per_pair(situation["prices"].get, 1.0),
        "old_value": per_pair(lambda pair: worth.get(pair, 0.0), 0.0),
        "held": per_pair(lambda pair: held_kind(situation["held"].get(pair)), 0),
        "leveraged": per_pair(situation["leveraged"].__contains__, False),  # noqa: FBT003
        "pinned": per_pair(pinned.__contains__, False),  # noqa: FBT003
        "problematic": per_pair(situation["frozen"].__contains__, False),  # noqa: FBT003
        "settling": per_pair(situation["settling"].__contains__, False),  # noqa: FBT003
        "no_deposit": per_pair(situation["no_deposit"].__contains__, False),  # noqa: FBT003
        "no_redeem": per_pair(situation["no_redeem"].__contains__, False),  # noqa: FBT003
        "chains": per_pair(lambda pair: [1, 56, 137].index(situation["chains"][pair]), 0),
        "protocols": per_pair(lambda pair: protocols.index(situation["protocols"][pair]), -1),
        "size_limit": per_pair(
            lambda pair: risk.get("cap", np.inf) * (situation["tvl"][pair] if by_tvl else 1), np.inf
        ),
        "max_weight": per_pair(lambda pair: situation["own_max"].get(pair, 1.0), 1.0),
    }


def held_kind(holding: tuple[float, float, float] | None) -> PositionKind:
    if holding is None:
        return PositionKind.nothing
    units, _, collateral = holding
    return PositionKind.short if units < 0 else PositionKind.leveraged_long if collateral < 0 else PositionKind.spot


def batch_of(situations: Sequence[Row]) -> tuple[Situation, list[list[int]]]:
    """Random cycles side by side; shorter ones are filled up with pairs that nobody wants or holds."""
    width = max((len(each["prices"]) for each in situations), default=0)
    rows = [columns_of(each, width) for each in situations]
    kinds = {"held": np.int8, "chains": np.intp, "protocols": np.intp, "signals": float, "price": float}
    kinds |= {"old_value": float, "size_limit": float, "max_weight": float}
    columns = {name: np.array([row[name] for _, row in rows], dtype=kinds.get(name, bool)) for name in rows[0][1]}
    equity = np.array([[each["params"]["investable_equity"]] for each in situations])
    cash = np.array([[each["cash"]] for each in situations])
    return Situation(equity=equity, cash=cash, **columns), [pairs for pairs, _ in rows]


def batch_differences(seeds: Iterable[int]) -> list[str]:
    """Where a batch disagrees with the naive program."""
    chosen = list(seeds)
    situations = [make_situation(random.Random(seed)) for seed in chosen]
    batch, pairs = batch_of(situations)
    decided = rules.decide_cycles(batch, [settings_of(each) for each in situations])
    return [
        f"seed {seed}: {difference}"
        for row, seed in enumerate(chosen)
        for difference in row_differences(decided, row, pairs[row], situations[row])
    ]


def row_differences(decided: Decided, row: int, pairs: Sequence[int], situation: Row) -> Iterable[str]:
    expected, slack = run_cycle(situation), slack_of(situation)
    numbers = {
        "raw_weight": ("raw", 1e-12),
        "weight": ("weight", 1e-12),
        "target": ("target", slack),
        "adjust": ("adjust", slack),
    }
    legs = [pair for pair, *_ in expected["trades"]]
    for place, pair in enumerate(pairs):
        wanted = expected["rows"].get(pair)
        if wanted is None:
            continue
        for name, (key, allowed) in numbers.items():
            got = getattr(decided, name)[row, place]
            if not math.isclose(got, wanted[key], rel_tol=1e-12, abs_tol=allowed):
                yield f"{name} of {pair}: {got} instead of {wanted[key]}"
        flags = {str(flag) for flag, bit in rules.BIT.items() if decided.flags[row, place] & bit}
        expected_flags = wanted["flags"] - ({"settlement_pending", "cannot_redeem"} if wanted["pinned"] else set())
        if flags != expected_flags:
            yield f"flags of {pair}: {flags} instead of {expected_flags}"
        trades = {Action.skip: 0, Action.flip: 2}.get(decided.action[row, place], 1)
        if trades != legs.count(pair) or bool(decided.ignored[row, place]) != wanted["ignored"]:
            yield f"{trades} trades in {pair} instead of {legs.count(pair)}"
    whole = {"largest": decided.largest, "accepted": decided.accepted_equity, "discarded": decided.discarded}
    for name, column in whole.items():
        got = column[row, 0]
        wanted = math.nan if expected[name] is None else expected[name]
        if not np.isclose(got, wanted, rtol=1e-12, atol=slack, equal_nan=True):
            yield f"{name}: {got} instead of {wanted}"


@pytest.mark.parametrize("block", range(4))
def test_batch_agrees_with_a_naive_implementation(block: int) -> None:
    found = batch_differences(range(block * 250, (block + 1) * 250))
    assert not found, "\n".join(found)


def test_row_of_a_batch_is_decided_as_alone() -> None:
    situations = [make_situation(random.Random(seed)) for seed in range(200)]
    batch, _ = batch_of(situations)
    settings = [settings_of(each) for each in situations]
    together = rules.decide_cycles(batch, settings)
    for row, own in enumerate(settings):
        alone = rules.decide_cycles(batch.rows(np.array([row])), own)
        for field in fields(Decided):
            got, expected = getattr(alone, field.name)[0], getattr(together, field.name)[row]
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-9, equal_nan=True, err_msg=field.name)
