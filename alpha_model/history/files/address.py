"""What does an address such as `s3://bucket/state.json` say of itself, and what must be installed to reach it?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, TypeGuard
from urllib.parse import unquote

from alpha_model.values import HistoryError

WEB = ("http", "https")

_CHAIN = re.compile(r"::(?![^\[\]]*\])")
"""Between the links of an address such as `zip://state.json::https://host/states.zip`; not in `[::1]`."""

_BEGIN = re.compile(r"(?:^|::)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
"""Where a link that says its protocol begins."""

_QUERY = re.compile(r"[?#]")
_AUTHORITY = re.compile(r"[^/?#]*")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_HOST = re.compile(r"(\[[^\]]*\]|[^:@\[\]]*)(:[0-9]*)?")

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
    return is_uri(source) and _scheme(source) in WEB


def ends_in_web(uri: str) -> tuple[str, str]:
    """A chain such as `zip://state.json::https://host/a.zip` before its address of the web, and that; else two `""`."""
    *inner, last = _links(uri)
    return ("::".join(inner), last) if inner and is_web(last) else ("", "")


def local_path(uri: str) -> Path | None:
    """The path that a `file://` address stands for; None for any other."""
    return Path(unquote(_QUERY.split(uri.partition("://")[2], maxsplit=1)[0])) if _scheme(uri) == "file" else None


def shown_uri(uri: str) -> str:
    """The address without credentials, query and fragment, and without what may be a part of them."""
    return "::".join(link if "://" not in link else f"{_scheme(link)}://{_parts(link).shown}" for link in _links(uri))


def shown(source: Path | str) -> str:
    """An address as `shown_uri`, a path as it is."""
    return shown_uri(source) if is_uri(source) else str(source)


def short_name(uri: str) -> str:
    """What the file is called at its place; in an archive at an address, what it is called there."""
    *inner, last = _links(uri)
    paths = (*(_parts(link).shown for link in inner if "://" in link), _parts(last).path)
    names = (unquote(path.rstrip("/").rpartition("/")[2]) for path in paths)
    return next(filter(None, names), None) or shown_uri(uri)


def is_doubtful(uri: str) -> bool:
    """May what looks like host, path and query be a part of the password?"""
    return any(_parts(link).is_doubtful for link in _links(uri))


def without_secrets(words: str, uri: str) -> str:
    """What somebody said of an address, without the credentials and queries of it that they may have quoted.

    Of an address that may have been cut within its password, nobody knows what they quoted: nothing of it is told.
    """
    if is_doubtful(uri):
        return "what was said may quote its password. Write # in it as %23, ? as %3F, / as %2F, : as %3A, @ as %40"
    for link in _links(uri):
        for secret in _parts(link).secrets:
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
    scheme = _scheme(uri)
    cause = error.__cause__
    module = (cause.name if isinstance(cause, ImportError) else None) or error.name or str(error)
    package = _PACKAGES.get(scheme, module.partition(".")[0])
    return HistoryError(
        f"{shown_uri(uri)} needs a package for {scheme}://, which is not installed. Run: pip install {package}",
        path=shown_uri(uri),
        package=package,
    )


def _scheme(uri: str) -> str:
    return uri.partition(":")[0].lower()


def _links(uri: str) -> list[str]:
    """The links of a chain, the innermost first; a query of the web and a password may have the mark of one in them."""
    marks = [] if is_web(uri) else _CHAIN.finditer(uri)
    for mark in marks:
        rest = uri[mark.end() :]
        begin = _BEGIN.search(rest)
        if "@" not in (rest if begin is None else rest[: begin.start()]):
            return [uri[: mark.start()], *_links(rest)]
    return [uri]


class _Parts(NamedTuple):
    """One link, taken apart.

    Args:
        shown: Host and path, as far as they are certain to be no secret; `…` stands for what is not.
        path: The path alone, as far as it is certain.
        secrets: Credentials, the password among them, query and fragment.
        is_doubtful: An @ stands where it may end credentials that have a /, ?, # or :: in them, at which others cut.
    """

    shown: str
    path: str
    secrets: tuple[str, ...] = ()
    is_doubtful: bool = False


def _parts(link: str) -> _Parts:
    """Take a link apart by hand: libraries quote what they cannot read, and see a host in half a password."""
    text = link.partition("://")[2] if "://" in link else f"/{link}"
    authority = _AUTHORITY.match(text)
    assert authority is not None  # it matches nothing, too
    host, beyond = authority[0], text[authority.end() :]
    before, at, _ = beyond.rpartition("@")
    if at and ("@" in host or _may_cut(_BRACKETS.sub("", host) + before, is_query_usual=is_web(link))):
        return _doubtful(text, is_host=_HOST.fullmatch(host) is not None)
    path, query, fragment = _halves(beyond)
    credentials, _, host = host.rpartition("@")
    secrets = (credentials, credentials.partition(":")[2], query, fragment)
    return _Parts(f"{host}{path}", path, secrets, is_doubtful=_CHAIN.search(credentials) is not None)


def _may_cut(words: str, *, is_query_usual: bool) -> bool:
    """May these words before an @ be credentials, with a user name or a password that others cut?

    Args:
        words: Host and path, perhaps with a query and a fragment.
        is_query_usual: A query after a path is no sign of it.
    """
    query = _QUERY.search(words)
    return ":" in words or (query is not None and not (is_query_usual and "/" in words[: query.start()]))


def _doubtful(text: str, *, is_host: bool) -> _Parts:
    """What is after the last @, unless that may be a query.

    Args:
        text: A link without its scheme.
        is_host: It begins with what can be a host, and so what looks like a query may be one.
    """
    start = text.rindex("@") + 1
    query = _QUERY.search(text, 0 if is_host else text.index("@") + 1)
    end = len(text) if query is None else query.start()
    if end < start:
        return _Parts("…", "", is_doubtful=True)
    _, slash, path = text[start:end].partition("/")
    return _Parts(f"…@{text[start:end]}", f"{slash}{path}", is_doubtful=True)


def _halves(beyond: str) -> tuple[str, str, str]:
    """Path, query and fragment."""
    rest, _, fragment = beyond.partition("#")
    path, _, query = rest.partition("?")
    return path, query, fragment
