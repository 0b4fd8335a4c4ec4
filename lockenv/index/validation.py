"""What a page may say in each of its fields, whichever format it is written in.

Pure: text from an index goes in; a value that can be trusted, or nothing, comes out.
"""

from __future__ import annotations

import re
from typing import Any

from lockenv.errors import InputError
from lockenv.index.legacy import specifier
from lockenv.vocabulary.names import NormalizedName, is_valid, normalize
from lockenv.vocabulary.patterns import lazy_pattern

_NAME = r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}+"
_REST = r"[!\"$-\[\]-~]*+(?<!/)"
"""Of a URL: printable ASCII without `#` and the backslash."""
_ABSOLUTE_URL = rf"https?://(?:[A-Za-z0-9._-]++|\[[0-9A-Fa-f:.]++\])(?::\d{{1,5}})?/{_REST}"
_FOURS = "[02468][048]|[13579][26]"
_LEAP = rf"(?:\d\d(?!00)(?:{_FOURS})|(?:{_FOURS})00)"
_DATE = (
    r"(?!0000)(?:\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
    rf"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)|{_LEAP}-02-29)"
)
"""A day of the calendar: on the page of nearly every old project, something was uploaded on a 29th of February."""
_UTC = rf"{_DATE}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,9}})?Z"
_FILENAME = lazy_pattern(_NAME)
_LOCAL = lazy_pattern(rf"file:///{_REST}")
_ABSOLUTE = lazy_pattern(_ABSOLUTE_URL)
_TIME = lazy_pattern(_UTC, "a")
_NAMES = lazy_pattern(rf"(?:{_NAME}\n)*+")
_URLS = lazy_pattern(rf"(?:(?:{_ABSOLUTE_URL}|/(?!/){_REST})\n)*+")
_DOTTED = lazy_pattern(r"/\.")
"""Looked for so, a megabyte takes a third of the time that `in` does."""
_DIGESTS = lazy_pattern(r"(?:[0-9a-f]{64}\n|\n)*+")
_TIMES = lazy_pattern(rf"(?:{_UTC}\n|\n)*+", "a")
_MOST_OBJECTS = 500_000
_MOST_LISTS = 100_000
_MOST_COMMAS = 1_500_000


def wrong(url: str, reason: str, hint: str = "check the URL of the index") -> InputError:
    """Return the error of a page that cannot be used."""
    return InputError(f"{url} is not a page of a package index: {reason}", hint=hint)


def check_amount(content: bytes, url: str) -> None:
    """Raise InputError for JSON of so many values that they take many times the memory of their text."""
    if has_many_values(content):
        raise wrong(url, "its JSON has too many values")


def has_many_values(content: bytes) -> bool:
    """Return whether a page has more values than any honest one.

    That has some 600 bytes, ten commas and three objects for each file, and hardly any lists. What is in an object or
    a list has a comma before it, or is the first.
    """
    size = len(content)  # a text has no more of anything than it has bytes
    return (
        (size > _MOST_LISTS and content.count(b"[") > _MOST_LISTS)
        or (size > _MOST_OBJECTS and content.count(b"{") > _MOST_OBJECTS)
        or (size > _MOST_COMMAS and content.count(b",") > _MOST_COMMAS)
    )


def check_version(version: str, url: str) -> None:
    """Raise InputError when a page says that it is of a version we do not understand.

    PEP 629: "if a tool encounters a major version greater than it supports, it MUST fail with an error".
    """
    found = re.fullmatch(r"(\d{1,6})\.\d{1,6}", version, re.ASCII)
    if found is None or int(found[1]) != 1:
        raise wrong(url, f"its version is {version[:20]!a}, but lockenv supports version 1")


def check_project(name: str, url: str, project: NormalizedName) -> None:
    """Raise InputError when a page says that it is another project's."""
    if not is_valid(name) or normalize(name) != project:
        raise wrong(url, f"it is the page of {name[:60]!a}, not of {project}")


class UrlJoiner:
    """Makes references on a page absolute."""

    def __init__(self, page: str, base: str = "") -> None:
        """Resolve references on the page at the URL `page` from its `base`, as its HTML writes it, if it has one.

        Raises ValueError when that is no URL.
        """
        from urllib.parse import urljoin, urlsplit

        self._base = urljoin(page, base)
        parts = urlsplit(self._base)
        self.root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        """What comes before a reference that begins with one slash."""
        self._is_local = urlsplit(page).scheme == "file"

    def __call__(self, reference: str) -> str | None:
        """Return `reference` without fragment and credentials; None when it names no file on a server."""
        from urllib.parse import urldefrag, urljoin, urlsplit

        try:
            whole = urlsplit(urldefrag(urljoin(self._base, reference.strip())).url)
            plain = whole._replace(netloc=whole.netloc.rpartition("@")[2]).geturl()
        except ValueError:
            return None
        if _ABSOLUTE.fullmatch(plain):
            return plain
        # A page from a server never links to a file of this machine.
        return plain if self._is_local and _LOCAL.fullmatch(plain) else None


def all_regular(names: list[str], references: list[str], digests: list[str], times: list[str]) -> bool:
    """Return whether every value is as it should be, and needs no work but a root before references.

    Nearly every page is so, and looking at columns costs a fraction of looking at values.
    """
    return are_places_regular(names, references) and _are(_DIGESTS, digests) and are_times_regular(times)


def are_places_regular(names: list[str], references: list[str]) -> bool:
    """Return whether every file name is one, and every reference a URL that needs no work but a root before it."""
    lines = _lines(references)
    return _are(_NAMES, names) and not _DOTTED.search(lines) and _match(_URLS, lines, len(references))


def are_times_regular(times: list[str]) -> bool:
    """Return whether every time is one in UTC, or empty."""
    return _are(_TIMES, times)


def _are(pattern: re.Pattern[str], column: list[str]) -> bool:
    """Return whether `pattern`, one of many lines, matches the values of a column."""
    return _match(pattern, _lines(column), len(column))


def _lines(column: list[str]) -> str:
    return "\n".join([*column, ""])


def _match(pattern: re.Pattern[str], lines: str, count: int) -> bool:
    return lines.count("\n") == count and pattern.fullmatch(lines) is not None


def is_filename(text: str) -> bool:
    """Return whether `text` is one path component that a distribution file may have as its name."""
    return _FILENAME.fullmatch(text) is not None


def provenance_url(value: Any) -> str:
    """Return the URL of a provenance object; empty when `value` is none (PEP 740: "a fully qualified URL").

    One with an asterisk is none: there the compact form of a page writes the name of the file.
    """
    return value if isinstance(value, str) and "*" not in value and _ABSOLUTE.fullmatch(value) else ""


def moment(text: Any) -> str:
    """Return an upload time as RFC 3339 in UTC; empty when `text` is none."""
    if not isinstance(text, str):
        return ""
    if _TIME.fullmatch(text):
        return text
    from datetime import UTC, datetime

    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return ""
    try:
        return parsed.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if parsed.tzinfo else ""
    except OverflowError:  # in UTC it is before the year 1 or after the year 9999
        return ""


class Specifiers(dict[str, str]):
    """`Requires-Python` by how the page writes it; what no one can understand restricts nothing, as in pip."""

    def __missing__(self, text: str) -> str:
        self[text] = found = specifier(text) or ""
        return found
