"""Write a part of a lock as a bill of materials: SPDX 2.3 in JSON (ISO/IEC 5962 is 2.2.1; 2.3 is its successor).

Pure: Materials go in; a mapping comes out, the same for the same lock. The standard requires a time and a unique
address of the document: the time is the newest upload time of the files, the address a UUID of the content.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lockenv.lockfile.bill_of_materials import commit_url
from lockenv.vocabulary.direct import Commit, Directory, is_local
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.bill_of_materials import Materials
    from lockenv.lockfile.subset import Entry
    from lockenv.vocabulary.distribution import Sdist, Wheel

_DOCUMENT = "SPDXRef-DOCUMENT"
_PROJECT = "SPDXRef-Project"
_UNSAID = "NOASSERTION"
_EARLIEST = "1970-01-01T00:00:00Z"
"""The time of a document where no file of the lock has one."""
_ALGORITHMS = {
    "md5": "MD5",
    "sha1": "SHA1",
    "sha224": "SHA224",
    "sha256": "SHA256",
    "sha384": "SHA384",
    "sha512": "SHA512",
    "sha3_256": "SHA3-256",
    "sha3_384": "SHA3-384",
    "sha3_512": "SHA3-512",
}
_OTHERS = lazy_pattern(r"[^A-Za-z0-9.-]+")
_OWN_LICENSE = lazy_pattern(r"LicenseRef-[A-Za-z0-9.-]+")
_WEB = ("https://", "http://")


def document(materials: Materials) -> dict[str, Any]:
    """Return the document for `materials`."""
    identifiers = _Identifiers()
    entries = [
        (identifiers.new(f"Package-{entry.name}-{entry.version}"), reference, entry)
        for reference, entry in materials.sorted_entries()
    ]
    by_purl = {reference: identifier for identifier, reference, _ in entries}
    packages = [_release(identifier, reference, entry, materials) for identifier, reference, entry in entries]
    edges = [
        _edge(identifier, "DEPENDS_ON", by_purl[other])
        for identifier, _, entry in entries
        for other in materials.required(entry)
    ]
    for identifier, _, entry in entries:
        for file, hashes in entry.files if len(entry.files) > 1 else ():
            artifact = identifiers.new(f"File-{file.filename}")
            packages.append(_artifact(artifact, entry, file, hashes, materials))
            # SPDX 2.3, 11.1: "SPDXRef-A is distributed as an artifact in SPDXRef-B".
            edges.append(_edge(identifier, "DISTRIBUTION_ARTIFACT", artifact))
    if materials.project:
        packages.insert(0, _described(_PROJECT, materials.project, "APPLICATION"))
        edges += [_edge(_PROJECT, "DEPENDS_ON", by_purl[reference]) for reference in materials.roots()]
    tops = [_PROJECT] if materials.project else [identifier for identifier, _, _ in entries]
    return _whole(materials, packages, [*(_edge(_DOCUMENT, "DESCRIBES", top) for top in tops), *edges])


class _Identifiers:
    """Names the elements of one document, each otherwise; the same names for the same elements in the same order."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def new(self, text: str) -> str:
        # SPDX 2.3, 3.2: "a unique string containing letters, numbers, ., and/or -".
        base = found = "SPDXRef-" + _OTHERS.sub("-", text).rstrip("-")
        number = 1
        while found in self._used:
            number += 1
            found = f"{base}-{number}"
        self._used.add(found)
        return found


def _whole(materials: Materials, packages: Sequence[dict[str, Any]], edges: Sequence[dict[str, str]]) -> dict[str, Any]:
    moments = [_moment(file.upload_time) for entry in materials.part.entries for file, _ in entry.files]
    content: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": materials.project or "lockfile",
        "creationInfo": {
            "created": max(moments, default=_EARLIEST),
            "creators": ["Tool: lockenv"],
            "comment": "`created` is the newest upload time of the listed files: "
            "the same lockfile produces the same document.",
        },
        **_references_to_licenses(packages),
        "packages": [*packages],
        "relationships": [*edges],
    }
    # SPDX 2.3, 6.5: "a unique absolute Uniform Resource Identifier (URI) as specified in RFC-3986, with the exception
    # of the # and @ symbols".
    unique = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return {**content, "documentNamespace": f"urn:uuid:{unique}"}


