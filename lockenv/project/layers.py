"""The settings of a project, from every file that may hold them: `lockenv.toml` and `[tool.lockenv]`.

Pure: documents go in; one view of their values comes out, in which a path begins with the name of a setting, wherever
that is written. Errors and origins name the file that holds the value, and the key as it is written there. A setting
is taken whole from one file: tables and arrays of two files are never merged.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.project.document import Document
from lockenv.project.values import Values
from lockenv.vocabulary.dataclasses import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any, Final

    from lockenv.project.positions import Path
    from lockenv.vocabulary.origin import Origin

FILE: Final = "lockenv.toml"
"""Holds settings beside a project's files, without a prefix."""
TOOL: Final[Path] = ("tool", "lockenv")
"""The table of a `pyproject.toml` that holds the same."""
_PREFIX_HINT: Final = "use the keys of [tool.lockenv] at the top level of the file, without the prefix tool.lockenv"


LOCKS: Final = "lock"
"""The table of the locks that a project declares beside its own, by their names."""
OF_LOCK: Final = ("requirements", "groups", "extras", "project", "requires-python", "apart")
"""The keys of one of them that are no settings: what it is of."""
NOT_OF_LOCK: Final = (LOCKS, "workspace")
"""Settings of the project alone."""


class Layer(NamedTuple):
    """A document, and the path of the table in it that holds settings."""

    document: Document
    prefix: Path
    is_lock: bool = False
    """True: the table of a named lock, whose settings count there alone."""


def may_have_locks(content: bytes) -> bool:
    """Return whether a file with `content` may declare named locks; False is certain.

    One that does has `lock` as the end of a key, or of a part of a table's name.
    """
    after = (each[1:] if each[:1] in (b'"', b"'") else each for each in content.split(b"lock")[1:])
    return any(each.lstrip()[:1] in (b"]", b".", b"=") for each in after)


class Layers(Values):
    """Settings, each from the first document that has it."""

    __slots__ = ("_layers", "_tables")

    def __init__(self, layers: Sequence[Layer], without: Collection[str] = ()) -> None:
        """Read `layers`, the first of which counts most; the settings named in `without` are left out.

        Raises InputError where a prefix is not that of a table.
        """
        self._layers = layers or (Layer(Document("", FILE), ()),)
        self._tables: list[Mapping[str, Any]] = [
            {key: value for key, value in layer.document.table(layer.prefix).items() if key not in without}
            for layer in self._layers
        ]

    def get(self, path: Path, kind: type) -> Any:
        """Return the value at `path`, which is of `kind`; None when no document has it."""
        layer = self._holder(path)
        return None if layer is None else layer.document.get((*layer.prefix, *path), kind)

    def origin(self, path: Path, *, at_key: bool = False, inside: int = -1) -> Origin:
        """Return where the value at `path` is written; where no document has it, where it could be."""
        layer = self._holder(path) or self._layers[0]
        return layer.document.origin((*layer.prefix, *path), at_key=at_key, inside=inside)

    def label(self, path: Path) -> str:
        """Return how messages name what is at `path`, as the file that holds it writes it."""
        layer = self._holder(path) or self._layers[0]
        return layer.document.label((*layer.prefix, *path))

    def written(self) -> Iterator[tuple[str, Any]]:
        """Yield each setting that counts, and its value as it is written."""
        seen: set[str] = set()
        for layer, table in zip(self._layers, self._tables, strict=True):
            for key, value in table.items():
                if key not in seen and not (layer.is_lock and key in OF_LOCK):
                    yield key, value
            seen |= table.keys()

    def has(self, path: Path) -> bool:
        """Return whether a document has a setting, or a key of a named lock."""
        return self._holder(path) is not None

    def is_of_lock(self, key: str) -> bool:
        """Return whether the table of a named lock has `key` itself."""
        layer = self._holder((key,))
        return layer is not None and layer.is_lock

    def check_keys(self, valid: Sequence[str]) -> None:
        """Raise InputError for a key that is no setting."""
        for layer in self._layers:
            if not layer.prefix and "tool" in layer.document.root:
                raise layer.document.error(("tool",), "is not a setting", hint=_PREFIX_HINT, at_key=True)
            of_lock = (*OF_LOCK, *(key for key in valid if key not in NOT_OF_LOCK))
            layer.document.known_keys(layer.prefix, of_lock if layer.is_lock else valid)

    def _holder(self, path: Path) -> Layer | None:
        for layer, table in zip(self._layers, self._tables, strict=True):
            if path[0] in table:
                return layer
        return None


def of_project(
    pyproject: Document | None, own: Document | None, without: Collection[str] = (), lock: str = ""
) -> Layers:
    """Return the settings in `own`, a `lockenv.toml`, and in `[tool.lockenv]` of `pyproject`; None where it is missing.

    With a `lock`, those of the named lock come first, each in place of the project's. Raises InputError for a setting
    that both files have: neither is overlooked in silence.
    """
    found = [Layer(own, ())] if own is not None else []
    if pyproject is not None:
        found.append(Layer(pyproject, TOOL))
    if own is not None and pyproject is not None:
        for key in own.table(()):
            if key in pyproject.table(TOOL):
                raise InputError(
                    f"`{key}` is set both in {own.file} and in [tool.lockenv] of {pyproject.file}",
                    hint=f"remove it from {pyproject.file} or from {own.file}",
                    origin=own.origin((key,), at_key=True),
                )
    if lock:
        paths = [(layer.document, (*layer.prefix, LOCKS, lock)) for layer in found]
        found[:0] = [Layer(document, path, is_lock=True) for document, path in paths if document.get(path, dict)]
    return Layers(found, without)
