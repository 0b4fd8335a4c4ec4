"""Raise the bounds of what a project declares to the newest versions, and lock these.

In: a Declaration and the packages to upgrade. Out: ChangedDeclaration, or why nothing was changed. Never: printing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.operations import declare_member
from lockenv.operations.edit import UnwritableBoundsError, raising

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockenv.context.settings import Settings
    from lockenv.operations.declare import ChangedDeclaration, Declaration
    from lockenv.operations.edit import DeclaredBound
    from lockenv.operations.resolving import UpgradeChoice
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
    from lockenv.vocabulary.progress import Listener


def upgrade(
    found: Declaration,
    names: Collection[NormalizedName],
    choice: UpgradeChoice,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool = False,
    allow_build: Sequence[str] = (),
) -> ChangedDeclaration | Unsolvable | NeedsPermission:
    """Raise the bounds of `names` in the declaration and lock, or return why not; then nothing is changed.

    The newest versions may differ between environments by more than a bound can say as it is written, such as `==2.0`.
    Then the highest bound that can be written is, and the rest is resolved again beside it.
    """
    fixed: dict[DeclaredBound, str] = {}
    while True:
        try:
            return declare_member.change(
                found,
                raising(found, names, fixed),
                settings,
                listener,
                dry_run=dry_run,
                upgrade=choice,
                allow_build=allow_build,
            )
        except UnwritableBoundsError as error:
            for (name, specifier, marker), bound in sorted(error.bounds.items()):
                newest = ", ".join(sorted(error.versions[name, specifier, marker]))
                fixed[name, specifier, marker] = bound
                listener.note(
                    f"the newest versions of {name} differ between environments ({newest}): `{name}{specifier}` "
                    + ("stays as it is" if bound == specifier else f"becomes `{name}{bound}`")
                )
