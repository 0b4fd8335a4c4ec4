"""Treat a Python file with inline metadata as a project: it declares requirements, and has a lock and an environment.

In: the path of the file. Out: Settings whose project is a directory of the cache with what the file declares. Paths in
it are seen from the directory of the file. The lock is `pylock.NAME.toml` beside the file where there is one; else it
is in the cache, as the environment always is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.context.project_files import read_text
from lockenv.errors import UsageError
from lockenv.files import atomic
from lockenv.files.reading import read_file
from lockenv.lockfile.paths import LOCK, build_lock_path, relative
from lockenv.operations import load, lock_choice, named_locks
from lockenv.operations.python_range import running
from lockenv.project.script import Script, script, with_block
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.hashing import sha256

if TYPE_CHECKING:
    from lockenv.context.settings import Settings


def open_script(path: str, settings: Settings, *, is_locked: bool = False, is_new: bool = False) -> Settings:
    """Return the settings for the project that the file at `path` declares.

    With `is_locked` its lock is the one beside it, though there is none yet; with `is_new` the file may have no
    metadata yet. Raises UsageError, also where a named lock is meant, InputError and MachineError.
    """
    if settings.named_lock:
        raise UsageError(
            f"`{path}` declares its own requirements, so that --lock cannot be used",
            hint=f"to run it in the other environment, use `python {path}`",
        )
    found = _read(path, is_new=is_new)
    whole = os.path.realpath(path)
    stem = os.path.splitext(os.path.basename(whole))[0]
    digest = sha256(os.fsencode(whole)).hexdigest()[:16]
    # Paths in the lockfile there go up from its directory, which must not be reached through a link then.
    directory = os.path.join(os.path.realpath(settings.cache), "scripts", f"{found.name}-{digest}")
    atomic.make_directory(directory)
    declared = os.path.join(directory, load.PYPROJECT)
    if not os.path.isfile(declared) or read_text(declared) != found.declaration:
        atomic.replace(declared, found.declaration.encode())
    name = stem.replace(".", "-")
    beside = os.path.join(os.path.dirname(whole), named_locks.file_name(name))
    if stem == "build" or stem.endswith("-build"):
        if is_locked:
            raise UsageError(f"{relative(beside)} would be a lockfile of build requirements", hint=f"rename {path}")
        beside = ""
    elif (is_locked or os.path.isfile(beside)) and lock_choice.is_declared(os.path.dirname(whole), name):
        if is_locked:
            raise UsageError(
                f"{relative(beside)} is the lockfile of [tool.lockenv.lock.{name}]", hint=f"rename {path} or that lock"
            )
        beside = ""
    lock = beside if is_locked or os.path.isfile(beside) else os.path.join(directory, LOCK)
    return replace(
        settings,
        directory=directory,
        is_named=True,
        lock=lock,
        named_lock="",
        script=path,
        script_directory=os.path.dirname(whole),
    )


def shown_names(path: str, opened: Settings) -> list[tuple[str, str, int]]:
    """Return how messages name what the script at `path` has in the cache: its path, a name, what its lines differ by.

    The lines are those of the file itself, which has the metadata in another place.
    """
    from shlex import quote

    stem, directory = os.path.basename(path), opened.directory
    parts = [
        (load.PYPROJECT, path, _read(path, is_new=True).shift),
        (LOCK, f"the lockfile of {stem}", 0),
        (os.path.basename(build_lock_path(LOCK)), f"the build lockfile of {stem}", 0),
        (".venv", f"the environment of {stem}", 0),
    ]
    # What a hint has to be followed with, too.
    verbs = ("lock", "sync", "lock --upgrade")
    found = {f"`lockenv {verb}`": (f"`lockenv {verb} --script {quote(path)}`", 0) for verb in verbs}
    found["`lockenv sync --accept-fault"] = (f"`lockenv sync --script {quote(path)} --accept-fault", 0)
    for part, name, shift in parts:
        whole = os.path.join(directory, part)
        found |= dict.fromkeys((whole, relative(whole), os.path.relpath(whole)), (name, shift))
    return [(each, *name) for each, name in found.items()]


def write_back(path: str, opened: Settings) -> None:
    """Write what the project of `opened` declares into the file at `path`, where that changed. Raises MachineError."""
    found = _read(path, is_new=True)
    declaration = read_text(os.path.join(opened.directory, load.PYPROJECT))
    if declaration == found.declaration:
        return
    whole, is_crlf = os.path.realpath(path), "\r\n" in read_text(path)
    mark = "\ufeff" if read_file(whole).startswith(b"\xef\xbb\xbf") else ""
    text = (mark + found.redeclared(declaration)).replace("\n", "\r\n" if is_crlf else "\n")
    atomic.replace(whole, text.encode(), mode=os.stat(whole).st_mode & 0o777)


def _read(path: str, *, is_new: bool) -> Script:
    text = read_text(path)
    found = script(text, path)
    if found is None and is_new:
        found = script(with_block(text, running()), path)
    if found is None:
        raise UsageError(
            f"`{path}` has no `# /// script` block", hint=f"run `lockenv add --script {path} NAME`, which adds one"
        )
    return found
