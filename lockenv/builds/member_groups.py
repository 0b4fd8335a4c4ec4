"""Put the dependency groups of workspace members among those of the root: a name means the same group of all of them.

Pure. In: Manifests, and the groups of each member. Out: the Manifest of the workspace. Never: a file.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.names import GroupName, NormalizedName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.requirement import Declared, Requirement

    Groups = Mapping[GroupName, tuple[Declared, ...]]

_DEV = GroupName("dev")


def merged(workspace: Manifest, root: Manifest, of_members: Mapping[NormalizedName, Groups]) -> Manifest:
    """Return `workspace` with the groups `of_members`, by name; `root` is the Manifest of the root alone.

    Those of a member that a conflict names, or that the root has in a named lock, are left out, and noted.
    """
    left = root.apart.keys() | root.packages.keys()
    locked = {
        name: {group: some for group, some in found.items() if group not in left}
        for name, found in of_members.items()
        if name not in root.packages.values()
    }
    groups = dict(workspace.groups)
    for found in locked.values():
        for group, some in found.items():
            groups[group] = (*groups.get(group, ()), *some)
    own = {group: some for group, some in root.groups.items() if group not in root.packages}
    known = {**({NormalizedName(root.name): own} if root.name else {}), **locked}
    unlocked = {name: sorted(found.keys() - locked.get(name, {}).keys()) for name, found in of_members.items()}
    return replace(
        workspace,
        groups=groups,
        default_groups=_default_groups(root, groups),
        member_groups={
            name: {group: requirements(some) for group, some in found.items()} for name, found in known.items()
        },
        unlocked_groups={name: tuple(found) for name, found in unlocked.items() if found},
    )


def of_itself(root: Manifest) -> dict[NormalizedName, frozenset[Requirement]]:
    """Return what the root requires, by its name, where it has one."""
    packages = (some for group, some in root.groups.items() if root.packages.get(group) == root.name)
    return {NormalizedName(root.name): requirements(chain(root.dependencies, *packages))} if root.name else {}


def _default_groups(root: Manifest, groups: Groups) -> tuple[GroupName, ...]:
    """Return the groups that are installed unasked: where the root does not say it, `dev` of all of them."""
    is_new = _DEV in groups and _DEV not in root.groups and not root.has_default_groups
    return (*root.default_groups, _DEV) if is_new else root.default_groups


def requirements(declared: Iterable[Declared]) -> frozenset[Requirement]:
    """Return what `declared` requires, wherever it is written."""
    return frozenset(each.requirement for each in declared)
