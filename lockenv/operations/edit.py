"""The text of the file that declares a project, with requirements added or removed.

In: a Declaration. Out: an Edit, which returns the new text. Never: writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.project import bounds, edit, lines
from lockenv.project.sources_edit import with_sources
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.operations.declare import Declaration, Edit
    from lockenv.project.edit import EditedList
    from lockenv.project.requested import RequestedRequirement
    from lockenv.project.sources_edit import Source
    from lockenv.vocabulary.pin import Resolution


def adding(
    found: Declaration,
    place: EditedList,
    wanted: Sequence[RequestedRequirement],
    policy: bounds.Bounds,
    sources: Mapping[str, Source] | None = None,
) -> Edit:
    """Return the edit that adds `wanted` to the list at `place`; a bare name gets its bound by `policy`.

    `sources` are declared too, by the names of packages; what comes from a place gets no bound. The edit raises
    UsageError where no such bound serves.
    """
    if sources and not found.project.pyproject:
        raise UsageError(
            f"{found.name} cannot declare sources", hint="declare the project in pyproject.toml: `lockenv init`"
        )
    at_places = {normalize(name) for name, source in (sources or {}).items() if "index" not in source}

    def edited(requirements: Sequence[RequestedRequirement]) -> edit.EditedFile:
        if found.project.pyproject:
            file = edit.added(found.text, found.name, place, requirements)
            text = with_sources(file.text, found.name, sources or {})
            return edit.EditedFile(text=text, unbounded=tuple(name for name in file.unbounded if name not in at_places))
        return lines.added(found.text, found.name, requirements)

    def text(answer: Resolution | None) -> str:
        first = edited(wanted)
        if answer is None or not first.unbounded:
            return first.text
        bounded = [
            one.bounded(_specifier(one, answer, policy))
            if one.normalized in first.unbounded and not one.specifier
            else one
            for one in wanted
        ]
        return edited(bounded).text

    return text


def removing(found: Declaration, place: EditedList, names: Sequence[str]) -> Edit:
    """Return the edit that removes `names` from the list at `place`."""
    unique = tuple(dict.fromkeys(names))

    def text(_answer: Resolution | None) -> str:
        if found.project.pyproject:
            return edit.removed(found.text, found.name, place, unique).text
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
