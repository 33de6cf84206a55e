"""The post-mortem in one file: what is in it, and that nothing in it can do harm or reach out."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from histories import SAMPLES, make_history, make_long_history, moment
from states import HOSTILE, signal, snapshot, write_state

from alpha_model.analysis import audit_report, explain_cycle, explain_flags, summarise_cycle
from alpha_model.history import History, Source, read_history, read_weights
from alpha_model.history.tables.schema import SCHEMAS, Tables
from alpha_model.values.errors import CycleNotFoundError
from dashboard.report import Making, cycle_report, tables_hash, window_report
from dashboard.report.tables import ROWS, Show, dollars, number, table_of

MAKING = Making("a test", pd.Timestamp("2026-01-09T12:00:00", tz="Europe/Helsinki"), "ab" * 32)
MEDIUM = 250_000
"""Larger samples take seconds to audit."""
SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)


@pytest.fixture(autouse=True)
def small_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Megabytes of script take a parser in Python seconds; tests/browser draws with the real one."""
    monkeypatch.setattr("dashboard.report.page.get_plotlyjs", lambda: "window.Plotly = {};")


class Read(HTMLParser):
    """What a browser makes of a page: its elements, their attributes, its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.within = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.within = tag

    def handle_endtag(self, _tag):
        self.within = ""

    def handle_data(self, data):
        if self.within not in {"script", "style"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture
def hostile(tmp_path: Path) -> History:
    """Pairs, a message and a file name that would do harm if anything but text were made of them."""
    words = f"{HOSTILE[0]}</pre></script><script>alert(2)</script>"
    rows = [signal(number, f"{symbol}</script>", 0.2) for number, symbol in enumerate(HOSTILE, 1)]
    cycles = [snapshot(1704672000 + day * 86400, *rows) for day in range(3)]
    path = write_state(tmp_path / "<b>&.json", *cycles, messages={"1704672000": [words]})
    return read_history(path)


def test_hostile_words_are_text(hostile: History) -> None:
    for html in (cycle_report(hostile, hostile.timestamps[0], MAKING), window_report(hostile, None, None, MAKING)):
        read = Read(html)
        assert "img" not in read.tags
        assert "b" not in read.tags
        assert not [name for name, _ in read.attributes if name.startswith("on")]
        assert escape(f"{HOSTILE[0]}</pre></script><script>alert(2)</script>", quote=False) in html
        assert "".join(read.words).count(HOSTILE[0]) > 1
        assert "<b>&.json" in read.text
        assert len(SCRIPT.findall(html)) == 3


def test_only_the_two_scripts_of_the_page_may_run(hostile: History) -> None:
    html = cycle_report(hostile, hostile.timestamps[0], MAKING)
    policy = next(value for name, value in Read(html).attributes if name == "content" and "script-src" in value)
    figures, *scripts = SCRIPT.findall(html)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert policy.split("script-src ")[1].split(";")[0].split() == [f"'sha256-{digest}'" for digest in hashes]
    assert policy.startswith("default-src 'none'")
    assert "<" not in figures


def assert_nothing_is_fetched(html: str, read: Read) -> None:
    assert not {"link", "img", "iframe", "object", "embed", "base", "form", "a"} & read.tags
    assert not [name for name, _ in read.attributes if name in {"src", "href", "action", "srcset"}]
    assert "http" not in SCRIPT.sub("", html).replace("http-equiv", "")
    assert "@import" not in html
    assert "url(" not in html


def test_window_report_fetches_nothing() -> None:
    html = window_report(make_long_history(3, 2), None, None, MAKING)
    assert_nothing_is_fetched(html, Read(html))


@pytest.mark.parametrize("path", [path for path in SAMPLES if path.stat().st_size < MEDIUM], ids=lambda path: path.name)
def test_cycle_report_says_why_of_every_pair_and_fetches_nothing(path: Path) -> None:
    history = read_history(path)
    one = history.at(history.timestamps[-1])
    html = cycle_report(history, history.timestamps[-1], MAKING)
    read = Read(html)
    assert_nothing_is_fetched(html, read)
    explained = explain_cycle(one)
    for name, sentence in zip(explained["pair"], explained["sentence"], strict=True):
        assert sentence.removeprefix(f"{name}: ") in read.words
    assert summarise_cycle(one).paragraph in read.words
    assert set(explain_flags(one)["effect"]) <= set(read.words)
    message = one.cycles["message"].iloc[0]
    assert not isinstance(message, str) or f"\n{message}" in read.words


def test_report_of_weights_alone_makes_nothing_up() -> None:
    history = read_weights(pd.DataFrame({"A": [0.6, 0.5], "B": [0.4, -0.5]}, index=[moment(0), moment(1)]))
    words = " ".join(Read(cycle_report(history, history.timestamps[1], MAKING)).words)
    assert "Pairs; their dollars are not recorded." in words
    assert "2 signals, 2 selected; trades are not recorded." in words
    assert "$0" not in words
    assert "?." not in words


def test_cycle_report_has_its_trades_and_findings() -> None:
    history = make_history(
        [{"pair_id": 1, "raw_weight": 1.0, "normalised_weight": 1.7, "position_adjust_usd": 10.0}],
        [{"investable_equity": 100.0}, {"investable_equity": 100.0}],
        trades=[{"pair_id": 1, "value": 1234.5, "planned_price": 100.0, "executed_price": 101.0}],
    )
    found = audit_report(history, limit=None).findings
    own, others = (set(found.loc[found["cycle"] == cycle, "sentence"]) for cycle in (0, 1))
    assert own
    read = Read(cycle_report(history, moment(0), MAKING))
    assert own <= set(read.words)
    assert not (others - own) & set(read.words)
    assert {"$1,234.50", "1.000 %"} <= set(read.words)


def test_report_says_how_it_was_made() -> None:
    history = make_long_history(120, 2)
    read = Read(cycle_report(history, moment(100), MAKING))
    shown = history.between(moment(11), moment(100))
    assert {"made.json", "ab" * 32, tables_hash(shown), "90 of 120", "a test", "2026-01-09 10:00:00 UTC"} <= set(
        read.words
    )


def test_window_report_has_a_sentence_for_each_cycle_and_no_other() -> None:
    history = make_long_history(5, 2)
    read = Read(window_report(history, moment(1), moment(3), MAKING))
    days = [word for word in read.words if re.match(r"On \d+ January 2026", word)]
    assert [day.split(",")[0] for day in days] == ["On 6 January 2026", "On 7 January 2026", "On 8 January 2026"]
    assert "3 of 5" in read.words


def test_empty_window_is_an_error_that_names_the_extent() -> None:
    with pytest.raises(
        CycleNotFoundError, match=r"no cycle from 2030.* run from 2026-01-05T00:00Z to 2026-01-07T00:00Z"
    ):
        window_report(make_long_history(3, 2), "2030-01-01", None, MAKING)


def test_same_records_have_the_same_hash_wherever_they_lie() -> None:
    history = make_long_history(6, 2)
    copied = History(make_long_history(6, 2).tables, Source("other.json"))
    assert tables_hash(history) == tables_hash(copied)
    assert tables_hash(history.between(moment(2), moment(4))) == tables_hash(
        copied.between(moment(0), moment(4)).between(moment(2))
    )
    assert tables_hash(history) != tables_hash(history.between(moment(1)))
    tables = {name: getattr(history.tables, name) for name in SCHEMAS}
    pieces = {name: pa.concat_tables([table.slice(0, 3), table.slice(3)]) for name, table in tables.items()}
    assert tables_hash(history) == tables_hash(History(Tables(**pieces)))
    part = history.between(moment(0), moment(2))
    tables = {name: getattr(part.tables, name) for name in SCHEMAS}
    anew = {name: pa.Table.from_pylist(table.to_pylist(), table.schema) for name, table in tables.items()}
    assert tables_hash(part) == tables_hash(History(Tables(**anew)))


def test_long_table_says_what_it_left_out() -> None:
    frame = pd.DataFrame({"usd": range(ROWS + 1), "nothing": None})
    table = table_of(frame, {"usd": Show("USD", dollars), "nothing": Show("Nothing")})
    assert [column.title for column in table.columns] == ["USD"]
    assert len(table.rows) == ROWS
    assert table.note.startswith("The first 2,000 of 2,001 rows")


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        (dollars, -26351.522, "-$26,351.52"),
        (dollars, 0.0, "$0.00"),
        (number, 1191.621689, "1,191.62"),
        (number, 16, "16"),
        (number, 0.000012345678, "1.23457e-05"),
    ],
)
def test_numbers_are_for_readers(form, value: float, text: str) -> None:
    assert form(value) == text
