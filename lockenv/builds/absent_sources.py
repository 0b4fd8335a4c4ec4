"""Refuse sources that are not there, all of them at once: directories, and members of a workspace.

In: what is absent, and who names it. Out: the error, to be raised. Never: a look at the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin


def directories(absent: Sequence[tuple[NormalizedName, str, Origin]]) -> InputError:
    """Return the error for directories: of what, where, and who says so. It points at the first in its file."""
    named = sorted(absent, key=lambda each: (each[2].file, each[2].line))
    first, path, origin = named[0]
    hint = f"correct the {'path' if len(named) == 1 else 'paths'}, or {_from_index(first)}"
    if len(named) == 1:
        return InputError(f"the directory {path} does not exist", hint=hint, origin=origin)
    listed = ", ".join(f"{name} ({place})" for name, place, _ in named)
    return InputError(f"{len(named)} sources name directories that do not exist: {listed}", hint=hint, origin=origin)


def members(absent: Sequence[tuple[NormalizedName, Origin]], where: str, there: Collection[str]) -> InputError:
    """Return the error for members of a workspace that no project `where` it looks is; `there` are those that are."""
    known = f"the members found are {', '.join(sorted(there))}" if there else "no member was found"
    first, origin = absent[0]
    if len(absent) == 1:
        what = f"workspace member `{first}` is missing: no project of that name matches {where}"
    else:
        listed = ", ".join(f"`{name}`" for name, _ in absent)
        what = f"workspace members {listed} are missing: no projects of these names match {where}"
    directory = "its directory" if len(absent) == 1 else "their directories"
    return InputError(what, hint=f"restore {directory}, or {_from_index(first)}; {known}", origin=origin)


def member_required(name: str, by: str, origin: Origin, *, is_root_named: bool) -> InputError:
    """Return the error for a member of the workspace that another one requires, and that is not there."""
    root = "" if is_root_named else f"; if the workspace root is meant, run `lockenv init --name {name}` there"
    return InputError(
        f"workspace member `{name}` is missing, which `{by}` requires",
        hint=f"restore its directory, or remove this source{root}",
        origin=origin,
    )


def _from_index(name: str) -> str:
    """Return what to declare where an index has a package: with no source at all, the tables of other tools count."""
    return f'take {name} from an index: `{name} = {{ index = "NAME" }}`'
