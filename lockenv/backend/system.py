"""The build system that a source tree names (PEP 517, PEP 518)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lockenv.backend.failure import AT_FAULT
from lockenv.errors import InputError
from lockenv.files.reading import read_bounded
from lockenv.index.static import LONGEST
from lockenv.vocabulary import toml
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from typing import TypeGuard

# PEP 518: "If the pyproject.toml file is absent, or the build-system table is missing", tools may assume setuptools;
# PEP 517 names the backend that behaves as `setup.py` did.
_OLD_REQUIRES = ("setuptools>=40.8.0",)
_OLD_BACKEND = "setuptools.build_meta:__legacy__"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystem:
    """What builds a source tree."""

    requires: tuple[str, ...] = _OLD_REQUIRES
    """Requirements, as written."""
    backend: str = _OLD_BACKEND
    backend_path: tuple[str, ...] = ()
    """Directories of the tree in which the backend is; all within the tree."""


_ADDED: Final = {"hatchling.build": ("editables>=0.3",)}
"""What backends add to what a project declares, each time they link it, without being asked here."""


def declared_requires(source: str, title: str) -> tuple[str, ...]:
    """Return what the tree at `source` declares that it is built with, and what its backend is known to add.

    No code runs, so what else the backend would ask for stays unknown. Raises InputError as `build_system`.
    """
    found = build_system(source, title)
    return tuple(dict.fromkeys((*found.requires, *_ADDED.get(found.backend, ()))))


def build_system(source: str, title: str) -> BuildSystem:
    """Return the build system of the tree at `source`, which errors call `title`. Raises InputError."""
    path = os.path.join(source, "pyproject.toml")
    if not os.path.isfile(path):
        # PEP 517: without the file, "tools should revert to the legacy behaviour of running setup.py".
        if not any(os.path.isfile(os.path.join(source, name)) for name in ("setup.py", "setup.cfg")):
            raise InputError(
                f"{title}: it has neither pyproject.toml nor setup.py",
                hint="check the path, and name the directory of the project in it by `subdirectory`",
            )
        return BuildSystem()
    try:
        if os.stat(path).st_size > LONGEST:
            raise InputError(f"{title}: its pyproject.toml is longer than {LONGEST} bytes", hint=AT_FAULT)
        content = read_bounded(path, LONGEST)
        table = toml.loads(content.decode()).get("build-system")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{title}: its pyproject.toml is not TOML ({str(error)[:100]})", hint=AT_FAULT) from error
    if table is None:
        return BuildSystem()
    requires = table.get("requires") if isinstance(table, dict) else None
    if not _is_strings(requires):
        raise InputError(f"{title}: its build-system.requires is not an array of strings", hint=AT_FAULT)
    backend = table.get("build-backend")
    if backend is None:
        return BuildSystem(requires=tuple(requires))
    places = table.get("backend-path", [])
    if not isinstance(backend, str) or not _is_object(backend) or not _is_strings(places):
        raise InputError(f"{title}: its [build-system] table does not follow PEP 517", hint=AT_FAULT)
    root = os.path.realpath(source)
    for part in places:
        # PEP 517: "directories in backend-path are interpreted as relative to the project root, and MUST refer to a
        # location within the source tree (after relative paths and symbolic links have been resolved)".
        if "\0" in part or os.path.isabs(part) or not _is_below(os.path.realpath(os.path.join(root, part)), root):
            raise InputError(f"{title}: its backend-path is outside of the project ({part!a})", hint=AT_FAULT)
    return BuildSystem(requires=tuple(requires), backend=backend, backend_path=tuple(places))


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(os.path.join(root, ""))


def _is_object(reference: str) -> bool:
    # PEP 517: "build-backend is a string naming a Python object", in "the same `module:object` syntax as a setuptools
    # entry point".
    module, colon, name = reference.partition(":")
    return all(map(str.isidentifier, module.split("."))) and (not colon or all(map(str.isidentifier, name.split("."))))


def _is_strings(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
