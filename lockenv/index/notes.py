"""What the user should know of what indexes said: a sentence each.

Pure: releases, and why metadata files could not be had, go in; sentences come out.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from lockenv.index.releases import IndexReleases

QUARANTINED: Final = "quarantined"
"""The status of a project that is unsafe (PEP 792)."""


def of_releases(releases: IndexReleases | None) -> list[str]:
    """Return what to know of a project and of files that were left out; nothing of one that no index has."""
    if releases is None:
        return []
    is_noted = releases.columns.status not in ("active", QUARANTINED)
    found = [*([status(releases)] if is_noted else []), *of_files(releases)]
    if releases.untimed:
        found.append(f"{releases.name}: exclude-newer excludes {releases.untimed} files without an upload time")
    return found


def status(releases: IndexReleases) -> str:
    """Return what the index says of the state of a project (PEP 792), with its reason."""
    columns = releases.columns
    reason = f": {columns.status_reason}" if columns.status_reason else ""
    return f"{releases.name} is {columns.status} on {releases.index}{reason}"


def of_files(releases: IndexReleases | None) -> list[str]:
    """Return which files of a project no answer takes into account, because its page or their names are wrong.

    Also whether it is quarantined: then an index offers none.
    """
    if releases is None:
        return []
    columns = releases.columns
    found = [status(releases)] if columns.status == QUARANTINED else []
    if columns.skipped:
        such = f", such as {columns.example}" if columns.example else ""
        found.append(
            f"{releases.name}: {columns.skipped} files excluded because {releases.index} lists them incorrectly{such}"
        )
    if columns.unread:
        found.append(
            f"{releases.name}: {columns.unread} newer files on {releases.index} excluded because "
            f"their names are invalid, such as {columns.unread_example}"
        )
    if columns.variants:
        found.append(
            f"{releases.name}: {columns.variants} variant wheels on {releases.index} are not considered (PEP 825 is a "
            f"draft), such as {columns.variant_example}"
        )
    return found


def of_metadata(asked: Iterable[tuple[IndexReleases | None, int]], unserved: Mapping[str, str]) -> list[str]:
    """Return a sentence for each index that advertises metadata files which its server did not serve.

    `asked` are releases and positions; `unserved` says, by the URL of the wheel, why its metadata file is lacking.
    """
    by_index: dict[str, list[tuple[str, str]]] = {}
    for releases, position in asked if unserved else ():
        if releases is None:
            continue
        file = releases.described(position)
        if file.url in unserved:
            by_index.setdefault(releases.index, []).append((file.filename, unserved[file.url]))
    return [_sentence(index, *min(files), len(files) - 1) for index, files in sorted(by_index.items())]


def _sentence(index: str, filename: str, reason: str, more: int) -> str:
    others = f" and {more} more" if more else ""
    return f"{index} advertises a metadata file for {filename}{others}, but {reason}; reading the wheel instead"
