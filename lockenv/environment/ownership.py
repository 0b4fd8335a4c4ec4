"""Remember, outside of every repository, which environments lockenv works with and what they were made from.

In: where an environment is, and its base interpreter. Out: whether this user's lockenv made or took over the
environment there with that interpreter. One small file each in the user's data directory, named by the place of the
environment: what a repository brings, its `.venv` included, cannot write there. A random text that is in that file and
in the environment says that it is this one, and not another that came to the same place. Where that directory is part
of the repository, or cannot be written, the note is in the environment, sealed with what the filesystem says of a file
beside it and no archive or checkout can choose. Never: running anything.
"""

from __future__ import annotations

import os
import stat

from lockenv.environment.venv import RECORDS
from lockenv.errors import MachineError, RefusedError
from lockenv.files.home import home
from lockenv.files.reading import read_own
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.hashing import sha256
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.files import atomic, programs
    from lockenv.vocabulary import light_contextlib
else:
    programs = late("lockenv.files.programs")
    light_contextlib = late("lockenv.vocabulary.light_contextlib")
    atomic = late("lockenv.files.atomic")

FOLDER = "environments-v2"
"""Below the data directory. The number changes when the meaning of a note does."""
TOKEN = "token"  # noqa: S105 - the name of a file
"""The file in the records of an environment that says which one it is."""
SEALED = "sealed"
"""The file in the records of an environment with the note where the data directory cannot have it, and a seal."""
_DIGITS = 32
_LONGEST = 1 << 16
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class EnvironmentNote:
    """What is remembered of an environment."""

    place: str
    """Where it is: absolute, the links above it resolved, but not the last component."""
    real: str
    """The directory itself, where the last component is a link."""
    base: str
    """The executable of its base interpreter, links resolved."""
    token: str
    """What the environment has to say that it is, too: 32 hexadecimal digits."""


def data_directory(environ: Mapping[str, str]) -> str:
    """Return the user's data directory for lockenv: that of `LOCKENV_DATA_DIR`, else what `platformdirs` says."""
    named = environ.get("LOCKENV_DATA_DIR", "")
    if os.path.isabs(named):
        return named
    if system.platform == "linux":
        # XDG base directory specification: "All paths set in these environment variables must be absolute. If an
        # implementation encounters a relative path [...] it should consider the path invalid and ignore it."
        data = environ.get("XDG_DATA_HOME", "")
        if not os.path.isabs(data):
            data = os.path.join(home(environ), ".local", "share")
        return os.path.join(data, "lockenv")
    from platformdirs import user_data_dir

    return user_data_dir("lockenv", appauthor=False)


def remembered(root: str, environ: Mapping[str, str]) -> EnvironmentNote | None:
    """Return what is remembered of the environment at `root`; None for nothing, or for a note that others could write.

    Nothing is remembered of another environment that came to its place, nor in a data directory that came with the
    repository.
    """
    place = _place(root)
    note = _read(_file(place, environ), place, root)
    # The data directory is looked for only where there is a note.
    if note is not None and not _is_in_repository(place, environ):
        return note
    seal = _seal(root)
    return _read(os.path.join(root, RECORDS, SEALED), place, root, seal) if seal else None


def _read(path: str, place: str, root: str, *seal: str) -> EnvironmentNote | None:
    """Return the note at `path` of the environment at `root`; None for none, or one that others could write."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        is_own = system.is_windows or (found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE)
        if not (is_own and stat.S_ISREG(found.st_mode)):
            return None
        lines = os.read(descriptor, _LONGEST).decode("utf-8", "surrogateescape").split("\n")
    except OSError:
        return None
    finally:
        os.close(descriptor)
    count = len(EnvironmentNote.__slots__)
    if len(lines) <= count or lines[0] != place or lines[count:] != [*seal, ""]:
        return None
    note = EnvironmentNote(*lines[:count])
    return note if len(note.token) == _DIGITS and note.token == _token(root) else None


def is_known(root: str, environ: Mapping[str, str]) -> bool:
    """Return whether this user's lockenv left the environment at `root`, or the one that a link there points to."""
    real = os.path.realpath(root)
    notes = (remembered(place, environ) for place in dict.fromkeys((root, real)))
    return any(note is not None and note.real == real for note in notes)


def is_remembered(root: str, base: str, environ: Mapping[str, str]) -> bool:
    """Return whether the environment at `root`, or the one that a link there points to, has the interpreter `base`."""
    for place in dict.fromkeys((root, os.path.realpath(root))):
        note = remembered(place, environ)
        if note is not None and (note.real, note.base) == (os.path.realpath(root), base):
            return True
    return False


