"""How long the second engine may search, and what is reported where that is not enough.

Duty: word the error of a search beyond the limit. In: the projects that conflicts were about, and what the project
requires. Out: an InputError. Never: a search.

Versions can be combined in so many ways that no search is sure to end soon. A search that ends without an answer, and
reports which projects it went back and forth between, is of more use than one that goes on.

Explained in docs/resolver.md, "The second engine".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.errors import InputError
from lockenv.resolve.failure_wording import listed
from lockenv.resolve.model import MOST_DECISIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.resolve.edges import RootEdge
    from lockenv.vocabulary.names import NormalizedName

_NAMED: Final = 4


def gave_up(blamed: Sequence[NormalizedName], roots: Sequence[RootEdge]) -> InputError:
    """Return the error of a search that made too many decisions.

    `blamed` are the projects that conflicts were about, the most frequent first.
    """
    rest = len(blamed) - _NAMED
    names: list[str] = [*blamed[:_NAMED], f"{rest} more"] if rest > 0 else [*blamed] or ["no single package"]
    direct = sorted((root for root in roots if root.name in blamed), key=lambda root: blamed.index(root.name))
    bounds = [f"`{each.root.requirement}` ({each.root.origin})" for each in direct if each.root.requirement.specifier]
    ways = [f"relax {' or '.join(dict.fromkeys(bounds[:2]))}"] if bounds else []
    if blamed:
        free = next((name for name in blamed if all(root.name != name for root in roots)), blamed[0])
        ways.append(f"choose a version of one of them with `lockenv lock -P {free}==VERSION`")
    return InputError(
        f"no answer after {MOST_DECISIONS:,} decisions; most conflicts are about {listed(names)}",
        hint=", or ".join(ways) or "require narrower versions",
    )
