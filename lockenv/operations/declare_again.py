"""Change what a project declares once more, where its file was written by another program meanwhile.

In: a Declaration and a change of it. Out: what the change returns. Never: a change of what that program wrote about the
same packages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockenv.errors import LockenvError
from lockenv.operations import declare
from lockenv.operations.held_file import FileChangedError
from lockenv.project import edit, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lockenv.context.settings import Settings
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener

_Answer = TypeVar("_Answer")


def changed(
    change: Callable[[declare.Declaration], _Answer],
    found: declare.Declaration,
    names: Collection[NormalizedName],
    settings: Settings,
    listener: Listener,
) -> _Answer:
    """Return what `change` returns of `found`, or of what its file says by then, where it was written meanwhile.

    Raises FileChangedError where the file says something else of `names` by then, cannot be understood, or is
    written once more; it stays as it is then.
    """
    try:
        return change(found)
    except FileChangedError as error:
        try:
            new = declare.declaration(settings)
            is_untouched = new.path == found.path and _of(new, names) == _of(found, names)
        except LockenvError:
            raise error from None
        if not is_untouched:
            raise
    listener.note(f"{found.name} was changed by another program meanwhile; starting again with what it says now")
    return change(new)


def _of(found: declare.Declaration, names: Collection[NormalizedName]) -> object:
    """Return all that a file says of `names`. Raises InputError for one that cannot be understood."""
    if not found.project.pyproject:
        return lines.declared_of(found.text, names)
    return edit.declared_of(found.text, found.name, names)
