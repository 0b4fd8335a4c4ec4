"""The `[project]` table of a source tree as core metadata, where it states all that resolution needs.

Pure: the bytes of a pyproject.toml go in; the headers that a backend would write of them come out, or why only a build
could know it. Never: a guess of what a backend would add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.index.metadata import Headers
from lockenv.vocabulary import toml
from lockenv.vocabulary.names import is_valid

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 4 << 20
"""Bytes of a pyproject.toml; an honest one is far smaller."""
_DECISIVE = ("dependencies", "optional-dependencies", "requires-python")


def project_headers(content: bytes, version: str) -> Headers | str:
    """Return the headers that the `[project]` table in `content` states, or a clause: why it does not state all.

    The clause is empty where there is no such table. `version` replaces one that the table leaves to the backend.
    """
    if len(content) > LONGEST:
        return f"its pyproject.toml is longer than {LONGEST} bytes"
    try:
        document = toml.loads(content.decode())
    except (ValueError, RecursionError):
        return "its pyproject.toml is not TOML"
    table = document.get("project")
    if not isinstance(table, dict):
        return ""
    if "poetry" in (document.get("tool") or {}):
        # Poetry before 2.0 reads its own table and not this one; which of them builds is not known here.
        return "its pyproject.toml has a [tool.poetry] table, which may differ"
    # pyproject.toml specification: "Build back-ends MUST raise an error if the metadata specifies a field statically
    # as well as being listed in dynamic"; and what is in neither, "build back-ends MUST NOT" fill in.
    dynamic = table.get("dynamic", [])
    if not isinstance(dynamic, list):
        return "its [project] table is not valid"
    left = [key for key in _DECISIVE if key in dynamic]
    if left:
        return f"its [project] table declares {', '.join(left)} as dynamic"
    fields = _fields(table, version)
    return "its [project] table is not valid" if fields is None else Headers(fields)


def _fields(table: Mapping[str, Any], version: str) -> dict[str, tuple[str, ...]] | None:
    name, python = table.get("name", ""), table.get("requires-python", "")
    own, requires, extras = table.get("version", version), table.get("dependencies", []), _extras(table)
    if extras is None or not _are_lines([name, python, own]) or not _are_lines(requires):
        return None
    return {
        "name": (name,),
        "version": (own,),
        "requires-python": (python,),
        "provides-extra": tuple(extras),
        "requires-dist": (*requires, *(_gated(text, extra) for extra, texts in extras.items() for text in texts)),
        **_license(table),
    }


def _license(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what the table says of the license, which decides nothing: what is not valid is left out."""
    written, classifiers = table.get("license"), table.get("classifiers", [])
    found = {"classifier": tuple(classifiers)} if _are_lines(classifiers) else {}
    # pyproject.toml specification, license: an expression, or (deprecated) a table whose text is that of the field.
    if isinstance(written, str) and "\n" not in written:
        return {**found, "license-expression": (written,)}
    text = written.get("text") if isinstance(written, dict) else None
    return {**found, "license": (" ".join(text.split()),)} if isinstance(text, str) else found


def _extras(table: Mapping[str, Any]) -> Mapping[str, list[str]] | None:
    extras = table.get("optional-dependencies", {})
    if not isinstance(extras, dict) or not all(is_valid(key) and _are_lines(value) for key, value in extras.items()):
        return None
    return extras


def _are_lines(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and "\n" not in text for text in value)


def _gated(text: str, extra: str) -> str:
    """Return a requirement of an extra as core metadata write it."""
    # Dependency specifiers: a URL may hold a semicolon, and only one after a space ends it.
    what, separator, marker = text.partition(" ;" if "@" in text.partition(";")[0] else ";")
    return (
        f"{what.rstrip()} ; ({marker.strip()}) and extra == '{extra}'" if separator else f"{what} ; extra == '{extra}'"
    )
