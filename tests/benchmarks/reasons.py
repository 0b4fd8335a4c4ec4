"""Find why one lock of a project has a lower version than another, or no version, in one environment.

Pure: takes what lockenv and uv locked as parsed documents, and what the project declares; returns sentences. lockenv's
lock records the requirements of each package, uv's the names. A reason is one of these: a package that is newer than
uv's limits the version, or no longer requires the package; uv's version requires something for which that is so; it has
no file for the environment. Nothing is guessed: where none of these is so, there is no reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from lockenv.vocabulary.wheeltags import wheel_marker
from tests.benchmarks.versions import entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.benchmarks.versions import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """Both locks of a project."""

    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    """The `pylock.toml` that uv exports."""
    graph: Mapping[str, Any]
    """The `uv.lock` that it exports it from."""
    declared: tuple[str, ...]
    """Every requirement of the project, its extras and groups."""


@dataclass(slots=True)
class Reasons:
    """The reasons that hold in one environment."""

    locks: Locks
    environment: Environment
    _ours: Mapping[str, Mapping[str, Any]] = field(init=False)
    _theirs: Mapping[str, Mapping[str, Any]] = field(init=False)
    _edges: list[tuple[str, Requirement]] = field(init=False)

    def __post_init__(self) -> None:
        self._ours = entries(self.locks.ours, self.environment) or {}
        self._theirs = entries(self.locks.theirs, self.environment) or {}
        self._edges = list(_edges(self.locks.declared, self._ours, self.environment.values))

    def of(self, name: str) -> str:
        """Return why lockenv's version of `name` is lower than uv's, or missing; nothing where no reason is found."""
        return self._reason(name, frozenset())

    def _reason(self, name: str, asked: frozenset[str]) -> str:
        if name in asked or name not in self._theirs:
            return ""
        if name not in self._ours:
            return self._unrequired(name, asked | {name})
        version = self._theirs[name]["version"]
        for source, requirement in self._edges:
            if requirement.name == name and not requirement.specifier.contains(version, prereleases=True):
                because = self._accepted(source, asked | {name})
                if because is not None:
                    return f"{self._titled(source)} requires {_bare(requirement)}{because}"
        return self._unfit(name, version) or self._dragged(name, asked | {name})

    def _unrequired(self, name: str, asked: frozenset[str]) -> str:
        """Return why nothing requires `name`, though something does in uv's lock."""
        sources = sorted(
            package["name"]
            for package in self.locks.graph["package"]
            if self._theirs.get(package["name"], {}).get("version") == package.get("version")
            and name in self._required(package)
        )
        found = []
        for source in sources:
            because = self._accepted(source, asked)
            if because is None:
                return ""
            found.append(f"{self._titled(source)}{because}")
        return f"not required: {', '.join(found)}" if found else ""

    def _accepted(self, source: str, asked: frozenset[str]) -> str | None:
        """Return what accounts for another version of `source` than uv's; nothing for a newer one, None for none."""
        if not source:
            return None
        if source not in self._theirs:
            return ""
        if source in self._ours and not self._is_other(source):
            return None
        if source in self._ours and not self._is_lower(source):
            return ""
        reason = self._reason(source, asked)
        return f" ({reason})" if reason else None

    def _dragged(self, name: str, asked: frozenset[str]) -> str:
        """Return which package that uv's version of `name` requires could not be as new."""
        for package in self.locks.graph["package"]:
            if package["name"] == name and package.get("version") == self._theirs[name]["version"]:
                for required in self._required(package):
                    if required in self._ours and required in self._theirs and self._is_lower(required):
                        reason = self._reason(required, asked)
                        if reason:
                            return f"it requires {required}: {reason}"
        return ""

    def _unfit(self, name: str, version: str) -> str:
        """Return why `version` cannot be installed here; nothing where it can."""
        entry = self._theirs[name]
        if "sdist" in entry or any(self._fits(wheel) for wheel in entry.get("wheels", ())):
            return ""
        return f"{version} has no file for this environment"

    def _fits(self, wheel: Mapping[str, Any]) -> bool:
        filename = wheel.get("name") or str(wheel.get("url") or wheel.get("path")).rpartition("/")[2]
        return wheel_marker(filename.replace("%2B", "+")).evaluate(self.environment.values)

    def _is_lower(self, name: str) -> bool:
        return self._is_other(name) and Version(self._ours[name]["version"]) < Version(self._theirs[name]["version"])

    def _is_other(self, name: str) -> bool:
        return Version(self._ours[name]["version"]) != Version(self._theirs[name]["version"])

    def _required(self, package: Mapping[str, Any]) -> list[str]:
        """Return what a package of `uv.lock` requires here, with all of its extras."""
        found = [*package.get("dependencies", ())]
        for more in package.get("optional-dependencies", {}).values():
            found += more
        return [one["name"] for one in found if _holds(one.get("marker", ""), self.environment.values)]

    def _titled(self, name: str) -> str:
        ours, theirs = (side.get(name, {}).get("version", "-") for side in (self._ours, self._theirs))
        return f"{name} {ours} (uv {theirs})"


def _edges(
    declared: Iterable[str], selected: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]
) -> Iterator[tuple[str, Requirement]]:
    """Yield what requires what among the selected packages; the project, with all of its extras, has no name."""
    active: dict[str, set[str]] = {}
    agenda = [("", _parsed(text)) for text in declared]
    while agenda:
        source, requirement = agenda.pop()
        extras = active.get(source, set())
        if not _applies(requirement, extras, values):
            continue
        yield source, requirement
        name = canonicalize_name(requirement.name)
        if name not in selected:
            continue
        before = active.get(name)
        after = (before or set()) | {canonicalize_name(one) for one in requirement.extras}
        if after != before:
            active[name] = after
            agenda += [(name, _parsed(text)) for text in _requires(selected[name])]


def _requires(entry: Mapping[str, Any]) -> Iterable[str]:
    found: Iterable[str] = entry.get("tool", {}).get("lockenv", {}).get("requires-dist", ())
    return found


def _applies(requirement: Requirement, extras: set[str], values: Mapping[str, str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**values, "extra": extra}) for extra in ("", *extras))


def _holds(marker: str, values: Mapping[str, str]) -> bool:
    """Return whether a marker of `uv.lock` holds; one that asks for an extra of the project does, as all are on."""
    return not marker or "extra ==" in marker or Marker(marker).evaluate(dict(values))


def _bare(requirement: Requirement) -> str:
    return f"{requirement.name}{requirement.specifier}"


@cache
def _parsed(text: str) -> Requirement:
    found = Requirement(text)
    found.name = canonicalize_name(found.name)
    return found
