"""Where a project's files write what a lock was made from.

Pure: the documents and the key of an input go in; an Origin comes out. For what is not written any more, the table
that it was written in, or the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.project import messages
from lockenv.project.layers import TOOL
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.project.document import Document
    from lockenv.project.positions import Path

_PROJECT = ("dependencies", "requires-python")
_TABLES: dict[str, Path] = {"extras": ("project", "optional-dependencies"), "groups": ("dependency-groups",)}
_WRITTEN = {"indexes": ("index",), "no-build": ("no-build", "no-build-package")}
_WRITTEN["no-binary"] = ("no-binary", "no-binary-package")


def place(key: str, pyproject: Document | None, own: Document | None) -> Origin | None:
    """Return where `pyproject` or `own`, a `lockenv.toml`, writes the input `key`, such as `extras.socks`.

    None where neither is known.
    """
    candidates = list(_candidates(key, pyproject, own))
    if not candidates:
        return None
    best, named = candidates[0]
    for document, path in candidates:
        origin = document.origin(path, at_key=True)
        if origin.line:
            if path == named:
                return origin
            return Origin(file=document.file, key=messages.key_text(named), line=origin.line)
    return Origin(file=best.file, key=messages.key_text(named))


def _candidates(key: str, pyproject: Document | None, own: Document | None) -> Iterator[tuple[Document, Path]]:
    """Return the places to look at, the best first."""
    written: tuple[str, ...] = _WRITTEN.get(key, (key,))
    if own is not None and any(name in own.root for name in written):
        yield from ((own, (name,)) for name in written if name in own.root)
    elif pyproject is not None:
        yield from ((pyproject, path) for path in _paths(pyproject, key))
    elif own is not None:
        yield from ((own, (name,)) for name in written)


def _paths(document: Document, key: str) -> Iterator[Path]:
    """Return the places to look at, the best first."""
    head, _, name = key.partition(".")
    if head in _TABLES and name:
        table = _TABLES[head]
        for written in document.table(table):
            if normalize(written) == name:
                yield (*table, written)
        yield (*table, name)
        yield table
        yield ("project",)
    elif key in _PROJECT or key == "dynamic":
        yield ("project", key)
        yield ("project",)
    else:
        for written in _WRITTEN.get(key, (key,)):
            yield (*TOOL, written)
        yield TOOL
