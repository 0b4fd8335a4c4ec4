"""`lockenv init`: declare a project in pyproject.toml, and lock it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.lockfile.paths import relative
from lockenv.operations import declare_member, discovery, load
from lockenv.operations.new_project import begun, directory_for, refuse_overlooked
from lockenv.operations.new_project_files import wanted_files, written
from lockenv.report import build_permission, outcome
from lockenv.vocabulary.dataclasses import dataclass, replace

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.declare import ChangedDeclaration
    from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv init` was asked."""

    name: str
    place: list[str]
    python: str
    pin_python: bool
    gitignore: bool


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Declare the project; what other tools have in the file stays. A new member is locked with its workspace."""
    settings = directory_for(options.place, settings)
    refuse_overlooked(settings.directory)
    found, new = begun(settings, options.name, options.python)
    files = wanted_files(
        settings.directory, options.python, has_gitignore=options.gitignore, is_pinned=options.pin_python
    )
    root = found.project.directory if settings.is_named else discovery.root_of_new(found.project.directory)
    if root != found.project.directory:
        found = replace(found, project=load.project(replace(settings, directory=root)), is_member=True)

    def edit(_answer: Resolution | None) -> str:
        return new

    def attempt(granted: tuple[str, ...]) -> ChangedDeclaration | Unsolvable | NeedsPermission:
        return declare_member.change(found, edit, settings, console, allow_build=granted)

    answer = build_permission.answered(attempt, console)
    code = outcome.report_changed(answer, console, command="lockenv lock", name=found.name)
    if code is ExitCode.YES:
        for name in written(files):
            console.say(f"wrote {name}")
        if not settings.is_named and (above := discovery.workspace_without(settings.directory)):
            member = os.path.relpath(settings.directory, above).replace(os.sep, "/")
            place = relative(os.path.join(above, load.PYPROJECT))
            console.note(f"add `{member}` to the members of the workspace in {place} to lock it with them")
    return code
