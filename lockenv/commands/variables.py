"""`${VAR}` in what a project names: replaced when it is used, never where it is recorded.

A value goes into a URL as what it is: between `://` and `@` it is a user or a password, whatever characters it has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.project.wording import is_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_PARTS = re.compile(r"(?P<scheme>[a-z]+://)(?P<user>[^/]*@)?(?P<host>[^/]*)(?P<path>.*)", re.DOTALL)
# RFC 3986, section 3.2.1: userinfo is unreserved characters, percent-encoded ones, sub-delims and ":".
_USERINFO = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_URL = re.compile(r"(?:https?|file)://[^\s?#\\]+")


def substituted(text: str, environ: Mapping[str, str]) -> str:
    """Give `text`, the URL of an index, with each `${VAR}` replaced.

    Raises UsageError for a variable that is not set, for one in the path that is secret by its name, and where what
    comes out is no URL.
    """
    if "${" not in text:
        return text
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return _checked(text, replaced(text, environ))
    for match in _VARIABLE.finditer(parts["host"] + parts["path"]):
        if is_secret(match[1]):
            raise UsageError(
                f"{_shown(text)} has the secret {match[0]} in its path, which the lock and the cache would hold",
                hint="write it before the host, as https://user:${VAR}@host/, or name the index and set its variables",
            )
    user = _VARIABLE.sub(lambda match: _encoded(_value(match, text, environ)), parts["user"] or "")
    rest = _VARIABLE.sub(lambda match: _value(match, text, environ), parts["host"] + parts["path"])
    return _checked(text, f"{parts['scheme']}{user}{rest}")


def replaced(text: str, environ: Mapping[str, str]) -> str:
    """Give `text` with each `${VAR}` replaced as it stands. Raises UsageError for a variable that is not set."""
    return _VARIABLE.sub(lambda match: _value(match, text, environ), text) if "${" in text else text


def _checked(text: str, url: str) -> str:
    if not _URL.fullmatch(url):
        # What came out may hold a password, so that the message does not repeat it.
        raise UsageError(f"{_shown(text)} is not the URL of an index once its variables are replaced")
    return url


def _value(match: re.Match[str], text: str, environ: Mapping[str, str]) -> str:
    found = environ.get(match[1])
    if not found:
        raise UsageError(f"{_shown(text)} needs the environment variable {match[1]}", hint=f"set {match[1]}")
    return found.rstrip("/") if match.string.startswith("/", match.end()) else found


def _encoded(value: str) -> str:
    """Give `value` as it may stand before a host; one that may already is taken as encoded."""
    if _USERINFO.fullmatch(value):
        return value
    from urllib.parse import quote

    return quote(value, safe=":")


def _shown(text: str) -> str:
    from lockenv.fetch.urls import shown

    return shown(text)
