"""Choose the files that a lock installs into an environment: extras and groups as asked for, the target as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lockenv.errors import UsageError
from lockenv.sync.state import SyncChoice
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import NormalizedName, normalize
from lockenv.vocabulary.pin import Selected

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockenv.builds import checkout
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
else:
    checkout = late("lockenv.builds.checkout")


class SelectionOptions(Protocol):
    """Options that tell which extras and groups are meant."""

    @property
    def extra(self) -> Sequence[str]:
        """Extras as they were named."""

    @property
    def all_extras(self) -> bool:
        """Whether every extra is meant."""

    @property
    def group(self) -> Sequence[str]:
        """Dependency groups as they were named."""

    @property
    def all_groups(self) -> bool:
        """Whether every dependency group is meant."""

    @property
    def no_default_groups(self) -> bool:
        """Whether the default groups are left out."""

    @property
    def no_group(self) -> Sequence[str]:
        """Dependency groups that are left out, whatever else names them."""

    @property
    def no_dev(self) -> bool:
        """Whether the group `dev` is left out; it need not be there."""


def is_silent(options: SelectionOptions) -> bool:
    """Return whether none of `options` is given."""
    named = options.extra or options.all_extras or options.group or options.all_groups
    return not (named or options.no_default_groups or options.no_group or options.no_dev)


def read_selection(options: SelectionOptions, lock: Lock, default_groups: Collection[str] | None = None) -> SyncChoice:
    """Return what `options` ask for; the default groups are the lock's unless given.

    Raises UsageError for a group to leave out that the lock does not have.
    """
    extras = lock.extras if options.all_extras else map(normalize, options.extra)
    groups: set[str] = set(lock.groups if options.all_groups else map(normalize, options.group))
    if not options.no_default_groups:
        groups.update(lock.default_groups if default_groups is None else default_groups)
    groups -= _left_out(options, lock)
    return SyncChoice(extras=tuple(sorted(set(extras))), groups=tuple(sorted(groups)))


def _left_out(options: SelectionOptions, lock: Lock) -> set[str]:
    named = {normalize(name): name for name in options.no_group}
    there: set[str] = {*lock.groups}
    for name, written in named.items():
        if name not in there:
            known = f"its groups are {', '.join(sorted(there))}" if there else "it has no groups"
            raise UsageError(f"--no-group {written}: no such group in {lock.file}", hint=known)
    return {*named, *(["dev"] if options.no_dev else [])}


def itself(manifest: Manifest, *, editable: bool) -> Selected:
    """Return the project itself as something to install, a link to its sources where it is `editable`."""
    file = Sdist(filename=manifest.name, url="", sha256=None)
    direct = Directory(path=manifest.root, editable=editable)
    return Selected(name=NormalizedName(manifest.name), version="", file=file, direct=direct)


def with_itself(chosen: tuple[Selected, ...], manifest: Manifest, *, editable: bool) -> tuple[Selected, ...]:
    """Return `chosen` with the project itself, in place of its entry if what it requires requires it in turn."""
    return (*without_itself(chosen, manifest), itself(manifest, editable=editable))


def without_itself(chosen: tuple[Selected, ...], manifest: Manifest) -> tuple[Selected, ...]:
    """Return `chosen` without the project itself, and without what has its name."""
    return tuple(one for one in chosen if one.name != manifest.name)


def told_apart(chosen: tuple[Selected, ...], base: str) -> tuple[Selected, ...]:
    """Return `chosen`, sorted by name, each commit and each directory, seen from `base`, with its identity."""
    if all(one.direct is None for one in chosen):
        return chosen
    return tuple(sorted(checkout.identified(chosen, base), key=lambda one: one.name))
