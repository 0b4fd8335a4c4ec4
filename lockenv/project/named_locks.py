"""The locks that a project declares beside its own: `[tool.lockenv.lock.NAME]`, each in `pylock.NAME.toml`.

Pure: settings and the Manifest of the project go in; names, what each lock is of, and its Manifest come out.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from lockenv.project import messages
from lockenv.project.layers import LOCKS, OF_LOCK
from lockenv.project.requirements_settings import combined
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.names import ExtraName, GroupName, normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Literal

    from lockenv.project.layers import Layers
    from lockenv.project.positions import Path
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.places import Place
    from lockenv.vocabulary.requirement import Declared

_LISTS: Final = OF_LOCK[:4]
"""The keys that list what a lock is of, in place of the whole project."""
NOT_OF_PART: Final = ("conflicts", "default-groups", "dependency-groups")
"""Settings of extras and groups, which only a lock of the whole project has."""
_NAME = lazy_pattern(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLock:
    """What one named lock is of."""

    name: str
    requirements: tuple[str, ...]
    """Requirements files, relative to the directory of the project, with `/`."""
    groups: tuple[GroupName, ...]
    extras: tuple[ExtraName, ...]
    has_project: bool
    """Whether it contains the project itself and its own dependencies."""
    is_whole: bool
    """True: it is of all that the project's lock is of, with extras and groups to choose from."""
    requires_python: str
    """Empty for that of the project."""
    requires_python_origin: Origin | None
    origin: Origin


def names(chosen: Layers) -> tuple[str, ...]:
    """Return the names of the locks, in the order they are declared. Raises InputError for one that names no file."""
    found = []
    for written in chosen.table((LOCKS,)):
        path: Path = (LOCKS, written)
        # PEP 751, "File Name": `pylock.NAME.toml`, without a dot in NAME; some file systems ignore case.
        if not _NAME.fullmatch(written):
            raise chosen.error(
                path,
                f'cannot be named "{written}"',
                hint="use lower-case letters and digits, separated by `-` or `_`",
                at_key=True,
            )
        if written == "build" or written.endswith("-build"):
            raise chosen.error(
                path,
                f"would be locked in pylock.{written}.toml, which is for build requirements",
                hint="use another name",
                at_key=True,
            )
        found.append(written)
    return tuple(found)


def named_lock(chosen: Layers, name: str) -> NamedLock:
    """Return what the lock `name` is of; `chosen` are its settings. Raises InputError."""
    is_whole = not any(chosen.has((key,)) for key in _LISTS)
    extras = tuple(ExtraName(normalize(each)) for each in chosen.strings(("extras",)))
    return NamedLock(
        name=name,
        requirements=tuple(_files(chosen)),
        groups=tuple(GroupName(normalize(each)) for each in chosen.strings(("groups",))),
        extras=extras,
        has_project=chosen.boolean(("project",)) if chosen.has(("project",)) else is_whole or bool(extras),
        is_whole=is_whole,
        requires_python=chosen.specifier(("requires-python",)),
        requires_python_origin=chosen.origin(("requires-python",)) if chosen.has(("requires-python",)) else None,
        origin=chosen.origin((LOCKS, name), at_key=True),
    )


def check_settings(chosen: Layers, lock: NamedLock) -> None:
    """Raise InputError where a lock of a part has settings of extras and groups."""
    for key in NOT_OF_PART:
        if not lock.is_whole and chosen.is_of_lock(key):
            raise chosen.error(
                (key,),
                "has no effect: all that this lock lists is installed",
                hint=f"remove it, or remove {', '.join(_LISTS)}",
                at_key=True,
            )


