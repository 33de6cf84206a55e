"""Tables as other libraries write them open rightly: small files of their layouts, and those that are installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alpha_model.history import History, read_weights
from alpha_model.values.errors import HistoryError

FIRST, SECOND = "2024-01-05 00:00", "2024-01-12 00:00"
SHARES = {FIRST: {"AAPL": 0.5, "MSFT": 0.3}, SECOND: {"AAPL": 0.4, "MSFT": 0.4}}
LEFT_OUT = "nothing was decided then, and they are left out"

LAYOUTS = {
    "vectorbt: target sizes, blank where nothing is ordered": (
        "Date,AAPL,MSFT\n2024-01-05,0.5,0.3\n2024-01-08,,\n2024-01-09,,\n2024-01-12,0.4,0.4\n",
        f"times without a weight of any pair: 2, the first 2024-01-08T00:00Z in line 3; {LEFT_OUT}",
    ),
    "vectorbt: asset values and cash": (
        ",AAPL,MSFT,cash\n2024-01-05,50.0,30.0,20.0\n2024-01-12,44.0,44.0,22.0\n",
        "the weights are amounts; shares were made of them by dividing by their sum with the cash",
    ),
    "bt: weights of a strategy and what it holds": (
        ",mine,mine>AAPL,mine>MSFT\n2024-01-05,1.0,0.5,0.3\n2024-01-12,1.0,0.4,0.4\n",
        "'mine' is the total of others, no pair",
    ),
    "bt: weights of nested strategies": (
        ",top,top>a,top>a>AAPL,top>b,top>b>MSFT\n2024-01-05,1.0,0.5,0.5,0.3,0.3\n2024-01-12,1.0,0.4,0.4,0.4,0.4\n",
        "'top>b' is the total of others, no pair",
    ),
    "bt: weights of the securities": (",AAPL,MSFT\n2024-01-05,0.5,0.3\n2024-01-12,0.4,0.4\n", None),
    "zipline: positions of assets": (
        (
            ",Equity(24 [AAPL]),Equity(5061 [MSFT]),cash\n2024-01-05 00:00:00+00:00,5000.0,3000.0,2000.0\n"
            "2024-01-12 00:00:00+00:00,4400.0,4400.0,2200.0\n"
        ),
        "the weights are amounts; shares were made of them by dividing by their sum with the cash",
    ),
    "qlib: weights by datetime and instrument": (
        (
            "datetime,instrument,weight\n2024-01-05,AAPL,0.5\n2024-01-05,MSFT,0.3\n2024-01-12,AAPL,0.4\n"
            "2024-01-12,MSFT,0.4\n"
        ),
        None,
    ),
    "qlib: positions": (
        (
            "instrument,datetime,amount,cash,count,price,status,weight\n"
            "AAPL,2024-01-05,10.5,2000.0,2,190.0,0,0.5\nMSFT,2024-01-05,7.1,2000.0,2,370.0,0,0.3\n"
            "AAPL,2024-01-12,8.4,2000.0,2,190.0,-1,0.4\nMSFT,2024-01-12,9.5,2000.0,2,370.0,1,0.4\n"
        ),
        None,
    ),
    "pyfolio: positions": (
        "index,AAPL,MSFT,cash\n2024-01-05,5000.0,3000.0,2000.0\n2024-01-12,4000.0,4000.0,2000.0\n",
        "the weights are amounts; shares were made of them by dividing by their sum with the cash",
    ),
    "pyfolio: allocations": (
        ",AAPL,MSFT,cash\n2024-01-05 00:00:00+00:00,0.5,0.3,0.2\n2024-01-12 00:00:00+00:00,0.4,0.4,0.2\n",
        "'cash' is what is not invested, no pair",
    ),
    "QuantConnect: insights": (
        (
            "id,generatedTime,createdTime,closeTime,symbol,direction,confidence,weight\n"
            "a,1704412800.0,1704412800.0,1705017600.0,AAPL R735QTJ8XC9X,Up,0.9,0.5\n"
            "b,1704412800.0,1704412800.0,1705017600.0,MSFT R735QTJ8XC9X,Up,0.9,0.3\n"
            "c,1705017600.0,1705017600.0,1705622400.0,AAPL R735QTJ8XC9X,Up,0.9,0.4\n"
            "d,1705017600.0,1705017600.0,1705622400.0,MSFT R735QTJ8XC9X,Up,0.9,0.4\n"
        ),
        None,
    ),
    "skfolio: weights per observation": (",AAPL,MSFT\n2024-01-05,0.5,0.3\n2024-01-12,0.4,0.4\n", None),
    "PyPortfolioOpt: a column a rebalance": (
        ",2024-01-05,2024-01-12\nAAPL,0.5,0.4\nMSFT,0.3,0.4\n",
        "the columns are times and the rows pairs",
    ),
    "freqtrade: stakes and the wallet": (
        (
            "date,pair,stake_amount,wallet_balance\n2024-01-05 00:00:00+00:00,AAPL,500,1000\n"
            "2024-01-05 00:00:00+00:00,MSFT,300,1000\n2024-01-12 00:00:00+00:00,AAPL,400,1000\n"
            "2024-01-12 00:00:00+00:00,MSFT,400,1000\n"
        ),
        "the weights are amounts; shares were made of them by dividing by the equity",
    ),
}


@pytest.mark.parametrize(("text", "message"), LAYOUTS.values(), ids=LAYOUTS)
def test_usual_layout_opens_rightly(read: Any, wanted: Any, told: Any, text: str, message: str | None) -> None:
    history = read(text)
    found = {when: {pair: weight for pair, weight in row.items() if weight} for when, row in wanted(history).items()}
    assert found == SHARES
    assert message is None or message in [words for _, words in told(history)]


def test_targets_that_quantconnect_logs(read: Any, wanted: Any) -> None:
    rows = "{0} 4:00:00 PM,AAPL R735QTJ8XC9X,{1}\n{0} 4:00:00 PM,SPY R735QTJ8XC9X,{2}\n"
    text = "Time,Symbol,Weight\n" + rows.format("1/5/2024", 0.5, 0.3)
    with pytest.raises(HistoryError, match=r"line 2, column Time: .* day and month may be either here"):
        read(text)
    history = read(text + rows.format("1/19/2024", 0.4, 0.4))
    assert wanted(history) == {
        "2024-01-05 16:00": {"AAPL": 0.5, "SPY": 0.3},
        "2024-01-19 16:00": {"AAPL": 0.4, "SPY": 0.4},
    }


def test_scores_of_qlib_are_signals(read: Any) -> None:
    history = read("datetime,instrument,score\n2024-01-05,SH600000,0.04\n2024-01-05,SH600001,-0.01\n")
    assert history.signals["signal"].tolist() == [0.04, -0.01]
    assert history.signals["normalised_weight"].isna().all()


def test_assets_of_zipline_with_one_ticker_are_kept_apart(read: Any) -> None:
    history = read(",Equity(24 [AAPL]),Equity(99 [AAPL])\n2024-01-05,0.5,0.5\n")
    assert history.pairs["base"].tolist() == ["Equity(24 [AAPL])", "Equity(99 [AAPL])"]


SAVED = "AAPL,0.3304\nMSFT,0.31718\nBRK.B,0.35242\n"


@pytest.mark.parametrize("text", [SAVED, f"asset,weight\n{SAVED}", f",weight\n{SAVED}", f",0\n{SAVED}"])
def test_weights_that_pyportfolioopt_saves_are_one_decision(tmp_path: Path, wanted: Any, told: Any, text: str) -> None:
    weights = {"AAPL": 0.3304, "MSFT": 0.31718, "BRK.B": 0.35242}
    dated, plain = tmp_path / "weights-2024-01-05.csv", tmp_path / "weights.csv"
    for path in (dated, plain):
        path.write_text(text)
    os.utime(plain, (1_705_017_600, 1_705_017_600))
    assert wanted(read_weights(dated)) == {FIRST: weights}
    assert told(read_weights(dated)) == [
        ("odd", "the table says no time: it is taken for one decision, of 2024-01-05T00:00Z, as its name says")
    ]
    assert wanted(read_weights(plain)) == {SECOND: weights}
    assert told(read_weights(plain))[0][1].endswith("of 2024-01-12T00:00Z, when the file was last written")


def test_one_decision_of_no_time_is_refused() -> None:
    with pytest.raises(HistoryError, match=r"it has pairs and weights, and no time. Put its day into the file's name"):
        read_weights(pd.DataFrame({"pair": ["A", "B"], "weight": [0.5, 0.5]}))


TRADES = """\
pair,stake_amount,amount,open_date,close_date,open_rate,close_rate,is_short
BTC/USDT,100.0,0.002,2024-01-05 00:00:00+00:00,2024-01-07 00:00:00+00:00,42000,43000,False
BTC/USDT,50.0,0.001,2024-01-06 00:00:00+00:00,2024-01-07 00:00:00+00:00,42500,43000,False
ETH/USDT:USDT,50.0,0.02,2024-01-06 00:00:00+00:00,2024-01-08 00:00:00+00:00,2300,2200,True
SOL/USDT,25.0,0.5,2024-01-08 00:00:00+00:00,,95,,False
"""


def test_trades_of_freqtrade_are_positions_while_they_are_open(read: Any, wanted: Any, told: Any) -> None:
    history = read(TRADES)
    assert wanted(history) == {
        "2024-01-05 00:00": {"BTC-USDT": 0.5},
        "2024-01-06 00:00": {"BTC-USDT": 0.75, "ETH-USDT:USDT": -0.25},
        "2024-01-07 00:00": {"BTC-USDT": 0, "ETH-USDT:USDT": -0.25},
        "2024-01-08 00:00": {"ETH-USDT:USDT": 0, "SOL-USDT": 0.125},
    }
    assert history.signals["position_target"].tolist()[:3] == [100, 150, 50]
    assert "as a share of the most that was open, 200.00" in told(history)[0][1]
    assert history.equity.empty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Time,Symbol,Price,Quantity,Type,Status,Value,Tag\n2024-01-05,AAPL,190,5,Market,Filled,950,\n", "of orders"),
        ("Order Id,Column,Timestamp,Size,Price,Fees,Side\n0,AAPL,2024-01-05,5,190,0,Buy\n", "neither a column weight"),
        ("Date,Security,price,quantity\n2024-01-05,AAPL,190,5\n", "neither a column weight nor a column signal"),
        (TRADES.replace("2024-01-05 00:00:00+00:00", "soon"), "line 2, column open_date: expected a time"),
        (TRADES.replace(",50.0,0.02", ",much,0.02"), "line 4, column stake_amount: expected a finite number"),
    ],
)
def test_orders_are_no_positions(read: Any, text: str, message: str) -> None:
    with pytest.raises(HistoryError, match=message):
        read(text)


# The libraries themselves, where they are installed.

PRICES = pd.DataFrame(
    100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, (40, 3)), axis=0)),
    index=pd.bdate_range("2024-01-05", periods=40, name="Date"),
    columns=["AAPL", "MSFT", "BRK.B"],
)


def _written(frame: pd.DataFrame, folder: Path, write: str) -> History:
    path = folder / f"weights.{write}"
    getattr(frame, f"to_{write}")(path)
    return read_weights(path)


@pytest.fixture(params=["csv", "parquet", "frame"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[pd.DataFrame], History]:
    """The history of a frame, as a file of either kind and as it is."""
    write = request.param
    return lambda frame: read_weights(frame) if write == "frame" else _written(frame, tmp_path, write)


@pytest.mark.filterwarnings("ignore")  # those of the library
def test_walk_forward_of_skfolio(opened: Callable[[pd.DataFrame], History]) -> None:
    selection = pytest.importorskip("skfolio.model_selection")
    model = pytest.importorskip("skfolio.optimization").InverseVolatility()
    folds = selection.WalkForward(train_size=20, test_size=10)
    portfolio = selection.cross_val_predict(model, PRICES.pct_change().dropna(), cv=folds)
    weights = portfolio.weights_per_observation
    history = opened(weights)
    np.testing.assert_allclose(history.signals["normalised_weight"], weights.to_numpy().ravel())
    assert history.pairs["base"].tolist() == list(PRICES.columns)


@pytest.mark.filterwarnings("ignore")
def test_back_test_of_bt(opened: Callable[[pd.DataFrame], History], told: Any) -> None:
    bt = pytest.importorskip("bt")
    steps = [bt.algos.RunWeekly(), bt.algos.SelectAll(), bt.algos.WeighEqually(), bt.algos.Rebalance()]
    test = bt.Backtest(bt.Strategy("mine", steps), PRICES)
    bt.run(test)
    history = opened(test.weights)
    assert history.pairs["base"].tolist() == list(PRICES.columns)
    assert ("odd", "'mine' is the total of others, no pair") in told(history)
    np.testing.assert_allclose(history.signals["normalised_weight"], test.security_weights.to_numpy().ravel())


@pytest.mark.filterwarnings("ignore")
def test_positions_of_pyfolio(opened: Callable[[pd.DataFrame], History]) -> None:
    pos = pytest.importorskip("pyfolio.pos")
    values = (PRICES * 10).assign(cash=500.0)
    expected = pos.get_percent_alloc(values).drop(columns="cash").to_numpy().ravel()
    for table in (values, pos.get_percent_alloc(values)):
        np.testing.assert_allclose(opened(table).signals["normalised_weight"], expected)


@pytest.mark.filterwarnings("ignore")
def test_file_of_pyportfolioopt(tmp_path: Path, wanted: Any) -> None:
    frontier = pytest.importorskip("pypfopt").EfficientFrontier
    names = list(PRICES.columns)
    optimiser = frontier(pd.Series([0.1, 0.12, 0.08], names), pd.DataFrame(np.diag([0.04, 0.05, 0.03]), names, names))
    optimiser.max_sharpe()
    weights = optimiser.clean_weights()
    path = tmp_path / "weights-2024-01-05.csv"
    optimiser.save_weights_to_file(str(path))
    assert wanted(read_weights(path)) == {FIRST: {name: round(weight, 6) for name, weight in weights.items()}}
