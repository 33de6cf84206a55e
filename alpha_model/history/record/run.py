"""Which run of a strategy wrote a record: on what code, with which versions, seeds and data?"""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from alpha_model.history.record.line_types import RunLine
from alpha_model.history.record.plain import plain
from alpha_model.history.tables import OddValueError, ProblemKind, coerce
from alpha_model.values import RecordError

_GIT_SECONDS = 5


def library_version() -> str | None:
    """The name and version of this library."""
    try:
        return f"alpha-model {metadata.version('alpha-model')}"
    except metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a strategy, as its author tells of it; None is not known.

    Args:
        run_id: A name that no other run has.
        started_at: When; naive is UTC.
        code_version: The strategy's own version.
        code_hash: SHA-256 of the strategy's files.
        git_commit: Of the repository that the strategy lies in.
        git_dirty: Whether there were changes that no commit had.
        library: Name and version of what records.
        python: Its version.
        dependencies: Versions by name.
        seeds: Of random numbers, by what they are for.
        data_fingerprint: Tells the data that it runs on from other data.
        expected_interval: From one cycle to the next; a number is seconds.
        extra: Whatever else is worth keeping, in JSON's types.
    """

    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: datetime | None = field(default_factory=lambda: datetime.now(UTC))
    code_version: str | None = None
    code_hash: str | None = None
    git_commit: str | None = None
    git_dirty: bool | None = None
    library: str | None = field(default_factory=library_version)
    python: str | None = field(default_factory=platform.python_version)
    dependencies: Mapping[str, str] | None = None
    seeds: Mapping[str, Any] | None = None
    data_fingerprint: str | None = None
    expected_interval: timedelta | float | None = None
    extra: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, code: Path | str, *, data: Any = None, dependencies: Iterable[str] = (), **told: Any) -> Run:
        """The run of the code in a file or folder: its hash, git's commit, and versions are looked up.

        Args:
            code: The strategy's file, usually `__file__`, or a folder, of which all Python files count.
            data: What it runs on, a frame, bytes or a text, of which a fingerprint is kept; None keeps none.
            dependencies: Names of installed packages whose versions matter.
            told: Any other argument of `Run`.
        """
        path = Path(code).resolve()
        folder = path if path.is_dir() else path.parent
        commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain")
        known = {
            "code_hash": _code_hash(path),
            "git_commit": commit,
            "git_dirty": None if commit is None or changes is None else bool(changes),
            "dependencies": {name: _version(name) for name in dependencies} or None,
            "data_fingerprint": None if data is None else fingerprint_of(data),
        }
        return cls(**(known | told))

    def line(self, strategy: str | None) -> RunLine:
        """The run as a line of a record.

        Raises:
            RecordError: Something of it has no form in JSON, or is of another kind.
        """
        interval = self.expected_interval
        seconds = interval.total_seconds() if isinstance(interval, timedelta) else interval
        said = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "expected_interval"}
        try:
            made = plain(said | {"strategy": strategy, "expected_interval_seconds": seconds}, _refuse)
            when = coerce.moment(made["started_at"])
            made["started_at"] = None if when is None else coerce.to_seconds(when)
            return msgspec.convert(made, RunLine)
        except (OddValueError, msgspec.ValidationError) as error:
            raise RecordError(f"cannot record the run: {error}. None says that it is not known.") from None


def _refuse(kind: ProblemKind, message: str, path: Sequence[str]) -> None:
    raise OddValueError(f"{message.rsplit('; ', 1)[0]} at {'.'.join(path)}", kind)


def fingerprint_of(data: Any) -> str:
    """Text that tells data from other data: of a pandas object its values, index and names, else of its bytes.

    Raises:
        RecordError: It is neither a pandas object, nor bytes or text.
    """
    pandas: Any = sys.modules.get("pandas")
    digest = hashlib.blake2b(digest_size=16)
    if pandas is not None and isinstance(data, (pandas.DataFrame, pandas.Series)):
        digest.update(pandas.util.hash_pandas_object(data).to_numpy().tobytes())
        digest.update(repr(list(getattr(data, "columns", [data.name if data.ndim == 1 else None]))).encode())
    elif isinstance(data, (str, bytes)):
        digest.update(data.encode() if isinstance(data, str) else data)
    else:
        raise RecordError(f"expected a pandas object, bytes or text, got {type(data).__name__}. Give one of them.")
    return digest.hexdigest()


def _code_hash(path: Path) -> str | None:
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    try:
        for file in files:
            digest.update(file.read_bytes())
    except OSError:
        return None
    return digest.hexdigest()


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers; None where there is no git, or no repository."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False)  # noqa: S603 - our own words
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() if found.returncode == 0 else None


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
