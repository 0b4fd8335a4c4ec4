"""How old a release is, and what is unusual about it, for a reviewer. Pure: values in, text out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from lockenv.report.markdown import code
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.lockfile.diff import Change, Release
    from lockenv.operations.release_facts import ReleaseFacts

YOUNG: Final = 7 * 86400
"""Seconds in which most releases that do harm were noticed and removed: a week."""
_LATER: Final = 86400
"""Seconds between the uploads of a release that is made in one go, at most."""


def seconds(release: Release | None, now: str) -> float | None:
    """Return the age of the newest file of a release at the moment `now`; None where that is not known."""
    if release is None or not release.uploaded[1] or not now:
        return None
    return (_read(now) - _read(release.uploaded[1])).total_seconds()


def uploaded(release: Release | None, now: str) -> str:
    """Return when a release was uploaded, and how long ago that is; empty where that is not known."""
    age = seconds(release, now)
    if release is None or age is None:
        return ""
    return f"{release.uploaded[0][:10]} ({ago(age)})"


def ago(age: float) -> str:
    """Return an age in seconds as people say it."""
    if age < 0:
        return "in the future"
    for length, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if age >= 2 * length or (word == "minute"):
            return f"{counted(int(age // length), word)} ago"
    return ""


def remarks(change: Change, known: ReleaseFacts | None) -> Iterator[str]:
    """Yield what is unusual about a release that comes to a lock, as Markdown."""
    new = change.new
    if new is None:
        return
    if new.past_cutoff:
        yield f"after exclude-newer, ends {code(new.past_cutoff)}"
    if known is not None and known.is_first:
        yield "first release of the project" if known.releases == 1 else "oldest release of the project"
    if known is not None and known.skipped:
        yield f"skips {counted(known.skipped, 'release')}"
    if change.old is not None and _is_downgrade(change.old.uploaded[0], new.uploaded[0]):
        yield "uploaded before the former"
    if new.uploaded[0] and (_read(new.uploaded[1]) - _read(new.uploaded[0])).total_seconds() > _LATER:
        yield f"files added until {new.uploaded[1][:10]}"


def _is_downgrade(old: str, new: str) -> bool:
    return bool(old and new and new < old)


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment.upper())
