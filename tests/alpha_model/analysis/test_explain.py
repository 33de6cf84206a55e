"""Every reason, sentence, flag and summary: what they say is what the numbers show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import make_manager, make_model
from histories import EVERY, kept_by_framework, make_history

from alpha_model import AlphaModel, FixedSizeRiskModel, weight_passthrough
from alpha_model.analysis import (
    CycleOutcome,
    ReasonCode,
    explain_cycle,
    explain_flags,
    explain_pairs,
    summarise_cycle,
)
from alpha_model.analysis.explain import FLAG_MEANINGS, REASON_MEANINGS, flag_meaning, sentences
from alpha_model.history import read_history
from alpha_model.values.errors import HistoryError
from alpha_model.values.signal import TradingPairSignalFlags as Flags

OPEN = {"max_position_adjust_usd": 500.0, "position_adjust_threshold_usd": 100.0, "investable_equity": 1000.0}
HELD = OPEN | {"max_position_adjust_usd": 50.0}
HALF = {"raw_weight": 1.0, "normalised_weight": 0.5}


def one(cycle: dict[str, float] | None = None, **row: Any) -> str:
    """The sentence about one pair, called T1-USDC."""
    history = make_history([{"pair_id": 1, **row}], [OPEN if cycle is None else cycle])
    return explain_cycle(history)["sentence"].iloc[0]


def code_of(cycle: dict[str, float] | None = None, **row: Any) -> str:
    history = make_history([{"pair_id": 1, **row}], [OPEN if cycle is None else cycle])
    return str(explain_pairs(history)["code"].iloc[0])


def selected_from(signals: dict[int, float], count: int, threshold: float = 0.0) -> AlphaModel:
    """A cycle of our own model that takes the strongest, over $1,000."""
    manager = make_manager({1: 50.0, 2: 10.0, 3: 1.0}, cash=1000)
    model = AlphaModel(manager.timestamp)
    for each in make_model(signals).raw_signals.values():
        model.set_signal(each.pair, each.signal)
    model.select_top_signals(count, threshold)
    model.assign_weights(weight_passthrough)
    model.normalise_weights()
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager, 1000.0)
    model.generate_rebalance_trades_and_triggers(manager)
    return model


CODES: dict[ReasonCode, dict[str, Any]] = {
    ReasonCode.opened: {"position_target": 500.0, "old_value": 0.0, "position_adjust_usd": 500.0},
    ReasonCode.increased: {"position_target": 500.0, "old_value": 200.0, "position_adjust_usd": 300.0},
    ReasonCode.reduced: {"position_target": 200.0, "old_value": 500.0, "position_adjust_usd": -300.0},
    ReasonCode.closed: {
        "position_target": 0.0, "old_value": 500.0, "position_adjust_usd": -500.0, "flags": ["closed"],
    },
    ReasonCode.flipped: {
        "position_target": 500.0, "old_value": 300.0, "position_adjust_usd": 500.0, "normalised_weight": 0.5,
        "signal": -1.0, "old_kind": "spot_market_hold", "synthetic_kind": "lending_protocol_short",
    },
    ReasonCode.held_below_threshold: {
        "position_target": 500.0, "old_value": 450.0, "position_adjust_usd": 50.0, "ignored": True,
        "flags": ["max_adjust_too_small"],
    },
    ReasonCode.trade_too_small: {
        "position_target": 500.0, "old_value": 495.0, "position_adjust_usd": 5.0, "ignored": True,
        "flags": ["individual_trade_size_too_small"],
    },
    ReasonCode.quantity_too_small: {
        "position_target": 500.0, "old_value": 495.0, "position_adjust_usd": 5.0, "ignored": True,
        "flags": ["individual_trade_quantity_too_small"],
    },
    ReasonCode.weight_too_small: {
        "position_target": 2.0, "old_value": 0.0, "position_adjust_usd": 2.0, "ignored": True,
        "flags": ["close_position_weight_limit"],
    },
    ReasonCode.skipped: {"position_target": 500.0, "old_value": 450.0, "position_adjust_usd": 50.0, "ignored": True},
    ReasonCode.carried_forward: {"position_target": 500.0, "old_value": 500.0, "carry_forward": True},
    ReasonCode.not_selected: {"selected": False, "signal": 0.5, "signal_in_selection": None},
    ReasonCode.no_change: {"position_target": 500.0, "old_value": 500.0, "position_adjust_usd": 0.0},
    ReasonCode.nothing_allowed: {
        "position_target": 0.0, "old_value": 0.0, "position_adjust_usd": 0.0, "asked": 500.0, "accepted": 0.0,
    },
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_every_code_follows_from_its_numbers(code: ReasonCode) -> None:
    row = HALF | CODES[code]
    assert code_of(HELD if code is ReasonCode.held_below_threshold else OPEN, **row) == code


def test_undecided_is_a_change_of_which_nothing_says_whether_it_was_made() -> None:
    row = HALF | {"position_target": 500.0, "old_value": 450.0, "position_adjust_usd": 50.0}
    bare = {"investable_equity": 1000.0}
    assert code_of(bare, **row) == ReasonCode.undecided
    assert one(bare, **row).endswith("whether the increase of $50.00 was made is not recorded.")


def test_every_code_has_a_meaning() -> None:
    assert set(REASON_MEANINGS) == set(ReasonCode)


def test_sentence_of_an_increase() -> None:
    words = one(**HALF, position_target=1000.0, old_value=200.0, position_adjust_usd=800.0)
    assert words == "T1-USDC: wanted $1,000 (100.0 %); increased by $800 from $200."


def test_sentence_of_a_flip_says_both_sides() -> None:
    assert one(**(HALF | CODES[ReasonCode.flipped])).endswith("closed the long of $300 and opened a short of $500.")


def test_sentence_of_a_skipped_change_says_how_far_below_the_threshold_only_where_it_is_recorded() -> None:
    words = one(**(HALF | CODES[ReasonCode.trade_too_small]))
    assert words.endswith("the increase of $5.00 was skipped, below the threshold for a single trade.")
    manager = make_manager({1: 50.0, 2: 10.0}, cash=1000, held={1: 10})
    model = make_model({1: 5.2, 2: 4.8})
    model.normalise_weights()
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager, 1000.0)
    model.generate_rebalance_trades_and_triggers(manager, 10, 60)
    first = explain_cycle(kept_by_framework(model)).set_index("pair_id")["sentence"]
    assert first[1].endswith(
        "the increase of $20.00 was skipped, $40.00 below the threshold of $60.00 for a single trade."
    )


def test_signal_that_was_not_selected_says_its_rank_and_what_it_would_have_had() -> None:
    words = explain_cycle(kept_by_framework(selected_from({1: 6.0, 2: 4.0, 3: 2.5}, 2)))
    assert words["code"].iloc[-1] == ReasonCode.not_in_top
    assert words["sentence"].iloc[-1] == "T3-USDC: ranked 3rd of 3, top 2 selected; its 20.0 % would have been $200."


def test_signal_below_the_threshold_of_the_selection_says_so() -> None:
    words = explain_cycle(kept_by_framework(selected_from({1: 6.0, 2: 4.0, 3: 0.01}, 3, 0.05)))
    assert words["code"].iloc[-1] == ReasonCode.below_signal_threshold
    assert "its strength of 0.01 is below the 0.05 that selection asks for" in words["sentence"].iloc[-1]


def test_a_limit_is_named_with_what_it_took_and_where_that_went() -> None:
    manager = make_manager({1: 50.0, 2: 10.0, 3: 1.0}, cash=1000)
    model = make_model({1: 5.0, 2: 3.0, 3: 2.0})
    risk = FixedSizeRiskModel(manager.pricing_model, per_position_cap=350)
    model.normalise_weights(0.4, investable_equity=1000.0, size_risk_model=risk)
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager)
    model.generate_rebalance_trades_and_triggers(manager)
    history = kept_by_framework(model)
    by_pair = explain_cycle(history).set_index("pair_id")
    assert by_pair.loc[1, "sentence"] == (
        "T1-USDC: wanted $500 (50.0 %); the cap per pair allowed $400 (40.0 %); size risk allowed $350 and refused "
        "$50.00, which was offered to 2 smaller signals; in the whole cycle $125 stayed in cash; planned to open with "
        "$350; no fill is on record yet."
    )
    assert by_pair.loc[1, "limited_by"] == "concentration"
    assert by_pair.loc[2, "sentence"] == (
        "T2-USDC: wanted $300 (30.0 %); was offered $15.00 more than its share; planned to open with $315; no fill is "
        "on record yet."
    )
    summary = summarise_cycle(history)
    assert summary.outcome is CycleOutcome.rebalanced
    assert summary.headline in summary.paragraph
    assert "What held money back: the cap per pair ($100), size risk ($50.00)." in summary.paragraph
    flags = explain_flags(history).set_index("flag")
    assert flags.loc["capped_by_pool_size", "amount_usd"] == 50
    assert flags.loc["capped_by_concentration", "effect"] == "On 1 pair (T1-USDC); the cap per pair cut off $100."


def test_every_flag_has_a_meaning_and_an_unknown_one_is_said_to_be_unknown() -> None:
    assert set(FLAG_MEANINGS) == set(Flags)
    assert len({flag_meaning(str(flag)) for flag in Flags}) == len(Flags)
    assert "does not know what it means" in flag_meaning("brand_new")


def test_flags_that_take_no_money_claim_no_amount() -> None:
    history = make_history([{"pair_id": 1, "flags": ["cannot_redeem", "brand_new"], **HALF}], [OPEN])
    frame = explain_flags(history).set_index("flag")
    assert frame["amount_usd"].isna().all()
    assert frame.loc["cannot_redeem", "effect"] == "On 1 pair (T1-USDC)."


def test_summary_is_of_one_cycle() -> None:
    with pytest.raises(HistoryError, match="a summary is of one cycle, got a history of 2"):
        summarise_cycle(make_history(cycles=2))


@pytest.mark.parametrize("rows", [[], [{"pair_id": 1, **HALF}]])
def test_kinds_of_columns_do_not_depend_on_what_is_in_them(rows: list[dict[str, Any]]) -> None:
    kinds = explain_cycle(make_history(rows, [OPEN])).dtypes
    assert str(kinds["pair"]) == str(kinds["sentence"]) == "object"
    assert kinds["timestamp"] == explain_pairs(make_history(cycles=1)).dtypes["timestamp"]


def test_names_stay_on_one_line_and_unchanged_otherwise() -> None:
    history = make_history([{"pair_id": 1, **HALF}], [OPEN], tickers={1: "<b>X</b>\n=1+1"})
    assert explain_cycle(history)["sentence"].iloc[0].startswith("<b>X</b> =1+1: ")


PLANS = {"opened": "open", "increased": "increase", "reduced": "reduce", "closed": "close"}
DOING = ("executed", "executed_in_part")
DOLLARS = re.compile(r"\$([\d,]+(?:\.\d+)?)")


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_sentences_name_no_amount_that_the_numbers_do_not_have(path: Path) -> None:
    history = read_history(path)
    codes = explain_pairs(history)
    assert len(codes) == history.tables.signals.num_rows
    assert not codes["code"].isna().any()
    assert not (codes["amount_usd"] < 0).any()
    for moment in history.timestamps[:: max(1, len(history) // 5)]:
        cycle = history.at(moment)
        frame = explain_cycle(cycle)
        summary = summarise_cycle(cycle)
        assert "nan" not in " ".join([summary.paragraph, *frame["sentence"]]).lower()
        assert len(frame) == cycle.tables.signals.num_rows
        for code in ("opened", "increased", "reduced", "closed"):
            first = frame.loc[frame["code"] == code, "pair"].head(1)
            done = str(frame.loc[first.index, "execution"].iloc[0]) in DOING if len(first) else False
            verb = code if done else f"to {PLANS[code]}"
            assert all(f"{verb} {pair} (" in summary.paragraph for pair in first)  # ties too are told as in the table
        traded = frame["code"].isin(["opened", "increased", "reduced", "closed", "flipped"])
        assert (frame.loc[traded, "traded"] != 0).all()
        assert (frame.loc[~traded, "traded"].fillna(0) == 0).all()
        for row in frame.itertuples():
            words = str(row.sentence)
            if row.code in {"increased", "reduced", "opened", "closed"} and not np.isnan(row.amount_usd):
                said = [float(amount.replace(",", "")) for amount in DOLLARS.findall(words.rpartition(": ")[2])]
                assert any(abs(amount - row.amount_usd) <= 0.5 for amount in said) or row.amount_usd < 0.005, words


def test_sentences_follow_the_rows_of_signals() -> None:
    history = make_history([{"pair_id": 2, **HALF}, {"pair_id": 1, **HALF}], [OPEN])
    assert [words.split(":")[0] for words in sentences(history)] == ["T2-USDC", "T1-USDC"]


def sized(signals: dict[int, float], cap: float = 100.0, **sharing: Any) -> AlphaModel:
    """A cycle of our own model over $1,000, in which no pair may hold more than the cap."""
    manager = make_manager({1: 50.0, 2: 10.0, 3: 1.0}, cash=1000)
    model = make_model(signals)
    risk = FixedSizeRiskModel(manager.pricing_model, per_position_cap=cap)
    model.normalise_weights(0.4, investable_equity=1000.0, size_risk_model=risk, **sharing)
    model.update_old_weights(manager.get_current_portfolio())
    model.calculate_target_positions(manager)
    model.generate_rebalance_trades_and_triggers(manager)
    return model


def test_pair_that_sharing_did_not_reach_is_told_what_was_left_and_not_that_money_was_gone() -> None:
    history = kept_by_framework(sized({1: 5.0, 2: 3.0, 3: 2.0}, max_positions=2))
    last = explain_cycle(history).set_index("pair_id").loc[3]
    assert last["code"] == ReasonCode.not_reached
    assert last["sentence"] == "T3-USDC: wanted $200 (20.0 %); sharing stopped before its turn, with $800 left."


def test_pair_that_came_when_all_was_given_away_is_told_that_nothing_was_left() -> None:
    history = kept_by_framework(sized({1: 5.0, 2: 3.0, 3: 2.0}, cap=400.0, waterfall=True, max_positions=3))
    words = explain_cycle(history).set_index("pair_id")["sentence"]
    assert "only $200 was left" not in words[3]  # it wanted no more than the $200 that were left
    history = kept_by_framework(sized({1: 5.0, 2: 4.0, 3: 1.0, 4: 0.5}, cap=400.0, waterfall=True))
    words = explain_cycle(history).set_index("pair_id")["sentence"]
    assert words[4].endswith("sharing stopped before its turn, with nothing left.")


def test_amount_offered_beyond_the_share_is_not_said_to_be_refused_by_others() -> None:
    history = kept_by_framework(sized({1: 1.0, 2: 1.0, 3: 1.0}, cap=1000.0, waterfall=True))
    first = explain_cycle(history).set_index("pair_id").loc[1, "sentence"]
    assert "was offered $66.67 more than its share" in first
    flags = explain_flags(history).set_index("flag")
    assert flags.loc["capped_by_concentration", "effect"].endswith(
        "the cap per pair cut off nothing of what was wanted, only of what was offered."
    )


def test_signal_as_strong_as_the_last_selected_one_is_said_to_be_tied() -> None:
    words = explain_cycle(kept_by_framework(selected_from({1: 6.0, 2: 4.0, 3: 4.0}, 2)))["sentence"]
    assert "ranked 3rd of 3, top 2 selected, tied with the last of them" in words.iloc[-1]


def test_top_is_said_only_where_the_selected_are_the_strongest() -> None:
    rows = [
        {"pair_id": 1, "signal": 3.0, "selected": False, "signal_in_selection": None},
        {"pair_id": 2, "signal": 2.0, **HALF},
        {"pair_id": 3, "signal": 1.0, "selected": False, "signal_in_selection": None},
    ]
    words = explain_cycle(make_history(rows, [OPEN])).set_index("pair_id")["sentence"]
    assert "ranked 1st of 3, 1 selected, this one not, for a reason that is not recorded" in words[1]
    assert "ranked 3rd of 3, 1 selected" in words[3]
    assert "top" not in words[3]


def test_frozen_position_is_said_to_be_frozen() -> None:
    manager = make_manager({1: 50.0, 2: 10.0}, cash=1000, held={1: 10})
    portfolio = manager.get_current_portfolio()
    position_id = next(iter(portfolio.open_positions))
    model = make_model({1: 5.0, 2: 5.0})
    model.normalise_weights()
    model.update_old_weights(portfolio)
    model.calculate_target_positions(manager, 1200.0)
    portfolio.frozen_positions[position_id] = portfolio.open_positions.pop(position_id)
    model.generate_rebalance_trades_and_triggers(manager)
    first = explain_cycle(kept_by_framework(model)).set_index("pair_id").loc[1]
    assert first["code"] == ReasonCode.frozen
    assert first["sentence"].endswith("was not made, because a failed trade has frozen the position.")


@pytest.mark.parametrize("flag", [*map(str, Flags), "brand_new"])
def test_every_flag_is_explained_with_the_pair_that_carries_it(flag: str) -> None:
    row = HALF | {"position_target": 400.0, "old_value": 500.0, "position_adjust_usd": -100.0}
    frame = explain_flags(make_history([{"pair_id": 1, "flags": [flag], **row}], [OPEN])).set_index("flag")
    assert frame.loc[flag, "meaning"] == flag_meaning(flag)
    assert frame.loc[flag, "effect"].startswith("On 1 pair (T1-USDC)")
    assert frame.loc[flag, "pair_count"] == 1


@pytest.mark.parametrize(
    "ticker", ["<script>alert(1)</script>", "=HYPERLINK(1)", "{0}{code}%s", "*b* [x](y)", "a'; DROP", ""]
)
def test_hostile_names_are_text_and_never_a_template(ticker: str) -> None:
    history = make_history([{"pair_id": 1, "flags": [ticker or "x"], **HALF}], [OPEN], tickers={1: ticker})
    frame = explain_cycle(history)
    assert frame["sentence"].iloc[0].startswith(f"{frame['pair'].iloc[0]}: wanted ")
    if ticker:
        assert ticker in frame["sentence"].iloc[0]
        assert ticker in explain_flags(history)["effect"].iloc[0]
    assert summarise_cycle(history).paragraph
