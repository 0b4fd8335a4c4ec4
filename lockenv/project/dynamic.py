"""What the `[project]` table leaves to a build: which keys, and what a build reported in their place.

Pure: the root table of a document and what was reported go in; a root table comes out that says it itself (PEP 621).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.markers import NEVER, marker_text
from lockenv.vocabulary.markers import parse as parse_marker
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.project.document import Document
    from lockenv.vocabulary.manifest import BuildStatement

_LEFT = ("dependencies", "optional-dependencies")


def left(document: Document) -> tuple[str, ...]:
    """Return the keys of `[project]` that say what the project requires, and are left to a build.

    Raises InputError for what must be written before anything is built, and for a key that is written nevertheless.
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
        # "Build back-ends MUST raise an error if the metadata specifies a field statically as well as being listed in
        # dynamic" (pyproject.toml specification, dynamic).
        if key in document.table(("project",)):
            raise document.error(place, f"declares {key} as dynamic, but [project] sets it", hint="remove one of them")
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
        document["project"].update({key: always if key == "dependencies" else extras for key in keys})
        return document
    document.pop("dependency-groups", None)
    return document


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
