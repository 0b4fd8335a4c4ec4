"""Change what a project declares and its lock together: both, or neither.

The new text of the file is resolved before anything is written. Where there is no solution, or no answer, the file and
the lock are as they were, byte for byte.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from lockenv.context.project_files import read_declared, read_text
from lockenv.errors import UsageError
from lockenv.files.reading import read_file
from lockenv.lockfile.cutoffs import settled
from lockenv.lockfile.paths import relative
from lockenv.operations import load, wheels_here
from lockenv.operations.delivery import deliver, deliver_builds
from lockenv.operations.held_file import held
from lockenv.operations.permissions import Permissions
from lockenv.operations.resolving import NewLock, UpgradeChoice, resolve
from lockenv.project.document import Document
from lockenv.project.edit import EditedList
from lockenv.vocabulary import utf8
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import is_valid
from lockenv.vocabulary.pin import NeedsPermission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.context.settings import Settings
    from lockenv.operations.delivery import DeliveredLock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin, Resolution, Unsolvable
    from lockenv.vocabulary.progress import Listener

    Edit = Callable[[Resolution | None], str]
    """Returns the new text of the file: at first without an answer, then with it, where that decides more."""


class ListOptions(Protocol):
    """Options that say which list of requirements is meant."""

    @property
    def to_group(self) -> str:
        """A dependency group; empty for none."""

    @property
    def dev(self) -> bool:
        """Whether the group `dev` is meant."""

    @property
    def optional(self) -> str:
        """An extra; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The file that is changed."""

    project: load.Project
    path: str
    before: bytes | None
    """None where there is no such file yet."""
    is_member: bool = False
    """Whether it is that of a member of the workspace, whose root `project` is."""

    @property
    def name(self) -> str:
        """The file as messages name it."""
        return relative(self.path)

    @property
    def text(self) -> str:
        """Its text as it was, a byte-order mark included; empty for no file."""
        if self.before is None:
            return ""
        mark = "\ufeff" if self.before.startswith(utf8.MARK) else ""
        return mark + utf8.utf8_text(self.before)


def declaration(settings: Settings) -> Declaration:
    """Return the file in which the project declares its requirements: in a member of a workspace, that of the member.

    Raises UsageError, and InputError for what is no TOML.
    """
    project = load.project(settings)
    path = project.pyproject or os.path.join(project.directory, load.REQUIREMENTS)
    if not project.is_declared:
        raise UsageError(f"{project.directory} declares no project", hint="run `lockenv init`")
    nearest = load.nearest(settings)
    is_member = nearest != project.directory
    if is_member:
        path = os.path.join(nearest, load.PYPROJECT)
    text = read_text(path)
    if os.path.basename(path) == load.PYPROJECT:
        Document(text, relative(path))  # says what is wrong with it
    return Declaration(project=project, path=path, before=read_file(path), is_member=is_member)


def place(options: ListOptions, found: Declaration) -> EditedList:
    """Return the list of requirements that `options` mean. Raises UsageError where they contradict each other."""
    named = [name for name in (options.to_group, "dev" if options.dev else "", options.optional) if name]
    if len(named) > 1:
        raise UsageError("--group, --dev and --optional cannot be used together", hint="use one of them")
    if not named:
        return EditedList()

    if found.project.script_directory:
        raise UsageError("a script has neither groups nor extras", hint="leave out --group, --dev and --optional")
    if not found.project.pyproject:
        raise UsageError(f"{found.name} has neither groups nor extras", hint="declare the project in pyproject.toml")
    if not is_valid(named[0]):
        raise UsageError(f"`{named[0]}` is not a valid name", hint="use letters and digits, separated by - _ or .")
    return EditedList(kind="extra" if options.optional else "group", name=named[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDeclaration:
    """The answer "yes" to a change: what the file says now, and the lock with it."""

    name: str
    """The file as messages name it."""
    lines: tuple[tuple[str, str], ...]
    """Each line that came (`+`) or went (`-`), in the order of the file."""
    new: NewLock
    delivered: DeliveredLock
    build_lock: str = ""
    """What was done with the lock of what builds need, a sentence; empty for nothing."""


def change(
    found: Declaration,
    edit: Edit,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool = False,
    preferred: Sequence[Pin] | None = None,
    upgrade: UpgradeChoice | None = None,
    allow_build: Sequence[str] = (),
    judge: Callable[[NewLock], None] | None = None,
) -> ChangedDeclaration | Unsolvable | NeedsPermission:
    """Resolve what the file declares after `edit`; then write it and the lock, or return why not.

    `preferred` are the pins that stay where they can, those of the old lock unless given; `upgrade` says which may move
    to the newest version. `allow_build` names packages that may be built from now on. Raises what `lock` raises, and
    what `judge` does of the new lock; the file and the lock are as they were then.
    """
    project, old = found.project, load.lock(found.project)
    texts = [edit(None)]
    allowed = [_allowed(found, texts[0], allow_build, settings)]

    def read() -> Manifest:
        return settled(load.manifest(allowed[-1].project, settings, old, read=allowed[-1].read), old)

    def declared(resolution: Resolution) -> Manifest:
        texts.append(edit(resolution))
        allowed.append(_allowed(found, texts[-1], allow_build, settings))
        return read()

    answer = resolve(read(), old, project, upgrade or UpgradeChoice(), settings, listener, declared, preferred)
    if isinstance(answer, NeedsPermission):
        return wheels_here.with_all(answer, read(), project, settings)
    if not isinstance(answer, NewLock):
        return answer
    if judge is not None:
        judge(answer)
    final, text = allowed[-1], allowed[-1].text(found.path, texts[-1])
    done = ""
    if dry_run:
        delivered = deliver(answer, old, project, settings, dry_run=True)
    else:
        with held(found.path, found.before, text.encode()), final.written(listener, beside=found.path):
            delivered = deliver(answer, old, project, settings)
        done = deliver_builds(answer.build_lock, project.lock)
    return ChangedDeclaration(
        name=found.name, lines=changed_lines(found.text, text), new=answer, delivered=delivered, build_lock=done
    )


def _allowed(found: Declaration, text: str, names: Sequence[str], settings: Settings) -> Permissions:
    """Return the project with `text` in the file that declares it, and with what is allowed: `names` to build."""
    path = os.path.realpath(found.path)

    def read(name: str) -> str:
        is_changed = os.path.realpath(name) == path
        return text.removeprefix("\ufeff") if is_changed else read_declared(name)

    return Permissions(found.project, names, settings.accept_fault, read)


def changed_lines(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Return each line that comes (`+`) or goes (`-`) from one text to another, in their order."""
    from difflib import ndiff

    found = ndiff(before.splitlines(), after.splitlines())
    return tuple((line[0], line[2:].strip()) for line in found if line[:2] in ("+ ", "- "))
