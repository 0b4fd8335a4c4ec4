"""What keeps a lock from being a sound closure for every environment that the project declares.

A Lock and a Manifest go in; findings come out, each at the line that is wrong. The closure is judged by
`resolve.closure`; here is what only the lock's own text can get wrong: what it covers, and the edges it records.

Explained in docs/resolver.md, "Proof".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.conditions import left_out, universe
from lockenv.lockfile.direct import source
from lockenv.lockfile.inputs import canonical_index
from lockenv.lockfile.pins import pins
from lockenv.resolve import closure
from lockenv.resolve.places import divisions
from lockenv.resolve.problem import meant, problem, universe_of
from lockenv.vocabulary import direct, markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.lockfile.lock import Lock
    from lockenv.resolve.closure import Fault, Proof
    from lockenv.resolve.places import Division
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.pin import Pin
    from lockenv.vocabulary.places import Place

RESTORE = "restore it from version control, or run `lockenv lock`"
_KEYS = {"twice": "marker", "unreachable": "marker", "python": "requires-python", "file": "wheels"}


def unsound(lock: Lock, manifest: Manifest) -> tuple[Finding, ...]:
    """Return what is wrong with `lock` for `manifest`, whose inputs it records; empty when it is proved."""
    covered, held = universe(lock), pins(lock)
    posed = problem(manifest)
    found = [*_uncovered(lock, posed, covered), *_choices(lock, manifest)]
    found += _sources(lock, manifest, held)
    verdict = closure.check(held, posed, universe=covered)
    if isinstance(verdict, closure.Proof):
        found += _edges(lock, held, verdict)
    else:
        found += [
            Finding(
                rule="no-file" if fault.kind == "file" else "unsound",
                level="error",
                sentence=fault.sentence,
                origin=_origin(fault, lock, manifest),
                hint=RESTORE,
            )
            for fault in verdict
        ]
    return tuple(found)


def _uncovered(lock: Lock, posed: Problem, covered: Marker) -> Iterator[Finding]:
    """Report the declared environments that the lock leaves out; it may leave out those of which it says why."""
    admitted = covered & _python(lock.requires_python)
    # A lock without bounds says `python_version >= '3'`: its `environments` is never empty.
    missing = posed.universe & markers.python(">=3") & ~admitted
    # Where nothing is declared, a lock may leave out what people rarely mean: see `resolve.build_permission`.
    missing &= meant(posed)
    for each in left_out(lock):
        missing &= ~each.installations
    if missing is not markers.NEVER:
        yield Finding(
            rule="not-covered",
            level="error",
            sentence=f"{lock.file} does not cover the environments where "
            f"{marker_text(missing, assuming=posed.universe)}, without a recorded reason",
            origin=lock.top("environments" if lock.environments else "requires-python"),
            hint=RESTORE,
        )


def _choices(lock: Lock, manifest: Manifest) -> Iterator[Finding]:
    """Report where the extras and groups that the lock offers, or installs unasked, are not those of the project."""
    for key, declared in (
        ("extras", manifest.extras),
        ("dependency-groups", manifest.public_groups),
        ("default-groups", manifest.default_groups),
    ):
        here, there = sorted(lock.document.get(key, ())), sorted(set(declared))
        if here != there:
            yield Finding(
                rule="unsound",
                level="error",
                sentence=f"{key} of {lock.file} are {', '.join(here) or 'none'}, but {', '.join(there) or 'none'} "
                "in the project",
                origin=lock.top(key),
                hint=RESTORE,
            )


def _sources(lock: Lock, manifest: Manifest, held: Sequence[Pin]) -> Iterator[Finding]:
    for pin, sentence in astray(lock, manifest, held):
        yield Finding(
            rule="source",
            level="error",
            sentence=sentence,
            origin=lock.place(_position(lock, pin.name, pin.version)),
            hint=RESTORE,
        )


def astray(lock: Lock, manifest: Manifest, held: Sequence[Pin]) -> Iterator[tuple[Pin, str]]:
    """Return what comes from elsewhere than the project says: only a URL in a requirement leads past the indexes."""
    urls = None
    divided = divisions(manifest, universe_of(manifest)) if manifest.places else {}
    for pin in held:
        if pin.name in divided:
            yield from _misplaced(lock, manifest, pin, divided[pin.name])
            continue
        declared = manifest.direct.get(pin.name)
        if pin.direct is None and declared is None:
            continue
        if pin.direct is None:
            source = "an index"
        elif declared is None:
            urls = _by_url(held) if urls is None else urls
            if pin.name in urls:
                continue
            source = direct.shown(pin.direct)
        elif _is_of(_carried(lock, pin) or pin.direct, declared.direct):
            continue
        else:
            source = direct.shown(pin.direct)
        meant = f"but the project uses {direct.shown(declared.direct)}" if declared else "which is not declared"
        yield pin, f"{pin.name} {pin.version}".rstrip() + f" comes from {source}, {meant}"


def _misplaced(lock: Lock, manifest: Manifest, pin: Pin, division: Division) -> Iterator[tuple[Pin, str]]:
    """Report a pin that reaches into environments in which its project comes from another source."""
    source = direct.shown(pin.direct) if pin.direct is not None else pin.index or "an index"
    for place, where in division.parts:
        if not pin.marker.disjoint(where) and not _is_from(lock, manifest, pin, place):
            part = marker_text(pin.marker & where, assuming=universe(lock))
            meant = f"but the project uses {place.shown}{f' where {part}' if part else ''}"
            yield pin, f"{pin.name} {pin.version}".rstrip() + f" comes from {source}, {meant}"
    if pin.direct is not None and not pin.marker.disjoint(division.rest):
        yield pin, f"{pin.name} {pin.version}".rstrip() + f" comes from {source}, which is not declared everywhere"


def _is_from(lock: Lock, manifest: Manifest, pin: Pin, place: Place) -> bool:
    if place.direct is not None:
        return pin.direct is not None and _is_of(_carried(lock, pin) or pin.direct, place.direct)
    urls = [index.url for index in manifest.indexes if index.name == place.index and not index.is_flat]
    # A variable is replaced in what is locked, and a relative folder is a path there: those are not compared.
    is_comparable = bool(urls and pin.index) and "${" not in urls[0] and urls[0].startswith(("https://", "http://"))
    return pin.direct is None and (not is_comparable or pin.index == canonical_index(urls[0]))


def _carried(lock: Lock, pin: Pin) -> direct.Direct | None:
    """Return where a pin of a bundle's lock came from before it was carried; None for all others."""
    position = _position(lock, pin.name, pin.version)
    found = source(lock, position) if position >= 0 else None
    if isinstance(found, direct.Archive) and isinstance(pin.direct, direct.Archive):
        return replace(found, sha256=pin.direct.sha256)
    return found


