"""Where local files of a resolution are, as a lock says it.

A file below the directory of the lock is named by its path from there (PEP 751, `path`); a file in a folder that the
project names by an absolute `file:` URL keeps its URL. No other path of this machine reaches a lock.
"""

from __future__ import annotations

import os

from lockenv.errors import InputError
from lockenv.fetch.local import is_local, path_of
from lockenv.vocabulary.dataclasses import replace

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from lockenv.vocabulary.distribution import Sdist, Wheel
    from lockenv.vocabulary.manifest import Index
    from lockenv.vocabulary.pin import Pin, Resolution

    _File = TypeVar("_File", Wheel, Sdist)


def place_files(resolution: Resolution, indexes: Sequence[Index], base: str) -> Resolution:
    """Return `resolution` with the places of local files as a lock in the directory `base` says them.

    Raises InputError for a file that the lock could not name on another machine.
    """
    if not any(is_local(file.url) for pin in resolution.pins for file in (*pin.wheels, pin.sdist) if file):
        return resolution
    place = _Place(indexes, base)
    return replace(resolution, pins=tuple(place.pin(pin) for pin in resolution.pins))


class _Place:
    def __init__(self, indexes: Sequence[Index], base: str) -> None:
        self._base = base
        self._absolute = tuple(index.url for index in indexes if is_local(index.url))

    def pin(self, pin: Pin) -> Pin:
        return replace(
            pin,
            # An index on disk has a URL only where the project writes one.
            index="" if is_local(pin.index) and pin.index not in self._absolute else pin.index,
            wheels=tuple(self._file(wheel) for wheel in pin.wheels),
            sdist=self._file(pin.sdist) if pin.sdist else None,
        )

    def _file(self, file: _File) -> _File:
        if not is_local(file.url):
            return file
        path = path_of(file.url)
        try:
            seen = os.path.relpath(path, self._base).replace(os.sep, "/")
        except ValueError:  # another drive on Windows
            seen = ".."
        if seen.split("/")[0] != "..":
            return replace(file, url=seen)
        if file.url.startswith(self._absolute):
            return file
        raise InputError(
            f"{path} is not below {self._base}, the directory of the lockfile, so the lockfile cannot refer to it",
            hint="move the directory there, or use an absolute URL: file:///…",
        )
