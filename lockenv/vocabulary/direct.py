"""Where a distribution comes from that no index serves: a commit, a directory or an archive (PEP 610, PEP 751)."""

from __future__ import annotations

import posixpath

from lockenv.vocabulary.dataclasses import dataclass, field, replace
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary.names import Sha256
    from lockenv.vocabulary.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit of a git repository."""

    url: str
    """As `git clone` takes it, without credentials; a local repository is a path relative to the lock."""
    revision: str = ""
    """The branch, tag or commit that was asked for; empty for the default branch."""
    commit: str = ""
    """Its full object name, lower-case hexadecimal; empty until it is locked."""
    subdirectory: str = ""
    """Where in the repository the sources are, with `/`; empty for its top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory of sources on this machine."""

    path: str
    """Relative to the lock, with `/`; `.` for the directory of the lock itself."""
    editable: bool = False
    """True: what is installed points to the sources where they are (PEP 660)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A wheel, a source distribution or another archive of sources, by itself."""

    location: str
    """A URL without fragment and credentials, or a path relative to the lock, with `/`."""
    filename: str
    sha256: Sha256 | None = None
    """None until it is locked, unless the reference has it."""
    size: int | None = None
    subdirectory: str = ""

    @property
    def is_wheel(self) -> bool:
        """Whether it can be installed as it is."""
        return self.filename.endswith(".whl")


Direct = Commit | Directory | Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSource:
    """The one place that a project is taken from, and who says so."""

    direct: Direct
    origin: Origin
    declares: tuple[str, ...] = ()
    """Of a directory: its stated metadata, a line each, or a digest of what builds it; a change makes a lock stale."""
    file: str = field(default="", repr=False, compare=False)
    """Of a directory: its `pyproject.toml` as the user would name it, for messages."""
    text: str = field(default="", repr=False, compare=False)
    """Of that file."""


_ADDRESS = lazy_pattern(r"(?:https?|ssh|git|file)://[^\s]+|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s]+")


def is_local(url: str) -> bool:
    """Return whether the address of a repository is a path."""
    return not _ADDRESS.fullmatch(url)


def moved(direct: Direct, prefix: str) -> Direct:
    """Return a reference whose paths start at `prefix` with paths that start where `prefix` itself does."""

    def path(text: str) -> str:
        return posixpath.normpath(posixpath.join(prefix, text))

    match direct:
        case Directory():
            return replace(direct, path=path(direct.path))
        case Archive() if "://" not in direct.location:
            return replace(direct, location=path(direct.location))
        case Commit() if is_local(direct.url):
            return replace(direct, url=path(direct.url))
    return direct


def same(one: Direct, other: Direct) -> bool:
    """Return whether two references name the same thing.

    It makes no difference that one of them is editable, or that one of them alone states the hash of an archive.
    """
    match one, other:
        case Directory(), Directory():
            return one.path == other.path
        case Archive(), Archive() if one.sha256 is None or other.sha256 is None:
            return (one.location, one.subdirectory) == (other.location, other.subdirectory)
    return one == other


def says_more(direct: Direct) -> bool:
    """Return whether a reference says what another to the same place may leave open: it counts then."""
    return direct.editable if isinstance(direct, Directory) else isinstance(direct, Archive) and bool(direct.sha256)


def shown(direct: Direct) -> str:
    """Return where something comes from, for a message."""
    match direct:
        case Commit():
            return f"{direct.url}@{direct.revision}" if direct.revision else direct.url
        case Directory():
            return direct.path
        case Archive():
            return direct.location


def table(direct: Direct) -> dict[str, str | bool]:
    """Return the reference as a lock records it among its inputs: plain values, what is empty left out."""
    match direct:
        case Commit():
            found: dict[str, str | bool] = {"git": direct.url, "revision": direct.revision}
        case Directory():
            return {"path": direct.path, "editable": True} if direct.editable else {"path": direct.path}
        case Archive():
            found = {"archive": direct.location, "sha256": direct.sha256 or ""}
    found["subdirectory"] = direct.subdirectory
    return {key: value for key, value in found.items() if value}
