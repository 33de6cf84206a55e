"""Where do histories come from, and how is each read only once? The only owner of caches.

A browser chooses among the names listed here; it never names a path.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Literal, Protocol, TypeAlias

import streamlit as st

from alpha_model.history import (
    History,
    LiveHistory,
    dataset_versions,
    default_cache,
    is_table_name,
    read_history,
    read_history_bytes,
    read_weights,
    read_weights_bytes,
)
from alpha_model.history.weights_table import TABLE_SUFFIXES
from alpha_model.values import HistoryError
from dashboard.opened import OpenHistory
from dashboard.settings import Settings
from dashboard.text import one_line, shortened

Origin: TypeAlias = Literal["file", "upload", "sample"]
Progress: TypeAlias = Callable[[float], None]

SUFFIXES = (".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst", ".jsonl", ".json", *TABLE_SUFFIXES)
"""What a history's file name ends with, in capitals or not; of two that fit the longer comes first."""

UNNAMED = "(no name)"
MOST_OF_A_NAME = 60
"""Letters of a strategy's name in the list and in links."""

PACKED = (".gz", ".zst")
LIVE_LIMIT = 100_000_000
"""Bytes up to which a file is held open and only what is new in it is read; a larger one is read again as a whole."""

_README_ROW = re.compile(r"^\| *`(?P<file>[^`|]+)` *\| *(?P<layout>[^|]+?) *\| *(?P<note>[^|]+?) *\|$", re.MULTILINE)


class Upload(Protocol):
    """What Streamlit's uploader gives."""

    name: str
    file_id: str

    def getvalue(self) -> bytes:
        """The content."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A history that a viewer may choose.

    Args:
        name: Unique; shown in the list and used in links.
        origin: How it came into the list.
        path: The file or the dataset's folder; None for an upload.
        upload: The upload; None for a file.
        strategy: Whose history in the dataset, `""` for records without a name; None for anything else.
    """

    name: str
    origin: Origin
    path: Path | None = None
    upload: Upload | None = None
    strategy: str | None = None


def list_histories(settings: Settings, uploads: Sequence[Upload] = ()) -> dict[str, Listed]:
    """Everything that may be opened, by name: the operator's files, this viewer's uploads, the samples."""
    listed: dict[str, Listed] = {}
    for path in settings.files:
        for entry in _strategies(path) if path.is_dir() else [Listed(stem(path.name), "file", path=path)]:
            _add(listed, entry)
    for upload in uploads:
        _add(listed, Listed(stem(upload.name), "upload", upload=upload))
    named = {path.resolve() for path in settings.files}
    for path in _sample_files(settings.sample_folder()):
        if path.resolve() not in named:
            _add(listed, Listed(stem(path.name), "sample", path=path))
    return listed


def sample_notes(settings: Settings) -> dict[str, str]:
    """What each sample shows, by name: the rows of the table in the folder's README.md."""
    folder = settings.sample_folder()
    readme = None if folder is None else folder / "README.md"
    if readme is None or not readme.is_file():
        return {}
    rows = _README_ROW.finditer(readme.read_text(encoding="utf-8"))
    notes = {stem(row["file"]): f"{row['note']} ({row['layout']})" for row in rows}
    return {name: note.replace("`", "") for name, note in notes.items()}


def open_history(listed: Listed, settings: Settings, progress: Progress | None = None) -> OpenHistory:
    """The history, read at most once for each version of its file.

    Args:
        listed: Which one.
        settings: The operator's.
        progress: Told the share that is read, 0...1, where it has to be read and that is known.

    Raises:
        HistoryError: It cannot be read; the message says what, where and what to do.
    """
    if listed.upload is not None:
        return _open_upload(listed.upload.file_id, listed.upload.name, settings.max_unpacked_mb, listed.upload)
    if listed.path is None:
        raise HistoryError(f"{listed.name} has no content. Choose another history.")
    try:
        facts = listed.path.stat()
        if listed.path.is_dir():
            version = dataset_versions(listed.path).get(listed.strategy or "", "")
            return _open_dataset(str(listed.path), listed.strategy, version)
        if listed.origin == "file" and grows(listed.path, facts.st_size):
            return _live_file(str(listed.path)).newest()
        return _version(str(listed.path), facts.st_mtime_ns, facts.st_size).opened(progress)
    except FileNotFoundError as error:
        raise HistoryError(
            f"there is no file {listed.path}. Start again with its right path.", path=listed.path
        ) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise HistoryError(f"{listed.path} cannot be read: {reason}. Check that it is a readable file.") from error


