"""Which files of a dataset make up a strategy's history now?

Beside the months of a strategy lies `_manifest.json`. It names the files that count; others are leftovers, or not ready
yet. A file's name holds a digest of its content and the file never changes, so that replacing the manifest is the one
moment at which a change is there, wholly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct, field

from alpha_model.history.files import Place
from alpha_model.history.tables import UNREADABLE
from alpha_model.values import HistoryError

FORMAT = "alpha-model-dataset"
VERSION = 1

_MANIFEST = "_manifest.json"
_UNNAMED = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls the partition of rows without a value."""
_LONGEST = 180
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_FILE = re.compile(r"[a-z_]+-[0-9a-f]{16}\.parquet")
_DRAFT = re.compile(rf"\.{_FILE.pattern}\.[0-9]+-[0-9a-f]{{8}}\.new")

_Count = Annotated[int, Meta(ge=0)]


class StoredFile(Struct, frozen=True):
    """A Parquet file: its path from the dataset on, its size, its rows."""

    path: str
    byte_count: _Count
    row_count: _Count


class Mark(Struct, frozen=True):
    """A source whose first so many bytes are in the dataset, recognised by their digest wherever it lies.

    Args:
        byte_count: So many.
        digest: Of these bytes.
        is_renamed: It was filed under another name than its own.
    """

    byte_count: _Count
    digest: str
    is_renamed: bool = False


class Manifest(Struct, frozen=True):
    """What a strategy's part of a dataset consists of.

    Args:
        strategy: Its name as it was recorded; None for records without one.
        format: Always `FORMAT`.
        version: A reader refuses a higher one.
        months: By `2026-01`, UTC, in order: the file of each table that has rows.
        marks: What was compacted so far.
    """

    strategy: str | None
    format: str = FORMAT
    version: int = VERSION
    months: dict[str, dict[str, StoredFile]] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)

    @property
    def paths(self) -> set[str]:
        """Every file that counts."""
        return {file.path for files in self.months.values() for file in files.values()}

    @property
    def fingerprint(self) -> str:
        """Sixteen letters that change with the dataset's part of the strategy."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=8).hexdigest()

    @property
    def byte_count(self) -> int:
        """Of all its files."""
        return sum(file.byte_count for files in self.months.values() for file in files.values())


def folder_of(strategy: str | None) -> str:
    """The folder of a strategy in a dataset, whatever letters its name has."""
    if strategy is None:
        return f"strategy={_UNNAMED}"
    name = quote(strategy, safe=" ()+,@").strip()
    if len(name) > _LONGEST or name in ("", _UNNAMED) or name != quote(strategy, safe=" ()+,@"):
        name = f"{name[:_LONGEST].rpartition('%')[0] or name[:_LONGEST]}~{_short_digest(strategy)}"
    return f"strategy={name}"


def file_path(strategy: str | None, month: str, table: str, digest: str) -> str:
    """Where in a dataset the file of a table lies whose content has this digest of 16 letters."""
    return f"{folder_of(strategy)}/month={month}/{table}-{digest}.parquet"


def is_month(folder: str) -> bool:
    """May a folder of this name hold the files of a month?"""
    return folder.startswith("month=") and _MONTH.fullmatch(folder.removeprefix("month=")) is not None


def is_own_file(name: str) -> bool:
    """Is this the name of a file of a dataset, or of one that was not finished?"""
    return (_FILE.fullmatch(name) or _DRAFT.fullmatch(name)) is not None


def load_manifest(place: Place, strategy: str | None) -> Manifest | None:
    """The manifest of a strategy; None where the dataset has nothing of it.

    Raises:
        HistoryError: It cannot be read, or is of a later version, or of another strategy.
    """
    found = _load(place, folder_of(strategy))
    if found is not None and found.strategy != strategy:
        raise HistoryError(
            f"{place} cannot hold both {strategy!r} and {found.strategy!r}: its file system takes their names for one. "
            "Use another dataset.",
            path=str(place),
            strategy=strategy,
        )
    return found


def load_manifests(place: Place) -> Iterator[Manifest]:
    """The manifests of all strategies of a dataset, in the order of their names.

    Raises:
        HistoryError: One cannot be read, or lies in the folder of another strategy.
    """
    seen = set()
    for name in place.names():
        found = _load(place, name) if name.startswith("strategy=") else None
        if found is None:
            continue
        if folder_of(found.strategy).casefold() != name.casefold() or found.strategy in seen:
            raise _damaged(place, name, f"it is that of {found.strategy!r}")
        seen.add(found.strategy)
        yield found


def save_manifest(place: Place, manifest: Manifest) -> None:
    """Let this be what the strategy's history consists of, from now on.

    Raises:
        RecordError: It cannot be written; nothing has changed.
    """
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    place.write(f"{folder_of(manifest.strategy)}/{_MANIFEST}", data)


def _load(place: Place, folder: str) -> Manifest | None:
    try:
        data = place.read(f"{folder}/{_MANIFEST}")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HistoryError(f"cannot read {place}: {place.told(error)}.", path=str(place)) from error
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except UNREADABLE as error:
        raise _damaged(place, folder, str(error)) from error
    if found.format != FORMAT or found.version > VERSION:
        raise HistoryError(
            f"{place} is a dataset of version {found.version}, and this program reads up to version {VERSION}. "
            "Update alpha-model.",
            path=str(place),
            version=found.version,
        )
    strange = next(_strange_files(place, found), None)
    if strange is not None:
        raise _damaged(place, folder, f"it names {strange!r}, which is no file of its own")
    return found


def _strange_files(place: Place, manifest: Manifest) -> Iterator[str]:
    """What it names that is not where its own files are, by their names, or is a link to somewhere else."""
    for month, files in manifest.months.items():
        for table, file in files.items():
            digest = file.path.rpartition("-")[2].removesuffix(".parquet")
            is_own = _MONTH.fullmatch(month) and _FILE.fullmatch(f"{table}-{digest}.parquet")
            is_here = file.path == file_path(manifest.strategy, month, table, digest)
            if not is_own or not is_here or place.is_link(file.path):
                yield file.path


def _damaged(place: Place, folder: str, reason: str) -> HistoryError:
    message = f"{folder}/{_MANIFEST} in {place} is damaged: {reason}. Compact its records into a new dataset."
    return HistoryError(message, path=str(place))


def _short_digest(words: str) -> str:
    return hashlib.blake2b(words.encode(errors="surrogatepass"), digest_size=6).hexdigest()
