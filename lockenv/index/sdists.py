"""Which source distributions are read in search of a release's metadata, and which faults leave a release out.

Pure. A source distribution has to be fetched whole before it says anything, so old ones are not read without end; and a
broken one says nothing of the releases beside it.
"""

from __future__ import annotations

from lockenv.errors import NetworkError, RefusedError
from lockenv.vocabulary.distribution import Unusable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final

    from lockenv.errors import LockenvError
    from lockenv.index.page import File
    from lockenv.vocabulary.names import NormalizedName

MOST: Final = 8
"""Source distributions of one project that are read for one answer."""
MOST_BYTES: Final = 1 << 30
"""Bytes of those of one project, the first not counted: it is read however large it is."""
_GONE: Final = (404, 410)
_FORGED: Final = ("hash-mismatch", "size-mismatch", "changed-on-index")
"""Rules about what is between the index and here: they say nothing of the release."""


class SdistReader:
    """The source distributions that were asked about for one answer, in the order of asking.

    Whether the cache holds one makes no difference: the same question has the same answer on every machine.
    """

    def __init__(self) -> None:
        self._asked: dict[NormalizedName, dict[str, int]] = {}
        self._spent: set[NormalizedName] = set()
        """The projects of which no more is read: once one was too many, a smaller one of them is no better."""

    def excess(self, name: NormalizedName, file: File) -> Unusable | None:
        """Return why `file`, of the project `name`, is not read; None where it is, and then it counts."""
        asked = self._asked.setdefault(name, {})
        if file.filename in asked:
            return None
        size = sum(list(asked.values())[1:]) + (file.size or 0)
        if len(asked) >= MOST or (asked and size > MOST_BYTES):
            self._spent.add(name)
        if name in self._spent:
            return Unusable(reason=f"the limit of {MOST} sdists of {name}, or {MOST_BYTES >> 20} MiB, is reached")
        asked[file.filename] = file.size or 0
        return None

    def is_first(self, name: NormalizedName, file: File) -> bool:
        """Return whether `file` is the one that was asked about before all others of the project `name`."""
        return next(iter(self._asked.get(name, ())), "") == file.filename


def left_out(error: LockenvError) -> Unusable:
    """Return why a release is left out whose source distribution failed with `error`.

    Raises `error` where it does not speak of the release: no server answered, or other bytes came than the index lists.
    """
    if isinstance(error, NetworkError) and error.status not in _GONE:
        raise error
    if isinstance(error, RefusedError) and error.rule in _FORGED:
        raise error
    rule = f" [{error.rule}]" if isinstance(error, RefusedError) else ""
    return Unusable(reason=f"{error.message}{rule}")
