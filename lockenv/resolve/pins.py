"""From solved regions to pins and notes.

Duty: join the regions, say where each version is installed.
In: choices per region. Out: Pins and sentences. Never: a choice.

Explained in docs/resolver.md, "The driver".
"""

from __future__ import annotations

from lockenv.errors import BugError
from lockenv.resolve.environment_forks import UnmetRequirement, propagate
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.pin import Pin
from lockenv.vocabulary.wheeltags import USUAL, covered_by

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Final

    from lockenv.resolve.edges import Edge, RootEdge
    from lockenv.resolve.model import Model
    from lockenv.resolve.resolvelib_types import Reach
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName

_MACHINES: Final = {
    "Linux x86_64": "sys_platform == 'linux' and platform_machine == 'x86_64'",
    "macOS arm64": "sys_platform == 'darwin' and platform_machine == 'arm64'",
    "Windows x86_64": "sys_platform == 'win32' and platform_machine == 'AMD64'",
}


_NOWHERE: Mapping[NormalizedName, Reach] = {}


class SolvedRegion(NamedTuple):
    """A region and the version chosen for each project needed in it."""

    env: Marker
    positions: Mapping[NormalizedName, int]
    roots: Sequence[RootEdge] = ()
    reaches: Mapping[NormalizedName, Reach] = _NOWHERE
    """Where each version is wanted for `roots`, as `propagate` says."""


def used(solved: Iterable[SolvedRegion], fork: str) -> dict[NormalizedName, list[int]]:
    """Return the versions that solved regions chose, newest first, where few versions are wanted; else none."""
    found: dict[NormalizedName, set[int]] = {}
    for region in solved if fork == "fewest" else ():
        for name, position in region.positions.items():
            found.setdefault(name, set()).add(position)
    return {name: sorted(positions) for name, positions in found.items()}


def harvest(solved: Sequence[SolvedRegion], universe: Marker, model: Model) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
    """Return the pins, sorted by name and version, and what the user should know, a sentence each.

    Here the project's extras and groups come back: what was searched for all of them together is gated by its own.
    """
    where: dict[tuple[NormalizedName, int], Marker] = {}
    lacking: dict[tuple[NormalizedName, int, ExtraName], None] = {}
    for region in solved:
        env = region.env & universe
        if env is markers.NEVER:
            continue
        roots = model.roots(env)
        # Where the project has neither extras nor groups, it requires what was searched for.
        is_same = [edge.meaning for edge in roots] == [edge.meaning for edge in region.roots]
        known = region.reaches if is_same else None
        reaches = known or propagate(roots, region.positions, model)
        if isinstance(reaches, UnmetRequirement):
            raise BugError(f"the solution of a fork was lost: {reaches.name}")
        for name, reach in reaches.items():
            key = (name, region.positions[name])
            where[key] = where.get(key, markers.NEVER) | reach[None]
            provided = model.metadata(*key).extras
            if key in model.unbuilt or len(reach) == 1:
                continue
            lacking.update(
                dict.fromkeys((*key, extra) for extra in reach if extra is not None and extra not in provided)
            )
    order = sorted(where, key=lambda key: (key[0], -key[1]))
    pins = tuple(_pin(name, position, where[name, position], model) for name, position in order)
    notes = [
        f"{name} {model.candidates(name).versions[position]} has no extra named {extra}"
        for name, position, extra in sorted(lacking)
    ]
    notes += [
        f"{pin.name} {pin.version} is yanked{f': {pin.yanked}' if pin.yanked else ''}"
        for pin in pins
        if pin.yanked is not None
    ]
    notes += [
        f"the wheels of {pin.name} {pin.version} have different requirements; each is locked for its environments"
        for pin in pins
        if pin.is_combined
    ]
    return pins, (*notes, *_early(pins, order, model), *_without_file(pins), *_left_out(order, model))


def _early(pins: Sequence[Pin], order: Sequence[tuple[NormalizedName, int]], model: Model) -> Iterator[str]:
    """Yield a sentence for each prerelease that stays only since it was locked: a final release fits there too."""
    problem = model.problem
    locked = {(old.name, old.version) for old in problem.preferred}
    for pin, (name, position) in zip(pins, order, strict=True):
        candidates = model.candidates(name)
        if not candidates.prereleases >> position & 1 or (name, pin.version) not in locked:
            continue
        where = pin.marker.without_extras_and_groups(problem.conflicting)
        fitting = candidates.full & model.reluctant(name, position, where)
        wanted: list[Edge | RootEdge] = [*model.roots(where)]
        wanted += [edge for parent in order for edge in model.edges(*parent)]
        for edge in wanted:
            fitting &= candidates.mask(edge.specifier) if edge.name == name else -1
        if any(not model.coverage(name).honest(each).disjoint(where) for each in positions(fitting)):
            yield (
                f"{name} {pin.version} is a prerelease that was locked, and no requirement of the project names one; "
                f"`lockenv lock -P {name}` moves to a final release"
            )


def _without_file(pins: Sequence[Pin]) -> Iterator[str]:
    """Yield a sentence for the releases that have no file for a usual machine that they are locked for."""
    lacking: dict[str, list[str]] = {}
    for pin in pins:
        if pin.sdist is not None or pin.direct is not None:
            continue
        machines = _lacking(pin.marker, covered_by(wheel.filename for wheel in pin.wheels))
        if machines:
            lacking.setdefault(" and ".join(machines), []).append(f"{pin.name} {pin.version}")
    for named, releases in lacking.items():
        have = "has" if len(releases) == 1 else "have"
        yield f"{', '.join(releases)} {have} no file for {named} (see `lockenv coverage`; a marker can exclude it)"


@cache
def _lacking(where: Marker, served: Marker) -> tuple[str, ...]:
    """Return the usual machines of `where`, none of which is in `served`."""
    areas = {name: where & USUAL & markers.parse(marker) for name, marker in _MACHINES.items()}
    return tuple(name for name, here in areas.items() if here is not markers.NEVER and here.disjoint(served))


def _left_out(chosen: Iterable[tuple[NormalizedName, int]], model: Model) -> Iterator[str]:
    """Return a note for each project of which releases newer than the one chosen cannot be used, by name."""
    oldest: dict[NormalizedName, int] = {}
    for name, position in chosen:
        oldest[name] = max(oldest.get(name, 0), position)
    found: dict[NormalizedName, dict[str, str]] = {}
    for name, position in sorted(model.looked_at):
        if position < oldest.get(name, 0) and (reason := model.unusable(name, position)):
            found.setdefault(name, {})[model.candidates(name).versions[position]] = reason
    for name, reasons in found.items():
        were = "was" if len(reasons) == 1 else "were"
        yield f"{name} {', '.join(reasons)} {were} excluded: {next(iter(reasons.values()))}"


def _pin(name: NormalizedName, position: int, marker: Marker, model: Model) -> Pin:
    releases = model.candidates(name).releases
    if releases is None:
        raise BugError(f"{name} was chosen although it is on no index")
    metadata, placed = model.metadata(name, position), releases.placed(position)
    return Pin(
        name=name,
        version=releases.versions[position],
        marker=marker,
        requires=metadata.requires,
        is_combined=metadata.is_combined,
        requires_python=metadata.requires_python or releases.requires_python(position),
        index=releases.index if placed is None else placed.index,
        wheels=tuple(releases.wheels(position)),
        sdist=releases.sdist(position),
        yanked=releases.yanked(position),
        direct=model.problem.direct.get(name) if placed is None else placed.direct,
        license=metadata.license,
    )
