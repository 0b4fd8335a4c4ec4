"""Keep what a sync writes into a .dist-info in the store, beside the wheel that it says it of.

INSTALLER, provenance_url.json and RECORD are the same wherever the same wheel was chosen for the same interpreter,
unless it has commands, which name their environment. In: wheels, open directories. Out: links to what was written, or
what there is to be linked the next time. Never: a file of which inode, size, time or mode are not as remembered.
"""

from __future__ import annotations

import os

from lockenv import __version__
from lockenv.sync.generated_files import PROVENANCE
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.light_contextlib import suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.files.ops import Folder
    from lockenv.sync.layout import Layout
    from lockenv.vocabulary.pin import Selected

NAMES = ("INSTALLER", PROVENANCE, "RECORD")
"""What is written into the .dist-info of a wheel of an index; RECORD, which lists the others, comes last."""
_DIGITS = 16


class KeptMetadata(NamedTuple):
    """The files of one wheel that were kept."""

    witnesses: tuple[tuple[int, ...], ...]
    """Inode, size, time of change in nanoseconds, and mode of each of `NAMES`; empty where the wheel has commands."""


NOTHING_KEPT = KeptMetadata(())
"""Of a wheel that has commands."""


def key(selected: Selected, schemes: Mapping[str, str]) -> str:
    """Return what the names of the files begin with that are kept for an environment with the directories `schemes`."""
    file = selected.file
    said = (__version__, selected.name, selected.version, file.url, file.sha256, sorted(schemes.items()))
    return blake2b(repr(said).encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS] + "-"


def can_be_kept(one: Layout) -> bool:
    """Return whether nothing that is written for a wheel names the environment or another wheel."""
    has_commands = one.stored.scripts or any(scheme == "scripts" for _, scheme, _ in one.places)
    return not has_commands and not one.shared and not one.winners and one.selected.direct is None


def is_there(kept: KeptMetadata, own: str, source: Folder) -> bool:
    """Return whether what was kept under the key `own` in the entry `source` is as it was."""
    try:
        return bool(kept.witnesses) and tuple(_witness(source.stat(own + name)) for name in NAMES) == kept.witnesses
    except FileNotFoundError:
        return False


def link(own: str, source: Folder, target: Folder, at: str) -> None:
    """Link what is kept under the key `own` in the entry `source` to `target`, where names begin with `at`."""
    target.link_all(source, [(at + name, own + name) for name in NAMES])


def keep(own: str, source: Folder, target: Folder, at: str, contents: Sequence[bytes]) -> None:
    """Keep `contents`, which were just written to `NAMES` in `target`, under the key `own` in the entry `source`.

    Raises OSError where anything else is kept after it.
    """
    for name, content in zip(NAMES, contents, strict=True):
        try:
            source.link(own + name, target, at + name)
        except FileExistsError:
            # Another process may do the same now: what it keeps under this name is as good.
            with suppress(FileNotFoundError, FileExistsError):
                is_same_mode = source.stat(own + name).st_mode == target.stat(at + name).st_mode
                if not is_same_mode or source.read(own + name) != content:
                    source.clear(own + name)
                    source.link(own + name, target, at + name)


def seen(entry: str, own: str) -> KeptMetadata:
    """Return what is kept under the key `own` in the entry at the path `entry`; NOTHING_KEPT where that is not all."""
    try:
        return KeptMetadata(tuple(_witness(os.lstat(f"{entry}/{own}{name}")) for name in NAMES))
    except OSError:
        return NOTHING_KEPT


def written(kept: KeptMetadata) -> str:
    """Return one word that says the same as `kept`."""
    return ";".join(",".join(map(str, witness)) for witness in kept.witnesses) or "-"


def read(word: str) -> KeptMetadata:
    """Return what `written` wrote."""
    if word == "-":
        return NOTHING_KEPT
    return KeptMetadata(tuple(tuple(map(int, witness.split(","))) for witness in word.split(";")))


def _witness(found: os.stat_result) -> tuple[int, ...]:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode
