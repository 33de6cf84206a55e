"""The app over every history there is, and over damaged ones."""

from __future__ import annotations

import gzip
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from apps import OpenApp, texts
from histories import REAL, SAMPLES, SHARED
from states import HOSTILE, signal, snapshot, write_state
from streamlit.testing.v1 import AppTest

from alpha_model.history import compact
from dashboard.app import TITLES
from dashboard.views.cycle import TABS

NO_ALPHA_MODEL = "no-alpha-model.json"


def assert_sound(app: AppTest) -> None:
    assert not app.exception
    assert "This part failed" not in texts(app)


@pytest.mark.parametrize("page", TITLES)
@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_every_page_shows_every_history(open_app: OpenApp, path: Path, page: str) -> None:
    app = open_app(path, page=page)
    assert_sound(app)
    if path.name == NO_ALPHA_MODEL:
        assert "This history cannot be opened" in texts(app)
        assert "without an alpha model" in texts(app)
        return
    assert len(app.title) == 1
    for chart in app.get("plotly_chart"):
        figure = json.loads(chart.proto.spec)
        assert figure["layout"]["title"]["text"]
        assert figure["data"]
    assert any(map(len, (app.get("plotly_chart"), app.dataframe, app.header, app.info)))


@pytest.mark.parametrize("path", [*SAMPLES, *REAL], ids=lambda path: path.name)
def test_every_history_opens_with_its_numbers(open_app: OpenApp, path: Path) -> None:
    app = open_app(path)
    if path.name != NO_ALPHA_MODEL:
        assert [metric.label for metric in app.metric][:2] == ["Cycles", "First decision"]


@pytest.mark.parametrize("page", TITLES)
def test_every_page_says_when_its_window_is_empty(open_app: OpenApp, three_days: Path, page: str) -> None:
    app = open_app(three_days, page=page, **{"from": "2024-01-10", "to": "2024-01-09"})
    assert_sound(app)
    assert "There is no cycle here" in texts(app)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("truncated.json", b'{"visualisation": {"calculations": {"1704672000": {"timestamp": 17'),
        ("text.json", b"hello"),
        ("empty.json", b""),
        ("other.json", b'{"a": 1}'),
        ("broken.json.gz", gzip.compress(b"{}" * 400, mtime=0)[:-9]),
        ("not_gzip.json.gz", b"hello"),
    ],
)
def test_damaged_file_gives_a_reason_and_the_app_goes_on(
    open_app: OpenApp, tmp_path: Path, name: str, content: bytes
) -> None:
    damaged = tmp_path / name
    damaged.write_bytes(content)
    good = write_state(tmp_path / "good.json", snapshot(1704672000, signal(1, "A", 1.0)))
    app = open_app(damaged, good)
    assert_sound(app)
    assert "This history cannot be opened" in texts(app)
    assert name in texts(app)
    assert "read again when its file changes" in texts(app)
    app.selectbox(key="history").select("good").run()
    assert_sound(app)
    assert app.title[0].value.startswith("1 cycle")


