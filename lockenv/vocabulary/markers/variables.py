"""The variables of the diagram: what an environment can differ in, and their one fixed order.

Pure. A variable knows how to find its own edge in an environment; it knows nothing of nodes. The order is by `rank`
alone, a tuple of constants and literals, so that no result depends on what was parsed first.

Explained in docs/markers.md, "Variables".
"""

from __future__ import annotations

try:
    from _bisect import bisect_left, bisect_right  # where `bisect` has them from: one module less
except ImportError:
    from bisect import bisect_left, bisect_right

from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers.comparison import holds
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import version_key

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Final

Release = tuple[int, int, int]
"""A final release of an interpreter or an operating system: major, minor, patch."""
Key = Release | str
Rank = tuple[int, int, str, str]

RANGE: Final = 0
"""Releases in half-open intervals: edge i is taken from cut i-1 up to, not including, cut i."""
CHOICE: Final = 1
"""Strings: one edge for each value named, and a last one for any other value."""
FLAG: Final = 2
"""Yes or no: edge 0 is false, edge 1 is true."""

# Variables that world knowledge derives from others come first: the cover of a marker drops early variables where it
# can, so that `sys_platform == "win32"` is preferred to `os_name == "nt"`.
_PLACES: Final = (
    "python_full_version",
    "os_name",
    "platform_system",
    "sys_platform",
    "platform_python_implementation",
    "implementation_name",
    "platform_machine",
    "implementation_version",
    "platform_release",
    "platform_version",
    "extra",
    "extras",
    "dependency_groups",
)
_PLACE: Final = {name: place for place, name in enumerate(_PLACES)}
_PLACE["python_version"] = 0

_NUMBERS = lazy_pattern(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", "a")


@cache
def release_of(version: str) -> Release:
    """Return the final release that `version` is, precedes or follows: (3, 14, 0) for 3.14.0rc1 and 3.14.0+.

    Raises ValueError when it does not begin with a number.
    """
    found = _NUMBERS.match(version)
    if found is None:
        raise ValueError(f"not the version of an interpreter: {version!r}")
    major, minor, patch = found.groups()
    return int(major), int(minor or 0), int(patch or 0)


NO_RELEASE: Final[Release] = (-1, 0, 0)
"""What a release of an operating system counts as that is no version, such as 5.15.0-91-generic: before all others."""


def _system_release_of(value: str) -> Release:
    """Return the final release that `platform_release` is, precedes or follows, without a fourth number."""
    try:
        numbers = version_key(value)[1]
    except ValueError:
        return NO_RELEASE
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    return major, minor, patch


class Variable:
    """One variable; the same variable is the same object."""

    __slots__ = ("base", "kind", "literal", "name", "operator", "place", "rank")

    def __init__(
        self, kind: int, name: str, operator: str = "", literal: str = "", base: Variable | None = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.operator = operator
        """For a flag: `in` (the variable in the literal), `has` (the literal in the variable), or how to compare."""
        self.literal = literal
        self.base = base
        """The string variable whose value decides this flag."""
        self.place = _PLACE[name]
        self.rank: Rank = (self.place, 0 if kind != FLAG else 1, operator, literal)

    @property
    def first(self) -> Release:
        """The first of the releases that this variable of releases can have."""
        return NO_RELEASE if self is SYSTEM else (0, 0, 0)

    def __repr__(self) -> str:
        return " ".join(filter(None, (self.name, self.operator, self.literal)))

    def test(self, value: str) -> bool:
        """Return whether this flag is true where the variable it asks about has `value`."""
        match self.operator:
            case "has":
                return self.literal in value
            case "in":
                return value in self.literal
            case "is":
                return value == self.literal
            case operator if operator.startswith("reversed "):
                return holds(self.literal, operator.removeprefix("reversed "), value, versions=True)
            case operator:
                return holds(value, operator, self.literal, versions=True)

    def edge(
        self, keys: tuple[Key, ...], environment: Mapping[str, str], extras: Collection[str], groups: Collection[str]
    ) -> int:
        """Return the index of the edge that an environment takes."""
        name = self.name
        if self.kind == RANGE:
            read = _system_release_of if self is SYSTEM else release_of
            return bisect_right(keys, read(environment[name]))
        if name == "extras":
            return any(normalize(chosen) == self.literal for chosen in extras)
        if name == "dependency_groups":
            return any(normalize(chosen) == self.literal for chosen in groups)
        value = normalize(environment.get("extra", "")) if name == "extra" else environment[name]
        if self.kind == FLAG:
            return self.test(value)
        index = bisect_left(keys, value)
        return index if index < len(keys) and keys[index] == value else len(keys)


@cache
def releases(name: str) -> Variable:
    """Return the variable of the release of an interpreter or of the operating system."""
    return Variable(RANGE, name)


@cache
def strings(name: str) -> Variable:
    """Return the variable of a string."""
    return Variable(CHOICE, name)


@cache
def flag(name: str, operator: str, literal: str) -> Variable:
    """Return the variable of one question about `name` that intervals or values cannot decide."""
    base = strings(name) if operator in ("in", "has") and name in STRINGS else None
    return Variable(FLAG, name, operator, literal, base)


PYTHON: Final = releases("python_full_version")
SYSTEM: Final = releases("platform_release")
EXTRA: Final = strings("extra")
STRINGS: Final = frozenset(_PLACES[1:7]) | {"platform_version", "extra"}
