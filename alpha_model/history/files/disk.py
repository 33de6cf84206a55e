"""Which of the operating system's promises does the recorder build on?

All its reading and writing goes through these few calls, so that a test can put a disk in their place which fills up,
fails, or forgets at a power cut what was never synced.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """What a recorder asks of a disk; files are file descriptors, and every call may raise `OSError`."""

    def open(self, path: Path) -> int:
        """Open a file to read and append, and make it where it does not exist."""

    def write(self, file: int, data: bytes) -> int:
        """Append; tells how many bytes were taken, which may be fewer than were given."""

    def sync(self, file: int) -> None:
        """Return when everything written to the file would survive a power cut."""

    def truncate(self, file: int, size: int) -> None:
        """Cut the file to this many bytes."""

    def sync_folder(self, folder: Path) -> None:
        """Return when the names of the folder's files would survive a power cut."""


class RealDisk:
    """The machine's own disk."""

    def open(self, path: Path) -> int:
        """See `Disk`."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def write(self, file: int, data: bytes) -> int:
        """See `Disk`."""
        return os.write(file, data)

    def sync(self, file: int) -> None:
        """See `Disk`."""
        if sys.platform == "darwin":  # where fsync leaves the bytes in the drive's own cache
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(file)

    def truncate(self, file: int, size: int) -> None:
        """See `Disk`."""
        os.ftruncate(file, size)

    def sync_folder(self, folder: Path) -> None:
        """See `Disk`."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
