"""Decide what to install, what to remove, and what to keep.

Pure: the files a lock selects and what an environment holds go in; an InstallPlan comes out.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockenv.environment.installed import Installed
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPlan:
    """A change of an environment, sorted by name; a distribution that is replaced is in `install` and in `remove`."""

    install: tuple[Selected, ...] = ()
    remove: tuple[Installed, ...] = ()
    keep: tuple[Installed, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to do."""
        return not self.install and not self.remove


def plan(
    selected: Iterable[Selected],
    installed: Iterable[Installed],
    *,
    inexact: bool = False,
    spared: Collection[NormalizedName] = (),
    overwrites: Overwrites = (),
    again: Collection[NormalizedName] = (),
) -> InstallPlan:
    """Return the smallest change after which an environment holds exactly `selected`.

    The same version from other bytes is replaced, not kept. `inexact` keeps what `selected` does not name; `spared`
    are names that somebody else installs, such as the project itself, and that are never touched. What has lost files
    to others is replaced when these, or `overwrites`, are no longer what it lost them to. What is in `again` is
    replaced by itself.
    """
    wanted = {one.name: one for one in selected}
    remove: list[Installed] = []
    keep: list[Installed] = []
    present: set[NormalizedName] = set()
    for found in installed:
        choice = wanted.get(found.name)
        if choice is None:
            is_kept = inexact or found.name in spared
        else:
            # A name that is there twice cannot be distinguished by an import: one stays.
            is_kept = is_from(found, choice) and found.name not in present and found.name not in again
            if is_kept:
                present.add(found.name)
        (keep if is_kept else remove).append(found)
    there = {*wanted, *(found.name for found in keep)}
    while True:
        new = wanted.keys() - present
        lacking = [found for found in keep if found.name in present and _lacks(found, there, new, overwrites)]
        if not lacking:
            break
        remove += lacking
        keep = [found for found in keep if found not in lacking]
        present -= {found.name for found in lacking}
    return InstallPlan(
        install=tuple(wanted[name] for name in sorted(wanted.keys() - present)),
        remove=tuple(sorted(remove, key=_order)),
        keep=tuple(sorted(keep, key=_order)),
    )


def winners(
    name: NormalizedName, there: Collection[NormalizedName], overwrites: Overwrites
) -> tuple[NormalizedName, ...]:
    """Return those of `there` whose files are where `name` has files too, sorted."""
    return tuple(winner for winner, loser in overwrites if loser == name and winner in there)


def _lacks(
    found: Installed, there: Collection[NormalizedName], new: Collection[NormalizedName], overwrites: Overwrites
) -> bool:
    """Return whether `found` may lack files that no other brings any more, or have some that others now bring."""
    over = winners(found.name, there, overwrites)
    return found.overwritten_by != over or any(name in new for name in over)


def is_from(found: Installed, choice: Selected) -> bool:
    """Return whether `found` was installed from the very bytes that `choice` names."""
    is_built = choice.built_from is not None
    return (
        found.sha256 is not None
        and found.sha256 == choice.origin
        and not (is_built and found.built != choice.file.sha256)
    )


def _order(found: Installed) -> tuple[str, str]:
    return found.name, found.directory
