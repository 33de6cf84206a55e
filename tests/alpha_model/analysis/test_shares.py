"""Every part of the book is a share of the whole, and the whole is all of them."""

from __future__ import annotations

import numpy as np
import pytest
from histories import SAMPLES, make_history, moment

from alpha_model.analysis import allocation
from alpha_model.analysis.facts import Whole
from alpha_model.analysis.pairs import held_shares, pair_shares, target_shares, whole_exceptions, whole_words
from alpha_model.history import History, read_history


def held(pair_id: int, value: float, state: str = "open") -> dict[str, object]:
    return {"cycle": 0, "timestamp": moment(0), "pair_id": pair_id, "value": value, "state": state}


def worth(total: float, cash: float) -> dict[str, object]:
    return {"timestamp": moment(0), "total_equity": total, "cash": cash}


@pytest.fixture
def book() -> History:
    """200 in all: a long of 60, a short of 20, 40 carried forward, 30 of credit beside the model, 50 of cash."""
    rows = [
        {"pair_id": 1, "position_target": 60.0},
        {"pair_id": 2, "position_target": 20.0, "signal": -1.0},
        {"pair_id": 3, "position_target": 40.0, "old_value": 40.0, "carry_forward": True},
    ]
    positions = [held(3, 40.0), held(9, 30.0)]
    return make_history(
        rows, [{"investable_equity": 130.0}], {9: "aUSDC-USDC"}, equity=[worth(200.0, 130.0)], positions=positions
    )


def test_parts_of_the_book_are_shares_of_all_of_it(book: History) -> None:
    row = allocation(book).iloc[0]
    parts = {name: row[name] for name in ("free", "locked", "beside", "cash")}
    assert parts == pytest.approx({"free": 0.4, "locked": 0.2, "beside": 0.15, "cash": 0.25})
    assert (row["gross"], row["net"]) == pytest.approx((0.6, 0.4))  # 60 + 20 + 40, and 60 - 20 + 40, of 200


def test_a_locked_pair_is_not_the_largest_that_a_cap_is_held_against() -> None:
    rows = [
        {"pair_id": 1, "position_target": 20.0},
        {"pair_id": 2, "position_target": 80.0, "old_value": 80.0, "carry_forward": True},
    ]
    row = allocation(make_history(rows, [{"investable_equity": 20.0}])).iloc[0]
    assert (row["largest_pair_id"], row["largest"], row["locked"]) == (1, 0.2, 0.8)


def test_cap_is_of_the_whole_book_and_says_how_it_is_known() -> None:
    pipeline = '[{"step": "normalise_weights", "max_weight": 0.25}]'
    cycle = {"investable_equity": 80.0, "pipeline": pipeline}
    rows = [{"pair_id": 1, "position_target": 20.0}]
    history = make_history(rows, [cycle], equity=[worth(100.0, 100.0)])
    row = allocation(history).iloc[0]
    assert (row["cap"], row["cap_provenance"]) == (pytest.approx(0.2), "recorded")  # 0.25 x 80 / 100
    assert pair_shares(history, 1)["cap_share"].tolist() == [pytest.approx(0.2)]


def test_a_carried_short_without_a_signal_stays_a_short() -> None:
    row = {"pair_id": 1, "signal": 0.0, "selected": False, "position_target": 30.0, "old_value": 30.0}
    row |= {"old_kind": "lending_protocol_short", "carry_forward": True}
    history = make_history([row], [{"investable_equity": 70.0}])
    assert target_shares(history).to_numpy().tolist() == [[-0.3]]
    assert held_shares(history).to_numpy().tolist() == [[-0.3]]
    assert allocation(history)["net"].tolist() == pytest.approx([-0.3])


def test_weights_alone_are_shares_of_what_the_source_says() -> None:
    history = make_history([{"pair_id": 1, "normalised_weight": 0.7}, {"pair_id": 2, "normalised_weight": 0.1}])
    row = allocation(history).iloc[0]
    assert (row["equity_whole"], row["gross"], row["cash"]) == (Whole.unknown, pytest.approx(0.8), pytest.approx(0.2))
    assert whole_words(history) == "equity as the source weighs it"


def test_a_weight_without_a_target_is_of_what_was_accepted() -> None:
    cycle = {"investable_equity": 100.0, "accepted_investable_equity": 50.0}
    assert target_shares(make_history([{"pair_id": 1, "normalised_weight": 0.6}], [cycle])).iloc[0, 0] == 0.3


def test_nothing_recorded_is_not_nothing_wanted() -> None:
    row = allocation(make_history([{"pair_id": 1}], [{"investable_equity": 100.0}])).iloc[0]
    assert np.isnan([row["gross"], row["cash"], row["largest"], row["cap"]]).all()


def test_cycles_of_another_whole_are_counted() -> None:
    rows = [{"pair_id": 1, "cycle": cycle, "position_target": 1.0} for cycle in range(3)]
    history = make_history(rows, [{"investable_equity": 10.0}] * 3, equity=[worth(10.0, 10.0)])
    assert whole_words(history) == "total equity"
    assert whole_exceptions(history) == "Of 3 cycles it is in 1 investable equity and what is locked."  # 2 days old


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_parts_of_every_sample_add_up_to_the_whole(path) -> None:
    parts = allocation(read_history(path))
    total = parts[["free", "locked", "beside", "cash"]].sum(axis=1)
    np.testing.assert_allclose(total, 1.0, atol=1e-9)
    capped = parts.dropna(subset=["cap", "largest"])
    assert (capped["largest"] <= capped["cap"] * (1 + 1e-6)).all()


def test_shares_of_a_pair_have_the_sign_of_its_side() -> None:
    row = {"pair_id": 1, "signal": -1.0, "raw_weight": 2.0, "normalised_weight": 0.4, "position_target": 40.0}
    shares = pair_shares(make_history([row], [{"investable_equity": 100.0}]), 1).iloc[0]
    assert shares[["target_share", "normalised_weight", "raw_share"]].tolist() == [-0.4, -0.4, -1.0]
