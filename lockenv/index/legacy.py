"""Specifiers and requirements as old tools wrote them, made valid where their meaning is plain.

Pure: text goes in; valid text, or None where no one can say what was meant, comes out. What is valid comes out as it
was written.
"""

from __future__ import annotations

import re
from functools import cache

from lockenv.vocabulary.patterns import lazy_pattern

_VERSION = (
    r"v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?"
    r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?"
)
_CLAUSE = lazy_pattern(
    rf"\s*(===|==|~=|!=|<=|>=|<|>|=)\s*(['\"]?)({_VERSION})(\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?(\.?\*)?\2\s*",
    "ia",
)
_HEAD = lazy_pattern(
    r"\s*+((?=[A-Za-z0-9])[A-Za-z0-9._-]++(?<=[A-Za-z0-9]))\s*+"
    r"(?:\[([A-Za-z0-9._, -]*+)\])?\s*+(\(?)([^()]*+)(\)?)\s*+",
    "a",
)
"""Nothing is tried twice: a hostile line costs time in proportion to its length."""
_ARBITRARY = lazy_pattern(r"\s*===\s*[!-'*+\--:<-~]+\s*", "a")
"""What `===` compares: any printable ASCII, less what ends a clause."""
_EXTRA = lazy_pattern(r"\s*[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*", "a")
_DIRECT = lazy_pattern(r"[^@]*?@\s*\S+\s*", "a")


_BLANKS = str.maketrans(dict.fromkeys("\t\n\r\v\f\x1c\x1d\x1e\x1f", " "))
"""What `packaging` skips within a specifier, and not around a name: each is read as a space."""
_EXCESSIVE = lazy_pattern(r"\d{1000}", "a")
_LONGEST = 4000
"""Characters of a specifier that can mean something; a number of thousands of digits is none to Python."""


@cache
def specifier(text: str) -> str | None:
    """Return `text` as a valid version specifier; None when its meaning is not plain."""
    if len(text) > _LONGEST or _EXCESSIVE.search(text):
        return None
    text = text.translate(_BLANKS)
    written = [clause for clause in text.split(",") if clause.strip()]
    if all(map(_is_valid_clause, written)):
        return text if len(written) == text.count(",") + 1 else ",".join(written)
    clauses: list[str] = []
    rest = text.strip().strip("()").strip()
    if rest[:1] == rest[-1:] and rest[:1] in ("'", '"'):
        rest = rest[1:-1]
    while rest:
        found = _CLAUSE.match(rest)
        if found is None:
            return None
        clauses.append(_plain(found))
        rest = rest[found.end() :].lstrip(" \t,")
    return ",".join(clauses) if clauses and all(map(_is_valid_clause, ",".join(clauses).split(","))) else None


def requirement(text: str) -> str | None:
    """Return `text` as a valid requirement, its marker as written; None when its meaning is not plain."""
    head, separator, marker = text.partition(";")
    if not head.isprintable():
        head = head.translate(_BLANKS)
        text = f"{head}{separator}{marker}"
    if "@" in head:
        return text if _DIRECT.fullmatch(text.partition(" ;")[0]) else None
    found = _HEAD.fullmatch(head)
    if found is None:
        return None
    name, extras, opened, versions, closed = found.groups()
    if extras and extras.strip() and not all(map(_EXTRA.fullmatch, extras.split(","))):
        return None
    written = versions.strip(" \t")
    if not written and not opened:
        return None if closed else text
    valid = "" if written in ("", "*") else specifier(versions)
    if valid is None:
        return None
    if valid and valid == versions and bool(opened) == bool(closed):
        return text
    return f"{name}{f'[{extras}]' if extras else ''}{valid}{separator}{marker}"


@cache
def _is_valid_clause(text: str) -> bool:
    found = _CLAUSE.fullmatch(text)
    if found is None:
        return _ARBITRARY.fullmatch(text) is not None
    operator, quote, version, local, wildcard = found.groups()
    if operator == "===":
        return not quote
    if quote or operator == "=" or wildcard == "*":
        return False
    # Version specifiers specification: wildcards and local versions go with `==` and `!=` alone, a wildcard follows
    # the release, and "~=" needs more than one part of it.
    if wildcard:
        return operator in ("==", "!=") and not local and re.fullmatch(r"v?(?:\d+!)?[\d.]+", version) is not None
    if operator == "~=":
        return not local and re.match(r"v?(?:\d+!)?\d+\.\d", version) is not None
    return not local or operator in ("==", "!=")


def _plain(found: re.Match[str]) -> str:
    operator, _, version, local, wildcard = found.groups()
    operator = "==" if operator == "=" else operator
    exact = operator in ("==", "!=", "===")
    if wildcard and exact:
        return f"{operator[:2]}{version}.*"
    if operator == "~=" and ("." not in version or wildcard):
        # "~=3" and "~=3.6.*" were accepted once; the lower bound is what they surely say.
        return f">={version}"
    if operator == ">" and wildcard:
        # Nothing of the series itself was meant.
        return f">{version},!={version}.*"
    return f"{operator}{version}{local or ''}" if exact else f"{operator}{version}"
