"""Which build backends failed on this machine a short while ago, so that locking does not run them again each time.

Duty: remember that a backend which was asked what it needs failed, and recognise the same question. In: the sources,
the tools, and what a build sees of the machine. Out: the failure. Never: a build, a failure to build a wheel.

The answer "it failed" is only as good as the machine is the same. So the question names all of it that is quick to
look at: the variables that a build sees, the directories of programs, headers and libraries, and where package managers
write what is installed. Whatever else a user changes counts after an hour, or with `--refresh`.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from lockenv.backend.backend import passed
from lockenv.errors import BuildError
from lockenv.vocabulary.hashing import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.vocabulary.names import NormalizedName

    Note = Callable[[str, str, bytes], None]
    """Hears of an entry of the cache: its form, its key and its content."""

FORM: Final = "build-failed-1"
"""Of the entries of the cache."""
LONGEST_AGE: Final = 3600
"""Seconds."""
_SEARCHED: Final = ("PATH", "CPATH", "LIBRARY_PATH", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH")
"""Variables that are lists of directories."""
_INSTALLED: Final = (
    *("/usr/include", "/usr/local/include", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/pkgconfig"),
    *("/var/lib/dpkg/status", "/var/lib/rpm", "/usr/lib/sysimage/rpm", "/lib/apk/db/installed"),
    *("/var/lib/pacman/local", "/opt/homebrew/Cellar", "/usr/local/Cellar", "/Library/Developer/CommandLineTools/usr"),
)
"""What changes where headers, libraries or packages of the system are installed or removed."""


class RememberedFailureError(BuildError):
    """A build backend failed a short while ago, and was not run again."""


def surroundings(environ: Mapping[str, str], *, is_allowed: bool) -> str:
    """Return a digest of what a build sees of this machine, as far as it is quick to look at.

    `environ` are the variables from which it gets some; `is_allowed`: it may use the network.
    """
    seen = passed(environ, is_allowed=is_allowed)
    looked_at = [is_allowed, sorted(seen.items()), [_state(path) for path in _directories(seen)]]
    return sha256(json.dumps(looked_at).encode()).hexdigest()


def _directories(environ: Mapping[str, str]) -> Iterator[str]:
    for name in _SEARCHED:
        yield from filter(None, environ.get(name, "").split(os.pathsep))
    yield from _INSTALLED


def _state(path: str) -> tuple[int, int] | None:
    """Return what changes when something is put into a directory or taken out of it; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def refuse(fetcher: Fetcher, key: str, name: NormalizedName, note: Note) -> None:
    """Raise RememberedFailureError where the backend that `key` names failed within the last hour.

    `note` is called with the entry of the cache that says so.
    """
    settings = fetcher.settings
    if settings.refresh or name in settings.refresh_packages:
        return
    entry = fetcher.kept(FORM, key, LONGEST_AGE)
    if entry is not None:
        note(FORM, key, entry)
        message, hint = json.loads(entry)
        raise RememberedFailureError(message, hint=hint)


def keep(fetcher: Fetcher, key: str, error: BuildError) -> None:
    """Remember that the backend that `key` names failed now."""
    fetcher.keep(FORM, key, json.dumps([error.message, error.hint]).encode())
