"""A recorder that a strategy's module makes: opened when it is needed, sent to workers, told who is in its way."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from alpha_model.history import HistoryRecorder, read_history
from alpha_model.values.errors import RecordError

MONDAY = 1_767_571_200


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def test_recorder_is_opened_by_its_first_append(path: Path, make: Any) -> None:
    recorder = HistoryRecorder(path, strategy="S")
    assert recorder, "the usual guard of an optional object"
    assert repr(recorder) == f"<HistoryRecorder of a file not opened yet, {path}>"
    assert not path.exists()
    recorder.append(make.snapshot({}))
    assert repr(recorder) == f"<HistoryRecorder of 1 cycles, {path}>"
    recorder.close()
    assert len(recorder) == 1
    assert read_history(path).source.strategy == "S"


def test_recorder_that_is_forgotten_lets_go_of_the_file(path: Path, make: Any) -> None:
    """As in a notebook, whose cell makes the recorder a second time."""
    for hour in range(2):
        recorder = HistoryRecorder(path)
        assert recorder.append(make.snapshot({}, timestamp=MONDAY + hour)).is_new


def test_number_of_cycles_is_that_of_the_file_before_the_first_append_too(path: Path, make: Any) -> None:
    HistoryRecorder(path).append(make.snapshot({}))
    assert len(HistoryRecorder(path)) == 1


def test_recorder_that_could_not_be_opened_tries_again(path: Path, make: Any) -> None:
    recorder = HistoryRecorder(path)
    with HistoryRecorder(path), pytest.raises(RecordError, match="another recorder is writing"):
        recorder.append(make.snapshot({}))
    assert recorder.append(make.snapshot({})).is_new


def test_recorder_closed_before_it_was_opened_stays_closed(path: Path, make: Any) -> None:
    recorder = HistoryRecorder(path)
    recorder.close()
    with pytest.raises(RecordError, match="is closed"):
        recorder.append(make.snapshot({}))
    assert not path.exists()


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("library", [pickle, cloudpickle])
def test_recorder_is_pickled_as_its_path_and_settings(path: Path, make: Any, library: Any, *, opened: bool) -> None:
    recorder = HistoryRecorder(path, strategy="S", strict=True)
    if opened:
        recorder.append(make.snapshot({}))
    copy = pickle.loads(library.dumps(recorder))
    recorder.close()
    assert (copy.path, copy.strategy, copy.strict) == (path, "S", True)
    assert copy.append(make.snapshot({}, timestamp=MONDAY + 1)).is_new
    assert len(copy) == 1 + opened


def test_path_of_a_pickled_recorder_does_not_depend_on_the_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert pickle.loads(pickle.dumps(HistoryRecorder(path.name))).path == path


def test_second_process_loads_the_module_and_is_told_who_holds_the_file(path: Path) -> None:
    code = (
        f"from alpha_model.history import HistoryRecorder\nrecorder = HistoryRecorder({str(path)!r})\nprint('loaded')\n"
        "recorder.append({'timestamp': 0, 'signals': {}, 'raw_signals': {}})"
    )
    with HistoryRecorder(path):
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stdout == "loaded\n"
    holder = f", in process {os.getpid()}" if Path("/proc/locks").exists() else ""
    assert f"another recorder is writing {path}{holder}. Close that one first" in result.stderr
