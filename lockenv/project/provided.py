"""Which packages the base interpreter provides, as a project's settings say.

Pure: settings go in (`layers`); requirements come out. Those with versions are constraints, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lockenv.project.values import Values
    from lockenv.vocabulary.requirement import Declared

KEY: Final = "provided"
SHOWN: Final = "system-site-packages"


def provided(document: Values) -> tuple[Declared, ...]:
    """Return the packages that the base interpreter provides, in the order they are written.

    Raises InputError for one with an extra or a URL, and where an environment would not show what the base has.
    """
    declared = document.requirements((KEY,))
    for position, each in enumerate(declared):
        what = "extras" if each.requirement.extras else "a URL" if each.requirement.url else ""
        if what:
            raise document.error(
                (KEY, position), f"has {what}, which is not allowed here", hint="name the package and its versions"
            )
    if declared and not document.boolean((SHOWN,)):
        raise document.error(
            (KEY,),
            f"has no effect without `{SHOWN}`",
            hint=f"set `{SHOWN} = true`: environments then show the packages of their base interpreter",
            at_key=True,
        )
    return declared
