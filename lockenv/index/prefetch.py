"""Which release will probably be chosen, and what it will probably need: guesses that only save time.

Pure. A wrong guess costs one request; no answer depends on it.
"""

from __future__ import annotations

from lockenv.vocabulary.light_library import lru_cache
from lockenv.vocabulary.names import NormalizedName, normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import clauses, is_same_version, version_key

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeVar

    from lockenv.index.releases import IndexReleases

    _T = TypeVar("_T")

_REQUIREMENT = lazy_pattern(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?\s*\(?([^;@)]*)\)?\s*(?:;(.*))?", "s")
_EXTRA = lazy_pattern(r"\bextra\s*==\s*['\"]([^'\"]+)['\"]")
_OLD_PYTHON = lazy_pattern(r"\s*python(?:_full)?_version\s*(<=?)\s*['\"](\d+)(?:\.(\d+))?[\d.]*['\"]\s*")
_LOWER_BOUND = lazy_pattern(r"(?:>=|~=|==|>)\s*(\d+)\.(\d+)")

_NONE: frozenset[NormalizedName] = frozenset()

Python = tuple[int, int]


@lru_cache(maxsize=256)
def lower_bound(requires_python: str) -> Python | None:
    """Return the lowest Python that a specifier admits, as far as that is easily found."""
    found = _LOWER_BOUND.search(requires_python)
    return (int(found[1]), int(found[2])) if found else None


def positions(releases: IndexReleases, specifier: str, python: Python | None) -> list[int]:
    """Return the newest release that `specifier` admits, and the newest of these that the lowest Python can use."""
    found: list[int] = []
    accepts = _acceptance(specifier)
    for position, version in enumerate(releases.versions):
        if not accepts.version(version, is_prerelease=releases.is_prerelease(position)):
            continue
        if releases.yanked(position) is not None and "==" not in specifier:
            continue
        needs = lower_bound(releases.requires_python(position))
        is_usable = python is None or needs is None or needs <= python
        if is_usable or not found:
            found.append(position)
        if is_usable:
            break
    return found


def dependencies(
    requires: Sequence[str], extras: frozenset[str], python: Python | None
) -> Iterator[tuple[NormalizedName, frozenset[str], str]]:
    """Return name, extras and specifier of each requirement that probably counts."""
    for text in requires:
        found = _REQUIREMENT.match(text)
        if found is None:
            continue
        name, wanted, specifier, marker = found.groups()
        if marker and not _may_hold(marker, extras, python):
            continue
        names = frozenset(normalize(extra.strip()) for extra in wanted.split(",") if extra.strip()) if wanted else _NONE
        yield normalize(name), names, specifier


def _may_hold(marker: str, extras: frozenset[str], python: Python | None) -> bool:
    named = _EXTRA.findall(marker)
    if named and not any(normalize(extra) in extras for extra in named):
        return False
    for clause in marker.split(" and ") if " or " not in marker else ():
        old = _OLD_PYTHON.fullmatch(clause.strip(" ()"))
        if old and python is not None:
            limit = (int(old[2]), int(old[3] or 0))
            if limit < python or (limit == python and old[1] == "<"):
                return False
    return True


class _Acceptance:
    """A specifier, read well enough to guess; what is none admits all."""

    def __init__(self, specifier: str) -> None:
        try:
            self._clauses = clauses(specifier)
        except ValueError:
            self._clauses = ()
        self._is_exact = any(clause.operator in ("==", "===") for clause in self._clauses)

    def version(self, version: str, *, is_prerelease: bool) -> bool:
        if is_prerelease and not self._is_exact:
            return False
        if not self._clauses:
            return True
        key = version_key(version)
        return all(
            is_same_version(clause.version, version) if clause.operator == "===" else clause.holds(key)
            for clause in self._clauses
        )


@lru_cache(maxsize=4096)
def _acceptance(specifier: str) -> _Acceptance:
    return _Acceptance(specifier)


def spellings(name: NormalizedName) -> list[NormalizedName]:
    """Return other spellings under which people publish, at most four."""
    bare = name.removeprefix("python-").removeprefix("py")
    tried = (f"python-{name}", name.replace("-", ""), bare.removesuffix("-python").strip("-"), f"py{name}")
    return [normalize(variant) for variant in dict.fromkeys(tried) if variant and variant != name]


def emptied(waiting: list[_T]) -> list[_T]:
    """Take everything out of a list to which other threads add."""
    taken: list[_T] = []
    while waiting:
        try:
            taken.append(waiting.pop())
        except IndexError:
            break
    return taken
