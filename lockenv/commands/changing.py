"""Change what a project declares, and lock it: what `add` and `remove` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.operations import declare, declare_again, declare_member
from lockenv.report import build_permission

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable

    Answer = declare.ChangedDeclaration | Unsolvable | NeedsPermission


def changed(
    edit: Callable[[declare.Declaration], declare.Edit],
    found: declare.Declaration,
    names: Collection[NormalizedName],
    settings: Settings,
    console: Console,
    *,
    dry_run: bool,
    allow_build: Sequence[str] = (),
) -> Answer:
    """Return what becomes of the `edit` of `found`, which is about `names`; builds are asked for on a terminal."""

    def change(declared: declare.Declaration) -> Answer:
        text = edit(declared)

        def attempt(granted: tuple[str, ...]) -> Answer:
            allowed = (*allow_build, *granted)
            return declare_member.change(declared, text, settings, console, dry_run=dry_run, allow_build=allowed)

        return build_permission.answered(attempt, console)

    return declare_again.changed(change, found, names, settings, console)
