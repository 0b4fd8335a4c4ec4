"""The version constraints of Poetry, as specifiers (PEP 440) and as markers on Python (PEP 508).

Pure: the text of a constraint goes in, that of a specifier or a marker comes out. The rules are those of Poetry's
documentation, "Dependency specification": caret, tilde, wildcard, inequality, exact; joined by commas, spaces or `||`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_OR: Final = lazy_pattern(r"\s*\|\|?\s*")
_SPACED: Final = lazy_pattern(r"(===|~=|==|!=|<=|>=|<|>|\^|~|=)\s+")
_AND: Final = lazy_pattern(r"\s*,\s*|(?<=[\w*])\s+(?=[<>=!~^\d])")
_CLAUSE: Final = lazy_pattern(r"(===|~=|==|!=|<=|>=|<|>|\^|~|=)?v?(.+)")


def specifier(text: str, *, is_python: bool = False) -> str:
    """Return the specifier that means the same as `text`; empty for any version.

    Alternatives whose ranges follow each other become one range without what is between them; `is_python` means that no
    minor version follows 2.7. Raises ValueError where no specifier means the same.
    """
    ranges = [_clauses(part) for part in _OR.split(text.strip())]
    if len(ranges) == 1:
        return ",".join(dict.fromkeys(ranges[0]))
    return ",".join(dict.fromkeys(_union(ranges, is_python=is_python)))


def python_marker(text: str) -> str:
    """Return the marker for the Pythons that `text` admits; empty for all. Raises ValueError."""
    ranges = [_clauses(part) for part in _OR.split(text.strip())]
    if any(not clauses for clauses in ranges):
        return ""
    markers = [" and ".join(_marker(clause) for clause in clauses) for clauses in ranges]
    return markers[0] if len(markers) == 1 else " or ".join(f"({marker})" for marker in markers)


def _clauses(text: str) -> list[str]:
    """Return the clauses (PEP 440) of constraints that all hold."""
    found: list[str] = []
    for part in _AND.split(_SPACED.sub(r"\1", text.strip())):
        if part in ("", "*"):
            continue
        match = _CLAUSE.fullmatch(part)
        if match is None:
            raise ValueError(f"{text!r} is not a valid Poetry constraint")
        found += _clause(match[1] or "", match[2].strip())
    try:
        SpecifierSet(",".join(found))
    except InvalidSpecifier as error:
        raise ValueError(f"{text!r} is not a valid Poetry constraint") from error
    return found


def _clause(operator: str, version: str) -> list[str]:
    if version.endswith((".*", ".x", ".X")) or version in ("*", "x"):
        series = version.rpartition(".")[0]
        if not series:
            return []
        return [f"{'!=' if operator == '!=' else '=='}{series}.*"]
    match operator:
        case "^":
            return _between(version, _caret(_parsed(version)))
        case "~":
            return _between(version, _tilde(_parsed(version)))
        case "" | "=":
            return [f"=={version}"]
        case _:
            return [f"{operator}{version}"]


def _between(version: str, end: Sequence[int]) -> list[str]:
    return [f">={version}", f"<{'.'.join(map(str, end))}"]


def _parsed(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion as error:
        raise ValueError(f"{version!r} is not a valid version") from error


def _caret(version: Version) -> Sequence[int]:
    """Return the release below which a caret ends: the next one at the left-most number that is not zero."""
    release = version.release
    first = next((at for at, number in enumerate(release) if number), len(release) - 1)
    return _raised(release, first)


def _tilde(version: Version) -> Sequence[int]:
    """Return the release below which a tilde ends: the next minor one, or major one where no minor is named."""
    return _raised(version.release, min(len(version.release) - 1, 1))


def _raised(release: Sequence[int], at: int) -> Sequence[int]:
    numbers = [*release[: at + 1]]
    numbers[at] += 1
    return [*numbers, 0] if len(numbers) == 1 and len(release) > 1 else numbers


def _union(ranges: Sequence[Sequence[str]], *, is_python: bool) -> list[str]:
    """Return one range for several that follow each other, with what is between them taken out. Raises ValueError."""
    bounds = sorted((_bounds(clauses) for clauses in ranges), key=lambda pair: pair[0] or Version("0"))
    found: list[str] = []
    if bounds[0][0] is not None:
        found.append(f">={bounds[0][0]}")
    for (_, end), (begin, _) in pairwise(bounds):
        if end is None or begin is None:
            raise ValueError("its alternatives overlap")
        is_whole = is_python and end == Version("2.8")
        found += _gap(Version("3.0") if is_whole else end, begin)
    if bounds[-1][1] is not None:
        found.append(f"<{bounds[-1][1]}")
    return found


def _bounds(clauses: Sequence[str]) -> tuple[Version | None, Version | None]:
    """Return the lower and the upper bound of a range that has nothing else. Raises ValueError."""
    lower = upper = None
    for clause in clauses:
        if clause.startswith("==") and clause.endswith(".*"):
            series = Version(clause[2:-2])
            lower, upper = series, Version(".".join(map(str, _raised(series.release, len(series.release) - 1))))
        elif clause.startswith(">="):
            lower = Version(clause[2:])
        elif clause.startswith("<") and clause[1:2] != "=":
            upper = Version(clause[1:])
        else:
            raise ValueError(f"an alternative with {clause} cannot be written as one range")
    return lower, upper


def _gap(end: Version, begin: Version) -> list[str]:
    """Return the clauses that take out everything from `end` to below `begin`. Raises ValueError."""
    first, last = (*end.release, 0)[:2], (*begin.release, 0)[:2]
    if any(number for number in (*end.release[2:], *begin.release[2:])) or end > begin:
        raise ValueError("its alternatives cannot be written as one range")
    found: list[str] = []
    if first[0] == last[0]:
        return [f"!={first[0]}.{minor}.*" for minor in range(first[1], last[1])]
    if first[1]:
        raise ValueError("its alternatives cannot be written as one range")
    found += [f"!={major}.*" for major in range(first[0], last[0])]
    return found + [f"!={last[0]}.{minor}.*" for minor in range(last[1])]


def _marker(clause: str) -> str:
    match = re.fullmatch(r"(===|~=|==|!=|<=|>=|<|>)(.+)", clause)
    if match is None:
        raise ValueError(f"{clause!r} is not a valid clause")
    operator, version = match.groups()
    release = Version(version.removesuffix(".*")).release
    if version.endswith(".*") and len(release) == 1:
        if operator == "!=":
            raise ValueError(f"{clause!r} excludes a whole major version")
        return f"python_version >= '{release[0]}' and python_version < '{release[0] + 1}'"
    # As in Poetry, a version of two numbers means all of its patch releases.
    if len(release) == 2 or (len(release) == 3 and not release[2] and operator in (">=", "<")):
        return f"python_version {operator} '{release[0]}.{release[1]}'"
    variable = "python_full_version" if len(release) > 2 else "python_version"
    return f"{variable} {operator} '{version}'"
