"""A marker as text: the products of its cover, with what they share written once.

Pure. The text means to `packaging` what the marker means. X.Y boundaries are written as `python_version`: a pre-release
such as 3.14.0rc1 is neither `python_full_version < "3.14"` nor `>= "3.14"`, but has a `python_version` like any other.

Explained in docs/markers.md, "Marker to text".
"""

from __future__ import annotations

from itertools import pairwise

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.markers.cover import Cube, cover, is_hole
from lockenv.vocabulary.markers.diagram import ALWAYS, NEVER, EntangledError, Marker, intervals, support, within_budget
from lockenv.vocabulary.markers.grammar import parse
from lockenv.vocabulary.markers.restriction import fewest
from lockenv.vocabulary.markers.variables import CHOICE, PYTHON, RANGE, SYSTEM, Release, Variable
from lockenv.vocabulary.markers.world import WORLD

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final


_MANY: Final = 40
_TOO_MANY: Final = 1_000
_LARGEST: Final = 200_000
"""A text that takes more nodes than this to find is not written; an honest one takes a few dozen."""
NEVER_TEXT: Final = "python_version < '0'"

_written: dict[tuple[Marker, Marker], str] = {}
_OPPOSITE: Final = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
    "===": "!=",
    "~=": "!=",
    "is": "!=",
    "in": "not in",
}


class _Phrase(NamedTuple):
    text: str
    is_choice: bool = False
    """True when it is joined by `or`, so that an `and` beside it asks for parentheses."""


def text(marker: Marker, assuming: Marker) -> str:
    """Return the shortest stable text of `marker` where `assuming` and the knowledge of the world hold.

    That is the shorter of the sum of products and the product of sums.
    """
    found = _written.get((marker, assuming))
    if found is None:
        care = assuming & WORLD
        low, up = marker & care, marker | ~care
        if up is ALWAYS and low is not NEVER:
            return ""
        low, up = fewest(low, up)
        exact = marker.negatable and assuming.negatable
        try:
            cubes = within_budget(_LARGEST, lambda: sorted(cover(low, up), key=_order))
            if exact and len(cubes) > _TOO_MANY:
                raise EntangledError
            found = _shorter(cubes, low, up, exact=exact)
        except EntangledError:
            found = _product_of_sums(low, up, exact=exact)
        _written[marker, assuming] = found
    return found


def is_exact(marker: Marker, assuming: Marker) -> bool:
    """Return whether `text` of a marker means it: not where a comparison would have to be negated that cannot be."""
    if marker.negatable and assuming.negatable:
        return True
    care = assuming & WORLD
    return parse(text(marker, assuming)) & care is marker & care


def _product_of_sums(low: Marker, up: Marker, *, exact: bool) -> str:
    """Return the text of a marker that no sum of products can write. Raises InputError where none else can either."""
    try:
        if not exact:
            raise EntangledError
        clauses = within_budget(_LARGEST, lambda: _clauses(low, up))
    except EntangledError:
        names = ", ".join(dict.fromkeys(variable.name for variable in support(low)))
        raise InputError(
            f"the environment markers of a package are too complex to lock (they use {names})",
            hint="run `lockenv coverage`, and check the metadata of the packages that were added last",
        ) from None
    return _product([_any([_condition(part) for part in clause]) for clause in clauses]).text


def _clauses(low: Marker, up: Marker) -> list[Cube]:
    return [tuple(~part for part in cube) for cube in sorted(cover(~up, ~low), key=_order)]


def _shorter(cubes: list[Cube], low: Marker, up: Marker, *, exact: bool) -> str:
    if len(cubes) < 3 or not exact:
        return _sum(cubes).text if cubes else NEVER_TEXT
    try:
        clauses = within_budget(_LARGEST, lambda: _clauses(low, up))
    except EntangledError:
        return _sum(cubes).text
    product = _product([_any([_condition(part) for part in clause]) for clause in clauses]).text
    # A sum of so many products is not worth its making.
    if len(clauses) <= _MANY < len(cubes):
        return product
    written = _sum(cubes).text
    return product if len(product) < len(written) else written


def _order(cube: Cube) -> tuple[tuple[object, ...], ...]:
    return tuple(_place(condition) for condition in cube)


def _place(condition: Marker) -> tuple[object, ...]:
    """Return where a condition is put: by variable, then oldest release or first value first, yes before no."""
    variable = condition._variable
    if variable.kind == RANGE:
        return (variable.rank, tuple((start, end or (99999, 0, 0)) for start, end in intervals(condition)))
    return (variable.rank, condition._kids[-1] is (ALWAYS if variable.kind == CHOICE else NEVER), condition._keys)


