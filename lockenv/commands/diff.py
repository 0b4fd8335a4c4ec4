"""`lockenv diff`: what changed between two locks, in files or in revisions of git."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from lockenv.context.project_files import lock_at
from lockenv.errors import ExitCode, UsageError
from lockenv.operations import load
from lockenv.report import lock_diff
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv diff` was asked."""

    revisions: list[str]
    markdown: bool
    json: bool
    lockfile: str


class _Side(NamedTuple):
    name: str
    lock: Lock | None


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Tell every change; that there are some is no failure."""
    from lockenv.lockfile.diff import diff
    from lockenv.lockfile.diff import settings as compared

    if options.markdown and options.json:
        raise UsageError("--markdown and --json exclude each other", hint="ask for one of them")
    old, new = _sides(options, settings)
    if old.lock is None and new.lock is None:
        raise UsageError(f"there is no lock in {old.name} nor in {new.name}", hint="run `lockenv lock`")
    changes, settings_changed = diff(old.lock, new.lock), compared(old.lock, new.lock)
    if options.json:
        console.json(lock_diff.report(changes, settings_changed, old.name, new.name))
    elif options.markdown:
        file = new.lock.file if new.lock else old.lock.file if old.lock else ""
        console.data(lock_diff.markdown(changes, settings_changed, file))
    else:
        console.show(*lock_diff.figures(changes, settings_changed, f"{old.name} → {new.name}"))
    return ExitCode.YES


def _sides(options: Options, settings: Settings) -> tuple[_Side, _Side]:
    """Give what is compared: two named things, or one with the working tree, or HEAD with it."""
    match options.revisions:
        case [first, second]:
            return _side(first, options, settings), _side(second, options, settings)
        case [] | [_]:
            project = load.project(settings, (), options.lockfile)
            first = options.revisions[0] if options.revisions else "HEAD"
            name = f"{project.lock_name} in the working tree"
            return _side(first, options, settings), _Side(name, load.lock(project))
    raise UsageError("diff compares two locks at most", hint="name two files or two revisions")


def _side(word: str, options: Options, settings: Settings) -> _Side:
    """Give the lock that `word` names: a file that is there, else the project's lock as of a revision."""
    path = os.path.join(settings.directory, word)
    if os.path.isfile(path):
        return _Side(word, lock_at(path))
    from lockenv.history.git import content
    from lockenv.lockfile.text import decode, read

    project = load.project(settings, (), options.lockfile)
    directory, file = os.path.split(project.lock)
    found = content(directory, word, file, settings.tools_environ)
    name = f"{project.lock_name} at {word}"
    return _Side(name, None if found is None else read(decode(found, name), name))
