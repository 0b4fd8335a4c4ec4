"""Which Pythons a project is for: what it declares, less what members of its workspace do not admit.

In: what is declared, and the old lock. Out: the same with a specifier, as `requires-python` has it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lockenv.builds.workspace import pythons
from lockenv.environment.interpreter_locations import OLDEST
from lockenv.environment.python_pin import pinned
from lockenv.errors import InputError
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import parse_specifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


_MINOR = lazy_pattern(r"(?:[a-z]*[-@]?|>=\s*|~=\s*|==\s*)(\d+)\.(\d+)")
"""The minor version at the start of a request."""


def decided(declared: Manifest, locked: Lock | None, directory: str, environ: Mapping[str, str]) -> Manifest:
    """Return `declared` with the Pythons it is for.

    They are those that it says, else that the members of its workspace say, else that the old lock records, else those
    that are `expected` in its `directory`. Of these, each member has to admit every one: what a member does not admit
    is left out. Raises InputError where none is left.
    """
    own = declared.requires_python
    members = {} if declared.is_apart and own else pythons(declared)
    if all(specifier == own for specifier in members.values()):
        return declared if own else replace(declared, requires_python=_recorded(locked) or expected(directory, environ))
    return _narrowed(declared, own, members)


def running() -> str:
    """Return the specifier of the minor version that lockenv runs on, and later ones."""
    return f">={sys.version_info.major}.{sys.version_info.minor}"


def expected(directory: str, environ: Mapping[str, str]) -> str:
    """Return the specifier of the Pythons that a project in `directory` is for if it states none.

    That of the minor version that lockenv runs on, or of an older one that `.python-version` requests, and later ones.
    Raises what reading that file raises.
    """
    requested, _ = pinned(directory, environ)
    found = _MINOR.match(requested)
    if found is not None and OLDEST <= (minor := (int(found[1]), int(found[2]))) < sys.version_info[:2]:
        return f">={minor[0]}.{minor[1]}"
    return running()


def _narrowed(declared: Manifest, own: str, members: Mapping[NormalizedName, str]) -> Manifest:
    """Return `declared` for those Pythons of `own` that all `members` admit."""
    whole = markers.python(own)
    parts = {name: _admitted(name, specifier) for name, specifier in members.items()}
    narrowing = tuple((name, members[name]) for name in sorted(members) if whole & parts[name] is not whole)
    if not narrowing:
        return replace(declared, requires_python=own or running())
    together = parse_specifier(",".join(filter(None, (own, *(specifier for _, specifier in narrowing)))))
    if markers.python(together) is markers.NEVER:
        raise _nothing_left(declared, narrowing)
    return replace(declared, requires_python=_shortest(together), narrowing=narrowing if own else ())


def _admitted(name: NormalizedName, specifier: str) -> Marker:
    try:
        return markers.python(specifier)
    except ValueError as error:
        raise InputError(
            f"requires-python `{specifier}` of the workspace member `{name}` is not a version specifier: {error}",
            hint='correct it in the pyproject.toml of that member, such as ">=3.11"',
        ) from error


def _nothing_left(declared: Manifest, narrowing: tuple[tuple[NormalizedName, str], ...]) -> InputError:
    said = [f"the root requires {declared.requires_python}"] if declared.requires_python else []
    said += [f"`{name}` requires {specifier}" for name, specifier in narrowing]
    return InputError(
        f"the members of the workspace have no Python in common: {', '.join(said)}",
        hint="change a requires-python, or exclude a member from the workspace and lock it on its own",
        origin=declared.workspace.origin if declared.workspace else declared.requires_python_origin,
    )


def _shortest(specifier: str) -> str:
    """Return `specifier` without the clauses that the others imply."""
    whole, kept = markers.python(specifier), specifier.split(",")
    for clause in specifier.split(","):
        rest = [each for each in kept if each != clause]
        if rest and markers.python(",".join(rest)) is whole:
            kept = rest
    return ",".join(kept)


def _recorded(locked: Lock | None) -> str:
    return locked.inputs.requires_python if locked else ""
