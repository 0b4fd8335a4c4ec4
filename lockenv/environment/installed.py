"""What is installed in an environment, as its own records say.

An Environment goes in, the distributions in its site-packages come out. Nothing is verified and no metadata is parsed:
a directory name and one small file say all that planning needs. A file that does not say it is a "no", never an error.
"""

from __future__ import annotations

import os

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import NormalizedName, Sha256, normalize
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re

    from lockenv.environment.venv import Environment
    from lockenv.files import atomic
else:
    atomic = late("lockenv.files.atomic")

PROVENANCE = "provenance_url.json"
"""Where an installer records which file a distribution came from (PEP 710)."""
SOURCE = "lockenv_source.json"
"""Where lockenv records the same of a distribution that no index served, which has no such file."""

_LONGEST_PROVENANCE = 65536
_SHA256 = lazy_pattern(rb'"sha256"\s*:\s*"([0-9a-f]{64})"')
_OVERWRITTEN = lazy_pattern(rb'"overwritten_by": \[([^\]]*)\]')
_BUILT = lazy_pattern(rb'"built": \{"sha256": "([0-9a-f]{64})"\}')


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution that an environment says it holds."""

    name: NormalizedName
    version: str
    """As the directory name writes it."""
    directory: str
    """The name of its .dist-info or .egg-info in site-packages."""
    sha256: Sha256 | None
    """Of the file it was installed from; None when that is not recorded, or when it has no RECORD."""
    built: Sha256 | None = None
    """Of the wheel that was built here from that file; None where none was built."""
    overwritten_by: tuple[NormalizedName, ...] = ()
    """The distributions whose files are where its wheel has files too: it was installed without these. Sorted."""
    is_damaged: bool = False
    """Whether files of it were found lost, its RECORD perhaps among them."""


def scan(environment: Environment) -> tuple[Installed, ...]:
    """Return every distribution in site-packages, sorted by name, then by directory name.

    Raises MachineError when the directory cannot be read. A name that occurs twice is returned twice.
    """
    return scan_directory(environment.purelib)


def scan_directory(purelib: str) -> tuple[Installed, ...]:
    """Return every distribution in the site-packages `purelib`, as `scan` does of an environment."""
    try:
        with os.scandir(purelib) as entries:
            names = [entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info", ".egg-link"))]
    except OSError as error:
        raise atomic.machine_error(error, purelib, "read") from error
    found = [_installed(purelib, name) for name in names if not name.startswith((".", "~"))]
    return tuple(sorted(found, key=lambda installed: (installed.name, installed.directory)))


def _installed(purelib: str, directory: str) -> Installed:
    stem, kind = os.path.splitext(directory)
    # Recording installed projects: the directory is `{name}-{version}.dist-info`, hyphens in both replaced.
    name, _, version = stem.partition("-")
    if kind != ".dist-info":
        # Legacy: setuptools appends the Python version, `name-1.0-py3.11.egg-info`.
        version = version.partition("-")[0]
        return Installed(normalize(name), version, directory, None)
    return Installed(normalize(name), version, directory, *_sources(f"{purelib}/{directory}"))


def _sources(dist_info: str) -> tuple[Sha256 | None, Sha256 | None, tuple[NormalizedName, ...]]:
    """Return the sha256 of the file that `dist_info` is from, of the wheel built from it, and who overwrote it."""
    try:
        os.stat(f"{dist_info}/RECORD", follow_symlinks=False)
        try:
            content = _read(f"{dist_info}/{PROVENANCE}")
        except FileNotFoundError:
            content = _read(f"{dist_info}/{SOURCE}")
    except OSError:
        return None, None, ()
    source, built = _SHA256.search(content), _BUILT.search(content)
    return _digest(source), _digest(built), _overwriting(content)


def _overwriting(content: bytes) -> tuple[NormalizedName, ...]:
    found = _OVERWRITTEN.search(content)
    return tuple(NormalizedName(name) for name in found[1].decode("ascii", "replace").split('"')[1::2]) if found else ()


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        return os.read(descriptor, _LONGEST_PROVENANCE)
    finally:
        os.close(descriptor)


def _digest(found: re.Match[bytes] | None) -> Sha256 | None:
    return Sha256(found[1].decode("ascii")) if found else None
