"""Ask the resolver something without locking the answer.

In: a project, its manifest and settings. Out: the catalog to ask with, as `lockenv lock` would ask it. Never: writing a
lock.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.commands.building import Workshop
    from lockenv.commands.gather import Project
    from lockenv.commands.settings import Settings
    from lockenv.console import Console
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.catalog import Catalog
    from lockenv.vocabulary.manifest import Manifest


@contextmanager
def asking(project: Project, manifest: Manifest, settings: Settings, console: Console) -> Iterator[Catalog]:
    """Give the catalog of the indexes that serve `manifest`, closed at the end; it builds what policy lets it build."""
    from lockenv.commands.access import catalog, fetcher

    with fetcher(settings, manifest.indexes, base=project.base) as source:
        workshop = _workshop(project, manifest, settings, source, console)
        yield catalog(manifest, settings, source, workshop.metadata if workshop else None)


def _workshop(
    project: Project, manifest: Manifest, settings: Settings, source: Fetcher, console: Console
) -> Workshop | None:
    """Give what builds with the tools that are locked for it; None where policy allows no build."""
    if not manifest.policy.allow_build:
        return None
    from lockenv.commands import tools
    from lockenv.commands.building import Workshop
    from lockenv.commands.toollock import Resolved
    from lockenv.environment.interpreters import find

    interpreter = find(
        None,
        requires_python=manifest.requires_python,
        environ=settings.environ,
        cache_dir=settings.cache,
        project_dir=settings.directory,
    )
    own = Resolved(manifest, settings, source, tools.tools(project.lock))
    return Workshop(manifest, interpreter, settings, console, source, own)
