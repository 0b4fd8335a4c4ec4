"""Remember what an environment was last made from, so that nothing to do is found out in a few milliseconds.

In: digests of what decides a sync, and an environment. Out: whether it is as the last sync left it, as far as one look
at site-packages tells (`verify` is what looks at every byte). A memory that cannot be read is no memory.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lockenv.environment.venv import Environment

FILE = "state"
_UNFINISHED = "state.new"


class Decision(NamedTuple):
    """What decides what a sync does; each part is a digest."""

    lock: str
    """Of the lock's bytes."""
    declared: str
    """Of the bytes that declare the requirements."""
    choice: str
    """Of the options, of the version of lockenv, and of the lock of build tools where there is one."""


class Choice(NamedTuple):
    """What beside the default dependencies a sync installs, by normalized name, sorted."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    """The members of a workspace that alone are installed with what they need; empty for all."""


_DECIDED = len(Decision._fields)


def digest(content: bytes) -> str:
    """Give the digest of `content`, for a Decision."""
    return sha256(content).hexdigest()


def last(environment: Environment) -> Decision | None:
    """Give what decided the last sync, when its distributions still stand and nothing was interrupted since."""
    lines = _lines(environment)
    if not lines or os.path.lexists(f"{environment.records}/journal"):
        return None
    return Decision(*lines[:_DECIDED]) if lines[_DECIDED] == _outline(environment) else None


def chosen(environment: Environment) -> Choice | None:
    """Give what was chosen in the last sync, whatever happened since."""
    found = [line.split() for line in _lines(environment)[_DECIDED + 1 :]]
    if [words[:1] for words in found] != [[field] for field in Choice._fields]:
        return None
    return Choice(*(tuple(words[1:]) for words in found))


def remember(environment: Environment, decision: Decision, choice: Choice) -> None:
    """Note that `environment` now is what `decision` decides, with `choice`. Raises MachineError.

    The caller holds the environment's lock: what another process makes of the environment is not what is noted here.
    """
    from lockenv.files.atomic import machine_error
    from lockenv.files.ops import Folder

    names = [" ".join((field, *getattr(choice, field))) for field in Choice._fields]
    lines = [*decision, _outline(environment), *names]
    text = "".join(f"{line}\n" for line in lines).encode()
    content = text + f"{digest(text)}\n".encode()
    try:
        with Folder.open(environment.records, "sync", create=True) as records:
            records.replace(FILE, content, temporary=_UNFINISHED)
    except OSError as error:
        raise machine_error(error, error.filename or environment.records) from error


def is_whole(environment: Environment) -> bool:
    """Tell whether the memory is as it was written, or there is none."""
    return bool(_lines(environment)) or not os.path.lexists(f"{environment.records}/{FILE}")


def _lines(environment: Environment) -> list[str]:
    """Give the lines of the memory: the parts of the decision, the outline, the names chosen; none without one.

    Their digest stands in the last line of the file; a memory that is not what was written is none.
    """
    try:
        with open(f"{environment.records}/{FILE}", "rb") as stream:
            *lines, last = stream.read().splitlines(keepends=True)
        text = b"".join(lines)
        return text.decode().splitlines() if last == f"{digest(text)}\n".encode() and len(lines) > _DECIDED else []
    except (OSError, ValueError):
        return []


def _outline(environment: Environment) -> str:
    """Give a digest of which distributions stand in site-packages, by the name, inode and time of their directories."""
    seen = []
    try:
        with os.scandir(environment.purelib) as entries:
            for entry in entries:
                if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth")):
                    found = entry.stat(follow_symlinks=False)
                    seen.append(f"{entry.name}\0{found.st_ino}\0{found.st_mtime_ns}")
    except OSError:
        return "unreadable"
    return sha256("\n".join(sorted(seen)).encode("utf-8", "surrogateescape")).hexdigest()
