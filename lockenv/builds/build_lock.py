"""The lock of what builds: a second standard lock beside the first, one dependency group for each source distribution.

`pylock.toml` has `pylock.build.toml`, `pylock.NAME.toml` has `pylock.NAME-build.toml`. A build uses exactly the files
of its group, so that a newer release of a build tool changes nothing until the lock is made again. Here it is read;
`build_lock_resolver` makes it.
"""

from __future__ import annotations

import os

from lockenv.builds import cache_keys
from lockenv.context.project_files import lock_at, lock_text, parted
from lockenv.errors import InputError
from lockenv.lockfile import direct
from lockenv.lockfile.digest import is_intact
from lockenv.lockfile.inputs import requirements
from lockenv.lockfile.lock import filename_of
from lockenv.lockfile.paths import build_lock_path, relative
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.direct import Archive, Directory
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import GroupName, normalize
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.pep440 import contains
from lockenv.vocabulary.requirement import Declared, parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Final

    from lockenv.backend import system
    from lockenv.backend.builder import Source, Tree
    from lockenv.builds import build_records
    from lockenv.context.settings import Settings
    from lockenv.lockfile import conditions, conflict, coverage_matrix, validity
    from lockenv.lockfile import select as lockfile_select
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary import wheeltags
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    system = late("lockenv.backend.system")
    build_records = late("lockenv.builds.build_records")
    conditions = late("lockenv.lockfile.conditions")
    conflict = late("lockenv.lockfile.conflict")
    coverage_matrix = late("lockenv.lockfile.coverage_matrix")
    lockfile_select = late("lockenv.lockfile.select")
    validity = late("lockenv.lockfile.validity")
    wheeltags = late("lockenv.vocabulary.wheeltags")

APART: Final = "group:*"
"""Among the conflicts that the lock of build tools records: no two of its groups are ever installed together."""
_UNLOCKED = "unlocked-"
_HINT = "run `lockenv lock` to lock the build requirements"

_ALL_HINT = 'list it explicitly, `allow-build = ["*", "{}"]`, and run `lockenv lock`'


class LockedBuildDependencies:
    """What a lock of build tools provides to builds."""

    def __init__(self, lock: Lock | None, name: str, *, is_any_allowed: bool = False) -> None:
        """`name` is how messages call the lock; `is_any_allowed` says that policy allows every build, naming none."""
        self._lock = lock
        self._name = name
        self._is_any_allowed = is_any_allowed

    def key(self, name: str, version: str, target: Target) -> str:
        """Return the key of what builds a release in `target`; empty when the lock does not record it."""
        group = group_of(name, version)
        if self._lock is None or group not in self._lock.groups:
            return ""
        selection = lockfile_select.select(self._lock, target, (), (group,))
        return cache_keys.key_of(selection.files) if isinstance(selection, lockfile_select.Selection) else ""

    def is_under(self, constraints: Iterable[Declared]) -> bool:
        """Return whether the lock, if there is one, was made with these constraints of build requirements."""
        return self._lock is None or _constraints(self._lock) == requirements(constraints)

    def chosen(self, requires: Sequence[str], source: Source | Tree, target: Target) -> tuple[Selected, ...]:
        """Return the wheels that the build of `source`, which needs `requires`, may use in `target`.

        Raises InputError when the lock lacks something: nothing is built with what was not locked.
        """
        if not requires:
            return ()
        lock, group, title = self._lock, group_of(source.name, source.version), source.title
        if lock is None:
            raise InputError(
                f"{self._name} does not exist, so the build requirements of {title} are not locked", hint=_HINT
            )
        if group not in lock.groups:
            raise InputError(
                f"{self._name} does not lock the build requirements of {title}", hint=self._hint(source.name)
            )
        selection = lockfile_select.select(lock, target, (), (group,))
        if not isinstance(selection, lockfile_select.Selection):
            raise InputError(
                f"{self._name}: cannot install the build requirements of {title}: {'; '.join(selection.reasons)}",
                hint="choose a version that has a wheel for this environment",
            )
        _check_enough(requires, selection.files, title, self._name, target)
        return selection.files

    def _hint(self, name: str) -> str:
        """Return how the lock comes to have a group for `name`."""
        return _ALL_HINT.format(name) if self._is_any_allowed else _HINT

    def recorded(self, one: Selected, target: Target, /) -> str:
        """Return the sha256 that the lock records of the wheel that `one` builds in `target`; empty for none."""
        return build_records.recorded(
            self._lock, group_of(one.name, one.version), str(one.file.sha256), cache_keys.place(target)
        )


def unlocked(manifest: Manifest, settings: Settings) -> str:
    """Return the key of tools that nothing locks: where `manifest` has them resolved from.

    What was built with the tools of other indexes is not what these would build: one project's indexes do not decide
    what another project learns of a source distribution.
    """
    from hashlib import sha256

    indexes = [(index.url, index.place, index.mirrors) for index in manifest.indexes]
    limits = [requirements(manifest.build_constraints)] if manifest.build_constraints else []
    facts = (indexes, sorted(manifest.sources.items()), settings.index_url, *limits)
    return _UNLOCKED + sha256(repr(facts).encode()).hexdigest()


def is_unlocked(key: str) -> bool:
    """Return whether `key` is of tools that nothing locks."""
    return key.startswith(_UNLOCKED)


def group_of(name: str, version: str) -> GroupName:
    """Return the group that holds what builds a release; `version` is empty for a tree that has no fixed one."""
    return GroupName(normalize(f"{name}-{version}" if version else name))


def read(lock: str) -> Lock | None:
    """Return the lock of the build tools of `lock`; None when there is none."""
    return lock_at(build_lock_path(lock))


def tools(lock: str, *, is_relocked: bool = False, is_any_allowed: bool = False) -> LockedBuildDependencies:
    """Return what the lock of the build tools of `lock` provides, which is nothing when there is none.

    Of one with merge conflict markers, our side serves where it `is_relocked` now.
    """
    own = before(lock) if is_relocked else read(lock)
    return LockedBuildDependencies(own, relative(build_lock_path(lock)), is_any_allowed=is_any_allowed)


def before(lock: str) -> Lock | None:
    """Return the lock of the build tools of `lock` as it is; our side of one with merge conflict markers.

    None where there is none, and for one that cannot be understood: it is made again whole, see `lacking`.
    """
    try:
        own = read(lock)
        if own is not None:
            validity.validate(own)
    except InputError:
        try:
            sides = parted(build_lock_path(lock))
        except InputError:
            return None
        return None if sides is None else sides.ours
    return own


def withdrawn(lock: Lock, path: str, manifest: Manifest) -> list[str]:
    """Return the titles of what the build tools of `lock`, at `path`, are locked for and policy no longer lets build.

    A lock that is made now would ask for them again.
    """
    own = before(path) if os.path.isfile(build_lock_path(path)) else None
    if own is None:
        return []
    groups, policy = set(own.groups), manifest.policy
    found = []
    for package in lock.packages:
        version = "" if package.kind else package.version
        is_built = package.kind != "directory" and not package.wheels
        if is_built and not policy.may_build(package.name) and group_of(package.name, version) in groups:
            found.append(f"{package.name} {version}".rstrip())
    return found


def lacking(lock: Lock | None, path: str, manifest: Manifest) -> str:
    """Return why the lock of the build tools of `lock`, at `path`, is to be made again; empty where it is not.

    It answers the packages of `lock` and what the policy of `manifest` allows to be built, and no others.
    """
    if lock is None:
        return ""
    place = build_lock_path(path)
    name, exists = relative(place), os.path.isfile(place)
    wanted = needed(lock, manifest) if manifest.has_builds else []
    if not wanted:
        return f"{name} is not needed, because nothing is built" if exists else ""
    if not exists:
        return f"{name} does not exist"
    if conflict.has_markers(lock_text(place) or ""):
        return f"{name} has merge conflict markers"
    try:
        own = read(path)
    except InputError as error:
        return f"cannot read {name} ({error.message})"
    if own is not None and not is_apart(own):
        return f"{name} was written by an earlier version of lockenv, in which builds shared their requirements"
    found = faults(lock, path, manifest)
    if found:
        return found[0]
    surplus = {*(own.groups if own else ())} - {each.group for each in wanted}
    return (
        f"{name} also locks build requirements of packages that are not built: {', '.join(sorted(surplus))}"
        if surplus
        else ""
    )


def faults(lock: Lock, path: str, manifest: Manifest) -> list[str]:
    """Return what is wrong with the lock of the build tools of `lock`, which is at `path`: a sentence each."""
    gone = [f"`allow-build` no longer lists {title}, which must be built" for title in withdrawn(lock, path, manifest)]
    wanted, name = needed(lock, manifest) if manifest.has_builds else [], relative(build_lock_path(path))
    if gone or not wanted:
        return gone
    own = read(path)
    if own is None:
        return [
            f"{name} does not exist, but it must lock the build requirements of "
            f"{', '.join(each.title for each in wanted)}"
        ]
    found = [] if is_intact(own) else [f"{name} was changed since lockenv wrote it: its digest does not match"]
    then, now = _constraints(own), requirements(manifest.build_constraints)
    if then != now:
        found.append(f"build-constraints changed since {name} was locked: {_listed(then)} before, {_listed(now)} now")
    return [
        *found,
        *(f"{name} does not lock the build requirements of {title}" for title in _untold(lock, path, manifest, own)),
    ]


def _constraints(own: Lock) -> list[str]:
    """Return the constraints that `own`, a lock of build tools, was made with, as `inputs` writes them."""
    return list(own.inputs.table.get("constraints", ()))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts) or "none"


def is_apart(own: Lock) -> bool:
    """Return whether the groups of `own`, a lock of build tools, were resolved each as a set of its own."""
    return len(own.groups) < 2 or [APART] in own.inputs.table.get("conflicts", ())