def test_missing_file_is_named(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app(tmp_path / "gone.json")
    assert_sound(app)
    assert f"there is no file {tmp_path / 'gone.json'}" in texts(app)


def test_history_without_cycles_says_so(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app(write_state(tmp_path / "nothing.json"))
    assert_sound(app)


def test_one_cycle_without_signals(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app(write_state(tmp_path / "one.json", snapshot(1704672000)))
    assert_sound(app)
    assert app.title[0].value == "1 cycle: no signal"


def test_nothing_open_shows_what_can_be_opened(open_app: OpenApp, tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    write_state(samples / "first.json", snapshot(1704672000, signal(1, "A", 1.0)))
    app = open_app(samples=samples)
    assert_sound(app)
    assert app.title[0].value == "What did the strategy decide, and why?"
    app.button(key="open_first").click().run()
    assert_sound(app)
    assert app.title[0].value.startswith("1 cycle")


def test_without_samples_the_welcome_page_says_so(open_app: OpenApp) -> None:
    app = open_app()
    assert_sound(app)
    assert "No sample histories came along" in texts(app)


@pytest.mark.parametrize("page", TITLES)
@pytest.mark.parametrize("symbol", HOSTILE)
def test_strangers_words_appear_as_text(open_app: OpenApp, tmp_path: Path, page: str, symbol: str) -> None:
    flagged = {"flags": [symbol], "position_size_risk": {"asked_size": 9.0, "accepted_size": 1.0}}
    path = write_state(
        tmp_path / "hostile.json",
        snapshot(1704672000, signal(1, symbol, 0.5) | flagged, signal(2, symbol, 0.5)),
        snapshot(1704758400, signal(1, symbol, 0.2) | flagged, signal(2, symbol, 0.8)),
        messages={"1704672000": [symbol]},
    )
    app = open_app(path, page=page, cycle="2024-01-08T00:00Z")
    assert_sound(app)
    markdown = [*app.title, *app.header, *app.markdown, *app.caption, *app.metric]
    words = [str(element.value) for element in markdown] + [element.label for element in app.expander]
    assert not any(symbol in said for said in words)
    for chart in app.get("plotly_chart"):
        assert "<img" not in chart.proto.spec
    assert [option[-8:] for option in app.multiselect(key="pairs").options] == ["-USDC #2", "-USDC #1"]
    if page == "cycle":
        named = app.dataframe[0].value["pair"]
        assert named.str.contains(symbol.removeprefix("\u202e"), regex=False).all()


@pytest.fixture
def three_days(tmp_path: Path) -> Path:
    days = (1704672000 + 86400 * day for day in range(3))
    return write_state(
        tmp_path / "days.json", *(snapshot(day, signal(1, "A", 1.0), signal(2, "B", 0.0)) for day in days)
    )


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("path", [*SAMPLES[:2], *REAL[:3]], ids=lambda path: path.name)
def test_every_tab_of_a_cycle_shows_it(open_app: OpenApp, path: Path, tab: str) -> None:
    if path.name == NO_ALPHA_MODEL:
        pytest.skip("there is no alpha model in it")
    app = open_app(path, page="cycle", tab=tab)
    assert_sound(app)
    drawn = [app.dataframe, app.text[1:], app.code, app.json]  # the first text is the cycle's summary
    assert any(map(len, drawn))


@pytest.mark.parametrize("symbol", HOSTILE)
def test_pairs_that_refuse_money_are_named_as_text(open_app: OpenApp, tmp_path: Path, symbol: str) -> None:
    risk = {"asked_size": 800.0, "accepted_size": 300.0}
    refusing = signal(1, symbol, 1.0) | {"position_size_risk": risk}
    cycle = snapshot(
        1704672000, refusing, signal(2, "B", 0.2), accepted_investable_equity=300.0, size_risk_discarded_value=700.0
    )
    app = open_app(write_state(tmp_path / "refused.json", cycle), page="size_risk")
    assert_sound(app)
    (named,) = [element.value for element in app.text if "Most was refused in a mean cycle by" in element.value]
    shown = symbol.replace("\u202e", "").strip()
    assert named == f"Most was refused in a mean cycle by {shown}-USDC ($500, 100.0 % of all)."
    assert not any(shown in element.value for element in app.markdown)


def test_a_strangers_message_is_shown_as_it_is(open_app: OpenApp, tmp_path: Path) -> None:
    for number, message in enumerate(HOSTILE):
        cycle = snapshot(1704672000, signal(1, "A", 0.5))
        path = write_state(tmp_path / f"said{number}.json", cycle, messages={"1704672000": [message]})
        app = open_app(path, page="cycle", tab="Message")
        assert_sound(app)
        assert app.code[0].value == message


def test_link_opens_a_cycle(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days, page="cycle", cycle="2024-01-09T00:00Z")
    assert_sound(app)
    assert "9 January 2024" in app.title[0].value
    app.button(key="step_chevron_right").click().run()
    assert "10 January 2024" in app.title[0].value
    assert app.query_params["cycle"] == "2024-01-10T00:00Z"


def test_cursor_steps_to_the_ends_and_by_the_slider(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days, page="cycle")
    assert app.button(key="step_chevron_right").disabled
    app.button(key="step_first_page").click().run()
    assert "8 January 2024" in app.title[0].value
    assert app.button(key="step_chevron_left").disabled
    app.slider(key="timeline_place").set_value(1).run()
    assert "9 January 2024" in app.title[0].value
    assert app.query_params["cycle"] == "2024-01-09T00:00Z"


def test_cursor_goes_on_to_other_pages(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days, page="weights", cycle="2024-01-09T00:00Z")
    assert_sound(app)
    assert "2 of 3" in texts(app)


def test_notable_cycles_are_a_key_away(open_app: OpenApp, tmp_path: Path) -> None:
    amounts = (500.0, 500.0, 20.0, 500.0)
    days = [
        snapshot(
            1704672000 + 86400 * day,
            signal(1, "A", 1.0) | {"position_adjust_usd": amount},
            max_position_adjust_usd=amount,
            position_adjust_threshold_usd=100.0,
        )
        for day, amount in enumerate(amounts)
    ]
    app = open_app(write_state(tmp_path / "gate.json", *days), page="cycle")
    app.button(key="step_skip_previous").click().run()
    assert "10 January 2024" in app.title[0].value  # held, while the day before was not
    (said,) = [element for element in app.caption if element.value.endswith(" · notable")]
    assert "a gate held that was open before" in said.help
    for day in (9, 8):  # their trades have no fill, and no holdings tell
        app.button(key="step_skip_previous").click().run()
        assert f"{day} January 2024" in app.title[0].value
    assert app.button(key="step_skip_previous").disabled


def test_links_to_weight_diffs_open_moves(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days, page="weight_diffs", cycle="2024-01-09T00:00Z")
    assert_sound(app)
    assert app.title[0].value == "What had to move?"
    assert app.query_params["cycle"] == "2024-01-09T00:00Z"


@pytest.mark.parametrize(
    ("cycle", "shown", "remark"),
    [
        ("2024-01-09T12:00:00Z", "9 January", "No cycle was decided then"),
        ("1999-01-01", "8 January", "outside the window"),
        ("2999-01-01", "10 January", "outside the window"),
        ("never", "10 January", "That is no time"),
        ("<script>", "10 January", "That is no time"),
    ],
)
def test_link_to_no_cycle_says_so(open_app: OpenApp, three_days: Path, cycle: str, shown: str, remark: str) -> None:
    app = open_app(three_days, page="cycle", cycle=cycle)
    assert_sound(app)
    assert shown in app.title[0].value
    assert remark in texts(app)


def test_window_and_pairs_narrow_the_page(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days, **{"from": "2024-01-09", "pairs": "A-USDC"})
    assert_sound(app)
    assert app.metric[0].value == "2"
    assert app.multiselect(key="pairs").value == ["A-USDC"]


def test_all_pairs_one_by_one_are_no_choice(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days)
    options = app.multiselect(key="pairs").options
    app.multiselect(key="pairs").set_value(options[:-1]).run()
    assert app.multiselect(key="pairs").value == options[:-1]
    app.multiselect(key="pairs").set_value(options).run()
    assert not app.multiselect(key="pairs").value


@pytest.mark.parametrize("query", [{"from": "1999-01-01"}, {"from": "x"}, {"pairs": "nobody"}, {"window": "banana"}])
def test_link_that_fits_nothing_is_dropped(open_app: OpenApp, three_days: Path, query: dict[str, str]) -> None:
    app = open_app(three_days, **query)
    assert_sound(app)
    assert app.metric[0].value == "3"


@pytest.mark.parametrize(
    ("window", "cycles"), [("whole record", "400"), ("1 year", "367"), ("90 days", "91"), ("100 cycles", "100")]
)
def test_window_presets_end_with_the_newest_cycle(open_app: OpenApp, tmp_path: Path, window: str, cycles: str) -> None:
    days = [snapshot(1704672000 + 86400 * day, signal(1, "A", 1.0)) for day in range(400)]
    app = open_app(write_state(tmp_path / "days.json", *days), window=window)
    assert_sound(app)
    assert app.metric[0].value == cycles


def test_window_without_cycles_says_so(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days, **{"from": "2024-01-10", "to": "2024-01-09"})
    assert_sound(app)
    assert "There is no cycle here" in texts(app)
    assert "From is after To" in texts(app)
    app = open_app(three_days, **{"from": "2024-01-09", "to": "2024-01-09"})
    assert "From is after To" not in texts(app)


def test_link_to_a_history_that_is_not_there_opens_no_other_one(open_app: OpenApp, three_days: Path) -> None:
    app = open_app(three_days, history="<b>gone</b>", cycle="2024-01-09T00:00Z")
    assert_sound(app)
    assert "This history cannot be opened" in texts(app)
    assert "this server has no history of that name" in texts(app)
    assert "its file changes" not in texts(app)
    assert "&lt;b&gt;gone&lt;/b&gt;" in texts(app)
    app.run()
    assert "this server has no history of that name" in texts(app)
    app.selectbox(key="history").select("days").run()
    assert_sound(app)
    assert app.metric[0].value == "3"


def test_window_is_forgotten_with_its_history(open_app: OpenApp, three_days: Path, tmp_path: Path) -> None:
    later = write_state(tmp_path / "later.json", snapshot(1_800_000_000, signal(3, "C", 1.0)))
    app = open_app(three_days, later, **{"from": "2024-01-09", "pairs": "A-USDC"})
    app.selectbox(key="history").select("later").run()
    assert_sound(app)
    assert app.metric[0].value == "1"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"outcome": "no signal"}, 0),
        ({"flag": "closed"}, None),
        ({"at_least": "0"}, 3),
        ({"at_least": "1000000"}, 0),
        ({"words": "nothing says this"}, 0),
        ({"pairs": "B-USDC"}, 3),
        ({"at_least": "not a number"}, None),
    ],
)
def test_search_narrows_the_cycles(
    open_app: OpenApp, three_days: Path, query: dict[str, str], count: int | None
) -> None:
    app = open_app(three_days, page="cycles", **query)
    assert_sound(app)
    assert ("3 cycles, the newest" if count is None else f"{count} of 3 cycles") in texts(app)
    assert ("No cycle is like that" in texts(app)) is (count == 0)
    assert len(app.dataframe) == (count != 0)


