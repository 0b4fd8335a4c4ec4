"""Hash the files for which an index states no sha256, so that a lock can name them.

A lock names every file by its sha256 (design: lower-case sha256 only). What has to be fetched for that is kept in the
cache, where `sync` finds it.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.progress import BYTES, during

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeVar

    from lockenv.fetch import downloads
    from lockenv.fetch import wanted as fetch_wanted
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.vocabulary.distribution import Sdist, Wheel
    from lockenv.vocabulary.names import Sha256
    from lockenv.vocabulary.pin import Resolution
    from lockenv.vocabulary.progress import Progress

    _File = TypeVar("_File", Wheel, Sdist)
else:
    downloads = late("lockenv.fetch.downloads")
    fetch_wanted = late("lockenv.fetch.wanted")


def hashed(resolution: Resolution, source: Fetcher, progress: Progress) -> Resolution:
    """Return `resolution` with a sha256 for every file. Raises NetworkError when one cannot be fetched."""
    unknown = [file for pin in resolution.pins for file in (*pin.wheels, pin.sdist) if file and file.sha256 is None]
    if not unknown:
        return resolution
    digests = _fetch(unknown, source, progress)
    pins = tuple(
        replace(
            pin,
            wheels=tuple(_named(wheel, digests) for wheel in pin.wheels),
            sdist=_named(pin.sdist, digests) if pin.sdist else None,
        )
        for pin in resolution.pins
    )
    return replace(resolution, pins=pins)


def _fetch(files: Sequence[Wheel | Sdist], source: Fetcher, progress: Progress) -> dict[str, Sha256]:
    wanted = [
        fetch_wanted.FileRequest(url=file.url, filename=file.filename, sha256=None, size=file.size) for file in files
    ]
    with during(progress, "downloading files to hash", unit=BYTES):
        done = downloads.download_all(wanted, source.settings.archives, source, progress)
        return {each.wanted.url: each.sha256 for each in done}


def _named(file: _File, digests: Mapping[str, Sha256]) -> _File:
    return file if file.sha256 is not None else replace(file, sha256=digests[file.url])