def _untold(lock: Lock, path: str, manifest: Manifest, own: Lock) -> list[str]:
    """Return what must be built and `own`, the build lock, was not made for, or for other requirements."""
    missing = [each.title for each in needed(lock, manifest) if each.group not in own.groups]
    recorded = own.inputs.table.get("groups")
    if not isinstance(recorded, dict):
        return missing
    base = os.path.dirname(path)
    return missing + [
        name
        for name, place in _directories(lock, manifest)
        if name not in missing and not _is_recorded(os.path.join(base, place), name, recorded)
    ]


def _directories(lock: Lock, manifest: Manifest) -> list[tuple[str, str]]:
    """Return the name and the place, seen from the lock, of each directory that is built."""
    found: list[tuple[str, str]] = [
        (package.name, package.source["path"])
        for package in lock.packages
        if package.kind == "directory" and "path" in package.source
    ]
    own = (manifest.name, manifest.root)
    return [*found, own] if manifest.is_installed and own not in found else found


def _is_recorded(directory: str, name: str, recorded: Mapping[str, Any]) -> bool:
    """Return whether what a directory declares to need for its build is among what the tools were locked for."""
    if not os.path.isdir(directory):
        return True  # reported where it is looked for
    try:
        declared = [
            Declared(requirement=parse(text), origin=Origin(file=name))
            for text in system.build_system(directory, name).requires
        ]
    except ValueError:
        return False
    known = recorded.get(group_of(name, ""))
    return isinstance(known, list) and all(text in known for text in requirements(declared))


class BuildGroup(NamedTuple):
    """What the lock of the build tools has a group for."""

    name: NormalizedName
    version: str
    """Empty for what comes from no index."""
    position: int
    """Of its entry in the lock; -1 for the project itself, where that is no entry."""
    requires_python: str = ""
    """What the release requires, as its entry says."""

    @property
    def group(self) -> GroupName:
        """The group that holds what builds it."""
        return group_of(self.name, self.version)

    @property
    def title(self) -> str:
        """Name and version, as far as there is one."""
        return f"{self.name} {self.version}".rstrip()


def needed(lock: Lock, manifest: Manifest) -> list[BuildGroup]:
    """Return what the lock of the build tools is to have groups for, in the order of `lock`.

    Those are the packages with a source distribution that may be built and are named, have no wheel, or lack one in a
    common environment (`allow-build = true` does not ask for the tools of everything), the directories, commits and
    archives that are built, and the project itself. Not what has a wheel for every system: it is built nowhere.
    """
    found = []
    policy = manifest.policy
    uncovered = coverage_matrix.built_somewhere(lock) if "*" in policy.allow_build else frozenset()
    for position, package in enumerate(lock.packages):
        name = package.name
        if package.kind:
            if _is_tree_built(name, direct.read(lock, position)[0], manifest):
                found.append(BuildGroup(name, "", position))
            continue
        if package.sdist is None or not policy.may_build(name):
            continue
        is_named = name in policy.allow_build and not _is_served_everywhere(lock, position)
        if is_named or not package.wheels or position in uncovered:
            found.append(BuildGroup(name, package.version, position, package.requires_python))
    own = normalize(manifest.name)
    if manifest.is_installed and all((each.name, each.version) != (own, "") for each in found):
        found.append(BuildGroup(own, "", -1))
    return found


def _is_served_everywhere(lock: Lock, position: int) -> bool:
    """Return whether the wheels of a package that are for every system serve all that it is locked for.

    Others do not count: tags may ask for more, such as a C library, than the markers of a lock can say.
    """
    pure = [name for name in map(filename_of, lock.packages[position].wheels) if name.endswith("-any.whl")]
    area = conditions.marker_of(lock, position) & conditions.universe(lock)
    return bool(pure) and area.without_extras_and_groups().implies(wheeltags.covered_by(pure))


def _is_tree_built(name: NormalizedName, source: Direct, manifest: Manifest) -> bool:
    """Return whether the lock of the build tools has to say what builds a project that no index serves."""
    if isinstance(source, Directory):
        return True
    is_wheel = isinstance(source, Archive) and source.is_wheel
    return not is_wheel and manifest.policy.may_build(name)


def _check_enough(requires: Sequence[str], files: Sequence[Selected], title: str, name: str, target: Target) -> None:
    """Raise InputError unless `files` are wheels and meet `requires`."""
    from packaging.requirements import Requirement

    there = {one.name: one for one in files}
    for one in files:
        if isinstance(one.file, Sdist):
            raise InputError(
                f"{name}: {one.name} {one.version} has no wheel for this environment, and is required to build {title}",
                hint="choose a version that has a wheel for this environment",
            )
    for requirement in map(Requirement, requires):
        if requirement.marker and not requirement.marker.evaluate(dict(target.environment)):
            continue
        found = there.get(normalize(requirement.name))
        if found is None or not contains(str(requirement.specifier), found.version):
            raise InputError(
                f"{name} has no package for `{requirement}`, which the build of {title} requires", hint=_HINT
            )
