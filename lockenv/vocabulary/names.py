"""Names and hashes that a bare `str` would hide.

Pure.
"""

from __future__ import annotations

from lockenv.vocabulary.patterns import lazy_pattern

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


def normalize(name: str) -> NormalizedName:
    """Return `name` normalized; the same rule serves projects, extras and groups."""
    if name.islower() and name.isascii() and not ("_" in name or "." in name or "--" in name):
        return NormalizedName(name)  # as it is, which nearly all are
    return NormalizedName(_SEPARATORS.sub("-", name).lower())


def is_valid(name: str) -> bool:
    """Return whether `name` may name a project, an extra or a group (name format specification)."""
    is_bounded = name[:1].isalnum() and name[-1:].isalnum()
    return name.isascii() and is_bounded and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
