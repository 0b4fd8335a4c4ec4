"""Choose the files that a lock installs into an environment: extras and groups as asked for, the target as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.lockfile.select import check_known
from lockenv.operations.partial_selection import check_groups, is_among, is_any_of, normalize_members
from lockenv.sync.state import SyncChoice
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import NormalizedName, normalize
from lockenv.vocabulary.selected import Selected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lockenv.builds import checkout
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import unlocked
    from lockenv.operations.selection_options import SelectionOptions
    from lockenv.vocabulary.manifest import Manifest
else:
    checkout = late("lockenv.builds.checkout")
    unlocked = late("lockenv.operations.unlocked")


def read_selection(
    options: SelectionOptions, lock: Lock, manifest: Manifest | None, default_groups: Collection[str] | None = None
) -> SyncChoice:
    """Return what `options` ask for; the default groups are the lock's unless given.

    Those that are given say nothing of a lock of another tool, which may have no such groups.

    Raises UsageError for options that contradict each other, for a group or package to leave out that the lock does not
    have, for a package that is no member of the workspace, and in a workspace for what the lock does not have.
    """
    options.check()
    packages = normalize_members(options.package, manifest)
    all_extras = lock.extras if manifest is None or is_among(manifest.name, packages) else ()
    extras = all_extras if options.all_extras else map(normalize, options.extra)
    only: set[str] = {*map(normalize, options.only_group)}
    alone = lock.packages_in_conflict
    defaults = lock.default_groups if default_groups is None or lock.own is None else default_groups
    public = _of_packages((group for group in lock.groups if group not in alone), packages, manifest)
    groups: set[str] = {*(only or (public if options.all_groups else map(normalize, options.group)))}
    for apart, name in manifest.apart.items() if manifest is not None else ():
        if apart in groups:
            raise UsageError(f"the group `{apart}` is locked apart, in pylock.{name}.toml", hint=f"use --lock {name}")
    if not (options.no_default_groups or only):
        groups.update(_of_packages(defaults, packages, manifest))
    groups -= _left_out(options, lock)
    if alone:
        groups -= alone.keys()
        groups |= {group for group, name in alone.items() if not only and is_among(name, packages)}
    if only and not groups:
        raise UsageError("--no-group excludes every group that --only-group includes", hint="remove one of them")
    asked = tuple(sorted(set(extras)))
    if manifest is not None and manifest.members:
        unlocked.check_extras(asked, packages, manifest)
        unlocked.check_of_workspace("extra", asked, lock.extras, manifest)
        unlocked.check_of_workspace("group", groups, lock.groups, manifest)
        check_groups(groups - alone.keys(), packages, manifest)
    return SyncChoice(
        extras=asked,
        groups=tuple(sorted(groups)),
        packages=packages,
        only=tuple(sorted(groups)) if only else (),
        left_out=_packages_left_out(options, lock),
        kinds_left_out=tuple(
            kind
            for kind, is_left_out in (
                ("project", options.no_project),
                ("workspace", options.no_install_workspace),
                ("local", options.no_install_local),
            )
            if is_left_out
        ),
    )


def _of_packages(groups: Iterable[str], packages: Sequence[str], manifest: Manifest | None) -> list[str]:
    """Return those of `groups` that some of `packages` have; all where no packages are chosen.

    Others are installed only where they are named: then they are those of the root.
    """
    if manifest is None or not packages:
        return [*groups]
    return [group for group in groups if is_any_of(group, packages, manifest)]


def known_selection(
    options: SelectionOptions, lock: Lock, manifest: Manifest | None, *, is_current: bool
) -> SyncChoice:
    """Return what `options` ask for of a lock that has every extra and group that they mean.

    The default groups are those of `manifest` where the lock `is_current`, else the lock's. Raises UsageError.
    """
    is_asked = is_current and manifest is not None and manifest.is_known
    choice = read_selection(options, lock, manifest, manifest.default_groups if manifest and is_asked else None)
    check_known("extra", choice.extras, lock.extras)
    check_known("group", choice.groups, lock.groups)
    return choice


def _packages_left_out(options: SelectionOptions, lock: Lock) -> tuple[str, ...]:
    """Return the normalized names of the packages that are left out, sorted."""
    names = {normalize(name): name for name in options.no_install_package}
    there = {package.name for package in lock.packages} if names else set()
    for name, written in names.items():
        if name not in there:
            raise UsageError(
                f"--no-install-package {written}: no such package in {lock.file}",
                hint="run `lockenv tree` to list the locked packages; --no-install-project excludes the project itself",
            )
    return tuple(sorted(names))


def _left_out(options: SelectionOptions, lock: Lock) -> set[str]:
    named = {normalize(name): name for name in options.no_group}
    there: set[str] = {*lock.groups}
    for name, written in named.items():
        if name not in there:
            known = f"its groups are {', '.join(sorted(there))}" if there else "it has no groups"
            raise UsageError(f"--no-group {written}: no such group in {lock.file}", hint=known)
    return {*named, *(["dev"] if options.no_dev else [])}


def describe_left_out(choice: SyncChoice) -> tuple[str, ...]:
    """Return what `choice` leaves out though it would be selected, as messages name it."""
    titles = {"project": "the project itself", "workspace": "the workspace members", "local": "local packages"}
    return (*choice.left_out, *(titles[kind] for kind in choice.kinds_left_out))


def itself(manifest: Manifest, *, editable: bool) -> Selected:
    """Return the project itself as something to install, a link to its sources where it is `editable`."""
    file = Sdist(filename=manifest.name, url="", sha256=None)
    direct = Directory(path=manifest.root, editable=editable)
    return Selected(name=NormalizedName(manifest.name), version="", file=file, direct=direct)


def is_copied(one: Selected, own: str) -> bool:
    """Return whether a directory is not the project itself, `own`, as a link to its sources."""
    return isinstance(one.direct, Directory) and not (one.name == own and one.direct.editable)


def with_itself(chosen: tuple[Selected, ...], manifest: Manifest, *, editable: bool) -> tuple[Selected, ...]:
    """Return `chosen` with the project itself, in place of its entry if what it requires requires it in turn."""
    return (*without_itself(chosen, manifest), itself(manifest, editable=editable))


def without_itself(chosen: tuple[Selected, ...], manifest: Manifest) -> tuple[Selected, ...]:
    """Return `chosen` without the project itself, and without what has its name."""
    return tuple(one for one in chosen if one.name != manifest.name)


def distinguished(chosen: tuple[Selected, ...], base: str) -> tuple[Selected, ...]:
    """Return `chosen`, sorted by name, each commit and each directory, seen from `base`, with its identity."""
    if all(one.direct is None for one in chosen):
        return chosen
    return tuple(sorted(checkout.identified(chosen, base), key=lambda one: one.name))
