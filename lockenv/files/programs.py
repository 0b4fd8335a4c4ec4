"""Find the programs that lockenv starts, so that a repository cannot bring one in their place.

In: the process environment and a directory of a project. Out: an environment whose PATH names directories outside the
project alone, and the absolute path of a program there. Never: starting anything.
"""

from __future__ import annotations

import os

from lockenv.files.home import home
from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

_MARKS = ("pyproject.toml", "requirements.in", "pylock.toml", "lockenv.toml")


def checkouts(directory: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the directories whose content came with the project at `directory`, each with a separator at its end.

    They are its `surroundings`, but for one that holds the home directory in which the project is, and so everything
    that its user installed. A home directory that is in the project came with it as well.
    """
    own = os.path.join(os.path.realpath(home(environ)), "")
    is_at_home = os.path.join(os.path.realpath(directory), "").startswith(own)
    roots = (root for root in surroundings(directory) if root != os.sep)
    return tuple(sorted({root for root in roots if not (is_at_home and own.startswith(root))}))


def surroundings(directory: str) -> tuple[str, ...]:
    """Return `directory` and its `declared_roots`, each with its links resolved and a separator at its end."""
    return (os.path.join(os.path.realpath(directory), ""), *declared_roots(directory))


def declared_roots(directory: str) -> tuple[str, ...]:
    """Return the nearest directory at or above `directory` that declares a project, and the nearest git work tree."""
    found = []
    for names in (_MARKS, (".git",)):
        place = os.path.realpath(directory)
        while not any(os.path.lexists(os.path.join(place, name)) for name in names):
            above = os.path.dirname(place)
            if above == place:
                break
            place = above
        else:
            found.append(os.path.join(place, ""))
    return tuple(found)


def is_within(path: str, roots: tuple[str, ...], *, is_resolved: bool = False) -> bool:
    """Return whether `path` is in one of `roots`: as it is written or with its links resolved, or only the latter."""
    real = os.path.join(os.path.realpath(path), "")
    written = os.path.join(os.path.normpath(os.path.abspath(path)), "")
    if system.is_windows or system.is_macos:
        # There one directory has many spellings; on a volume where it has not, a name too many counts as within.
        real, written, roots = real.casefold(), written.casefold(), tuple(root.casefold() for root in roots)
    return real.startswith(roots) or (not is_resolved and written.startswith(roots))


def without_repository(environ: Mapping[str, str], directory: str) -> Mapping[str, str]:
    """Return `environ` with those directories of PATH that are absolute and outside the project at `directory`.

    A relative entry, such as `.` or an empty one, is whatever directory a program is started in.
    """
    before = environ.get("PATH")
    if before is None:
        return environ
    roots = checkouts(directory, environ)
    entries = before.split(os.pathsep)
    kept = [entry for entry in entries if os.path.isabs(entry) and not is_within(entry, roots)]
    return environ if kept == entries else {**environ, "PATH": os.pathsep.join(kept)}


def find_program(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the absolute path of the program `name` on PATH; None where no absolute directory of it has one.

    A `name` that is a path is that program where it is absolute: a relative one is whatever the directory has.
    """
    endings = environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";") if system.is_windows else [""]
    directories = environ.get("PATH", os.defpath).split(os.pathsep)
    if os.path.dirname(name):
        directories = [os.path.dirname(name)]
        name = os.path.basename(name)
    for directory in directories:
        for ending in endings:
            path = os.path.join(directory, name + ending)
            if os.path.isabs(directory) and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def empty_directory() -> AbstractContextManager[str]:
    """Return a new empty directory that only this user may use, such as to start a program in; it is removed again."""
    # Loaded here alone: this module decides what is on PATH for every command, the quick ones too.
    from tempfile import TemporaryDirectory

    return TemporaryDirectory(prefix="lockenv-", ignore_cleanup_errors=True)
