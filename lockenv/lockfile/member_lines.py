"""Find where a workspace member declares what changed in it, for the reader of a message.

Pure. In: differences, and the texts of the files of members. Out: the places of what differs. Never: a verdict.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.requirement import parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, Final

    from lockenv.lockfile.verdicts import Difference
    from lockenv.vocabulary.direct import DeclaredSource
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.requirement import Requirement

_STRING: Final = lazy_pattern(r"""(["'])(.+?)\1""")
_EXTRA: Final = lazy_pattern(r"""extra == ["']([^"']+)["']""")
_REQUIRES: Final = "requires-dist "


def origin(sourced: DeclaredSource, changed: Sequence[str]) -> Origin:
    """Return where a directory says the first of the lines `changed` that is found; else the key of the first.

    Where it has no such file, that is who names the directory. A line is a field of core metadata in lower case and its
    value: `requires-dist idna>=3`.
    """
    if not sourced.file:
        return sourced.origin
    found = [_origin(sourced, line) for line in changed]
    return next((one for one in found if one.line), found[0] if found else Origin(file=sourced.file, key="project"))


def placed(difference: Difference, old: Mapping[str, Any], new: Mapping[str, Any], manifest: Manifest) -> Difference:
    """Return a `difference` between lists: what was removed from a member at the list there, where that is known.

    `old` and `new` are the directories as they were recorded, and as they are.
    """
    if difference.origin is not None or not manifest.members:
        return difference
    head, _, group = difference.key.partition(".")
    if head == "groups":
        owners = owners_of(group, manifest)
        only = manifest.direct.get(owners[0]) if len(owners) == 1 else None
        return replace(difference, origin=_key(only, "dependency-groups", group) if only else None)
    if head != "dependencies":
        return difference
    removed = _bare(difference.sentence.removesuffix(" was removed"))
    for name in manifest.members:
        before, after = ({*_requirements(some.get(name, {}))} for some in (old, new))
        if removed in before - after:
            return replace(difference, origin=_key(manifest.direct[name], "project", "dependencies"))
    return difference


def owners_of(group: str, manifest: Manifest) -> list[NormalizedName]:
    """Return the projects of the workspace that have a dependency group of this name."""
    return [name for name, groups in manifest.member_groups.items() if group in groups]


def _requirements(recorded: Mapping[str, Any]) -> Iterator[Requirement]:
    for line in recorded.get("declares", ()):
        if line.startswith(_REQUIRES) and (found := _bare(line.removeprefix(_REQUIRES))) is not None:
            yield found


def _origin(sourced: DeclaredSource, changed: str) -> Origin:
    field, _, value = changed.partition(" ")
    match field:
        case "requires-dist":
            extra = _EXTRA.search(value)
            return _of_requirement(sourced, f"optional-dependencies.{extra[1]}" if extra else "dependencies", value)
        case "version" | "requires-python":
            return _key(sourced, "project", field)
        case "provides-extra":
            return _key(sourced, "project.optional-dependencies", value)
        case _:
            return Origin(file=sourced.file, key="project")


def _of_requirement(sourced: DeclaredSource, key: str, value: str) -> Origin:
    """Return the place of the first string that requires what `value` does, whatever its marker."""
    wanted, place = _bare(value), Origin(file=sourced.file, key=f"project.{key}")
    for number, line in enumerate(sourced.text.splitlines(), 1):
        for found in _STRING.finditer(line):
            if wanted is not None and _bare(found[2]) == wanted:
                return replace(place, line=number, column=found.start() + 1, source=line)
    return place


def _bare(value: str) -> Requirement | None:
    """Return the requirement that `value` writes without its marker; None for no requirement."""
    try:
        return replace(parse(value), marker="")
    except ValueError:
        return None


def _key(sourced: DeclaredSource, table: str, key: str) -> Origin:
    """Return the place of `key` in `table`, which is a header of its own in a file as people write it."""
    place, within = Origin(file=sourced.file, key=f"{table}.{key}"), ""
    for number, line in enumerate(sourced.text.splitlines(), 1):
        if line.startswith("["):
            within = line.partition("]")[0].strip("[ ")
        elif within == table and "=" in line and normalize(line.partition("=")[0].strip(" \t\"'")) == normalize(key):
            return replace(place, line=number, column=1, source=line)
    return place
