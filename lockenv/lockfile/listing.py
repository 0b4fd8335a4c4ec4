"""Write a part of a lock as requirements with hashes, which pip installs with `--require-hashes`.

Pure: a Part goes in, text comes out, sorted as the lock is. Never: a clock, a credential, a path of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.errors import InputError
from lockenv.lockfile.inputs import canonical_index

if TYPE_CHECKING:
    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.part import Entry, Part
    from lockenv.vocabulary.markers import Marker

_KNOWN: Final = ("sha256", "sha384", "sha512")
"""Algorithms that pip accepts with `--require-hashes`, the first that a file has is written."""


def requirements(part: Part, *, title: str, default_index: str, assuming: Marker) -> str:
    """Give the text of a requirements file; its markers mean something in `assuming` alone, which `title` tells.

    An index that is not `default_index` is named. Raises InputError for a file without a hash that pip accepts.
    """
    lines = [f"# Made by lockenv: {title}."]
    indexes = list(dict.fromkeys(canonical_index(entry.index) if entry.index else "" for entry in part.entries))
    if any(index not in ("", default_index) for index in indexes):
        first, *others = sorted(index or default_index for index in indexes)
        lines.append(f"--index-url {first}")
        lines += [f"--extra-index-url {index}" for index in others]
    for entry in part.entries:
        marker = entry.marker.text(assuming=assuming)
        head = f"{entry.name}=={entry.version}" + (f" ; {marker}" if marker else "")
        hashes = sorted({_hash(entry, hashes) for _, hashes in entry.files})
        lines.append(" \\\n    ".join([head, *(f"--hash={text}" for text in hashes)]))
    return "\n".join(lines) + "\n"


def _hash(entry: Entry, hashes: Hashes) -> str:
    known = dict(hashes)
    for algorithm in _KNOWN:
        if algorithm in known:
            return f"{algorithm}:{known[algorithm]}"
    raise InputError(
        f"a file of {entry.name} {entry.version} has only {', '.join(sorted(known))}, which pip does not accept",
        hint="lock again, so that every file has a sha256",
    )
