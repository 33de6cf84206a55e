"""A state file that is damaged anywhere: what is read of it was there, and nothing but a HistoryError is raised."""

from __future__ import annotations

import json
import random
from typing import Any

import pandas as pd
import pytest

from alpha_model.history import History, read_history_bytes
from alpha_model.values.errors import HistoryError

MONDAY = 1_767_571_200
WEEK = 7 * 86_400
CYCLES = 4
SEEDS = range(24)
"""Damages of each kind."""

LETTERS = b'{}[]",:\\ \n\x00\xff#-0e\x7fN'
"""Bytes that a parser trips over, and some that it does not."""


@pytest.fixture(scope="module")
def document(make: Any) -> bytes:
    """Weekly cycles with notes full of brackets, trades, messages and an equity curve."""
    calculations = {
        str(MONDAY + n * WEEK): make.snapshot(
            {"1": make.signal(1, other_data={"note": 'a "q\\" } ], {"'}), "2": make.signal(2)},
            timestamp=MONDAY + n * WEEK,
        )
        for n in range(CYCLES)
    }
    points = [{"calculated_at": MONDAY + n * WEEK, "total_equity": 1_000.0 + n} for n in range(CYCLES)]
    messages = {str(MONDAY): ["all is {well}"]}
    trades = make.portfolio(make.trade(1), make.trade(2))
    state = make.state(calculations, stats={"portfolio": points}, portfolio=trades, messages=messages)
    return json.dumps(state).encode()


def cut(document: bytes, dice: random.Random) -> tuple[bytes, int, int]:
    """The document without its end; the place and the count of bytes that are gone."""
    place = dice.randrange(1, len(document))
    return document[:place], place, len(document) - place


def overwrite(document: bytes, dice: random.Random) -> tuple[bytes, int, int]:
    """One to eight bytes replaced."""
    place, size = dice.randrange(len(document)), dice.randint(1, 8)
    damaged = bytearray(document)
    stop = min(place + size, len(document))
    damaged[place:stop] = bytes(dice.choice(LETTERS) for _ in range(stop - place))
    return bytes(damaged), place, size


def lose(document: bytes, dice: random.Random) -> tuple[bytes, int, int]:
    """Some bytes are missing in the middle, up to a disk's block."""
    place, size = dice.randrange(len(document)), dice.choice((1, 2, 30, 512))
    return document[:place] + document[place + size :], place, size


def zero(document: bytes, dice: random.Random) -> tuple[bytes, int, int]:
    """A block that was never written reads as zeros."""
    place, size = dice.randrange(len(document)), dice.choice((16, 512))
    kept = document[place + size :]
    return document[:place] + b"\x00" * (len(document) - place - len(kept)) + kept, place, size


def insert(document: bytes, dice: random.Random) -> tuple[bytes, int, int]:
    """Bytes from elsewhere in between."""
    place = dice.randrange(len(document))
    return document[:place] + bytes(dice.choices(LETTERS, k=dice.randint(1, 5))) + document[place:], place, 0


def untouched(document: bytes, place: int, size: int) -> set[int]:
    """The times of the cycles whose entry, from its key to the next one's, has none of the damaged bytes."""
    starts = [document.index(b'"%d": {' % (MONDAY + n * WEEK)) for n in range(CYCLES)]
    ends = [*starts[1:], document.index(b'"plots"') if b'"plots"' in document else len(document)]
    return {
        MONDAY + n * WEEK
        for n, (start, end) in enumerate(zip(starts, ends, strict=True))
        if place + size <= start or place >= end
    }


def rows(history: History, when: int) -> pd.DataFrame:
    """The signals of the cycle of a time, without its number, which depends on the cycles before."""
    moment = pd.Timestamp(when, unit="s", tz="UTC")
    found = history.signals
    return found[found["timestamp"] == moment].drop(columns="cycle").reset_index(drop=True)


LEAST_READ = {cut: 1.0, overwrite: 0.7, lose: 0.7, zero: 0.7, insert: 0.7}
"""The share of the undamaged cycles that is read at least, by kind of damage: some of it hides what follows."""


@pytest.mark.parametrize(("damage", "least"), LEAST_READ.items(), ids=[kind.__name__ for kind in LEAST_READ])
def test_what_is_read_of_a_damaged_file_was_there(document: bytes, damage: Any, least: float) -> None:
    whole = read_history_bytes(document, "whole.json")
    expected = {when: rows(whole, when) for when in (MONDAY + n * WEEK for n in range(CYCLES))}
    read, hoped, refusals = 0, 0, list[str]()
    for seed in SEEDS:
        damaged, place, size = damage(document, random.Random(seed))
        good = untouched(document, place, size)
        hoped += len(good)
        try:
            history = read_history_bytes(damaged, "damaged.json")
        except HistoryError as error:
            refusals.append(str(error))
            continue
        times = {int(when.timestamp()) for when in history.timestamps}
        for when in good & times:
            pd.testing.assert_frame_equal(rows(history, when), expected[when], obj=f"seed {seed}")
            read += 1
        if good - times:
            assert len(history.problems), f"seed {seed}: a cycle is missing, and nothing is said"
    assert read >= least * hoped
    assert all(refusal.startswith("damaged.json ") for refusal in refusals)


@pytest.mark.parametrize("name", ["a\\b", 'a"b', "a\nb", "\x00"])
def test_field_with_a_name_that_no_program_would_choose_is_kept(make: Any, name: str) -> None:
    state = make.state({str(MONDAY): make.snapshot({"1": make.signal(1, **{name: 5})}, **{name: 6})})
    history = make.read(state)
    assert json.loads(history.signals.loc[0, "extra"]) == {name: 5}
    assert json.loads(history.cycles.loc[0, "extra"]) == {name: 6}
