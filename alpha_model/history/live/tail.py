"""Which whole lines were appended to this file since the last look?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from alpha_model.history.record import Line, is_whole, lines_of

_BLOCK = 1 << 24
_ANCHOR = 64


class FileReplacedError(Exception):
    """The file is not the one that was read so far: another file, a shorter one, or other bytes."""


class Tail:
    """Reads a file of JSON Lines from where it stopped the last time. An unfinished last line waits.

    The file is read, never mapped: a mapped file that another process cuts short kills the reader.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode: tuple[int, int] | None = None
        self._offset = 0
        self._number = 0
        self._anchor = b""
        self._ends_bare = False

    def lines(self) -> Iterator[Line]:
        """The lines that are new, each with its number and place in the file.

        Raises:
            FileReplacedError: Start again with a new `Tail`.
            OSError: The file is not there, or may not be read.
        """
        with self._path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            self._check(file.fileno(), status)
            size = _BLOCK
            while self._offset < status.st_size:
                block = os.pread(file.fileno(), min(size, status.st_size - self._offset), self._offset)
                if not block:
                    return
                is_last = self._offset + len(block) >= status.st_size
                taken = _whole_part(block, is_last=is_last)
                if not taken and is_last:
                    return
                yield from self._numbered(taken)
                size = _BLOCK if taken else 2 * size

    def _check(self, file: int, status: os.stat_result) -> None:
        inode = (status.st_dev, status.st_ino)
        start = self._offset - len(self._anchor)
        if self._inode not in (None, inode) or os.pread(file, len(self._anchor), start) != self._anchor:
            raise FileReplacedError
        self._inode = inode

    def _numbered(self, block: bytes) -> Iterator[Line]:
        start, number = self._offset, self._number - (self._ends_bare and block.startswith(b"\n"))
        self._offset += len(block)
        self._ends_bare = bool(block) and not block.endswith(b"\n")
        self._number = number + block.count(b"\n") + self._ends_bare
        self._anchor = (self._anchor + block)[-_ANCHOR:]
        for line in lines_of(block):
            yield line._replace(number=number + line.number, start=start + line.start)


def _whole_part(block: bytes, *, is_last: bool) -> bytes:
    """The block up to its last finished line; a line without a line end is finished when its checksum says so."""
    end = block.rfind(b"\n") + 1
    return block if is_last and end < len(block) and is_whole(block[end:]) else block[:end]
