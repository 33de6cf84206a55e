"""A bar for long reads, and none for quick ones."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest
from states import signal, snapshot, write_state

from alpha_model.values.errors import HistoryError
from dashboard import waiting
from dashboard.data import list_histories, open_history
from dashboard.settings import Settings


def test_long_reading_shows_how_far_it_is_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 0.1, 0.3, 0.4, 0.6])
    monkeypatch.setattr(waiting.time, "monotonic", lambda: next(now))
    place = MagicMock()
    with waiting.shown_progress(place) as told:
        for share in (0.1, 0.3, 0.4, 1.2):
            told(share)
    assert [call.args[0] for call in place.progress.call_args_list] == [0.3, 1.0]
    place.empty.assert_called_once()


def test_quick_reading_shows_nothing() -> None:
    place = MagicMock()
    with waiting.shown_progress(place) as told:
        told(1.0)
    assert place.mock_calls == []


def test_bar_goes_away_when_the_reading_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "EVERY", 0.0)
    place = MagicMock()

    def read() -> None:
        with waiting.shown_progress(place) as told:
            told(0.5)
            raise HistoryError("it is damaged.")

    with pytest.raises(HistoryError):
        read()
    place.empty.assert_called_once()


def test_first_viewer_of_a_file_is_told_and_the_next_has_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPHA_MODEL_CACHE", "off")
    write_state(tmp_path / "one.json", *(snapshot(86400 * day, signal(1, "A", 1.0)) for day in range(1, 4)))
    settings = Settings(samples=tmp_path)
    (listed,) = list_histories(settings).values()
    shares: list[float] = []
    first = open_history(listed, settings, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert open_history(listed, settings, shares.clear) is first  # type: ignore[arg-type]
    assert shares
