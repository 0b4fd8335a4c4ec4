"""Write a part of a lock as a bill of materials: CycloneDX 1.6 in JSON (ECMA-424).

Pure: a LockSubset and the project's name go in; a mapping comes out, the same for the same lock: neither a time nor a
serial number is in it, which the standard both leaves optional.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lockenv.lockfile.inputs import canonical_index
from lockenv.lockfile.requirements_txt import vcs_url
from lockenv.vocabulary.direct import Archive, Commit, Directory, is_local
from lockenv.vocabulary.markers import marker_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.subset import Entry, LockSubset
    from lockenv.vocabulary.distribution import Sdist, Wheel
    from lockenv.vocabulary.markers import Marker

_ALGORITHMS = {
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
    "sha3_256": "SHA3-256",
    "sha3_384": "SHA3-384",
    "sha3_512": "SHA3-512",
}


def bill(
    lock: Lock, part: LockSubset, *, project: str, direct: Collection[str], default_index: str, assuming: Marker
) -> dict[str, Any]:
    """Return the document for `part` of `lock`.

    `project` is what the bill is of (empty: nothing), and `direct` the names that it requires itself.
    """
    references = {(entry.name, entry.version): purl(entry, default_index) for entry in part.entries}
    entries = sorted(part.entries, key=lambda entry: references[entry.name, entry.version])
    components = [_component(entry, references[entry.name, entry.version], assuming) for entry in entries]
    edges = [
        {"ref": references[entry.name, entry.version], "dependsOn": _required(lock, entry, part, references)}
        for entry in entries
    ]
    metadata: dict[str, Any] = {"tools": {"components": [{"type": "application", "name": "lockenv"}]}}
    if project:
        metadata["component"] = {"type": "application", "name": project, "bom-ref": project}
        roots = sorted(references[entry.name, entry.version] for entry in part.entries if entry.name in direct)
        edges.insert(0, {"ref": project, "dependsOn": roots})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": edges,
    }


def purl(entry: Entry, default_index: str) -> str:
    """Return the package URL of a release, or of what comes from no index (purl specification, type `pypi`)."""
    version = f"@{quote(entry.version, safe='')}" if entry.version else ""
    match entry.direct:
        case Directory():
            # "generic" is for packages of no type: no one else can have a project in this place.
            return f"pkg:generic/{entry.name}{version}"
        case Commit() as commit:
            # "vcs_url: an extra URL for a package version control system" (purl, known qualifiers).
            return f"pkg:pypi/{entry.name}{version}?vcs_url={quote(_vcs_url(commit), safe='/:')}"
        case Archive(location=location, sha256=sha256):
            checksum = f"checksum=sha256:{sha256}&" if sha256 else ""
            return f"pkg:pypi/{entry.name}{version}?{checksum}download_url={quote(location, safe='/:')}"
    text = f"pkg:pypi/{entry.name}{version}"
    index = canonical_index(entry.index) if entry.index else default_index
    # "repository_url: an extra URL for an alternative, non-default package repository" (purl, known qualifiers).
    return text if index == default_index else f"{text}?repository_url={quote(index, safe='/:')}"


def _component(entry: Entry, reference: str, assuming: Marker) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": entry.name,
        "version": entry.version,
        "purl": reference,
        "externalReferences": _references(entry),
    }
    if not entry.version:
        del component["version"]
    marker = marker_text(entry.marker, assuming=assuming)
    if marker:
        component["properties"] = [{"name": "lockenv:marker", "value": marker}]
    return component


def _references(entry: Entry) -> list[dict[str, Any]]:
    """Return where a component is had: its files, its repository, its directory."""
    match entry.direct:
        case Commit(url=url, commit=commit):
            place = (
                url if "://" in url or is_local(url) else _vcs_url(entry.direct).removeprefix("git+").partition("@")[0]
            )
            return [{"type": "vcs", "url": place, "comment": f"commit {commit}"}]
        case Directory(path=path):
            return [{"type": "distribution", "url": path, "comment": "directory"}]
    return [_file(file, hashes) for file, hashes in entry.files]


def _vcs_url(commit: Commit) -> str:
    # That of a repository of this machine is written as it is seen from the lock.
    if is_local(commit.url):
        inner = f"#subdirectory={commit.subdirectory}" if commit.subdirectory else ""
        return f"git+{commit.url}@{commit.commit}{inner}"
    return vcs_url(commit, "")


def _file(file: Wheel | Sdist, hashes: Hashes) -> dict[str, Any]:
    known = [{"alg": _ALGORITHMS[name], "content": value} for name, value in hashes if name in _ALGORITHMS]
    reference: dict[str, Any] = {"type": "distribution", "url": file.url, "comment": file.filename}
    return {**reference, "hashes": known} if known else reference


def _required(lock: Lock, entry: Entry, part: LockSubset, references: Mapping[tuple[Any, str], str]) -> list[str]:
    """Return what an entry depends on, of what is in the part."""
    found = set()
    for name, version in lock.packages[entry.position].dependencies:
        for other in part.entries:
            if other.name == name and version in ("", other.version) and not other.marker.disjoint(entry.marker):
                found.add(references[other.name, other.version])
    return sorted(found)
