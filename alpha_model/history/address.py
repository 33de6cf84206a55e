"""What does an address such as `s3://bucket/state.json` say of itself, and what must be installed to reach it?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from alpha_model.errors import HistoryError

WEB = ("http", "https")

_CHAIN = re.compile(r"::(?![^\[\]]*\])")
"""Between the links of an address such as `zip://state.json::https://host/states.zip`; not in `[::1]`."""

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


def is_web(source: object) -> bool:
    """Is this an address of http or https?"""
    return is_uri(source) and urlsplit(source).scheme in WEB


def local_path(uri: str) -> Path | None:
    """The path that a `file://` address stands for; None for any other."""
    parts = urlsplit(uri)
    return Path(unquote(parts.netloc + parts.path)) if parts.scheme == "file" else None


def shown_uri(uri: str) -> str:
    """The address without credentials, query and fragment."""
    return "::".join(_shown_link(link) for link in _links(uri))


def short_name(uri: str) -> str:
    """What the file is called at its place; in an archive at an address, what it is called there."""
    *inner, last = map(urlsplit, _links(uri))
    paths = (*(f"{_host(parts.netloc)}{parts.path}" for parts in inner if parts.scheme), last.path)
    names = (unquote(path.rstrip("/").rpartition("/")[2]) for path in paths)
    return next(filter(None, names), None) or shown_uri(uri)


def without_secrets(words: str, uri: str) -> str:
    """What somebody said of an address, without the credentials and queries of it that they may have quoted."""
    for parts in map(urlsplit, _links(uri)):
        credentials = parts.netloc.rpartition("@")[0]
        for secret in (credentials, credentials.partition(":")[2], parts.query, parts.fragment):
            for told in filter(None, (secret, unquote(secret))):
                words = words.replace(told, "…")
    return words


def name_of(source: Path | str) -> str:
    """What a file is called, without where it is, be it named by a path or an address."""
    return short_name(source) if is_uri(source) else Path(source).name


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


def _links(uri: str) -> list[str]:
    """The links of a chain, the innermost first; a query of the web may have the mark of a chain in it."""
    found = _CHAIN.search(uri)
    if found is None or is_web(uri):
        return [uri]
    return [uri[: found.start()], *_links(uri[found.end() :])]


def _shown_link(link: str) -> str:
    if "://" not in link:
        return link
    parts = urlsplit(link)
    return f"{parts.scheme}://{_host(parts.netloc)}{parts.path}"


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]
