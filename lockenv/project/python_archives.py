"""The archives of Pythons that a project, or the user, pins: `[[python-archives]]`. Pure: settings go in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.vocabulary.python_archive import EXAMPLE, python_archive

if TYPE_CHECKING:
    from lockenv.project.values import Values
    from lockenv.vocabulary.python_archive import PythonArchive

KEYS: Final = ("file", "sha256")
_PATH: Final = ("python-archives",)


def python_archives(document: Values) -> tuple[PythonArchive, ...]:
    """Return the archives, sorted by the names of their files, each once. Raises InputError."""
    found: dict[str, PythonArchive] = {}
    for position, _ in enumerate(document.array(_PATH)):
        path = (*_PATH, position)
        document.known_keys(path, KEYS)
        file, sha256 = (document.string((*path, key)) or "" for key in KEYS)
        try:
            archive = python_archive(file, sha256)
        except ValueError as error:
            raise document.error(
                path, f"is not an archive of a Python: {error}", hint=f'write file = "{EXAMPLE}" and its sha256'
            ) from error
        if found.setdefault(file, archive) != archive:
            raise document.error(path, f"has {file} with another sha256 than before", hint="remove the wrong one")
    return tuple(archive for _, archive in sorted(found.items()))
