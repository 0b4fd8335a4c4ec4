"""Names and hashes that a bare `str` would hide.

Pure.
"""

from __future__ import annotations

from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import is_version

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NewType

    NormalizedName = NewType("NormalizedName", str)
    """A project name as the name normalization specification writes it: `[-_.]+` folded to `-`, lower case."""

    ExtraName = NewType("ExtraName", str)
    """The normalized name of an extra (PEP 685)."""

    GroupName = NewType("GroupName", str)
    """The normalized name of a dependency group (PEP 735)."""

    Sha256 = NewType("Sha256", str)
    """64 lower-case hexadecimal digits, no prefix."""
else:
    NormalizedName = ExtraName = GroupName = Sha256 = str

_SEPARATORS = lazy_pattern(r"[-_.]+")
_SDIST_ENDS = (".tar.gz", ".zip")
_VALID = lazy_pattern(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", "ia")


def normalize(name: str) -> NormalizedName:
    """Give `name` normalized; the same rule serves projects, extras and groups."""
    return NormalizedName(_SEPARATORS.sub("-", name).lower())


def sdist_release(filename: str, project: str = "") -> tuple[str, str]:
    """Return the project and the version in the name of a source distribution, as written; both empty where none is.

    Old names hold dashes in the project and even in the version (`mug-1.0-2` is 1.0.post2, an implicit post release),
    so that any dash may be the one between them: it is the first with a version after it, and before it `project`,
    which is normalized, where one is given.
    """
    stem = next((filename.removesuffix(end) for end in _SDIST_ENDS if filename.endswith(end)), "")
    at = stem.find("-")
    while at >= 0:
        name, version = stem[:at], stem[at + 1 :]
        if (not project or normalize(name) == project) and is_version(version):
            return name, version
        at = stem.find("-", at + 1)
    return "", ""


def is_valid(name: str) -> bool:
    """Tell whether `name` may name a project, an extra or a group (name format specification)."""
    return _VALID.fullmatch(name) is not None
