"""See in a few hundred looks whether anything in an environment came or went.

In: the root of an environment. Out: lines to remember; and later whether they still hold. A directory whose time is as
remembered holds the same names; where the time differs, its names are compared, for an interpreter adds `__pycache__`
to directories that it imports from. Of the files nearest the root also size, mode and time are compared. Bytes are not
looked at: that is what `verify` does.
"""

from __future__ import annotations

import os
import stat

from lockenv.vocabulary.hashing import blake2b

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 320
"""Directories and files that are looked at: each costs a call of the system, with every command."""
_MOST_DIRECTORIES = 256
"""Of these; those nearest the root come first, and so do files."""
_BYTECODE = "__pycache__"
_RECORDS = ".lockenv"
_DIRECTORY = "d"
_FILE = "f"
_OUTSIDE = "o"
"""A directory outside of the environment: absolute, and perhaps not there."""
_LISTED = 3
"""Levels below the root whose names are read in every new environment; all that is deeper comes from wheels."""


def look(root: str) -> list[str]:
    """Return what to remember of the environment at `root`, a line each. Raises OSError."""
    lines: list[str] = []
    files: list[str] = []
    level = [""]
    while level and len(lines) < _MOST_DIRECTORIES:
        below: list[str] = []
        for directory in level[: _MOST_DIRECTORIES - len(lines)]:
            time = os.stat(_join(root, directory)).st_mtime_ns
            names, directories, found = _listed(root, directory)
            below += [_join(directory, name) for name in sorted(directories)]
            if len(files) < _MOST:
                files += [_join(directory, name) for name in sorted(found)]
            if "\n" not in directory:
                lines.append(f"{_DIRECTORY} {time} {names} {directory}")
        level = below
    near = [file for file in files[: _MOST - len(lines)] if "\n" not in file]
    return lines + [_of_file(root, file) for file in near]


def look_at_same(root: str, lines: Sequence[str]) -> list[str] | None:
    """Return what `look` says of `root`, just made with the wheels that made an environment of which it said `lines`.

    A directory of a wheel has the same names in both, so that only its time is asked for. None where a name nearer to
    the root is another one, or one of what the lines name is not there. Raises OSError.
    """
    now: list[str] = []
    try:
        for line in lines:
            kind, _, names, path = line.split(" ", 3)
            if kind == _FILE:
                now.append(_of_file(root, path))
                continue
            time = os.stat(_join(root, path), follow_symlinks=not path).st_mtime_ns
            if kind != _DIRECTORY or (path.count("/") < _LISTED and _listed(root, path)[0] != names):
                return None
            now.append(f"{kind} {time} {names} {path}")
    except FileNotFoundError:
        return None
    return now


def look_again(root: str, lines: Sequence[str]) -> list[str] | None:
    """Return `lines` as `look` would return them now; None where anything came, went or was written to.

    Raises OSError where something cannot be read, ValueError for what are no such lines.
    """
    now: list[str] = []
    for line in lines:
        kind, first, second, path = line.split(" ", 3)
        if kind == _FILE:
            if line != _of_file(root, path):
                return None
        elif kind == _OUTSIDE:
            if line != of_directory_outside(path):
                return None
        else:
            found = os.stat(_join(root, path), follow_symlinks=not path)
            if str(found.st_mtime_ns) != first:
                # A link in the place of a directory is new there, so that its time differs.
                if not stat.S_ISDIR(found.st_mode) or _listed(root, path)[0] != second:
                    return None
                now.append(f"{kind} {found.st_mtime_ns} {second} {path}")
                continue
        now.append(line)
    return now


def of_directory_outside(path: str) -> str:
    """Return the line of a directory outside of the environment, in which nothing may come or go. Raises OSError."""
    try:
        time = os.stat(path).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        time = 0
    return f"{_OUTSIDE} {time} - {path}"


def _of_file(root: str, path: str) -> str:
    found = os.lstat(_join(root, path))
    return f"{_FILE} {found.st_size}/{found.st_mode:o} {found.st_mtime_ns} {path}"


def _listed(root: str, directory: str) -> tuple[str, list[str], list[str]]:
    """Return a digest of the names in `directory`, the names of directories to look at, and those of its files."""
    directories: list[str] = []
    files: list[str] = []
    with os.scandir(_join(root, directory)) as entries:
        for entry in entries:
            (directories if entry.is_dir(follow_symlinks=False) else files).append(entry.name)
    if _BYTECODE in directories:
        directories.remove(_BYTECODE)
    elif _BYTECODE in files:
        files.remove(_BYTECODE)
    text = "\n".join(sorted(directories + files)).encode("utf-8", "surrogateescape")
    if not directory and _RECORDS in directories:
        directories.remove(_RECORDS)
    return blake2b(text).hexdigest()[:32], directories, files


def _join(root: str, path: str) -> str:
    return f"{root}/{path}" if root and path else root or path
