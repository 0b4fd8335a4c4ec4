"""Files of this machine, answered for as a server would: what `file:` URLs name.

A URL goes in; a Reply comes out, 404 where there is nothing. A directory answers with the page of an index that is in
it. Only regular files are read. Never: a URL that an answer from a server gave.
"""

from __future__ import annotations

import os
import stat

from lockenv.errors import InputError, MachineError
from lockenv.fetch.urls import shown
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from lockenv.files import atomic
else:
    atomic = late("lockenv.files.atomic")

_HTML = "text/html"
_JSON = "application/vnd.pypi.simple.v1+json"
PAGES: Final = (("index.json", _JSON), ("index.v1_json", _JSON), ("index.html", _HTML), ("index.v1_html", _HTML))
"""Files that hold a page of an index on disk, the richest first, as the tools that write such trees name them."""
FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""To open what may be a pipe or a device without waiting for it."""


def is_local(url: str) -> bool:
    """Return whether `url` names a file of this machine."""
    return url.startswith("file:")


def url_of(path: str) -> str:
    """Return the `file:` URL of an absolute path; of a directory when it ends in a slash."""
    from urllib.parse import quote

    posix = path.replace(os.sep, "/")
    return f"file://{'' if posix.startswith('/') else '/'}{quote(posix)}"


def path_of(url: str) -> str:
    """Return the path that a `file:` URL names; raises InputError when it names none of this machine."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    path = unquote(parts.path)
    # RFC 8089, section 2: an absent host and "localhost" are this machine.
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        raise InputError(f"{shown(url)} is not a local file", hint="use file:/// and an absolute path")
    # RFC 8089, appendix E: `/C:/directory`; two slashes begin a path on another machine, as Windows writes it.
    return path[1:] if system.is_windows and path[2:3] == ":" else path


def open_local(url: str) -> LocalReply:
    """Return what `url` names. Raises MachineError when it is there and cannot be read."""
    path = path_of(url)
    if path.endswith("/"):
        return _page(path)
    return _opened(path, "application/octet-stream") or LocalReply(404, None, "")


def _page(directory: str) -> LocalReply:
    for name, kind in PAGES:
        found = _opened(os.path.join(directory, name), kind)
        if found is not None:
            return found
    return LocalReply(404, None, "")


def _opened(path: str, kind: str) -> LocalReply | None:
    try:
        descriptor = os.open(path, FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise atomic.machine_error(error, path, "read") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise MachineError(f"cannot read {path}: it is not a regular file", hint="replace it by a file")
    return LocalReply(200, descriptor, kind, found.st_size)


class LocalReply:
    """A file as the answer of a server."""

    __slots__ = ("_descriptor", "headers", "size", "status")

    def __init__(self, status: int, descriptor: int | None, kind: str, size: int = 0) -> None:
        self.status = status
        self.size = size
        """In bytes, when it was opened."""
        self.headers: Mapping[str, str] = {"content-type": kind}
        self._descriptor = descriptor

    def read(self, limit: int) -> bytes:
        """Return the next bytes; empty at the end."""
        return b"" if self._descriptor is None else os.read(self._descriptor, limit)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
