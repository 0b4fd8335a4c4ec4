"""What is never installed together: extras, dependency groups and packages.

Pure: the settings of a project go in; sets of extras and groups come out. A package is there as a group that represents
it, which holds what the package requires by itself: a lockfile has markers for groups, and none for packages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.errors import InputError
from lockenv.project.settings import CONFLICT_KEYS, undeclared
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.names import GroupName, NormalizedName, normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockenv.project.positions import Path
    from lockenv.project.values import Values
    from lockenv.vocabulary.manifest import Manifest


def packages(document: Values, groups: Collection[str]) -> Mapping[GroupName, NormalizedName]:
    """Return the groups that represent packages in conflicts, and which package each is.

    Such a group holds what the package requires by itself. Raises InputError where a group has that name already.
    """
    found: dict[GroupName, NormalizedName] = {}
    for position, _ in enumerate(document.array(("conflicts",))):
        for place, _ in enumerate(document.array(("conflicts", position))):
            path: Path = ("conflicts", position, place)
            written = document.string((*path, "package"))
            if written is None:
                continue
            name = normalize(document.name((*path, "package"), written))
            group = package_group(name)
            if group in groups:
                raise document.error(
                    (*path, "package"), f'needs the name "{group}" for a group', hint="rename the dependency group"
                )
            found[group] = name
    return found


def package_group(name: str) -> GroupName:
    """Return the name of the group that represents a package."""
    return GroupName(f"package-{name}")


def packaged(whole: Manifest) -> Manifest:
    """Return `whole` with what the project itself requires in a group, where a conflict names the project.

    Raises InputError for a package that is neither the project nor, as there is no workspace, a member.
    """
    for name in whole.packages.values():
        if name != whole.name and whole.workspace is None:
            raise unknown(name, [whole.name] if whole.name else [])
    group = package_group(whole.name)
    if group not in whole.packages:
        return whole
    return replace(
        whole,
        dependencies=(),
        groups={**whole.groups, group: whole.dependencies},
        default_groups=(*whole.default_groups, group),
    )


def unknown(name: str, known: Sequence[str]) -> InputError:
    """Return the error for a package in a conflict that is neither the project nor a member of its workspace."""
    return InputError(
        f"tool.lockenv.conflicts names the package `{name}`, which is neither the project nor a workspace member",
        hint=f"the packages are {', '.join(known)}" if known else "the project has no name",
    )


def conflicts(
    document: Values, extras: Collection[str], groups: Collection[str]
) -> tuple[tuple[tuple[Literal["extra", "group"], str], ...], ...]:
    """Return the sets of extras and groups that are never installed together, as they are written.

    A package is there as the group that represents it.
    """
    path: Path = ("conflicts",)
    found = []
    for position, _ in enumerate(document.array(path)):
        members: dict[tuple[Literal["extra", "group"], str], None] = {}
        for place, _ in enumerate(document.array((*path, position))):
            member = _member(document, (*path, position, place), extras, groups)
            if member in members:
                raise document.error(
                    (*path, position, place), f'lists the {member[0]} "{member[1]}" twice', hint="list it once"
                )
            members[member] = None
        if len(members) < 2:
            raise document.error(
                (*path, position), "has fewer than two members", hint="list at least two extras, groups or packages"
            )
        found.append(tuple(members))
    return tuple(found)


def _member(
    document: Values, path: Path, extras: Collection[str], groups: Collection[str]
) -> tuple[Literal["extra", "group"], str]:
    document.known_keys(path, CONFLICT_KEYS)
    extra, group = document.string((*path, "extra")), document.string((*path, "group"))
    match extra, group, document.string((*path, "package")):
        case str(written), None, None:
            if normalize(written) not in extras:
                raise undeclared(document, (*path, "extra"), "extra", written, extras)
            return "extra", normalize(written)
        case None, str(written), None:
            if normalize(written) not in groups:
                raise undeclared(document, (*path, "group"), "group", written, groups)
            return "group", normalize(written)
        case None, None, str(written):
            return "group", package_group(normalize(document.name((*path, "package"), written)))
        case _:
            raise document.error(
                path,
                "must have exactly one of extra, group and package",
                hint='write { extra = "cpu" }, { group = "cpu" } or { package = "name" }',
            )