def test_same_names_are_told_apart(open_app: OpenApp, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    one = write_state(tmp_path / "s.json", snapshot(1704672000))
    other = write_state(tmp_path / "a" / "s.json", snapshot(1704672000))
    assert open_app(one, other).selectbox(key="history").options == ["s", "s (2)"]


@pytest.mark.parametrize("page", TITLES)
def test_every_page_shows_a_strategy_of_a_dataset(
    open_app: OpenApp, three_days: Path, tmp_path: Path, page: str
) -> None:
    dataset = tmp_path / "histories"
    for strategy in ("Momentum", "Value & more"):
        compact([three_days], dataset, strategy=strategy)
    app = open_app(dataset, page=page, history="histories/Value & more")
    assert_sound(app)
    assert app.selectbox(key="history").options == ["histories/Momentum", "histories/Value & more"]
    assert app.selectbox(key="history").value == "histories/Value & more"
    assert "cannot be opened" not in texts(app)
    assert len(app.title) == 1


def test_dataset_shows_what_a_compaction_adds(open_app: OpenApp, tmp_path: Path) -> None:
    first, later = (
        write_state(tmp_path / f"{day}.json", snapshot(1704672000 + day * 86_400, signal(1, "A", 1.0)))
        for day in range(2)
    )
    compact([first], tmp_path / "histories", strategy="Momentum")
    app = open_app(tmp_path / "histories")
    assert app.metric[0].value == "1"
    compact([later], tmp_path / "histories", strategy="Momentum")
    app.run()
    assert_sound(app)
    assert app.metric[0].value == "2"


def test_folder_that_is_no_dataset_gives_a_reason(open_app: OpenApp, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    app = open_app(tmp_path / "empty")
    assert_sound(app)
    assert "is no dataset of histories" in texts(app)


def test_upload_is_opened(open_app: OpenApp, three_days: Path) -> None:
    app = open_app()
    app.file_uploader[0].upload("mine.json", three_days.read_bytes()).run()
    assert_sound(app)
    assert app.selectbox(key="history").value == "mine"
    assert app.metric[0].value == "3"


def test_bad_upload_gives_a_reason(open_app: OpenApp) -> None:
    app = open_app()
    app.file_uploader[0].upload("bad.json", b"hello").run()
    assert_sound(app)
    assert "This history cannot be opened" in texts(app)
    assert "open the file once more when it is repaired" in texts(app)
    assert "read again when its file changes" not in texts(app)


WEIGHTS = "date,AAPL,MSFT,NVDA\n2026-01-05,0.6,0.4,\n2026-01-06,0.5,0.2,-0.3\n2026-01-07,0.5,0.2,-0.3\n"
"""Weights, and nothing else."""


@pytest.fixture(params=["weights.csv", "Weights.Parquet", "weights.csv.gz"])
def weights_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    if path.suffix == ".csv":
        path.write_text(WEIGHTS)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(WEIGHTS.encode()))
    else:
        pd.read_csv(io.StringIO(WEIGHTS)).to_parquet(path)
    return path


def test_table_of_weights_is_opened_by_path_and_as_an_upload(open_app: OpenApp, weights_file: Path) -> None:
    app = open_app(weights_file)
    assert_sound(app)
    assert app.selectbox(key="history").value.lower() == "weights"
    assert app.metric[0].value == "3"
    app = open_app()
    app.file_uploader[0].upload(weights_file.name, weights_file.read_bytes()).run()
    assert_sound(app)
    assert app.selectbox(key="history").value.lower() == "weights"
    assert app.metric[0].value == "3"


@pytest.mark.parametrize("page", TITLES)
def test_every_page_shows_weights_alone(open_app: OpenApp, tmp_path: Path, page: str) -> None:
    path = tmp_path / "weights.csv"
    path.write_text(WEIGHTS)
    app = open_app(path, page=page)
    assert_sound(app)
    assert len(app.title) == 1
    assert not re.search(r"\bnan\b|\bNone\b|\bNaT\b|\$0\b", texts(app))
    assert not any(metric.value in ("nan", "None", "$0") for metric in app.metric)
    expected = {
        "overview": "3 cycles, outcome not recorded",
        "cycle": "3 signals, 3 selected; trades are not recorded",
        "pair": "Selected in 3 of 3 cycles, held in 2; what was traded is not recorded.",
    }
    assert expected.get(page, "") in texts(app)


def test_rounded_weights_with_cash_left_are_no_contradiction(open_app: OpenApp, tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("date,A,B\n2026-01-05,0.3,0.2\n2026-01-06,0.1,0.2\n")
    app = open_app(path, page="health")
    assert_sound(app)
    assert [metric.value for metric in app.metric][:3] == ["0", "0", "0"]


def test_upload_that_is_no_table_of_weights_gives_a_reason(open_app: OpenApp) -> None:
    app = open_app()
    app.file_uploader[0].upload("prices.csv", b"open,high\n1,2\n").run()
    assert_sound(app)
    assert "This history cannot be opened" in texts(app)
    assert "prices.csv is no table of weights: it has no column of times, its columns are 'open', 'high'." in texts(app)


def test_upload_of_a_table_without_rows_gives_a_reason(open_app: OpenApp) -> None:
    app = open_app()
    app.file_uploader[0].upload("header.csv", b"date,A,B\n").run()
    assert_sound(app)
    assert "This history cannot be opened" in texts(app)
    assert "header.csv has no rows, so it holds no weights." in texts(app)
    assert "Widen the window" not in texts(app)


def test_upload_of_a_table_is_held_to_the_limit(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHA_MODEL_DASHBOARD_MAX_UNPACKED_MB", "1")
    app = open_app()
    app.file_uploader[0].upload("long.csv", b"date,A\n" + b"2026-01-05,1\n" * 2_001).run()
    assert_sound(app)
    assert "long.csv has 2,001 weights, and at most 2,000 may be opened here" in texts(app)


def test_withdrawn_upload_leaves_the_welcome_page(open_app: OpenApp, three_days: Path) -> None:
    app = open_app()
    app.file_uploader[0].upload("mine.json", three_days.read_bytes()).run()
    app.file_uploader[0].clear().run()
    assert_sound(app)
    assert app.title[0].value == "What did the strategy decide, and why?"


def test_failure_of_a_page_is_said_and_the_rest_goes_on(
    open_app: OpenApp, three_days: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by *nothing*")

    monkeypatch.setattr("dashboard.views.overview.show_problems", fail)
    app = open_app(three_days)
    assert not app.exception
    assert app.error[0].value.startswith("This part failed")
    assert app.text[0].value == "ZeroDivisionError: by *nothing*"
    assert "a part of the app failed" in caplog.text
    assert_sound(open_app(three_days, page="cycles"))


def test_failure_of_opening_is_said_and_others_can_be_chosen(
    open_app: OpenApp, three_days: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("too large")

    monkeypatch.setattr("dashboard.data.LiveHistory", fail)
    app = open_app(three_days)
    assert not app.exception
    assert "MemoryError: too large" in texts(app)
    assert app.title[0].value == "No history is open"
    assert app.selectbox(key="history").options == ["days"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real histories lie outside the repository")
def test_problems_of_the_source_are_shown(open_app: OpenApp) -> None:
    app = open_app(SHARED / "odd_mixed_calculations.json")
    assert "2 notes on the source" in app.expander[0].label
