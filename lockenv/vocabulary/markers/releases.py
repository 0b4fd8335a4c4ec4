"""Version comparisons as sets of final releases.

Pure: an operator and a literal go in, half-open intervals of (major, minor, patch) come out. Plain literals are counted
out here; any other (pre-releases, epochs, local versions, reversed operands) is put to `packaging` once between any two
releases where its answer could change.

Explained in docs/markers.md, "Comparisons".
"""

from __future__ import annotations

from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers.comparison import holds
from lockenv.vocabulary.markers.diagram import ALWAYS, NEVER, Marker, node, product
from lockenv.vocabulary.markers.variables import PYTHON, SYSTEM, Release, Variable, releases
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import clauses, version_key

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable
    from typing import Final

Interval = tuple[Release, Release | None]

_ZERO: Final[Release] = (0, 0, 0)
_PLAIN = lazy_pattern(r"\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?(\.\*)?\s*", "a")
# As an interpreter writes its version; one with a part of five digits is not expected.
_NUMBER = r"(?:0|[1-9][0-9]{0,3})"
_WIDEST: Final = len("1234.1234.1234")
_MINOR = lazy_pattern(rf"({_NUMBER})\.({_NUMBER})", "a")
_PATCH = lazy_pattern(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})", "a")


def compared(name: str, operator: str, literal: str, *, is_reversed: bool = False) -> Marker:
    """Return where the version variable `name` compares so with `literal` (`literal operator name` when reversed).

    Raises UndefinedComparisonError when the comparison has no meaning.
    """
    variable = PYTHON if name == "python_version" else releases(name)
    minor = name == "python_version"
    spans = None if is_reversed else _plain(operator, literal)
    if spans is None:
        spans = _asked(operator, literal, minor=minor, is_reversed=is_reversed)
    elif minor:
        spans = [(_up(start), None if end is None else _up(end)) for start, end in spans]
    return within(variable, spans)


def system_compared(operator: str, literal: str) -> Marker | None:
    """Return where the release of the operating system is a version that compares so; None if the literal is not plain.

    Of the release itself only the first three numbers count, as of an interpreter's.
    """
    spans = _plain(operator, literal)
    return None if spans is None else within(SYSTEM, spans)


def contained(name: str, literal: str) -> Marker:
    """Return where the text of the version variable `name` is a part of `literal`."""
    if name == "python_version":
        # `in` is a test for a substring: "3.10 3.11" has 3.10, 3.11 and 3.1.
        found = [(int(major), int(minor)) for major, minor in _parts(literal, _MINOR)]
        return within(PYTHON, [((major, minor, 0), (major, minor + 1, 0)) for major, minor in found])
    patches = [(int(a), int(b), int(c)) for a, b, c in _parts(literal, _PATCH)]
    return within(releases(name), [(release, _next(release)) for release in patches])


def within(variable: Variable, spans: Iterable[Interval]) -> Marker:
    """Return where `variable` is in one of `spans`, in any order; an empty or backward span holds nothing."""
    merged: list[Interval] = []
    for start, end in sorted(spans, key=lambda span: span[0]):
        if end is not None and end <= start:
            continue
        before = merged[-1][1] if merged else variable.first
        if not merged or (before is not None and before < start):
            merged.append((start, end))
        elif before is not None and (end is None or before < end):
            merged[-1] = (merged[-1][0], end)
    cuts = [cut for span in merged for cut in span if cut is not None and cut != variable.first]
    inside = bool(merged) and merged[0][0] == variable.first
    edges = [ALWAYS if inside is (index % 2 == 0) else NEVER for index in range(len(cuts) + 1)]
    return node(variable, tuple(cuts), tuple(edges))


def since(variable: Variable, release: Release) -> Marker:
    """Return where `variable` is `release` or a later one."""
    return within(variable, [(release, None)])


@cache
def python(specifier: str) -> Marker:
    """Return the Pythons that a `Requires-Python` admits; all for an empty one.

    Raises ValueError (packaging's `InvalidSpecifier`) when it is not a version specifier.
    """
    return product(_clauses(specifier, lower=False))


