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
"""Bytes in front of each value: a digest of the file's name and of the rest, which is another in another's place."""


class TextCache:
    """The values in one cache. See `vocabulary.text_memory`."""

    def __init__(self, cache: str) -> None:
        self._directory = os.path.join(cache, DIRECTORY)

    def recalled(self, kind: str, text: str) -> Any:
        """Return what was remembered; None for nothing."""
        name = _name(kind, text)
        try:
            content = read_if_there(os.path.join(self._directory, name)) or b""
        except (OSError, LockenvError):
            return None
        value = content[_DIGEST:]
        if not value or content != _signed(name, value):
            return None
        return marshal.loads(value)  # noqa: S302 - the cache is trusted, as Python trusts its bytecode

    def remember(self, kind: str, text: str, value: Any) -> None:
        """Remember `value`, if it can be: no dates, and nothing that is nested too deeply.

        Readable by the user alone, as the files of the project may be.
        """
        name = _name(kind, text)
        try:
            replace(os.path.join(self._directory, name), _signed(name, marshal.dumps(value)), mode=0o600)
        except (ValueError, LockenvError):
            return  # a cache that cannot be written costs time, never an answer


def _name(kind: str, text: str) -> str:
    key = f"{kind}\0{__version__}\0{sys.version}\0{text}".encode("utf-8", "surrogatepass")
    return blake2b(key).hexdigest()


def _signed(name: str, value: bytes) -> bytes:
    digest = blake2b(name.encode())
    digest.update(value)
    return digest.digest() + value


def opened(path: str, checked: Callable[[], str]) -> TextCache | None:
    """Return the values in the cache at `path`, which `checked` returns if it can be trusted; None where there is none.

    No cache is made for them.
    """
    try:
        return TextCache(checked()) if os.path.isdir(path) else None
    except LockenvError:
        return None  # whoever needs the cache reports it
