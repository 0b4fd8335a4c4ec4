"""Change what a member of a workspace declares, and the lock of the workspace.

What a member requires is read where it lies, like that of any directory of sources: its file is written first, and is
as it was before where there is no lock for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds import build_lock_resolver, build_policy
from lockenv.commands import lock
from lockenv.lockfile.cutoffs import settled
from lockenv.operations import declare, load
from lockenv.operations.allowed_builds import Allowed, held
from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.pin import NeedsPermission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import ExitCode
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Resolution


class _UndoneError(Exception):
    """Carries the exit code of a change that is not kept: the file is to be as it was."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__()
        self.code = code


class _GrantedError(Exception):
    """Carries the packages that the user allows to be built: the change is made again."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names


def change(
    found: declare.Declaration,
    edit: declare.Edit,
    settings: Settings,
    console: Console,
    *,
    dry_run: bool,
    allow_build: Sequence[str] = (),
    command: str = "lockenv lock",
) -> ExitCode:
    """Resolve the workspace with what the file declares after `edit`; then keep it, or put back what was there.

    The file may be that of the project itself, too. For the rest, see `declare.change`.
    """
    if not found.is_member:
        return declare.change(found, edit, settings, console, dry_run=dry_run, allow_build=allow_build, command=command)
    names = [*allow_build]
    while True:
        try:
            return _Change(found, Allowed(found.project, names), settings, console, command, dry_run).kept(edit)
        except _UndoneError as undone:
            return undone.code
        except _GrantedError as granted:
            names += granted.names


@dataclass(frozen=True, slots=True)
class _Change:
    found: declare.Declaration
    allowed: Allowed
    settings: Settings
    console: Console
    command: str
    """Asks for the same, and takes `--allow-build`."""
    dry_run: bool

    def kept(self, edit: declare.Edit) -> ExitCode:
        """Lock the workspace with the edited file. Raises for what is not kept, when the file is as it was."""
        found = self.found
        old, text = load.lock(found.project), edit(None)
        answers: list[Resolution] = []
        with held(found.path, found.before, text.encode()):
            answer = self._answer(old, answers)
            final = edit(answers[0] if answers else None)
            with held(found.path, found.before, final.encode()):
                # Which bounds are written is known only when it is resolved: the lock is that of the text with them.
                return self._delivered(final, answer if final == text else self._answer(old, answers), old)

    def _answer(self, old: Lock | None, answers: list[Resolution]) -> lock.Answer:
        project, allowed = self.found.project, self.allowed
        manifest = settled(load.manifest(allowed.project, self.settings, old, read=allowed.read), old)

        def noted(answer: Resolution) -> Manifest:
            answers.append(answer)
            return manifest

        answer = lock.resolve(manifest, old, project, declare.PLAIN, {}, self.settings, self.console, noted)
        if isinstance(answer, NeedsPermission) and (more := build_policy.granted(answer, self.console)):
            raise _GrantedError(more)
        if not isinstance(answer, lock.Answer):
            asking = build_policy.allowing(self.command, allowed.names)
            code = outcome.tell_refusal(answer, self.console, command=asking)
            self.console.say(f"{self.found.name} is as it was")
            raise _UndoneError(code)
        return answer

    def _delivered(self, text: str, answer: lock.Answer, old: Lock | None) -> ExitCode:
        project, console = self.found.project, self.console
        declare.tell_lines(self.found, text, console)
        heading, manifest = f"{project.lock_name}:", answer.manifest
        if self.dry_run:
            raise _UndoneError(
                lock.deliver(answer.text, old, project, manifest, self.settings, console, dry_run=True, heading=heading)
            )
        with self.allowed.written(console):
            code = lock.deliver(
                answer.text, old, project, manifest, self.settings, console, dry_run=False, heading=heading
            )
        build_lock_resolver.deliver(answer.tools, project.lock, console)
        return code
