"""Read which Python a lock records. Pure: a Lock goes in; a LockedPython, or None, comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.vocabulary.locked_python import LockedPython
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from lockenv.lockfile.lock import Lock

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
    except (TypeError, KeyError, AttributeError):
        pass
    raise InputError(
        f"tool.lockenv.python of {lock.file} is invalid",
        hint="restore the lockfile from version control, or run `lockenv lock --upgrade`",
        origin=lock.top("tool"),
    )