def grows(path: Path, size: int) -> bool:
    """Is only what is new in a file read when it changes? Large and packed ones, and tables, are read again."""
    return size <= LIVE_LIMIT and not path.name.endswith(PACKED) and not is_table_name(path.name)


def stem(name: str) -> str:
    """The file name without what its format adds."""
    return next((name[: -len(suffix)] for suffix in SUFFIXES if name.lower().endswith(suffix)), name)


def _strategies(folder: Path) -> list[Listed]:
    """A history for each strategy of a dataset; one that cannot be opened, and says why, where it is none."""
    try:
        names = list(dataset_versions(folder))
    except (HistoryError, OSError):
        names = []
    whole = Listed(one_line(folder.resolve().name), "file", path=folder)
    told = {name: shortened(one_line(name), MOST_OF_A_NAME) or UNNAMED for name in names}
    return [replace(whole, name=f"{whole.name}/{told[name]}", strategy=name) for name in names] or [whole]


@st.cache_resource(max_entries=4, show_spinner="Reading the history…")
def _open_dataset(path: str, strategy: str | None, version: str) -> OpenHistory:  # noqa: ARG001 - it names the version
    return OpenHistory(History.open(path, strategy=strategy))


class _Version:
    """One version of a file, shared by all viewers; the first one reads it.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: OpenHistory | None = None
        self._lock = RLock()

    def opened(self, progress: Progress | None) -> OpenHistory:
        """The history.

        Raises:
            HistoryError: It cannot be read.
        """
        with self._lock:
            if self._opened is None:
                self._opened = OpenHistory(_read_file(self._path, progress))
            return self._opened


def _read_file(path: Path, progress: Progress | None) -> History:
    if is_table_name(path.name):
        return read_weights(path, progress=progress)
    return read_history(path, progress=progress, cache=default_cache())


@st.cache_resource(max_entries=4, show_spinner=False)
def _version(path: str, mtime_ns: int, size: int) -> _Version:  # noqa: ARG001 - they name the file's version
    return _Version(Path(path))


@st.cache_resource(max_entries=4, show_spinner="Reading the upload…", scope="session")
def _open_upload(file_id: str, name: str, max_mb: int, _upload: Upload) -> OpenHistory:  # noqa: ARG001 - it names the upload
    read = read_weights_bytes if is_table_name(name) else read_history_bytes
    return OpenHistory(read(_upload.getvalue(), name, max_bytes=max_mb * 1_000_000))


class _LiveFile:
    """A file that may still be written, shared by all viewers.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._live = LiveHistory(path)
        self._opened: OpenHistory | None = None
        self._lock = RLock()

    def newest(self) -> OpenHistory:
        """The history as the file has it now; as it was before while the file cannot be read.

        Raises:
            HistoryError: It could not be read even once.
        """
        with self._lock:
            if self._live.poll() or self._opened is None:
                if self._live.history is None:
                    raise HistoryError(self._live.problem or f"{self._live.path} has nothing to show.")
                self._opened = OpenHistory(self._live.history)
            return self._opened


@st.cache_resource(max_entries=4, show_spinner="Reading the history…")
def _live_file(path: str) -> _LiveFile:
    return _LiveFile(Path(path))


def _sample_files(folder: Path | None) -> Iterable[Path]:
    if folder is None:
        return []
    return sorted(path for path in folder.iterdir() if path.name.lower().endswith(SUFFIXES))


def _add(listed: dict[str, Listed], entry: Listed) -> None:
    """List it under a name of its own."""
    name, copies = entry.name, 1
    while name in listed:
        copies += 1
        name = f"{entry.name} ({copies})"
    listed[name] = replace(entry, name=name)
