"""An archive of a Python, as python-build-standalone names it, and the hash that it is pinned by.

Pure: the name of a file goes in; what it holds comes out. Never: a URL, which the user's mirror begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from lockenv.vocabulary.names import Sha256

EXAMPLE = "cpython-3.12.7+20241016-x86_64-unknown-linux-gnu-install_only.tar.gz"
# "cpython-<version>+<release>-<triple>[-freethreaded]-install_only[_stripped].tar.gz": others, such as the `full` ones,
# have another layout inside.
_NAME = lazy_pattern(
    r"cpython-([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?:(?:a|b|rc)[0-9]{1,3})?)\+([0-9]{8}(?:T[0-9]{4})?)"
    r"-([a-z0-9_]+(?:-[a-z0-9_]+){2,4}?)(-freethreaded)?-install_only(_stripped)?\.tar\.gz"
)
_SHA256 = lazy_pattern(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonArchive:
    """An archive of CPython, and its hash."""

    file: str
    sha256: Sha256
    version: str
    """Of Python, such as `3.12.7`."""
    release: str
    """Of python-build-standalone: a date, such as `20241016`."""
    target: str
    """The machines it is for, as compilers name them: `x86_64-unknown-linux-gnu`."""
    is_free_threaded: bool = False
    is_stripped: bool = False
    """True: without symbols for debuggers."""

    @property
    def url_path(self) -> str:
        """Where a mirror has it: releases of python-build-standalone are directories."""
        return f"{self.release}/{quote(self.file)}"

    @property
    def directory(self) -> str:
        """The name of the directory that it is installed in: one for each content, without letters behind digits."""
        threading = "t" if self.is_free_threaded else ""
        return f"cpython-{self.version}{threading}-{self.release}-{int(self.sha256[:12], 16)}"

    def table(self) -> dict[str, str]:
        """Return it as settings and locks write it."""
        return {"file": self.file, "sha256": self.sha256}


def python_archive(file: str, sha256: str) -> PythonArchive:
    """Return what the name of `file` says. Raises ValueError, with a clause on what is wrong."""
    found = _NAME.fullmatch(file)
    if found is None:
        raise ValueError(f"`{file}` is not named like {EXAMPLE}")
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"`{sha256}` is not a sha256 of 64 lower-case hexadecimal digits")
    return PythonArchive(
        file=file,
        sha256=sha256,  # type: ignore[arg-type]  # it is one
        version=found[1],
        release=found[2],
        target=found[3],
        is_free_threaded=bool(found[4]),
        is_stripped=bool(found[5]),
    )
