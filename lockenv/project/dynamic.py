"""What the `[project]` table leaves to a build: which keys, and what a build reported in their place.

Pure: the root table of a document and what was reported go in; a root table comes out that says it itself (PEP 621).
What the table states of a key that is dynamic too stays, and a build adds to it (PEP 808).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.markers import NEVER, marker_text
from lockenv.vocabulary.markers import parse as parse_marker
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.project.document import Document
    from lockenv.vocabulary.manifest import BuildStatement

_LEFT = ("dependencies", "optional-dependencies")


def left(document: Document) -> tuple[str, ...]:
    """Return the keys of `[project]` that say what the project requires, and are left to a build.

    Raises InputError for what must be written before anything is built.
    """
    found = []
    for position, key in enumerate(document.strings(("project", "dynamic"))):
        place = ("project", "dynamic", position)
        if key == "requires-python":
            raise document.error(
                place,
                "declares requires-python as dynamic, which is not supported",
                hint="set requires-python in [project]",
            )
        if key not in _LEFT:
            continue
        if document.get(("build-system",), dict) is None:
            raise document.error(
                place, f"declares {key} as dynamic, but there is no [build-system]", hint=f"set {key} in [project]"
            )
        found.append(key)
    return tuple(found)


def filled(root: Mapping[str, Any], keys: Sequence[str], reported: BuildStatement | None) -> dict[str, Any]:
    """Return `root` with what a build `reported` under the `keys` of its `[project]` table.

    Where nothing was reported, without the groups, which may name extras that are unknown.
    """
    document = {**root, "project": dict(root["project"])}
    if reported is not None:
        always, extras = _sections(reported)
        project = document["project"]
        for key in keys:
            if key == "dependencies":
                project[key] = _added(project.get(key, ()), always)
            else:
                project[key] = _added_extras(project.get(key, {}), extras)
        return document
    document.pop("dependency-groups", None)
    return document


def _added(stated: object, built: Sequence[str]) -> object:
    """Return what is stated, and what a build adds to it; the same where it is no array, which is reported later."""
    if not isinstance(stated, (list, tuple)):
        return stated
    known = {_canonical(text) for text in stated if isinstance(text, str)}
    return [*stated, *(text for text in built if _canonical(text) not in known)]


def _added_extras(stated: object, built: Mapping[str, Sequence[str]]) -> object:
    """Return the extras that are stated, each with what a build adds to it, and those that a build adds."""
    if not isinstance(stated, dict):
        return stated
    known = {normalize(written) for written in stated}
    return {
        **{written: _added(some, built.get(normalize(written), ())) for written, some in stated.items()},
        **{name: some for name, some in built.items() if name not in known},
    }


def _canonical(text: str) -> str:
    try:
        return str(parse(text))
    except ValueError:
        return text


def _sections(reported: BuildStatement) -> tuple[list[str], dict[str, list[str]]]:
    """Return what is always required, and what each extra requires beside."""
    always: list[str] = []
    extras: dict[str, list[str]] = {extra: [] for extra in reported.extras}
    for text in reported.requires:
        try:
            requirement = parse(text)
            marker = parse_marker(requirement.marker) if "extra" in requirement.marker else None
        except ValueError:
            marker = None  # it is reported when it is read as a requirement
        if marker is None:
            always.append(text)
            continue
        plain = marker.given_extra(None)
        for where, into in ((plain, always), *((marker.given_extra(name), some) for name, some in extras.items())):
            if where is not NEVER and (into is always or where is not plain):
                into.append(str(replace(requirement, marker=marker_text(where))))
    return always, extras
