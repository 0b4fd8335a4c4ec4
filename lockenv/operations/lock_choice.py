"""Which of the locks of a project are meant: all of them unless the user names some.

In: Settings, and what the user names. Out: the Settings for each lock. Never: a change.
"""

from __future__ import annotations

import os

from lockenv.errors import UsageError
from lockenv.operations import load, named_locks
from lockenv.operations.found_project import Project
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import GroupName, normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.operations import lock, readiness
    from lockenv.operations.declare import Declaration
    from lockenv.project import named_locks as project_named_locks
    from lockenv.project.edit import EditedList
else:
    lock = late("lockenv.operations.lock")
    readiness = late("lockenv.operations.readiness")
    project_named_locks = late("lockenv.project.named_locks")


def meant(names: Sequence[str], settings: Settings, *, is_single: bool) -> tuple[Settings, ...]:
    """Return the settings for each lock that is meant: those of `names`, or all of the project, its own first.

    Its own is left out where it declares nothing but named locks. With `is_single` the user named a lock in another
    way, and it is the only one. Raises UsageError and InputError.
    """
    if names:
        return tuple(replace(settings, named_lock=name) for name in dict.fromkeys(names))
    if is_single or settings.lock or settings.script:
        return (settings,)
    found = load.project(settings)
    declared = named_locks.declared_in(found)
    if declared is None:
        return (settings,)
    others = tuple(replace(settings, named_lock=name) for name in project_named_locks.names(declared))
    return (settings, *others) if not others or named_locks.declares_itself(found) else others


def upgrades(packages: Sequence[str], locks: Sequence[Settings]) -> list[tuple[str, ...]]:
    """Return which of `packages` to upgrade in each of `locks`: those that it has.

    Of one lock, and of one that there is not yet, that is all. Raises UsageError for a package that none has.
    """
    if len(locks) == 1 or not packages:
        return [tuple(packages)] * len(locks)
    wanted = {text: lock.upgrade(text).name for text in packages}
    projects = [load.project(one) for one in locks]
    found = [load.lock(each) for each in projects]
    held = [wanted.values() if lock is None else {entry.name for entry in lock.packages} for lock in found]
    for text, name in wanted.items():
        if not any(name in names for names in held):
            raise UsageError(
                f"-P {text}: {name} is in none of {', '.join(each.lock_name for each in projects)}",
                hint="run `lockenv tree --lock NAME` to list the packages of a lockfile",
            )
    return [tuple(text for text, name in wanted.items() if name in names) for names in held]


def of_list(place: EditedList, found: Declaration, settings: Settings) -> tuple[Declaration, Settings]:
    """Return `found` and the settings with the lock that has what `place` lists.

    That is the named lock of a group that is locked apart.
    """
    declared = named_locks.declared_in(found.project) if place.kind == "group" and not settings.lock else None
    if declared is None:
        return found, settings
    name = project_named_locks.groups_apart(declared).get(GroupName(normalize(place.name)), "")
    settings = replace(settings, named_lock=name)
    return replace(found, project=load.project(settings)), settings


def outdated(settings: Settings) -> tuple[Settings, ...]:
    """Return the settings for each named lock that is there and does not answer what is declared now.

    Raises InputError.
    """
    found = () if settings.lock else meant((), replace(settings, named_lock=""), is_single=False)
    return tuple(one for one in found if one.named_lock and _is_outdated(one))


def _is_outdated(settings: Settings) -> bool:
    project = load.project(settings)
    old = load.lock(project)
    return old is not None and readiness.has_to_be_locked(old, project, settings)


def is_declared(directory: str, name: str) -> bool:
    """Return whether the files in `directory` declare the lock `name`. Raises InputError."""
    paths = [os.path.join(directory, file) for file in (load.PYPROJECT, load.SETTINGS)]
    pyproject, own = (path if os.path.isfile(path) else "" for path in paths)
    found = Project(directory=directory, pyproject=pyproject, requirements=(), lock="", own_settings=own)
    declared = named_locks.declared_in(found)
    return declared is not None and name in project_named_locks.names(declared)
