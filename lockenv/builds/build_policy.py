"""What may be built: building runs the code of a package, so the user's policy names what it trusts.

In: a policy, what a command wants to build. Out: what has no permission yet, errors. Never: a build.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.vocabulary.direct import Directory, shown
from lockenv.vocabulary.pin import NeedsPermission, UnbuiltRelease

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected


def refused(unbuilt: Iterable[Selected], policy: Policy, lock: Lock) -> NeedsPermission | None:
    """Return the source distributions among `unbuilt` that `policy` does not allow to be built; None for none."""
    parents = _parents(lock)
    found = [
        UnbuiltRelease(
            name=one.name,
            version=one.version,
            reason=f"it has no wheel for this environment and must be built from {one.file.filename}"
            if one.direct is None
            else f"it comes from {shown(one.direct)}",
            chain=parents.get(one.name, ()),
        )
        for one in unbuilt
        if not may_build(policy, one)
    ]
    return NeedsPermission(packages=tuple(sorted(found, key=lambda one: (one.name, one.version)))) if found else None


def _parents(lock: Lock) -> dict[str, tuple[str, ...]]:
    """Return for each project the first locked package that requires it, with its version."""
    found: dict[str, tuple[str, ...]] = {}
    for package in lock.packages:
        for name, _ in package.dependencies:
            found.setdefault(name, (package.title,))
    return found


def check(policy: Policy, one: Selected) -> None:
    """Raise InputError where `policy` does not allow `one` to be built, or where nothing says what its bytes are."""
    if one.direct is not None:
        check_direct(policy, one.name, one.direct)
        return
    if not policy.may_build(one.name):
        raise InputError(
            f"{one.name} {one.version} has no wheel for this environment, and building it from {one.file.filename} is "
            "not allowed",
            hint=_hint(one.name),
        )
    if one.file.sha256 is None:
        raise InputError(
            f"{one.file.filename} must be built, but has no sha256 in the lockfile",
            hint="run `lockenv lock --upgrade`",
        )


def check_direct(policy: Policy, name: NormalizedName, direct: Direct) -> None:
    """Raise InputError where `policy` does not allow what comes from `direct` to be built.

    The directories of a project are its own: they build without asking.
    """
    if not isinstance(direct, Directory) and not policy.may_build(name):
        raise InputError(f"building `{name}` from {shown(direct)} is not allowed", hint=_hint(name))


def may_build(policy: Policy, one: Selected) -> bool:
    """Return whether `policy` allows `one` to be built; the directories of a project are its own."""
    return isinstance(one.direct, Directory) or policy.may_build(one.name)


def _hint(name: NormalizedName) -> str:
    return f"building runs its code; run `lockenv lock --allow-build {name}` to allow it"


def allowing(command: str, names: Iterable[str]) -> str:
    """Return `command` with an option for each of `names`, sorted, each once."""
    return " ".join((command, *(f"--allow-build {name}" for name in sorted(set(names)))))
