"""Simple pages as HTML (PEP 503, 592, 629, 658, 714, 792)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from lockenv.index.fields import (
    Joiner,
    Specifiers,
    check_version,
    digest,
    is_filename,
    sentence,
    wrong,
)
from lockenv.index.markup import read
from lockenv.index.page import File, Page

if TYPE_CHECKING:
    from lockenv.vocabulary.names import NormalizedName

_SUFFIXES = (".whl", ".tar.gz", ".zip")


def parse_html(content: bytes, url: str, project: NormalizedName) -> Page:
    """Give what the HTML page at `url` says about `project`."""
    try:
        text = content.decode("utf-8")
    except ValueError as error:
        raise wrong(url, "it is not UTF-8") from error
    try:
        page = read(text)
    except ValueError as error:
        raise wrong(url, f"in its HTML {error}") from error
    if not page.is_html:
        raise wrong(url, f"it is not HTML, or empty, where that of {project} was expected")
    if "pypi:repository-version" in page.meta:
        check_version(page.meta["pypi:repository-version"], url)
    join, specifiers = Joiner(urljoin(url, page.base)), Specifiers()
    files, skipped = [], 0
    for attributes, anchor in page.anchors:
        filename = anchor.strip()
        if not filename.endswith(_SUFFIXES):
            continue
        file = _file(attributes, filename, join, specifiers)
        if file is None:
            skipped += 1
        else:
            files.append(file)
    status = sentence(page.meta.get("pypi:project-status", "")) or "active"
    return Page(files, status, sentence(page.meta.get("pypi:project-status-reason", "")), skipped)


def parse_flat(content: bytes, kind: str, url: str) -> list[File]:
    """Give the files that a page links to, of whatever projects: what a `find-links` page or a plain listing is.

    A listing may cut the text of its links, so the name of a file is the last part of its URL.
    """
    if kind.partition(";")[0].strip().lower() not in ("text/html", "application/vnd.pypi.simple.v1+html"):
        raise wrong(url, f"its content type is {kind[:60]!a}")
    try:
        page = read(content.decode("utf-8"))
    except ValueError as error:
        raise wrong(url, "it is not HTML in UTF-8") from error
    join, specifiers = Joiner(urljoin(url, page.base)), Specifiers()
    files = []
    for attributes, _ in page.anchors:
        location = join(attributes.get("href", "")) or ""
        filename = unquote(urlsplit(location).path.rpartition("/")[2])
        file = _file(attributes, filename, join, specifiers) if filename.endswith(_SUFFIXES) else None
        if file is not None:
            files.append(file)
    return files


def _file(attributes: dict[str, str], filename: str, join: Joiner, specifiers: Specifiers) -> File | None:
    reference = attributes.get("href", "")
    url = join(reference)
    if url is None or not is_filename(filename):
        return None
    # PEP 503: "The text of the anchor tag MUST match the final path component (the filename) of the URL."
    if unquote(urlsplit(url).path.rpartition("/")[2]) != filename:
        return None
    _, _, fragment = reference.partition("#")
    algorithm, _, value = fragment.partition("=")
    advertised = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata", ""))
    yanked = sentence(attributes["data-yanked"]) if "data-yanked" in attributes else None
    return File(
        filename,
        url,
        digest(value) if algorithm == "sha256" else "",
        None,
        "",
        specifiers[attributes.get("data-requires-python", "")],
        yanked,
        _advertised(advertised),
    )


def _advertised(value: str) -> str:
    if not value:
        return ""
    algorithm, _, hexadecimal = value.partition("=")
    if algorithm == "sha256" and digest(hexadecimal):
        return digest(hexadecimal)
    return "" if value.lower() == "false" else "true"
