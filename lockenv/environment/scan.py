"""Read every file of an environment, once.

An Environment goes in; what is at each path comes out: kind, mode, and the digests that `verify` and the fingerprint
need. Links are never followed, nothing of the environment is run, nothing is written, so that a read-only environment
of somebody else can be read too. What is changed while it is read is reported as it was when it was read.
"""

from __future__ import annotations

import binascii
import os
import stat
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from lockenv.environment.venv import RECORDS
from lockenv.files.reparse import as_link
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.environment.venv import Environment
    from lockenv.files import atomic
else:
    atomic = late("lockenv.files.atomic")

Kind = Literal["file", "link", "directory", "other"]

TOKEN = b"<environment>"
"""Replaces the environment's own path where a file has to contain it."""

_PLACED = (".dist-info/RECORD", ".dist-info/provenance_url.json", ".dist-info/direct_url.json")
"""Files in site-packages that depend on where the environment is, or where its wheels were."""
_PIECE = 1 << 20
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_URLSAFE = bytes.maketrans(b"+/", b"-_")
_STARTER = lazy_pattern(rb"#!(?:/bin/sh\n'''exec' [^\n]*\n' '''|[^\n]*)(?:\n|\Z)")
"""The line, or the three lines, by which a script names its interpreter."""
_OUTSIDE = lazy_pattern(rb'^("?\.\.[^\n]*?),sha256=[^\n,]*,\d*$', "m")
"""A row of RECORD for a file outside of site-packages."""
_ORIGIN_ROW = lazy_pattern(rb"^([^,\n]*\.dist-info/(?:provenance|direct)_url\.json),sha256=[^\n,]*,\d*$", "m")
_URL = lazy_pattern(rb', "url": "[^\n]*"\}\n\Z')
"""Where the bytes came from, as lockenv writes it; which bytes they are comes before it."""


class ScannedPath(NamedTuple):
    """What is at one path."""

    path: str
    """Below the environment, with `/` between components."""
    kind: Kind
    mode: int
    """Permission bits of a file or a directory; 0 for what is neither."""
    size: int
    """Length in bytes; of a link, that of what it says."""
    digest: str
    """The sha256 of a file's content, or of what a link says, as RECORD writes it; empty for what is neither."""
    portable: str
    """The same where the environment's own path is replaced by `TOKEN`, so that places do not matter."""


def survey(environment: Environment) -> tuple[ScannedPath, ...]:
    """Return everything below the environment but lockenv's own records, sorted by path; no root itself.

    Raises MachineError when something cannot be read.
    """
    reader = _Reader(environment)
    try:
        return tuple(sorted(reader.below(environment.root, "")))
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else environment.root
        raise atomic.machine_error(error, where, "read") from error


class _Reader:
    def __init__(self, environment: Environment) -> None:
        self._root = os.fsencode(environment.root)
        scripts = os.path.relpath(environment.scripts, environment.root).replace(os.sep, "/")
        self._scripts = f"{scripts}/"

    def below(self, directory: str, prefix: str) -> Iterator[ScannedPath]:
        with os.scandir(directory) as entries:
            found = [(entry.name, entry.path, as_link(entry.stat(follow_symlinks=False))) for entry in entries]
        for name, path, status in found:
            relative = prefix + name
            if stat.S_ISREG(status.st_mode):
                yield self._file(path, relative)
            elif stat.S_ISLNK(status.st_mode):
                said = os.fsencode(os.readlink(path))
                digest = encoded(sha256(said).digest())
                portable = encoded(sha256(said.replace(self._root, TOKEN)).digest())
                yield ScannedPath(relative, "link", 0, len(said), digest, portable)
            elif not stat.S_ISDIR(status.st_mode):
                yield ScannedPath(relative, "other", 0, 0, "", "")
            elif relative != RECORDS:
                yield ScannedPath(relative, "directory", stat.S_IMODE(status.st_mode), 0, "", "")
                yield from self.below(path, f"{relative}/")

    def _file(self, path: str, relative: str) -> ScannedPath:
        descriptor = os.open(path, _READ)
        try:
            status = os.fstat(descriptor)
            mode = stat.S_IMODE(status.st_mode)
            if relative.startswith(self._scripts) or relative.endswith(_PLACED):
                content = b"".join(_pieces(descriptor))
                digest, size = sha256(content), len(content)
                portable = sha256(self._portable(content, relative))
            else:
                digest, size = sha256(), 0
                for piece in _pieces(descriptor):
                    digest.update(piece)
                    size += len(piece)
                portable = digest
        finally:
            os.close(descriptor)
        digested = encoded(digest.digest())
        return ScannedPath(
            relative, "file", mode, size, digested, digested if portable is digest else encoded(portable.digest())
        )

    def _portable(self, content: bytes, relative: str) -> bytes:
        if not relative.startswith(self._scripts):
            # The scripts themselves are part of the survey; their digests in RECORD depend on where they are.
            if not relative.endswith("/RECORD"):
                return _URL.sub(b"}\n", content)
            return _ORIGIN_ROW.sub(rb"\1,,", _OUTSIDE.sub(rb"\1,,", content))
        starter = _STARTER.match(content)
        if starter is not None and self._root in starter[0]:
            # Which of its two forms the starter has depends on how long the path is.
            content = b"#!" + TOKEN + b"\n" + content[starter.end() :]
        return content.replace(self._root, TOKEN)


def _pieces(descriptor: int) -> Iterator[bytes]:
    while piece := os.read(descriptor, _PIECE):
        yield piece


def encoded(digest: bytes) -> str:
    """Return `digest` as RECORD writes it: URL-safe base64 without padding."""
    return binascii.b2a_base64(digest, newline=False).rstrip(b"=").translate(_URLSAFE).decode("ascii")
