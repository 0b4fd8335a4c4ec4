"""Name the extras of workspace members, and groups of them that a lock has not, where someone asks for them.

In: a manifest, what is asked for. Out: errors and notes that say what to declare in the root. Never: a choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.lockfile.select import check_known
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockenv.operations.selection_options import SelectionOptions
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener

_EXTRA = "provides-extra "
"""How a line begins that names an extra, of those that say what a directory declares."""
_RELOCK = "then run `lockenv lock`"
_NO_EXTRA = "only extras of the workspace root can be selected"


def check_of_workspace(kind: str, asked: Collection[str], known: Sequence[str], manifest: Manifest) -> None:
    """Raise UsageError for an extra or group that the lock does not have; of members, with what to declare."""
    for name in sorted(asked):
        if name not in known:
            check_known(kind, (name,), known, _hint(kind, name, manifest))


def check_extras(asked: Collection[str], packages: Sequence[str], manifest: Manifest) -> None:
    """Raise UsageError for an extra that is `asked` for with members of the workspace which the root is not among.

    Extras of the root alone are locked by name.
    """
    if not packages or normalize(manifest.name) in packages:
        return
    of_members = _extras(manifest)
    for extra in sorted(asked):
        owner = next((name for name in packages if extra in of_members.get(normalize(name), ())), "")
        if owner:
            group = f'`{extra} = ["{owner}[{extra}]"]`'
            raise UsageError(
                f"the extra `{extra}` of {owner} is not locked",
                hint=f"declare the group {group} in the workspace root, run `lockenv lock`, and use `--group {extra}`",
            )
        raise UsageError(
            f"{' and '.join(packages)} {'has' if len(packages) == 1 else 'have'} no extra `{extra}`",
            hint=f"add `--package {manifest.name}`, which has it"
            if extra in manifest.extras
            else f"leave out `{extra}`",
        )


def note_unlocked(options: SelectionOptions, manifest: Manifest, listener: Listener) -> None:
    """Note the groups of members that `options` ask for, and the extras where they ask for all of them."""
    if groups := _asked(options, manifest):
        said = _listed(groups)
        listener.note(f"groups of workspace members are not locked: {said}; declare them in the workspace root")
    if options.all_extras and (extras := _extras(manifest, {normalize(name) for name in options.package})):
        said, (member, (extra, *_)) = _listed(extras), next(iter(extras.items()))
        listener.note(
            f"extras of workspace members cannot be selected: {said}; require them in the workspace root, "
            f"as `{member}[{extra}]`"
        )


def _asked(options: SelectionOptions, manifest: Manifest) -> Mapping[NormalizedName, Sequence[str]]:
    """Return the groups that the lock does not have of the members: all, or those of a name that a sync asks for."""
    if options.all_groups:
        return manifest.unlocked_groups
    asked = {normalize(group) for group in options.group}
    packages = {normalize(name) for name in options.package}
    found = {
        name: [group for group in groups if group in asked]
        for name, groups in manifest.unlocked_groups.items()
        if not packages or name in packages
    }
    return {name: groups for name, groups in found.items() if groups}


def _listed(found: Mapping[NormalizedName, Sequence[str]]) -> str:
    return "; ".join(f"{', '.join(names)} of {member}" for member, names in found.items())


def _extras(manifest: Manifest, packages: Collection[str] = ()) -> Mapping[NormalizedName, Sequence[str]]:
    """Return the extras of the members that have some: of all members, or of those among `packages`."""
    found = {
        name: [
            normalize(line.removeprefix(_EXTRA)) for line in manifest.direct[name].declares if line.startswith(_EXTRA)
        ]
        for name in manifest.members
        if not packages or name in packages
    }
    return {name: extras for name, extras in found.items() if extras}


def _hint(kind: str, name: str, manifest: Manifest) -> str:
    """Return what to declare in the workspace root so that the extra or group `name` is locked."""
    found: Mapping[NormalizedName, Sequence[str]] = manifest.unlocked_groups if kind == "group" else _extras(manifest)
    members = [member for member, names in found.items() if name in names]
    if not members:
        return "the workspace root and its members have no such group" if kind == "group" else _NO_EXTRA
    whose = f"`{name}` is {'a group' if kind == 'group' else 'an extra'} of the workspace member {members[0]}"
    if kind == "group":
        return f"{whose}; declare it in the workspace root, under [dependency-groups], {_RELOCK}"
    return f"{whose}; require `{members[0]}[{name}]` in a group of the workspace root, {_RELOCK}"
