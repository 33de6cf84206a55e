"""How does a history that lies elsewhere become a file here?

Addresses that the caller gives are copied into a temporary file first: http and https by `Web`, every other protocol
with fsspec. The name that is shown has neither credentials nor query.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from alpha_model.history.files.address import (
    ends_in_web,
    is_uri,
    is_web,
    local_path,
    missing_package,
    short_name,
    shown_uri,
    without_secrets,
)
from alpha_model.history.files.opening import MOST_UNPACKED, check_size
from alpha_model.history.files.web import Web, pieces
from alpha_model.values import HistoryError

Progress: TypeAlias = Callable[[float], None]

_CHUNK = 1 << 20
_OK = 200
_LONGEST = 60
"""Characters of a copy's name."""


@contextmanager
def spooled(uri: str, progress: Progress | None = None) -> Iterator[Path]:
    """A temporary copy of what lies at an address, under the name that it has there.

    Args:
        uri: The address.
        progress: Told the share that has arrived, where the whole is known.

    Raises:
        HistoryError: It cannot be had; the message says why, without credentials.
    """
    with tempfile.TemporaryDirectory(prefix="alpha-model-") as folder:
        copy = Path(folder) / _file_name(uri)
        with copy.open("wb") as target:
            try:
                fetch = _fetch_web if is_web(uri) else _fetch_any
                fetch(uri, target, progress)
            except HistoryError:
                raise
            except FileNotFoundError as error:
                raise HistoryError(
                    f"there is nothing at {shown_uri(uri)}. Check the address.", path=shown_uri(uri)
                ) from error
            except Exception as error:  # every protocol's package has errors of its own
                reason = _reason(error, uri)
                raise HistoryError(
                    f"{shown_uri(uri)} cannot be fetched: {reason}. Check the address, the network and the "
                    "credentials, or copy the file here.",
                    path=shown_uri(uri),
                ) from error
        yield copy


@contextmanager
def at_hand(source: Path | str) -> Iterator[Path]:
    """The file of a path or a `file://` address; a temporary copy of what lies at any other address.

    Raises:
        HistoryError: It cannot be had; the message says why, without credentials.
    """
    path = local_path(source) if is_uri(source) else Path(source)
    if path is not None:
        yield path
        return
    with spooled(str(source)) as copy:
        yield copy


def _file_name(uri: str) -> str:
    """The name at its place as one that a folder here can have."""
    plain = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in short_name(uri))
    return plain[-_LONGEST:].strip(" .") or "spooled"


def _fetch_web(uri: str, target: IO[bytes], progress: Progress | None) -> None:
    with Web(uri).asked() as answer:
        if answer.status_code != _OK:
            raise HistoryError(
                f"{shown_uri(uri)} answered {answer.status_code} {answer.reason}. Check the address.",
                path=shown_uri(uri),
                status=answer.status_code,
            )
        packed = answer.headers.get("Content-Encoding", "identity") != "identity"
        size = 0 if packed else int(answer.headers.get("Content-Length") or 0)
        _copy(pieces(answer), target, shown_uri(uri), size, progress)


def _fetch_any(uri: str, target: IO[bytes], progress: Progress | None) -> None:
    import fsspec  # noqa: PLC0415 - takes a moment, and is needed here only

    inner, web = ends_in_web(uri)
    if web:
        with spooled(web) as copy:
            _fetch_any(f"{inner}::{copy.as_uri()}", target, progress)
        return
    try:
        with fsspec.open(uri, "rb") as file:
            size = getattr(file, "size", None) or 0
            _copy(iter(lambda: file.read(_CHUNK), b""), target, shown_uri(uri), int(size), progress)
    except ImportError as error:
        raise missing_package(error, uri) from error
    except ValueError as error:
        if "Protocol not known" not in str(error):
            raise
        raise HistoryError(
            f"{shown_uri(uri)} has a protocol that nobody here knows. Use a path, or file, http, https, s3, gs, az or "
            "sftp.",
            path=shown_uri(uri),
        ) from error


def _copy(pieces: Iterator[bytes], target: IO[bytes], name: str, size: int, progress: Progress | None) -> None:
    done = 0
    for piece in pieces:
        done += len(piece)
        check_size(done, name, MOST_UNPACKED)
        target.write(piece)
        if progress is not None and size:
            progress(min(1.0, done / size))


def _reason(error: Exception, uri: str) -> str:
    """The error's own words on one line, without the credentials that it may quote."""
    words = " ".join(str(error).split()) or type(error).__name__
    return without_secrets(words, uri)[:200]
