"""Keep what was made from texts in the cache, and find it there.

A kind, a text and a value go in; the value comes out again. Never: a value of another Python or lockenv, or one that
was damaged.
"""

from __future__ import annotations

import marshal
import os
import sys

from lockenv import __version__
from lockenv.errors import LockenvError
from lockenv.files.atomic import replace
from lockenv.files.reading import read_if_there
from lockenv.vocabulary.hashing import blake2b

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DIRECTORY = "parsed-1"
_DIGEST = 32
"""Bytes in front of each value: a digest of the rest."""


class TextCache:
    """The values in one cache. See `vocabulary.text_memory`."""

    def __init__(self, cache: str) -> None:
        self._directory = os.path.join(cache, DIRECTORY)

    def recalled(self, kind: str, text: str) -> Any:
        """Return what was remembered; None for nothing."""
        try:
            content = read_if_there(self._path(kind, text)) or b""
        except (OSError, LockenvError):
            return None
        digest, value = content[:_DIGEST], content[_DIGEST:]
        if not value or digest != blake2b(value).digest():
            return None
        return marshal.loads(value)  # noqa: S302 - the cache is trusted, as Python trusts its bytecode

    def remember(self, kind: str, text: str, value: Any) -> None:
        """Remember `value`, if it can be: no dates, and nothing that is nested too deeply.

        Readable by the user alone, as the files of the project may be.
        """
        try:
            content = marshal.dumps(value)
            replace(self._path(kind, text), blake2b(content).digest() + content, mode=0o600)
        except (ValueError, LockenvError):
            return  # a cache that cannot be written costs time, never an answer

    def _path(self, kind: str, text: str) -> str:
        key = f"{kind}\0{__version__}\0{sys.version}\0{text}".encode("utf-8", "surrogatepass")
        return os.path.join(self._directory, blake2b(key).hexdigest())


def opened(path: str, checked: Callable[[], str]) -> TextCache | None:
    """Return the values in the cache at `path`, which `checked` returns if it can be trusted; None where there is none.

    No cache is made for them.
    """
    try:
        return TextCache(checked()) if os.path.isdir(path) else None
    except LockenvError:
        return None  # whoever needs the cache reports it
