"""What may be built: building runs the code of a package, so the user's policy names what it trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.vocabulary.direct import Directory, shown

if TYPE_CHECKING:
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Selected


def check(policy: Policy, one: Selected) -> None:
    """Raise InputError where `policy` does not allow `one` to be built, or where nothing says what its bytes are."""
    if one.direct is not None:
        check_direct(policy, one.name, one.direct)
        return
    if not policy.may_build(one.name):
        raise InputError(
            f"{one.name} {one.version} has no wheel for this environment, and {one.file.filename} may not be built",
            hint=_hint(one.name),
        )
    if one.file.sha256 is None:
        raise InputError(f"the lock gives no sha256 of {one.file.filename}, and it must be built", hint="lock it again")


def check_direct(policy: Policy, name: NormalizedName, direct: Direct) -> None:
    """Raise InputError where `policy` does not allow what comes from `direct` to be built.

    The directories of a project are its own: they build without asking.
    """
    if not isinstance(direct, Directory) and not policy.may_build(name):
        raise InputError(f"{name} comes from {shown(direct)}, which may not be built", hint=_hint(name))


def _hint(name: NormalizedName) -> str:
    return f'building runs its code: allow it with `allow-build = ["{name}"]` under [tool.lockenv]'