def narrowed(whole: Manifest, lock: NamedLock, chosen: Layers) -> Manifest:
    """Return the Manifest of `lock`, which the project with the Manifest `whole` declares.

    What the lock lists is all installed: it has neither extras nor groups. Raises InputError for one that the project
    does not declare, and for settings that only a lock of the whole project has.
    """
    check_settings(chosen, lock)
    if lock.requires_python:
        whole = replace(whole, requires_python=lock.requires_python, requires_python_origin=lock.requires_python_origin)
    if lock.is_whole:
        return without_apart(whole, chosen)
    _refuse_unknown(whole, lock, chosen)
    listed = chain(
        whole.dependencies if lock.has_project else (),
        *(whole.extras.get(extra, ()) for extra in lock.extras),
        *(whole.groups[group] for group in lock.groups),
    )
    pythons = (whole.requires_python, *(whole.group_pythons.get(group, "") for group in lock.groups))
    return replace(
        whole,
        requires_python=",".join(dict.fromkeys(filter(None, pythons))),
        dependencies=_once(listed),
        extras={},
        groups={},
        group_pythons={},
        default_groups=(),
        packages={},
        conflicts=(),
        places=_unconditional(whole.places, lock),
        is_part=True,
        is_apart=not lock.has_project,
        dynamic=whole.dynamic if lock.has_project or lock.extras else None,
    )


def groups_apart(chosen: Layers) -> dict[GroupName, str]:
    """Return the groups that named locks have apart from the project, each with a lock. Raises InputError."""
    return {
        GroupName(normalize(group)): name
        for name in chosen.table((LOCKS,))
        if chosen.boolean((LOCKS, name, "apart"))
        for group in chosen.strings((LOCKS, name, "groups"))
    }


def without_apart(whole: Manifest, chosen: Layers) -> Manifest:
    """Return `whole` without the groups that named locks have apart from the project. Raises InputError."""
    apart = groups_apart(chosen)
    if not apart:
        return whole
    gone = {("group", group) for group in apart}
    conflicts = (tuple(one for one in conflict if one not in gone) for conflict in whole.conflicts)
    places = {
        name: tuple(each for each in some if (each.kind, each.member) not in gone)
        for name, some in whole.places.items()
    }
    return replace(
        whole,
        groups={group: listed for group, listed in whole.groups.items() if group not in apart},
        group_pythons={group: each for group, each in whole.group_pythons.items() if group not in apart},
        apart=apart,
        default_groups=tuple(group for group in whole.default_groups if group not in apart),
        conflicts=tuple(conflict for conflict in conflicts if len(conflict) > 1 or conflict == (("group", "*"),)),
        places={name: some for name, some in places.items() if some},
    )


def with_requirements(declared: Manifest, listed: Manifest) -> Manifest:
    """Return `declared` with what requirements files say, which a named lock lists beside it. Raises InputError."""
    both = combined(listed, declared)
    return replace(
        declared,
        dependencies=_once((*declared.dependencies, *both.dependencies)),
        constraints=both.constraints,
        indexes=both.indexes,
        direct=both.direct,
        places=both.places,
        policy=both.policy,
    )


def _files(chosen: Layers) -> Iterable[str]:
    for position, written in enumerate(chosen.strings(("requirements",))):
        parts = written.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in written:
            raise chosen.error(
                ("requirements", position),
                f'is "{written}", which is outside of the project',
                hint="use a path below the directory of the project",
            )
        yield "/".join(parts)


def _refuse_unknown(whole: Manifest, lock: NamedLock, chosen: Layers) -> None:
    # Where a build has yet to say what extras there are, each may be one.
    known: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
        ("extras", lock.extras, tuple(whole.extras) if whole.is_known else lock.extras),
        ("groups", lock.groups, tuple(whole.groups)),
    )
    for key, listed, declared in known:
        for position, name in enumerate(listed):
            if name not in declared:
                raise chosen.error(
                    (key, position),
                    f'refers to "{name}", which the project does not declare{messages.suggestion(name, declared)}',
                    hint=f"the {key} are {', '.join(declared)}" if declared else f"the project declares no {key}",
                )


def _once(declared: Iterable[Declared]) -> tuple[Declared, ...]:
    return tuple(dict.fromkeys(declared))


def _unconditional(
    places: Mapping[NormalizedName, tuple[Place, ...]], lock: NamedLock
) -> Mapping[NormalizedName, tuple[Place, ...]]:
    """Return `places` as they are where the extras and groups of `lock` are chosen, and no others."""
    chosen: set[tuple[Literal["extra", "group", ""], str]] = {("", "")}
    chosen |= {("extra", extra) for extra in lock.extras}
    chosen |= {("group", group) for group in lock.groups}
    found = {
        name: tuple(replace(each, kind="", member="") for each in some if (each.kind, each.member) in chosen)
        for name, some in places.items()
    }
    return {name: some for name, some in found.items() if some}
