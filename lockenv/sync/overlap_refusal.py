"""Explain why distributions cannot be in one environment, and which `allow-overwrite` settles it.

Pure. In: every two distributions that have different files at one path. Out: one refusal that names them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import RefusedError
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockenv.sync.layout import Layout
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.names import NormalizedName


class Owner(NamedTuple):
    """A distribution that has a file at a path that another wants."""

    name: NormalizedName
    version: str
    is_kept: bool
    """Whether it is in the environment and stays there as it is."""


def refusal(
    differing: Mapping[tuple[Owner, Owner], Sequence[str]],
    blocked: Sequence[tuple[str, Layout, Layout]],
    overwrites: Overwrites,
) -> RefusedError:
    """Return the refusal of `differing`, the paths at which two distributions have different files, and of `blocked`.

    `blocked` are paths at which the first distribution has a file and the second needs a directory. The hint has one
    list for `allow-overwrite`, which holds what `overwrites` says already and has no circle.
    """
    said = [f"{_pair(*pair)} contain different files at {_shown(paths)}" for pair, paths in sorted(differing.items())]
    said += [
        f"{path}: {one.selected.name} {one.selected.version} has a file where "
        f"{other.selected.name} {other.selected.version} needs a directory"
        for path, one, other in blocked
    ]
    return RefusedError("path-owned-twice", "; ".join(said), hint="; ".join(_hints(differing, blocked, overwrites)))


def _hints(
    differing: Iterable[tuple[Owner, Owner]], blocked: Sequence[object], overwrites: Overwrites
) -> Iterator[str]:
    # What the lock holds would have been installed again, without the file.
    foreign = {
        one.name for pair in differing for one, other in (pair, pair[::-1]) if (other.name, one.name) in overwrites
    }
    if foreign:
        yield f"{' and '.join(sorted(foreign))} {_is(foreign)} not in the lockfile; sync without --inexact"
    if blocked:
        yield "lock only one of them, or another version of one"
    left = [pair for pair in differing if not foreign.intersection((pair[0].name, pair[1].name))]
    if left:
        entries = ", ".join(f'"{winner}>{loser}"' for winner, loser in settling(left, overwrites))
        yield (
            "lock only one of each pair, or set in [tool.lockenv] whose files are installed, the "
            f"winner first: `allow-overwrite = [{entries}]`"
        )


def _is(names: Iterable[str]) -> str:
    return "is" if len(set(names)) == 1 else "are"


def _pair(one: Owner, other: Owner) -> str:
    return f"{one.name} {one.version} and {other.name} {other.version}"


def _shown(paths: Sequence[str]) -> str:
    return f"{paths[0]} and {len(paths) - 1} more" if len(paths) > 1 else paths[0]


def settling(
    pairs: Iterable[tuple[Owner, Owner]], overwrites: Overwrites
) -> tuple[tuple[NormalizedName, NormalizedName], ...]:
    """Return the entries, winner and loser, that settle `pairs` beside `overwrites`, which come first.

    They follow one order of all names, so that no circle comes of them: what `overwrites` has win comes first, then
    what is in the environment already, for it need not be installed again, then what sorts first.
    """
    pairs = tuple(pairs)
    owners = {owner.name: not owner.is_kept for pair in pairs for owner in pair}
    order: list[NormalizedName] = []
    left = set(owners)
    while left:
        free = [name for name in left if not any(under == name and over in left for over, under in overwrites)]
        order.append(min(free, key=lambda name: (owners[name], name)))
        left.discard(order[-1])
    known = set(overwrites)
    named = {over for over, _ in known}
    plain = {
        (over, under)
        for over, under in known
        if not any((over, between) in known and (between, under) in known for between in named)
    }
    new = {
        (one.name, other.name) if order.index(one.name) < order.index(other.name) else (other.name, one.name)
        for one, other in pairs
    }
    return (*sorted(plain), *sorted(new - plain))
