"""Write a part of a lock as a bill of materials: CycloneDX 1.6 in JSON (ECMA-424).

Pure: Materials go in; a mapping comes out, the same for the same lock: neither a time nor a
serial number is in it, which the standard both leaves optional.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lockenv.lockfile.bill_of_materials import commit_url
from lockenv.vocabulary.direct import Commit, Directory, is_local
from lockenv.vocabulary.markers import marker_text

if TYPE_CHECKING:
    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.bill_of_materials import Materials
    from lockenv.lockfile.subset import Entry
    from lockenv.vocabulary.distribution import Sdist, Wheel

_ALGORITHMS = {
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
    "sha3_256": "SHA3-256",
    "sha3_384": "SHA3-384",
    "sha3_512": "SHA3-512",
}


def bill(materials: Materials) -> dict[str, Any]:
    """Return the document for `materials`."""
    entries = materials.sorted_entries()
    edges = [{"ref": reference, "dependsOn": materials.required(entry)} for reference, entry in entries]
    metadata: dict[str, Any] = {"tools": {"components": [{"type": "application", "name": "lockenv"}]}}
    if materials.project:
        metadata["component"] = {
            "type": "application",
            "name": materials.project,
            "bom-ref": materials.project,
        }
        edges.insert(0, {"ref": materials.project, "dependsOn": materials.roots()})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": [_component(entry, reference, materials) for reference, entry in entries],
        "dependencies": edges,
    }


def _component(entry: Entry, reference: str, materials: Materials) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": entry.name,
        "version": entry.version,
        "purl": reference,
        "externalReferences": _references(entry, materials),
    }
    if not entry.version:
        del component["version"]
    expression, named = materials.license(entry)
    if expression:
        component["licenses"] = [{"expression": expression, "acknowledgement": "declared"}]
    elif named:
        component["licenses"] = [{"license": {"name": named, "acknowledgement": "declared"}}]
    marker = marker_text(entry.marker, assuming=materials.assuming)
    if marker:
        component["properties"] = [{"name": "lockenv:marker", "value": marker}]
    return component


def _references(entry: Entry, materials: Materials) -> list[dict[str, Any]]:
    """Return where a component is had: its files, its repository, its directory; and the bills in its wheels."""
    match entry.direct:
        case Commit(url=url, commit=commit):
            place = (
                url
                if "://" in url or is_local(url)
                else commit_url(entry.direct).removeprefix("git+").partition("@")[0]
            )
            return [{"type": "vcs", "url": place, "comment": f"commit {commit}"}]
        case Directory(path=path):
            return [{"type": "distribution", "url": path, "comment": "directory"}]
    files = [_file(file, hashes) for file, hashes in entry.files]
    # "bom: Bill of Materials (SBOM, OBOM, HBOM, SaaSBOM, etc)" (CycloneDX 1.6, externalReferences.type).
    return files + [
        {
            "type": "bom",
            "url": f"{file.url}#{quote(one.path, safe='/')}",
            "comment": f"{one.path} in {file.filename}",
            "hashes": [{"alg": "SHA-256", "content": one.sha256}],
        }
        for file, _ in entry.files
        for one in materials.embedded.get(file.sha256 or "", ())
    ]


def _file(file: Wheel | Sdist, hashes: Hashes) -> dict[str, Any]:
    known = [{"alg": _ALGORITHMS[name], "content": value} for name, value in hashes if name in _ALGORITHMS]
    reference: dict[str, Any] = {"type": "distribution", "url": file.url, "comment": file.filename}
    return {**reference, "hashes": known} if known else reference
