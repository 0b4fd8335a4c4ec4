"""Find the distributions of an environment that lack files they installed.

In: an environment and what is installed in it. Out: for each such distribution the files that are missing, or not as
they were installed: of another size, or written to since the last sync and of other bytes. What was written to and kept
its size and time is found by `verify` alone, which looks at every byte and does not trust RECORD.
"""

from __future__ import annotations

import hashlib
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from lockenv.environment.fingerprint import is_bytecode
from lockenv.errors import InputError, RefusedError
from lockenv.files.atomic import machine_error
from lockenv.sync import record, state
from lockenv.sync.removal import recorded
from lockenv.sync.walk import DirectoryWalk
from lockenv.vocabulary import system

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.vocabulary.names import NormalizedName

    Damage = Mapping[NormalizedName, tuple[str, ...]]
    """Paths relative to the environment's root, sorted, by the distribution that installed them."""

_MODES = (0o644, 0o755)
_LABEL = "sync"
"""Of the fault points below; `journal`, which names it for all others, loads more than a look may cost."""


def damage(environment: Environment, present: Iterable[Installed]) -> Damage:
    """Return what is damaged of `present`, as far as RECORDs say what they installed.

    Costs next to nothing where a quick look finds the environment as the last sync left it. Raises MachineError.
    """
    if state.last(environment) is not None:
        return {}
    since, directories = state.moment(environment), environment.schemes()
    scripts = f"{directories['scripts']}/"
    found: dict[NormalizedName, tuple[str, ...]] = {}
    try:
        with DirectoryWalk(environment.root, _LABEL) as walk:
            for installed in present:
                with suppress(InputError):  # what has no RECORD is installed again anyway
                    rows = recorded(walk, directories["purelib"], installed)
                    own = (path for path, row in rows.items() if _is_damaged(walk, path, row, since, scripts))
                    if paths := tuple(sorted(own)):
                        found[installed.name] = (*found.get(installed.name, ()), *paths)
    except OSError as error:
        raise machine_error(error, error.filename or environment.root, "read") from error
    return found


def _is_damaged(walk: DirectoryWalk, path: str, row: record.Row, since: int | None, scripts: str) -> bool:
    """Return whether the file at `path`, which RECORD has in `row`, is not there or not what was installed.

    A RECORD that was written to `since` the last sync is another's, whatever it says.
    """
    if path.startswith("../") or is_bytecode(path):
        return False
    try:
        folder, name = walk.split(path)
        seen = None if folder is None else folder.stat(name)
    except (FileNotFoundError, NotADirectoryError, RefusedError):
        return True
    if seen is None:
        return True
    is_later = since is not None and seen.st_mtime_ns > since
    if row.algorithm not in record.STRONG:
        return is_later and path.endswith(".dist-info/RECORD")
    if not stat.S_ISREG(seen.st_mode) or row.size not in (-1, seen.st_size):
        return True
    if not system.is_windows and stat.S_IMODE(seen.st_mode) not in ((0o755,) if path.startswith(scripts) else _MODES):
        return True
    return is_later and not _is_of(f"{walk.root.path}/{path}", row)


def _is_of(path: str, row: record.Row) -> bool:
    with open(path, "rb") as stream:
        return record.encoded(hashlib.file_digest(stream, row.algorithm).digest()) == row.digest
