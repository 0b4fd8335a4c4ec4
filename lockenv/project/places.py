"""Where a `pyproject.toml` writes what a lock was made from.

Pure: the file's text and the key of an input go in; an Origin comes out. For what is not written any more, the table
that it was written in, or the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.project import wording
from lockenv.project.document import Document
from lockenv.project.settings import TOOL
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.project.positions import Path

_PROJECT = ("dependencies", "requires-python")
_TABLES: dict[str, Path] = {"extras": ("project", "optional-dependencies"), "groups": ("dependency-groups",)}
_WRITTEN = {"indexes": ("index",), "no-build": ("no-build", "no-build-package")}
_WRITTEN["no-binary"] = ("no-binary", "no-binary-package")


def place(text: str, file: str, key: str) -> Origin:
    """Give where the `pyproject.toml` with `text` writes the input `key`, such as `extras.socks`."""
    document = Document(text, file)
    paths = list(_paths(document, key))
    for path in paths:
        origin = document.origin(path, at_key=True)
        if origin.line:
            return origin if path == paths[0] else Origin(file=file, key=wording.key_text(paths[0]), line=origin.line)
    return Origin(file=file, key=wording.key_text(paths[0]))


def _paths(document: Document, key: str) -> Iterator[Path]:
    """Give the places to look at, the best first."""
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
