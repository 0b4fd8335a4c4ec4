"""Distribution files as an index describes them, what their names say, and the metadata inside them."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary import pep440
    from lockenv.vocabulary.names import ExtraName, NormalizedName, Sha256
else:
    pep440 = late("lockenv.vocabulary.pep440")

_SDIST_ENDS = (".tar.gz", ".zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel file (binary distribution format), as an index or a lock describes it."""

    filename: str
    """One path component, checked to be a wheel name of the project and version it is listed under."""
    url: str
    """Absolute, without fragment and without credentials."""
    sha256: Sha256 | None
    """None when the index states no sha256; such a file is hashed when it is locked."""
    size: int | None = None
    """Length in bytes; None when the index does not say."""
    upload_time: str = ""
    """RFC 3339 in UTC, as the index states it; empty when it does not say."""
    provenance: str = ""
    """The URL of its provenance object (PEP 740); empty where the index offers none, and in what a lock says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdist:
    """A source distribution; the fields mean what they mean for a wheel."""

    filename: str
    url: str
    sha256: Sha256 | None
    size: int | None = None
    upload_time: str = ""
    provenance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What resolution needs of a release's core metadata."""

    name: NormalizedName
    version: str
    """As the release spells it, normalized by PEP 440."""
    requires: tuple[str, ...] = ()
    """Each `Requires-Dist`, as written, in file order."""
    requires_python: str = ""
    """`Requires-Python`; empty for any."""
    extras: tuple[ExtraName, ...] = ()
    """Each `Provides-Extra`, normalized, in file order."""
    is_combined: bool = False
    """Whether wheels of the release require different things: `requires` then says which where."""
    license: str = ""
    """What it says of its license, as `licenses.of_line` reads it; empty where it says nothing, or is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsBuild:
    """The metadata of a release that only running its build backend could describe."""

    reason: str
    """Why its files do not describe it, such as `the sdist declares Requires-Dist dynamic`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A release that is left out because its source distribution cannot be used."""

    reason: str
    """A clause, such as `a-1.0.tar.gz: its metadata cannot be read: not a gzip file`."""


def sdist_release(filename: str, project: str = "") -> tuple[str, str]:
    """Return the project and the version in the name of a source distribution, as written; both empty where none is.

    Old names hold dashes in the project and even in the version (`mug-1.0-2` is 1.0.post2, an implicit post release),
    so that any dash may be the one between them: it is the first with a version after it, and before it `project`,
    which is normalized, where there is one.
    """
    stem = next((filename.removesuffix(end) for end in _SDIST_ENDS if filename.endswith(end)), "")
    at = stem.find("-")
    while at >= 0:
        name, version = stem[:at], stem[at + 1 :]
        if (not project or normalize(name) == project) and pep440.is_version(version):
            return name, version
        at = stem.find("-", at + 1)
    return "", ""
