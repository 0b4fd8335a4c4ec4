"""Merge two locks that come from one: what either side changed, where they do not contradict each other.

Pure: two locks and their base go in; the document that holds the changes of both comes out, not sealed and not proved.
Where both sides changed one thing in two ways there is no document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.lockfile.lock import own
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.lockfile.conflict import ConflictSides

_ABSENT: Final = object()
_ORDERED: Final = ("indexes", "environments")
"""Arrays whose order means something; all others are sets."""
_REQUIREMENTS: Final = ("dependencies", "constraints", "overrides")


class _ContradictionError(Exception):
    """Both sides changed one thing in two ways."""


def own_table(sides: ConflictSides) -> dict[str, Any] | None:
    """Return `[tool.lockenv]` with the changes of both sides; None where they contradict each other.

    Two requirements on one project that the sides added beside each other are a contradiction too.
    """
    ours, theirs = own(sides.ours.document), own(sides.theirs.document)
    base = own(sides.base.document) if sides.base else None
    if ours is None or theirs is None:
        return None
    try:
        merged: dict[str, Any] = _merged(_bare(base or {}), _bare(ours), _bare(theirs))
        _check_requirements((base or {}).get("inputs", {}), ours.get("inputs", {}), theirs.get("inputs", {}))
    except (_ContradictionError, ValueError, TypeError, AttributeError):
        return None
    return merged


def document(sides: ConflictSides, mine: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the whole document whose own table is `mine`; None where a package or a key changed in two ways."""
    ours, theirs = dict(sides.ours.document), dict(sides.theirs.document)
    base = dict(sides.base.document) if sides.base else {}
    entries = [_entries(each.pop("packages", ())) for each in (base, ours, theirs)]
    tools = [_others(each.pop("tool", {})) for each in (base, ours, theirs)]
    try:
        merged: dict[str, Any] = _merged(base, ours, theirs)
        found = {name: _chosen(name, entries) for name in sorted({*entries[1], *entries[2]})}
        tool = _merged(tools[0], tools[1], tools[2])
    except _ContradictionError:
        return None
    merged["packages"] = [package for name in found for package in found[name]]
    merged["tool"] = {**(tool if isinstance(tool, dict) else {}), "lockenv": dict(mine)}
    return merged


def _bare(mine: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mine.items() if key != "digest"}


def _others(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tool.items() if key != "lockenv"}


def _entries(packages: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for package in packages:
        found.setdefault(package["name"], []).append(package)
    return found


def _chosen(name: str, entries: Sequence[Mapping[str, list[Mapping[str, Any]]]]) -> list[Mapping[str, Any]]:
    """Return the entries of `name` from the side that changed them."""
    base, ours, theirs = (each.get(name, []) for each in entries)
    if ours in (theirs, base):
        return theirs
    if theirs == base:
        return ours
    raise _ContradictionError(name)


def _merged(base: Any, ours: Any, theirs: Any, key: str = "") -> Any:
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if isinstance(ours, dict) or isinstance(theirs, dict):
        old, one, other = (_table(side) for side in (base, ours, theirs))
        found = {
            each: _merged(old.get(each, _ABSENT), one.get(each, _ABSENT), other.get(each, _ABSENT), each)
            for each in sorted({*one, *other})
        }
        return {each: value for each, value in found.items() if value is not _ABSENT} or _ABSENT
    sides = [[] if side is _ABSENT else side for side in (base, ours, theirs)]
    if key in _ORDERED or not all(isinstance(side, list) for side in sides):
        raise _ContradictionError(key)
    old, one, other = sides
    kept = [each for each in one if each in other or each not in old]
    return sorted([*kept, *(each for each in other if each not in one and each not in old)])


def _table(side: Any) -> Mapping[str, Any]:
    if side is _ABSENT:
        return {}
    if not isinstance(side, dict):
        raise _ContradictionError
    return side


def _check_requirements(base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """Raise where both sides say something new of one project in one list."""
    for old, one, other in _lists(base, ours, theirs):
        added = [{parse(text).name for text in side if text not in old} for side in (one, other)]
        differing = {text for text in {*one, *other} if text not in old and not (text in one and text in other)}
        both = added[0] & added[1] & {parse(text).name for text in differing}
        if both:
            raise _ContradictionError(", ".join(sorted(both)))


def _lists(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> list[tuple[list[str], list[str], list[str]]]:
    found = [(base.get(key, []), ours.get(key, []), theirs.get(key, [])) for key in _REQUIREMENTS]
    for table in ("extras", "groups"):
        old, one, other = (each.get(table, {}) for each in (base, ours, theirs))
        found += [(old.get(name, []), one[name], other[name]) for name in one.keys() & other.keys()]
    return found
