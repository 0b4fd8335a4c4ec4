"""Find the members of the workspace among what `add` declares: their source is the workspace.

In: the file that is changed, and what is requested. Out: sources, by the names of packages. Never: a request.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from lockenv.operations import load
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.context.settings import Settings
    from lockenv.operations.declare import Declaration
    from lockenv.project.requested import RequestedRequirement
    from lockenv.project.sources_edit import Source


def sources(found: Declaration, wanted: Iterable[RequestedRequirement], settings: Settings) -> dict[str, Source]:
    """Return the source of each of `wanted` that the workspace has: its root or a member, but not the project itself.

    One whose source `found` declares already keeps that. Raises InputError for what cannot be understood.
    """
    project = found.project
    # A file without this word declares no workspace: the members need not be looked for.
    is_one = found.is_member or bool(project.own_settings) or "workspace" in found.text
    if not (project.pyproject and is_one) or project.script_directory:
        return {}
    manifest = load.manifest(project, settings, load.lock(project))
    if manifest.workspace is None:
        return {}
    there = {*manifest.members, *([normalize(manifest.name)] if manifest.name else [])} - _declared(found.text)
    return {one.name: {"workspace": True} for one in wanted if one.normalized in there and not one.url}


def _declared(text: str) -> set[str]:
    """Return the name of the project that `text` declares, and those whose sources it has."""
    values = tomllib.loads(text.removeprefix("\ufeff"))
    name = values.get("project", {}).get("name", "")
    sources = values.get("tool", {}).get("lockenv", {}).get("sources", {})
    return {normalize(each) for each in (name, *sources)}
