"""Specifiers and requirements as old tools wrote them, made valid where their meaning is plain.

Pure: text goes in; valid text, or None where no one can say what was meant, comes out. What is valid comes out as it
was written.
"""

from __future__ import annotations

import re

_VERSION = (
    r"v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?"
    r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?(?:[-_.]?dev[-_.]?\d*)?"
)
_LOCAL = r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?"
_CLAUSE = (
    rf"(?:[=!]=\s*(?:{_VERSION}{_LOCAL}|v?(?:\d+!)?\d+(?:\.\d+)*\.\*)"
    rf"|(?:<=|>=|<|>)\s*{_VERSION}|~=\s*v?(?:\d+!)?\d+\.\d[^,\s;()*+]*|===\s*[^\s,;()]+)"
)
_SPECIFIER = rf"\s*{_CLAUSE}\s*(?:,\s*{_CLAUSE}\s*)*,?\s*"
_VALID_SPECIFIER = re.compile(rf"(?:{_SPECIFIER})?", re.IGNORECASE | re.ASCII)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXTRAS = rf"\s*(?:\[\s*(?:{_NAME}\s*(?:,\s*{_NAME}\s*)*)?\])?"
_VALID_HEAD = re.compile(
    rf"\s*{_NAME}{_EXTRAS}(?:{_SPECIFIER}|\s*\({_SPECIFIER}\)\s*|\s*@\s*\S+\s*|\s*)", re.IGNORECASE | re.ASCII
)
_HEAD = re.compile(rf"\s*({_NAME}{_EXTRAS})\s*(.*?)\s*", re.IGNORECASE | re.ASCII | re.DOTALL)
_LOOSE_CLAUSE = re.compile(rf"(===|==|~=|!=|<=|>=|<|>|=)\s*['\"]?({_VERSION})(\.?\*)?['\"]?", re.IGNORECASE | re.ASCII)


def specifier(text: str) -> str | None:
    """Give `text` as a valid version specifier; None when its meaning is not plain."""
    if _VALID_SPECIFIER.fullmatch(text):
        return text
    clauses: list[str] = []
    rest = text.strip().strip("()").strip().strip("'\"")
    while rest:
        found = _LOOSE_CLAUSE.match(rest)
        if found is None:
            return None
        clauses.append(_clause(*found.groups()))
        rest = rest[found.end() :].lstrip(" \t,")
    return ",".join(clauses) or None


def requirement(text: str) -> str | None:
    """Give `text` as a valid requirement, its marker as written; None when its meaning is not plain."""
    head, separator, marker = text.partition(" ;" if "@" in text else ";")
    if _VALID_HEAD.fullmatch(head):
        return text
    found = _HEAD.fullmatch(head)
    if found is None:
        return None
    versions = specifier(found[2]) if found[2] not in ("", "()", "*", "(*)") else ""
    if versions is None:
        return None
    return f"{found[1].strip()}{versions}{separator}{marker}"


def _clause(operator: str, version: str, wildcard: str | None) -> str:
    operator = "==" if operator in ("=", "===") else operator
    if wildcard and operator in ("==", "!="):
        return f"{operator}{version}.*"
    if operator == "~=" and ("." not in version or wildcard):
        # "~=3" and "~=3.6.*" were accepted once; the lower bound is what they surely say.
        return f">={version}"
    if operator == ">" and wildcard:
        # Nothing of the series itself was meant: the nearest valid form.
        return f">{version},!={version}.*"
    if operator == "<=" and wildcard:
        return f"<={version}"
    return f"{operator}{version}"
