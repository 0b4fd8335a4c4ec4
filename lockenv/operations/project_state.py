"""Find out in which state a project is: what declares it, its lockfile, its environment, and the Python for it.

In: Settings, and where the user says that the parts are. Out: a ProjectState, and what is in the way of `lock` and
`sync`. Never: a change, a request to a server.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Literal

from lockenv.environment import interpreters
from lockenv.environment.venv import BROKEN, open_environment
from lockenv.errors import LockenvError
from lockenv.lockfile.paths import relative
from lockenv.lockfile.select import NotCovered
from lockenv.operations import load
from lockenv.operations.found_project import environment_path
from lockenv.operations.freshness import LOCK_AGAIN
from lockenv.operations.obstacle import Obstacle, answered, obstacle_of
from lockenv.operations.python_record import of_lock
from lockenv.operations.sync import sync
from lockenv.operations.synced import SyncRequest, WouldChange, is_as_synced
from lockenv.operations.usable import NotUsable, reason_not_to_use
from lockenv.sync import state
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.progress import SILENT_LISTENER

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.load import Project
    from lockenv.vocabulary.manifest import Manifest

LockState = Literal["", "missing", "usable", "not usable"]
EnvironmentState = Literal["", "missing", "in sync", "out of sync", "to be rebuilt", "not known"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """What is known of a project; a text is empty for what is not."""

    directory: str = ""
    """Absolute."""
    files: tuple[str, ...] = ()
    """What declares it and sets its settings, as messages name them."""
    requires_python: str = ""
    lock: str = ""
    """The lockfile as messages name it."""
    lock_state: LockState = ""
    packages: int = 0
    """In the lockfile."""
    environment: str = ""
    """As messages name it."""
    environment_state: EnvironmentState = ""
    environment_python: str = ""
    """The version that it was created with."""
    base_python: str = ""
    """The executable of the interpreter that it was created from, or would be."""


class Examination:
    """Looks at one project, and gathers what is in the way."""

    def __init__(self, settings: Settings, request: SyncRequest, obstacles: list[Obstacle]) -> None:
        """Look at what `request` means; what is in the way is added to `obstacles`."""
        self._settings = settings
        self._request = request
        self._obstacles = obstacles
        self.project: Project | None = None
        self.manifest: Manifest | None = None

    def state(self) -> ProjectState:
        """Return the state of the project; an empty one where there is none."""
        request, settings = self._request, self._settings
        project = answered(partial(load.project, settings, request.requirements, request.lockfile), self._obstacles)
        if project is None:
            return ProjectState()
        self.project = project
        lock = answered(partial(load.needed_lock, project), self._obstacles)
        if project.is_declared:
            self.manifest = answered(partial(load.manifest, project, settings, lock), self._obstacles)
        is_usable = lock is not None and self._is_usable(lock, project)
        named = (project.pyproject, project.beside, project.own_settings)
        found = ProjectState(
            directory=project.directory,
            files=(*project.requirements, *(relative(path) for path in named if path)),
            requires_python=self.manifest.requires_python if self.manifest is not None else "",
            lock=project.lock_name,
            lock_state="usable" if is_usable else "not usable" if os.path.lexists(project.lock) else "missing",
            packages=len(lock.packages) if lock is not None else 0,
        )
        return self._with_environment(found, project, lock if is_usable else None)

    def _is_usable(self, lock: Lock, project: Project) -> bool:
        """Return whether `sync` would use `lock`; where nothing can be read that it is compared with, it would not."""
        if self.manifest is None and project.is_declared:
            return False
        ask = partial(reason_not_to_use, lock, self.manifest, project.lock_name, self._settings, SILENT_LISTENER)
        known = len(self._obstacles)
        refused = answered(ask, self._obstacles)
        if refused is not None:
            self._obstacles.append(_not_usable(refused))
        return len(self._obstacles) == known

    def _with_environment(self, found: ProjectState, project: Project, lock: Lock | None) -> ProjectState:
        root = answered(partial(environment_path, project, self._settings, self._request.venv), self._obstacles)
        if root is None:
            return found
        found = replace(found, environment=relative(root))
        try:
            environment = open_environment(root)
        except BROKEN:
            return self._compared(replace(found, environment_state="to be rebuilt"), lock)
        except LockenvError as error:
            self._obstacles.append(obstacle_of(error))
            return replace(found, environment_state="not known")
        if state.is_rebuild_unfinished(root):
            return replace(found, environment_state="to be rebuilt")
        if environment is None:
            found = replace(found, environment_state="missing", base_python=self._python(lock))
            return self._compared(found, lock)
        found = replace(found, environment_python=environment.version, base_python=environment.base)
        if lock is not None and self._is_as_synced(environment, project):
            return replace(found, environment_state="in sync")
        return self._compared(replace(found, environment_state="not known"), lock)

    def _python(self, lock: Lock | None) -> str:
        """Return the interpreter from which `sync` would create an environment; empty for none."""
        settings, manifest = self._settings, self.manifest
        directory = self.project.directory if self.project is not None else settings.directory
        chosen = answered(
            lambda: interpreters.find(
                None,
                requires_python=manifest.requires_python if manifest is not None else "",
                environ=settings.tools_environ,
                cache_dir=settings.cache,
                project_dir=directory,
                locked=of_lock(lock) if lock is not None else None,
            ),
            self._obstacles,
        )
        return chosen.executable if chosen is not None else ""

    def _is_as_synced(self, environment: Environment, project: Project) -> bool:
        """Return whether nothing changed since the last sync, whatever that one selected."""
        try:
            return is_as_synced(environment, project, self._settings)
        except LockenvError:
            return False  # the whole comparison says why

    def _compared(self, found: ProjectState, lock: Lock | None) -> ProjectState:
        """Return `found` with the answer of `sync --check`, which sees what is in the way of `sync`."""
        if lock is None:
            return found  # why it cannot be used is known already
        ask = partial(sync, replace(self._request, check=True), replace(self._settings, offline=True))
        match answered(ask, self._obstacles):
            case None | NotUsable():
                return found
            case WouldChange():
                is_known = found.environment_state in ("missing", "to be rebuilt")
                return found if is_known else replace(found, environment_state="out of sync")
            case NotCovered(reasons=reasons):
                self._obstacles.append(
                    Obstacle(
                        message=f"{found.lock} does not cover this environment: {'; '.join(reasons)}",
                        hint="use an interpreter that the lockfile covers, or change the requirements and lock again",
                    )
                )
                return found
            case _:
                return replace(found, environment_state="in sync")


def _not_usable(answer: NotUsable) -> Obstacle:
    if answer.stale is not None:
        first = next(each for each in answer.stale.differences if not each.is_satisfied)
        more = len(answer.stale.differences) - 1
        rest = f" (and {more} more)" if more else ""
        place = str(first.origin) if first.origin else ""
        return Obstacle(message=f"{answer.name} is out of date: {first.sentence}{rest}", hint=LOCK_AGAIN, place=place)
    finding = answer.findings[0]
    return Obstacle(
        message=f"{answer.name} cannot be used: {finding.sentence}",
        hint=finding.hint or "run `lockenv check` for all of it",
        place=str(finding.origin) if finding.origin else "",
    )
