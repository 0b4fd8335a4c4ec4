"""Take a lock apart that version control could not merge: each side as a lock of its own, and the pins to prefer.

Pure: text with conflict markers goes in; the locks of both sides come out, and that of their common ancestor where the
markers contain it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.lockfile.pins import pins
from lockenv.lockfile.text import read
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Pin

_MARK = lazy_pattern(r"(?:(<{7}|>{7}|\|{7})(?: .*)?|(={7}))\r?\n?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSides:
    """Two locks of one project, and what they both come from."""

    ours: Lock
    theirs: Lock
    base: Lock | None = None
    """None where no side says."""

    def preferred(self) -> tuple[Pin, ...]:
        """Return the pins that a new lock should keep, by name.

        What both sides agree on; else what one side alone has moved since the base; else ours. Of a name that only one
        side has, that one's.
        """
        ours, theirs = _by_name(self.ours), _by_name(self.theirs)
        base = _by_name(self.base) if self.base else {}
        found: list[Pin] = []
        for name in sorted({*ours, *theirs}):
            one, other = ours.get(name, []), theirs.get(name, [])
            is_old = bool(self.base) and _versions(one) == _versions(base.get(name, []))
            found += other if not one or (other and is_old) else one
        return tuple(found)

    def swapped(self, chosen: Sequence[Pin], preferred: Sequence[Pin]) -> tuple[Pin, ...] | None:
        """Return `preferred` with the other side's pins of the names that kept neither; None where there are none.

        `chosen` is what came out of a resolution that preferred `preferred`.
        """
        ours, theirs = _by_name(self.ours), _by_name(self.theirs)
        kept: dict[NormalizedName, list[Pin]] = {}
        for pin in preferred:
            kept.setdefault(pin.name, []).append(pin)
        is_changed = False
        for name in sorted({pin.name for pin in chosen} & ours.keys() & theirs.keys()):
            here = {pin.version for pin in chosen if pin.name == name}
            other = theirs[name] if _versions(kept[name]) == _versions(ours[name]) else ours[name]
            if not here & {*_versions(ours[name]), *_versions(theirs[name])} and _versions(other) != _versions(
                kept[name]
            ):
                kept[name], is_changed = other, True
        return tuple(pin for name in sorted(kept) for pin in kept[name]) if is_changed else None


def has_markers(text: str) -> bool:
    """Return whether `text` holds the markers that version control leaves where it cannot merge."""
    return "\n<<<<<<<" in text or text.startswith("<<<<<<<")


def sides(text: str, file: str) -> ConflictSides | None:
    """Return both sides of a lock with conflict markers; None where the markers do not pair up.

    Raises InputError when a side is no lock.
    """
    parts = _parted(text)
    if parts is None:
        return None
    ours, base, theirs = parts
    try:
        found = ConflictSides(ours=read(ours, file), theirs=read(theirs, file))
    except InputError as error:
        raise InputError(
            f"one side of the merge conflict in {file} is not a lockfile: {error.message}",
            hint=f"use one side (git checkout --ours {file}), then run `lockenv lock`",
        ) from error
    if base is None:
        return found
    try:
        return replace(found, base=read(base, file))
    except InputError:
        return found  # a base that is no lock says nothing; the sides do


def _parted(text: str) -> tuple[str, str | None, str] | None:
    """Return the text of ours, of the base if every conflict has one, and of theirs."""
    written: dict[str, list[str]] = {"<": [], "|": [], ">": []}
    where = ""
    has_base = True
    for line in text.splitlines(keepends=True):
        found = _MARK.fullmatch(line)
        mark = (found[1] or found[2])[0] if found else ""
        match where, mark:
            case "", "":
                for lines in written.values():
                    lines.append(line)
            case "", "<":
                where = "<"
            case "<", "|":
                where = "|"
            case (("<" | "|"), "="):
                has_base = has_base and where == "|"
                where = ">"
            case ">", ">":
                where = ""
            case _, "" if where:
                written[where].append(line)
            case _:
                return None
    if where:
        return None
    return "".join(written["<"]), "".join(written["|"]) if has_base else None, "".join(written[">"])


def _by_name(lock: Lock) -> dict[NormalizedName, list[Pin]]:
    found: dict[NormalizedName, list[Pin]] = {}
    for pin in pins(lock):
        found.setdefault(pin.name, []).append(pin)
    return found


def _versions(some: Sequence[Pin]) -> list[str]:
    return sorted(pin.version for pin in some)
