"""Simple pages as HTML (PEP 503, 592, 629, 658, 714, 792)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lockenv.index.charset import text_of
from lockenv.index.file_values import digest, sentence
from lockenv.index.markup import Markup, read
from lockenv.index.page import File, Page
from lockenv.index.validation import (
    Specifiers,
    UrlJoiner,
    check_version,
    is_filename,
    provenance_url,
    wrong,
)

if TYPE_CHECKING:
    from lockenv.vocabulary.names import NormalizedName

_SUFFIXES = (".whl", ".tar.gz", ".zip")


def parse_html(content: bytes, kind: str, url: str, project: NormalizedName) -> Page:
    """Return what the HTML page at `url`, with the content type `kind`, says about `project`.

    A page may cut the text of its links, as listings of directories do, so a file is named by the last part of its URL.
    """
    try:
        text = text_of(content, kind)
    except ValueError as error:
        raise wrong(url, str(error)) from error
    try:
        page = read(text)
    except ValueError as error:
        raise wrong(url, f"in its HTML {error}") from error
    if not page.is_html:
        raise wrong(url, f"it is not HTML, or is empty; expected the page of {project}")
    if "pypi:repository-version" in page.meta:
        check_version(page.meta["pypi:repository-version"], url)
    join, specifiers = _joiner(url, page.base), Specifiers()
    files, skipped = [], []
    for attributes, anchor in page.anchors:
        file = _file(attributes, join, specifiers)
        if file is not None:
            files.append(file)
        elif name := _looks_like(attributes, anchor):
            skipped.append(name)
    if not (files or skipped):
        _refuse_login(page, url)
    status = sentence(page.meta.get("pypi:project-status", "")) or "active"
    reason = sentence(page.meta.get("pypi:project-status-reason", ""))
    return Page(files, status, reason, len(skipped), sentence(skipped[0]) if skipped else "")


def parse_flat(content: bytes, kind: str, url: str) -> list[File]:
    """Return the files that a page links to, of whatever projects: what a `find-links` page or a plain listing is."""
    if kind.partition(";")[0].strip().lower() not in ("text/html", "application/vnd.pypi.simple.v1+html"):
        raise wrong(url, f"its content type is {kind[:60]!a}")
    try:
        page = read(text_of(content, kind))
    except ValueError as error:
        raise wrong(url, f"in its HTML {error}") from error
    join, specifiers = _joiner(url, page.base), Specifiers()
    found = (_file(attributes, join, specifiers) for attributes, _ in page.anchors)
    files = [file for file in found if file is not None]
    if not files:
        _refuse_login(page, url)
    return files


def _refuse_login(page: Markup, url: str) -> None:
    """Raise InputError for a page without files that asks for something: an index would seem to lack the project."""
    if "pypi:repository-version" not in page.meta and (page.asks_for_password or (page.has_form and not page.anchors)):
        raise wrong(
            url,
            "it has a form and no link to a file, as a page for logging in",
            hint="check the URL of the index and the credentials for it",
        )


def _joiner(url: str, base: str) -> UrlJoiner:
    try:
        return UrlJoiner(url, base)
    except ValueError as error:
        raise wrong(url, "its base is not a URL") from error


def _file(attributes: dict[str, str], join: UrlJoiner, specifiers: Specifiers) -> File | None:
    """Return the file that an anchor links to; None where it links to none that is named as a distribution is."""
    reference = attributes.get("href", "")
    url = join(reference)
    if url is None:
        return None
    # PEP 503: "the final path component (the filename) of the URL".
    filename = unquote(urlsplit(url).path.rpartition("/")[2])
    if not filename.endswith(_SUFFIXES) or not is_filename(filename):
        return None
    _, _, fragment = reference.partition("#")
    # PEP 503: "a hash in the form of a URL fragment with the following syntax: #<hashname>=<hashvalue>".
    stated = {part.partition("=")[2].lower() for part in fragment.split("&") if part.startswith("sha256=")}
    if len(stated) > 1:
        # Readers differ on which of two hashes counts.
        return None
    advertised = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata", ""))
    yanked = sentence(attributes["data-yanked"]) if "data-yanked" in attributes else None
    return File(
        filename,
        url,
        digest("".join(stated)),
        None,
        "",
        specifiers[attributes.get("data-requires-python", "")],
        yanked,
        _advertised(advertised),
        provenance_url(attributes.get("data-provenance")),
    )


def _looks_like(attributes: dict[str, str], anchor: str) -> str:
    """Return the name of the distribution that an anchor seems to be meant for; empty when it seems to be for none."""
    end = unquote(attributes.get("href", "").partition("#")[0].partition("?")[0]).rpartition("/")[2]
    return next((name for name in (end, anchor.strip()) if name.endswith(_SUFFIXES)), "")


def _advertised(value: str) -> str:
    if not value:
        return ""
    algorithm, _, hexadecimal = value.partition("=")
    if algorithm == "sha256" and digest(hexadecimal):
        return digest(hexadecimal)
    return "" if value.lower() == "false" else "true"
