"""Parts of a lock: what some members of a workspace or some groups alone need, without what is left out."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.lockfile.select import NotCovered
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import Archive, Directory
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import ALWAYS, NEVER
from lockenv.vocabulary.markers import parse as parse_marker
from lockenv.vocabulary.names import GroupName, NormalizedName, normalize
from lockenv.vocabulary.requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from lockenv.lockfile import graph as lockfile_graph
    from lockenv.lockfile import reach, subset
    from lockenv.lockfile.declared import RootRequirement
    from lockenv.lockfile.graph import Edge, Graph
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.subset import LockSubset
    from lockenv.sync.state import SyncChoice
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    lockfile_graph = late("lockenv.lockfile.graph")
    reach = late("lockenv.lockfile.reach")
    subset = late("lockenv.lockfile.subset")


def normalize_members(packages: Iterable[str], manifest: Manifest | None) -> tuple[str, ...]:
    """Return the normalized names of `packages`, sorted. Raises UsageError for one that the workspace does not have."""
    names = sorted({normalize(name) for name in packages})
    there = [*manifest.members, normalize(manifest.name)] if manifest and manifest.workspace else []
    for name in names:
        if name not in there:
            known = f"its members are {', '.join(sorted(there))}" if there else "there is no workspace"
            raise UsageError(
                f"--package {name}: the workspace has no member of this name; {known}",
                hint="" if there else f"`lockenv tree {name}` shows what a package requires",
            )
    return tuple(names)


def is_among(name: str, packages: Sequence[str]) -> bool:
    """Return whether a project is installed with `packages`, which mean all when there are none."""
    return not packages or normalize(name) in packages


def is_any_of(group: str, packages: Iterable[str], manifest: Manifest) -> bool:
    """Return whether one of `packages` has a dependency group of this name, locked or not."""
    return any(
        group in manifest.member_groups.get(NormalizedName(name), ())
        or group in manifest.unlocked_groups.get(NormalizedName(name), ())
        for name in packages
    )


def check_groups(groups: Iterable[str], packages: Sequence[str], manifest: Manifest) -> None:
    """Raise UsageError for one of `groups` that neither some of `packages` nor the root has."""
    there = (*packages, normalize(manifest.name))
    for group in sorted(groups):
        if packages and not is_any_of(group, there, manifest):
            others = [name for name in manifest.members if is_any_of(group, (name,), manifest)]
            raise UsageError(
                f"neither {' nor '.join(packages)} nor the workspace root has a dependency group `{group}`",
                hint=f"add `--package {others[0]}`, which has it" if others else f"leave out `{group}`",
            )


def with_known_groups(choice: SyncChoice, manifest: Manifest) -> SyncChoice:
    """Return `choice` of an earlier sync without the groups that its packages and the root do not have any more."""
    there = (*choice.packages, normalize(manifest.name))
    return replace(choice, groups=tuple(group for group in choice.groups if is_any_of(group, there, manifest)))


def _owners(group: str, choice: SyncChoice, manifest: Manifest) -> Sequence[str]:
    """Return the members whose part of `group` is meant: the chosen ones, or the root where none of them has it."""
    return choice.packages if is_any_of(group, choice.packages, manifest) else (normalize(manifest.name),)


def is_itself_selected(manifest: Manifest, choice: SyncChoice, chosen: Sequence[Selected], target: Target) -> bool:
    """Return whether the project itself is: with some packages alone, where it is one of them or they need it."""
    if choice.kinds_left_out or normalize(manifest.name) in choice.left_out:
        return False  # each kind comprises the project itself
    if choice.only:
        is_meant = _requiring_it(manifest, choice).evaluate(target.environment)
    else:
        is_meant = not manifest.is_apart and is_among(manifest.name, choice.packages)
    return is_meant or any(one.name == manifest.name for one in chosen)


def _requiring_it(manifest: Manifest, choice: SyncChoice) -> Marker:
    """Return the environments in which some of the groups that alone are chosen require the project itself."""
    found = NEVER
    for group, marker in manifest.own_groups.items():
        is_its = not choice.packages or normalize(manifest.name) in _owners(group, choice, manifest)
        if group in choice.only and is_its:
            found |= parse_marker(marker) if marker else ALWAYS
    return found


def narrowed(
    chosen: Sequence[Selected], choice: SyncChoice, lock: Lock, manifest: Manifest | None, target: Target
) -> tuple[Selected, ...]:
    """Return what of `chosen`, which `lock` selects for `target`, what `choice` is limited to needs.

    Where it limits nothing, that is all. Raises UsageError.
    """
    if not (choice.packages or choice.only):
        return tuple(chosen)
    areas, nodes = needed(choice, lock, manifest, ALWAYS)
    environment = target.environment
    names = {
        nodes.nodes[position].name
        for position, area in areas.items()
        if area.evaluate(environment, choice.extras, choice.groups)
    }
    return tuple(one for one in chosen if one.name in names)


def needed(
    choice: SyncChoice, lock: Lock, manifest: Manifest | None, region: Marker
) -> tuple[Mapping[int, Marker], Graph]:
    """Return where in `region` the packages or groups that `choice` is limited to need each entry, and the graph.

    Raises UsageError where the lock does not record what a group requires.
    """
    if choice.only and manifest is None and not lock.inputs.is_recorded:
        raise UsageError(
            f"--only-group: {lock.file} does not record which packages a group requires",
            hint="use --group, which installs the project's own dependencies too",
        )
    whole = lockfile_graph.graph(lock, manifest)
    return reach.reached(whole, area_meant_by(choice, whole, manifest), region), whole


def subset_of(choice: SyncChoice, lock: Lock, manifest: Manifest | None, region: Marker) -> LockSubset | NotCovered:
    """Return what the environments in `region` need of `lock` for `choice`, without what that leaves out.

    Raises UsageError and InputError.
    """
    areas: Mapping[int, Marker] | None = None
    if choice.packages or choice.only:
        areas, _ = needed(choice, lock, manifest, region)
    elif choice.left_out:
        areas = dict.fromkeys(range(len(lock.packages)), ALWAYS)
    if choice.left_out and areas is not None:
        areas = {at: area for at, area in areas.items() if lock.packages[at].name not in choice.left_out}
    answer = subset.part(lock, region, areas)
    if isinstance(answer, NotCovered) or not choice.kinds_left_out:
        return answer
    entries = (one for one in answer.entries if not is_left_out(one.name, one.direct, choice, manifest))
    return replace(answer, entries=tuple(entries))


def limited(whole: Graph, choice: SyncChoice, lock: Lock, manifest: Manifest | None) -> Graph:
    """Return the part of `whole`, the graph of `lock`, that is installed with `choice`, with the conditions there."""
    region = subset.choice(lock, choice.extras, choice.groups) & whole.universe
    meant_by = area_meant_by(choice, whole, manifest)
    areas = reach.reached(whole, meant_by, region)

    def narrowed_edge(edge: Edge) -> Edge | None:
        here = region & meant_by(edge) if edge.source is None else areas.get(edge.source, NEVER)
        where = edge.where & here
        return None if where is NEVER else replace(edge, where=where, assumed=edge.assumed & here)

    return lockfile_graph.part(whole, narrowed_edge)


def area_meant_by(choice: SyncChoice, whole: Graph, manifest: Manifest | None) -> Callable[[Edge], Marker]:
    """Return where a requirement of the project itself is one of those that `choice` limits it to."""
    if choice.only:
        return _area_of_groups(choice, whole, manifest)
    if not choice.packages or manifest is None:
        return lambda _edge: ALWAYS
    is_root = normalize(manifest.name) in choice.packages
    meant = {
        *(Requirement(NormalizedName(name)) for name in choice.packages),
        *chain.from_iterable(requires for name, requires in manifest.bare.items() if name in choice.packages),
    }

    def of_packages(edge: Edge) -> Marker:
        if edge.root is None:
            return NEVER
        group = edge.root.name if edge.root.kind == "group" else ""
        if group and group not in manifest.packages:
            return ALWAYS if _is_of(edge.root, _asked(group, choice, manifest)) else NEVER
        return ALWAYS if _is_of(edge.root, meant) or (is_root and edge.root.kind == "extra") else NEVER

    return of_packages


def _area_of_groups(choice: SyncChoice, whole: Graph, manifest: Manifest | None) -> Callable[[Edge], Marker]:
    """Return where a requirement is one of the groups that alone are chosen."""
    own = _requiring_it(manifest, choice) if manifest is not None else NEVER
    members = manifest.members if manifest is not None else ()

    def of_groups(edge: Edge) -> Marker:
        if edge.root is None:
            return NEVER
        if edge.root.kind != "group":
            # A group that requires the project itself requires what that does.
            return own if edge.root.kind == "" and whole.nodes[edge.target].name not in members else NEVER
        if edge.root.name not in choice.only:
            return NEVER
        if not choice.packages or manifest is None:
            return ALWAYS
        return ALWAYS if _is_of(edge.root, _asked(edge.root.name, choice, manifest)) else NEVER

    return of_groups


def _asked(group: str, choice: SyncChoice, manifest: Manifest) -> set[Requirement]:
    """Return what `group` requires of the members whose part of it is meant."""
    groups = (manifest.member_groups.get(NormalizedName(name), {}) for name in _owners(group, choice, manifest))
    return set(chain.from_iterable(found.get(GroupName(group), ()) for found in groups))


def _is_of(root: RootRequirement, asked: Collection[Requirement]) -> bool:
    """Return whether `root` is one of those `asked`; where it is written nowhere any more, one with its name."""
    is_stale = not root.origins
    return root.requirement in asked or (is_stale and any(root.requirement.name == each.name for each in asked))


def without_left_out(chosen: Sequence[Selected], choice: SyncChoice, manifest: Manifest | None) -> tuple[Selected, ...]:
    """Return `chosen` without the packages and the kinds of packages that `choice` leaves out."""
    if not (choice.left_out or choice.kinds_left_out):
        return tuple(chosen)
    return tuple(one for one in chosen if not is_left_out(one.name, one.direct, choice, manifest))


def is_left_out(name: str, direct: Direct | None, choice: SyncChoice, manifest: Manifest | None) -> bool:
    """Return whether `choice` leaves out the package `name`, which comes from `direct` where no index serves it."""
    kinds, members = choice.kinds_left_out, manifest.members if manifest is not None else ()
    is_own = manifest is not None and bool(manifest.name) and name == normalize(manifest.name)
    return (
        name in choice.left_out
        or (is_own and bool(kinds))
        or ("workspace" in kinds and name in members)
        or ("local" in kinds and _is_local(direct))
    )


def _is_local(direct: Direct | None) -> bool:
    return isinstance(direct, Directory) or (isinstance(direct, Archive) and "://" not in direct.location)
