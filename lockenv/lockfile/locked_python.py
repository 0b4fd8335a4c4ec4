"""Read which Python a lock records. Pure: a Lock goes in; a LockedPython, or None, comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.errors import InputError
from lockenv.vocabulary.late import late
from lockenv.vocabulary.locked_python import LockedPython
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary import python_archive
    from lockenv.vocabulary.python_archive import PythonArchive
else:
    python_archive = late("lockenv.vocabulary.python_archive")

_NAME = lazy_pattern(r"[a-z][a-z0-9]{0,31}")
_VERSION = lazy_pattern(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(?:(?:a|b|rc)[0-9]{1,4})?")


def locked_python(lock: Lock) -> LockedPython | None:
    """Return the Python that `lock` records; None where it records none.

    Raises InputError where it is not what lockenv writes.
    """
    table = (lock.own or {}).get("python")
    if table is None:
        return None
    try:
        _archives(table)
        found = LockedPython(
            implementation=table["implementation"],
            version=table["version"],
            is_free_threaded=table.get("free-threaded", False) is True,
            platform=table.get("platform", ""),
            build=table.get("build", ""),
        )
        is_right = bool(_NAME.fullmatch(found.implementation) and _VERSION.fullmatch(found.version))
        if is_right and all(each.isprintable() for each in (found.platform, found.build)):
            return found
    except (TypeError, KeyError, AttributeError, ValueError):
        pass
    raise InputError(
        f"tool.lockenv.python of {lock.file} is invalid",
        hint="restore the lockfile from version control, or run `lockenv lock --upgrade`",
        origin=lock.top("tool"),
    )


def locked_archives(lock: Lock) -> tuple[PythonArchive, ...]:
    """Return the archives of its Python that `lock` pins, in the order of the file. Raises InputError."""
    return () if locked_python(lock) is None else _archives((lock.own or {})["python"])


def _archives(table: Mapping[str, Any]) -> tuple[PythonArchive, ...]:
    return tuple(python_archive.python_archive(one["file"], one["sha256"]) for one in table.get("archives", ()))
