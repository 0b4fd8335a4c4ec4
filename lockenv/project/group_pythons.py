"""Read `dependency-groups`: the Pythons that single groups of a project are for.

Pure: settings and the groups go in, specifiers come out. Each is judged at once: a group that no Python of the project
could install is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.project import messages
from lockenv.vocabulary import markers
from lockenv.vocabulary.names import GroupName, normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from lockenv.project.includes import Node
    from lockenv.project.positions import Path
    from lockenv.project.values import Values

_KEY: Final = "dependency-groups"
KEYS: Final = ("requires-python",)


def pythons(
    document: Values, groups: Collection[str], requires_python: str, including: Callable[[Node], Iterable[Node]]
) -> dict[GroupName, str]:
    """Return the specifier of the Pythons that groups are for, of those that say it, or include one that does; sorted.

    `including` returns what includes a group, itself too. Raises InputError.
    """
    found: dict[str, list[str]] = {}
    own = markers.python(requires_python) if requires_python else markers.ALWAYS
    for written in document.table((_KEY,)):
        path: Path = (_KEY, written)
        name = normalize(written)
        if name not in groups:
            raise document.error(
                path,
                f'refers to the group "{written}", which is not declared{messages.suggestion(written, groups)}',
                hint=f"the groups are {', '.join(groups)}" if groups else "the project declares no groups",
                at_key=True,
            )
        document.known_keys(path, KEYS)
        specifier = document.specifier((*path, "requires-python"))
        if not specifier:
            continue
        if own.disjoint(markers.python(specifier)):
            raise document.error(
                (*path, "requires-python"),
                f'is "{specifier}", but the project requires Python {requires_python}',
                hint="use a part of the Pythons of the project",
            )
        for _, each in including(("group", name)):
            found.setdefault(each, []).append(specifier)
    return {GroupName(name): ",".join(dict.fromkeys(found[name])) for name in sorted(found)}
