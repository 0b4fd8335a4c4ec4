"""Sync after the declared requirements and the lock have changed, with the extras and groups that were chosen last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.commands import sync
from lockenv.environment.venv import open_environment
from lockenv.operations import load
from lockenv.sync.state import Choice, chosen
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import ExitCode
    from lockenv.project.edit import Place


def refreshed(project: load.Project, place: Place, venv: str, settings: Settings, console: Console) -> ExitCode:
    """Make the environment of `project` equal its lock; the extra or group of `place` is installed too."""
    environment = open_environment(sync.environment_path(project, settings, venv))
    last = chosen(environment) if environment else None
    lock = load.needed_lock(project)
    extras, groups = set(last.extras if last else ()), set(last.groups if last else lock.default_groups)
    {"extra": extras, "group": groups, "project": set[str]()}[place.kind].add(normalize(place.name))
    choice = Choice(
        extras=tuple(sorted(extras.intersection(lock.extras))), groups=tuple(sorted(groups.intersection(lock.groups)))
    )
    # Where that is what a plain `sync` does, this is one, so that the next one has nothing to do.
    is_plain = not choice.extras and set(choice.groups) == set(lock.default_groups)
    options = sync.Options(
        extra=list(choice.extras),
        all_extras=False,
        group=[] if is_plain else list(choice.groups),
        all_groups=False,
        no_default_groups=not is_plain,
        package=list(last.packages) if last else [],
        python="",
        find_links=[],
        from_dir="",
        frozen=False,
        check=False,
        dry_run=False,
        inexact=False,
        prune_unowned=False,
        reinstall=False,
        names=[],
        compile=False,
        no_project=False,
        no_editable=False,
        allow_empty=not lock.packages,
        venv=venv,
        allow_build=[],
        lockfile="",
        requirements=[],
    )
    return sync.run(options, settings, console)
