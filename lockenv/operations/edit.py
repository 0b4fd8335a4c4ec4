"""The text of the file that declares a project, with requirements added or removed.

In: a Declaration. Out: an Edit, which returns the new text. Never: writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.project import bounds, edit, lines, rebounding
from lockenv.project.sources_edit import with_sources, without_sources
from lockenv.vocabulary import markers, pep440
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockenv.operations.declare import Declaration, Edit
    from lockenv.project.edit import EditedList
    from lockenv.project.requested import RequestedRequirement
    from lockenv.project.sources_edit import Source
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Resolution

    DeclaredBound = tuple[NormalizedName, str, str]
    """The name, the specifier and the marker of a requirement as they are declared."""


def adding(
    found: Declaration,
    place: EditedList,
    wanted: Sequence[RequestedRequirement],
    policy: bounds.Bounds,
    sources: Mapping[str, Source] | None = None,
    *,
    is_rebounding: bool = False,
) -> Edit:
    """Return the edit that adds `wanted` to the list at `place`; a bare name gets its bound by `policy`.

    With `is_rebounding` that is so for a bare name that is declared already, too.

    `sources` are declared too, by the names of packages; what comes from a place gets no bound. The edit raises
    UsageError where no such bound serves.
    """
    if sources and not found.project.pyproject:
        raise UsageError(
            f"{found.name} cannot declare sources", hint="declare the project in pyproject.toml: `lockenv init`"
        )
    declared = edit.declared_names(found.text, place) if is_rebounding and found.project.pyproject else frozenset()
    at_places = {normalize(name) for name, source in (sources or {}).items() if "index" not in source}

    def edited(requirements: Sequence[RequestedRequirement]) -> edit.EditedFile:
        if found.project.pyproject:
            file = edit.added(found.text, found.name, place, requirements)
            text = with_sources(file.text, found.name, sources or {})
            return edit.EditedFile(text=text, unbounded=tuple(name for name in file.unbounded if name not in at_places))
        return lines.added(found.text, found.name, requirements)

    def text(answer: Resolution | None) -> str:
        first = edited(wanted)
        again = {one.normalized for one in wanted if not (one.specifier or one.url)}.intersection(declared) - at_places
        if answer is None or not (first.unbounded or again):
            return first.text
        bounded = [
            one.bounded(_specifier(one, answer, policy))
            if one.normalized in first.unbounded and not one.specifier
            else one
            for one in wanted
        ]
        new = edited(bounded).text
        if not again:
            return new
        return edit.rebounded(new, found.name, lambda one: _specifier(one, answer, policy), again, place)

    return text


class UnwritableBoundsError(Exception):
    """The versions that were found of a requirement are more than its bounds, as they are written, can admit."""

    def __init__(self, bounds: Mapping[DeclaredBound, str], versions: Mapping[DeclaredBound, Collection[str]]) -> None:
        """`bounds` are the highest that can be written, `versions` what was found."""
        super().__init__()
        self.bounds = bounds
        self.versions = versions


def raising(found: Declaration, names: Collection[NormalizedName], fixed: Mapping[DeclaredBound, str]) -> Edit:
    """Return the edit that raises the bounds of what is declared of `names`: at first off, then to what was found.

    `fixed` has the bounds that are written from the first. With an answer, the edit raises UnwritableBoundsError where
    what it writes would not admit the answer.
    """

    def text(answer: Resolution | None) -> str:
        bounds: dict[DeclaredBound, str] = {}
        versions: dict[DeclaredBound, Collection[str]] = {}

        def bounded(one: RequestedRequirement) -> str:
            key = (one.normalized, one.specifier, one.marker)
            if key in fixed or not one.specifier:
                return fixed.get(key, one.specifier)
            if answer is None:
                return rebounding.relaxed(one.specifier)
            of_it = _versions(one, answer)
            new = rebounding.raised(one.specifier, of_it) if of_it else one.specifier
            if not all(pep440.contains(new, version) for version in of_it):
                bounds[key], versions[key] = new, of_it
            return new

        new = edit.rebounded(found.text, found.name, bounded, names)
        if bounds:
            raise UnwritableBoundsError(bounds, versions)
        return new

    return text


def _versions(one: RequestedRequirement, answer: Resolution) -> frozenset[str]:
    """Return the versions that an index has of `one` where it applies."""
    where = markers.parse(one.marker) if one.marker else markers.ALWAYS
    return frozenset(
        pin.version
        for pin in answer.pins
        if pin.name == one.normalized
        and pin.direct is None
        and not pin.marker.without_extras_and_groups().disjoint(where)
    )


def removing(found: Declaration, place: EditedList, names: Sequence[str]) -> Edit:
    """Return the edit that removes `names` from the list at `place`, and the sources of what is not needed any longer.

    Those are of members that no requirement of the file names, and of whatever is not in the answer.
    """
    unique = tuple(dict.fromkeys(names))

    def text(answer: Resolution | None) -> str:
        if found.project.pyproject:
            left = edit.removed(found.text, found.name, place, unique).text
            # What others require has its source still.
            gone = None if answer is None else {*map(normalize, unique)}.difference(pin.name for pin in answer.pins)
            return without_sources(left, found.name, unique, gone or ())
        return lines.removed(found.text, found.name, unique).text

    return text


def _specifier(wanted: RequestedRequirement, answer: Resolution, policy: bounds.Bounds) -> str:
    versions = sorted({pin.version for pin in answer.pins if pin.name == normalize(wanted.name)})
    if not versions:
        return ""  # its marker holds nowhere in the universe: nothing was locked that a bound could name
    found = bounds.specifier(policy, versions)
    if not found and policy == "exact":
        raise UsageError(
            f"{wanted.name} is locked at more than one version: {' and '.join(versions)}, for different environments",
            hint="use other --bounds, or specify a version",
        )
    return found
