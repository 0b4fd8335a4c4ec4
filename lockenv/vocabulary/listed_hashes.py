"""The hashes that a requirements file lists for a requirement, and which files they let be locked.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.pep440 import contains

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.vocabulary.names import Sha256
    from lockenv.vocabulary.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class HashList:
    """The hashes behind one requirement."""

    specifier: str
    """Of the requirement; empty for any version, and for what comes from a URL."""
    marker: str
    sha256: tuple[Sha256, ...]
    """Sorted, one at least."""
    origin: Origin


def about(lists: Iterable[HashList], version: str) -> tuple[HashList, ...]:
    """Return those whose requirement admits `version`."""
    return tuple(each for each in lists if contains(each.specifier, version))


def admits(lists: Iterable[HashList], sha256: Sha256 | str) -> bool:
    """Return whether a file of the release that `lists` are about may be locked.

    Each list of a requirement without a marker has to have its hash, and so has one of those with a marker, where there
    are any: which of these counts depends on the environment, and a lock is for all of them.
    """
    conditional = False
    is_listed = False
    for each in lists:
        if each.marker:
            conditional = True
            is_listed = is_listed or sha256 in each.sha256
        elif sha256 not in each.sha256:
            return False
    return is_listed or not conditional
