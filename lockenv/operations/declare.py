"""Change what a project declares and its lock together: both, or neither.

The new text of the file is resolved before anything is written. Where there is no solution, or no answer, the file and
the lock are as they were, byte for byte.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from lockenv.builds import build_lock_resolver, build_policy
from lockenv.commands import lock
from lockenv.errors import ExitCode, UsageError
from lockenv.files.reading import read_file
from lockenv.lockfile.cutoffs import settled
from lockenv.operations import load
from lockenv.operations.allowed_builds import Allowed, held
from lockenv.project.edit import Place
from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.pin import NeedsPermission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin, Resolution

    Edit = Callable[[Resolution | None], str]
    """Gives the new text of the file: at first without an answer, then with it, where it tells more."""


PLAIN: Final = lock.Options(
    upgrade=False,
    upgrade_package=[],
    check=False,
    dry_run=False,
    output="",
    python="",
    refresh=False,
    record_builds=False,
    allow_build=[],
    requirements=[],
)
"""What a plain `lockenv lock` is asked."""


class Asked(Protocol):
    """Options that tell which list of requirements is meant."""

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
        return load.relative(self.path)

    @property
    def text(self) -> str:
        """Its text as it was, a byte-order mark included; empty for no file."""
        if self.before is None:
            return ""
        mark = "\ufeff" if self.before.startswith(b"\xef\xbb\xbf") else ""
        return mark + self.before.decode("utf-8-sig")


def declaration(settings: Settings) -> Declaration:
    """Return the file in which the project declares its requirements: in a member of a workspace, that of the member.

    Raises UsageError and InputError.
    """
    project = load.project(settings)
    path = project.pyproject or os.path.join(project.directory, load.REQUIREMENTS)
    if not project.is_declared:
        raise UsageError(f"{project.directory} declares no project", hint="run `lockenv init`")
    nearest = load.nearest(settings)
    is_member = nearest != project.directory
    if is_member:
        path = os.path.join(nearest, load.PYPROJECT)
    load.read_text(path)  # says what is wrong with it
    return Declaration(project=project, path=path, before=read_file(path), is_member=is_member)


def place(options: Asked, found: Declaration) -> Place:
    """Give the list of requirements that `options` mean. Raises UsageError where they contradict each other."""
    named = [name for name in (options.to_group, "dev" if options.dev else "", options.optional) if name]
    if len(named) > 1:
        raise UsageError("--group, --dev and --optional name different lists", hint="give one of them")
    if not named:
        return Place()
    from lockenv.vocabulary.names import is_valid

    if found.is_member and not options.optional:
        raise UsageError(
            f"{found.name} is that of a member, and only the groups of the workspace's root are locked",
            hint=f"run it with --project {load.relative(found.project.directory)}",
        )
    if not found.project.pyproject:
        raise UsageError(f"{found.name} has neither groups nor extras", hint="declare the project in pyproject.toml")
    if not is_valid(named[0]):
        raise UsageError(f"{named[0]!r} is not a valid name", hint="write letters, digits, and between them - _ or .")
    return Place(kind="extra" if options.optional else "group", name=named[0])


def change(
    found: Declaration,
    edit: Edit,
    settings: Settings,
    console: Console,
    *,
    dry_run: bool = False,
    preferred: Sequence[Pin] | None = None,
    allow_build: Sequence[str] = (),
    command: str = "lockenv lock",
) -> ExitCode:
    """Resolve what the file declares after `edit`; then write it and the lock, or tell why not.

    `preferred` are the pins that stay where they can, those of the old lock unless given. `allow_build` names packages
    that may be built from now on; `command` asks for the same, and takes `--allow-build`.
    """
    project, old = found.project, load.lock(found.project)
    texts = [edit(None)]
    allowed = [_allowed(found, texts[0], allow_build)]

    def read() -> Manifest:
        return settled(load.manifest(allowed[-1].project, settings, old, read=allowed[-1].read), old)

    def declared(resolution: Resolution) -> Manifest:
        texts.append(edit(resolution))
        allowed.append(_allowed(found, texts[-1], allow_build))
        return read()

    answer = lock.resolve(read(), old, project, PLAIN, {}, settings, console, declared, preferred)
    if isinstance(answer, NeedsPermission) and (more := build_policy.granted(answer, console)):
        names = [*allow_build, *more]
        return change(
            found, edit, settings, console, dry_run=dry_run, preferred=preferred, allow_build=names, command=command
        )
    if not isinstance(answer, lock.Answer):
        code = outcome.tell_refusal(answer, console, command=build_policy.allowing(command, allow_build))
        console.say(f"{found.name} is as it was")
        return code
    final, text = allowed[-1], allowed[-1].text(found.path, texts[-1])
    tell_lines(found, text, console)
    deliver = partial(lock.deliver, answer.text, old, project, answer.manifest, settings, console)
    heading = f"{project.lock_name}:"
    if dry_run:
        return deliver(dry_run=True, heading=heading)
    with held(found.path, found.before, text.encode()), final.written(console, beside=found.path):
        code = deliver(dry_run=False, heading=heading)
    build_lock_resolver.deliver(answer.tools, project.lock, console)
    return code


def _allowed(found: Declaration, text: str, names: Sequence[str]) -> Allowed:
    """Return the project with `text` in the file that declares it, and the builds of `names` allowed."""
    path = os.path.realpath(found.path)

    def read(name: str) -> str:
        is_changed = os.path.realpath(name) == path
        return text.removeprefix("\ufeff") if is_changed else load.read_declared(name)

    return Allowed(found.project, names, read)


def tell_lines(found: Declaration, text: str, console: Console) -> None:
    """Tell which lines of the file change."""
    from difflib import ndiff

    before, after = found.text.splitlines(), text.splitlines()
    changed = [line for line in ndiff(before, after) if line[:2] in ("+ ", "- ")]
    if not changed:
        console.say(f"{found.name} declares that already")
        return
    console.say(f"{found.name}:")
    for line in changed:
        console.change(line[0], line[2:].strip())
