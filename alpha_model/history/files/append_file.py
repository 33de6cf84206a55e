"""How are bytes added to a file so that they are wholly there, or not at all, whatever fails?"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alpha_model.history.files.disk import Disk
from alpha_model.history.tables import Buffer
from alpha_model.values import RecordError


class AppendFile:
    """A file that one process at a time appends to, under an exclusive `flock`.

    After an append that failed in a way that leaves the file's state unknown, every further one is refused: the owner
    opens the file anew and looks at what is there.

    Args:
        path: The file; it is made when it does not exist.
        disk: Where it lies.

    Raises:
        RecordError: The file cannot be written, or another recorder writes it.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self._place = path.absolute()
        self._disk = disk
        self._process = os.getpid()
        self._doubt: str | None = None
        self._file = -1
        try:
            self._file = disk.open(path)
        except OSError as error:
            raise RecordError(
                f"cannot write {path}: {error.strerror}. Give a file in an existing folder that you may write.",
                path=path,
            ) from error
        try:
            self._lock()
            self.size = os.fstat(self._file).st_size
        except BaseException:
            self.close()
            raise

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing twice does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @contextmanager
    def content(self) -> Iterator[Buffer]:
        """The bytes as they are now."""
        if not self.size:
            yield b""
            return
        with mmap.mmap(self._file, self.size, access=mmap.ACCESS_READ) as mapped:
            yield mapped

    def settle(self, end: int) -> None:
        """Cut the file to `end`, and wait until what is left, and its name, would survive a power cut.

        A process that was killed may have written without syncing; what it left is taken for kept only after this.

        Raises:
            RecordError: The disk fails.
        """
        try:
            if end < self.size:
                self._disk.truncate(self._file, end)
                self.size = end
            self._disk.sync(self._file)
            self._disk.sync_folder(self._place.parent)
        except OSError as error:
            raise RecordError(
                f"cannot make sure of {self.path}: {error.strerror}. Look after its disk, then open it again.",
                path=self.path,
            ) from error

    @contextmanager
    def appended(self, data: bytes) -> Iterator[None]:
        """Add bytes and wait until they are on disk; on failure the file is as before.

        What the owner notes down about them goes into the body: when that is interrupted, the owner and the file no
        longer agree, and further appends are refused.

        Raises:
            RecordError: The bytes were not kept.
        """
        self._check()
        self._doubt = "an earlier append was interrupted"
        written = False
        try:
            done = 0
            while done < len(data):
                done += self._disk.write(self._file, data[done:])
            written = True
            self._disk.sync(self._file)
        except BaseException as error:
            self._take_back(error, synced=not written or not isinstance(error, OSError))
            if not isinstance(error, OSError):
                raise
            raise RecordError(
                f"cannot write to {self.path}: {error.strerror}. {self._remedy(error)}", path=self.path
            ) from error
        self.size += len(data)
        yield
        self._doubt = None

    def _take_back(self, error: BaseException, *, synced: bool) -> None:
        """Cut off what an append left; whether the file may be trusted afterwards is kept in `_doubt`."""
        try:
            self._disk.truncate(self._file, self.size)
        except OSError as second:
            self._doubt = f"an earlier append failed ({error}) and could not be taken back ({second.strerror})"
            return
        # The kernel reports a failed sync once and then forgets it: a later sync would prove nothing.
        self._doubt = None if synced else f"the disk failed to keep an earlier append ({error})"

    def _remedy(self, error: OSError) -> str:
        if self._doubt is not None:
            return "This cycle was not kept. Look after the disk, then open the recorder again and append it."
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return "This cycle was not kept; free some space, then append it again."
        return "This cycle was not kept; append it again."

    def _check(self) -> None:
        """Refuse to append where that could lose or damage something."""
        if self._file < 0:
            raise RecordError(f"the recorder of {self.path} is closed. Open a new one.", path=self.path)
        if os.getpid() != self._process:
            raise RecordError(
                f"the recorder of {self.path} belongs to the process that opened it ({self._process}). "
                "Record there, or open a file of its own in each process.",
                path=self.path,
            )
        if self._doubt is not None:
            raise RecordError(f"{self.path}: {self._doubt}. Open the recorder again; nothing was written.")
        own = os.fstat(self._file)
        if own.st_size != self.size:
            raise RecordError(
                f"{self.path} was changed by another program: expected {self.size:,} bytes, got {own.st_size:,}. "
                "Open the recorder again; nothing was written.",
                path=self.path,
            )
        try:
            is_there = os.path.samestat(own, self._place.stat())
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise RecordError(
                f"{self.path} was moved, replaced or deleted while it is recorded. "
                "Open the recorder again; nothing was written.",
                path=self.path,
            )

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RecordError(
                f"another recorder is writing {self.path}{_holder(self._file)}. "
                "Close that one first, or record to a file of your own.",
                path=self.path,
            ) from error
        except OSError as error:
            raise RecordError(
                f"cannot lock {self.path}: {error.strerror}. Record to a local disk.", path=self.path
            ) from error


def _holder(file: int) -> str:
    """Which process holds the lock of a file, in words; nothing where the system does not tell."""
    own = os.fstat(file)
    place = f"{os.major(own.st_dev):02x}:{os.minor(own.st_dev):02x}:{own.st_ino}"
    try:
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    except OSError:
        return ""
    process = next((lock[4] for lock in locks if lock[1] == "FLOCK" and lock[5] == place), "0")
    return f", in process {process}" if int(process) > 0 else ""
