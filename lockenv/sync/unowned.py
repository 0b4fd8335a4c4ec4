"""Report what in site-packages and among the scripts belongs to no distribution, and take it away.

In: an environment. Out: paths relative to its root, with `/` between components. A link is a file of its own: what it
points to is neither looked at nor touched. What belongs to a distribution is what its RECORD lists.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.environment.fingerprint import is_created, source_of
from lockenv.environment.installed import scan
from lockenv.errors import InputError
from lockenv.files.reparse import is_directory
from lockenv.sync import paths
from lockenv.sync.removal import recorded_names
from lockenv.sync.walk import LABEL, DirectoryWalk
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from lockenv.environment.venv import Environment
    from lockenv.files import atomic
    from lockenv.sync import apply
else:
    apply = late("lockenv.sync.apply")
    atomic = late("lockenv.files.atomic")

_CACHE = "__pycache__"


def unowned(environment: Environment) -> tuple[str, ...]:
    """Return the files, links and directories that belong to nothing, sorted, without what is below such a directory.

    The path of a directory ends in `/`. Raises InputError when a distribution does not say which files are its,
    MachineError when something cannot be read.
    """
    schemes = environment.schemes()
    site = schemes["purelib"]
    try:
        with DirectoryWalk(environment.root, LABEL) as walk:
            owned: dict[str, set[str]] = {}
            for installed in scan(environment):
                for directory, names in recorded_names(walk, site, installed).items():
                    owned.setdefault(directory, set()).update(names)
                owned.setdefault(f"{site}/{installed.directory}", set()).add("RECORD")
        seeker = _Seeker(environment.root, owned)
        return tuple(sorted(path for top in (site, schemes["scripts"]) for path in seeker.below(top)))
    except OSError as error:
        raise atomic.machine_error(error, error.filename or environment.root, "read") from error


def take_away(environment: Environment) -> tuple[str, ...]:
    """Remove what is `unowned`, all of it or nothing, and return it; a kill leaves a journal, as that of any change.

    The caller holds the environment's lock and has recovered it. Raises InputError as `unowned` does, and for names
    that no journal can hold; MachineError when the system refuses. Nothing was removed then.
    """
    found = unowned(environment)
    plain = [path.removesuffix("/") for path in found]
    for path in plain:
        if fault := paths.fault(path):
            raise InputError(
                f"cannot remove {path!r} in {environment.root}, which belongs to no installed package: {fault}",
                hint="remove it by hand, and run `lockenv sync`",
            )
    if plain:
        apply.remove(plain, environment)
    return found


class _Seeker:
    """Looks for what is not owned."""

    def __init__(self, root: str, owned: Mapping[str, Set[str]]) -> None:
        self._root = root
        self._owned = owned
        """The names of what is owned, by the path of its directory."""
        self._parents: set[str] = set()
        for directory in owned:
            parent = directory
            while parent and parent not in self._parents:
                self._parents.add(parent)
                parent = parent.rpartition("/")[0]

    def below(self, directory: str) -> Iterator[str]:
        """Return what in `directory`, which is owned, is unowned."""
        owned = self._owned.get(directory, ())
        directories, others = [], []
        with os.scandir(os.path.join(self._root, directory)) as entries:
            for entry in entries:
                if is_directory(entry):
                    directories.append(f"{directory}/{entry.name}")
                elif entry.name not in owned:
                    others.append(f"{directory}/{entry.name}")
        for path in directories:
            if path in self._parents:
                yield from self.below(path)
            elif path.endswith(f"/{_CACHE}"):
                yield from self._stray(path)
            else:
                yield f"{path}/"
        # Where a link took the place of a directory of a distribution, that is the distribution's damage.
        yield from (path for path in others if path not in self._parents and not _is_of_environment(path))

    def _stray(self, cache: str) -> Iterator[str]:
        """Return what in a directory of byte-code belongs to no module."""
        with os.scandir(os.path.join(self._root, cache)) as entries:
            found = [(entry.name, is_directory(entry)) for entry in entries]
        for name, is_below in found:
            path = f"{cache}/{name}"
            if is_below or not (self._is_owned(source_of(path)[0]) or self._is_owned(path)):
                yield f"{path}/" if is_below else path

    def _is_owned(self, path: str) -> bool:
        directory, _, name = path.rpartition("/")
        return name in self._owned.get(directory, ())


def _is_of_environment(path: str) -> bool:
    """Return whether `path` is what creating an environment writes, by whichever tool."""
    return is_created(path) or paths.is_reserved_target(path, "pip")
