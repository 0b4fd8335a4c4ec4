"""Universes of releases in memory: a Catalog over a dictionary, in the TOML format of the scenarios.

A universe is a mapping from project to version to its table: `requires`, `requires_python`, `extras` (each with its
requirements), `yanked`, `sdist` (false: none), `wheel_tags`, `needs_build`, `unusable` (why its sdist cannot be used).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from lockenv.index.placed import Part, PlacedReleases
from lockenv.resolve.problem import Problem, problem
from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Sdist, Unusable, Wheel
from lockenv.vocabulary.manifest import Manifest, Policy
from lockenv.vocabulary.names import ExtraName, NormalizedName, Sha256, normalize
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.requirement import Declared, parse

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.places import Placed

Table = Mapping[str, Any]
Universe = Mapping[str, Mapping[str, Table]]
INDEX = "https://index.example/simple/"


def declared(texts: Iterable[str], key: str = "project.dependencies") -> tuple[Declared, ...]:
    return tuple(
        Declared(requirement=parse(text), origin=Origin(file="pyproject.toml", key=f"{key}[{number}]"))
        for number, text in enumerate(texts)
    )


def manifest(*requires: str, requires_python: str = ">=3.8", **rest: Any) -> Manifest:
    for name in ("constraints", "overrides"):
        rest[name] = declared(rest.get(name, ()), name)
    for name in ("extras", "groups"):
        rest[name] = {key: declared(texts, f"{name}.{key}") for key, texts in rest.get(name, {}).items()}
    return Manifest(dependencies=declared(requires), requires_python=requires_python, **rest)


@dataclass
class MemoryReleases:
    name: str
    tables: Mapping[str, Table]
    index: str = INDEX
    versions: Sequence[str] = ()
    untimed: int = 0

    def __post_init__(self) -> None:
        self.versions = sorted(self.tables, key=Version, reverse=True)

    def _table(self, position: int) -> Table:
        return self.tables[self.versions[position]]

    def requires_python(self, position: int) -> str:
        table = self._table(position)
        return str(table.get("page_requires_python", table.get("requires_python", "")))

    @property
    def yanked_positions(self) -> Sequence[int]:
        return [position for position in range(len(self.versions)) if self.yanked(position) is not None]

    def yanked(self, position: int) -> str | None:
        return "withdrawn" if self._table(position).get("yanked") else None

    def wheels(self, position: int) -> Sequence[Wheel]:
        table, version = self._table(position), self.versions[position]
        if table.get("wheel", True) is False:
            return ()
        tags = table.get("wheel_tags", ["py3-none-any"])
        stems = sorted(f"{self.name.replace('-', '_')}-{version}-{tag}.whl" for tag in tags)
        return [Wheel(filename=stem, url=f"{INDEX}files/{stem}", sha256=Sha256("0" * 64)) for stem in stems]

    def sdist(self, position: int) -> Sdist | None:
        if self._table(position).get("sdist", True) is False:
            return None
        stem = f"{self.name.replace('-', '_')}-{self.versions[position]}.tar.gz"
        return Sdist(filename=stem, url=f"{INDEX}files/{stem}", sha256=Sha256("0" * 64))

    def placed(self, _: int) -> Placed | None:
        return None


@dataclass
class MemoryCatalog:
    universe: Universe
    expected: list[tuple[NormalizedName, Iterable[str], str]] = field(default_factory=list)
    younger: Universe = field(default_factory=dict)
    """The projects as they are without a cutoff."""
    others: Sequence[str] = ()
    """The index that serves everything, and those that are not asked."""

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        self.expected.extend(wanted)

    def releases(self, name: NormalizedName) -> MemoryReleases | None:
        return MemoryReleases(name, self.universe[name]) if name in self.universe else None

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        releases = MemoryReleases(name, self.universe[name])
        version = releases.versions[position]
        table = self.universe[name][version]
        if table.get("needs_build"):
            return NeedsBuild(reason="the sdist declares Requires-Dist dynamic")
        if "unusable" in table:
            return Unusable(reason=table["unusable"])
        extras = table.get("extras", {})
        return Metadata(
            name=name,
            version=version,
            requires=(*table.get("requires", ()), *_gated(extras)),
            requires_python=table.get("requires_python", ""),
            extras=tuple(ExtraName(normalize(extra)) for extra in extras),
        )

    def unasked(self, name: NormalizedName) -> Sequence[str]:
        return self.others if len(self.others) > 1 and name in self.universe else ()

    def under(self, policy: Policy) -> MemoryCatalog:
        """Return what there is under a policy without a cutoff: what is younger than that of this one, too."""
        return self if policy.exclude_newer else MemoryCatalog({**self.universe, **self.younger})

    def near(self, name: NormalizedName) -> Sequence[str]:
        return [known for known in sorted(self.universe) if known[:1] == name[:1]]


class PlacedCatalog(MemoryCatalog):
    """A universe in which some projects have several sources, each where its marker holds."""

    def __init__(self, universe: Universe, placed: Mapping[str, Sequence[tuple[Marker, Mapping[str, Table]]]]) -> None:
        super().__init__(universe)
        self.tables = placed
        self.merged = {
            name: PlacedReleases([Part(where, self._source(name, at, own)) for at, (where, own) in enumerate(sources)])
            for name, sources in placed.items()
        }

    @staticmethod
    def _source(name: str, number: int, tables: Mapping[str, Table]) -> Any:
        return MemoryReleases(name, tables, index=f"https://index.example/{number}/")

    def releases(self, name: NormalizedName) -> Any:
        return self.merged.get(name) or super().releases(name)

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        if name not in self.merged:
            return super().metadata(name, position)
        part, inner = self.merged[name].row(position)
        own = next(tables for where, tables in self.tables[name] if where is part.where)
        return MemoryCatalog({name: own}).metadata(name, inner)


def with_others(packages: Universe, others: Mapping[str, Mapping[str, str]]) -> Universe:
    """Return `packages` with releases of which only the version and the Python it requires are known."""
    whole: dict[str, dict[str, Table]] = {name: dict(releases) for name, releases in packages.items()}
    for name, by_python in others.items():
        for python, versions in by_python.items():
            for version in versions.split():
                whole.setdefault(name, {})[version] = {"requires_python": python}
    return whole


def _gated(extras: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for extra, texts in extras.items():
        for text in texts:
            head, _, marker = text.partition(";")
            yield (
                f"{head.strip()} ; ({marker.strip()}) and extra == '{extra}'"
                if marker
                else f"{head} ; extra == '{extra}'"
            )


@dataclass(frozen=True)
class Scenario:
    """A scenario file: a universe, what is required, and what must come out."""

    name: str
    universe: Universe
    requires: tuple[str, ...]
    requires_python: str
    options: Mapping[str, Any]
    environment: Mapping[str, Any]
    is_satisfiable: bool
    packages: Mapping[str, str]
    covered: str = ""
    """A marker: the environments that the lock covers, where not all can be; the others are left out."""

    def problem(self, **rest: Any) -> Problem:
        return problem(
            manifest(
                *self.requires,
                requires_python=self.requires_python,
                required_environments=tuple(self.options.get("required_environments", ())),
            ),
            **rest,
        )


def scenario(path: Path) -> Scenario:
    table = tomllib.loads(path.read_text("utf-8"))
    expected = table["expected"]
    return Scenario(
        name=table["name"],
        universe={name: package["versions"] for name, package in table.get("packages", {}).items()},
        requires=tuple(table["root"].get("requires", ())),
        requires_python=table["root"].get("requires_python", ">=3.12"),
        options=table.get("resolver_options", {}),
        environment=table.get("environment", {}),
        is_satisfiable=expected["satisfiable"],
        packages=expected.get("packages", {}),
    )
