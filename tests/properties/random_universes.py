"""Random universes, and what lockenv answers to them.

`case` makes a universe of one index. `widened` adds to some of them what a project of several indexes has: another
source where a marker or an extra applies, local versions, releases that are an sdist alone, and a policy about sdists.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from lockenv.resolve import pubgrub
from lockenv.resolve.problem import Problem, problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary import markers
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.pin import Resolution
from lockenv.vocabulary.places import Place
from tests.support.exhaustive import exhaust
from tests.support.oracle import World
from tests.support.universe import MemoryCatalog, PlacedCatalog, manifest

if TYPE_CHECKING:
    from lockenv.resolve.engine_interface import Engine

MARKERS = (
    "sys_platform == 'linux'",
    "sys_platform != 'linux'",
    "sys_platform == 'win32'",
    "sys_platform == 'darwin'",
    "os_name == 'nt'",
    "os_name != 'nt'",
    "platform_system == 'Darwin'",
    "platform_machine == 'arm64'",
    "platform_machine != 'arm64'",
    "python_version < '3.10'",
    "python_version >= '3.10'",
    "python_version >= '3.12'",
    "python_version == '3.9'",
    "python_version in '3.10 3.11'",
    "python_full_version < '3.10.2'",
    "implementation_name == 'cpython'",
    "platform_python_implementation == 'PyPy'",
    "sys_platform == 'linux' and python_version < '3.11'",
    "sys_platform == 'darwin' or platform_machine == 'x86_64'",
    "'linux' in sys_platform",
)
ENGINES: dict[str, Engine] = {"exhaustive": exhaust, "pubgrub": pubgrub.engine}
PYTHONS = (">=3.9", ">=3.10", ">=3.11", ">=3.12", "<3.12", ">=3.9,<3.13", "!=3.11.*", ">=3.10,<4", "!=3.10.4")
WHEELS = (
    ("py3-none-any",),
    ("cp310-cp310-win_amd64", "cp311-cp311-win_amd64"),
    ("cp311-cp311-manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_28_x86_64", "cp313-cp313-manylinux_2_28_x86_64"),
    ("cp38-cp38-macosx_11_0_arm64", "cp39-cp39-win_amd64", "cp310-cp310-win_amd64"),
    ("cp39-cp39-win_amd64", "cp312-cp312-win_amd64", "cp314-cp314-win_amd64"),
)

RELEASES = (
    "sys_platform == 'darwin' and platform_release < '22.0'",
    "sys_platform == 'darwin' and platform_release >= '22.0'",
    "sys_platform == 'darwin' and platform_release > '20.6'",
    "sys_platform != 'darwin' or platform_release <= '20.6.0'",
    "platform_release < '22'",
    "platform_release >= '22'",
)
"""Markers that order the release of the operating system."""
BUILDS = (("py3-none-manylinux_2_28_x86_64",), ("py3-none-win_amd64", "py3-none-macosx_11_0_arm64"))
"""Tags of wheels of local versions."""
ORIGIN = Origin(file="pyproject.toml", key="tool.lockenv.sources")
CHOSEN: dict[str, dict[str, Any]] = {
    "'x' in extras": {"kind": "extra", "member": "x"},
    "'g' in dependency_groups": {"kind": "group", "member": "g"},
    "'y' in extras and sys_platform == 'linux'": {"kind": "extra", "member": "y", "marker": "sys_platform == 'linux'"},
}
"""How a source is declared that counts where a marker of a lock holds; others are declared with the marker itself."""


@dataclass(frozen=True)
class Case:
    """What is declared, and what there is."""

    universe: dict[str, dict[str, dict[str, Any]]]
    roots: tuple[str, ...]
    requires_python: str
    constraints: tuple[str, ...]
    overrides: tuple[str, ...]
    fork: Any
    gated: tuple[tuple[tuple[Literal["extra", "group"], str], tuple[str, ...]], ...]
    conflicts: tuple[tuple[tuple[Literal["extra", "group"], str], ...], ...]
    patience: int
    placed: tuple[tuple[str, str, dict[str, dict[str, Any]]], ...] = ()
    """Projects with another source where a marker of a lock holds: name, marker, versions there."""

    def catalog(self) -> MemoryCatalog:
        if not self.placed:
            return MemoryCatalog(self.universe)
        sources = {name: (markers.parse(marker), there) for name, marker, there in self.placed}
        return PlacedCatalog(
            self.universe,
            {name: [(where, there), (~where, self.universe[name])] for name, (where, there) in sources.items()},
        )

    def world(self, requires_python: str = "", *, is_strict: bool = False) -> World:
        return World(
            self.universe,
            self.roots,
            requires_python or self.requires_python,
            self.constraints,
            self.overrides,
            self.gated,
            self.conflicts,
            is_strict,
            placed=self.placed,
        )


def case(seed: int) -> Case:
    dice = random.Random(seed)
    # A die of its own, so that the universes of a seed stay what they were but for their wheels.
    wheel_dice = random.Random(f"wheels {seed}")
    names = "abcdef"[: dice.randint(3, 6)]
    density = dice.choice((0.1, 0.2, 0.35))
    weight = dice.choice((0.2, 0.5, 0.8))

    def requirement(name: str, versions: dict[str, Any]) -> str:
        extras = "[x]" if dice.random() < 0.15 else ""
        operator = dice.choice(("", "", "", ">=", ">=", "==", "<", "<=", "!=", "~="))
        version = dice.choice([*versions, *versions, *versions, "4"])
        if operator == "~=" and "." not in version:
            version = f"{version[0]}.0{version[1:]}"
        clause = f"{operator}{version}" if operator else ""
        marker = f" ; {dice.choice(MARKERS)}" if dice.random() < weight else ""
        return f"{name}{extras}{clause}{marker}"

    universe: dict[str, dict[str, dict[str, Any]]] = {
        name: {str(version): {} for version in sorted(dice.sample((1, 2, 3), dice.randint(1, 3)), reverse=True)}
        for name in names
    }
    for name, versions in universe.items():
        for table in versions.values():
            others = [other for other in names if other != name or dice.random() < 0.1]
            table["requires"] = [requirement(other, universe[other]) for other in others if dice.random() < density]
            if dice.random() < 0.05:
                table["yanked"] = True
            if dice.random() < 0.2:
                table["requires_python"] = dice.choice(PYTHONS)
            if wheel_dice.random() < 0.15:
                table["sdist"] = False
                table["wheel_tags"] = wheel_dice.choice(WHEELS)
            if dice.random() < 0.25:
                other = dice.choice(names)
                table["extras"] = {"x": [requirement(other, universe[other])]}
        if dice.random() < 0.1:
            versions["4b1"] = {"requires": [requirement(other, universe[other]) for other in dice.choices(names, k=1)]}

    def some(most: int) -> tuple[str, ...]:
        chosen = dice.choices(names, k=dice.randint(1, most))
        return tuple(requirement(name, universe[name]) for name in chosen)

    gated: tuple[Any, ...] = ()
    conflicts: tuple[Any, ...] = ()
    if dice.random() < 0.3:
        gated = ((("extra", "x"), some(2)), (("extra", "y"), some(2)), (("group", "g"), some(1)))
        conflicts = ((("extra", "x"), dice.choice((("extra", "y"), ("group", "g")))),) if dice.random() < 0.5 else ()
    return Case(
        universe=universe,
        roots=some(3),
        requires_python=dice.choice((">=3.8,<3.15", ">=3.8,<3.15", ">=3.10,<3.15", ">=3.8")),
        constraints=tuple(
            requirement(name, universe[name]).replace("[x]", "") for name in names if dice.random() < 0.05
        ),
        overrides=tuple(requirement(name, universe[name]) for name in names if dice.random() < 0.03),
        gated=gated,
        conflicts=conflicts,
        fork=dice.choice(("latest", "latest", "fewest")),
        patience=dice.choice((-1, 0, 20)),
    )


def widened(seed: int) -> Case:
    """Return the case of a seed; a part of them with local versions, sources for some environments and sdists alone."""
    dice, found = random.Random(f"widened {seed}"), case(seed)
    if dice.random() < 0.25:
        found = _with_local_versions(found, dice)
    if dice.random() < 0.3:
        found = _with_sources(found, dice)
    if dice.random() < 0.3:
        found = _under_policy(found, dice)
    return _with_system_releases(found, dice) if dice.random() < 0.05 else found


def of_systems(seed: int) -> Case:
    """Return the case of a seed in which half of the markers are about the release of the operating system."""
    return _with_system_releases(case(seed), random.Random(f"systems {seed}"))


def _with_system_releases(found: Case, dice: random.Random) -> Case:
    """Let some markers of requirements be about the release of the operating system."""

    def other(text: str) -> str:
        head, semicolon, _ = text.partition(" ; ")
        return f"{head} ; {dice.choice(RELEASES)}" if semicolon and dice.random() < 0.5 else text

    def changed(versions: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {
            version: {key: [*map(other, value)] if key == "requires" else value for key, value in table.items()}
            for version, table in versions.items()
        }

    return replace(
        found,
        universe={name: changed(versions) for name, versions in found.universe.items()},
        roots=tuple(map(other, found.roots)),
        placed=tuple((name, marker, changed(versions)) for name, marker, versions in found.placed),
    )


def _releases(found: Case, dice: random.Random) -> dict[str, dict[str, Any]]:
    """Return versions that require what others of the universe require."""
    tables = [table for versions in found.universe.values() for table in versions.values()]
    return {
        version: {"requires": dice.choice(tables).get("requires", [])}
        for version in dice.sample("123", dice.randint(1, 3))
    }


def _with_local_versions(found: Case, dice: random.Random) -> Case:
    """Give a project builds of some of its versions, beside the plain version or in place of it."""
    name = dice.choice(sorted(found.universe))
    # Wheels for some Pythons alone would leave environments without a file of any build.
    versions = {version: _without(table, "sdist", "wheel_tags") for version, table in found.universe[name].items()}
    for version in [version for version in versions if dice.random() < 0.7]:
        for local in dice.sample(("cpu", "cu1"), dice.randint(1, 2)):
            table = {"requires": dice.choice(list(_releases(found, dice).values()))["requires"]}
            if dice.random() < 0.5:
                table |= {"sdist": False, "wheel_tags": dice.choice(BUILDS)}
            versions[f"{version}+{local}"] = table
        if dice.random() < 0.3:
            del versions[version]
    roots = found.roots
    if dice.random() < 0.3:
        roots = (*roots, f"{name}=={dice.choice(sorted(versions))}")
    return replace(found, universe={**found.universe, name: versions}, roots=roots)


def _with_sources(found: Case, dice: random.Random) -> Case:
    """Let one or two projects come from elsewhere in some environments, or with an extra."""
    wheres = [marker for marker in MARKERS if " in " not in marker]
    if found.gated:
        wheres += [*CHOSEN] * 6
    names = dice.sample(sorted(found.universe), dice.randint(1, 2))
    return replace(
        found,
        placed=tuple((name, dice.choice(wheres), _releases(found, dice)) for name in names if found.universe[name]),
    )


def _under_policy(found: Case, dice: random.Random) -> Case:
    """Let some releases be an sdist alone, and leave out the files that a policy does not admit, as a catalog does."""
    policy = dice.choice(("all", "no-build", "no-binary"))

    def admitted(table: dict[str, Any]) -> dict[str, Any] | None:
        if dice.random() < 0.25:
            table = {key: value for key, value in table.items() if key not in ("sdist", "wheel_tags")} | {
                "wheel": False
            }
        has_wheel, has_sdist = table.get("wheel", True), table.get("sdist", True)
        match policy:
            case "no-build":
                return {**table, "sdist": False} if has_wheel else None
            case "no-binary":
                return {**_without(table, "wheel_tags"), "wheel": False} if has_sdist else None
        return table

    def kept(versions: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        found = {version: admitted(table) for version, table in versions.items()}
        return {version: table for version, table in found.items() if table is not None}

    return replace(
        found,
        universe={name: kept(versions) for name, versions in found.universe.items()},
        placed=tuple((name, marker, kept(versions)) for name, marker, versions in found.placed),
    )


def _without(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def posed(case: Case, *, old: Resolution | None = None, reverse: bool = False) -> Problem:
    return problem(
        manifest(
            *(reversed(case.roots) if reverse else case.roots),
            requires_python=case.requires_python,
            constraints=case.constraints,
            overrides=case.overrides,
            extras={name: texts for (kind, name), texts in case.gated if kind == "extra"},
            groups={name: texts for (kind, name), texts in case.gated if kind == "group"},
            conflicts=case.conflicts,
            places={
                name: (Place(index=name, origin=ORIGIN, **CHOSEN.get(marker, {"marker": marker})),)
                for name, marker, _ in case.placed
            },
            policy=Policy(fork=case.fork),
        ),
        locked=old.pins if old else (),
        left_out=old.uncovered if old else (),
    )


def answer(case: Case, engine: Engine, *, old: Resolution | None = None, reverse: bool = False) -> Resolution | None:
    found = solve(posed(case, old=old, reverse=reverse), case.catalog(), engine=engine, patience=case.patience)
    return found if isinstance(found, Resolution) else None


def entries(found: Resolution) -> list[tuple[str, str, str]]:
    return [(pin.name, pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins]