def _by_url(held: Sequence[Pin]) -> set[str]:
    """Return the projects that a locked release requires from a URL."""
    found = set()
    for text in (text for pin in held for text in pin.requires if "@" in text):
        try:
            requirement = parse(text)
        except ValueError:
            continue  # the closure reports it
        if requirement.url:
            found.add(str(requirement.name))
    return found


def _is_of(locked: direct.Direct, declared: direct.Direct) -> bool:
    """Return whether `locked` is what `declared` names; its commit and its hash are known only when it is locked."""
    here, there = direct.table(locked), direct.table(declared)
    if "sha256" not in there:
        here.pop("sha256", None)
    return {**here, "editable": False} == {**there, "editable": False}


def _python(specifier: str) -> Marker:
    try:
        return markers.python(specifier) if specifier else markers.ALWAYS
    except ValueError:
        return markers.ALWAYS  # what no installer can read restricts nothing


def _edges(lock: Lock, held: Sequence[Pin], proof: Proof) -> Iterator[Finding]:
    """Report where the edges that the lock records are not those that its requirements make."""
    # The version of a directory is what its build says each time, so that the lock need not have it.
    unversioned = {package.name for package in lock.packages if not package.version}

    def edges(some: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        return {(name, "" if name in unversioned else version) for name, version in some}

    for pin, proved in zip(held, proof.pins, strict=True):
        recorded, needed = edges(pin.dependencies), edges(proved.dependencies)
        for names, change in (
            (needed - recorded, "lacks its dependency"),
            (recorded - needed, "has, without requiring it, the dependency"),
        ):
            for name, version in sorted(names):
                yield Finding(
                    rule="edge",
                    level="error",
                    sentence=f"{f'{pin.name} {pin.version}'.rstrip()} {change} {name} {version}".rstrip(),
                    origin=lock.place(_position(lock, pin.name, pin.version), "dependencies"),
                    hint=RESTORE,
                )


def _origin(fault: Fault, lock: Lock, manifest: Manifest) -> Origin | None:
    """Return the entry that is wrong; of what is missing, the requirement that asks for it."""
    if fault.kind not in ("missing", "unmeetable"):
        position = _position(lock, fault.name, fault.sentence)
        return lock.place(position, _KEYS.get(fault.kind, "version"))
    if fault.asker:
        return lock.place(_position(lock, fault.asker, fault.sentence), "tool")
    declared = (manifest.dependencies, *manifest.extras.values(), *manifest.groups.values())
    origins = [each.origin for some in declared for each in some if each.requirement.name == fault.name]
    return origins[0] if origins else None


def _position(lock: Lock, name: str, source: str) -> int:
    """Return the entry of `name` whose version `source` holds; the first of that name where that decides nothing."""
    named = [position for position, package in enumerate(lock.packages) if package.name == name]
    words = source.replace(",", " ").split()
    return next((each for each in named if lock.packages[each].version in words), named[0] if named else -1)
