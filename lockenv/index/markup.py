"""Just enough HTML for pages of an index: anchors with their text, `meta` names, the base.

Pure, and in time linear in the length of the page whatever it holds, which the standard library's parser is not.
"""

from __future__ import annotations

import re
from html import unescape

from lockenv.vocabulary.dataclasses import dataclass, field
from lockenv.vocabulary.patterns import lazy_pattern

_TAG = lazy_pattern(r"<(/?)([A-Za-z][^\s/>]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_ATTRIBUTE = lazy_pattern(r"([^\s\"'>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=<>`]++)))?+")
_RAW = frozenset({"script", "style", "textarea", "title"})
"""Elements whose content is text up to their end tag."""

_MOST_TAGS = 3_000_000
_MOST_ANCHORS = 300_000
_MOST_NAMES = 100
_LONGEST_TAG = 1 << 16
"""Characters. An honest link takes some 400, so that a page of the longest length that is read has half as many."""


@dataclass(slots=True)
class Markup:
    """What a page holds that matters here."""

    is_html: bool = False
    """Whether it says that it is HTML, or has an element that only HTML has."""
    has_form: bool = False
    """Whether there is something to fill in."""
    asks_for_password: bool = False
    base: str = ""
    """The first `base`, as written; empty when there is none."""
    meta: dict[str, str] = field(default_factory=dict)
    """Content by name, the first of each name that begins with `pypi:`."""
    anchors: list[tuple[dict[str, str], str]] = field(default_factory=list)
    """Attributes by lower-case name, and the text inside, in the order of the page."""


def read(text: str) -> Markup:
    """Return what matters of the page `text`.

    Raises ValueError when a tag or a comment in it never ends, or when tags are longer or more than on any honest page.
    """
    if text.count("<") > _MOST_TAGS:
        raise ValueError(f"there are more than {_MOST_TAGS} tags")
    found = Markup()
    anchor: dict[str, str] | None = None
    inside: list[str] = []
    at = 0
    while (start := text.find("<", at)) >= 0:
        if anchor is not None:
            inside.append(text[at:start])
        if text.startswith(("<!", "<?"), start):
            found.is_html = found.is_html or text[start : start + 14].lower() == "<!doctype html"
            at = _after_declaration(text, start)
            continue
        tag = _tag(text, start)
        if tag is None:
            if anchor is not None:
                inside.append("<")
            at = start + 1
            continue
        name, at = tag[2].lower(), tag.end()
        if at - start > _LONGEST_TAG or len(found.anchors) > _MOST_ANCHORS:
            raise ValueError("a tag is too long, or there are too many links")
        if name == "a":
            if anchor is not None:
                found.anchors.append((anchor, unescape("".join(inside))))
            anchor, inside = (None if tag[1] else _attributes(tag[3])), []
        elif not tag[1]:
            at = _element(found, name, tag[3], text, at)
        found.is_html = found.is_html or name in ("html", "body", "a")
    if anchor is not None:
        found.anchors.append((anchor, unescape("".join([*inside, text[at:]]))))
    return found


def _tag(text: str, start: int) -> re.Match[str] | None:
    """Return the tag at `start`; None when a lone `<` is there."""
    following = text[start + 1 : start + 3].lstrip("/")[:1]
    if not (following.isascii() and following.isalpha()):
        return None
    tag = _TAG.match(text, start)
    if tag is None:
        raise ValueError("the page has a tag without a closing `>`")
    return tag


def _after_declaration(text: str, start: int) -> int:
    end = "-->" if text.startswith("<!--", start) else ">"
    found = text.find(end, start)
    if found < 0:
        raise ValueError("a comment or a declaration is not closed")
    return found + len(end)


def _element(found: Markup, name: str, attributes: str, text: str, at: int) -> int:
    """Note a start tag that is no anchor; return where reading goes on."""
    if name == "base" and not found.base:
        found.base = _attributes(attributes).get("href", "")
    elif name == "meta":
        read_attributes = _attributes(attributes)
        named = read_attributes.get("name", "")
        if named.startswith("pypi:") and len(found.meta) < _MOST_NAMES:
            found.meta.setdefault(named, read_attributes.get("content", ""))
    elif name in ("form", "input"):
        found.has_form = True
        found.asks_for_password |= _attributes(attributes).get("type", "").strip().lower() == "password"
    elif name in _RAW:
        end = re.compile(rf"</{name}(?![A-Za-z0-9-])", re.IGNORECASE).search(text, at)
        if end is None:
            raise ValueError(f"an element {name} is not closed")
        return end.start()
    return at


def _attributes(text: str) -> dict[str, str]:
    # HTML standard, 13.2.5.33: of an attribute that is written twice, the first counts.
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        value = double or single or bare
        found.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return found
