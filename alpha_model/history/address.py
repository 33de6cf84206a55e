"""What does an address such as `s3://bucket/state.json` say of itself, and what must be installed to reach it?"""

from __future__ import annotations

from pathlib import Path
from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from alpha_model.errors import HistoryError

WEB = ("http", "https")

_PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("abfs", "abfss", "adl", "az"), "adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    "libarchive": "libarchive-c",
    "smb": "smbprotocol",
    **dict.fromkeys(WEB, "'alpha-model[remote]'"),
}
"""What pip calls the package of a protocol, where it is not called as the module that is missing."""


def is_uri(source: object) -> TypeGuard[str]:
    """Is this an address such as `s3://bucket/state.json`, and not a path?"""
    return isinstance(source, str) and "://" in source


def local_path(uri: str) -> Path | None:
    """The path that a `file://` address stands for; None for any other."""
    parts = urlsplit(uri)
    return Path(unquote(parts.netloc + parts.path)) if parts.scheme == "file" else None


def shown_uri(uri: str) -> str:
    """The address without credentials, query and fragment."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def short_name(uri: str) -> str:
    """What the file is called at its place."""
    return unquote(urlsplit(uri).path.rstrip("/").rpartition("/")[2]) or shown_uri(uri)


def missing_package(error: ImportError, uri: str) -> HistoryError:
    """An error whose one sentence names what to install.

    Args:
        error: What an import said; fsspec tells the missing module in the cause of its own error.
        uri: The address that needs it.
    """
    scheme = urlsplit(uri).scheme
    cause = error.__cause__
    module = (cause.name if isinstance(cause, ImportError) else None) or error.name or str(error)
    package = _PACKAGES.get(scheme, module.partition(".")[0])
    return HistoryError(
        f"{shown_uri(uri)} needs a package for {scheme}://, which is not installed. Run: pip install {package}",
        path=shown_uri(uri),
        package=package,
    )