def _sum(cubes: list[Cube]) -> _Phrase:
    """Return the products joined by `or`; what all share is written once, and so is what some share, if that saves."""
    if len(cubes) == 1:
        return _product([_condition(condition) for condition in cubes[0]])
    common = [condition for condition in cubes[0] if all(condition in cube for cube in cubes)]
    if common:
        inner = _sum([tuple(condition for condition in cube if condition not in common) for cube in cubes])
        return _product([*[_condition(condition) for condition in common], inner])
    terms: list[_Phrase] = []
    rest = cubes
    while rest:
        shared = _shared(rest)
        group = [cube for cube in rest if shared in cube] if shared is not None else rest[:1]
        terms.append(_sum(group))
        rest = [cube for cube in rest if cube not in group]
    return _any(terms)


def _shared(cubes: list[Cube]) -> Marker | None:
    """Return the condition that saves most when it is written once; None when none is in two products."""
    counts: dict[Marker, int] = {}
    for cube in cubes:
        for condition in cube:
            counts[condition] = counts.get(condition, 0) + 1
    best, saved = None, 0
    for condition, count in counts.items():
        saving = (count - 1) * len(_condition(condition).text)
        if saving > saved:
            best, saved = condition, saving
    return best


def _product(phrases: list[_Phrase]) -> _Phrase:
    if len(phrases) == 1:
        return phrases[0]
    return _Phrase(" and ".join(f"({phrase.text})" if phrase.is_choice else phrase.text for phrase in phrases))


def _condition(condition: Marker) -> _Phrase:
    variable = condition._variable
    if variable.kind == RANGE:
        return _any([_Phrase(_span(variable, alternative)) for alternative in _alternatives(variable, condition)])
    if variable.kind == CHOICE:
        if condition._kids[-1] is ALWAYS:
            return _Phrase(" and ".join(f"{variable.name} != {_quoted(str(key))}" for key in condition._keys))
        return _any([_Phrase(f"{variable.name} == {_quoted(str(key))}") for key in condition._keys])
    return _Phrase(_question(variable, holds=condition._kids[1] is ALWAYS))


def _any(phrases: list[_Phrase]) -> _Phrase:
    is_choice = len(phrases) > 1 or any(phrase.is_choice for phrase in phrases)
    return _Phrase(" or ".join(phrase.text for phrase in phrases), is_choice=is_choice)


def _question(variable: Variable, *, holds: bool) -> str:
    literal, operator = _quoted(variable.literal), variable.operator
    if operator in ("", "has"):
        return f"{literal} {'in' if holds else 'not in'} {variable.name}"
    prefix, _, compared = operator.rpartition(" ")
    written = ("==" if compared == "is" else compared) if holds else _OPPOSITE[compared]
    return f"{literal} {written} {variable.name}" if prefix else f"{variable.name} {written} {literal}"


def _alternatives(variable: Variable, condition: Marker) -> list[list[tuple[Release, Release | None]]]:
    """Return the intervals, those together that only a hole parts."""
    result: list[list[tuple[Release, Release | None]]] = []
    for start, end in intervals(condition):
        before = result[-1][-1][1] if result else None
        if before is not None and is_hole(variable, before, start):
            result[-1].append((start, end))
        else:
            result.append([(start, end)])
    return result


def _span(variable: Variable, parts: list[tuple[Release, Release | None]]) -> str:
    start, end = parts[0][0], parts[-1][1]
    if variable is SYSTEM and start == (0, 0, 0) and end is None and len(parts) == 1:
        return f"{variable.name} >= '0'"
    if len(parts) == 1 and end is not None and is_hole(variable, start, end):
        return _exact(variable, "==", start, end)
    atoms = []
    if start > (0, 0, 0):
        atoms.append(_bound(variable, ">=", start))
    for (_, hole), (after, _) in pairwise(parts):
        atoms.append(_exact(variable, "!=", hole or after, after))
    if end is not None:
        atoms.append(_bound(variable, "<", end))
    return " and ".join(atoms)


def _exact(variable: Variable, operator: str, start: Release, end: Release) -> str:
    if variable is PYTHON and end[2] == 0:
        return f"python_version {operator} '{start[0]}.{start[1]}'"
    return f"{variable.name} {operator} '{start[0]}.{start[1]}.{start[2]}'"


def _bound(variable: Variable, operator: str, release: Release) -> str:
    major, minor, patch = release
    if variable is PYTHON and patch == 0:
        return f"python_version {operator} '{major}.{minor}'" if minor else f"python_version {operator} '{major}'"
    if variable is SYSTEM and patch == 0:
        return f"{variable.name} {operator} '{major}.{minor}'"
    return f"{variable.name} {operator} '{major}.{minor}.{patch}'"


def _quoted(value: str) -> str:
    """Return `value` as a literal of a marker.

    One that holds both kinds of quotes is escaped as `packaging` reads it.
    """
    if not value.isprintable() or "\\" in value or ("'" in value and '"' in value):
        value = "".join(char if char.isprintable() and char not in "\\'" else f"\\U{ord(char):08x}" for char in value)
    return f'"{value}"' if "'" in value else f"'{value}'"