def remember(root: str, base: str, environ: Mapping[str, str]) -> None:
    """Remember that the environment at `root` has the interpreter `base`; where nothing can be written, nothing is.

    What is not remembered is asked for again: it is only ever permission that is lost.
    """
    place, real = _place(root), os.path.realpath(root)
    # One environment may be known by several paths; what it says of itself counts where a note agrees.
    found = remembered(root, environ) or remembered(real, environ)
    note = EnvironmentNote(place, real, base, found.token if found is not None else os.urandom(_DIGITS // 2).hex())
    parts = (note.place, note.real, note.base, note.token)
    if any("\n" in part for part in parts) or found == note:
        return
    try:
        if found is None:
            _remove_unfinished(os.path.join(root, RECORDS))
            atomic.replace(os.path.join(root, RECORDS, TOKEN), f"{note.token}\n".encode(), mode=0o600)
    except (OSError, MachineError):
        return
    if not _is_in_repository(place, environ):
        file = _file(place, environ)
        with light_contextlib.suppress(OSError, MachineError):
            os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
            _write(file, parts)
            return
    with light_contextlib.suppress(OSError, MachineError):
        # A time that no filesystem takes for the time of change: where it does, the seal proves nothing.
        os.utime(os.path.join(root, RECORDS, TOKEN), ns=(0, 0))
        if seal := _seal(root):
            _write(os.path.join(root, RECORDS, SEALED), (*parts, seal))


def _write(path: str, lines: Sequence[str]) -> None:
    atomic.replace(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"), mode=0o600)


def _seal(root: str) -> str:
    """Return what the filesystem says of the token of the environment at `root`; empty where it may be chosen.

    POSIX has no call that sets `st_ctime`: it is when the file got here, to the tick of the clock, and it changes with
    the file. Who packs an archive or pushes a commit cannot know it, nor the number of the inode.
    """
    if system.is_windows:
        return ""  # that is when the file was created there, which a program can set
    try:
        found = os.lstat(os.path.join(root, RECORDS, TOKEN))
    except OSError:
        return ""
    is_sealed = stat.S_ISREG(found.st_mode) and found.st_mtime_ns == 0 != found.st_ctime_ns
    return f"{found.st_ino} {found.st_ctime_ns}" if is_sealed else ""


def _remove_unfinished(records: str) -> None:
    """Remove what a kill left of a token or a sealed note that was being written to the directory `records`.

    Another process may be writing one: it remembers nothing then, and asks again.
    """
    for name in os.listdir(records) if os.path.isdir(records) else ():
        if name.startswith((f".{TOKEN}.", f".{SEALED}.")):
            os.unlink(os.path.join(records, name))


def refuse_foreign_link(root: str, environ: Mapping[str, str]) -> None:
    """Raise RefusedError unless the link `root` points to where it did when the user named an environment by it.

    A repository may hold a link, and an environment is changed: which one, only its user says.
    """
    note = remembered(root, environ)
    if note is None or note.real != os.path.realpath(root):
        confirming = f", or confirm it once with `lockenv sync --venv {os.path.relpath(root)}`"
        raise RefusedError(
            "environment-link",
            f"{root} is a link to {os.path.realpath(root)}, and you have not confirmed it; nothing was run or changed",
            hint=f"remove the link{confirming if os.path.isdir(root) else ''}",
        )


def _token(root: str) -> str:
    try:
        return read_own(os.path.join(root, RECORDS, TOKEN), _LONGEST).decode("ascii", "replace").removesuffix("\n")
    except OSError:
        return ""


def _place(root: str) -> str:
    above, name = os.path.split(os.path.abspath(root))
    return os.path.join(os.path.realpath(above), name)


def _file(place: str, environ: Mapping[str, str]) -> str:
    name = sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return os.path.join(data_directory(environ), FOLDER, name)


def _is_in_repository(place: str, environ: Mapping[str, str]) -> bool:
    data, above = os.path.realpath(data_directory(environ)), os.path.join(os.path.dirname(place), "")
    shared = os.path.join(os.path.commonpath((data, above)), "") if not system.is_windows else ""
    if shared in (os.sep, os.path.join(home(environ), "")):
        return shared == above  # the usual case: what holds both came with no repository, unless it is the project

    return programs.is_within(data, (above, *programs.checkouts(above, environ)))
