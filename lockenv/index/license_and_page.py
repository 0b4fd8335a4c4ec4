"""What people ask of a release: its license, and the page of its project.

Pure: the fields of core metadata go in, a StatedLicense and a URL come out. Never: what decides what is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.licenses import CLASSIFIED, StatedLicense
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST = 20
"""Classifiers of licenses that are read of one release."""
_LONGEST_LICENSE = 100
"""Characters of a License field that can name one; older releases have the whole text in it."""
_LONGEST_LINE = 500
_WEB = ("https://", "http://")
_LABELS = ("homepage", "documentation", "source", "repository", "sourcecode", "github")
"""Of Project-URL, the best first."""


def license_in(fields: Mapping[str, Sequence[str]]) -> StatedLicense:
    """Return what the fields say of the license: its expression; else classifiers, and a short License field."""
    # Core metadata specification, License: "deprecated in favour of License-Expression".
    if expression := _line(_first(fields, "license-expression")):
        return StatedLicense(expression=expression)
    named = (_line(text) for text in fields.get("classifier", ()) if text.startswith(CLASSIFIED))
    free = _first(fields, "license")
    free = free if len(free) <= _LONGEST_LICENSE and free.upper() != "UNKNOWN" else ""
    return StatedLicense(classifiers=tuple(dict.fromkeys(named))[:_MOST], text=_line(free))


def _line(text: str) -> str:
    return " ".join(printable(text).split())[:_LONGEST_LINE]


def page_in(fields: Mapping[str, Sequence[str]]) -> str:
    """Return the URL of the project's page: its home page, else its documentation, else its source; empty for none."""
    urls: dict[str, str] = {}
    for text in fields.get("project-url", ()):
        label, comma, url = text.partition(",")
        if comma:
            urls.setdefault(_normalized(label), url.strip())
    urls.setdefault("homepage", _first(fields, "home-page"))
    found = (urls.get(label, "") for label in _LABELS)
    return next((url for url in found if url.startswith(_WEB) and len(url) <= _LONGEST_LINE and _is_plain(url)), "")


def _normalized(label: str) -> str:
    # Well-known Project URLs in metadata: "remove all ASCII punctuation", "remove all whitespace", "lowercase".
    return "".join(char for char in label if char.isalnum()).lower()


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


def _first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(fields.get(name, ())), "")