@cache
def python_lower(specifier: str) -> Marker:
    """Return the Pythons that a `Requires-Python` admits when its upper bounds are forgotten.

    `<` and `<=` count as absent and `~=` as `>=`; `==`, `===` and `!=` keep their meaning. Raises as `python` does.
    """
    return product(_clauses(specifier, lower=True))


def _clauses(specifier: str, *, lower: bool) -> list[Marker]:
    markers = []
    for clause in clauses(specifier):
        operator, literal = clause.operator, f"{clause.version}{'.*' if clause.is_prefix else ''}"
        spans = _plain(operator, literal)
        if spans is None:
            spans = _asked(operator, literal, minor=False, is_reversed=False)
        if lower and operator.startswith("<"):
            continue
        if lower and operator == "~=":
            spans = [(start, None) for start, _ in spans[:1]]
        markers.append(within(PYTHON, spans))
    return markers


def _next(release: Release) -> Release:
    return release[0], release[1], release[2] + 1


def _up(release: Release) -> Release:
    """Return the first X.Y.0 that is not before `release`."""
    return release if release[2] == 0 else (release[0], release[1] + 1, 0)


def _plain(operator: str, literal: str) -> list[Interval] | None:
    """Return the final releases that compare so with a literal of one to three numbers; None for anything else."""
    found = _PLAIN.fullmatch(literal)
    if found is None or operator == "===":
        return None
    major, minor, patch = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    here = (major, minor, patch)
    if found[4]:
        if operator not in ("==", "!="):
            return None
        after = _next(here) if found[3] else (major, minor + 1, 0) if found[2] else (major + 1, 0, 0)
    elif operator == "~=":
        if not found[2]:
            return None
        after = (major, minor + 1, 0) if found[3] else (major + 1, 0, 0)
    else:
        after = _next(here)
    match operator:
        case "==" | "~=":
            return [(here, after)]
        case "!=":
            return [(_ZERO, here), (after, None)]
        case ">=":
            return [(here, None)]
        case ">":
            return [(after, None)]
        case "<":
            return [(_ZERO, here)]
        case "<=":
            return [(_ZERO, after)]
        case _:
            return None


def _asked(operator: str, literal: str, *, minor: bool, is_reversed: bool) -> list[Interval]:
    """Return the final releases that compare so with any literal, by asking once in every interval of equal answers."""

    def answer(release: Release) -> bool:
        value = f"{release[0]}.{release[1]}" if minor else "{}.{}.{}".format(*release)
        left, right = (literal, value) if is_reversed else (value, literal)
        return holds(left, operator, right, versions=True)

    return _probed(_cuts(literal, minor=minor), answer)


def _cuts(literal: str, *, minor: bool) -> list[Release]:
    """Return every release at which the answer of a comparison with `literal` can change, and the first."""
    # The literal may carry on the operator: `== "=3.8"` is `===3.8` to `packaging`.
    try:
        release = version_key(literal.strip().lstrip("=<>").strip().removesuffix(".*"))[1]
    except ValueError:  # InvalidVersion, or a number of more digits than Python reads
        return [_ZERO]
    a, b, c = (*release, 0, 0)[:3]
    cuts = {_ZERO, (a, 0, 0), (a, b, 0), (a, b + 1, 0), (a + 1, 0, 0)}
    if not minor:
        cuts |= {(a, b, c), (a, b, c + 1)}
    return sorted(cuts)


def _probed(cuts: list[Release], answer: Callable[[Release], bool]) -> list[Interval]:
    ends: list[Release | None] = [*cuts[1:], None]
    return [(start, end) for start, end in zip(cuts, ends, strict=True) if answer(start)]


def _parts(literal: str, pattern: re.Pattern[str]) -> set[tuple[str, ...]]:
    """Return the groups of every substring of `literal` that matches `pattern` whole."""
    limit = len(literal)
    found = set()
    for start in range(limit):
        if literal[start].isdigit():
            for end in range(start + 3, min(start + _WIDEST, limit) + 1):
                if not (literal[end - 1].isdigit() or literal[end - 1] == "."):
                    break
                if match := pattern.fullmatch(literal, start, end):
                    found.add(match.groups())
    return found
