"""Write simple pages (PEP 503 HTML, PEP 691 JSON) about files that an index holds.

Pure: listings go in, bytes come out. The standards are followed here by hand, apart from what reads them.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.wheels import Built

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML = "text/html"
PROVENANCE = "application/vnd.pypi.integrity.v1+json"

MetadataFile = Literal["served", "absent", "advertised-but-missing", "present-but-unadvertised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A file as its project's page lists it."""

    built: Built
    url: str
    yanked: str | None
    requires_python: str
    upload_time: str
    metadata: MetadataFile
    has_sha256: bool
    sha256: str
    has_size: bool
    metadata_sha256: str
    """Empty: the page says that there is a metadata file, but not its hash."""
    provenance: str = ""
    """The URL of its provenance object (PEP 740); empty for none."""

    @property
    def advertises_metadata(self) -> bool:
        return self.metadata in ("served", "advertised-but-missing")


def project_json(name: str, listings: Iterable[Listing], *, api_version: str, status: tuple[str, str] | None) -> bytes:
    """Return the JSON page of a project; `status` is a PEP 792 status and its reason."""
    listed = list(listings)
    page: dict[str, object] = {"meta": {"api-version": api_version}, "name": name}
    page["versions"] = list(dict.fromkeys(listing.built.version for listing in listed))
    page["files"] = [_json_file(listing) for listing in listed]
    if status is not None:
        page["project-status"] = {"status": status[0], "reason": status[1]}
    return json.dumps(page).encode()


def project_html(name: str, listings: Iterable[Listing], *, api_version: str, status: tuple[str, str] | None) -> bytes:
    """Return the HTML page of a project."""
    meta = [f'<meta name="pypi:repository-version" content="{api_version}">']
    if status is not None:
        meta.append(f'<meta name="pypi:project-status" content="{html.escape(status[0])}">')
        meta.append(f'<meta name="pypi:project-status-reason" content="{html.escape(status[1])}">')
    anchors = "\n".join(_anchor(listing) for listing in listings)
    title = f"<title>Links for {name}</title>"
    return f"<!DOCTYPE html>\n<html><head>{''.join(meta)}{title}</head><body>\n{anchors}\n</body></html>\n".encode()


def with_serial(page: bytes, serial: int, *, is_json: bool) -> bytes:
    """Return the page of a project with the number of its last change, as PyPI writes it."""
    if is_json:
        return page.replace(b'"meta": {', f'"meta": {{"_last-serial": {serial}, '.encode(), 1)
    return page + f"<!--SERIAL {serial}-->".encode()


def provenance(*publishers: dict[str, object]) -> bytes:
    """Return a provenance object (PEP 740) with one bundle of each publisher, which proves nothing."""
    bundles = [{"publisher": publisher, "attestations": []} for publisher in publishers]
    return json.dumps({"version": 1, "attestation_bundles": bundles}).encode()


def root_json(names: Iterable[str], *, api_version: str) -> bytes:
    """Return the JSON list of projects."""
    return json.dumps({"meta": {"api-version": api_version}, "projects": [{"name": name} for name in names]}).encode()


def root_html(names: Iterable[str], *, api_version: str) -> bytes:
    """Return the HTML list of projects."""
    meta = f'<meta name="pypi:repository-version" content="{api_version}">'
    anchors = "\n".join(f'<a href="{name}/">{name}</a>' for name in names)
    return f"<!DOCTYPE html>\n<html><head>{meta}</head><body>\n{anchors}\n</body></html>\n".encode()


def _json_file(listing: Listing) -> dict[str, object]:
    entry: dict[str, object] = {"filename": listing.built.filename, "url": listing.url}
    entry["hashes"] = {"sha256": listing.sha256} if listing.has_sha256 else {}
    if listing.has_size:
        entry["size"] = listing.built.size
    if listing.requires_python:
        entry["requires-python"] = listing.requires_python
    if listing.yanked is not None:
        entry["yanked"] = listing.yanked or True
    if listing.upload_time:
        entry["upload-time"] = listing.upload_time
    if listing.advertises_metadata:
        entry["core-metadata"] = {"sha256": listing.metadata_sha256} if listing.metadata_sha256 else True
    if listing.provenance:
        entry["provenance"] = listing.provenance
    return entry


def _anchor(listing: Listing) -> str:
    fragment = f"#sha256={listing.sha256}" if listing.has_sha256 else ""
    attributes = [f'href="{html.escape(listing.url)}{fragment}"']
    if listing.requires_python:
        attributes.append(f'data-requires-python="{html.escape(listing.requires_python)}"')
    if listing.yanked is not None:
        attributes.append(f'data-yanked="{html.escape(listing.yanked)}"')
    if listing.advertises_metadata:
        value = f"sha256={listing.metadata_sha256}" if listing.metadata_sha256 else "true"
        attributes += [f'data-core-metadata="{value}"', f'data-dist-info-metadata="{value}"']
    if listing.provenance:
        attributes.append(f'data-provenance="{html.escape(listing.provenance)}"')
    return f"<a {' '.join(attributes)}>{html.escape(listing.built.filename)}</a><br/>"
