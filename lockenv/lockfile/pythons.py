"""Tell whether a Python release satisfies a Requires-Python, without packaging where the text is plain.

Pure. An interpreter that is a pre-release counts as the release it leads to, as installers count it.
"""

from __future__ import annotations

from functools import cache

from lockenv.vocabulary.patterns import lazy_pattern

_RELEASE = lazy_pattern(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,2}")
_CLAUSE = lazy_pattern(r"\s*(~=|==|!=|<=|>=|<|>)\s*([0-9]{1,9}(?:\.[0-9]{1,9}){0,2})(\.\*)?\s*")


@cache
def admits(specifier: str, full_version: str) -> bool:
    """Tell whether Python `full_version` satisfies `specifier`; an empty one admits all.

    Raises ValueError when either is not what it should be (version specifiers specification).
    """
    match = _RELEASE.match(full_version)
    if match is None:
        raise ValueError(f"{full_version!r} is not a Python version")
    release = _padded(match[0])
    clauses = [_CLAUSE.fullmatch(clause) for clause in specifier.split(",")] if specifier.strip() else []
    if all(clause is not None and (not clause[3] or clause[1] in ("==", "!=")) for clause in clauses):
        return all(_holds(release, clause[1], clause[2], bool(clause[3])) for clause in clauses if clause)
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(match[0], prereleases=True)


def _holds(release: tuple[int, ...], operator: str, text: str, wildcard: bool) -> bool:
    prefix = tuple(map(int, text.split(".")))
    wanted = _padded(text)
    match operator:
        case "==":
            return release[: len(prefix)] == prefix if wildcard else release == wanted
        case "!=":
            return release[: len(prefix)] != prefix if wildcard else release != wanted
        case ">=":
            return release >= wanted
        case "<=":
            return release <= wanted
        case ">":
            return release > wanted
        case "<":
            return release < wanted
    # Version specifiers specification, "Compatible release": `~= 2.2` means `>= 2.2, == 2.*`.
    if len(prefix) == 1:
        raise ValueError(f"~={text} needs a version of two parts or more")
    return release >= wanted and release[: len(prefix) - 1] == prefix[:-1]


def _padded(text: str) -> tuple[int, ...]:
    parts = tuple(map(int, text.split(".")))
    return parts + (0,) * (3 - len(parts))
