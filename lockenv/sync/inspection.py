"""Find what an environment lost of what its last change put there.

In: an environment, and how closely to look. Out: the distributions that are not as their own RECORD says, and whether
what creation wrote is there. RECORD proves nothing against whoever changes it on purpose (`verify` does); what a loss
of power leaves of files and of RECORD does not agree. Nothing is written but the note that this was looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from typing import TYPE_CHECKING

from lockenv.environment.doubt import Inspection, dispel, doubt
from lockenv.environment.installed import PROVENANCE, SOURCE, scan
from lockenv.environment.venv import LOCK, RECORD
from lockenv.errors import InputError, MachineError, RefusedError
from lockenv.files.locks import hold
from lockenv.files.ops import Folder
from lockenv.files.reading import read_own
from lockenv.sync import record, state
from lockenv.sync.removal import recorded, recorded_sizes
from lockenv.sync.walk import DirectoryWalk
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.files import atomic
else:
    atomic = late("lockenv.files.atomic")

_LABEL = "sync"
_PIECE = 1 << 20
_INSTALLER = lazy_pattern(rb"[A-Za-z][A-Za-z0-9 ._-]*")


def is_whole(environment: Environment) -> bool:
    """Return whether `environment`, looked at as closely as is due, lost nothing; then no later command looks again.

    Raises MachineError when something cannot be read.
    """
    closely = doubt(environment.records)
    if lacks_created(environment, closely) or damaged(environment, scan(environment), closely):
        return False
    # Where nothing can be noted, or another process changes the environment now, the next one looks again.
    with contextlib.suppress(OSError, MachineError), hold(f"{environment.records}/{LOCK}", timeout=0):
        if not os.path.lexists(f"{environment.records}/journal"):
            note_whole(environment, closely)
    return True


def note_whole(environment: Environment, closely: Inspection) -> None:
    """Note that `environment`, whose lock the caller holds, was looked at as closely, and is whole. Raises OSError."""
    with Folder.open(environment.records, _LABEL) as records:
        dispel(records, closely)


def present_in(environment: Environment, closely: Inspection | None = None) -> tuple[Installed, ...]:
    """Return what is installed in `environment`; what lost something counts as damaged, so that a plan replaces it.

    It is looked at as `closely` as is said, or as is due. Raises MachineError when something cannot be read.
    """
    installed = scan(environment)
    lost = damaged(environment, installed, due(environment) if closely is None else closely)
    return tuple(replace(one, sha256=None, is_damaged=True) if one.directory in lost else one for one in installed)


def due(environment: Environment) -> Inspection:
    """Return how closely `environment` has to be looked at: at sizes also where it is not as the last sync left it."""
    closely = doubt(environment.records)
    return Inspection.SIZES if closely is Inspection.NONE and state.last(environment) is None else closely


def damaged(environment: Environment, installed: Iterable[Installed], closely: Inspection) -> frozenset[str]:
    """Return the directories of those of `installed` that are not what their RECORD says.

    With `Inspection.BYTES` files are hashed; with `Inspection.SIZES` their sizes are compared; with `Inspection.NONE`
    nothing is. What was installed by others is not looked at. Raises MachineError when something cannot be read.
    """
    if closely is Inspection.NONE:
        return frozenset()
    site = environment.schemes()["purelib"]
    try:
        with DirectoryWalk(environment.root, _LABEL) as walk:
            return frozenset(one.directory for one in installed if _is_damaged(walk, site, one, closely))
    except OSError as error:
        raise atomic.machine_error(error, error.filename or environment.root, "read") from error


def lacks_created(environment: Environment, closely: Inspection) -> bool:
    """Return whether something that creating `environment` wrote is missing, or may not be what it was.

    What a person changed in it is no loss; `restoration` decides which of the two it is.
    """
    if closely is Inspection.NONE:
        return False
    path = f"{environment.records}/{RECORD}"
    if not os.path.lexists(path):
        # Another tool may have created it: the full way finds out.
        return closely is Inspection.BYTES
    import json

    if not os.path.isdir(os.path.dirname(os.path.dirname(environment.include))):
        return True
    try:
        fields = json.loads(read_own(path))
        return not all(os.path.islink(f"{environment.root}/{name}") for name in fields["links"]) or any(
            _hexadecimal(f"{environment.root}/{name}") != digest for name, digest in fields["files"].items()
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return True


def _hexadecimal(path: str) -> str:
    return hashlib.sha256(read_own(path)).hexdigest()


def _is_damaged(walk: DirectoryWalk, site: str, one: Installed, closely: Inspection) -> bool:
    """Return whether `one` is not as its RECORD says; never where another tool installed it."""
    claim = f"{site}/{one.directory}"
    if not claim.endswith(".dist-info"):
        return False
    try:
        rows: Mapping[str, record.Row] = recorded(walk, site, one) if closely is Inspection.BYTES else {}
        sizes = {path: row.size for path, row in rows.items()} or recorded_sizes(walk, site, one)
    except InputError:
        return one.sha256 is not None or _may_be_ours(walk, claim, closely)
    if one.sha256 is None and not any(f"{claim}/{name}" in sizes for name in (PROVENANCE, SOURCE)):
        # Nothing of ours; or nothing is left that says so, and nothing listed.
        return not sizes and _may_be_ours(walk, claim, closely)
    # A RECORD lists itself; one that does not, or whose last line has no end, is the beginning of one.
    is_record = f"{claim}/RECORD" in sizes and (_content(walk, f"{claim}/RECORD") or b"").endswith(b"\n")
    return not (is_record and _have_sizes(walk, sizes) and all(_has_digest(walk, *each) for each in rows.items()))


def _may_be_ours(walk: DirectoryWalk, claim: str, closely: Inspection) -> bool:
    """Return whether lockenv may have installed a distribution whose RECORD says nothing."""
    installer = (_content(walk, f"{claim}/INSTALLER") or b"").strip()
    if closely is Inspection.SIZES:
        return installer == b"lockenv"
    # After a loss of power, this file may be lost as well.
    return b"lockenv".startswith(installer) or not _INSTALLER.fullmatch(installer)


def _content(walk: DirectoryWalk, path: str) -> bytes | None:
    folder, name = walk.split(path)
    return folder.read(name) if folder is not None and folder.has(name) else None


def _have_sizes(walk: DirectoryWalk, sizes: Mapping[str, int]) -> bool:
    """Return whether each of these is a file of that size; -1 is any size."""
    root, is_regular, look = walk.root.path, stat.S_ISREG, os.lstat
    try:
        for path, size in sizes.items():
            found = look(path if path.startswith("/") else f"{root}/{path}")
            if not is_regular(found.st_mode) or size not in (-1, found.st_size):
                return False
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return True


def _has_digest(walk: DirectoryWalk, path: str, row: record.Row) -> bool:
    """Return whether the file at `path` has the hash that `row` states; one without a strong hash counts as right."""
    if row.algorithm not in record.STRONG:
        return True
    try:
        folder, name = walk.split(path)
        if folder is None:
            return False
        digest = hashlib.new(row.algorithm)
        with folder.reader(name) as descriptor:
            while piece := os.read(descriptor, _PIECE):
                digest.update(piece)
    except RefusedError:
        return False  # a link is where a directory was
    return record.encoded(digest.digest()) == row.digest
