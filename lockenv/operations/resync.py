"""The sync that follows a change of the declared requirements, with the extras and groups that were chosen last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.environment.venv import open_environment
from lockenv.operations import load
from lockenv.operations.found_project import environment_path
from lockenv.operations.partial_selection import with_known_groups
from lockenv.operations.selection_options import SelectionOptions
from lockenv.operations.synced import SyncRequest
from lockenv.sync.state import SyncChoice, chosen
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.project.edit import EditedList


def request_after(project: load.Project, place: EditedList | None, venv: str, settings: Settings) -> SyncRequest:
    """Return the sync that follows a change of what `project` declares: as the last one, with `place` installed too."""
    environment = open_environment(environment_path(project, settings, venv))
    last = chosen(environment) if environment else None
    lock = load.needed_lock(project)
    if last and last.packages and project.is_declared:
        last = with_known_groups(last, load.manifest(project, settings, lock))
    locked = {package.name for package in lock.packages}
    extras, groups = set(last.extras if last else ()), set(last.groups if last else lock.default_groups)
    if place is not None:
        {"extra": extras, "group": groups, "project": set[str]()}[place.kind].add(normalize(place.name))
    choice = SyncChoice(
        extras=tuple(sorted(extras.intersection(lock.extras))), groups=tuple(sorted(groups.intersection(lock.groups)))
    )
    # Where that is what a plain `sync` does, this is one, so that the next one has nothing to do.
    is_plain = not choice.extras and set(choice.groups) == set(lock.default_groups)
    kinds = last.kinds_left_out if last else ()
    selection = SelectionOptions(
        extra=choice.extras,
        group=() if is_plain else choice.groups,
        no_default_groups=not is_plain,
        package=last.packages if last else (),
        no_install_package=tuple(name for name in last.left_out if name in locked) if last else (),
        no_project="project" in kinds,
        no_install_workspace="workspace" in kinds,
        no_install_local="local" in kinds,
    )
    if last and last.only and (place is None or place.kind == "group"):
        added = {normalize(place.name)} if place is not None else set[str]()
        only = tuple(sorted({*last.only, *added}.intersection(lock.groups)))
        selection = replace(selection, only_group=only, group=(), no_default_groups=False)
    return SyncRequest(
        selection=selection,
        allow_empty=not lock.packages,
        venv=venv,
    )
