"""One comparison of a marker as a diagram.

Pure: variable, operator and literal go in, a `Marker` comes out. Here is all that the specification and `packaging` say
about what a comparison means for which variable.

Explained in docs/markers.md, "Comparisons".
"""

from __future__ import annotations

from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers.comparison import UndefinedComparisonError, holds
from lockenv.vocabulary.markers.diagram import ALWAYS, NEVER, Marker, node
from lockenv.vocabulary.markers.releases import compared, contained, system_compared
from lockenv.vocabulary.markers.variables import STRINGS, flag, strings
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final


NAMES: Final = STRINGS | {
    "python_version",
    "python_full_version",
    "implementation_version",
    "platform_release",
    "extras",
    "dependency_groups",
}
"""Every variable a marker can ask about."""

_SETS: Final = ("extras", "dependency_groups")

TWINS: Final = {
    ("platform_system", "Windows"): ("sys_platform", "win32"),
    ("platform_system", "Darwin"): ("sys_platform", "darwin"),
    ("platform_system", "Linux"): ("sys_platform", "linux"),
    ("platform_python_implementation", "CPython"): ("implementation_name", "cpython"),
    ("platform_python_implementation", "PyPy"): ("implementation_name", "pypy"),
}
"""Values that say the same thing about an environment; the left is read as the right."""


@cache
def atom(name: str, operator: str, literal: str, *, is_reversed: bool = False) -> Marker:
    """Return the environments where `name operator literal` holds (`literal operator name` when reversed).

    Raises UndefinedComparisonError when it has no meaning in any environment.
    """
    if name in _SETS:
        return _membership(name, operator, literal, is_reversed=is_reversed)
    if operator == "not in":
        return ~atom(name, "in", literal, is_reversed=is_reversed)
    if name in STRINGS:
        return _string(name, operator, literal, is_reversed=is_reversed)
    if operator == "in":
        if is_reversed or name == "platform_release":
            return _part(name, "has" if is_reversed else "in", literal)
        return contained(name, literal)
    if name == "platform_release":
        return _release(operator, literal, is_reversed=is_reversed)
    return compared(name, operator, literal, is_reversed=is_reversed)


def equal(name: str, value: str) -> Marker:
    """Return where the string variable `name` is `value`."""
    return node(strings(name), (value,), (ALWAYS, NEVER))


def _flagged(name: str, operator: str, literal: str) -> Marker:
    return node(flag(name, operator, literal), (), (NEVER, ALWAYS))


def _string(name: str, operator: str, literal: str, *, is_reversed: bool) -> Marker:
    if name == "extra":
        # PEP 685: "tools MUST normalize the names being compared".
        literal = normalize(literal)
    match operator:
        case "in":
            return _part(name, "has" if is_reversed else "in", literal)
        case "==" | "<=" | ">=":
            return equal(*TWINS.get((name, literal), (name, literal)))
        case "!=":
            return ~atom(name, "==", literal)
        case "<" | ">":
            return NEVER
        case _:
            raise UndefinedComparisonError(f"{operator!r} is not defined for {name} and {literal!r}")


def _part(name: str, operator: str, literal: str) -> Marker:
    if operator == "has" and not literal:
        return ALWAYS
    return _flagged(name, operator, literal)


def _release(operator: str, literal: str, *, is_reversed: bool) -> Marker:
    """Return where the release of the operating system compares so.

    Type "Version | String": where both sides are versions they are compared as such, elsewhere as strings, for which
    no order is assumed (dependency specifiers specification). What is no version is in no relation to a version.
    """
    if is_reversed:
        return _flagged("platform_release", f"reversed {operator}", literal)
    plain = system_compared(operator, literal)
    if plain is not None:
        return plain
    if _is_specifier(operator + literal):
        return _flagged("platform_release", operator, literal)
    match operator:
        # Compared as strings, for which order means equality. Where `==` alone would compare versions, `>=` is kept.
        case "<=" | ">=" if _is_specifier("==" + literal):
            return _flagged("platform_release", ">=", literal)
        case "==" | "<=" | ">=":
            return _flagged("platform_release", "is", literal)
        case "!=":
            return ~_flagged("platform_release", "is", literal)
        case _:
            return ALWAYS if holds("", operator, literal, versions=False) else NEVER


def _is_specifier(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, Specifier

    try:
        Specifier(text)
    except InvalidSpecifier:
        return False
    return True


def _membership(name: str, operator: str, literal: str, *, is_reversed: bool) -> Marker:
    if is_reversed:
        literal = normalize(literal)
        match operator:
            case "in":
                return _flagged(name, "", literal)
            case "not in":
                return ~_flagged(name, "", literal)
            # A name is not a set, whatever is in it.
            case "==" | "<=" | ">=" | "<" | ">":
                return NEVER
            case "!=":
                return ALWAYS
    raise UndefinedComparisonError(f"{name} can only be tested for what is in it, such as '\"x\" in {name}'")


def extra(name: str) -> Marker:
    """Return `extra == "name"`."""
    return equal("extra", normalize(name))


def in_extras(name: str) -> Marker:
    """Return `"name" in extras`."""
    return _membership("extras", "in", name, is_reversed=True)


def in_groups(name: str) -> Marker:
    """Return `"name" in dependency_groups`."""
    return _membership("dependency_groups", "in", name, is_reversed=True)


def choosing(kind: str, name: str) -> Marker:
    """Return the installations that choose an extra or a group (`kind` is `extra` or `group`); all if it is empty."""
    if not kind:
        return ALWAYS
    return in_extras(name) if kind == "extra" else in_groups(name)
