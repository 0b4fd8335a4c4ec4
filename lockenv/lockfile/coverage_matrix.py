"""The environments that a lock is looked at in, and what each of its packages has for them.

Pure: a Lock goes in; environments, and a table of wheel, build or nothing, come out. Only what the lock says counts:
what its wheels can be installed in is read from their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lockenv.lockfile.conditions import marker_of, parsed_marker, universe
from lockenv.lockfile.lock import filename_of
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.markers import ALWAYS, NEVER, WORLD, parse, python
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.wheeltags import UNIVERSAL, wheel_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName

State = Literal["wheel", "build", "nothing", "absent"]
"""Of a package in an environment: a wheel serves it; only its sdist does; no file does; it is not installed there."""

PLATFORMS: Final = {
    "linux x86_64": ("linux", "x86_64"),
    "linux aarch64": ("linux", "aarch64"),
    "macos arm64": ("darwin", "arm64"),
    "macos x86_64": ("darwin", "x86_64"),
    "windows x86_64": ("win32", "AMD64"),
}
"""The common platforms: `sys_platform` and `platform_machine` of each."""
_OLDEST: Final = 8
_NEWEST: Final = 15
"""Minor versions of Python 3 between which a lock without bounds is looked at; a wheel for a newer one adds it."""
_MINOR = lazy_pattern(r"(?:cp|pp|py)3([0-9]{1,2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A platform with one Python, or whatever a marker of the project says."""

    platform: str
    """One of `PLATFORMS`, or the marker."""
    python: str
    """Such as `3.12`; empty for a marker."""
    marker: Marker
    is_declared: bool
    """Whether the project declares it, under `environments` or `required-environments`."""

    @property
    def title(self) -> str:
        """How it is called, unlike any other."""
        return f"{self.platform} {self.python}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one package has for each environment."""

    name: NormalizedName
    version: str
    states: tuple[State, ...]
    """In the order of the environments."""


def environments(lock: Lock) -> tuple[Environment, ...]:
    """Return the common platforms that `lock` covers, each with its Pythons, oldest first.

    A declared environment that contains none of them comes after them, as its marker. Empty only for a lock that
    covers nothing.
    """
    covered = universe(lock).without_extras_and_groups() & _pythons_of(lock)
    declared, minors = declared_in(lock), _minors(lock, covered)
    found = [
        Environment(platform=platform, python=f"3.{minor}", marker=point, is_declared=_is_met(point, declared))
        for platform in PLATFORMS
        for minor in minors
        if not (point := _point(platform, minor)).disjoint(covered)
    ]
    others = [
        Environment(platform=text, python="", marker=marker & covered, is_declared=True)
        for text, marker in declared.items()
        if all(each.marker.disjoint(marker) for each in found) and not marker.disjoint(covered)
    ]
    return (*found, *others)


def find_environments(among: Sequence[Environment], text: str) -> Marker | None:
    """Return the environments whose title is `text`, or has all words of it; None when there are none."""
    words = text.split()
    found = [each for each in among if each.title == text] or [
        each for each in among if words and each.python and {*words} <= {*each.title.split()}
    ]
    if not found:
        return None
    region = NEVER
    for each in found:
        region |= each.marker
    return region


def coverage(lock: Lock, among: Sequence[Environment], positions: Iterable[int] | None = None) -> tuple[Row, ...]:
    """Return what each package of `lock` has for each of the environments, in the order of the lock.

    With `positions`, that of the packages there, in their order.
    """
    covered = universe(lock)
    rows = []
    for position in range(len(lock.packages)) if positions is None else positions:
        package = lock.packages[position]
        area = (marker_of(lock, position) & covered).without_extras_and_groups()
        served = _served(lock, position, package)
        states = tuple(_state(package, area & each.marker, served, is_exact=bool(each.python)) for each in among)
        rows.append(Row(name=package.name, version=package.locked_version, states=states))
    return tuple(rows)


def built_somewhere(lock: Lock) -> frozenset[int]:
    """Return the positions of the packages that some common environment has only a source distribution of."""
    partly = [
        position
        for position, package in enumerate(lock.packages)
        if package.sdist is not None and not any(filename_of(one).endswith(UNIVERSAL) for one in package.wheels)
    ]
    rows = coverage(lock, environments(lock), partly)
    return frozenset(position for position, row in zip(partly, rows, strict=True) if "build" in row.states)


def _state(package: LockEntry, region: Marker, served: Marker, *, is_exact: bool) -> State:
    if region is NEVER:
        return "absent"
    # A marker of the project is a kind of machine: a wheel for some Python of it is a wheel for it.
    if region.implies(served) if is_exact else not region.disjoint(served):
        return "wheel"
    is_built = package.sdist is not None or package.kind not in ("", "archive") or _is_source(package)
    return "build" if is_built else "nothing"


def _is_source(package: LockEntry) -> bool:
    """Return whether an entry is an archive of sources, and not a wheel by itself."""
    return package.archive is not None and not filename_of(package.archive).endswith(".whl")


def _served(lock: Lock, position: int, package: LockEntry) -> Marker:
    served = NEVER
    names = [filename_of(table) for table in package.wheels]
    if package.archive is not None and not _is_source(package):
        names.append(filename_of(package.archive))
    for name in names:
        try:
            served |= wheel_marker(name)
        except ValueError:
            lock.fail(position, "wheels", f"{name} is not the name of a wheel", near=name)
    return served


def _point(platform: str, minor: int) -> Marker:
    system, machine = PLATFORMS[platform]
    where = f"sys_platform == '{system}' and platform_machine == '{machine}' and implementation_name == 'cpython'"
    return parse(where) & python(f"==3.{minor}.*") & WORLD


def _pythons_of(lock: Lock) -> Marker:
    try:
        return python(lock.requires_python) if lock.requires_python else ALWAYS
    except ValueError:
        return ALWAYS  # reported by `check`; a table of what is covered can do without


def _minors(lock: Lock, covered: Marker) -> range:
    """Return the minor versions of Python 3 that are worth looking at: up to the newest that a wheel names."""
    names = (filename_of(table) for package in lock.packages for table in package.wheels)
    tags = {tag for name in names for tag in name.split("-")[-3:-2] for tag in tag.split(".")}
    newest = max((int(found[1]) for tag in tags if (found := _MINOR.fullmatch(tag))), default=_NEWEST)
    spans = covered.python_range()
    oldest = spans[0][0] if spans else (3, _OLDEST, 0)
    return range(oldest[1] if oldest >= (3, 0, 0) else _OLDEST, max(newest, _NEWEST) + 1)


def declared_in(lock: Lock) -> dict[str, Marker]:
    """Return the environments that the project of `lock` declares or requires, by the text of their marker."""
    return {
        text: parsed_marker(lock, None, key, text)
        for key in ("environments", "required-environments")
        for text in lock.inputs.texts(key)
    }


def _is_met(point: Marker, declared: Mapping[str, Marker]) -> bool:
    return any(not point.disjoint(marker) for marker in declared.values())
