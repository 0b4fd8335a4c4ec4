"""Change what a member of a workspace declares, and the lock of the workspace.

What a member requires is read where it is, like that of any directory of sources: its file is written first, and is
as it was before where there is no lock for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.cutoffs import settled
from lockenv.operations import declare, load
from lockenv.operations.declare import ChangedDeclaration
from lockenv.operations.delivery import deliver, deliver_builds
from lockenv.operations.held_file import held
from lockenv.operations.permissions import Permissions
from lockenv.operations.resolving import NewLock, UpgradeChoice, resolve
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable
    from lockenv.vocabulary.progress import Listener


class _UndoneError(Exception):
    """Carries the answer of a change that is not kept: the file is to be as it was."""

    def __init__(self, answer: ChangedDeclaration | Unsolvable | NeedsPermission) -> None:
        super().__init__()
        self.answer = answer


def change(
    found: declare.Declaration,
    edit: declare.Edit,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool = False,
    upgrade: UpgradeChoice | None = None,
    allow_build: Sequence[str] = (),
) -> ChangedDeclaration | Unsolvable | NeedsPermission:
    """Resolve the workspace with what the file declares after `edit`; then keep it, or put back what was there.

    The file may be that of the project itself, too. For the rest, see `declare.change`.
    """
    if not found.is_member:
        return declare.change(
            found, edit, settings, listener, dry_run=dry_run, upgrade=upgrade, allow_build=allow_build
        )
    try:
        allowed = Permissions(found.project, allow_build, settings.accept_fault)
        return _Change(found, allowed, settings, listener, dry_run, upgrade or UpgradeChoice()).kept(edit)
    except _UndoneError as undone:
        return undone.answer


@dataclass(frozen=True, slots=True)
class _Change:
    found: declare.Declaration
    allowed: Permissions
    settings: Settings
    listener: Listener
    dry_run: bool
    upgrade: UpgradeChoice

    def kept(self, edit: declare.Edit) -> ChangedDeclaration:
        """Lock the workspace with the edited file. Raises for what is not kept, when the file is as it was."""
        found = self.found
        old, text = load.lock(found.project), edit(None)
        answers: list[Resolution] = []
        with held(found.path, found.before, text.encode()):
            answer = self._answer(old, answers)
            final = edit(answers[0] if answers else None)
            with held(found.path, found.before, final.encode(), now=text.encode()):
                # Which bounds are written is known only when it is resolved: the lock is that of the text with them.
                again = answer if final == text else self._answer(old, answers)._replace(started=answer.started)
                return self._delivered(final, again, old)

    def _answer(self, old: Lock | None, answers: list[Resolution]) -> NewLock:
        project, allowed = self.found.project, self.allowed
        manifest = settled(load.manifest(allowed.project, self.settings, old, read=allowed.read), old)

        def noted(answer: Resolution) -> Manifest:
            answers.append(answer)
            return manifest

        answer = resolve(manifest, old, project, self.upgrade, self.settings, self.listener, noted)
        if not isinstance(answer, NewLock):
            raise _UndoneError(answer)
        return answer

    def _delivered(self, text: str, answer: NewLock, old: Lock | None) -> ChangedDeclaration:
        found, done = self.found, ""
        if self.dry_run:
            delivered = deliver(answer, old, found.project, self.settings, dry_run=True)
        else:
            with self.allowed.written(self.listener):
                delivered = deliver(answer, old, found.project, self.settings)
            done = deliver_builds(answer.build_lock, found.project.lock)
        lines = declare.changed_lines(found.text, text)
        changed = ChangedDeclaration(name=found.name, lines=lines, new=answer, delivered=delivered, build_lock=done)
        if self.dry_run:
            raise _UndoneError(changed)
        return changed
