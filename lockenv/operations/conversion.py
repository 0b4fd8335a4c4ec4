"""Convert a project of another tool: what it declares, into standard tables and `[tool.lockenv]`."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Final

from lockenv.builds.workspace import matching
from lockenv.context.project_files import read_text
from lockenv.errors import ExitCode, UsageError
from lockenv.files.atomic import replace
from lockenv.files.reading import read_file
from lockenv.index.default import DEFAULT_INDEX
from lockenv.lockfile.paths import LOCK, relative
from lockenv.operations import discovery, foreign_tables, load
from lockenv.project.conversion import readers, write
from lockenv.project.document import Document
from lockenv.project.edit import check_shape
from lockenv.project.pyproject import FLIT_HINT
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.context.settings import Settings
    from lockenv.project.conversion.declarations import UnconvertedKey
    from lockenv.vocabulary.progress import Listener

PROJECTS: Final = ("pyproject.toml", "uv.toml", "Pipfile", "setup.cfg", "setup.py")
"""The files that declare a project, each by its name alone."""


class _Change(NamedTuple):
    path: str
    before: str | None
    """None where there is no such file yet."""
    after: str

    @property
    def name(self) -> str:
        return relative(self.path)


def is_project(file: str) -> bool:
    """Return whether `file` declares a project, by its name."""
    return os.path.basename(file) in PROJECTS


def run(file: str, settings: Settings, listener: Listener, *, dry_run: bool) -> ExitCode:
    """Convert the project that `file` declares, or that of the current directory, with the members of its workspace."""
    start = os.path.dirname(os.path.join(settings.directory, file)) if file else _directory(settings.directory)
    directory = start if settings.is_named else discovery.root(start)
    changes, left = _converted(directory, settings)
    _refuse_nothing(changes[0])
    for change in changes:
        _report(change, listener)
    for one in left:
        listener.warn(str(one))
    for change in changes:
        if change.after == change.before:
            listener.say(f"{change.name} already declares everything{' else' if left else ''}")
        elif dry_run:
            listener.say(f"{change.name} would change; nothing was written")
        else:
            _write(change)
            listener.say(f"wrote {change.name}")
    lock = next((name for name in foreign_tables.LOCKS if os.path.isfile(os.path.join(directory, name))), "")
    if not dry_run and not os.path.exists(os.path.join(directory, LOCK)):
        named = relative(os.path.join(directory, lock))
        listener.say(
            f"run `lockenv import {named}` to lock it with its pins" if lock else "run `lockenv lock` to lock it"
        )
    return ExitCode.YES


def _refuse_nothing(root: _Change) -> None:
    """Raise UsageError where nothing was converted and nothing is declared: `lock` would send the user back here."""
    tables = Document(root.after, root.name).root
    if root.after == root.before and not {"project", "dependency-groups"} & tables.keys():
        if "flit" in tables.get("tool", {}):
            raise UsageError(f"{root.name} declares its project in [tool.flit], which is not converted", hint=FLIT_HINT)
        raise UsageError(
            f"{root.name} has no [project] table, and nothing else that lockenv can convert",
            hint="run `lockenv init` to add a [project] table, then add the requirements with `lockenv add`",
        )


def _directory(start: str) -> str:
    """Return the nearest directory upwards that declares a project. Raises UsageError."""
    directory = discovery.nearest(start, PROJECTS)
    if not directory:
        there = (name for name in load.LISTS if os.path.isfile(os.path.join(start, name)))
        file = next(there, load.LISTS[0])
        raise UsageError(
            f"no {', '.join(PROJECTS)} found in {start} or its parent directories",
            hint=f"specify the file to import, such as `lockenv import {file} --declare`",
        )
    return directory


def _converted(directory: str, settings: Settings) -> tuple[list[_Change], list[UnconvertedKey]]:
    """Return the new text of each file, that of the root first, and what has no counterpart."""
    root, left = _one(directory, settings, load.document(_there(directory)))
    changes = [root]
    for member in _members(root.after, directory):
        # The sources of a member may name other members.
        change, more = _one(member, settings, Document("workspace = {}", load.SETTINGS))
        left += more
        if change.after != change.before:
            changes.append(change)
    return changes, left


def _there(directory: str) -> str:
    path = os.path.join(directory, load.SETTINGS)
    return path if os.path.isfile(path) else ""


def _one(directory: str, settings: Settings, own: Document | None) -> tuple[_Change, list[UnconvertedKey]]:
    path = os.path.join(directory, load.PYPROJECT)
    texts = {name: _text(os.path.join(directory, name)) for name in PROJECTS}
    before = texts["pyproject.toml"]
    after = before or ""
    if before is not None:
        check_shape(Document(before.removeprefix("\ufeff"), relative(path)).root, relative(path))
    left: list[UnconvertedKey] = []
    files = {name: text for name, text in texts.items() if text is not None}
    named = {name: relative(os.path.join(directory, name)) for name in PROJECTS}
    for found in readers.read(files, named, os.path.basename(directory), DEFAULT_INDEX):
        after = write.converted(after, named["pyproject.toml"], found, settings.now, own)
        left += found.left
    return _Change(path, before, after), left


def _members(text: str, directory: str) -> Iterator[str]:
    """Yield the directories of the members of the workspace that a `pyproject.toml` with `text` declares."""
    workspace = tomllib.loads(text.removeprefix("\ufeff")).get("tool", {}).get("lockenv", {}).get("workspace", {})
    members, exclude = workspace.get("members", []), workspace.get("exclude", [])
    for path in matching(tuple(members), tuple(exclude), directory):
        yield os.path.join(directory, path)


def _text(path: str) -> str | None:
    if not os.path.isfile(path):
        return None
    text = read_text(path)
    return f"\ufeff{text}" if read_file(path).startswith(b"\xef\xbb\xbf") else text


def _report(change: _Change, listener: Listener) -> None:
    """Report which lines of the file change."""
    if change.before == change.after:
        return
    listener.say(f"{change.name}:")
    for sign, line in _lines((change.before or "").splitlines(), change.after.splitlines()):
        listener.change(sign, line)


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    from difflib import SequenceMatcher

    for tag, begin, end, start, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (("-", line) for line in before[begin:end])
            yield from (("+", line) for line in after[start:stop])


def _write(change: _Change) -> None:
    path = os.path.realpath(change.path)
    mode = 0o644 if change.before is None else os.stat(path).st_mode & 0o777
    replace(path, change.after.encode(), durable=True, mode=mode)