def _references_to_licenses(packages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the entries that a document needs for licenses of its own names (SPDX 2.3, 10)."""
    named = {one for package in packages for one in _OWN_LICENSE.findall(package.get("licenseDeclared", ""))}
    if not named:
        return {}
    text = "The lockfile names this license and does not contain its text."
    return {"hasExtractedLicensingInfos": [{"licenseId": one, "extractedText": text} for one in sorted(named)]}


def _release(identifier: str, reference: str, entry: Entry, materials: Materials) -> dict[str, Any]:
    package = _described(identifier, entry.name, "LIBRARY")
    if entry.version:
        package["versionInfo"] = entry.version
    expression, named = materials.license(entry)
    if expression:
        package["licenseDeclared"] = expression
    elif named:
        # A declared license is an expression (SPDX 2.3, 7.15), and what classifiers mean is not always one.
        package["licenseComments"] = f"The metadata names: {named}"
    files = entry.files
    if len(files) == 1:
        package |= _had(*files[0])
    if isinstance(entry.direct, Commit) and not is_local(entry.direct.url):
        package["downloadLocation"] = commit_url(entry.direct)
    references = [_reference("PACKAGE-MANAGER", "purl", reference)]
    if len(files) == 1:
        references += _embedded(files[0][0], materials)
    package["externalRefs"] = references
    if comment := _comment(entry, materials):
        package["comment"] = comment
    return package


def _artifact(
    identifier: str, entry: Entry, file: Wheel | Sdist, hashes: Hashes, materials: Materials
) -> dict[str, Any]:
    """Return one of several files of a release; a file of SPDX would need its SHA-1, which no index states."""
    package = {**_described(identifier, file.filename, "ARCHIVE"), "versionInfo": entry.version, **_had(file, hashes)}
    references = _embedded(file, materials)
    return {**package, "externalRefs": references} if references else package


def _described(identifier: str, name: str, purpose: str) -> dict[str, Any]:
    return {
        "SPDXID": identifier,
        "name": name,
        "primaryPackagePurpose": purpose,
        "downloadLocation": _UNSAID,
        "filesAnalyzed": False,
    }


def _had(file: Wheel | Sdist, hashes: Hashes) -> dict[str, Any]:
    """Return where a file is had, its name, its hashes and since when it is there."""
    known = [{"algorithm": _ALGORITHMS[name], "checksumValue": value} for name, value in hashes if name in _ALGORITHMS]
    return {
        "packageFileName": file.filename,
        "downloadLocation": file.url if file.url.startswith(_WEB) else _UNSAID,
        **({"checksums": known} if known else {}),
        **({"releaseDate": _moment(file.upload_time)} if file.upload_time else {}),
    }


def _embedded(file: Wheel | Sdist, materials: Materials) -> list[dict[str, str]]:
    """Return references to the bills of materials within a wheel (PEP 770)."""
    return [
        # SPDX 2.3, 7.21: a reference of the category OTHER has a type of any name, and a locator without spaces.
        _reference("OTHER", "embedded-sbom", f"{file.filename}#{quote(one.path, safe='/')}")
        | {"comment": f"sha256:{one.sha256}"}
        for one in materials.embedded.get(file.sha256 or "", ())
    ]


def _comment(entry: Entry, materials: Materials) -> str:
    parts = []
    if marker := marker_text(entry.marker, assuming=materials.assuming):
        parts.append(f"Installed where: {marker}")
    match entry.direct:
        case Directory(path=path):
            parts.append(f"Directory: {path}")
        case Commit(url=url, commit=commit) if is_local(url):
            parts.append(f"Repository: {url}, commit {commit}")
    return "; ".join(parts)


def _edge(source: str, kind: str, target: str) -> dict[str, str]:
    return {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}


def _reference(category: str, kind: str, locator: str) -> dict[str, str]:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def _moment(text: str) -> str:
    """Return a time of RFC 3339 as SPDX writes it, `YYYY-MM-DDThh:mm:ssZ` (SPDX 2.3, 6.9); a fixed one for none."""
    if not text:
        return _EARLIEST
    moment = datetime.fromisoformat(text)
    universal = moment.astimezone(UTC) if moment.tzinfo else moment
    return universal.strftime("%Y-%m-%dT%H:%M:%SZ")
