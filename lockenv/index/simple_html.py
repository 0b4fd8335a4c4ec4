"""Simple pages as HTML (PEP 503, 592, 629, 658, 714, 792)."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from lockenv.index.simple import (
    File,
    Joiner,
    Page,
    Specifiers,
    check_version,
    digest,
    is_filename,
    sentence,
    wrong,
)

if TYPE_CHECKING:
    from lockenv.vocabulary.names import NormalizedName

_SUFFIXES = (".whl", ".tar.gz", ".zip")


def parse_html(content: bytes, url: str, project: NormalizedName) -> Page:
    """Give what the HTML page at `url` says about `project`."""
    try:
        text = content.decode("utf-8")
    except ValueError as error:
        raise wrong(url, "it is not UTF-8") from error
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if not reader.is_html:
        raise wrong(url, f"it is not HTML, or empty, where that of {project} was expected")
    if "pypi:repository-version" in reader.meta:
        check_version(reader.meta["pypi:repository-version"], url)
    join, specifiers = Joiner(urljoin(url, reader.base)), Specifiers()
    files, skipped = [], 0
    for attributes, anchor in reader.anchors:
        filename = anchor.strip()
        if not filename.endswith(_SUFFIXES):
            continue
        file = _file(attributes, filename, join, specifiers)
        if file is None:
            skipped += 1
        else:
            files.append(file)
    status = sentence(reader.meta.get("pypi:project-status", "")) or "active"
    return Page(files, status, sentence(reader.meta.get("pypi:project-status-reason", "")), skipped)


class _Reader(HTMLParser):
    """Collects anchors with their text, `meta` names, and the first `base`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[tuple[dict[str, str | None], str]] = []
        self.meta: dict[str, str] = {}
        self.base = ""
        self.is_html = False
        self._open: dict[str, str | None] | None = None
        self._text: list[str] = []

    def handle_decl(self, decl: str) -> None:
        self.is_html = self.is_html or decl.lower().startswith("doctype html")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Of an attribute that is written twice the first counts (HTML standard, 13.2.5.33).
        attributes = dict(reversed(attrs))
        self.is_html = self.is_html or tag in ("html", "body", "a")
        if tag == "a":
            self._finish()
            self._open = attributes
        elif tag == "base" and not self.base:
            self.base = attributes.get("href") or ""
        elif tag == "meta":
            self.meta.setdefault(attributes.get("name") or "", attributes.get("content") or "")

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._finish()

    def close(self) -> None:
        super().close()
        self._finish()

    def _finish(self) -> None:
        if self._open is not None:
            self.anchors.append((self._open, "".join(self._text)))
        self._open = None
        self._text = []


def _file(attributes: dict[str, str | None], filename: str, join: Joiner, specifiers: Specifiers) -> File | None:
    reference = attributes.get("href") or ""
    url = join(reference)
    if url is None or not is_filename(filename):
        return None
    # PEP 503: "The text of the anchor tag MUST match the final path component (the filename) of the URL."
    if unquote(urlsplit(url).path.rpartition("/")[2]) != filename:
        return None
    _, _, fragment = reference.partition("#")
    algorithm, _, value = fragment.partition("=")
    advertised = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    yanked = sentence(attributes.get("data-yanked") or "") if "data-yanked" in attributes else None
    return File(
        filename,
        url,
        digest(value) if algorithm == "sha256" else "",
        None,
        "",
        specifiers[attributes.get("data-requires-python") or ""],
        yanked,
        _advertised(advertised),
    )


def _advertised(value: str | None) -> str:
    if not value:
        return ""
    algorithm, _, hexadecimal = value.partition("=")
    if algorithm == "sha256" and digest(hexadecimal):
        return digest(hexadecimal)
    return "" if value.lower() == "false" else "true"
