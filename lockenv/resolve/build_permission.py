"""What a resolution needs a build for: why, where, and what of it is outside of what people mean.

Duty: from proved pins, the ones that only a build could describe, and what requires each; and the part of the universe
that is left out so that a build for it blocks no one. In: pins, a Problem. Out: values. Never: a choice, a build.

Explained in docs/resolver.md, "What is left out".
"""

from __future__ import annotations

from lockenv.resolve.narrowing import lost_by_choice
from lockenv.resolve.problem import meant
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import or_, reduce
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import NeedsPermission, UnbuiltRelease
from lockenv.vocabulary.requirement import parse
from lockenv.vocabulary.wheeltags import fits

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Final

    from lockenv.resolve import failure_wording
    from lockenv.resolve.narrowing import LostEnvironments
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Pin

    Release = tuple[NormalizedName, str]
    """Name and version."""
else:
    failure_wording = late("lockenv.resolve.failure_wording")

_MAINTAINED: Final = (3, 10, 0)
"""Before it no Python is maintained: 3.9 ended in October 2025 (PEP 596)."""
_UNFIT = "none of its wheels fits an environment that is locked"


def elsewhere(
    pins: Sequence[Pin], unbuilt: Mapping[Release, str], problem: Problem, universe: Marker
) -> tuple[LostEnvironments, ...]:
    """Return what to leave out of `universe`, because what needs a build there is needed nowhere else.

    Where an extra or a group alone needs it, it is left out for that alone.
    """
    usual = meant(problem)
    found: list[LostEnvironments] = []
    for pin in pins:
        if (pin.name, pin.version) in unbuilt and pin.marker.disjoint(usual):
            why = (
                f"{_requirement(pin, pins, problem)} must be built there (allow it with `allow-build = "
                f'["{pin.name}"]`, or declare the `environments` you need)'
            )
            found += lost_by_choice(pin.marker & universe, why, problem)
    return tuple(found)


def note(left: Sequence[LostEnvironments], universe: Marker) -> tuple[str, ...]:
    """Return the note on all that is left out for everyone: where, what requires it, the settings that cover it."""
    everybody = [loss for loss in left if loss.choice is None]
    if not everybody:
        return ()
    where = marker_text(reduce(or_, (loss.where for loss in everybody)), assuming=universe)
    reasons = "; ".join(dict.fromkeys(loss.why for loss in everybody))
    return (f"environments where {where} are not covered: {reasons}",)


def without_wheels(pins: Sequence[Pin], problem: Problem, universe: Marker) -> dict[Release, str]:
    """Return the reason for each pin that describes itself, and that no one may install without a build.

    A wheel that fits no environment of `universe` is as good as none: it is not locked either.
    """
    usual = meant(problem)
    return {
        (pin.name, pin.version): _UNFIT if pin.wheels else "it has no wheel"
        for pin in pins
        if not (pin.direct or problem.policy.may_build(pin.name) or _has_wheel(pin, universe))
        and not pin.marker.disjoint(usual)
    }


def noted(
    pins: Sequence[Pin], reasons: Mapping[Release, str], problem: Problem, universe: Marker
) -> tuple[UnbuiltRelease, ...]:
    """Return what `needed` does, and the pins that have wheels, but none for an environment that the project declares.

    They stop no lock, and no question names them: whoever installs elsewhere needs no build of them.
    """
    declared = problem.required_environments
    if problem.environments != (problem.universe,):
        declared = (*declared, *problem.environments)
    places = [each & universe for each in declared]
    lacking = _lacking(pins, reasons, places, problem, universe) if places else {}
    return needed(pins, {**reasons, **lacking}, problem, universe)


def _lacking(
    pins: Sequence[Pin], known: Collection[Release], declared: Sequence[Marker], problem: Problem, universe: Marker
) -> dict[Release, str]:
    """Return for each pin, beside `known`, that has a source distribution alone in some of `declared`, where."""
    found: dict[Release, str] = {}
    for pin in pins:
        release = pin.name, pin.version
        if pin.sdist is None or release in known or problem.policy.may_build(pin.name):
            continue
        where = [each for each in declared if not (pin.marker.disjoint(each) or _has_wheel(pin, each))]
        if where:
            found[release] = f"it has no wheel where {marker_text(reduce(or_, where), assuming=universe)}"
    return found


