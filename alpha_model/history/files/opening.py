"""How do the bytes of a file, plain or compressed, become a document in memory?

Plain files are mapped, not read. Compressed ones are unpacked into a temporary file first, which is mapped in turn.
What the file is called makes no difference; its first bytes tell.
"""

from __future__ import annotations

import gzip
import io
import mmap
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

import pyarrow as pa

from alpha_model.values import HistoryError

MappedFile = mmap.mmap | bytearray
"""Bytes that may be patched in memory without touching the file."""

Unpacker: TypeAlias = Callable[[Path | bytes], Any]
"""Opens what is compressed, a file or its bytes, as a stream of what it holds."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20
MOST_UNPACKED = 16 << 30
"""Bytes that a compressed or fetched file may have; beyond them it is taken for a trap that would fill the disk."""
BYTES_A_VALUE = 100
"""What a value of a JSON document takes in memory while it is read, about, where it is as short as a value can be."""

_BROKEN = (OSError, EOFError, zlib.error, pa.ArrowInvalid)


def open_file(path: Path, max_bytes: int | None = None, name: str | None = None) -> MappedFile:
    """The document of a file.

    Args:
        path: The file, plain or compressed.
        max_bytes: Most bytes that a compressed one may have when unpacked; None is `MOST_UNPACKED`.
        name: What it is called for people, unless by its path.

    Raises:
        HistoryError: It cannot be opened, is empty, or is compressed and damaged or too large.
    """
    told = name or str(path)
    try:
        with path.open("rb") as file:
            unpack = _unpacker(file.read(4))
            if unpack is None:
                return _mapped(file, told)
            with tempfile.TemporaryFile() as unpacked:
                _copy(unpack, path, unpacked, told, MOST_UNPACKED if max_bytes is None else max_bytes)
                return _mapped(unpacked, told)
    except FileNotFoundError as error:
        raise HistoryError(f"there is no file {told}. Check the path.", path=path) from error
    except IsADirectoryError as error:
        raise HistoryError(f"{told} is a folder, not a history file. Name a file in it.", path=path) from error
    except PermissionError as error:
        raise HistoryError(f"{told} may not be read by this user. Change its permissions.", path=path) from error
    except OSError as error:
        raise HistoryError(f"{told} cannot be read: {error.strerror or error}.", path=path) from error


def open_bytes(data: bytes, name: str, max_bytes: int | None = None) -> bytearray:
    """The document of an upload, in memory, once.

    Args:
        data: The file's bytes, plain or compressed.
        name: The file's name, for messages.
        max_bytes: Most bytes that it may have when unpacked; None is no limit.

    Raises:
        HistoryError: It is empty, too large, or compressed and damaged.
    """
    unpack = _unpacker(data[:4])
    document = bytearray()
    for piece in [data] if unpack is None else _pieces(unpack, data, name):
        check_size(len(document) + len(piece), name, max_bytes)
        document += piece
    if not document:
        raise _empty(name)
    return document


def _unpacker(first: bytes) -> Unpacker | None:
    if first.startswith(_GZIP):
        return _gunzip
    if first.startswith(_ZSTD):
        return _unzstd
    return None


def _gunzip(packed: Path | bytes) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=io.BytesIO(packed)) if isinstance(packed, bytes) else gzip.GzipFile(packed)


def _unzstd(packed: Path | bytes) -> pa.NativeFile:
    return pa.CompressedInputStream(
        pa.BufferReader(packed) if isinstance(packed, bytes) else pa.OSFile(str(packed)), "zstd"
    )


def _copy(unpack: Unpacker, packed: Path | bytes, target: IO[bytes], name: str, max_bytes: int | None) -> None:
    size = 0
    for piece in _pieces(unpack, packed, name):
        size += len(piece)
        check_size(size, name, max_bytes)
        target.write(piece)
    target.flush()


def _pieces(unpack: Unpacker, packed: Path | bytes, name: str) -> Iterator[bytes]:
    """What comes out of a compressed file, piece by piece; trouble with the place it goes to is not damage."""
    size = 0
    try:
        with unpack(packed) as stream:
            while piece := stream.read(_CHUNK):
                size += len(piece)
                yield piece
    except _BROKEN as error:
        raise HistoryError(
            f"{name} is compressed, and damaged after {size:,} unpacked bytes. Copy or download it again.", path=name
        ) from error


def check_size(size: int, name: str, max_bytes: int | None) -> None:
    """Raise a HistoryError where a document has more bytes than it may have."""
    if max_bytes is not None and size > max_bytes:
        raise HistoryError(
            f"{name} has more than {max_bytes:,} bytes when unpacked, which is the limit here. "
            "Unpack it and open it from a folder of the server, or raise the limit.",
            path=name,
            max_bytes=max_bytes,
        )


def check_values(document: MappedFile, name: str, max_bytes: int | None) -> None:
    """Raise a HistoryError where a JSON document is made of so many values that they would not fit into memory.

    Args:
        document: Its bytes.
        name: What it is called for people.
        max_bytes: Most bytes that it may take in memory; None is no limit.
    """
    if max_bytes is None:
        return
    parts = (bytes(document[start : start + _CHUNK]) for start in range(0, len(document), _CHUNK))
    count = sum(max(part.count(b",") + part.count(b"[") + part.count(b"{"), part.count(b"\n")) for part in parts)
    if len(document) + count * BYTES_A_VALUE > max_bytes:
        raise HistoryError(
            f"{name} has {len(document):,} bytes with {count:,} values, and reading them may take more than "
            f"{max_bytes:,} bytes of memory, which is the limit here. Open it from a folder of the server, or raise "
            "the limit.",
            path=name,
            max_bytes=max_bytes,
        )


def _mapped(file: IO[bytes], name: str) -> mmap.mmap:
    if not file.seek(0, io.SEEK_END):
        raise _empty(name)
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _empty(name: str) -> HistoryError:
    return HistoryError(f"{name} is empty. Copy or download it again.", path=name)
