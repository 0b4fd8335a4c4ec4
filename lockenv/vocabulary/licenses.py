"""What a release says of its license, and what a project accepts. Values, and their text in a cache.

Licenses are named by SPDX license expressions, and by the classifiers of older metadata (PEP 639).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.vocabulary.dataclasses import dataclass, field

if TYPE_CHECKING:
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin

CLASSIFIED = "License :: "
"""What the classifiers of licenses begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedLicense:
    """What the metadata of a release says of its license; nothing of it is interpreted."""

    expression: str = ""
    """`License-Expression`; empty where there is none. Then the other two are empty where it is there (PEP 639)."""
    classifiers: tuple[str, ...] = ()
    """The classifiers that begin with `License :: `, in file order, each once."""
    text: str = ""
    """`License`, where it is short enough to be a name."""

    def __bool__(self) -> bool:
        """Return whether it says anything."""
        return bool(self.expression or self.classifiers or self.text)

    @property
    def named(self) -> str:
        """The license in one line, for people: the expression, else what classifiers name, else the text."""
        names = (one.rpartition(" :: ")[2] for one in self.classifiers if one != f"{CLASSIFIED}OSI Approved")
        return self.expression or ", ".join(dict.fromkeys(names)) or self.text

    def line(self) -> str:
        """Return it as one line, which `of_line` reads."""
        return "\t".join((self.expression, self.text, *self.classifiers)) if self else ""


def of_line(line: str) -> StatedLicense:
    """Return what `StatedLicense.line` wrote."""
    if not line:
        return StatedLicense()
    expression, text, *classifiers = line.split("\t")
    return StatedLicense(expression=expression, text=text, classifiers=tuple(classifiers))


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseException:
    """What a project says itself of the license of one package, why, and until when."""

    name: NormalizedName
    specifier: str = ""
    """The versions that it is about; empty for all."""
    license: str = ""
    """The SPDX expression that holds in place of what metadata says; empty for what metadata says."""
    allow: tuple[str, ...] = ()
    """Licenses that are accepted of this package, beside those accepted of all."""
    reason: str
    until: str
    """The first day on which it no longer counts: `2026-12-31`."""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LicensePolicy:
    """Which licenses a project accepts.

    An entry is an SPDX id, one with an exception, the beginning of several (`GPL-*`), or a classifier.
    """

    allow: tuple[str, ...] = ()
    """The only licenses that are accepted; empty for all that are not denied."""
    deny: tuple[str, ...] = ()
    packages: tuple[LicenseException, ...] = field(default=())
    on_sync: Literal["none", "refuse"] = "none"
    """What `sync` does about a lock with a license that is not accepted."""