def _has_wheel(pin: Pin, universe: Marker) -> bool:
    region = pin.marker & universe
    return any(fits(wheel.filename, region) for wheel in pin.wheels)


def _requirement(pin: Pin, pins: Sequence[Pin], problem: Problem) -> str:
    """Return the first requirement on `pin`, with what states it."""
    for one in pins:
        for text in one.requires if (pin.name, pin.version) in one.dependencies else ():
            if _name(text) == pin.name:
                return f"`{text}` of {one.name} {one.version}"
    for root in problem.roots:
        if root.requirement.name == pin.name:
            return f"`{root.requirement}` of the project"
    return f"{pin.name} {pin.version}"


def asked(
    pins: Sequence[Pin],
    unbuilt: Mapping[Release, str],
    without: Mapping[Release, str],
    problem: Problem,
    universe: Marker,
    notes: tuple[str, ...],
) -> NeedsPermission:
    """Return the question whether the pins that a build must describe, or that are `without` a wheel, may be built.

    Both come with their reasons, in `unbuilt` for more than the pins.
    """
    reasons = {**without, **unbuilt}
    return NeedsPermission(
        packages=tuple(
            replace(one, is_undescribed=(one.name, one.version) in unbuilt)
            for one in needed(pins, reasons, problem, universe)
        ),
        pins=tuple(pins),
        notes=notes,
        old_below=_old_below(pins, reasons, problem, universe),
    )


def _old_below(pins: Sequence[Pin], reasons: Mapping[Release, str], problem: Problem, universe: Marker) -> str:
    """Return the first Python after all for which the pins that `reasons` names are needed, if those are all old."""
    if problem.environments != (problem.universe,):
        return ""  # which Pythons are locked was decided
    where = reduce(or_, (pin.marker & universe for pin in pins if (pin.name, pin.version) in reasons))
    end = where.python_range()[-1][1]
    if (
        end is None
        or end > _MAINTAINED
        or (meant(problem) & markers.python(failure_wording.span_text(end, None))) is markers.NEVER
    ):
        return ""
    return failure_wording.release_text(end)


def needed(
    pins: Sequence[Pin], reasons: Mapping[Release, str], problem: Problem, universe: Marker
) -> tuple[UnbuiltRelease, ...]:
    """Return the pins that `reasons` names, each with its reason, where it is needed and what requires it.

    `pins` are proved: their dependencies are known.
    """
    if not reasons:
        return ()
    parents = _parents(pins, problem)
    found = []
    for pin in pins:
        release = pin.name, pin.version
        if release not in reasons:
            continue
        chain = tuple(_chain(release, parents))
        top = chain[-1][0] if chain else pin.name
        origins = (root.origin for root in problem.roots if root.requirement.name == top)
        found.append(
            UnbuiltRelease(
                name=pin.name,
                version=pin.version,
                reason=reasons[release],
                environment=marker_text(pin.marker, assuming=universe),
                chain=tuple(f"{name} {version}" for name, version in chain),
                origin=next(origins, None),
            )
        )
    return tuple(found)


def _parents(pins: Sequence[Pin], problem: Problem) -> dict[Release, Release | None]:
    """Return for each release one that requires it, the nearest to the project; None for what the project requires."""
    required = {root.requirement.name for root in problem.roots}
    by_release = {(pin.name, pin.version): pin for pin in pins}
    found: dict[Release, Release | None] = {release: None for release in by_release if release[0] in required}
    agenda = list(found)
    for release in agenda:
        for other in by_release[release].dependencies:
            if other not in found and other in by_release:
                found[other] = release
                agenda.append(other)
    return found


def _chain(release: Release, parents: Mapping[Release, Release | None]) -> Iterator[Release]:
    above = parents.get(release)
    while above is not None:
        yield above
        above = parents.get(above)


def _name(text: str) -> str:
    try:
        return parse(text).name
    except ValueError:
        return ""  # whoever judges the release says so
