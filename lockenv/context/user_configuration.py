"""Find and read the user's configuration: `lockenv.toml` in the user's configuration directory.

It says where credentials go and which variables projects may use, so it is read from nowhere else, and never where
another user or a repository could have written it.
"""

from __future__ import annotations

import os
import stat

from lockenv.errors import InputError, MachineError, UsageError
from lockenv.files.home import home
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Final

    from lockenv.files import atomic, private
    from lockenv.project import document, user
    from lockenv.project.user import Configuration
    from lockenv.vocabulary import utf8
    from lockenv.vocabulary.manifest import Index
else:
    utf8 = late("lockenv.vocabulary.utf8")
    private = late("lockenv.files.private")
    document = late("lockenv.project.document")
    user = late("lockenv.project.user")
    atomic = late("lockenv.files.atomic")

FILE: Final = "lockenv.toml"
_PATHS: Final = ("cache-dir", "cert")
"""Options whose values are paths, seen from the directory of the file."""
_LARGEST: Final = 1 << 20
_MARKS: Final = (("pyproject.toml", "requirements.in", "pylock.toml"), (".git",))
"""What a project, and a work tree of git, has at its top."""


def path_of(environ: Mapping[str, str]) -> str:
    """Return where the user's configuration is or would be, absolute."""
    if system.platform == "linux":
        # As `platformdirs` does, which would cost 15 ms; relative paths are to be ignored (XDG base directories).
        configuration = environ.get("XDG_CONFIG_HOME", "")
        if not os.path.isabs(configuration):
            configuration = os.path.join(home(environ), ".config")
        return os.path.join(configuration, "lockenv", FILE)
    from platformdirs import user_config_dir

    return os.path.join(user_config_dir("lockenv", appauthor=False), FILE)


def read(environ: Mapping[str, str], directory: str) -> Configuration | None:
    """Return what the user configures; None for nothing. `directory` is where the project is looked for.

    Raises MachineError for a file that others may have written, UsageError for one in the project, and InputError for
    what cannot be understood.
    """
    path = path_of(environ)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise atomic.machine_error(error, f"your configuration {path}", "read") from error
    try:
        _check(path, os.fstat(descriptor))
        content = os.read(descriptor, _LARGEST + 1)
    finally:
        os.close(descriptor)
    _check_outside(path, directory)
    if len(content) > _LARGEST:
        raise InputError(f"your configuration {path} is longer than {_LARGEST} bytes", hint="shorten it")
    try:
        text = utf8.utf8_text(content)
    except UnicodeDecodeError as error:
        raise InputError(f"your configuration {path} is not UTF-8 text", hint="save it as UTF-8") from error
    return _located(text, path)


def _located(text: str, path: str) -> Configuration:
    found = user.configuration(document.Document(text, path))
    base = os.path.dirname(path)
    options = {key: _from(base, value) if key in _PATHS else value for key, value in found.options.items()}
    environments = _from(base, found.environments) if found.environments else ""
    indexes = tuple(_with_certificate(base, index) for index in found.indexes)
    return replace(found, options=options, environments=environments, indexes=indexes)


def _with_certificate(base: str, index: Index) -> Index:
    return replace(index, client_cert=_from(base, index.client_cert)) if index.client_cert else index


def _from(base: str, path: str) -> str:
    return path if path.startswith("${") else os.path.join(base, os.path.expanduser(path))


def _check(path: str, found: os.stat_result) -> None:
    """Raise MachineError where others may have written the file of which `found` is known, or put it there."""
    if not stat.S_ISREG(found.st_mode):
        raise MachineError(f"your configuration {path} is not a regular file", hint="replace it by a file")
    for place, known in ((path, found), (os.path.dirname(path), os.stat(os.path.dirname(path)))):
        if not private.is_private(known):
            raise MachineError(
                f"your configuration {path} is not trusted: {place} belongs to another user, or is "
                f"writable by others (uid {known.st_uid}, mode {stat.S_IMODE(known.st_mode):04o})",
                hint="check its content, then fix its owner and mode with `chown` and `chmod go-w`",
            )


def _check_outside(path: str, directory: str) -> None:
    """Raise UsageError where the file is in the project, or links to a file in it: a repository configures no one."""
    for marks in _MARKS:
        project = _top(os.path.realpath(directory), marks)
        roots = os.path.join(project, "") if project else ()
        if os.path.abspath(path).startswith(roots) or os.path.realpath(path).startswith(roots):
            raise UsageError(
                f"your configuration {path} is inside the project {project}, which must not configure lockenv",
                hint="set XDG_CONFIG_HOME to a directory outside of the project",
            )


def _top(start: str, marks: Collection[str]) -> str:
    """Return the nearest directory upwards from `start` that has one of `marks`; empty for none."""
    place = start
    while not any(os.path.lexists(os.path.join(place, mark)) for mark in marks):
        above = os.path.dirname(place)
        if above == place:
            return ""
        place = above
    return place
