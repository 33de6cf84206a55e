"""What stands in a table of weights is understood as it is meant, or refused; nothing is made up."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from alpha_model import cycle_outcomes
from alpha_model.history import read_weights
from alpha_model.values.errors import HistoryError

DAY, NEXT = "2024-01-05 00:00", "2024-01-12 00:00"


# Numbers as people and programs write them.


@pytest.mark.parametrize(
    "text",
    [
        "Date;A;B\n2024-01-05;0,5;0,25\n",
        "Date;A;B\n05.01.2024;50,0 %;25 %\n",
        "Date;A;B\n2024-01-05;0.5;0.25\n",
        "Date\tA\tB\n2024-01-05\t0.5\t0,25\n",
        "Date|A|B\n2024-01-05|.5|.25\n",
        'Date,A,B\n2024-01-05,"0,5","0,25"\n',
        "Date,A,B\n2024-01-05,50.0%,25%\n",
        "Date,A,B\n2024-01-05,+0.5,2.5e-1\n",
        "date;instrument;allocation\n2024-01-05;A;0,5\n2024-01-05;B;0,25\n",
        "date,asset,target_weight\n2024-01-05,A,0.5\n2024-01-05,B,0.25\n",
        "date,security,Portfolio Weight\n2024-01-05,A,0.5\n2024-01-05,B,0.25\n",
    ],
)
def test_numbers_are_read_however_they_are_written(read: Any, wanted: Any, told: Any, text: str) -> None:
    history = read(text)
    assert wanted(history) == {DAY: {"A": 0.5, "B": 0.25}}
    assert told(history) == []


@pytest.mark.parametrize(
    ("price", "number"),
    [
        ("1.234,5", 1234.5),
        ("1234,567", 1234.567),
        ("12.345.678,9", 12345678.9),
        ("1,234", 1.234),
        ("1.234", 1234.0),
        ("-", None),
        ("$1.234,50", 1234.5),
    ],
)
def test_decimal_comma_holds_for_the_whole_file(read: Any, price: str, number: float | None) -> None:
    text = f"date;pair;weight;price\n2024-01-05;A;0,5;{price}\n"
    if number is None:
        with pytest.raises(HistoryError, match="line 2, column price: expected a finite number, got '-'"):
            read(text)
    else:
        assert read(text).signals["price"].tolist() == [number]


@pytest.mark.parametrize(
    ("price", "number"), [("1,234.5", 1234.5), ("1,234", 1234.0), ("$1,234.50", 1234.5), ("(5)", -5.0), ("−5", -5.0)]
)
def test_comma_beside_points_parts_thousands(read: Any, price: str, number: float) -> None:
    assert read(f'date,pair,weight,price\n2024-01-05,A,0.5,"{price}"\n').signals["price"].tolist() == [number]


@pytest.mark.parametrize("cell", ["1,2,3", "0.5.1", "5 %%", "half", "1e400", "0x10", "1_000"])
def test_what_is_no_number_is_refused(read: Any, cell: str) -> None:
    with pytest.raises(HistoryError, match="line 3, column B: expected a finite number, got"):
        read(f'date,A,B\n2024-01-05,0.5,0.5\n2024-01-12,0.5,"{cell}"\n')


# Shares, percentages and amounts.

SHARES = {DAY: {"A": 0.6, "B": 0.2}, NEXT: {"A": 0.3, "B": 0.5}}


@pytest.mark.parametrize(
    "text",
    [
        "date,A,B,cash\n2024-01-05,60,20,20\n2024-01-12,30,50,20\n",
        "date,A %,B %\n2024-01-05,60,20\n2024-01-12,30,50\n",
        "date,asset,weight (%)\n2024-01-05,A,60\n2024-01-05,B,20\n2024-01-12,A,30\n2024-01-12,B,50\n",
        "date,asset,weight_pct\n2024-01-05,A,60\n2024-01-05,B,20\n2024-01-12,A,30\n2024-01-12,B,50\n",
    ],
)
def test_percentages_become_shares_and_that_is_said(read: Any, wanted: Any, told: Any, text: str) -> None:
    history = read(text)
    found = {when: {pair[0]: weight for pair, weight in row.items()} for when, row in wanted(history).items()}
    assert found == SHARES
    assert told(history)[-1] == (
        "odd",
        "the weights are percentages; shares were made of them by dividing by 100",
    )
    assert history.cycles["investable_equity"].isna().all()


def test_percentages_of_a_whole_portfolio_need_no_word(read: Any, wanted: Any) -> None:
    text = "date,A,B\n2024-01-05,60,40\n2024-01-12,33.3,66.6\n"
    assert wanted(read(text)) == {DAY: {"A": 0.6, "B": 0.4}, NEXT: {"A": 0.333, "B": 0.666}}


def test_column_called_a_percentage_may_hold_shares(read: Any, wanted: Any) -> None:
    assert wanted(read("date,pair,pct\n2024-01-05,A,0.6\n2024-01-05,B,0.4\n")) == {DAY: {"A": 0.6, "B": 0.4}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,A,B,cash\n2024-01-05,6000,2000,2000\n2024-01-12,3000,5000,2000\n", "their sum with the cash"),
        ("date,A,B,equity\n2024-01-05,6000,2000,10000\n2024-01-12,3000,5000,10000\n", "the equity"),
        ("date,A,B,cash,Total\n2024-01-05,6000,2000,2000,10000\n2024-01-12,3000,5000,2000,10000\n", "their total"),
        (
            (
                "date,symbol,market_value,equity\n2024-01-05,A,6000,10000\n2024-01-05,B,2000,10000\n"
                "2024-01-12,A,3000,10000\n2024-01-12,B,5000,10000\n"
            ),
            "the equity",
        ),
        (
            (
                "date,symbol,value\n2024-01-05,A,6000\n2024-01-05,B,2000\n2024-01-05,cash,2000\n"
                "2024-01-12,A,3000\n2024-01-12,B,5000\n2024-01-12,cash,2000\n"
            ),
            "their sum with the cash",
        ),
    ],
)
def test_amounts_become_shares_of_the_equity_and_that_is_said(
    read: Any, wanted: Any, told: Any, text: str, words: str
) -> None:
    history = read(text)
    assert wanted(history) == SHARES
    assert told(history)[-1] == ("odd", f"the weights are amounts; shares were made of them by dividing by {words}")
    assert history.signals["position_target"].tolist() == pytest.approx([6000, 2000, 3000, 5000])
    assert history.equity["total_equity"].tolist() == [10_000, 10_000]


@pytest.mark.parametrize(
    "cells",
    [
        "6000,4000\n2024-01-12,3000,7000",
        '"$6,000","$4,000"\n2024-01-12,"$33","$77"',
        "6000,4000\n2024-01-12,3030.03,7070.07\n2024-01-19,0,10050.5",
    ],
)
def test_amounts_alone_are_shares_of_their_sum_and_no_equity_curve_is_made_of_it(
    read: Any, wanted: Any, cells: str
) -> None:
    history = read(f"date,A,B\n2024-01-05,{cells}\n")
    assert wanted(history).items() >= {DAY: {"A": 0.6, "B": 0.4}, NEXT: {"A": 0.3, "B": 0.7}}.items()
    assert history.cycles["investable_equity"].tolist()[0] == 10_000
    assert history.equity.empty


def test_amounts_of_shorts_keep_their_side(read: Any, wanted: Any) -> None:
    history = read("date,A,B,cash\n2024-01-05,6000,-2000,6000\n")
    assert wanted(history) == {DAY: {"A": 0.6, "B": -0.2}}


@pytest.mark.parametrize(
    "text",
    [
        "date,A,B\n2024-01-05,190,410\n2024-01-12,191,415\n",
        "date,open,close\n2024-01-05,190,190\n2024-01-12,190,190\n",
        "date,A,B\n2024-01-05,60,20\n2024-01-12,30,50\n",
        "date,A,B\n2024-01-05,0,993\n2024-01-12,4965,0\n",
        "date,A,B\n2024-01-05,0,993\n2024-01-12,80,930\n",
        "date,A,B\n2024-01-05,0,993.5\n2024-01-12,520.5,930.5\n",
    ],
)
def test_what_may_be_prices_or_units_is_refused(read: Any, text: str) -> None:
    with pytest.raises(HistoryError, match="give amounts of USD a column cash or equity beside them"):
        read(text)


def test_amounts_without_equity_above_zero_are_refused(read: Any) -> None:
    with pytest.raises(HistoryError, match=r"line 3, column A: amounts need an equity above 0, got -1,000.00"):
        read("date,A,cash\n2024-01-05,6000,4000\n2024-01-12,6000,-7000\n")


# Cash and totals.


@pytest.mark.parametrize("name", ["cash", "Cash", "CASH", "cash_weight", "Cash (USD)", "$cash", "uninvested cash"])
@pytest.mark.parametrize("is_long", [True, False])
def test_cash_is_no_pair(read: Any, wanted: Any, told: Any, name: str, is_long: bool) -> None:  # noqa: FBT001
    rows = f"date,pair,weight\n2024-01-05,A,0.5\n2024-01-05,B,0.3\n2024-01-05,{name},0.2\n"
    history = read(rows if is_long else f"date,A,B,{name}\n2024-01-05,0.5,0.3,0.2\n")
    assert wanted(history) == {DAY: {"A": 0.5, "B": 0.3}}
    assert told(history) == [("odd", f"'{name}' is what is not invested, no pair")]


TOTALS = {
    "Total": "date,A,B,Total\n2024-01-05,0.5,0.3,0.8\n2024-01-12,0.4,0.4,0.8\n",
    "sum": "date,A,sum,B\n2024-01-05,0.5,0.8,0.3\n2024-01-12,0.4,0.8,0.4\n",
    "TOTAL": "date,A,B,cash,TOTAL\n2024-01-05,0.5,0.3,0.2,1\n2024-01-12,0.4,0.4,0.2,1\n",
    "total": "date,A,B,total\n2024-01-05,0.5,0.3,1\n2024-01-12,0.4,0.4,1\n",
    "X": "date,A,B,X\n2024-01-05,0.5,0.3,0.8\n2024-01-12,0.4,0.4,0.8\n",
    "mine": "date,mine,mine>A,mine>B\n2024-01-05,1,0.5,0.3\n2024-01-12,1,0.4,0.4\n",
    "exposure": (
        "date,pair,weight\n2024-01-05,A,0.5\n2024-01-05,B,0.3\n2024-01-05,exposure,0.8\n"
        "2024-01-12,A,0.4\n2024-01-12,B,0.4\n2024-01-12,exposure,0.8\n"
    ),
}


@pytest.mark.parametrize(("name", "text"), TOTALS.items())
def test_total_of_the_others_is_no_pair(read: Any, wanted: Any, told: Any, name: str, text: str) -> None:
    history = read(text)
    assert wanted(history) == {DAY: {"A": 0.5, "B": 0.3}, NEXT: {"A": 0.4, "B": 0.4}}
    assert ("odd", f"'{name}' is the total of others, no pair") in told(history)


def test_net_and_gross_are_no_pairs(read: Any, wanted: Any) -> None:
    history = read("date,A,B,net,gross\n2024-01-05,0.5,-0.5,0,1\n2024-01-12,0.6,-0.2,0.4,0.8\n")
    assert wanted(history) == {DAY: {"A": 0.5, "B": -0.5}, NEXT: {"A": 0.6, "B": -0.2}}


@pytest.mark.parametrize(
    "text",
    [
        "date,A,B,C\n2024-01-05,0.5,0.25,0.25\n2024-01-12,0.5,0.3,0.2\n",
        "date,A,B,C,cash\n2024-01-05,0.4,0.2,0.2,0.2\n2024-01-12,0.4,0.3,0.1,0.2\n",
        "date,A,B\n2024-01-05,0.5,0.5\n2024-01-12,0.3,0.3\n",
        "date,ALL,NET\n2024-01-05,0.5,0.5\n2024-01-12,0.5,0.5\n",
        "date,A,B,C\n2024-01-05,0.3,0.2,0.1\n2024-01-12,0.3,0.2,0.1\n",
        "date,A,B,C\n2024-01-05,0.3,0.2,0.1\n2024-01-12,0.3,0.1,0.1\n",
    ],
)
def test_pair_that_may_equal_the_others_by_chance_is_kept(read: Any, text: str) -> None:
    history = read(text)
    pairs = text.partition("\n")[0].split(",")[1:]
    assert history.pairs["base"].tolist() == [pair for pair in pairs if pair != "cash"]


def test_total_that_is_none_is_refused(read: Any) -> None:
    with pytest.raises(HistoryError, match="line 2, column Total: it is called the total, and is not the sum"):
        read("date,A,B,Total\n2024-01-05,0.5,0.25,0.8\n2024-01-12,0.5,0.3,0.7\n")


# Blank rows and cells.


@pytest.mark.parametrize(
    "text",
    [
        "date,A,B\n2024-01-05,0.5,0.3\n2024-01-08,,\n2024-01-09,nan,\n2024-01-12,0.4,0.3\n",
        "date,A,B,Total\n2024-01-05,0.5,0.3,0.8\n2024-01-08,,,0\n2024-01-09,,,\n2024-01-12,0.4,0.3,0.7\n",
        "date,A,B,cash\n2024-01-05,0.5,0.3,0.2\n2024-01-08,,,0.2\n2024-01-09,,,\n2024-01-12,0.4,0.3,0.3\n",
        (
            "date,pair,weight\n2024-01-05,A,0.5\n2024-01-05,B,0.3\n2024-01-08,A,\n2024-01-08,B,\n2024-01-09,A,\n"
            "2024-01-12,A,0.4\n2024-01-12,B,0.3\n"
        ),
    ],
)
def test_time_without_any_weight_is_no_decision(read: Any, wanted: Any, told: Any, text: str) -> None:
    history = read(text)
    assert wanted(history) == {DAY: {"A": 0.5, "B": 0.3}, NEXT: {"A": 0.4, "B": 0.3}}
    line = 4 if "pair" in text else 3
    assert told(history)[-1] == (
        "skipped",
        (
            f"times without a weight of any pair: 2, the first 2024-01-08T00:00Z in line {line}; "
            "nothing was decided then, and they are left out"
        ),
    )


def test_lines_that_say_nothing_are_left_out(read: Any, wanted: Any, told: Any) -> None:
    history = read("date,A,B\n2024-01-05,0.5,0.3\n,,\n,NA,\n2024-01-12,0.4,0.3\n")
    assert wanted(history) == {DAY: {"A": 0.5, "B": 0.3}, NEXT: {"A": 0.4, "B": 0.3}}
    assert told(history) == [("skipped", "blank rows: 2, the first is line 3; they are left out")]


@pytest.mark.parametrize("decision", ["0,0", "0,"])
def test_zeros_are_a_decision_to_hold_nothing(read: Any, decision: str) -> None:
    history = read(f"date,A,B\n2024-01-05,0.5,0.5\n2024-01-12,{decision}\n", equity=100.0)
    assert history.cycle(1).signals["position_adjust_usd"].tolist() == [-50, -50]


@pytest.mark.parametrize(
    "text",
    ["date,A,cash\n2024-01-05,0.5,0.5\n2024-01-12,,1\n", "date,pair,weight\n2024-01-05,A,0.5\n2024-01-12,Cash,1\n"],
)
def test_all_cash_is_a_decision_to_hold_nothing(read: Any, text: str) -> None:
    history = read(text, equity=100.0)
    assert history.cycle(1).signals["position_adjust_usd"].tolist() == [-50]


@pytest.mark.parametrize(
    "text",
    [
        "date,A,B\n2024-01-05,0.5,0.5\n2024-01-12,,0.5\n",
        "date,pair,weight\n2024-01-05,A,0.5\n2024-01-05,B,0.5\n2024-01-12,A,\n2024-01-12,B,0.5\n",
        "date,pair,weight\n2024-01-05,A,0.5\n2024-01-05,B,0.5\n2024-01-12,B,0.5\n",
    ],
)
def test_blank_cell_beside_weights_is_a_pair_that_is_not_wanted(read: Any, text: str) -> None:
    found = read(text, equity=100.0).cycle(1).signals[["signal_in_selection", "position_adjust_usd"]]
    assert sorted(found.to_numpy().tolist()) == [[0, -50], [0.5, 0]]


def test_signals_without_any_weight_are_no_order_to_sell(read: Any) -> None:
    history = read("date,pair,weight,signal\n2024-01-05,A,0.5,1\n2024-01-12,A,,0.1\n", equity=100.0)
    assert history.cycle(1).signals[["signal", "position_adjust_usd"]].isna().to_numpy().tolist() == [[False, True]]


def test_table_without_any_weight_is_refused(read: Any) -> None:
    with pytest.raises(HistoryError, match="holds no weights: times without a weight of any pair: 1, the first"):
        read("date,A,B\n2024-01-05,,\n")


# Sides.


@pytest.mark.parametrize("dust", ["-1.2e-17", "1e-9", "-3e-8", "-0.0"])
def test_zero_within_rounding_has_no_side(read: Any, dust: str) -> None:
    history = read(f"date,A,B\n2024-01-05,1,{dust}\n2024-01-12,0.5,0.5\n2024-01-19,1,{dust}\n", equity=100.0)
    assert "lending_protocol_short" not in history.signals["synthetic_kind"].tolist()
    assert history.cycle(0).signals["selected"].tolist() == [True, False]
    assert cycle_outcomes(history)["planned_count"].tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    "text",
    [
        "date,pair,weight,side\n2024-01-05,A,0.5,long\n2024-01-05,B,0.3,short\n",
        "date,pair,weight,Direction\n2024-01-05,A,0.5,Up\n2024-01-05,B,0.3,Down\n",
        "date,pair,weight,direction\n2024-01-05,A,0.5,1\n2024-01-05,B,0.3,-1\n",
        "date,pair,weight,is_short\n2024-01-05,A,0.5,False\n2024-01-05,B,0.3,True\n",
        "date,pair,weight,side\n2024-01-05,A,0.5,LONG\n2024-01-05,B,-0.3,SHORT\n",
        "date,pair,weight,signal\n2024-01-05,A,0.5,2\n2024-01-05,B,0.3,-1\n",
        "date,pair,weight,signal\n2024-01-05,A,0.5,2\n2024-01-05,B,-0.3,1\n",
        "date,pair,weight,signal\n2024-01-05,A,0.5,0\n2024-01-05,B,-0.3,-1\n",
    ],
)
def test_side_is_understood_however_it_is_said(read: Any, wanted: Any, text: str) -> None:
    history = read(text)
    assert wanted(history) == {DAY: {"A": 0.5, "B": -0.3}}
    assert [signal > 0 for signal in history.signals["signal_in_selection"]] == [True, False]
    assert history.signals["selected"].all()


@pytest.mark.parametrize(
    ("held", "weight", "adjust"),
    [
        ("value,-2000", -0.3, 1000),  # grows from 2,000 to 3,000
        ("old_weight,-0.2", -0.3, 1000),
        ("value,-2000", 0.3, 3000),  # a flip is measured by its new side
        ("value,2000", 0.3, 1000),
        ("value,-2000", 0, -2000),
    ],
)
def test_signed_values_of_shorts_are_understood(read: Any, held: str, weight: float, adjust: float) -> None:
    name, number = held.split(",")
    history = read(f"date,pair,weight,equity,{name}\n2024-01-05,A,{weight},10000,{number}\n")
    row = history.signals.iloc[0]
    assert (row["old_value"], row["old_weight"]) == (2000, 0.2)
    assert row["position_adjust_usd"] == pytest.approx(adjust)
    assert row["old_kind"] == ("spot_market_hold" if "-" not in number else "lending_protocol_short")


def test_unsigned_values_have_the_side_that_was_wanted_before(read: Any) -> None:
    history = read("date,pair,weight,value,equity\n2024-01-05,A,-0.2,0,100\n2024-01-12,A,-0.3,20,100\n")
    assert history.signals["old_kind"].tolist()[1] == "lending_protocol_short"
    assert history.signals["position_adjust_usd"].tolist() == pytest.approx([20, 10])


# Names and ids.


@pytest.mark.parametrize(
    "text",
    [
        "date,AAPL,AAPL-USD\n2024-01-05,0.5,0.5\n",
        "date,pair,weight\n2024-01-05,BTC/USDT,0.5\n2024-01-12,BTC-USDT,0.5\n",
        "date,pair,pair_id,weight\n2024-01-05,A,7,0.5\n2024-01-12,B,7,0.5\n",
    ],
)
def test_two_names_of_one_pair_are_refused(read: Any, text: str) -> None:
    with pytest.raises(HistoryError, match=r"which are both (one pair|the pair_id 7) here. Rename one"):
        read(text)


def test_one_name_with_two_ids_is_two_pairs(read: Any) -> None:
    history = read("date,pair,pair_id,weight\n2024-01-05,WETH-USDC,1,0.5\n2024-01-05,WETH-USDC,2,0.25\n")
    assert history.signals[["pair_id", "normalised_weight"]].to_numpy().tolist() == [[1, 0.5], [2, 0.25]]


@pytest.mark.parametrize("name", ["<b>BOLD</b>", "[x](http://e.vil)", "a|b`c`", "$WIF", "a > b", "x y", "-", "A/"])
def test_odd_names_stay_as_they_are(read: Any, name: str) -> None:
    assert read(f"date,pair,weight\n2024-01-05,{name},0.5\n").pairs["base"].tolist() == [name]


def test_numbers_may_be_names(read: Any, wanted: Any) -> None:
    expected = {DAY: {"600519": 0.5, "000001": 0.5}}
    assert wanted(read("date,code,weight\n2024-01-05,600519,0.5\n2024-01-05,000001,0.5\n")) == expected
    assert wanted(read("date,600519,000001\n2024-01-05,0.5,0.5\n")) == expected


# Lines and equity.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("date,A,B\n2024-01-05,0.5,0.5\n2024-01-12,0.5,x\n", 3),
        ("\n\ndate,A,B\n\n2024-01-05,0.5,0.5\n2024-01-12,0.5,x\n", 6),
        ('date,pair,weight,note\n2024-01-05,A,0.5,"two\nlines"\n2024-01-12,B,x,\n', 4),
        ("date,A,B\r\n2024-01-05,0.5,0.5\r\n,,\r\n2024-01-12,0.5,x\r\n", 4),
    ],
)
def test_error_names_the_line_as_the_file_counts(read: Any, text: str, line: int) -> None:
    with pytest.raises(HistoryError, match=rf"weights.csv, line {line}, column (B|weight): .* got 'x'"):
        read(text)


def test_error_names_the_row_of_a_frame() -> None:
    frame = pd.DataFrame({"date": ["2024-01-05", "2024-01-12"], "A": [0.5, "x"], "B": [0.5, 0.5]})
    with pytest.raises(HistoryError, match="the table, row 2, column A: expected a finite number, got 'x'"):
        read_weights(frame)


@pytest.mark.parametrize(("second", "is_same"), [("10000.100000000002", True), ("10000.105", True), ("10000.2", False)])
def test_equity_is_the_same_within_a_cent(read: Any, second: str, is_same: bool) -> None:  # noqa: FBT001
    text = f"date,pair,weight,equity\n2024-01-05,A,0.5,10000.1\n2024-01-05,B,0.5,{second}\n"
    if is_same:
        assert read(text).cycles["investable_equity"].tolist() == [10_000.1]
    else:
        with pytest.raises(HistoryError, match="line 3, column equity: the rows of one time have one equity"):
            read(text)
