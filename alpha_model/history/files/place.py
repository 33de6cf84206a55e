"""How does a file come to lie at a place, wholly or not at all, be the place a folder or a bucket?

A dataset lies at any path of fsspec. Here is what it asks of it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import filelock
import fsspec
import platformdirs
import pyarrow as pa
import pyarrow.fs as pa_fs

from alpha_model.history.files.address import (
    ends_in_web,
    is_doubtful,
    is_uri,
    is_web,
    missing_package,
    shown,
    without_secrets,
)
from alpha_model.values import HistoryError, RecordError

_LOCK = ".compaction.lock"
_WHOLE_PUTS = frozenset({"abfs", "adl", "az", "gcs", "gs", "memory", "oci", "s3", "s3a"})
"""Protocols that show a file that is put there only when it is whole."""

_AT_ONCE = 1 << 20
"""Bytes: smaller files are fetched whole."""


class Place:
    """A folder, local or remote.

    Args:
        where: A path, or an address such as `s3://bucket/folder`.

    Raises:
        HistoryError: The protocol is not known, what it needs is not installed, or it is that of the web.
    """

    def __init__(self, where: Path | str) -> None:
        address = str(where)
        self._address = address
        self._shown = shown(address)
        if is_web(address) or (is_uri(address) and any(ends_in_web(address))):
            raise HistoryError(f"{self} is on a web server, where no dataset can be. Give a folder or a bucket.")
        try:
            self._files, root = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise missing_package(error, address) from error
        except ValueError as error:
            raise HistoryError(
                f"cannot reach {self}: {self.told(error)}. Give a folder, or install what it names."
            ) from error
        self._root = str(root).rstrip("/")
        self._hides_all = is_uri(address) and is_doubtful(address)
        self._is_local = "file" in _protocols(self._files)

    def __str__(self) -> str:
        """The address without credentials."""
        return self._shown

    @property
    def name(self) -> str:
        """What it is called, without where it is."""
        return self._shown if self._hides_all else self._root.rpartition("/")[2] or self._shown

    def told(self, error: Exception) -> str:
        """An error's own words, without the credentials that they may quote."""
        words = str(getattr(error, "strerror", None) or error)
        return without_secrets(words, self._address) if is_uri(self._address) else words

    @property
    def is_local(self) -> bool:
        """Is it a folder of this machine?"""
        return self._is_local

    def is_folder(self) -> bool:
        """Is there a folder, or what a bucket has for one?"""
        return bool(self._files.isdir(self._root))

    @property
    def arrow(self) -> Any:
        """The same place's file system as Arrow sees it."""
        return pa_fs.LocalFileSystem() if self._is_local else pa_fs.PyFileSystem(pa_fs.FSSpecHandler(self._files))

    def path(self, name: str) -> str:
        """The whole path of a file, for `arrow`."""
        return f"{self._root}/{name}"

    def open(self, name: str, byte_count: int) -> pa.NativeFile:
        """A file of that size to read with Arrow.

        Arrow may let go of a file in a thread of its own while the program ends, when Python cannot be called any more.
        So it gets its own files and memory; only of a large file elsewhere it asks Python, for the parts it needs.

        Raises:
            FileNotFoundError: It is not there, or not any more.
        """
        if self._is_local:
            return pa.OSFile(self.path(name))
        if byte_count <= _AT_ONCE:
            return pa.BufferReader(_arrow_memory(self.read(name)))
        return pa.PythonFile(self._files.open(self.path(name), "rb"), mode="r")

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileNotFoundError: It is not there, or not any more.
        """
        return cast("bytes", self._files.cat_file(self.path(name)))

    def names(self, folder: str = "") -> list[str]:
        """What lies in a folder, without the folders before it; nothing where there is no folder."""
        self._files.invalidate_cache()
        try:
            found = self._files.ls(self.path(folder).rstrip("/"), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)

    def is_link(self, name: str) -> bool:
        """Does a name stand for something that lies elsewhere on this machine?"""
        return self._is_local and Path(self.path(name)).is_symlink()

    def write(self, name: str, data: bytes) -> None:
        """Put a file there, or another in its place: whoever reads finds the old bytes or the new ones, all of them.

        Raises:
            RecordError: It cannot be written; what was there before is there still.
        """
        path = self.path(name)
        try:
            if self._is_local:
                _replace(Path(path), data)
                return
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            if _WHOLE_PUTS & _protocols(self._files):
                self._files.pipe_file(path, data)
                return
            beside = f"{path.rpartition('/')[0]}/{_beside(name)}"
            self._files.pipe_file(beside, data)
            self._files.mv(beside, path)
        except OSError as error:
            message = f"cannot write {name} to {self}: {self.told(error)}. Give a place that you may write to."
            raise RecordError(message, path=str(self)) from error

    def remove(self, name: str) -> None:
        """Take a file away; one that is not there does no harm."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self.path(name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one on this machine that changes what lies here.

        Raises:
            RecordError: Another process does already, or the place cannot be written to.
        """
        if self._is_local:
            path = Path(self.path(_LOCK))
        else:
            known = hashlib.blake2b(self.path("").encode(), digest_size=12).hexdigest()
            path = platformdirs.user_cache_path("alpha-model") / "locks" / f"{known}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(path, timeout=0):
                yield
        except filelock.Timeout as error:
            message = f"another compaction into {self} is under way. Wait for it, then try again."
            raise RecordError(message, path=str(self)) from error


def _arrow_memory(data: bytes) -> pa.Buffer:
    """A copy that belongs to Arrow."""
    sink = pa.BufferOutputStream()
    sink.write(data)
    return sink.getvalue()


def _protocols(files: Any) -> set[str]:
    found = files.protocol
    return {found} if isinstance(found, str) else set(found)


def _beside(name: str) -> str:
    return f".{name.rpartition('/')[2]}.{os.getpid()}-{secrets.token_hex(4)}.new"


def _replace(path: Path, data: bytes) -> None:
    """Write beside, sync, and rename into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(_beside(path.name))
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
