"""What is linked for one wheel, ready-made: a layout and what is known of each file, for environments of one form.

Pure. In: where the files of a wheel go, and what the system knows of each. Out: a LinkPlan, in which nothing is left to
be put together: thousands of files are compared and linked with a few steps for each. Its bytes begin with a hash of
the place where they are kept and of the rest, so that a damaged plan is noticed, and one in the place of another.
"""

from __future__ import annotations

import marshal
from itertools import groupby

from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.hashing import blake2b

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_DIGEST = 32
"""Bytes of the hash."""


class Link(NamedTuple):
    """A file that is linked."""

    directory: str
    """Relative to the root of the environment."""
    name: str
    item: str
    """What it is called in the entry of its wheel."""


class LinkPlan(NamedTuple):
    """What is linked for a wheel, in an order in which it can be done."""

    names_python: bool
    """Whether a file names the interpreter of its environment."""
    directories: tuple[str, ...]
    """Those below the directory of the distributions, each after the one above it."""
    names: tuple[str, ...]
    """Where the first of `items` go, relative to that directory."""
    elsewhere: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    """Other directories, relative to the root; what files are called there, and in the entry."""
    items: tuple[str, ...]
    """Every file of the entry that is linked, or without which nothing may be."""
    inodes: tuple[int, ...]
    """Of `items`, as are those that follow."""
    sizes: tuple[int, ...]
    moments: tuple[int, ...]
    modes: tuple[int, ...]

    def witnesses(self) -> Iterator[tuple[str, int, int, int, int]]:
        """Return each of `items` with its inode, size, time and mode."""
        return zip(self.items, self.inodes, self.sizes, self.moments, self.modes, strict=True)


def composed(
    links: Sequence[Link], site: str, witnesses: Mapping[str, tuple[int, int, int, int]], *, names_python: bool
) -> LinkPlan:
    """Return the plan of `links`, where distributions are in the directory `site`.

    `witnesses` are inode, size, time and mode of the items, and of those without which nothing may be linked.
    """
    within = f"{site}/"
    own = [link for link in links if f"{link.directory}/".startswith(within)]
    others = [link for link in links if not f"{link.directory}/".startswith(within)]
    names = tuple(f"{link.directory}/{link.name}"[len(within) :] for link in own)
    elsewhere = tuple(
        (directory, tuple(link.name for link in there), tuple(link.item for link in there))
        for directory, there in ((key, [*found]) for key, found in groupby(others, lambda link: link.directory))
    )
    items = tuple(dict.fromkeys((*(link.item for link in own), *(link.item for link in others), *witnesses)))
    columns = zip(*map(witnesses.__getitem__, items), strict=True)
    return LinkPlan(names_python, _directories(names), names, elsewhere, items, *columns)


def _directories(names: Iterable[str]) -> tuple[str, ...]:
    """Return the directories that the files `names` are in, with all above them."""
    found: dict[str, None] = {}
    for name in names:
        missing = []
        directory = name.rpartition("/")[0]
        while directory and directory not in found:
            missing.append(directory)
            directory = directory.rpartition("/")[0]
        found |= dict.fromkeys(reversed(missing))
    return tuple(found)


def dumped(plan: LinkPlan, place: str) -> bytes:
    """Return what is kept of `plan` at `place`."""
    payload = marshal.dumps(tuple(plan))
    return _digest(place, payload) + payload


def parsed(content: bytes, place: str) -> LinkPlan | None:
    """Return the plan that is kept at `place` as `content`; None where that is not as `dumped` wrote it."""
    digest, payload = content[:_DIGEST], content[_DIGEST:]
    if not payload or _digest(place, payload) != digest:
        return None
    try:
        return LinkPlan(*marshal.loads(payload))  # noqa: S302 - its digest is right
    except (EOFError, TypeError, ValueError):
        return None  # another implementation of Python wrote it


def _digest(place: str, payload: bytes) -> bytes:
    found = blake2b(place.encode())
    found.update(payload)
    return found.digest()
