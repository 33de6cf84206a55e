"""Disks that do what real ones do on a bad day: fill up, fail, and forget at a power cut what was never synced."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alpha_model.history.files.disk import RealDisk


@dataclass(frozen=True)
class PowerCut:
    """What a power cut at one moment may leave of a file, and what had been promised by then."""

    acknowledged: int
    durable: bytes | None
    current: bytes

    def leftovers(self) -> Iterator[bytes | None]:
        """Each file that may be found afterwards; None is no file at all."""
        yield self.durable
        kept = self.durable or b""
        if self.current.startswith(kept):
            late = self.current[len(kept) :]
            for cut in {1, len(late) // 2, len(late) - 1, len(late)} & set(range(1, len(late) + 1)):
                yield kept + late[:cut]
                yield kept + late[:cut] + bytes(len(late) - cut)
            if late:
                yield kept + bytes(len(late))
        else:
            yield self.current


class QuickDisk(RealDisk):
    """Syncs nothing: for the parts of a test that no power cut follows."""

    def sync(self, file: int) -> None:
        del file

    def sync_folder(self, folder: Path) -> None:
        del folder


class ForgetfulDisk(QuickDisk):
    """Notes before and after every call what a power cut would leave of the file."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.cuts: list[PowerCut] = []
        self._durable: bytes | None = None
        self._synced: bytes | None = None
        self._path: Path | None = None

    def open(self, path: Path) -> int:
        if self._path is None and path.exists():
            self._durable = self._synced = path.read_bytes()
        self._path = path
        file = super().open(path)
        self._note()
        return file

    def write(self, file: int, data: bytes) -> int:
        taken = super().write(file, data[: max(1, 2 * len(data) // 3)])
        self._note()
        return taken

    def sync(self, file: int) -> None:
        super().sync(file)
        self._synced = self._now()
        if self._durable is not None:
            self._durable = self._synced
        self._note()

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self._durable = self._synced
        self._note()

    def truncate(self, file: int, size: int) -> None:
        super().truncate(file, size)
        self._note()

    def _now(self) -> bytes:
        assert self._path is not None
        return self._path.read_bytes()

    def _note(self) -> None:
        self.cuts.append(PowerCut(self.acknowledged, self._durable, self._now()))


class UnsyncedDisk(ForgetfulDisk):
    """The recorder with its fdatasync taken out."""

    def sync(self, file: int) -> None:
        del file


@dataclass
class FailingDisk(QuickDisk):
    """Fails once, in its nth call.

    Args:
        at: The number of the call that fails, from 0.
        code: How; a write takes half of what it was given first.
        calls: The names of the calls so far.
    """

    at: int = -1
    code: int = errno.EIO
    calls: list[str] = field(default_factory=list)

    def open(self, path: Path) -> int:
        self._call("open")
        return super().open(path)

    def write(self, file: int, data: bytes) -> int:
        if len(self.calls) == self.at:
            super().write(file, data[: len(data) // 2])
        self._call("write")
        return super().write(file, data)

    def sync(self, file: int) -> None:
        self._call("sync")
        super().sync(file)

    def truncate(self, file: int, size: int) -> None:
        self._call("truncate")
        super().truncate(file, size)

    def sync_folder(self, folder: Path) -> None:
        self._call("sync_folder")
        super().sync_folder(folder)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) - 1 == self.at:
            raise OSError(self.code, os.strerror(self.code))
