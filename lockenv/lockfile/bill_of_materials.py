"""What a bill of materials says of a part of a lock, whatever its format: package URLs, and who requires whom.

Pure: a LockSubset and the project's name go in; names and edges in a stable order come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from lockenv.lockfile.inputs import canonical_index
from lockenv.lockfile.licenses import recorded
from lockenv.lockfile.requirements_txt import vcs_url
from lockenv.vocabulary.dataclasses import dataclass, field
from lockenv.vocabulary.direct import Archive, Commit, Directory, is_local
from lockenv.vocabulary.license_terms import canonical_or_none

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.subset import Entry, LockSubset
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedBill:
    """A bill of materials that a wheel has in it (PEP 770)."""

    path: str
    """In the wheel, with `/`."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What a bill of materials is made from."""

    lock: Lock
    part: LockSubset
    project: str
    """What the bill is of; empty: nothing."""
    direct: Collection[NormalizedName]
    """The names that it requires itself."""
    default_index: str
    assuming: Marker
    """Where the bill applies: a marker says no more than this."""
    embedded: Mapping[str, tuple[EmbeddedBill, ...]] = field(default_factory=dict)
    """The bills in each wheel that is known, by the wheel's sha256."""

    def sorted_entries(self) -> list[tuple[str, Entry]]:
        """Return each entry with its package URL, sorted by it."""
        return sorted(((self.purl(entry), entry) for entry in self.part.entries), key=lambda pair: pair[0])

    def purl(self, entry: Entry) -> str:
        """Return the package URL of an entry."""
        return purl(entry, self.default_index)

    def required(self, entry: Entry) -> list[str]:
        """Return the package URLs of what an entry depends on, of what is in the part."""
        found = set()
        for name, version in self.lock.packages[entry.position].dependencies:
            for other in self.part.entries:
                if other.name == name and version in ("", other.version) and not other.marker.disjoint(entry.marker):
                    found.add(self.purl(other))
        return sorted(found)

    def license(self, entry: Entry) -> tuple[str, str]:
        """Return the license that the lock records: an SPDX expression and what else names it, either may be empty."""
        stated = recorded(self.lock.packages[entry.position])
        expression = canonical_or_none(stated.expression or stated.text) or ""
        return expression, "" if expression else stated.named

    def roots(self) -> list[str]:
        """Return the package URLs of what the project requires itself."""
        return sorted(self.purl(entry) for entry in self.part.entries if entry.name in self.direct)


def purl(entry: Entry, default_index: str) -> str:
    """Return the package URL of a release, or of what comes from no index (purl specification, type `pypi`)."""
    version = f"@{quote(entry.version, safe='')}" if entry.version else ""
    match entry.direct:
        case Directory():
            # "generic" is for packages of no type: no one else can have a project in this place.
            return f"pkg:generic/{entry.name}{version}"
        case Commit() as commit:
            # "vcs_url: an extra URL for a package version control system" (purl, known qualifiers).
            return f"pkg:pypi/{entry.name}{version}?vcs_url={quote(commit_url(commit), safe='/:')}"
        case Archive(location=location, sha256=sha256):
            checksum = f"checksum=sha256:{sha256}&" if sha256 else ""
            return f"pkg:pypi/{entry.name}{version}?{checksum}download_url={quote(location, safe='/:')}"
    text = f"pkg:pypi/{entry.name}{version}"
    index = canonical_index(entry.index) if entry.index else default_index
    # "repository_url: an extra URL for an alternative, non-default package repository" (purl, known qualifiers).
    return text if index == default_index else f"{text}?repository_url={quote(index, safe='/:')}"


def commit_url(commit: Commit) -> str:
    """Return the URL of a commit, `git+…@commit`; that of a repository of this machine is as seen from the lock."""
    if is_local(commit.url):
        inner = f"#subdirectory={commit.subdirectory}" if commit.subdirectory else ""
        return f"git+{commit.url}@{commit.commit}{inner}"
    return vcs_url(commit, "")
